from __future__ import annotations

from fractions import Fraction
from pathlib import Path

import pytest

from tests.unit.stage.retimes import FRAMES, compare, publish_moving, write
from usd_ai.core.types import FrameRange, Plays


def ramp(*frames: float | Fraction, offset: int = 0) -> Plays:
    return Plays(Fraction(0), Fraction(1), tuple(Fraction(frame) for frame in frames), offset)


def eased(first: float, last: float, count: int) -> tuple[Fraction, ...]:
    """From one frame to another, slow at both ends."""
    parts = [Fraction(n, count - 1) for n in range(count)]
    return tuple(Fraction(first) + Fraction(last - first) * part * part * (3 - 2 * part) for part in parts)


@pytest.fixture(scope="module")
def published(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return publish_moving(tmp_path_factory.mktemp("publish") / "sh010" / "env" / "grove" / "v001")


@pytest.mark.parametrize(
    ("way", "plays", "shown"),
    [
        ("offset", Plays(Fraction(1001)), FrameRange(0, 23)),
        ("offset", Plays(Fraction(1009)), FrameRange(-4, 11)),  # trimmed at both ends, under transitions
        ("offset", Plays(Fraction(1003)), FrameRange(0, 11)),  # slipped by -2
        ("offset", Plays(Fraction(2007, 2)), FrameRange(-2, 11)),  # half a frame, as another rate leaves it
        ("offset and scale", Plays(Fraction(1004), Fraction(1, 2)), FrameRange(-5, 30)),
        ("offset and scale", Plays(Fraction(1003), Fraction(2)), FrameRange(-1, 10)),
        ("offset and scale", Plays(Fraction(1003), Fraction(2, 3)), FrameRange(-3, 25)),
        ("offset and scale", Plays(Fraction(1002), Fraction(5, 4)), FrameRange(0, 15)),
        ("clips", Plays(Fraction(1020), Fraction(-1)), FrameRange(-4, 19)),
        ("clips", Plays(Fraction(1024), Fraction(-2)), FrameRange(0, 11)),
        ("clips", Plays(Fraction(1020), Fraction(-1, 3)), FrameRange(-6, 30)),
        ("clips", Plays(Fraction(1010), Fraction(0)), FrameRange(-4, 11)),
        ("clips", Plays(Fraction(2021, 2), Fraction(0)), FrameRange(0, 3)),
        ("clips", ramp(*eased(1003, 1021, 24)), FrameRange(0, 23)),
        ("clips", ramp(*eased(1021, 1003, 13), offset=-3), FrameRange(-5, 11)),
        ("clips", ramp(1001, 1002, 1003, 1015, 1016, 1017), FrameRange(0, 5)),  # a jump
    ],
)
def test_when_a_layer_is_played_then_every_frame_of_the_cut_shows_the_frame_of_the_shot(
    published: Path, tmp_path: Path, way: str, plays: Plays, shown: FrameRange
) -> None:
    edit = write(published, tmp_path / "shots" / "sh010_a.usda", plays, shown)
    assert edit.playing.way == way
    seen = compare(edit.path, published, plays, shown)
    assert seen.values >= 20 * shown.count
    assert len(seen.files) == len({int(plays.at(k)) for k in shown.frames()})
    assert FRAMES.count >= len(seen.files)
