from __future__ import annotations

import dataclasses
import json
import subprocess
import sys

import pytest
from hypothesis import given
from hypothesis import strategies as st

from usd_ai.core import plan as planning
from usd_ai.core.errors import InvalidRequest, NotFound
from usd_ai.core.types import ArrayRef, CameraFacts, Detail, FrameRange, MeshFacts, Request, StageFacts
from usd_ai.generators.burning_forest import GENERATOR

VERSIONS = {"numpy": "2.4.6", "numba": "0.68.1", "torch": "2.13.0", "llvmlite": "0.50.0", "usd-core": "26.11"}
VERSIONS |= {"scipy": "1.17.1", "OpenEXR": "3.5.3"}


def ref(word: str) -> ArrayRef:
    return ArrayRef(word * 8, "<f8", (1,))


def facts(**changes: object) -> StageFacts:
    mesh = MeshFacts("/set/ground", ref("groundpt"), ref("groundtr"), (0.0, 0.0, 0.0), (1.0, 1.0, 1.0), "ground")
    rock = MeshFacts("/set/rock", ref("rockpnts"), ref("rocktris"), (0.0, 0.0, 0.0), (1.0, 1.0, 1.0), "rock")
    cameras = tuple(
        CameraFacts(f"/cams/{n}", ref(f"{n}world"), ref(f"{n}lens"), (1.0, 1e6)) for n in ("main", "witness")
    )
    base = StageFacts(
        meters_per_unit=0.01, up_axis="Y", time_codes_per_second=24.0, frames=FrameRange(1001, 1064), cameras=cameras,
        ground=(mesh,), obstacles=(rock,), lights=(), root_prims=("set", "cams"), default_prim="set",
        color_configuration="", layers=(), environment_layer="",
    )  # fmt: skip
    return dataclasses.replace(base, **changes)  # type: ignore[arg-type]


def make(request: Request | None = None, **changes: object) -> tuple[str, str]:
    plan, _ = planning.make_plan(
        GENERATOR, request or Request("ember", "sh010", "burning_forest"), facts(**changes), VERSIONS, (4096, 1716)
    )
    return planning.digest_of(planning.plan_document(plan)), plan.world


def test_when_made_twice_then_digest_is_equal() -> None:
    assert make() == make()


def test_when_made_in_processes_with_other_hash_seeds_then_digest_is_equal() -> None:
    script = "import sys; sys.path.insert(0, sys.argv[1]); import test_plan; print(*test_plan.make())"
    folder = __file__.rpartition("/")[0]
    said = {
        subprocess.run(
            [sys.executable, "-c", script, folder],
            env={"PYTHONHASHSEED": seed, "TZ": zone},
            capture_output=True,
            check=True,
            text=True,
        ).stdout.strip()
        for seed, zone in (("0", "UTC"), ("1", "Asia/Tokyo"), ("4242", "America/Lima"))
    }
    assert said == {" ".join(make())}


@pytest.mark.parametrize(
    "other",
    [
        Request("other_show", "sh020", "burning_forest", request_id="x", operator="somebody"),
        Request("ember", "sh010", "burning_forest", name="burning_forest"),
    ],
)
def test_when_only_who_or_where_changes_then_plan_is_the_same(other: Request) -> None:
    assert make(other) == make()


@pytest.mark.parametrize("given", [("smoke", 0.5), ("story_time", 90.0), ("haze", 0.01)])
def test_when_a_shot_parameter_changes_then_plan_changes_and_world_stays(given: tuple[str, float]) -> None:
    plan, world = make(Request("ember", "sh010", "burning_forest", parameters=(given,)))
    assert plan != make()[0]
    assert world == make()[1]


@pytest.mark.parametrize("given", [("density", 1.3), ("wind_speed", 9.0), ("ignition", "0,0; 10,0")])
def test_when_a_world_parameter_changes_then_world_and_plan_change(given: tuple[str, float | str]) -> None:
    plan, world = make(Request("ember", "sh010", "burning_forest", parameters=(given,)))
    assert plan != make()[0]
    assert world != make()[1]


def test_when_another_shot_has_the_same_ground_then_the_world_is_shared() -> None:
    moved = facts().cameras[1:]
    plan, world = make(cameras=moved, frames=FrameRange(1, 20))
    assert world == make()[1]
    assert plan != make()[0]


