"""Multiplies one grid of an OpenVDB file and leaves the bytes of all others as they are."""

from __future__ import annotations

import struct

import numpy as np

from usd_ai.core.errors import InvalidRequest
from usd_ai.sim._vdb_format import HALF_MAX
from usd_ai.sim._vdb_read import read_grid, read_places
from usd_ai.sim._vdb_write import UUID_AT, UUID_BYTES, append_buffers, identified

_OFFSETS = struct.Struct("<qqq")


def scaled(data: bytes, name: str, factor: float) -> bytes:
    """The file `encode` would write had the values of grid ``name`` been ``factor`` times what they are.

    ``factor``: positive. Voxels stay active, whatever they come to. Raises UnreadableInput as `decode` does, and
    InvalidRequest where there is no such grid, where its background is not zero, or where values no longer fit.
    """
    places = list(read_places(data))
    number = next((n for n, place in enumerate(places) if place.name == name), -1)
    if number < 0 or factor <= 0.0:
        raise InvalidRequest(f"There is no grid '{name}' to be made {factor} times as strong.", remedy="Name another.")
    place = places[number]
    grid = read_grid(data, place)
    packed = grid.packed * np.float32(factor)
    if grid.background:
        raise InvalidRequest(f"Grid '{name}' is {grid.background} everywhere.", remedy="Name one that fades to 0.")
    if place.layout.half and float(np.abs(packed).max(initial=0.0)) > HALF_MAX:
        raise InvalidRequest(f"Grid '{name}' no longer fits into half floats.", remedy="Make it less strong.")
    out = bytearray(data[: place.block_at])
    counts = np.bitwise_count(grid.masks).sum(axis=1, dtype=np.int64)
    append_buffers(out, grid.masks, packed, counts, half=place.layout.half)
    moved = len(out) - place.end_at
    out += memoryview(data)[place.end_at :]
    _OFFSETS.pack_into(out, place.offsets_at, place.grid_at, place.block_at, place.end_at + moved)
    for after in places[number + 1 :]:
        offsets = (after.grid_at + moved, after.block_at + moved, after.end_at + moved)
        _OFFSETS.pack_into(out, after.offsets_at + moved, *offsets)
    return identified(bytes(out[:UUID_AT]), memoryview(out)[UUID_AT + UUID_BYTES :])
