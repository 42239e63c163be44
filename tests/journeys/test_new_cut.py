"""New cuts arrive in a real show: decided, approved, carried out, and played from the published layer."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from click.testing import CliRunner
from pxr import Gf, Usd, UsdGeom

import usd_ai
from tests.journeys.shows import GENERATOR, SEED, SmallShow, build_small_show, fire_of, lend_cache, serving
from tests.tools.timecodes import timecode
from usd_ai.cli.main import usd_ai as program
from usd_ai.core.decisions import Action, SyncPlan

FIRST, COUNT, HANDLES = 1030, 4, 3
Line = tuple[str, int, int, str]  # shot, first frame, frames of the cut, speed in frames a second ("" = at speed)
V1: tuple[Line, ...] = (("sh010", FIRST, COUNT, ""), ("sh020", FIRST, COUNT, ""))


class Show:
    """A show of a few frames whose first two shots have a published first look."""

    def __init__(self, folder: Path, studio: usd_ai.Studio) -> None:
        self.folder = folder
        self.studio = studio

    def cut(self, name: str, *lines: Line, at: int = 86400) -> str:
        """Write a cut; its path in the project."""
        told = [f"TITLE: {name}", "FCM: NON-DROP FRAME"]
        for number, (shot, first, count, speed) in enumerate(lines, start=1):
            codes = " ".join(timecode(frame) for frame in (first, first + count, at, at + count))
            told += [f"{number:03d}  {shot:<8s} V     C        {codes}", f"* FROM CLIP NAME: {shot}_v001"]
            told += [f"M2   {shot:<8s}       {speed}                {timecode(first)}"] if speed else []
            at += count
        (self.folder / "editorial" / f"{name}.edl").write_text("\n".join(told) + "\n", encoding="ascii")
        return f"editorial/{name}.edl"

    def publish(self, shot: str) -> None:
        """Generate and publish a first look of a shot."""
        wish = fire_of(self.folder / "studio.toml", shot)
        handle = self.studio.shot(shot).generate(GENERATOR, wish, seed=SEED, detail=usd_ai.Detail.FIRST_LOOK)
        handle.wait()
        handle.publish()


@pytest.fixture(scope="module")
def show(small_show: SmallShow, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Show]:
    small_show.publish("sh010", usd_ai.Detail.FIRST_LOOK)  # flames and world, which take a minute, are made once
    folder = tmp_path_factory.mktemp("turnover")
    studio = build_small_show(folder / "ember", handles=HANDLES)
    text = studio.read_text(encoding="utf-8").replace("editorial/short.edl", "editorial/v1.edl")
    studio.write_text(text, encoding="utf-8")
    lend_cache(small_show.server.state, folder / "state")
    with serving(studio, folder / "state") as server, usd_ai.connect(server.address) as connected:
        made = Show(studio.parent, connected)
        made.cut("v1", *V1)
        for shot in ("sh010", "sh020"):
            made.publish(shot)
        yield made


def actions(plan: SyncPlan) -> dict[str, Action]:
    return {decision.shot: decision.action for decision in plan.decisions}


def test_when_new_cuts_arrive_one_after_another_then_each_costs_what_it_must(show: Show) -> None:
    studio = show.studio
    rippled = studio.sync(show.cut("v2", *V1, at=90000), every=True)
    assert set(actions(rippled).values()) == {Action.NOTHING}

    trimmed = show.cut("v3", ("sh010", FIRST + 1, 3, ""), V1[1])
    plan = studio.sync(trimmed)
    assert actions(plan) == {"sh010": Action.RE_RANGE}
    assert actions(studio.sync(trimmed, apply=True, etag=plan.etag)) == {"sh010": Action.RE_RANGE}
    assert studio.sync(trimmed).open == ()
    edit = show.folder / "publish" / "sh010" / "edit" / f"{GENERATOR}_1.usda"
    stage = Usd.Stage.Open(str(edit))
    assert (stage.GetStartTimeCode(), stage.GetEndTimeCode()) == (FIRST + 1, FIRST + 3)

    backwards = show.cut("v4", ("sh010", FIRST, COUNT, "-024.0"), ("sh030", FIRST, COUNT, ""))
    plan = studio.sync(backwards)
    assert actions(plan) == {"sh010": Action.CLIPS, "sh020": Action.KEEP_UNUSED, "sh030": Action.GENERATE}
    new = next(d for d in plan.decisions if d.action is Action.GENERATE)
    assert new.plan_digest
    assert new.seconds is not None
    assert new.seconds > 0
    done = studio.sync(backwards, apply=True, etag=plan.etag)
    plays_backwards(edit, Path(studio.version("sh010", GENERATOR).folder))

    generation = studio.generation(next(d.generation for d in done.decisions if d.generation))
    assert generation.wait().plan_digest == new.plan_digest
    assert generation.publish().number == 1
    assert studio.sync(backwards).open == ()

    back = show.cut("v5", *V1, ("sh030", FIRST, COUNT, ""))
    plan = studio.sync(back)
    assert actions(plan) == {"sh010": Action.RE_RANGE, "sh020": Action.REUSE}
    before = len(list(studio.generations()))
    studio.sync(back, apply=True)
    assert len(list(studio.generations())) == before

    slipped = show.cut("v6", ("sh010", FIRST + HANDLES, COUNT, ""), V1[1], ("sh030", FIRST, COUNT, ""))
    assert actions(studio.sync(slipped, apply=True)) == {"sh010": Action.RE_RANGE}
    beyond = show.cut("v7", ("sh010", FIRST + HANDLES + 1, COUNT, ""), V1[1], ("sh030", FIRST, COUNT, ""))
    (decision,) = studio.sync(beyond).decisions
    assert (decision.action, str(decision.missing[0])) == (Action.MISSING_FRAMES, "1037-1037")


def plays_backwards(edit: Path, published: Path) -> None:
    """Every moving thing of the layer is where the published one has it at the frame that the cut shows."""
    played, made = Usd.Stage.Open(str(edit)), Usd.Stage.Open(str(published / f"{GENERATOR}.usda"))
    played.Reload()  # this process has seen the file that it replaced
    compared = 0
    for k in range(COUNT):
        shown = FIRST + COUNT - 1 - k
        for prim in made.Traverse():
            for name in ("positions", "primvars:displayOpacity", "inputs:intensity", "filePath"):
                there = prim.GetAttribute(name)
                if there and there.GetNumTimeSamples() > 1:
                    here = played.GetPrimAtPath(prim.GetPath()).GetAttribute(name)
                    one, other = here.Get(FIRST + k), there.Get(shown)
                    assert str(getattr(one, "resolvedPath", one)) == str(getattr(other, "resolvedPath", other)), prim
                    compared += 1
        assert bounds(played, FIRST + k) == bounds(made, shown)
    assert compared > 0


def bounds(stage: Usd.Stage, frame: float) -> Gf.Range3d:
    return UsdGeom.BBoxCache(frame, ["default"]).ComputeWorldBound(stage.GetPseudoRoot()).GetRange()


def test_when_the_history_is_asked_then_every_applied_cut_tells_what_the_shot_looked_like(
    show: Show, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("USD_AI_SERVER", show.studio.address)
    told = CliRunner().invoke(program, ["timeline", "history", "sh010", "--json"])
    cuts = {one["cut"]: one["shot"]["visible"] for one in json.loads(told.stdout)["cuts"]}
    assert cuts == {
        "v6": [FIRST + HANDLES, FIRST + HANDLES + 3],
        "v5": [FIRST, FIRST + 3],
        "v4": [FIRST, FIRST + 3],
        "v3": [FIRST + 1, FIRST + 3],
        "v1": [FIRST, FIRST + 3],
    }
    assert CliRunner().invoke(program, ["timeline", "diff", "editorial/v7.edl"]).exit_code == 1
    assert CliRunner().invoke(program, ["timeline", "diff", "v6", "editorial/v6.edl"]).exit_code == 0


def test_when_cuts_were_applied_then_what_is_asked_for_by_hand_is_for_the_last_of_them(show: Show) -> None:
    studio = show.studio
    chosen = studio.which_cut()
    assert (chosen.label, chosen.path) == ("v6", "editorial/v6.edl")  # studio.toml still names v1
    assert [shot.name for shot in studio.shots()] == ["sh010", "sh020", "sh030"]
    wish = fire_of(show.folder / "studio.toml", "sh010")
    for cut, first in (("", FIRST + HANDLES), ("v1", FIRST), ("editorial/v7.edl", FIRST + HANDLES + 1)):
        plan = studio.shot("sh010").plan(GENERATOR, wish, seed=SEED, detail=usd_ai.Detail.FIRST_LOOK, cut=cut)
        assert json.loads(plan.canonical_json)["frames"]["start"] == first - HANDLES, cut
    path, shots = studio.write_timeline("editorial/out.otio")
    assert shots == ("sh010", "sh020", "sh030")
    assert Path(path).is_file()
    show.cut("v1", V1[0])  # somebody writes over the file that studio.toml names
    assert studio.which_cut().label == "v1"
    assert [shot.name for shot in studio.shots()] == ["sh010"]
