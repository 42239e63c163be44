from __future__ import annotations

import shutil
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from pxr import Sdf, Usd, UsdGeom

from usd_ai.core.errors import NotFound, UnreadableInput
from usd_ai.stage.pointer import point_task, unpoint_task

if TYPE_CHECKING:
    from tests.unit.stage.conftest import Built
    from usd_ai.core.types import Version

OWN = """#usda 1.0
(
    customLayerData = {
        string note = "by hand"
    }
    subLayers = [
        @./rain.usda@ (offset = 10)
    ]
)

over "set"
{
    custom int wet = 1
}
"""


def sublayering(built: Built, name: str = "sh010_env.usda") -> Path:
    """Let the host sublayer an environment layer; its path."""
    text = built.host.read_text(encoding="utf-8")
    built.host.write_text(text.replace('upAxis = "Y"', f'subLayers = [@./{name}@]\n    upAxis = "Y"'), encoding="utf-8")
    return built.host.parent / name


def second_version(built: Built) -> Version:
    other = built.folder.parent / "v002"
    shutil.copytree(built.folder, other)
    return replace(built.version(2), folder=str(other))


def roots(path: str | Path) -> list[str]:
    root = Sdf.Layer.OpenAsAnonymous(str(path))  # never what this process has cached
    stage = Usd.Stage.Open(root) if not root.subLayerPaths else Usd.Stage.Open(str(path))
    stage.Reload()
    return [prim.GetName() for prim in stage.GetPseudoRoot().GetChildren()]


def test_when_the_host_sublayers_nothing_for_us_then_a_review_layer_stands_beside_it(built: Built) -> None:
    before = built.host.read_bytes()
    review = Path(point_task(str(built.host), [built.version(1)]))
    assert review == built.host.with_name("sh010_review.usda")
    assert built.host.read_bytes() == before
    stage = Usd.Stage.Open(str(review))
    assert [prim.GetName() for prim in stage.GetPseudoRoot().GetChildren()] == ["grove", "set", "cam"]
    assert (UsdGeom.GetStageMetersPerUnit(stage), stage.GetDefaultPrim().GetName()) == (0.01, "set")
    assert (stage.GetStartTimeCode(), stage.GetEndTimeCode()) == (1001, 1004)
    layer = Sdf.Layer.FindOrOpen(str(review))
    assert list(layer.subLayerPaths) == ["./sh010.usda", "../../ember/sh010/env/grove/v001/grove.usda"]


def test_when_a_review_layer_is_taken_away_then_only_what_was_there_before_is_left(built: Built) -> None:
    point_task(str(built.host), [built.version(1)])
    assert unpoint_task(str(built.host), "sh010") == str(built.host)
    assert [path.name for path in built.host.parent.iterdir()] == ["sh010.usda"]


def test_when_a_studio_has_a_review_file_of_its_own_then_it_is_not_removed(built: Built) -> None:
    own = built.host.with_name("sh010_review.usda")
    own.write_text("#usda 1.0\n", encoding="utf-8")
    unpoint_task(str(built.host), "sh010")
    assert own.is_file()


def test_when_the_host_sublayers_its_environment_then_that_is_replaced_and_keeps_what_the_studio_put_there(
    built: Built,
) -> None:
    environment = sublayering(built)
    environment.write_text(OWN, encoding="utf-8")
    host_before = built.host.read_bytes()
    assert point_task(str(built.host), [built.version(1)]) == str(built.host)
    assert built.host.read_bytes() == host_before
    layer = Sdf.Layer.OpenAsAnonymous(str(environment))
    assert list(layer.subLayerPaths) == ["./rain.usda", "../../ember/sh010/env/grove/v001/grove.usda"]
    assert layer.subLayerOffsets[0].offset == 10
    assert layer.GetAttributeAtPath("/set.wet").default == 1
    assert layer.customLayerData["note"] == "by hand"
    assert (environment.with_name("sh010_env.v001.usda")).read_text(encoding="utf-8") == OWN
    assert environment.with_name("sh010_env.v002.usda").read_bytes() == environment.read_bytes()


