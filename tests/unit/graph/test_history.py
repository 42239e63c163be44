from __future__ import annotations

import dataclasses
import sqlite3
import time
from fractions import Fraction
from pathlib import Path

import pytest
from small_show import open_ledger

from tests.unit.core.cuts import cut, retimed, use
from usd_ai.core.decisions import LayerUse, NumberedUse, Standing, StudioCut
from usd_ai.core.errors import InvalidRequest, NotFound
from usd_ai.core.types import FrameRange, State
from usd_ai.graph import schema
from usd_ai.graph.ledger import SqlLedger

V5 = cut(use("a", 1001), retimed(use("b", 2001, at=40), "linear", Fraction(1, 3)), name="079_HA", start=86400)
STUDIO = StudioCut("cuts/V05.edl", "", "5" * 64, 8)
V6 = cut(use("a", 1003, 30), use("c", 5, at=40, comments=("x",), extra="ab"), name="079_HA", handles=12)


def test_when_cuts_are_kept_then_another_process_tells_what_a_shot_looked_like(
    ledger: SqlLedger, tmp_path: Path
) -> None:
    ledger.history.keep("demo", "079_HA_V05", "editorial/079_HA_V05.edl", V5)
    ledger.history.keep("demo", "079_HA_006", "editorial/079_HA_006.edl", V6)
    history = open_ledger(tmp_path).history
    for word in ("079_HA_V05", "079_ha_v05", "V05", V5.sha256, V5.sha256[:8]):
        kept = history.cut("demo", word)
        assert (kept.cut, kept.path) == (V5, "editorial/079_HA_V05.edl")
    assert history.cut("demo", "V05").cut.shot("b") == V5.shot("b")
    assert history.cut("demo", "079_HA").cut == V6  # by name of the sequence: the newest
    assert [(one.label, one.shot) for one in history.shots("demo", "b")] == [
        ("079_HA_006", None),
        ("079_HA_V05", V5.shot("b")),
    ]
    assert history.known_shots("demo") == {"a", "b", "c"}
    assert history.known_shots("demo", V6.sha256) == {"a", "b"}
    assert [kept.label for kept in history.cuts("demo", 0, "")[0]] == ["079_HA_006", "079_HA_V05"]


def test_when_the_same_bytes_come_again_then_they_are_the_same_cut(ledger: SqlLedger) -> None:
    first = ledger.history.keep("demo", "V05", "a.edl", V5)
    assert ledger.history.keep("demo", "copy of V05", "b.edl", V5) == first
    wider = V5.with_handles(20)
    assert ledger.history.keep("demo", "V05", "a.edl", wider) == first  # other handles are a way to read it
    otherwise = dataclasses.replace(wider, shots=wider.shots[:1])
    assert ledger.history.keep("demo", "V05", "a.edl", otherwise).cut.shots == V5.shots[:1]  # names of today
    assert len(ledger.history.cuts("demo", 0, "")[0]) == 1
    assert ledger.history.apply("demo", wider, STUDIO).cut == wider
    assert ledger.history.cut("demo", "V05").cut == wider
    other_sequence = dataclasses.replace(V5, name="temp mix")
    ledger.history.keep("demo", "V05", "a.edl", other_sequence)
    assert len(ledger.history.cuts("demo", 0, "")[0]) == 2


def test_when_a_sequence_is_still_called_as_the_cut_before_then_labels_count_first(ledger: SqlLedger) -> None:
    history = ledger.history
    first, second = dataclasses.replace(V5, name="sq_v001"), dataclasses.replace(V6, name="sq_v001")
    history.keep("demo", "sq_v001", "sq_v001.otio", first)
    history.keep("demo", "sq_v002", "sq_v002.otio", second)
    assert history.cut("demo", "SQ_v001").cut == first
    assert history.cut("demo", second.key).cut == second
    digest = dataclasses.replace(V6, name=V5.sha256, sha256="6" * 64)  # a sequence that is called as a digest
    history.keep("demo", "odd", "odd.otio", digest)
    assert history.cut("demo", V5.sha256).cut == first
    assert history.cut("demo", "v002").cut == second


def test_when_several_labels_end_so_then_they_are_named_and_none_is_taken(ledger: SqlLedger) -> None:
    history = ledger.history
    for number in (1, 11, 101):
        one = cut(use("a", 1001 + number), name=f"seq{number}")
        history.keep("demo", f"sq_v{number:03}", f"sq_v{number:03}.edl", one)
    assert history.cut("demo", "v101").label == history.cut("demo", "101").label == "sq_v101"
    for word in ("1", "01", "q_v101"):  # the end of a number or a word, and no whole one
        with pytest.raises(NotFound, match="has no cut"):
            history.cut("demo", word)
    history.keep("demo", "reel2_v011", "reel2_v011.edl", V5)
    with pytest.raises(InvalidRequest, match=r"end in 'v011': reel2_v011, sq_v011\.") as refused:
        history.cut("demo", "v011")
    assert refused.value.reason == "CUT_AMBIGUOUS"
    assert history.cut("demo", "sq_v011").label == "sq_v011"


def test_when_a_cut_that_was_moved_is_applied_then_it_is_called_as_its_file_is_now(ledger: SqlLedger) -> None:
    history = ledger.history
    history.keep("demo", "tmp", "inbox/tmp.otio", V5)
    kept = history.apply("demo", V5, STUDIO, "cuts/sq_v002.otio")
    assert (kept.label, kept.path) == ("sq_v002", "cuts/sq_v002.otio")
    assert history.cut("demo", "sq_v002") == kept
    with pytest.raises(NotFound):
        history.cut("demo", "tmp")
    assert len(history.cuts("demo", 0, "")[0]) == 1


