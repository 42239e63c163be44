from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest

from usd_ai.core.errors import InvalidRequest, NotFound
from usd_ai.core.parameters import resolve
from usd_ai.core.types import CameraFacts, FrameRange, Kind, MeshFacts, Reading, StageFacts, Understanding
from usd_ai.generators.burning_forest import GENERATOR
from usd_ai.generators.burning_forest.sights import read_sight
from usd_ai.generators.burning_forest.wishes import prompt_task
from usd_ai.generators.burning_forest.world import parse_places
from usd_ai.run.arrays import FolderArrays

Z_UP = ([1.0, 0.0, 0.0], [0.0, 0.0, 1.0], [0.0, -1.0, 0.0], [0.0, -80.0, 10.0])
Y_UP = ([1.0, 0.0, 0.0], [0.0, 1.0, 0.0], [0.0, 0.0, 1.0], [0.0, 1000.0, 8000.0])
TURNED = (
    [-1.0, 0.0, 0.0],
    [0.0, 0.0, 1.0],
    [0.0, 1.0, 0.0],
    [0.0, 80.0, 10.0],
)  # looks the other way, from the far side


def facts_with(folder: Path, *cameras: Sequence[list[float]], up: str = "Z", ground: bool = True) -> StageFacts:
    """A square of 200 m and cameras that look over it; the host's unit is a centimetre where Y is up."""
    store, scale = FolderArrays(str(folder)), 1.0 if up == "Z" else 100.0
    lens = store.put(np.array([[35.0, 36.0, 15.0, 0.0, 0.0]]))
    found: list[CameraFacts] = []
    for index, rows in enumerate(cameras):
        matrix = np.eye(4)
        matrix[:4, :3] = rows
        found.append(CameraFacts(f"/cam{index}", store.put(matrix[None]), lens, (0.1, 1e5)))
    blank = store.put(np.zeros((1, 3), np.float32))
    low, high = ((-100.0, -100.0, 0.0), (100.0, 100.0, 0.0)) if up == "Z" else ((-1e4, 0.0, -1e4), (1e4, 0.0, 1e4))
    mesh = MeshFacts("/ground", blank, blank, low, high, "ground")
    return StageFacts(
        meters_per_unit=1.0 / scale, up_axis=up, time_codes_per_second=24.0, frames=FrameRange(1001, 1010),
        cameras=tuple(found), ground=(mesh,) if ground else (), obstacles=(), lights=(), root_prims=(),
        default_prim="", color_configuration="", layers=(), environment_layer="",
    )  # fmt: skip


def read(folder: Path, prompt: str, *given: str, facts: StageFacts | None = None, camera: str = "") -> Understanding:
    return prompt_task(prompt, given, facts or facts_with(folder, Z_UP), camera, str(folder))


def reading(understanding: Understanding, attribute: str) -> Reading:
    return next(r for r in understanding.readings if r.attribute == attribute)


@pytest.mark.parametrize(
    ("prompt", "settings"),
    [
        ("no smoke", {"smoke": 0.0}),
        ("wind 8 m/s", {"wind_speed": 8.0}),
        ("wind 36 km/h", {"wind_speed": 10.0}),
        ("very dense", {"density": 2.4}),
        ("the forest is not dense", {"density": 0.8}),
        ("ten minutes after ignition", {"story_time": 600.0}),
        ("trees 18 m tall", {"tree_height": 0.9}),
        ("400 trees per hectare", {"density": 0.5}),
        ("visibility 500 m", {"haze": 0.00782}),
        ("night", {}),
        ("", {}),
    ],
)
def test_when_a_wish_is_plain_then_its_parameters_are_set(
    tmp_path: Path, prompt: str, settings: dict[str, float]
) -> None:
    assert dict(read(tmp_path, prompt).settings) == settings


@pytest.mark.parametrize(
    ("place", "side", "heading"), [("left", (-1, 0), 0.0), ("right", (1, 0), 180.0), ("background", (0, 1), -90.0)]
)
def test_when_the_fire_comes_from_somewhere_then_it_is_where_the_camera_sees_it(
    tmp_path: Path, place: str, side: tuple[int, int], heading: float
) -> None:
    settings = dict(read(tmp_path, f"fire coming from the {place}").settings)
    line = np.array([[float(v) for v in spot.split(",")] for spot in str(settings["ignition"]).split(";")])
    middle = line.mean(axis=0)
    assert settings["wind_direction"] == heading
    assert np.sign(np.round(middle / 15.0)).tolist()[0] == side[0]
    assert (middle[1] > 50.0) == (side == (0, 1))
    assert (np.abs(line) < 100.0).all()


