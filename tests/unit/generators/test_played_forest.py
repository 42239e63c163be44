"""A burning forest as it is really generated, played backwards, slowed and held through edit layers."""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction
from math import floor
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from pxr import Sdf, Usd

from tests.unit.stage.conftest import PLAN, RUN
from tests.unit.stage.retimes import START, shot_stage
from usd_ai.core.types import Detail, FrameRange, Plays
from usd_ai.generators.burning_forest.build import build_task
from usd_ai.stage.interface import write_interface_task
from usd_ai.stage.retime import write_edit_layer

NAME = "burning_forest"
RAMP = tuple(Fraction(1001) + Fraction(k * k, 8) for k in range(7))
SMALL = {"density": 0.2, "undergrowth": 0.05, "surroundings": False}


def quiet(_fraction: float, _message: str) -> None:
    pass


@pytest.fixture(scope="module")
def published(planned: Callable[..., Any], tmp_path_factory: pytest.TempPathFactory) -> Path:
    made = planned(frames=(1001, 1006), detail=Detail.FIRST_LOOK, **SMALL)
    folder = tmp_path_factory.mktemp("forest") / "sh010" / "env" / NAME / "v001"
    folder.mkdir(parents=True)
    layer = build_task(made.plan, made.world, made.facts, made.arrays, made.cache, str(folder), quiet)
    write_interface_task(str(folder), layer, PLAN, made.facts, RUN)
    return folder


@pytest.mark.parametrize(
    ("plays", "shown"),
    [
        (Plays(Fraction(1006), Fraction(-1)), FrameRange(0, 5)),
        (Plays(Fraction(1001), Fraction(1, 2)), FrameRange(0, 10)),
        (Plays(Fraction(1004), Fraction(0)), FrameRange(-2, 3)),
        (Plays(Fraction(0), Fraction(1), RAMP), FrameRange(0, 6)),
    ],
)
def test_when_a_forest_is_played_then_fire_lights_and_files_are_those_of_the_frame(
    published: Path, tmp_path: Path, plays: Plays, shown: FrameRange
) -> None:
    out = tmp_path / "edit.usda"
    write_edit_layer(published, NAME, out, plays, shown, start=START, time_codes_per_second=24.0)
    source, stage = Usd.Stage.Open(str(published / f"{NAME}.usda")), shot_stage(out)
    varying = [a for prim in source.TraverseAll() for a in prim.GetAttributes() if a.GetNumTimeSamples()]
    kinds: set[str] = set()
    for k in shown.frames():
        for attribute in varying:
            if attribute.GetName() == "velocities":
                continue
            frame = plays.at(k)
            held = attribute.GetPrim().GetTypeName() == "Points"
            wanted = attribute.Get(float(floor(frame) if held else frame))
            found = stage.GetAttributeAtPath(attribute.GetPath()).Get(float(START + k))
            if isinstance(wanted, Sdf.AssetPath):
                assert Path(found.resolvedPath).samefile(wanted.resolvedPath), attribute.GetPath()
            elif isinstance(wanted, str):
                assert found == wanted, attribute.GetPath()
            else:
                np.testing.assert_allclose(np.array(found), np.array(wanted), rtol=1e-4, atol=1e-4)
            kinds.add(f"{attribute.GetPrim().GetTypeName()}.{attribute.GetName()}")
    assert {"OpenVDBAsset.filePath", "Points.ids", "SphereLight.inputs:intensity"} <= kinds
