"""Reads the OpenVDB files that the writer makes. A damaged file raises UnreadableInput, whatever is damaged in it."""

from __future__ import annotations

import struct
import zlib
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from usd_ai.core.errors import UnreadableInput
from usd_ai.sim._vdb_format import (
    COMPRESS_ZIP_AND_ACTIVE_MASK,
    FILE_VERSION,
    HALF_SUFFIX,
    INDEX_LIMIT,
    LEAF_MASK_BYTES,
    LEAF_SPAN,
    LEAF_VOXELS,
    LOWER_CHILDREN,
    LOWER_SPAN,
    MAGIC,
    MAP_NAME,
    NO_MASK_OR_INACTIVE_VALUES,
    TYPE_NAMES,
    UPPER_CHILDREN,
    UPPER_SPAN,
    Grid,
    VdbFile,
)

_CHANNELS = {name: channels for channels, name in TYPE_NAMES.items()}
_DENSE_LIMIT = 2**28  # voxels; two leaves far apart would ask for a box no machine holds
_NAME_LIMIT = 4096
_REMEDY = "Write the volume again."


@dataclass(frozen=True, slots=True)
class Layout:
    """How a grid's values stand in the file."""

    channels: int
    half: bool

    @property
    def dtype(self) -> np.dtype[np.generic]:
        return np.dtype("<f2" if self.half else "<f4")

    @property
    def voxel_bytes(self) -> int:
        return self.channels * self.dtype.itemsize


@dataclass(frozen=True, slots=True)
class GridPlace:
    """Where a grid stands in a file: bytes at which its three offsets, itself, its values and what follows begin."""

    name: str
    layout: Layout
    offsets_at: int
    grid_at: int
    block_at: int
    end_at: int


@dataclass(frozen=True, slots=True, eq=False)
class SparseGrid:
    """A grid as it is stored: ``leaves`` [n, 3] and ``masks`` [n, 64] in file order, active values [sum, channels].

    ``transform``: voxel size and translation x, y, z.
    """

    transform: tuple[float, ...]
    background: float
    leaves: NDArray[np.int64]
    masks: NDArray[np.uint8]
    packed: NDArray[np.float32]


def decode(data: bytes) -> VdbFile:
    """The grids of an OpenVDB file as `encode` writes it.

    Each grid comes back as the box of its active voxels, with the background where a voxel is inactive; a grid
    without active voxels has shape [0, 0, 0]. Raises UnreadableInput for a damaged file, and for files of other
    writers that use what `encode` does not (tiles, other compressions, other maps, instanced grids).
    """
    grids: list[Grid] = []
    transform: tuple[float, ...] = (1.0, 0.0, 0.0, 0.0)
    for index, place in enumerate(read_places(data)):
        found = read_grid(data, place)
        if index and found.transform != transform:
            raise _damage("its grids have different transforms")
        values, origin = _dense(found, place.layout)
        grids.append(Grid(place.name, values, origin, found.background))
        transform = found.transform
    return VdbFile(tuple(grids), transform[0], (transform[1], transform[2], transform[3]))


def read_places(data: bytes) -> Iterator[GridPlace]:
    """Where the grids of a file stand, in its order. Raises UnreadableInput as `decode` does.

    What follows a grid is looked at only when the next is asked for.
    """
    source = _Source(data)
    magic, version, _, _, offsets = source.take("<qIII?")
    if magic != MAGIC or not offsets:
        raise _damage("it does not begin as an OpenVDB file")
    if version != FILE_VERSION:
        raise _damage(f"its file version is {version}, not {FILE_VERSION}")
    source.skip(36)
    (metadata,) = source.take("<I")
    if metadata:
        raise _damage("it carries file metadata")
    (count,) = source.take("<i")
    if count < 0 or count > len(data):
        raise _damage(f"it says it has {count} grids")
    for _ in range(count):
        place = _place(source)
        yield place
        source.skip(place.end_at - source.at)
    if source.at != len(data):
        raise _damage(f"{len(data) - source.at} bytes follow its end")


def _damage(what: str) -> UnreadableInput:
    return UnreadableInput(f"The volume cannot be read: {what}.", remedy=_REMEDY)