def test_when_the_same_is_published_twice_then_nothing_is_written(built: Built) -> None:
    environment = sublayering(built)
    environment.write_text(OWN, encoding="utf-8")
    point_task(str(built.host), [built.version(1)])
    before = {path.name: (path.stat().st_ino, path.read_bytes()) for path in environment.parent.iterdir()}
    point_task(str(built.host), [built.version(1)])
    assert {path.name: (path.stat().st_ino, path.read_bytes()) for path in environment.parent.iterdir()} == before


def test_when_a_version_follows_then_it_takes_the_place_of_the_one_before(built: Built) -> None:
    environment = sublayering(built)
    point_task(str(built.host), [built.version(1)])
    assert roots(built.host) == ["grove", "set", "cam"]
    point_task(str(built.host), [second_version(built)])
    layer = Sdf.Layer.OpenAsAnonymous(str(environment))
    assert list(layer.subLayerPaths) == ["../../ember/sh010/env/grove/v002/grove.usda"]
    assert sorted(path.name for path in environment.parent.iterdir()) == [
        "sh010.usda",
        "sh010_env.usda",
        "sh010_env.v001.usda",
        "sh010_env.v002.usda",
    ]


def test_when_all_is_taken_out_then_the_environment_is_what_the_studio_had(built: Built) -> None:
    environment = sublayering(built)
    environment.write_text(OWN, encoding="utf-8")
    before = Sdf.Layer.OpenAsAnonymous(str(environment)).ExportToString()
    point_task(str(built.host), [built.version(1)])
    unpoint_task(str(built.host), "sh010")
    assert Sdf.Layer.OpenAsAnonymous(str(environment)).ExportToString() == before


def test_when_somebody_edited_the_pointer_by_hand_then_that_content_is_kept_too(built: Built) -> None:
    environment = sublayering(built)
    point_task(str(built.host), [built.version(1)])
    environment.write_text(OWN, encoding="utf-8")
    point_task(str(built.host), [built.version(1)])
    assert environment.with_name("sh010_env.v002.usda").read_text(encoding="utf-8") == OWN
    assert Sdf.Layer.OpenAsAnonymous(str(environment)).GetAttributeAtPath("/set.wet").default == 1


def test_when_a_crash_left_the_new_content_archived_only_then_pointing_again_heals_it(built: Built) -> None:
    environment = sublayering(built)
    environment.write_text(OWN, encoding="utf-8")
    point_task(str(built.host), [built.version(1)])
    wanted = environment.read_bytes()
    environment.write_text(OWN, encoding="utf-8")
    environment.with_name("sh010_env.v002.usda").unlink()
    point_task(str(built.host), [built.version(1)])
    assert environment.read_bytes() == wanted
    assert environment.with_name("sh010_env.v002.usda").read_bytes() == wanted


def test_when_the_environment_belongs_to_the_sequence_then_the_shot_does_not_write_into_it(built: Built) -> None:
    shared = sublayering(built, "sq010_env.usda")
    shared.write_text(OWN, encoding="utf-8")
    review = point_task(str(built.host), [built.version(1)])
    assert review.endswith("sh010_review.usda")
    assert shared.read_text(encoding="utf-8") == OWN


def test_when_the_environment_cannot_be_read_then_it_is_left_alone(built: Built) -> None:
    environment = sublayering(built)
    environment.write_text("#usda 1.0\ndef {", encoding="utf-8")
    with pytest.raises(UnreadableInput):
        point_task(str(built.host), [built.version(1)])
    assert environment.read_text(encoding="utf-8") == "#usda 1.0\ndef {"


def test_when_the_host_is_not_there_then_that_is_said(built: Built) -> None:
    with pytest.raises(NotFound):
        point_task(str(built.host.with_name("sh999.usda")), [built.version(1)])