def test_when_one_is_applied_then_it_is_the_one_to_compare_with(ledger: SqlLedger) -> None:
    history = ledger.history
    for label, one in (("V05", V5), ("V06", V6)):
        history.keep("demo", label, f"{label}.edl", one)
    with pytest.raises(NotFound, match="No cut of demo was applied yet"):
        history.cut("demo", "")
    assert history.apply("demo", V6, STUDIO).applied
    assert history.cut("demo", "").label == "V06"
    once = history.apply("demo", V5, STUDIO)
    assert history.cut("demo", "") == once
    assert once.studio == STUDIO
    assert history.apply("demo", V5, STUDIO) == once
    moved = dataclasses.replace(STUDIO, path="cuts/V06.edl")
    assert history.apply("demo", V5, moved) == dataclasses.replace(once, studio=moved)
    assert history.cut("demo", "V06").studio == STUDIO
    with pytest.raises(NotFound):
        history.apply("demo", dataclasses.replace(V5, sha256="8" * 64), STUDIO)


def test_when_a_file_holds_two_sequences_then_the_key_tells_them_apart(ledger: SqlLedger) -> None:
    first, second = (dataclasses.replace(V5, name=name, sha256="7" * 64) for name in ("Reel 1", "Reel 2"))
    for one in (first, second):
        ledger.history.keep("demo", "show", "cuts/show.otio", one)
    assert ledger.history.apply("demo", first, STUDIO).cut.name == "Reel 1"
    assert ledger.history.cut("demo", "").cut.name == "Reel 1"
    assert ledger.history.cut("demo", second.key).cut.name == "Reel 2"


def test_when_a_cut_is_not_in_the_history_then_those_that_are_get_named(ledger: SqlLedger) -> None:
    with pytest.raises(NotFound, match="none yet"):
        ledger.history.cut("demo", "V05")
    ledger.history.keep("demo", "V05", "a.edl", V5)
    with pytest.raises(NotFound, match="It has: V05"):
        ledger.history.cut("demo", "V07")
    assert ledger.history.cuts("other", 0, "") == ([], "")


def test_when_paging_then_every_cut_is_told_once(ledger: SqlLedger) -> None:
    for number in range(7):
        ledger.history.keep("demo", f"V{number}", "a.edl", cut(use("a", 1001 + number)))
    seen, token = ledger.history.cuts("demo", 3, "")
    while token:
        more, token = ledger.history.cuts("demo", 3, token)
        seen += more
    assert [kept.label for kept in seen] == [f"V{number}" for number in reversed(range(7))]
    with pytest.raises(InvalidRequest):
        ledger.history.cuts("demo", 3, "x")


def test_when_a_layer_stands_otherwise_then_the_last_word_counts(ledger: SqlLedger, tmp_path: Path) -> None:
    first = LayerUse("a", "bonfire", "a2", Standing.USED, 3, "ab" * 8, V5.sha256)
    ledger.history.stand("demo", first)
    ledger.history.stand("demo", LayerUse("b", "bonfire", "b", Standing.WANTED))
    ledger.history.stand("demo", dataclasses.replace(first, standing=Standing.UNUSED))
    uses = open_ledger(tmp_path).history.uses("demo")
    assert [(one.shot, one.standing, one.number) for one in uses] == [("a", "unused", 3), ("b", "wanted", 0)]
    assert all(one.changed for one in uses)


def test_when_a_ledger_is_of_the_first_version_then_it_is_brought_up_to_date(tmp_path: Path) -> None:
    (tmp_path / "state").mkdir()
    with sqlite3.connect(tmp_path / "state/ledger.sqlite") as raw:
        raw.executescript((Path(__file__).parent / "ledger_v1.sql").read_text(encoding="utf-8"))
    ledger = open_ledger(tmp_path)
    (kept,) = ledger.generations("demo", "", 0, "")[0]
    assert (kept.state, kept.request.cut) == (State.QUEUED, "")
    assert ledger.requested("demo", "kept") == kept
    assert ledger.requested("demo", "other") is None
    ledger.history.keep("demo", "V05", "a.edl", V5)
    assert ledger.history.cut("demo", "V05").cut == V5
    with sqlite3.connect(tmp_path / "state/ledger.sqlite") as raw:
        assert raw.execute("SELECT number FROM schema_version").fetchall() == [(1,), (schema.LATEST,)]


def test_when_a_feature_is_kept_then_it_takes_a_moment_only(ledger: SqlLedger) -> None:
    feature = cut(*(use(f"s{number}", 1001, at=40 * number) for number in range(2000)))
    begun = time.perf_counter()
    ledger.history.keep("demo", "R1", "r1.otio", feature)
    assert ledger.history.cut("demo", "R1").cut.shots[-1].visible == FrameRange(1001, 1040)
    assert time.perf_counter() - begun < 8.0


def test_when_numbers_of_uses_are_said_then_another_process_knows_them_and_none_is_forgotten(
    ledger: SqlLedger, tmp_path: Path
) -> None:
    one, two = V5.shots[0].occurrences[0], V5.shots[1].occurrences[0]  # the second is retimed by a third
    first = NumberedUse("a", "bonfire", 1, Standing.USED, V5.key, one)
    second, other = (dataclasses.replace(first, number=2, use=two), dataclasses.replace(first, shot="b"))
    ledger.history.number("demo", [other, second, first])
    gone = dataclasses.replace(first, standing=Standing.UNUSED)
    history = open_ledger(tmp_path).history
    history.number("demo", [gone])
    history.number("demo", [gone])  # twice is once
    history.number("demo", [])
    assert history.numbers("demo") == [gone, second, other]
    assert (history.numbers("demo", "b"), history.numbers("another")) == ([other], [])
