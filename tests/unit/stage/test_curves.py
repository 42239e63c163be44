from __future__ import annotations

import re
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from usd_ai.core.errors import InvalidRequest, NotFound, UnreadableInput, UsdAiError
from usd_ai.stage.curves import along, read_curves_task

HEADER = '#usda 1.0\n(\n    metersPerUnit = {scale}\n    upAxis = "{axis}"\n)\n'
STAGE = """
def Xform "fx"
{
    double3 xformOp:translate = (100, 0, 0)
    uniform token[] xformOpOrder = ["xformOp:translate"]

    def BasisCurves "line" (
        doc = "a line, and another that begins where it ends"
    )
    {
        uniform token type = "linear"
        token visibility = "invisible"
        int[] curveVertexCounts = [3, 2]
        point3f[] points = [(0, 0, 0), (200, 0, -400), (300, 0, -400), (300, 50, -400), (300, 50, 0)]
    }

    def BasisCurves "bent"
    {
        uniform token basis = "bspline"
        uniform token wrap = "pinned"
        int[] curveVertexCounts = [4]
        point3f[] points.timeSamples = { 1001: [(0, 0, 0), (100, 0, 0), (200, 0, -100), (300, 0, -100)] }
    }

    def Points "spots"
    {
        point3f[] points = [(0, 0, 0), (-50, 9, 100)]
    }

    def Mesh "rock"
    {
    }

    def "nothing"
    {
    }

    def BasisCurves "empty"
    {
    }

    def BasisCurves "torn"
    {
        int[] curveVertexCounts = [3]
        point3f[] points = [(0, 0, 0), (1, 1, 1)]
    }

    def BasisCurves "strange"
    {
        uniform token type = "linear"
        int[] curveVertexCounts = [2]
        point3f[] points = [(0, 0, 0), (nan, 1, 1)]
    }

    def BasisCurves "waving"
    {
        int[] curveVertexCounts = [2]
        point3f[] points.timeSamples = { 1001: [(0, 0, 0), (1, 0, 0)], 1002: [(0, 0, 0), (2, 0, 0)] }
    }

    def BasisCurves "off" (
        active = false
    )
    {
    }
}

def Xform "cart"
{
    double3 xformOp:translate.timeSamples = { 1001: (0, 0, 0), 1024: (9, 0, 0) }
    uniform token[] xformOpOrder = ["xformOp:translate"]

    def BasisCurves "carried"
    {
        int[] curveVertexCounts = [2]
        point3f[] points = [(0, 0, 0), (1, 0, 0)]
    }
}
"""


def stage(folder: Path, scale: float = 0.01, axis: str = "Y", text: str = STAGE) -> Path:
    file = folder / "set.usda"
    file.write_text(HEADER.format(scale=scale, axis=axis) + text, encoding="utf-8")
    return file


def read(file: Path, path: str, scale: float = 0.01, axis: str = "Y") -> list[list[tuple[float, float]]]:
    return [list(line) for line in read_curves_task(str(file), (path,), scale, axis)[0]]


def test_when_a_curve_is_read_then_its_lines_are_metres_on_the_ground_plane_of_the_world(tmp_path: Path) -> None:
    assert read(stage(tmp_path), "/fx/line") == [[(1.0, 0.0), (3.0, 4.0), (4.0, 4.0)], [(4.0, 4.0), (4.0, 0.0)]]
    upright = stage(tmp_path, 1.0, "Z")
    assert read(upright, "/fx/line", 1.0, "Z")[1] == [(400.0, 50.0), (400.0, 50.0)]


def test_when_points_are_read_then_each_is_a_fire_of_its_own(tmp_path: Path) -> None:
    assert read(stage(tmp_path), "/fx/spots") == [[(1.0, 0.0)], [(0.5, -1.0)]]