def test_when_layer_files_change_but_facts_do_not_then_plan_is_the_same() -> None:
    assert make(layers=("saved", "again"), warnings=("something",)) == make()


def test_when_detail_changes_then_plan_changes_and_world_stays() -> None:
    plan, world = make(Request("ember", "sh010", "burning_forest", detail=Detail.FIRST_LOOK))
    assert (plan != make()[0], world) == (True, make()[1])


def test_when_plan_goes_through_its_document_then_nothing_is_lost() -> None:
    plan, _ = planning.make_plan(
        GENERATOR, Request("ember", "sh010", "burning_forest", seed=2**64 - 1), facts(), VERSIONS, (4096, 1716)
    )
    text = planning.canonical_json(planning.plan_document(plan))
    back = planning.plan_from_document(json.loads(text))
    assert planning.canonical_json(planning.plan_document(back)) == text
    assert back.seed == "18446744073709551615"


@given(st.integers(min_value=0, max_value=2**64 - 1), st.integers(min_value=0, max_value=2**64 - 1))
def test_when_seeds_differ_then_worlds_differ(one: int, other: int) -> None:
    worlds = [make(Request("ember", "sh010", "burning_forest", seed=seed))[1] for seed in (one, other)]
    assert (worlds[0] == worlds[1]) == (one == other)


def test_when_seed_is_too_large_then_refused() -> None:
    with pytest.raises(InvalidRequest, match="64 bits"):
        make(Request("ember", "sh010", "burning_forest", seed=2**64))


def test_when_host_has_a_prim_of_that_name_then_refused_with_another_name() -> None:
    with pytest.raises(InvalidRequest, match="--name burning_forest_gen") as refusal:
        make(root_prims=("burning_forest",))
    assert refusal.value.reason == "LAYER_NAME_TAKEN"


def test_when_name_is_no_identifier_then_refused() -> None:
    with pytest.raises(InvalidRequest) as refusal:
        make(Request("ember", "sh010", "burning_forest", name="../evil"))
    assert refusal.value.reason == "LAYER_NAME_INVALID"


def test_when_camera_is_not_there_then_those_that_are_get_named() -> None:
    with pytest.raises(NotFound, match="/cams/main, /cams/witness") as refusal:
        make(Request("ember", "sh010", "burning_forest", camera="/cams/b"))
    assert refusal.value.reason == "CAMERA_NOT_FOUND"


def test_when_a_camera_is_named_then_it_comes_first_and_all_are_kept() -> None:
    plan, _ = planning.make_plan(
        GENERATOR, Request("e", "s", "burning_forest", camera="/cams/witness"), facts(), VERSIONS, (4096, 1716)
    )
    assert [path for path, _, _ in plan.cameras] == ["/cams/witness", "/cams/main"]


def test_when_a_number_is_not_finite_then_it_reaches_no_document() -> None:
    with pytest.raises(InvalidRequest):
        make(Request("e", "s", "burning_forest", parameters=(("density", float("nan")),)))


def test_when_water_or_a_path_lies_in_the_set_then_it_belongs_to_the_world() -> None:
    _, dry = make()
    for role, matters in (("water", True), ("path", True), ("rock", False)):
        other = MeshFacts("/set/other", ref("otherpts"), ref("othertri"), (0.0, 0.0, 0.0), (1.0, 1.0, 1.0), role)
        assert (make(obstacles=(other,))[1] != dry) is matters
        document = planning.world_document(
            planning.make_world(
                GENERATOR, Request("ember", "sh010", "burning_forest"), facts(obstacles=(other,)), VERSIONS
            )
        )
        assert [found["role"] for found in document.get("breaks", [])] == ([role] if matters else [])


def test_when_a_moment_is_a_frame_then_plan_and_world_hold_its_story_second() -> None:
    ignition = ("ignition", "1,2@f1025")
    asked = Request("ember", "sh010", "burning_forest", (ignition, ("story_time", 30.0)))
    said = Request("ember", "sh010", "burning_forest", (("ignition", "1,2@31"), ("story_time", 30.0)))
    assert make(asked) == make(said)
    assert make(asked, time_codes_per_second=25.0) != make(said, time_codes_per_second=25.0)
