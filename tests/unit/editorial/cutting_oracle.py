"""What must happen to a layer, worked out from the pieces on the table: each frame of the cut is asked what it shows.

Nothing here knows how cuts are read, compared or decided on. The edits were made by us, so which piece was which, and
of which take, is known and need not be found out.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from itertools import pairwise

from tests.unit.editorial.cutting_room import Piece, Room
from usd_ai.core.decisions import Action

TICKS = 64
"""Parts of a frame that are counted in: no speed, ramp or moment here needs a finer one, and integers are fast."""

Played = tuple[int, tuple[int, ...]]
"""Of one use: its first frame of the cut counted from its first one between cuts, and what each shows, in ticks."""

_MOMENTS = (8, 24, 40, 56)  # ticks within a frame of the cut, never on its edges


@dataclass(frozen=True)
class Shelved:
    """A layer as it lies on the shelf, and what it was generated for.

    ``frames``: first and last. ``told``: how its edit layers play it, None where there are none. ``stale``: they were
    written for an older version. ``unused``: the ledger says that no cut shows it.
    """

    born: str
    frames: tuple[int, int]
    made_for: tuple[Played, ...]
    rolls: frozenset[int]
    told: tuple[Played, ...] | None = None
    stale: bool = False
    unused: bool = False


def uses(room: Room, born: str) -> list[int]:
    """Where in the cut a shot's pieces stand."""
    return [k for k, piece in enumerate(room.pieces) if piece.born == born]


def played(room: Room, k: int) -> Played:
    """What every frame shows that a piece is seen in, those under its dissolves included."""
    head, tail = _under_dissolves(room, k)
    return -head, _shown(room.pieces[k], head, tail)


def _under_dissolves(room: Room, k: int) -> tuple[int, int]:
    piece = room.pieces[k]
    if piece.nested:  # a nest ends where its clip ends
        return 0, 0
    after = room.pieces[k + 1] if k + 1 < len(room.pieces) else None
    return piece.dissolve // 2, after.dissolve // 2 if after is not None and after.lane == piece.lane else 0


@lru_cache(maxsize=10_000)
def _shown(piece: Piece, head: int, tail: int) -> tuple[int, ...]:
    return tuple(_at(piece, frame * TICKS) for frame in range(-head, piece.length + tail))


def _at(piece: Piece, moment: int) -> int:
    """What is shown some ticks after a piece's first frame, in ticks of its source."""
    begin, speed = piece.start * TICKS, int(piece.speed * TICKS)
    if piece.lookup:
        return begin + moment + int(piece.lookup[min(max(moment // TICKS, 0), piece.length - 1)] * TICKS)
    if speed < 0:
        return begin - piece.length * speed - TICKS + moment * speed // TICKS
    return begin + moment * speed // TICKS


def seen(room: Room, born: str) -> tuple[int, int]:
    """The first and the last frame of a shot that are seen in the cut; of one that is switched off, that would be."""
    there = uses(room, born)
    on = [k for k in there if room.pieces[k].enabled]
    ends = [_ends(room.pieces[k], *_under_dissolves(room, k)) for k in on or there]
    return min(first for first, _ in ends), max(last for _, last in ends)


@lru_cache(maxsize=10_000)
def _ends(piece: Piece, head: int, tail: int) -> tuple[int, int]:
    """The first and the last frame that any moment of a piece shows."""
    speed = TICKS if piece.lookup else int(piece.speed * TICKS)
    back = TICKS if speed < 0 else 0  # backwards, a frame is shown from its end on
    shown = _shown(piece, head, tail)
    frames = {(at + back + moment * speed // TICKS) // TICKS for at in shown for moment in _MOMENTS}
    return min(frames), max(frames)


def shelved(room: Room, born: str, handles: int) -> Shelved:
    """The layer that is generated for a shot as a cut has it."""
    first, last = seen(room, born)
    rolls = frozenset(room.pieces[k].roll for k in uses(room, born))
    return Shelved(born, (first - handles, last + handles), _wholes(room, born), rolls)


def expected(layer: Shelved, room: Room) -> Action:
    """What must happen to a layer in a cut."""
    there = uses(room, layer.born)
    if not any(room.pieces[k].enabled for k in there):
        return Action.NOTHING if layer.unused else Action.KEEP_UNUSED
    first, last = seen(room, layer.born)
    other_take = any(room.pieces[k].roll not in layer.rolls for k in there)
    if other_take or first < layer.frames[0] or last > layer.frames[1]:
        return Action.REGENERATE
    return Action.REUSE if layer.unused else _replayed(layer, room)


def _replayed(layer: Shelved, room: Room) -> Action:
    """What must happen to a layer that has every frame that is seen."""
    now = edits(room, layer.born)
    steps = [{after - before for before, after in pairwise(at)} for _, at in now]
    plain = all(step == {TICKS} for step in steps)
    same = layer.told == now and not layer.stale
    if layer.told is None:
        same = plain and _wholes(room, layer.born) == layer.made_for
    if same:
        return Action.NOTHING
    if any(len(step) > 1 or min(step) <= 0 for step in steps):
        return Action.CLIPS
    return Action.RE_RANGE if plain else Action.OFFSET_AND_SCALE


def unknowable(layer: Shelved, room: Room) -> bool:
    """Whether a shot was renamed and has another take: name and source are others, and nothing says what it was."""
    pieces = [room.pieces[k] for k in uses(room, layer.born)]
    return any(piece.shot != layer.born and piece.roll not in layer.rolls for piece in pieces)


def edits(room: Room, born: str) -> tuple[Played, ...]:
    """How every use that is switched on plays its shot, by what it shows."""
    return tuple(sorted(played(room, k) for k in uses(room, born) if room.pieces[k].enabled))


def _wholes(room: Room, born: str) -> tuple[Played, ...]:
    """The same, uses that a blade cut through and that play on being one; of a shot that is switched off, all of it."""
    there = uses(room, born)
    on = [k for k in there if room.pieces[k].enabled] or there
    found: list[Played] = []
    for k in on:
        here = played(room, k)
        before = room.pieces[k - 1]
        if found and k - 1 in on and _plays_on(before, room.pieces[k]):
            found[-1] = (found[-1][0], found[-1][1] + here[1])
        else:
            found.append(here)
    return tuple(sorted(found))


def _plays_on(before: Piece, after: Piece) -> bool:
    called = replace(before, start=after.start, length=after.length, name=after.name, note=after.note)
    return called == after and not after.lookup and _at(before, before.length * TICKS) == _at(after, 0)


def done(layer: Shelved, action: Action, room: Room) -> Shelved:
    """The layer after an action was carried out; what is to be generated changes it only once it is published."""
    if action is Action.KEEP_UNUSED:
        return replace(layer, unused=True, told=None, stale=False)
    if action.plays:
        return replace(layer, unused=False, told=edits(room, layer.born), stale=False)
    return layer


def published(layer: Shelved, room: Room, handles: int) -> Shelved:
    """The layer after its next version was generated for a cut and published."""
    fresh = shelved(room, layer.born, handles)
    return replace(fresh, told=layer.told, stale=layer.told is not None, unused=layer.unused)


def born_in(room: Room) -> Sequence[str]:
    """All shots of a cut by their own names, in its order."""
    return list(dict.fromkeys(piece.born for piece in room.pieces))
