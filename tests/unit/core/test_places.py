from __future__ import annotations

from pathlib import Path

import pytest

from usd_ai.core.errors import InvalidRequest
from usd_ai.core.places import inside, writable
from usd_ai.core.types import Project


@pytest.fixture
def show(tmp_path: Path) -> Project:
    (tmp_path / "shots").mkdir()
    (tmp_path / "publish" / "sh010").mkdir(parents=True)
    (tmp_path / "cut.otio").write_text('{"OTIO_SCHEMA": "Timeline.1"}')
    (tmp_path / "ours.otio").write_text('{"metadata": {"usd_ai": {}}}')
    (tmp_path / "shots" / "sh010.usda").write_text("#usda 1.0\n")
    (tmp_path / "plate.png").write_bytes(b"\x89PNG of the studio")
    return Project("ember", str(tmp_path), "cut.otio", None, 8, "shots/{shot}.usda", "publish")


@pytest.mark.parametrize("path", ["../x.otio", "/etc/x.otio", "shots/../../x.otio"])
def test_when_a_path_leaves_the_project_then_refused(show: Project, path: str) -> None:
    with pytest.raises(InvalidRequest, match="outside"):
        inside(show, path)


@pytest.mark.parametrize("path", ["maps/a\0b.png", "round/map.png", "m" * 5000])
def test_when_a_path_cannot_be_followed_then_refused(show: Project, path: str) -> None:
    (Path(show.root) / "round").symlink_to("round")
    with pytest.raises(InvalidRequest) as refused:
        inside(show, path)
    assert (refused.value.reason, "\0" in refused.value.message) == ("PATH_UNREADABLE", False)
    assert refused.value.remedy


@pytest.mark.parametrize(
    ("path", "suffix"),
    [
        ("cut.otio", ".otio"),
        ("shots/sh010.usda", ".otio"),
        ("shots", ".otio"),
        ("plate.png", ".png"),
        ("publish/sh010/new.png", ".png"),
        ("publish/sh010/new.otio", ".otio"),
        ("publish/sh010", ""),
        ("cut.otio", ""),
        ("sheet.jpg", ".png"),
    ],
)
def test_when_a_file_is_the_studios_or_published_then_it_is_not_replaced(show: Project, path: str, suffix: str) -> None:
    with pytest.raises(InvalidRequest) as refusal:
        writable(show, path, suffix)
    assert refusal.value.reason == "OUTPUT_REFUSED"


@pytest.mark.parametrize(
    ("path", "suffix"), [("new.otio", ".otio"), ("ours.otio", ".otio"), ("deep/new.png", ".png"), ("pictures", "")]
)
def test_when_a_file_is_new_or_was_written_for_a_client_then_it_may_be_written(
    show: Project, path: str, suffix: str
) -> None:
    assert writable(show, path, suffix) == str(Path(show.root) / path)


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("pipeline.json", '{"plugins": ["usd_ai"]}'),
        ("wiki.html", "<p>How we use usd_ai</p>"),
        ("tools.csv", "tool,owner\nusd_ai,ada\n"),
        ("empty.otio", ""),
    ],
)
def test_when_a_studios_file_only_speaks_of_us_then_it_is_not_replaced(show: Project, name: str, text: str) -> None:
    (Path(show.root) / name).write_text(text)
    with pytest.raises(InvalidRequest, match="studio's own"):
        writable(show, name, Path(name).suffix)


@pytest.mark.parametrize(
    ("path", "suffix"),
    [
        (".usd_ai/list.html", ".html"),
        (".usd_ai/keys/new.otio", ".otio"),
        (".usd_ai", ""),
        ("deep/.usd_ai/x.png", ".png"),
        ("state/arrays/x.png", ".png"),
        ("state", ""),
        ("shots/../.usd_ai/x.mov", ".mov"),
        ("linked/x.csv", ".csv"),
    ],
)
def test_when_a_path_lies_in_the_servers_own_folder_then_it_is_refused(show: Project, path: str, suffix: str) -> None:
    root = Path(show.root)
    (root / ".usd_ai" / "keys").mkdir(parents=True)
    (root / "state" / "arrays").mkdir(parents=True)  # usd-ai serve --state
    (root / "state" / "ledger.sqlite").write_bytes(b"SQLite format 3")
    (root / "linked").symlink_to(root / ".usd_ai")
    with pytest.raises(InvalidRequest, match="server's own") as refusal:
        writable(show, path, suffix)
    assert refusal.value.reason == "OUTPUT_REFUSED"