@dataclass(slots=True)
class _Source:
    """Bytes and a place in them. Every read is checked against the end."""

    data: bytes
    at: int = 0

    def bytes(self, count: int) -> memoryview:
        """The next ``count`` bytes."""
        if count < 0 or self.at + count > len(self.data):
            raise _damage(f"it ends at byte {len(self.data)}, inside a value of {count} bytes")
        first = self.at
        self.at += count
        return memoryview(self.data)[first : self.at]

    def skip(self, count: int) -> None:
        """Pass over ``count`` bytes."""
        self.bytes(count)

    def take(self, layout: str) -> tuple[int, ...]:
        """The next values, as `struct` names them."""
        return struct.unpack(layout, self.bytes(struct.calcsize(layout)))

    def text(self) -> str:
        """The next length and UTF-8 text."""
        (length,) = self.take("<I")
        if length > _NAME_LIMIT:
            raise _damage(f"it holds a name of {length} bytes")
        try:
            return bytes(self.bytes(length)).decode()
        except UnicodeDecodeError as error:
            raise _damage("one of its names is not text") from error


def _place(source: _Source) -> GridPlace:
    """The place of the grid whose descriptor comes next."""
    name = source.text()
    kind = source.text()
    half = kind.endswith(HALF_SUFFIX)
    channels = _CHANNELS.get(kind.removesuffix(HALF_SUFFIX))
    if channels is None or source.text():
        raise _damage(f"grid '{name}' is a {kind}")
    offsets_at = source.at
    grid_at, block_at, end_at = source.take("<qqq")
    if grid_at != source.at:
        raise _damage(f"grid '{name}' does not begin where the file says")
    return GridPlace(name, Layout(channels, half), offsets_at, grid_at, block_at, end_at)


def read_grid(data: bytes, place: GridPlace) -> SparseGrid:
    """What a grid holds. Raises UnreadableInput as `decode` does."""
    source, name = _Source(data, place.grid_at), place.name
    (compression,) = source.take("<I")
    if compression != COMPRESS_ZIP_AND_ACTIVE_MASK:
        raise _damage(f"grid '{name}' uses compression {compression}")
    _pass_metadata(source)
    transform = _transform(source)
    background, leaves, masks = _topology(source, place.layout)
    if source.at != place.block_at:
        raise _damage(f"the values of grid '{name}' do not begin where the file says")
    packed = _buffers(source, masks, place.layout)
    if source.at != place.end_at:
        raise _damage(f"grid '{name}' does not end where the file says")
    return SparseGrid(transform, background, leaves, masks, packed)


def _pass_metadata(source: _Source) -> None:
    """Pass over the metadata: all of it can be told from the tree."""
    (count,) = source.take("<I")
    for _ in range(count):
        source.text()
        source.text()
        source.skip(*source.take("<I"))


def _transform(source: _Source) -> tuple[float, ...]:
    """Voxel size and translation of the grid's map."""
    name = source.text()
    if name != MAP_NAME:
        raise _damage(f"it has a {name}")
    numbers = source.take("<18d")
    scale = numbers[3:6]
    if not np.all(np.isfinite(numbers)) or scale[0] <= 0 or scale != numbers[6:9] or len(set(scale)) != 1:
        raise _damage("its voxels have no size")
    return (scale[0], *numbers[:3])


def _topology(source: _Source, layout: Layout) -> tuple[float, NDArray[np.int64], NDArray[np.uint8]]:
    """Background, first voxels of the leaves [n, 3] and their masks [n, 64], in file order."""
    (buffers,) = source.take("<i")
    background = source.take(f"<{layout.channels}f")
    tiles, uppers = source.take("<II")
    if buffers != 1 or tiles or any(value != background[0] for value in background):
        raise _damage("its tree has tiles or buffers of a kind that is not read")
    leaves: list[NDArray[np.int64]] = []
    masks: list[NDArray[np.uint8]] = []
    for _ in range(uppers):
        corner = source.take("<iii")
        if any(c % UPPER_SPAN or abs(c) > INDEX_LIMIT for c in corner):
            raise _damage(f"its tree has a node at {corner}")
        for lower in _children(source, np.array(corner), UPPER_CHILDREN, LOWER_SPAN, layout):
            found = _children(source, lower, LOWER_CHILDREN, LEAF_SPAN, layout)
            stored = source.bytes(len(found) * LEAF_MASK_BYTES)
            leaves.append(found)
            masks.append(np.frombuffer(stored, np.uint8).reshape(-1, LEAF_MASK_BYTES))
    if not leaves:
        return background[0], np.zeros((0, 3), np.int64), np.zeros((0, LEAF_MASK_BYTES), np.uint8)
    return background[0], np.concatenate(leaves), np.concatenate(masks)