def test_when_the_host_counts_in_centimetres_with_y_up_then_the_places_are_the_same(tmp_path: Path) -> None:
    prompt = "fire from the left, a clearing on the right"
    one = read(tmp_path, prompt)
    other = read(tmp_path, prompt, facts=facts_with(tmp_path, Y_UP, up="Y"))
    assert dict(one.settings).keys() == dict(other.settings).keys()
    numbers = [
        [
            float(v)
            for text in ("ignition", "clearings")
            for v in str(dict(u.settings)[text]).replace(";", ",").split(",")
        ]
        for u in (one, other)
    ]
    assert numbers[0] == pytest.approx(numbers[1], abs=0.11)
    assert dict(one.settings)["wind_direction"] == dict(other.settings)["wind_direction"]


def test_when_another_camera_is_named_then_left_is_its_left(tmp_path: Path) -> None:
    facts = facts_with(tmp_path, Z_UP, TURNED)
    headings = [
        dict(read(tmp_path, "fire from the left", facts=facts, camera=camera).settings)["wind_direction"]
        for camera in ("/cam0", "/cam1")
    ]
    assert headings == [0.0, 180.0]


def test_when_fire_and_wind_come_from_two_sides_then_each_is_heard(tmp_path: Path) -> None:
    understanding = read(tmp_path, "fire on the left, wind from the right")
    assert dict(understanding.settings)["wind_direction"] == 180.0
    assert str(dict(understanding.settings)["ignition"]).startswith("-")


def test_when_a_parameter_was_set_by_hand_then_it_wins_and_the_words_say_so(tmp_path: Path) -> None:
    understanding = read(tmp_path, "no smoke, wind 8 m/s", "smoke")
    assert dict(understanding.settings) == {"wind_speed": 8.0}
    assert reading(understanding, "smoke").kind is Kind.OVERRIDDEN
    assert "by hand" in reading(understanding, "smoke").note


def test_when_something_is_said_twice_then_the_last_wins_and_the_first_says_so(tmp_path: Path) -> None:
    understanding = read(tmp_path, "no smoke, heavy smoke")
    assert dict(understanding.settings) == {"smoke": 2.0}
    assert [r.kind for r in understanding.readings] == [Kind.OVERRIDDEN, Kind.SET]


def test_when_the_stage_decides_then_the_words_are_understood_and_set_nothing(tmp_path: Path) -> None:
    night = reading(read(tmp_path, "dense forest at night"), "time_of_day")
    assert (night.kind, night.settings) == (Kind.ELSEWHERE, ())
    assert "lights" in night.note


def test_when_words_mean_nothing_then_they_are_listed(tmp_path: Path) -> None:
    understanding = read(tmp_path, "dense forest with a dragon")
    assert [r.words for r in understanding.readings if r.kind is Kind.UNKNOWN] == ["dragon"]


def test_when_species_are_named_then_shares_are_of_them_and_add_up(tmp_path: Path) -> None:
    shares = dict(read(tmp_path, "pine and birch forest").settings)
    living = [float(v) for k, v in shares.items() if k != "snag"]
    assert sum(living) == pytest.approx(1.0, abs=0.01)
    assert shares["pine"] == shares["birch"] == pytest.approx(0.45)
    without = dict(read(tmp_path, "no spruce").settings)
    assert without["spruce"] == 0.0
    assert float(without["pine"]) > 0.45


def test_when_another_language_is_spoken_then_it_says_which_one_is_read(tmp_path: Path) -> None:
    assert "English" in read(tmp_path, "ein dichter Kiefernwald brennt in der Nacht").notes[0]


def test_when_a_number_is_far_too_large_then_the_nearest_is_taken_and_told(tmp_path: Path) -> None:
    understanding = read(tmp_path, "wind 400 m/s")
    assert dict(understanding.settings) == {"wind_speed": 20.0}
    assert "out of range" in reading(understanding, "wind_speed").note


@pytest.mark.parametrize(
    "prompt",
    [
        "dense wet old oak forest with thick undergrowth, raging fire from behind, storm, embers everywhere, foggy",
        "no trees, no fire, no smoke, no embers, no haze, no undergrowth, dead calm, bone dry, burnt out",
        "a clearing 3000 m across on the left, fire front 5 km wide from the right, trees 200 m tall, 90% moisture",
    ],
)
def test_when_a_prompt_asks_much_then_every_value_is_one_the_generator_takes(tmp_path: Path, prompt: str) -> None:
    settings = dict(read(tmp_path, prompt).settings)
    assert len(settings) >= 4
    resolve(GENERATOR.parameters, settings)


