"""What hangs on the frame besides the values themselves: variants, rates, motion blur, bounds, the studio's stage."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pxr import Gf, Usd, UsdGeom, UsdValidation  # pyright: ignore[reportAttributeAccessIssue] # newer than the stubs

from tests.unit.stage.retimes import EMBERS, LEAVES, NAME, START, add_clips, compare, publish_moving, shot_stage, write
from usd_ai.core.types import FrameRange, Plays
from usd_ai.stage.facts_open import open_host

FORWARD = Plays(Fraction(1003))
SLOW = Plays(Fraction(1003), Fraction(1, 2))
REVERSE = Plays(Fraction(1020), Fraction(-1))
FREEZE = Plays(Fraction(1010), Fraction(0))
RAMP = Plays(Fraction(0), Fraction(1), tuple(Fraction(1002) + Fraction(k * k, 16) for k in range(13)))
SHOWN = FrameRange(0, 12)
ALL = pytest.mark.parametrize("plays", [FORWARD, SLOW, REVERSE, FREEZE, RAMP])


@pytest.fixture(scope="module")
def published(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return publish_moving(tmp_path_factory.mktemp("publish") / "sh010" / "env" / NAME / "v001")


def source_of(published: Path) -> Usd.Stage:
    return Usd.Stage.Open(str(published / f"{NAME}.usda"))


@ALL
@pytest.mark.parametrize("chosen", [{"burn": "before"}, {"detail": "medium"}, {"fire": "off", "detail": "medium"}])
def test_when_a_lighter_chooses_a_variant_then_it_shows_what_the_layer_shows_in_it(
    published: Path, tmp_path: Path, plays: Plays, chosen: dict[str, str]
) -> None:
    source, stage = source_of(published), shot_stage(write(published, tmp_path / "edit.usda", plays, SHOWN).path)
    for one in (source, stage):
        sets = one.GetPrimAtPath(f"/{NAME}").GetVariantSets()
        assert sets.GetNames() == ["fire", "burn", "detail"]
        for name, choice in chosen.items():
            assert sets.GetVariantSet(name).SetVariantSelection(choice)
    for k in SHOWN.frames():
        wanted = source.GetAttributeAtPath(f"/{NAME}/trees.protoIndices").Get(float(plays.at(k)))
        found = stage.GetAttributeAtPath(f"/{NAME}/trees.protoIndices").Get(float(START + k))
        assert list(found) == list(wanted), k
    assert bool(stage.GetPrimAtPath(f"/{NAME}/fire").IsActive()) == ("fire" not in chosen and "burn" not in chosen)


@pytest.mark.parametrize("rate", [24.0, 24000 / 1001, 23.976, 25.0, 30.0, 48.0])
@pytest.mark.parametrize("own", [24.0, 24000 / 1001])
@pytest.mark.parametrize("plays", [FORWARD, Plays(Fraction(1003), Fraction(2, 3)), REVERSE])
def test_when_the_stage_counts_otherwise_then_frames_stay_frames(
    tmp_path: Path, rate: float, own: float, plays: Plays
) -> None:
    published = publish_moving(tmp_path / "v001", own)
    edit = write(published, tmp_path / "edit.usda", plays, SHOWN, rate)
    thousandth = plays is FORWARD and abs(rate / own - 1) < 1 / 500  # is not worth a copy of all velocities
    compare(edit.path, published, plays, SHOWN, rate, rate if thousandth else own)
    assert (len(edit.files) == 1) == thousandth


@pytest.mark.parametrize(("step", "rate"), [(Fraction(4, 5), 30000 / 1001), (Fraction(7, 5), 24.0)])
def test_when_doubles_cannot_say_the_speed_then_no_file_is_that_of_the_frame_before(
    published: Path, tmp_path: Path, step: Fraction, rate: float
) -> None:
    plays = Plays(Fraction(1001), step)
    shown = FrameRange(0, int(23 / step))
    edit = write(published, tmp_path / "edit.usda", plays, shown, rate)
    compare(edit.path, published, plays, shown, rate, velocities=False)


@pytest.mark.parametrize("rate", [24.0, 25.0])
@ALL
def test_when_the_layer_has_value_clips_of_its_own_then_they_play_along(
    tmp_path: Path, plays: Plays, rate: float
) -> None:
    published = publish_moving(tmp_path / "publish" / "v001")
    add_clips(published)
    edit = write(published, tmp_path / "edit.usda", plays, SHOWN, rate)
    seen = compare(edit.path, published, plays, SHOWN, rate)
    assert seen.values >= 21 * SHOWN.count - SHOWN.count
    stage = shot_stage(edit.path, rate)
    sea = stage.GetAttributeAtPath(f"/{NAME}/sea.points")
    assert [len(sea.Get(float(START + k))) for k in SHOWN.frames()] == [4] * SHOWN.count


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    first=st.fractions(min_value=1001, max_value=1024, max_denominator=12),
    step=st.fractions(min_value=-3, max_value=3, max_denominator=12),
    begin=st.integers(-9, 2),
    count=st.integers(1, 30),
)
def test_when_any_steady_speed_is_played_then_every_frame_shows_the_frame_of_the_shot(
    published: Path, tmp_path: Path, first: Fraction, step: Fraction, begin: int, count: int
) -> None:
    plays = Plays(first, step)
    there = [k for k in range(begin, begin + count) if 1001 <= plays.at(k) < 1025]
    if there:
        shown = FrameRange(there[0], there[-1])
        compare(write(published, tmp_path / "edit.usda", plays, shown).path, published, plays, shown)


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    frames=st.lists(st.integers(1001 * 8, 1024 * 8).map(lambda n: Fraction(n, 8)), min_size=2, max_size=12),
    offset=st.integers(-4, 4),
)
def test_when_any_table_of_frames_is_played_then_every_frame_shows_the_frame_of_the_shot(
    published: Path, tmp_path: Path, frames: list[Fraction], offset: int
) -> None:
    plays = Plays(frames[0], Fraction(1), tuple(frames), offset)
    shown = FrameRange(offset - 1, offset + len(frames))
    edit = write(published, tmp_path / "edit.usda", plays, shown)
    compare(edit.path, published, plays, shown, velocities=False)


@pytest.mark.parametrize(("plays", "speed"), [(FORWARD, 1), (SLOW, 0.5), (REVERSE, -1), (FREEZE, 0)])
def test_when_the_shutter_is_open_then_embers_move_at_the_speed_of_the_cut(
    published: Path, tmp_path: Path, plays: Plays, speed: float
) -> None:
    source, stage = source_of(published), shot_stage(write(published, tmp_path / "edit.usda", plays, SHOWN).path)
    for k in (0, 4, 7):
        frame, code = float(int(plays.at(k))), float(START + k)
        wanted = UsdGeom.PointBased(source.GetPrimAtPath(EMBERS))
        still = np.array(wanted.ComputePointsAtTime(frame, frame))
        moved = np.array(wanted.ComputePointsAtTime(frame + 0.25, frame))
        found = np.array(UsdGeom.PointBased(stage.GetPrimAtPath(EMBERS)).ComputePointsAtTime(code + 0.25, code))
        np.testing.assert_allclose(found - still, (moved - still) * speed, atol=1e-5)


@pytest.mark.parametrize("plays", [FORWARD, SLOW, Plays(Fraction(1003), Fraction(3, 2)), REVERSE, FREEZE])
def test_when_the_shutter_is_open_then_leaves_move_by_velocities_at_the_speed_of_the_cut(
    published: Path, tmp_path: Path, capfd: pytest.CaptureFixture[str], plays: Plays
) -> None:
    source, stage = source_of(published), shot_stage(write(published, tmp_path / "edit.usda", plays, SHOWN).path)
    wanted, found = (UsdGeom.PointInstancer(one.GetPrimAtPath(LEAVES)) for one in (source, stage))
    for k in SHOWN.frames():
        if plays.step > 0 or plays.at(k).denominator == 1:
            frame, code = float(plays.at(k)), float(START + k)
            still = np.array(wanted.ComputeInstanceTransformsAtTime(frame, frame))[:, 3]
            moved = np.array(wanted.ComputeInstanceTransformsAtTime(frame + 0.25 * abs(float(plays.step)), frame))[:, 3]
            way = (moved - still) * np.sign(float(plays.step))
            after = np.array(found.ComputeInstanceTransformsAtTime(code + 0.25, code))[:, 3]
            before = np.array(found.ComputeInstanceTransformsAtTime(code, code))[:, 3]
            np.testing.assert_allclose(after - before, way, atol=1e-5)
            assert np.abs(way).max() > 1e-4 or not plays.step
    assert "not aligned" not in capfd.readouterr().err


@ALL
def test_when_it_is_looked_at_between_frames_then_no_ember_is_blended_with_another(
    published: Path, tmp_path: Path, plays: Plays
) -> None:
    source, stage = source_of(published), shot_stage(write(published, tmp_path / "edit.usda", plays, SHOWN).path)
    steady = plays is FORWARD  # as the layer itself, which an offset does not change
    for k in SHOWN.frames()[:-1]:
        for part in (0.0, 0.25, 0.75):
            code = START + k + part
            wanted = float(plays.at(k)) + part if steady else float(int(plays.at(k)))
            for name in ("ids", "points", "widths"):
                found = stage.GetAttributeAtPath(f"{EMBERS}.{name}").Get(code)
                np.testing.assert_allclose(
                    np.array(found), np.array(source.GetAttributeAtPath(f"{EMBERS}.{name}").Get(wanted)), atol=1e-5
                )
        leaves = [stage.GetAttributeAtPath(f"{LEAVES}.positions").Get(START + k + part)[0][0] for part in (0, 0.5, 1)]
        ahead = [float(plays.at(k) + (plays.at(k + 1) - plays.at(k)) * Fraction(n, 2)) for n in range(3)]
        expected = [source.GetAttributeAtPath(f"{LEAVES}.positions").Get(frame)[0][0] for frame in ahead]
        np.testing.assert_allclose(leaves, expected, atol=1e-3)


def test_when_the_picture_jumps_then_nothing_smears_across_the_jump(published: Path, tmp_path: Path) -> None:
    plays = Plays(Fraction(1001), frames=tuple(Fraction(f) for f in (1001, 1002, 1003, 1020, 1021, 1022)))
    stage = shot_stage(write(published, tmp_path / "edit.usda", plays, FrameRange(0, 5)).path)
    positions = stage.GetAttributeAtPath(f"{LEAVES}.positions")
    source = source_of(published)
    at = source.GetAttributeAtPath(f"{LEAVES}.positions")
    assert positions.Get(START + 2.75)[0][0] == pytest.approx(at.Get(1003.75)[0][0])
    assert positions.Get(START + 3.0)[0][0] == pytest.approx(at.Get(1020.0)[0][0])


@ALL
def test_when_bounds_are_asked_for_then_they_are_those_of_the_frame(
    published: Path, tmp_path: Path, plays: Plays
) -> None:
    source, stage = source_of(published), shot_stage(write(published, tmp_path / "edit.usda", plays, SHOWN).path)
    for k in SHOWN.frames():
        for path in (LEAVES, f"/{NAME}/fire/light"):
            boxes = []
            for one, time in ((source, float(plays.at(k))), (stage, float(START + k))):
                box = UsdGeom.BBoxCache(time, ["default"]).ComputeWorldBound(one.GetPrimAtPath(path))
                boxes.append(box.ComputeAlignedRange())
            assert Gf.IsClose(boxes[0].GetMin(), boxes[1].GetMin(), 1e-2), (path, k)
            assert Gf.IsClose(boxes[0].GetMax(), boxes[1].GetMax(), 1e-2), (path, k)


@ALL
def test_when_a_studio_reads_its_own_stage_then_an_edit_counts_as_ours(
    published: Path, tmp_path: Path, plays: Plays
) -> None:
    edit = write(published, tmp_path / "edit.usda", plays, SHOWN)
    host = tmp_path / "host.usda"
    host.write_text(
        '#usda 1.0\n(\n    metersPerUnit = 0.01\n    subLayers = [@./edit.usda@]\n    timeCodesPerSecond = 24\n'
        '    upAxis = "Y"\n)\n\ndef Xform "set"\n{\n}\n',
        encoding="utf-8",
    )  # fmt: skip
    without, stage = open_host(str(host)), Usd.Stage.Open(str(host))
    assert [prim.GetName() for prim in without.GetPseudoRoot().GetChildren()] == ["set"]
    assert sorted(prim.GetName() for prim in stage.GetPseudoRoot().GetChildren()) == [NAME, "set"]
    assert edit.path.stat().st_size < 4000


@ALL
def test_when_pixars_validators_look_at_an_edit_then_they_find_nothing(
    published: Path, tmp_path: Path, plays: Plays
) -> None:
    stage = Usd.Stage.Open(str(write(published, tmp_path / "edit.usda", plays, SHOWN).path))
    validators = UsdValidation.ValidationRegistry().GetOrLoadAllValidators()
    assert len(validators) > 20
    assert [str(e.GetMessage()) for e in UsdValidation.ValidationContext(validators).Validate(stage)] == []


def test_when_a_volume_stands_still_then_its_velocity_field_is_off_and_else_the_limit_is_told(
    published: Path, tmp_path: Path
) -> None:
    frozen = write(published, tmp_path / "freeze.usda", FREEZE, SHOWN)
    stage = shot_stage(frozen.path)
    flame = stage.GetPrimAtPath(f"/{NAME}/fire/flame")
    assert flame.GetRelationship("field:velocity").GetTargets() == []
    assert len(flame.GetRelationship("field:density").GetTargets()) == 1
    assert not any("velocities inside" in limit for limit in frozen.limits)
    reverse = write(published, tmp_path / "reverse.usda", REVERSE, SHOWN)
    assert any("1 volume(s) have velocities inside their files" in limit for limit in reverse.limits)
    assert write(published, tmp_path / "forward.usda", FORWARD, SHOWN).limits == ()
