"""Writes OpenVDB files without OpenVDB: dense arrays in, the bytes of a file out."""

from __future__ import annotations

import hashlib
import itertools
import struct
import uuid
import zlib
from collections.abc import Sequence

import numba
import numpy as np
from numpy.typing import NDArray

from usd_ai.core.errors import InvalidRequest
from usd_ai.sim._vdb_format import (
    COMPRESS_ZIP_AND_ACTIVE_MASK,
    FILE_VERSION,
    HALF_MAX,
    HALF_SUFFIX,
    INDEX_LIMIT,
    LEAF_MASK_BYTES,
    LEAF_SPAN,
    LIBRARY_VERSION,
    LOWER_CHILDREN,
    LOWER_SPAN,
    MAGIC,
    MAP_NAME,
    NO_MASK_OR_INACTIVE_VALUES,
    TYPE_NAMES,
    UPPER_CHILDREN,
    UPPER_SPAN,
    Grid,
    leaf_order,
)

UUID_BYTES = 36
UUID_AT = 21
"""Where a file names itself: after magic number, versions and a flag."""
_BLOCK_HEAD = struct.Struct("<bq")
# Blocks are at most 6 KiB: a small window and hash table spare zlib clearing 256 KiB for every leaf.
_ZIP_LEVEL, _ZIP_WINDOW_BITS, _ZIP_MEMORY = 1, 12, 5
# Zipping a leaf of smooth, ever different values takes 35 us and saves a fifth of 1 KiB; storing it takes 1 us. So only
# leaves where at least one value in four repeats its predecessor are zipped; those shrink to a half or a fiftieth.
_REPEATS_WORTH_ZIPPING = 4


def encode(
    grids: Sequence[Grid],
    voxel_size: float,
    translation: tuple[float, float, float],
    half: bool = True,
    tolerance: float = 0.0,
) -> bytes:
    """The bytes of an OpenVDB file (version 224, ZIP and active-mask compression).

    Voxels within ``tolerance`` of the background in every component are inactive and not stored. ``half`` stores 16-bit
    floats. Equal arguments give equal bytes: the file's uuid is taken from its content. Raises InvalidRequest for
    values that are not finite or do not fit, for shapes other than [x, y, z] and [x, y, z, 3], for equal names.
    """
    if not np.isfinite(voxel_size) or voxel_size <= 0 or not np.all(np.isfinite(translation)):
        raise InvalidRequest(
            f"A volume cannot have voxels of {voxel_size} at {translation}.", remedy="Give a positive, finite size."
        )
    names = [grid.name for grid in grids]
    if len(dict.fromkeys(names)) != len(names) or "" in names:
        raise InvalidRequest(f"The grids {names} need names, each its own.", remedy="Rename the grids.")
    head = struct.pack("<qIIIB", MAGIC, FILE_VERSION, *LIBRARY_VERSION, 1)
    tail = bytearray(struct.pack("<Ii", 0, len(grids)))
    start = len(head) + UUID_BYTES
    for grid in grids:
        _append_grid(tail, start, grid, voxel_size, translation, half=half, tolerance=tolerance)
    return identified(head, tail)


def identified(head: bytes, tail: bytes | bytearray | memoryview) -> bytes:
    """A file of what stands before its uuid and after it; the uuid is taken from both."""
    digest = hashlib.sha256(head)
    digest.update(tail)
    identity = str(uuid.UUID(bytes=digest.digest()[:16], version=5)).encode("ascii")
    return b"".join((head, identity, tail))


def _append_grid(
    out: bytearray,
    start: int,
    grid: Grid,
    voxel_size: float,
    translation: tuple[float, float, float],
    *,
    half: bool,
    tolerance: float,
) -> None:
    """Append a grid's descriptor and data to ``out``, whose first byte stands at ``start`` in the file."""
    values = _checked(grid, half=half)
    channels = values.shape[3]
    leaves, masks, packed, counts, bounds = _sparse(values, grid, tolerance)
    type_name = TYPE_NAMES[channels] + (HALF_SUFFIX if half else "")
    out += _text(grid.name) + _text(type_name) + _text("")
    offsets_at = len(out)
    out += bytes(24)
    grid_at = start + len(out)
    out += struct.pack("<I", COMPRESS_ZIP_AND_ACTIVE_MASK)
    out += _metadata(grid.name, channels, bounds, int(counts.sum()), half=half)
    out += _text(MAP_NAME) + _map(voxel_size, translation)
    _append_topology(out, leaves, masks, (grid.background,) * channels, half=half)
    block_at = start + len(out)
    append_buffers(out, masks, packed, counts, half=half)
    struct.pack_into("<qqq", out, offsets_at, grid_at, block_at, start + len(out))