def test_when_a_cubic_curve_is_pinned_then_it_goes_from_its_first_to_its_last_vertex(tmp_path: Path) -> None:
    line = read(stage(tmp_path), "/fx/bent")[0]
    assert (line[0], line[-1]) == ((1.0, 0.0), (4.0, 1.0))
    assert len(line) == 3 * 8 + 1
    assert all(0.0 <= y <= 1.0 for _, y in line)


@pytest.mark.parametrize("basis", ["linear", "bezier", "bspline", "catmullRom"])
@pytest.mark.parametrize("wrap", ["nonperiodic", "periodic", "pinned"])
@pytest.mark.parametrize("count", range(1, 9))
def test_when_a_curve_has_any_number_of_vertices_then_its_places_lie_between_them(
    basis: str, wrap: str, count: int
) -> None:
    points = np.column_stack([np.arange(count), np.zeros((2, count)).T]).astype(np.float64)
    line = along(points, basis, wrap)
    assert len(line) > 0
    assert line.min() >= -0.5
    assert line.max() <= count - 0.5


@pytest.mark.parametrize("basis", ["linear", "bezier", "bspline", "catmullRom"])
@pytest.mark.parametrize("wrap", ["nonperiodic", "periodic", "pinned"])
@given(moved=st.floats(-1e3, 1e3), count=st.integers(0, 4))
def test_when_a_curve_is_moved_then_its_places_move_with_it_and_a_straight_one_stays_straight(
    basis: str, wrap: str, moved: float, count: int
) -> None:
    n = 3 * count + (0 if wrap == "periodic" else 1)
    points = np.column_stack([np.arange(n), 2.0 * np.arange(n), np.zeros(n)])
    places = along(points, basis, wrap)
    np.testing.assert_allclose(along(points + moved, basis, wrap), places + moved, atol=1e-6)
    if len(places):
        np.testing.assert_allclose(places[:, 1], 2.0 * places[:, 0], atol=1e-9)
        if basis != "catmullRom":  # which swings out where it turns
            assert places.min() >= -1e-9
            assert places[:, 0].max() <= max(n - 1, 0) + 1e-9
    if wrap == "periodic" and n:
        np.testing.assert_allclose(places[0], places[-1], atol=1e-9)


@pytest.mark.parametrize(
    ("path", "kind", "said"),
    [
        ("/fx/lime", NotFound, "It has: .*/fx/line"),
        ("/fx/off", NotFound, "no curve /fx/off"),
        ("/fx/a b,c", NotFound, "no curve"),
        ("/fx/rock", InvalidRequest, "is a Mesh.*BasisCurves"),
        ("/fx/nothing", InvalidRequest, "without a type"),
        ("/fx/empty", InvalidRequest, "is empty"),
        ("/fx/torn", InvalidRequest, "2 points where its curves count 3"),
        ("/fx/strange", InvalidRequest, "no numbers"),
        ("/fx/waving", InvalidRequest, "moves over time.*Bake"),
        ("/cart/carried", InvalidRequest, "moves over time.*Bake"),
    ],
)
def test_when_a_prim_cannot_be_read_then_the_error_says_why_and_what_to_do(
    tmp_path: Path, path: str, kind: type[UsdAiError], said: str
) -> None:
    with pytest.raises(kind) as refusal:
        read(stage(tmp_path), path)
    assert path in refusal.value.message
    assert re.search(said, f"{refusal.value.message} {refusal.value.remedy}")


def test_when_a_curve_is_too_fine_or_the_stage_torn_then_it_is_refused(tmp_path: Path) -> None:
    many = ", ".join(f"({n}, 0, 0)" for n in range(2001))
    file = stage(tmp_path, text=f'def Points "many" {{\n point3f[] points = [{many}]\n}}\n')
    with pytest.raises(InvalidRequest, match="2,001 places"):
        read(file, "/many")
    with pytest.raises(UnreadableInput):
        read(stage(tmp_path, text='def Points "many" { point3f[] points = [(1, 2'), "/many")
    with pytest.raises(NotFound, match="no curve") as refusal:
        read(stage(tmp_path, text=""), "/many")
    assert "write points x,y" in refusal.value.remedy