@pytest.mark.parametrize("number", ["10,000,000", "1.000,5", "9" * 300])
def test_when_a_number_has_groups_or_very_many_digits_then_it_is_that_number(tmp_path: Path, number: str) -> None:
    told = read(tmp_path, f"wind {number} m/s")
    assert dict(told.settings) == {"wind_speed": 20.0}
    assert "out of range" in reading(told, "wind_speed").note


@pytest.mark.parametrize("number", ["1,00,0", "9" * 400])
def test_when_a_number_cannot_be_read_then_it_is_listed_and_sets_nothing(tmp_path: Path, number: str) -> None:
    told = read(tmp_path, f"wind {number} m/s")
    assert told.settings == ()
    assert any(number in one.words for one in told.readings if one.kind is Kind.UNKNOWN)


@pytest.mark.parametrize(("width", "radius"), [("9" * 300, 10_000.0), ("0", 0.5), ("9" * 400, None), ("30", 15.0)])
def test_when_a_clearing_has_an_absurd_width_then_it_is_one_that_can_be_cleared(
    tmp_path: Path, width: str, radius: float | None
) -> None:
    told = read(tmp_path, f"a clearing {width} m wide on the left")
    circle = parse_places(str(dict(told.settings)["clearings"]), 3, "clearings")[0]
    assert 0.0 < circle[2] <= 10_000.0
    assert radius in {None, circle[2]}
    assert any("out of range" in one.note for one in told.readings) == (radius in {10_000.0, 0.5})


def test_when_the_stage_has_no_ground_or_camera_then_places_are_refused_and_other_words_are_read(
    tmp_path: Path,
) -> None:
    for facts in (facts_with(tmp_path), facts_with(tmp_path, Z_UP, ground=False)):
        assert dict(read(tmp_path, "no smoke", facts=facts).settings) == {"smoke": 0.0}
        with pytest.raises(NotFound, match="places"):
            read(tmp_path, "fire from the left", facts=facts)


def test_when_the_camera_looks_straight_down_or_past_the_ground_then_places_stay_on_it(tmp_path: Path) -> None:
    down = ([1.0, 0.0, 0.0], [0.0, 1.0, 0.0], [0.0, 0.0, 1.0], [0.0, 0.0, 300.0])
    past = ([1.0, 0.0, 0.0], [0.0, 0.0, 1.0], [0.0, -1.0, 0.0], [900.0, 500.0, 10.0])
    for rows in (down, past):
        sight = read_sight(facts_with(tmp_path, rows), "", FolderArrays(str(tmp_path)))
        for where in ("left", "right", "front", "back", "centre"):
            assert (np.abs(sight.place(where)) <= 100.0).all()
        assert np.isfinite(sight.line("left", 50.0)).all()


@pytest.mark.parametrize("prompt", ["smoke\x00", "a\x1b[31m", "x" * 2001, "\ud800"])
def test_when_a_prompt_is_no_text_then_it_is_refused_without_being_repeated(tmp_path: Path, prompt: str) -> None:
    with pytest.raises(InvalidRequest) as refusal:
        read(tmp_path, prompt)
    assert prompt not in str(refusal.value)
    assert refusal.value.reason in {"PROMPT_TOO_LONG", "PROMPT_NOT_TEXT"}


def test_when_two_prompts_mean_the_same_then_they_set_the_same(tmp_path: Path) -> None:
    one, other = (read(tmp_path, p) for p in ("No smoke. Wind 36 km/h!", "wind 10 m/s, without smoke"))
    assert one.settings == other.settings
    assert one.prompt_sha256 != other.prompt_sha256
    assert dataclasses.replace(one, prompt_sha256="") == dataclasses.replace(
        read(tmp_path, "No smoke. Wind 36 km/h!"), prompt_sha256=""
    )


@pytest.mark.parametrize(
    ("prompt", "settings"),
    [
        ("very dry", {"dryness": 1.0}),
        ("wet ground", {"dryness": 0.3}),
        ("12% fuel moisture", {"moisture": 0.12}),
        ("no spot fires", {"spotting": 0.0}),
        ("autumn", {"season": "autumn"}),
    ],
)
def test_when_weather_of_weeks_is_told_then_fuel_and_leaves_follow(
    tmp_path: Path, prompt: str, settings: dict[str, float]
) -> None:
    assert dict(read(tmp_path, prompt).settings) == settings


def test_when_a_meaning_sets_a_parameter_then_the_generator_has_it_and_takes_the_value() -> None:
    assert GENERATOR.vocabulary is not None
    for attribute in GENERATOR.vocabulary.attributes:
        for meaning in attribute.meanings:
            for value in (meaning.plain, meaning.slight, meaning.very, meaning.denied):
                if value is not None:
                    resolve(GENERATOR.parameters, {attribute.parameter: value})
