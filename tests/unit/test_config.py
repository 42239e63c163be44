from __future__ import annotations

from pathlib import Path

import pytest

from usd_ai.config import ConfiguredProjects, load_project, load_settings
from usd_ai.core.errors import InvalidRequest, NotFound, UnreadableInput
from usd_ai.core.naming import Naming

GOOD = {"name": '"ember"', "cut": '"cut.otio"', "stage": '"shots/{shot}.usda"'}


def studio(folder: Path, **changes: str) -> Path:
    file = folder / "studio.toml"
    file.write_text("[project]\n" + "\n".join(f"{key} = {value}" for key, value in {**GOOD, **changes}.items()))
    return file


def test_when_a_studio_file_is_short_then_defaults_fill_it(tmp_path: Path) -> None:
    show = load_project(studio(tmp_path, rate='"23.976"'))
    assert (show.handles, show.publish, str(show.rate)) == (8, "publish", "24000/1001")


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("handles", '"abc"'),
        ("handles", "-3"),
        ("handles", "true"),
        ("resolution", "[4096]"),
        ("resolution", "[0, -5]"),
        ("resolution", "4096"),
        ("stage", '"shots/{shot}/{sequence}.usda"'),
        ("stage", '"shots/sh010.usda"'),
        ("stage", '"shots/{shot"'),
        ("name", '"a/b c"'),
        ("publish", '"../elsewhere"'),
        ("cut", '"/etc/cut.otio"'),
        ("handels", "8"),
    ],
)
def test_when_a_value_cannot_be_used_then_the_refusal_names_it(tmp_path: Path, key: str, value: str) -> None:
    with pytest.raises(InvalidRequest) as refusal:
        load_project(studio(tmp_path, **{key: value}))
    assert key in str(refusal.value) or "outside" in str(refusal.value)


@pytest.mark.parametrize("text", ["", "[project", "[other]\nx = 1", 'project = "no table"'])
def test_when_it_is_no_studio_file_then_unreadable_or_incomplete(tmp_path: Path, text: str) -> None:
    file = tmp_path / "studio.toml"
    file.write_text(text)
    with pytest.raises((UnreadableInput, InvalidRequest)):
        load_project(file)


def test_when_there_is_no_studio_file_then_the_option_is_named(tmp_path: Path) -> None:
    with pytest.raises(NotFound, match="--project"):
        load_project(tmp_path / "studio.toml")


def test_when_environment_and_command_line_speak_then_the_command_line_wins() -> None:
    settings = load_settings({"USD_AI_PORT": "1234", "USD_AI_WORKERS": "5"}, port=99)
    assert (settings.port, settings.workers) == (99, 5)


def test_when_a_number_is_none_then_the_variable_is_named() -> None:
    with pytest.raises(InvalidRequest, match="USD_AI_PORT"):
        load_settings({"USD_AI_PORT": "http"})


def editorial(folder: Path, text: str) -> Path:
    file = studio(folder)
    file.write_text(f"{file.read_text()}\n[editorial]\n{text}\n")
    return file


def test_when_a_studio_names_its_clips_its_own_way_then_the_project_carries_it(tmp_path: Path) -> None:
    said = r"""
        shots = ['(?P<shot>\d+_[A-Z]+_\d+)(-[a-z]+)?\.(?P<version>\d+)', '^(?P<shot>x\d+)']
        ignored_reels = 'BARS|SLATE.*'
        sequence = "SQ010 picture"
    """
    naming = load_project(editorial(tmp_path, said)).naming
    assert (len(naming.shots), naming.ignored_reels, naming.sequence) == (2, ("BARS|SLATE.*",), "SQ010 picture")
    assert load_project(studio(tmp_path)).naming == Naming()


def test_when_a_studio_retimes_in_comp_then_the_project_says_so(tmp_path: Path) -> None:
    assert load_project(editorial(tmp_path, "retimes = 'comp'")).retimes == "comp"
    assert load_project(studio(tmp_path)).retimes == "stage"


@pytest.mark.parametrize(
    ("text", "named"),
    [
        ("shots = ['(?P<name>.*)']", "no group"),
        ("shots = ['(?P<shot>']", "no regular expression"),
        ("shots = [3]", "is no text"),
        ("shots = 3", "list"),
        ("ignored_reels = ['*']", "no regular expression"),
        ("sequence = 3", "sequence"),
        ("retimes = 'host'", '"stage" or "comp"'),
        ("retimes = ['comp']", '"stage" or "comp"'),
        ("shot = 'x'", "shots, ignored_reels"),
    ],
)
def test_when_a_naming_cannot_be_used_then_the_refusal_says_why(tmp_path: Path, text: str, named: str) -> None:
    with pytest.raises(InvalidRequest) as refusal:
        load_project(editorial(tmp_path, text))
    assert named in str(refusal.value)
    assert "[editorial]" in str(refusal.value)


def test_when_sequences_share_a_folder_then_each_needs_a_name_and_a_publish_folder_of_its_own(tmp_path: Path) -> None:
    one = load_project(studio(tmp_path))
    two = load_project(studio(tmp_path, name='"sq020"', publish='"publish/sq020"'))
    assert [show.name for show in ConfiguredProjects([two, one]).all()] == ["ember", "sq020"]
    with pytest.raises(InvalidRequest, match="publish into one folder: ember, sq020"):
        ConfiguredProjects([one, load_project(studio(tmp_path, name='"sq020"', publish='"./publish"'))])
    with pytest.raises(InvalidRequest, match="have one name"):
        ConfiguredProjects([one, load_project(studio(tmp_path, publish='"elsewhere"'))])
