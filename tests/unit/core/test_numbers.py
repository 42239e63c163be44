"""A use of a shot keeps its number for ever, whatever cuts follow one another; nobody else ever has it."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from fractions import Fraction

from hypothesis import example, given
from hypothesis import strategies as st

from tests.unit.core.cuts import cut, retimed, shot, use
from usd_ai.core.decisions import NumberedUse, Standing
from usd_ai.core.edits import edits_of, frame_order
from usd_ai.core.numbers import Numbering, Wanted, last_numbered, numbering
from usd_ai.core.types import Cut, FrameRange, Occurrence, Shot
from usd_ai.editorial.diff import diff_cuts

KEY = ("a", "bonfire")
FIRST, SECOND, THIRD = use("a", 1001), use("a", 1201, at=100), use("a", 1401, at=200)
OTHERS = (use("b", 2001, at=50), use("c", 3001, at=300))


class Book:
    """The numbers of one layer over the cuts that were applied one after another, as a ledger has them."""

    def __init__(self) -> None:
        self.rows: dict[int, NumberedUse] = {}
        self.cut: Cut | None = None

    def look(self, new: Cut) -> Numbering:
        since = diff_cuts(self.cut, new) if self.cut is not None and last_numbered(self.known) == self.cut.key else None
        return numbering(self.known, [Wanted(KEY, "a", new.shot("a"))], new, since, diff_cuts)

    def apply(self, *uses: Occurrence, name: str = "v") -> tuple[int, ...]:
        """Number a cut of uses of the shot and others; the numbers of its uses in the order of their frames."""
        return self.take(cut(*uses, *OTHERS, name=name))

    def take(self, new: Cut) -> tuple[int, ...]:
        found = self.look(new)
        self.rows |= {row.number: row for row in found.changed}
        self.cut = new
        there = new.shot("a")
        uses = there.occurrences if there is not None else ()
        order = sorted(range(len(uses)), key=lambda k: frame_order(uses[k]))
        return tuple(found.of[KEY][k] for k in order)

    @property
    def known(self) -> list[NumberedUse]:
        return [self.rows[number] for number in sorted(self.rows)]

    @property
    def used(self) -> set[int]:
        return {number for number, row in self.rows.items() if row.standing is Standing.USED}


def test_when_a_shot_is_numbered_first_then_in_the_order_of_its_frames_not_of_the_cut() -> None:
    later = dataclasses.replace(SECOND, record=FrameRange(0, 39))
    assert Book().apply(later, dataclasses.replace(FIRST, record=FrameRange(900, 939))) == (1, 2)


def test_when_the_first_use_is_omitted_then_the_second_keeps_its_number_and_the_first_its_own_for_its_return() -> None:
    book = Book()
    assert book.apply(FIRST, SECOND) == (1, 2)
    assert book.apply(SECOND) == (2,)
    assert (book.used, book.rows[1].standing, book.rows[1].use) == ({2}, Standing.UNUSED, FIRST)
    assert book.apply(use("a", 1003, 36, at=900), SECOND) == (1, 2)  # back, two frames shorter at both ends
    assert book.used == {1, 2}


def test_when_a_use_is_added_before_the_first_then_it_gets_a_number_that_nobody_had() -> None:
    book = Book()
    book.apply(SECOND, THIRD)
    assert book.apply(SECOND) == (1,)
    assert book.apply(FIRST, SECOND) == (3, 1)  # 2 is the third's, should it come back
    assert book.apply(FIRST, SECOND, THIRD) == (3, 1, 2)


def test_when_one_use_goes_and_another_comes_in_the_same_cut_then_the_new_one_is_not_taken_for_it() -> None:
    book = Book()
    book.apply(FIRST, SECOND)
    assert book.apply(SECOND, THIRD) == (2, 3)  # the comparison calls that a slip of 400 frames
    assert book.used == {2, 3}
    assert book.apply(FIRST, THIRD) == (1, 3)


def test_when_the_only_use_slips_out_of_its_frames_then_it_is_still_the_only_use() -> None:
    book = Book()
    book.apply(FIRST)
    assert book.apply(use("a", 1041)) == (1,)
    book.apply(use("a", 1041), SECOND)
    book.apply(SECOND)
    assert book.apply(use("a", 1045)) == (1,)  # it is the first one that is back, not the second that slipped


def test_when_uses_of_other_frames_come_then_they_are_not_taken_for_those_that_went() -> None:
    book = Book()
    book.apply(FIRST, SECOND)
    book.apply(SECOND)
    assert book.apply(use("a", 1041, at=900), SECOND) == (3, 2)  # of the same reel, next to what was shown


def test_when_all_of_the_shot_goes_and_comes_back_then_so_do_its_numbers() -> None:
    book = Book()
    book.apply(FIRST, SECOND)
    assert book.apply() == ()
    assert book.used == set()
    assert book.apply(SECOND) == (2,)
    assert book.apply(FIRST, SECOND) == (1, 2)


def test_when_a_use_is_switched_off_and_on_then_its_number_waits_for_it() -> None:
    book, off = Book(), dataclasses.replace(FIRST, enabled=False)
    book.apply(FIRST, SECOND)
    assert book.look(cut(off, SECOND, *OTHERS)).gone == {KEY: (1,)}
    book.apply(off, SECOND)
    assert book.used == {2}
    slipped = use("a", 1031, at=0)  # on again and slipped so far that its frames alone would not tell
    assert book.apply(slipped, SECOND) == (1, 2)


def test_when_only_switched_off_uses_are_left_then_their_numbers_hold_too() -> None:
    book = Book()
    book.apply(FIRST, SECOND)
    book.apply(*(dataclasses.replace(one, enabled=False) for one in (FIRST, SECOND)))
    assert book.used == set()
    assert book.apply(FIRST, SECOND) == (1, 2)


def test_when_a_blade_cuts_a_use_then_the_first_piece_keeps_the_number_and_has_it_when_they_are_one_again() -> None:
    book, pieces = Book(), (use("a", 1001, 15), use("a", 1016, 25, at=15))
    book.apply(FIRST, SECOND)
    assert book.apply(*pieces, SECOND) == (1, 3, 2)
    assert book.apply(FIRST, SECOND) == (1, 2)
    assert book.used == {1, 2}
    assert book.apply(*pieces, SECOND) == (1, 3, 2)


def test_when_an_apply_of_another_cut_was_broken_off_then_what_it_numbered_holds() -> None:
    book = Book()
    book.apply(FIRST, SECOND)
    begun = cut(SECOND, THIRD, *OTHERS, name="begun")
    book.take(begun)  # its numbers were written, then it died: the applied cut is still the older one
    assert book.apply(FIRST, SECOND, use("a", 1601, at=700)) == (1, 2, 4)


def test_when_no_kept_cut_explains_the_numbers_then_each_use_is_found_by_its_frames() -> None:
    book = Book()
    book.apply(FIRST, SECOND)
    book.cut = None
    assert book.apply(retimed(SECOND, "reverse", Fraction(-1)), THIRD) == (2, 3)


def test_when_a_shot_has_thousands_of_uses_then_numbering_does_not_grow_with_their_square() -> None:
    many = [use("a", 1001 + 50 * k, at=40 * k) for k in range(3000)]
    book = Book()
    book.apply(*many)
    calls = [0]

    def counted(old: Cut, new: Cut) -> object:
        calls[0] += 1
        return diff_cuts(old, new)

    book.cut = None
    new = cut(*many[1:], *OTHERS)
    found = numbering(book.known, [Wanted(KEY, "a", new.shot("a"))], new, None, counted)  # type: ignore[arg-type]
    assert (found.of[KEY][:3], calls) == ((2, 3, 4), [1])


# ------------------------------------------------------------------------------------------------ any sequence of cuts

POOL = 6
_tweaks = st.tuples(st.integers(0, 5), st.integers(0, 5), st.sampled_from(["", "reverse", "linear", "freeze"]))
_steps = st.lists(
    st.tuples(
        st.sampled_from(["omit", "add", "change"]),
        st.sets(st.integers(0, POOL - 1), max_size=3),
        st.lists(_tweaks, min_size=POOL, max_size=POOL),
        st.permutations(range(POOL)),
        st.sets(st.integers(0, POOL - 1), max_size=2),
    ),
    min_size=1,
    max_size=8,
)


def _use(label: int, tweak: tuple[int, int, str], at: int, *, off: bool) -> Occurrence:
    head, tail, speed = tweak
    plain = use("a", 1001 + 100 * label + head, 40 - head - tail, at=at, enabled=not off)
    ways = {"reverse": Fraction(-1), "linear": Fraction(1, 2), "freeze": Fraction(0)}
    return retimed(plain, speed, ways[speed]) if speed else plain


@given(steps=_steps, first=st.sets(st.integers(0, POOL - 1), min_size=1))
@example(steps=[("omit", {0}, [(0, 0, "")] * POOL, list(range(POOL)), set())], first={0, 1})
def test_when_cuts_follow_one_another_then_a_use_has_one_number_and_a_number_one_use(
    steps: Sequence[tuple[str, set[int], list[tuple[int, int, str]], list[int], set[int]]], first: set[int]
) -> None:
    book, there = Book(), set(first)
    number_of: dict[int, int] = {}
    for what, whom, tweaks, order, off in [("add", first, [(0, 0, "")] * POOL, list(range(POOL)), set[int]()), *steps]:
        there = {"omit": there - whom, "add": there | whom, "change": there ^ whom}[what]
        labels = [*(label for label in order if label in there), POOL]  # so that no use is ever the only one
        uses = [
            _use(label, (*tweaks, (0, 0, ""))[label], 60 * place, off=label in off)
            for place, label in enumerate(labels)
        ]
        new = cut(*uses, *OTHERS)
        book.take(new)
        shown = {label: one for label, one in zip(labels, uses, strict=True) if one.enabled}
        now = new.shot("a")
        numbers = dict(zip(labels, book.look(new).of[KEY], strict=True))
        for label in shown:
            assert number_of.setdefault(label, numbers[label]) == numbers[label]
        assert len(set(number_of.values())) == len(number_of)
        assert sorted(number_of.values()) == list(range(1, len(number_of) + 1))  # the lowest that nobody had
        assert book.used == {number_of[label] for label in shown}
        again = book.look(new)
        assert (again.changed, again.gone) == ((), {})
        named = [edit.number for edit in edits_of(now, again.of[KEY])] if now is not None else []
        assert sorted(book.used) == named  # what is decided names no file of a use that is gone


@given(
    cuts=st.lists(
        st.lists(
            st.tuples(st.integers(0, 12), st.integers(5, 40), st.sampled_from(["", "reverse"]), st.booleans()),
            max_size=5,
        ),
        min_size=2,
        max_size=6,
    )
)
@example(cuts=[[(0, 5, "", True)], [], [(0, 16, "", True)], [(0, 5, "", True)]])  # the first cut, applied once more
def test_when_any_cuts_follow_one_another_then_numbers_go_where_the_comparison_says_and_are_never_given_twice(
    cuts: list[list[tuple[int, int, str, bool]]],
) -> None:
    book, ever = Book(), set[int]()
    for said in cuts:
        uses = [use("a", 1001 + 15 * at, count, at=60 * k, enabled=on) for k, (at, count, _, on) in enumerate(said)]
        uses = [
            retimed(one, "reverse", Fraction(-1)) if way else one for one, (*_, way, _) in zip(uses, said, strict=True)
        ]
        new = cut(*uses, *OTHERS)
        before, older = dict(book.rows), book.cut
        book.take(new)
        after = book.rows
        assert {n: row for n, row in after.items() if row.standing is Standing.USED}.keys() == book.used
        assert set(before) <= set(after)  # a number that was given stays given
        for number, row in after.items():
            if number in before and row.standing is Standing.USED and before[number].standing is Standing.UNUSED:
                assert row.use.enabled
            if number not in before:
                assert number > max(ever, default=0)
        if older is not None and last_numbered(before.values()) == older.key:
            _assert_carried(before, after, older, new)
        ever |= set(after)
        now = new.shot("a") or Shot("a", (), FrameRange(0, 0), FrameRange(0, 0), new.rate)
        numbers = [n for n in book.look(new).of[KEY] if n]
        assert len(numbers) == len(set(numbers))
        assert {e.number for e in edits_of(now, book.look(new).of[KEY])} == book.used


def _assert_carried(before: dict[int, NumberedUse], after: dict[int, NumberedUse], older: Cut, new: Cut) -> None:
    """Every pair of single clips that the comparison found has one number; pieces are for other tests."""
    change = diff_cuts(older, new).shot("a")
    numbered = [(number, row.use) for number, row in before.items() if row.cut == older.key]
    for pair in change.occurrences if change is not None else ():
        had = [number for number, one in numbered if one == pair.old]
        if len(had) == 1 and pair.old is not None and pair.new is not None and not pair.kinds & {"blade", "heal"}:
            shared = min(pair.old.visible.end, pair.new.visible.end) - max(
                pair.old.visible.start, pair.new.visible.start
            )
            if shared >= 0:
                assert (after[had[0]].use, after[had[0]].cut) == (pair.new, new.key)


def test_when_a_layer_is_of_a_shot_that_the_cut_has_not_then_nothing_is_numbered() -> None:
    assert Book().take(cut(*OTHERS)) == ()
    assert shot("a", (FIRST,)).occurrences == (FIRST,)
