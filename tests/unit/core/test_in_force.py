"""Which cut is meant, over real files: what was applied is found in its file again, whatever way it was read."""

from __future__ import annotations

import hashlib
from pathlib import Path

import opentimelineio as otio
import pytest

from tests.service.fake_history import FakeCutHistory
from usd_ai.core.changes import CutDiff
from usd_ai.core.errors import InvalidRequest
from usd_ai.core.in_force import WhichCut
from usd_ai.core.naming import Naming
from usd_ai.core.types import Cut, Project, Rate
from usd_ai.editorial.read import read_cut

EDL = """TITLE: first
FCM: NON-DROP FRAME
001  sh010    V     C        00:00:41:17 00:00:42:17 01:00:00:00 01:00:01:00
* FROM CLIP NAME: sh010_v001
"""


class Files:
    """Cuts read from files by this process."""

    def read(self, path: str, rate: Rate | None, handles: int, sequence: str = "", naming: Naming | None = None) -> Cut:
        return read_cut(path, rate, handles, sequence, naming or Naming())

    def digest(self, path: str) -> str:
        file = Path(path)
        return hashlib.sha256(file.read_bytes()).hexdigest() if file.is_file() else ""

    def compare(self, old: Cut, new: Cut, known: object, naming: object = None) -> CutDiff:
        raise NotImplementedError


class Shows:
    def __init__(self, show: Project) -> None:
        self.show = show

    def get(self, name: str) -> Project:
        return self.show

    def all(self) -> list[Project]:
        return [self.show]


def timeline(name: str, first: int) -> otio.schema.Timeline:
    span = otio.opentime.TimeRange(otio.opentime.RationalTime(first, 24), otio.opentime.RationalTime(24, 24))
    made = otio.schema.Timeline(name)
    made.tracks.append(otio.schema.Track(children=[otio.schema.Clip("sh010_v001", source_range=span)]))
    return made


@pytest.fixture
def history() -> FakeCutHistory:
    return FakeCutHistory()


@pytest.fixture
def which(tmp_path: Path, history: FakeCutHistory) -> WhichCut:
    (tmp_path / "first.edl").write_text(EDL)
    two = otio.schema.SerializableCollection("two", [timeline("picture", 1001), timeline("temp", 2001)])
    (tmp_path / "two.otio").write_text(two.to_json_string())
    (tmp_path / "nameless.otio").write_text(timeline("", 3001).to_json_string())
    show = Project("ember", str(tmp_path), "first.edl", Rate(24), 8, "{shot}.usda", "publish")
    return WhichCut(Shows(show), Files(), history)


@pytest.mark.parametrize(
    ("file", "rate", "handles", "sequence"),
    [
        ("first.edl", Rate(25), 8, ""),
        ("two.otio", None, 12, "temp"),
        ("nameless.otio", None, 8, ""),
    ],
)
def test_when_a_cut_was_applied_then_its_file_is_read_as_it_was_read_then(
    which: WhichCut, history: FakeCutHistory, file: str, rate: Rate | None, handles: int, sequence: str
) -> None:
    asked = which.choose("ember", file, rate, handles, sequence)
    history.keep("ember", asked.label, asked.path, asked.cut)
    history.apply("ember", asked.cut, which.named_by("ember"))
    chosen = which.choose("ember")
    assert (chosen.cut, chosen.path, chosen.kept) == (asked.cut, file, True)
    show = which._projects.get("ember")
    for one in (asked, chosen):
        told = which.as_read(show, one)
        read = read_cut(str(Path(show.root) / file), told.rate, told.handles, told.naming.sequence)
        assert read == asked.cut


def test_when_another_rate_or_sequence_is_asked_for_then_the_file_is_read_so(
    which: WhichCut, history: FakeCutHistory
) -> None:
    asked = which.choose("ember", "two.otio", None, None, "temp")
    history.keep("ember", asked.label, asked.path, asked.cut)
    history.apply("ember", asked.cut, which.named_by("ember"))
    other = which.choose("ember", sequence="picture")
    assert (other.cut.name, other.path, other.kept) == ("picture", "two.otio", False)
    assert which.choose("ember", rate=Rate(24)).kept
    with pytest.raises(InvalidRequest, match="24"):
        which.choose("ember", rate=Rate(25))


@pytest.mark.parametrize("word", ["../outside.otio", "/etc/passwd"])
def test_when_a_path_leads_out_of_the_project_then_it_is_refused(which: WhichCut, word: str) -> None:
    with pytest.raises(InvalidRequest, match="outside project"):
        which.choose("ember", word)


def test_when_a_sequence_is_called_like_a_path_then_its_key_is_no_path(
    which: WhichCut, history: FakeCutHistory, tmp_path: Path
) -> None:
    (tmp_path / "odd.otio").write_text(timeline("../../etc", 1001).to_json_string())
    odd = which.choose("ember", "odd.otio").cut
    history.keep("ember", "odd", "odd.otio", odd)
    assert which.choose("ember", odd.key).cut == odd
