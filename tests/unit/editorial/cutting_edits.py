"""The edits that an editor makes in the cutting room, and what each of them should be called.

Every edit says what `diff_cuts` must say of the shots it touches, worked out here from the edit itself.
"""

from __future__ import annotations

import math
import random
from collections.abc import Callable
from dataclasses import replace
from fractions import Fraction

from tests.unit.editorial.cutting_room import KNOWN, Piece, Room


def trim_head(room: Room, rng: random.Random) -> None:
    k, n = room.free(rng), rng.randrange(1, 13)
    piece = room.pieces[k]
    room.pieces[k] = replace(piece, start=piece.start + n, length=piece.length - n)
    room.expect(piece.shot, ("trim_head", n))


def trim_tail(room: Room, rng: random.Random) -> None:
    k, n = room.free(rng), rng.randrange(1, 13)
    piece = room.pieces[k]
    room.pieces[k] = replace(piece, length=piece.length - n)
    room.expect(piece.shot, ("trim_tail", n))


def extend_head(room: Room, rng: random.Random) -> None:
    k, n = room.free(rng), rng.randrange(1, 20)
    piece = room.pieces[k]
    room.pieces[k] = replace(piece, start=piece.start - n, length=piece.length + n)
    room.expect(piece.shot, ("extend_head", n))


def extend_tail(room: Room, rng: random.Random) -> None:
    k, n = room.free(rng), rng.randrange(1, 20)
    piece = room.pieces[k]
    room.pieces[k] = replace(piece, length=piece.length + n)
    room.expect(piece.shot, ("extend_tail", n))


def slip(room: Room, rng: random.Random) -> None:
    k, n = room.free(rng), rng.choice([-12, -5, -1, 1, 3, 8])
    piece = room.pieces[k]
    room.pieces[k] = replace(piece, start=piece.start + n)
    room.expect(piece.shot, ("slip", n))