def _children(source: _Source, corner: NDArray[np.int64], size: int, span: int, layout: Layout) -> NDArray[np.int64]:
    """First voxels [n, 3] of the children of the internal node that comes next; ``span`` is a child's edge."""
    edge = round(size ** (1 / 3))
    mask = np.unpackbits(np.frombuffer(source.bytes(size // 8), np.uint8), bitorder="little")
    tiles = np.frombuffer(source.bytes(size // 8), np.uint8)
    (kind,) = source.take("<b")
    empty = 0 if layout.half else source.take("<q")[0]
    if tiles.any() or kind != NO_MASK_OR_INACTIVE_VALUES or empty:
        raise _damage("its tree has tiles, which are not read")
    index = np.stack(np.unravel_index(np.flatnonzero(mask), (edge, edge, edge)), axis=1)
    return corner + index.astype(np.int64).reshape(-1, 3) * span


def _buffers(source: _Source, masks: NDArray[np.uint8], layout: Layout) -> NDArray[np.float32]:
    """Active values of all leaves, one after the other [sum, channels]."""
    counts = np.bitwise_count(masks).sum(axis=1, dtype=np.int64)
    blocks: list[memoryview | bytes] = []
    for mask, count in zip(masks, counts.tolist(), strict=True):
        if source.bytes(LEAF_MASK_BYTES) != mask.tobytes():
            raise _damage("the masks of a leaf differ")
        kind, length = source.take("<bq")
        if kind != NO_MASK_OR_INACTIVE_VALUES:
            raise _damage(f"a leaf has inactive values of kind {kind}")
        size = count * layout.voxel_bytes
        block = source.bytes(-length) if length <= 0 else _unzip(source.bytes(length), size)
        if len(block) != size:
            raise _damage(f"a leaf of {count} active voxels has {len(block)} bytes")
        blocks.append(block)
    return np.frombuffer(b"".join(blocks), layout.dtype).astype(np.float32).reshape(-1, layout.channels)


def _unzip(block: memoryview, size: int) -> bytes:
    """At most ``size`` unzipped bytes: a block that unfolds into gigabytes is not followed."""
    unzip = zlib.decompressobj()
    try:
        plain = unzip.decompress(block, size + 1)
    except zlib.error as error:
        raise _damage("a zipped block is damaged") from error
    if not unzip.eof or unzip.unused_data:
        raise _damage("a zipped block has another length than its leaf")
    return plain


def _dense(grid: SparseGrid, layout: Layout) -> tuple[NDArray[np.float32], tuple[int, int, int]]:
    """The box of the active voxels, float32 [x, y, z] or [x, y, z, 3], and its first voxel."""
    leaves, masks, packed, background = grid.leaves, grid.masks, grid.packed, grid.background
    if not len(packed):
        return np.zeros((0, 0, 0) if layout.channels == 1 else (0, 0, 0, 3), np.float32), (0, 0, 0)
    low, high = leaves.min(axis=0), leaves.max(axis=0)
    blocks = (high - low) // LEAF_SPAN + 1
    if np.prod(blocks.astype(np.float64)) * LEAF_VOXELS > _DENSE_LIMIT:
        raise _damage(f"its active voxels lie as far apart as {low.tolist()} and {high.tolist()}")
    active = np.zeros((*blocks, LEAF_SPAN, LEAF_SPAN, LEAF_SPAN), np.bool_)
    at = tuple(((leaves - low) // LEAF_SPAN).T)
    flags = np.unpackbits(masks, axis=1, bitorder="little").view(np.bool_)
    active[at] = flags.reshape(-1, LEAF_SPAN, LEAF_SPAN, LEAF_SPAN)
    values = np.full((*active.shape, layout.channels), background, np.float32)
    in_leaves = np.full((len(leaves), LEAF_VOXELS, layout.channels), background, np.float32)
    in_leaves[flags] = packed
    values[at] = in_leaves.reshape(-1, LEAF_SPAN, LEAF_SPAN, LEAF_SPAN, layout.channels)
    box = tuple(int(b) * LEAF_SPAN for b in blocks)
    active = active.transpose(0, 3, 1, 4, 2, 5).reshape(box)
    values = values.transpose(0, 3, 1, 4, 2, 5, 6).reshape(*box, layout.channels)
    spans = [np.flatnonzero(active.any(axis=axes)) for axes in ((1, 2), (0, 2), (0, 1))]
    cut = tuple(slice(int(span[0]), int(span[-1]) + 1) for span in spans)
    origin = low + [int(span[0]) for span in spans]
    values = values[cut] if layout.channels > 1 else values[cut][..., 0]
    return np.ascontiguousarray(values), (int(origin[0]), int(origin[1]), int(origin[2]))