def edit_layers(built: Built, *numbers: int) -> dict[int, str]:
    """Edit layers beside the published layers of the shot, as an apply leaves them."""
    found: dict[int, str] = {}
    for number in numbers:
        path = built.folder.parents[2] / "edit" / f"grove_{number}.usda"
        path.parent.mkdir(exist_ok=True)
        path.write_text('#usda 1.0\n(\n    customLayerData = { dictionary usd_ai = { string layer = "grove" } }\n)\n')
        found[number] = str(path)
    return found


def named(file: Path) -> list[str]:
    layer = Sdf.Layer.OpenAsAnonymous(str(file))
    paths: list[str] = list(layer.subLayerPaths)  # pyright: ignore[reportArgumentType] # the stubs miss iteration
    return [Path(path).name for path in paths]


@pytest.mark.parametrize("env", [True, False])
def test_when_the_one_use_is_retimed_then_its_edit_layer_takes_the_place_of_the_layer(built: Built, env: bool) -> None:
    pointer = sublayering(built) if env else built.host.with_name("sh010_review.usda")
    if env:
        pointer.write_text(OWN, encoding="utf-8")
    host, own = ([], ["rain.usda"]) if env else ([built.host.name], [])
    edits = edit_layers(built, 1, 2)
    stage = point_task(str(built.host), [built.version(1)], {"grove": (edits[2],)})
    assert named(pointer) == [*host, *own, "grove_2.usda"]
    point_task(stage if env else str(built.host), [built.version(1)], {"grove": (edits[1],)})
    assert named(pointer) == [*host, *own, "grove_1.usda"]
    point_task(str(built.host), [built.version(1)])  # at its own speed again
    assert named(pointer) == [*host, *own, "grove.usda"]


def test_when_the_layer_itself_is_the_only_one_that_may_stand_there_then_an_edit_layer_is_replaced(
    built: Built,
) -> None:
    environment, edits = sublayering(built), edit_layers(built, 1)
    point_task(str(built.host), [built.version(1)], {"grove": (edits[1],)})
    before = environment.read_bytes()
    point_task(str(built.host), [built.version(1)], {"grove": ("", edits[1])})  # omitted: what stands there stays
    assert environment.read_bytes() == before
    point_task(str(built.host), [built.version(1)], {"grove": ("",)})  # the studio retimes in comp from now on
    assert named(environment) == ["grove.usda"]


def test_when_a_shot_has_several_uses_then_the_one_that_a_person_chose_stays_as_long_as_the_cut_has_it(
    built: Built,
) -> None:
    environment, edits = sublayering(built), edit_layers(built, 1, 2, 3)
    point_task(str(built.host), [built.version(1)], {"grove": ("", edits[1], edits[2])})
    assert named(environment) == ["grove.usda"]
    text = environment.read_text(encoding="utf-8")
    environment.write_text(text.replace("env/grove/v001/grove.usda", "edit/grove_2.usda"), encoding="utf-8")
    before = environment.read_bytes()
    point_task(str(built.host), [built.version(1)], {"grove": ("", edits[1], edits[2])})
    assert environment.read_bytes() == before
    point_task(str(built.host), [built.version(1)], {"grove": ("", edits[1], edits[3])})  # that use is gone
    assert named(environment) == ["grove.usda"]


def test_when_all_is_taken_out_then_edit_layers_are_too_and_a_studio_keeps_its_own_of_such_a_name(built: Built) -> None:
    environment, edits = sublayering(built), edit_layers(built, 1)
    environment.write_text(OWN.replace("./rain.usda", "./edit/grove_7.usda"), encoding="utf-8")
    own = environment.parent / "edit" / "grove_7.usda"
    own.parent.mkdir()
    own.write_text("#usda 1.0\n", encoding="utf-8")
    point_task(str(built.host), [built.version(1)], {"grove": (edits[1],)})
    assert named(environment) == ["grove_7.usda", "grove_1.usda"]
    unpoint_task(str(built.host), "sh010")
    assert named(environment) == ["grove_7.usda"]