def _respeed(room: Room, rng: random.Random, kind: str, speed: Fraction, **more: object) -> None:
    k = room.free(rng)
    piece = room.pieces[k]
    room.pieces[k] = replace(piece, speed=speed, **more)  # pyright: ignore[reportArgumentType] - fields of Piece
    media = 1 if speed == 0 else -(-piece.length * abs(speed.numerator) // speed.denominator)
    room.expect(piece.shot, (kind, int(media) - piece.length))


def retime_half(room: Room, rng: random.Random) -> None:
    _respeed(room, rng, "retime", Fraction(1, 2))


def retime_double(room: Room, rng: random.Random) -> None:
    _respeed(room, rng, "retime", Fraction(2))


def freeze(room: Room, rng: random.Random) -> None:
    _respeed(room, rng, "freeze", Fraction(0))


def reverse(room: Room, rng: random.Random) -> None:
    _respeed(room, rng, "reverse", Fraction(-1))


def ramp(room: Room, rng: random.Random) -> None:
    k, faster = room.free(rng), rng.choice([1, -1])
    piece = room.pieces[k]
    lookup = tuple(faster * (frame * frame // 64) / 4 for frame in range(piece.length))  # to about 190 or 10 %
    room.pieces[k] = replace(piece, lookup=lookup)
    shown = [frame + added for frame, added in enumerate(lookup)]
    room.expect(piece.shot, ("ramp", math.ceil(max(shown) + 1) - piece.length))


def swap(room: Room, rng: random.Random) -> None:
    k = room.free(rng, around=2)
    here, there = room.pieces[k], room.pieces[k + 1]
    room.pieces[k], room.pieces[k + 1] = there, here
    room.expect(here.shot, ("swap", there.length))
    room.expect(there.shot, ("swap", here.length))


def reorder(room: Room, rng: random.Random) -> None:
    k = room.free(rng, around=3)
    piece = room.pieces.pop(k)
    room.pieces.insert(k + 3, piece)
    room.expect(piece.shot, ("reorder", sum(p.length for p in room.pieces[k : k + 3])))
    for other in room.pieces[k : k + 3]:
        room.expect(other.shot)


def insert(room: Room, rng: random.Random) -> None:
    k = room.free(rng)
    number = rng.randrange(1, 9999)
    shot = f"nw{number:04d}"
    room.pieces.insert(
        k, Piece(shot, f"{shot}_v001", f"Z{number:04d}", 5_000_000 + number * 997, rng.randrange(24, 72), born=shot)
    )
    room.fresh.add(shot)
    room.expect(shot, ("new_in_cut", 0))
    room.expect(room.pieces[k + 1].shot)
    room.expect(room.pieces[k - 1].shot)


def omit(room: Room, rng: random.Random) -> None:
    k = room.free(rng)
    piece = room.pieces.pop(k)
    room.omitted.add(piece.shot)
    room.expect(piece.shot, ("omitted_in_cut", 0))
    room.expect(room.pieces[k].shot)
    room.expect(room.pieces[k - 1].shot)


def version_swap(room: Room, rng: random.Random) -> None:
    k = room.free(rng)
    piece = room.pieces[k]
    room.pieces[k] = replace(piece, name=f"{piece.shot}_v{int(piece.name[-3:]) + 1:03d}")
    room.expect(piece.shot, ("version", 0))


def rename(room: Room, rng: random.Random) -> None:
    k = room.alone(rng)
    piece = room.pieces[k]
    shot = f"{piece.shot}A"
    room.pieces[k] = replace(piece, shot=shot, name=f"{shot}{piece.name[-5:]}")
    room.expect(shot, ("rename", 0))
    room.expect(piece.shot)


def dissolve_added(room: Room, rng: random.Random) -> None:
    k, n = room.alone(rng), rng.choice([4, 8, 12])
    room.pieces[k] = replace(room.pieces[k], dissolve=n)
    room.expect(room.pieces[k].shot, ("transition_added", n))
    room.expect(room.pieces[k - 1].shot, ("transition_added", n))


def disable(room: Room, rng: random.Random) -> None:
    k = room.alone(rng)
    room.pieces[k] = replace(room.pieces[k], enabled=False)
    room.expect(room.pieces[k].shot, ("disabled", 0))


def second_occurrence(room: Room, rng: random.Random) -> None:
    k = room.free(rng, around=4)
    piece = room.pieces[k]
    again = replace(piece, start=piece.start + piece.length // 3, length=piece.length // 3)
    room.pieces.insert(k + 3, again)
    room.expect(piece.shot, ("new_in_cut", 0))
    for other in room.pieces[k + 1 : k + 5]:
        room.expect(other.shot)


def blade(room: Room, rng: random.Random) -> None:
    k = room.free(rng)
    piece = room.pieces[k]
    at = piece.length // 3
    room.pieces[k : k + 1] = [
        replace(piece, length=at),
        replace(piece, start=piece.start + at, length=piece.length - at),
    ]
    room.expect(piece.shot, ("blade", 2))


def move_up(room: Room, rng: random.Random) -> None:
    k = room.free(rng)
    room.pieces[k] = replace(room.pieces[k], lane=1)
    room.expect(room.pieces[k].shot, ("track", 1))


def nest(room: Room, rng: random.Random) -> None:
    k = room.free(rng)
    room.pieces[k] = replace(room.pieces[k], nested=True)
    room.expect(room.pieces[k].shot, ("nest", 0))


def metadata_only(room: Room, rng: random.Random) -> None:
    k = room.free(rng)
    room.pieces[k] = replace(room.pieces[k], note=f"hero {rng.randrange(99)}")
    room.expect(room.pieces[k].shot, ("metadata", 0))


def take_change(room: Room, rng: random.Random) -> None:
    k = room.free(rng)
    piece = room.pieces[k]
    room.pieces[k] = replace(
        piece, reel=f"T{(roll := rng.randrange(1, 10_000)):05d}", start=piece.start + 777_777, roll=roll
    )
    room.expect(piece.shot, ("take", 0))


def other_file(room: Room, rng: random.Random) -> None:
    k = room.free(rng)
    piece = room.pieces[k]
    room.pieces[k] = replace(piece, media=f"/plates/{piece.reel}_element{rng.randrange(99)}.mov")
    room.expect(piece.shot, ("version", 0))


def proxy(room: Room, rng: random.Random) -> None:
    k = room.free(rng)
    piece = room.pieces[k]
    room.pieces[k] = replace(piece, media=f"/proxies/{piece.reel}_Proxy.mp4")
    room.expect(piece.shot, ("metadata", 0))


def reinstate(room: Room, rng: random.Random) -> None:
    if any(piece.born == KNOWN for piece in room.pieces):
        return
    k = room.free(rng)
    room.pieces.insert(k, Piece(KNOWN, f"{KNOWN}_v003", "B777C001", 8_000_000, 60, born=KNOWN))
    room.back.add(KNOWN)
    room.expect(KNOWN, ("new_in_cut", 0))
    room.expect(room.pieces[k + 1].shot)
    room.expect(room.pieces[k - 1].shot)


def _undone(room: Room, shot: str, **to: object) -> int:
    k = next(k for k, piece in enumerate(room.pieces) if piece.shot == shot)
    room.pieces[k] = replace(room.pieces[k], **to)  # pyright: ignore[reportArgumentType] - fields of Piece
    return k


def unnest(room: Room, _: random.Random) -> None:
    _undone(room, "sh0050", nested=False)
    room.expect("sh0050", ("unnest", 0))


def dissolve_removed(room: Room, _: random.Random) -> None:
    k = _undone(room, "sh0110", dissolve=0)
    room.expect("sh0110", ("transition_removed", 8))
    room.expect(room.pieces[k - 1].shot, ("transition_removed", 8))


def enable(room: Room, _: random.Random) -> None:
    _undone(room, "sh0170", enabled=True)
    room.expect("sh0170", ("enabled", 0))


def retime_removed(room: Room, _: random.Random) -> None:
    k = _undone(room, "sh0230", speed=Fraction(1))
    length = room.pieces[k].length
    room.expect("sh0230", ("retime", length - -(-length // 2)))


def move_down(room: Room, _: random.Random) -> None:
    _undone(room, "sh0290", lane=0)
    room.expect("sh0290", ("track", -1))


def dissolve_lengthened(room: Room, _: random.Random) -> None:
    if ("transition_shortened", 6) in room.expected.get("sh0350", ()):
        return
    k = _undone(room, "sh0350", dissolve=20)
    room.expect("sh0350", ("transition_lengthened", 8))
    room.expect(room.pieces[k - 1].shot, ("transition_lengthened", 8))


def dissolve_shortened(room: Room, _: random.Random) -> None:
    if ("transition_lengthened", 8) in room.expected.get("sh0350", ()):
        return
    k = _undone(room, "sh0350", dissolve=6)
    room.expect("sh0350", ("transition_shortened", 6))
    room.expect(room.pieces[k - 1].shot, ("transition_shortened", 6))


def rate_stamp(room: Room, _: random.Random) -> None:
    room.rate = Fraction(24000, 1001)
    room.whole.add(("rate_stamp", 0))


def start_shift(room: Room, _: random.Random) -> None:
    room.start = 172_800
    room.whole.add(("start_shift", 86400))


EDITS: tuple[Callable[[Room, random.Random], None], ...] = (
    trim_head, trim_tail, extend_head, extend_tail, slip, retime_half, retime_double, freeze, reverse, ramp, swap,
    reorder, insert, omit, version_swap, rename, dissolve_added, disable, second_occurrence, blade, move_up, nest,
    metadata_only, take_change, other_file, proxy, reinstate, unnest, dissolve_removed, enable, retime_removed,
    move_down, dissolve_lengthened, dissolve_shortened, rate_stamp, start_shift,
)  # fmt: skip
