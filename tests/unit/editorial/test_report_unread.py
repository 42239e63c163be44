"""The change list of cuts that could not be read whole, and of layers whose shot the cuts do not show."""

from __future__ import annotations

import csv
import dataclasses
import io
import json

import pytest

from tests.unit.core.cuts import cut, decided, use
from usd_ai.core.decisions import Action, Decision
from usd_ai.core.types import Cut, Notice
from usd_ai.editorial.diff import diff_cuts
from usd_ai.editorial.report import ChangeList, change_list
from usd_ai.editorial.report_html import as_html
from usd_ai.editorial.report_sheet import sheet_heading
from usd_ai.editorial.report_tables import as_csv, as_json

_A, _B, _C = use("a", 1001), use("b", 2001, at=40), use("c", 3001, at=80)
_LOST = Notice("error", "Event 002 <b>was</b> left out: '01:00:61:00' is no timecode.", 12)
_GUESSED = Notice("warning", "The ramp on 'a' does not say which frames it shows.")
_OLD = cut(_A, _B, _C, name="v1")
_NEW = cut(_A, _C, name="v2", notices=(_GUESSED, _LOST))


def _listed(old: Cut = _OLD, new: Cut = _NEW, doubt: str = "") -> ChangeList:
    found = [decided(old, new, shot.name) for shot in old.shots]
    found = [dataclasses.replace(d, doubt=doubt) if d.action is Action.KEEP_UNUSED else d for d in found]
    return change_list(diff_cuts(old, new), found, new)


def _rows(changes: ChangeList) -> list[list[str]]:
    return list(csv.reader(io.StringIO(as_csv(changes).decode("utf-8-sig"))))


def test_when_something_could_not_be_read_then_a_box_on_top_of_the_page_says_it() -> None:
    page = as_html(_listed()).decode()
    box = page.index('class="unread"')
    assert page.index("<h1>") < box < page.index('class="totals"')
    assert "1 thing could not be read" in page
    assert page.index("line 12: Event 002 &lt;b&gt;was&lt;/b&gt;") < page.index("The ramp on &#x27;a&#x27;")


def test_when_something_could_not_be_read_then_tables_and_the_sheet_say_it_too() -> None:
    changes = _listed()
    rows = _rows(changes)
    assert [(row[0], row[3]) for row in rows[1:3]] == [("notice", "warning"), ("notice", "error")]
    assert rows[2][5] == f"line 12: {_LOST.message}"
    told = json.loads(as_json(changes))["notices"]
    assert told["new"][1] == {"severity": "error", "message": _LOST.message, "line": 12}
    assert told["old"] == []
    assert "1 thing could not be read" in sheet_heading(changes).split("\n")[1]


def test_when_the_older_cut_was_not_read_whole_then_the_list_says_of_which_that_is() -> None:
    changes = _listed(dataclasses.replace(_NEW, name="v0", sha256="0" * 64), _OLD)
    assert "v0 line 12: Event 002" in as_html(changes).decode()
    assert json.loads(as_json(changes))["notices"]["old"][1]["line"] == 12


def test_when_all_was_read_then_there_is_no_box() -> None:
    changes = _listed(_OLD, cut(_A, _C, name="v2"))
    assert '<div class="unread">' not in as_html(changes).decode()
    assert "notice" not in {row[0] for row in _rows(changes)}
    assert "could not be read" not in sheet_heading(changes)


def test_when_thousands_of_things_are_wrong_then_the_page_says_how_many_more() -> None:
    many = tuple(Notice("error", f"Event {k} was left out.", k) for k in range(1, 5001))
    page = as_html(_listed(_OLD, dataclasses.replace(_NEW, notices=many))).decode()
    assert "5000 things could not be read" in page
    assert "and 4940 more" in page
    assert page.count("was left out.") == 60


def test_when_an_omission_is_doubtful_then_every_form_of_the_list_says_so() -> None:
    changes = _listed(doubt="Doubtful: it may be in there.")
    sentence = next(line.sentence for line in changes.shots if line.shot == "b")
    assert "marked unused. Doubtful: it may be in there." in sentence
    for text in (as_html(changes).decode(), as_csv(changes).decode(), as_json(changes).decode()):
        assert "Doubtful: it may be in there." in text


@pytest.mark.parametrize(
    ("old", "state", "said"),
    [
        (_OLD, "renamed", "x: has another name in this cut."),
        (cut(_A, _B, name="v1"), "in neither cut", "x: in neither cut."),
    ],
)
def test_when_only_a_layer_of_a_shot_is_told_then_the_shot_is_not_called_unchanged(
    old: Cut, state: str, said: str
) -> None:
    """A layer stays behind under a name that no shot has: of its shot there is nothing to say."""
    renamed = dataclasses.replace(use("c", 3001, at=80), clip_name="x_v001")
    before = cut(_A, _B, renamed, name="v1") if state == "renamed" else old
    behind = Decision("x", "bonfire", Action.KEEP_UNUSED, "Not in the cut any more.", unused=True)
    changes = change_list(diff_cuts(before, _OLD), [behind], _OLD)
    line = next(line for line in changes.shots if line.shot == "x")
    assert (line.state, line.sentence.startswith(said), line.minor) == (state, True, False)
    assert sum(count for _, count in changes.totals.shots) == 3  # shots of the cut; what has only a layer is none
    assert f'<span class="state">{state}</span>' in as_html(changes).decode()
