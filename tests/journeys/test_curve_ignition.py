"""A fire that catches along a curve which an artist drew in the set: planned on a real stage by the real engine."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from usd_ai.app import compose
from usd_ai.config import Settings
from usd_ai.core.engine import Engine
from usd_ai.core.errors import NotFound
from usd_ai.core.types import Detail, PlannedWork, Request

_SHOW = '[project]\nname = "show"\ncut = "cut.edl"\nrate = "24"\nhandles = 0\nstage = "{shot}.usda"\n'
_CUT = """TITLE: show
FCM: NON-DROP FRAME

001  near  V  C  00:00:41:17 00:00:41:20 00:00:00:00 00:00:00:03
* FROM CLIP NAME: near
002  high  V  C  00:00:41:17 00:00:41:20 00:00:00:03 00:00:00:06
* FROM CLIP NAME: high
"""
_STAGE = """#usda 1.0
(
    metersPerUnit = {unit}
    upAxis = "{axis}"
    timeCodesPerSecond = 24
)

def Camera "cam"
{{
    double3 xformOp:translate = {eye}
    uniform token[] xformOpOrder = ["xformOp:translate"]
}}

def Mesh "ground"
{{
    int[] faceVertexCounts = [4]
    int[] faceVertexIndices = [0, 1, 2, 3]
    point3f[] points = {ground}
}}

def BasisCurves "{name}"
{{
    uniform token type = "linear"
    int[] curveVertexCounts = [2]
    point3f[] points = {line}
}}
"""


def _near(folder: Path, name: str = "fire_line", end: str = "(900, 30, -800)") -> None:
    """Centimetres, Y up; the line from (-5, 8) to (9, 8)."""
    ground = "[(-2000, 0, 2000), (2000, 0, 2000), (2000, 0, -2000), (-2000, 0, -2000)]"
    said = {"unit": 0.01, "axis": "Y", "eye": "(0, 200, 1500)", "ground": ground}
    (folder / "near.usda").write_text(_STAGE.format(name=name, line=f"[(-500, 30, -800), {end}]", **said))


def _high(folder: Path) -> None:
    """The same in metres, Z up."""
    ground = "[(-20, -20, 0), (20, -20, 0), (20, 20, 0), (-20, 20, 0)]"
    said = {"unit": 1, "axis": "Z", "eye": "(0, -15, 2)", "ground": ground}
    (folder / "high.usda").write_text(_STAGE.format(name="fire_line", line="[(-5, 8, 0.3), (9, 8, 0.3)]", **said))


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("show")
    (folder / "studio.toml").write_text(_SHOW)
    (folder / "cut.edl").write_text(_CUT)
    _near(folder)
    _high(folder)
    return folder


@pytest.fixture(scope="module")
def engine(folder: Path) -> Iterator[Engine]:
    engine = compose(Settings(projects=(str(folder / "studio.toml"),), state=str(folder / "state"), workers=1))
    yield engine
    engine.close()


def _planned(engine: Engine, ignition: str, shot: str = "near") -> PlannedWork:
    wish = (("density", 0.3), ("ignition", ignition), ("undergrowth", 0.0))
    return engine.plan(Request("show", shot, "burning_forest", wish, detail=Detail.FIRST_LOOK))


def _held(work: PlannedWork) -> object:
    return dict(work.world.parameters)["ignition"]


def test_when_a_curve_is_named_then_the_plan_holds_where_it_lies_in_metres(engine: Engine) -> None:
    drawn, written = _planned(engine, "/fire_line"), _planned(engine, "-5,8; 9,8")
    assert _held(drawn) == "-5,8; 9,8"
    assert drawn.plan_digest == written.plan_digest


def test_when_a_stage_has_other_units_and_another_axis_then_the_same_curve_is_the_same_fire(engine: Engine) -> None:
    assert _held(_planned(engine, "/fire_line", "high")) == _held(_planned(engine, "/fire_line", "near"))


def test_when_a_curve_stands_among_points_with_a_moment_then_it_burns_from_then_on(engine: Engine) -> None:
    ignition = " /fire_line @ f1025 | 1,2@5"
    start = dict(_planned(engine, "").plan.parameters)["story_time"]
    assert _held(_planned(engine, ignition)) == f"-5,8@{float(str(start)) + 1.0:.10g}; 9,8 | 1,2@5"


def test_when_the_curve_is_moved_then_the_plan_is_another_and_when_renamed_it_is_not(
    engine: Engine, folder: Path
) -> None:
    before = _planned(engine, "/fire_line")
    _near(folder, end="(900, 30, -801)")
    moved = _planned(engine, "/fire_line")
    assert moved.plan_digest != before.plan_digest
    assert _held(moved) == "-5,8; 9,8.01"
    _near(folder, name="line_of_fire")
    assert _planned(engine, "/line_of_fire").plan_digest == before.plan_digest
    with pytest.raises(NotFound, match="no curve /fire_line") as refusal:
        _planned(engine, "/fire_line")
    assert refusal.value.remedy == "It has: /line_of_fire."
    _near(folder)