def _checked(grid: Grid, *, half: bool) -> NDArray[np.float32]:
    """The values as contiguous float32 [x, y, z, channels]. Raises InvalidRequest."""
    values = np.ascontiguousarray(grid.values, dtype=np.float32)
    if values.ndim == 3:
        values = values[..., None]
    if values.ndim != 4 or values.shape[3] not in TYPE_NAMES:
        raise InvalidRequest(
            f"Grid '{grid.name}' has shape {grid.values.shape}.", remedy="Give [x, y, z] or [x, y, z, 3]."
        )
    largest = float(np.abs(values).max(initial=0.0))
    largest = max(largest, abs(grid.background))
    if not np.isfinite(largest) or (half and largest > HALF_MAX):
        raise InvalidRequest(
            f"Grid '{grid.name}' holds {largest}, which {'a half float' if half else 'a file'} cannot.",
            remedy="Remove what is not finite, or write with half=False.",
        )
    far = max(max(abs(low), abs(low + size)) for low, size in zip(grid.origin, values.shape[:3], strict=True))
    if far > INDEX_LIMIT:
        raise InvalidRequest(
            f"Grid '{grid.name}' reaches voxel index {far}.", remedy="Move it with the translation instead."
        )
    return values


def _sparse(
    values: NDArray[np.float32], grid: Grid, tolerance: float
) -> tuple[
    NDArray[np.int64],
    NDArray[np.uint8],
    NDArray[np.float32],
    NDArray[np.int64],
    tuple[tuple[int, ...], tuple[int, ...]],
]:
    """Leaves in file order: first voxels [n, 3], masks [n, 64], active values [sum, channels], counts [n], bounds."""
    origin = np.array(grid.origin, dtype=np.int64)
    aligned = origin // LEAF_SPAN * LEAF_SPAN
    shift = origin - aligned
    blocks = -(-(np.array(values.shape[:3], dtype=np.int64) + shift) // LEAF_SPAN)
    background = np.float32(grid.background)
    masks, counts, low, high = _survey(values, shift, blocks, background, np.float32(tolerance))
    used = np.flatnonzero(counts)
    index = np.stack(np.unravel_index(used, tuple(int(b) for b in blocks)), axis=1).astype(np.int64)
    leaves = aligned + index.reshape(-1, 3) * LEAF_SPAN
    order = leaf_order(leaves)
    used, leaves = used[order], leaves[order]
    starts = np.concatenate(([0], np.cumsum(counts[used])))
    packed = _pack(values, shift, blocks, masks, used, starts)
    if len(used):
        bounds = tuple(int(v) for v in origin + low), tuple(int(v) for v in origin + high)
    else:
        bounds = (0, 0, 0), (0, 0, 0)
    return leaves, masks[used], packed, counts[used], bounds


@numba.njit(cache=True)
def _survey(
    values: NDArray[np.float32],
    shift: NDArray[np.int64],
    blocks: NDArray[np.int64],
    background: np.float32,
    tolerance: np.float32,
) -> tuple[NDArray[np.uint8], NDArray[np.int64], NDArray[np.int64], NDArray[np.int64]]:
    """Mask and count of active voxels of every 8³ block, and the bounds of all active voxels in array indices."""
    size_x, size_y, size_z, channels = values.shape
    total = blocks[0] * blocks[1] * blocks[2]
    masks = np.zeros((total, LEAF_MASK_BYTES), np.uint8)
    counts = np.zeros(total, np.int64)
    low = np.array((size_x, size_y, size_z), np.int64)
    high = np.full(3, -1, np.int64)
    for x in range(size_x):
        block_x, in_x = divmod(x + shift[0], LEAF_SPAN)
        for y in range(size_y):
            block_y, in_y = divmod(y + shift[1], LEAF_SPAN)
            row = (block_x * blocks[1] + block_y) * blocks[2]
            byte = in_x * LEAF_SPAN + in_y  # z is the bit: a leaf's row of 8 voxels is one byte of its mask
            for z in range(size_z):
                active = False
                for c in range(channels):
                    if abs(values[x, y, z, c] - background) > tolerance:
                        active = True
                if active:
                    block_z, in_z = divmod(z + shift[2], LEAF_SPAN)
                    masks[row + block_z, byte] |= np.uint8(1 << in_z)
                    counts[row + block_z] += 1
                    low[0], high[0] = min(low[0], x), max(high[0], x)
                    low[1], high[1] = min(low[1], y), max(high[1], y)
                    low[2], high[2] = min(low[2], z), max(high[2], z)
    return masks, counts, low, high


@numba.njit(cache=True)
def _pack(
    values: NDArray[np.float32],
    shift: NDArray[np.int64],
    blocks: NDArray[np.int64],
    masks: NDArray[np.uint8],
    used: NDArray[np.int64],
    starts: NDArray[np.int64],
) -> NDArray[np.float32]:
    """Active values of the blocks ``used``, one after the other, x slowest, z fastest."""
    channels = values.shape[3]
    packed = np.empty((starts[-1], channels), np.float32)
    for leaf in range(len(used)):
        block = used[leaf]
        x0 = block // (blocks[1] * blocks[2]) * LEAF_SPAN - shift[0]
        y0 = block // blocks[2] % blocks[1] * LEAF_SPAN - shift[1]
        z0 = block % blocks[2] * LEAF_SPAN - shift[2]
        at = starts[leaf]
        for byte in range(LEAF_MASK_BYTES):
            bits = masks[block, byte]
            if bits == 0:
                continue
            x, y = x0 + byte // LEAF_SPAN, y0 + byte % LEAF_SPAN
            for bit in range(LEAF_SPAN):
                if bits >> bit & 1:
                    for c in range(channels):
                        packed[at, c] = values[x, y, z0 + bit, c]
                    at += 1
    return packed


def _append_topology(
    out: bytearray,
    leaves: NDArray[np.int64],
    masks: NDArray[np.uint8],
    background: tuple[float, ...],
    *,
    half: bool,
) -> None:
    """Append the tree without its voxel values. ``leaves`` and ``masks`` are in file order."""
    out += struct.pack("<i", 1) + struct.pack(f"<{len(background)}f", *background)
    # Inactive tiles hold the background and are not stored; an empty zipped block of full floats still has a length.
    no_tiles = bytes([NO_MASK_OR_INACTIVE_VALUES]) + (b"" if half else bytes(8))
    uppers = _runs(leaves // UPPER_SPAN)
    out += struct.pack("<II", 0, len(uppers))
    for upper_first, upper_last in uppers:
        inside = leaves[upper_first:upper_last]
        out += struct.pack("<iii", *(inside[0] // UPPER_SPAN * UPPER_SPAN))
        out += _child_mask(inside % UPPER_SPAN // LOWER_SPAN, UPPER_CHILDREN) + bytes(UPPER_CHILDREN // 8) + no_tiles
        for first, last in _runs(inside // LOWER_SPAN):
            children = inside[first:last] % LOWER_SPAN // LEAF_SPAN
            out += _child_mask(children, LOWER_CHILDREN) + bytes(LOWER_CHILDREN // 8) + no_tiles
            out += masks[upper_first + first : upper_first + last].tobytes()


def _runs(nodes: NDArray[np.int64]) -> list[tuple[int, int]]:
    """First and end of each run of equal rows of ``nodes`` [n, 3]."""
    if not len(nodes):
        return []
    changes = np.flatnonzero(np.any(nodes[1:] != nodes[:-1], axis=1)) + 1
    edges = [0, *(int(c) for c in changes), len(nodes)]
    return list(itertools.pairwise(edges))


def _child_mask(children: NDArray[np.int64], size: int) -> bytes:
    """A node's mask of ``size`` bits with the bits of ``children`` [n, 3] (indices along each edge) set."""
    edge = round(size ** (1 / 3))
    bits = np.zeros(size, np.uint8)
    bits[(children[:, 0] * edge + children[:, 1]) * edge + children[:, 2]] = 1
    return np.packbits(bits, bitorder="little").tobytes()


def append_buffers(
    out: bytearray, masks: NDArray[np.uint8], packed: NDArray[np.float32], counts: NDArray[np.int64], *, half: bool
) -> None:
    """Append mask and active values of every leaf, zipped where that pays. A stored block has its length negated."""
    stored = packed.astype("<f2" if half else "<f4")
    ends = np.cumsum(counts)
    worth = _worth_zipping(stored.view("<u2" if half else "<u4"), ends).tolist()
    data = stored.data.cast("B") if stored.size else memoryview(b"")
    voxel_bytes = stored.itemsize * packed.shape[1]
    mask_bytes = masks.data.cast("B") if masks.size else memoryview(b"")
    parts: list[bytes | memoryview] = []
    first = 0
    for leaf, last in enumerate((ends * voxel_bytes).tolist()):
        block: bytes | memoryview = data[first:last]
        length = first - last
        first = last
        if worth[leaf]:
            zipper = zlib.compressobj(_ZIP_LEVEL, zlib.DEFLATED, _ZIP_WINDOW_BITS, _ZIP_MEMORY)
            zipped = zipper.compress(block) + zipper.flush()
            if len(zipped) < len(block):
                block, length = zipped, len(zipped)
        parts += (
            mask_bytes[leaf * LEAF_MASK_BYTES : (leaf + 1) * LEAF_MASK_BYTES],
            _BLOCK_HEAD.pack(NO_MASK_OR_INACTIVE_VALUES, length),
            block,
        )
    out += b"".join(parts)


@numba.njit(cache=True)
def _worth_zipping(packed: NDArray[np.unsignedinteger], ends: NDArray[np.int64]) -> NDArray[np.bool_]:
    """For each leaf whether enough of its values equal the one before."""
    worth = np.zeros(len(ends), np.bool_)
    first = 0
    for leaf in range(len(ends)):
        repeats = 0
        for at in range(first + 1, ends[leaf]):
            if packed[at, 0] == packed[at - 1, 0]:
                repeats += 1
        worth[leaf] = repeats * _REPEATS_WORTH_ZIPPING > ends[leaf] - first
        first = ends[leaf]
    return worth


def _metadata(
    name: str, channels: int, bounds: tuple[tuple[int, ...], tuple[int, ...]], count: int, *, half: bool
) -> bytes:
    """The grid's metadata, sorted by name as OpenVDB keeps it."""
    volume = channels == 1
    entries: list[tuple[str, str, bytes]] = [
        ("class", "string", b"fog volume" if volume else b"unknown"),
        ("file_bbox_max", "vec3i", struct.pack("<iii", *bounds[1])),
        ("file_bbox_min", "vec3i", struct.pack("<iii", *bounds[0])),
        ("file_compression", "string", b"zip + active values"),
        ("file_mem_bytes", "int64", struct.pack("<q", count * channels * 4)),
        ("file_voxel_count", "int64", struct.pack("<q", count)),
        ("is_saved_as_half_float", "bool", struct.pack("<?", half)),
        ("name", "string", name.encode()),
    ]
    if not volume:
        entries.append(("vector_type", "string", b"contravariant relative"))  # velocities turn with the volume
    out = struct.pack("<I", len(entries))
    for key, kind, value in entries:
        out += _text(key) + _text(kind) + struct.pack("<I", len(value)) + value
    return out


def _map(voxel_size: float, translation: tuple[float, float, float]) -> bytes:
    """The uniform scale and translation, with the inverses that OpenVDB stores beside them."""
    scale = float(voxel_size)
    rows = (scale, scale, 1 / scale, 1 / scale**2, 1 / (2 * scale))
    numbers = [float(t) for t in translation] + [row for row in rows for _ in range(3)]
    return struct.pack("<18d", *numbers)


def _text(text: str) -> bytes:
    data = text.encode()
    return struct.pack("<I", len(data)) + data
