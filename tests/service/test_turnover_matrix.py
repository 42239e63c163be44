"""Five random edits, applied, and five more: what the real turnover decides, with the real history of cuts and layers.

Layers are generated for a cut older than all of them. What must happen comes from the frames alone (`cutting_oracle`).
"""

from __future__ import annotations

import copy
import dataclasses
import hashlib
import random
import sqlite3
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import opentimelineio as otio
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.service.fakes import FakeClock, FakeProjects, World
from tests.unit.editorial import cutting_oracle as oracle
from tests.unit.editorial import cutting_room as cutting
from tests.unit.editorial.cutting_edits import EDITS, insert, rate_stamp
from usd_ai.core.decisions import Action, SyncPlan
from usd_ai.core.engine import Engine
from usd_ai.core.types import Cut, FrameRange, Project, Rate, Request
from usd_ai.editorial.opening import OpenCut
from usd_ai.editorial.rates import parse_rate
from usd_ai.editorial.read import cut_of
from usd_ai.graph.ledger import SqlLedger

HANDLES = 8
SHOTS = 80
Cutting = Callable[[cutting.Room, random.Random], None]
Shelf = dict[str, oracle.Shelved]


class Show(World):
    """A show with a real history: every shot of an old cut has a layer, and the cut after it was applied."""

    def __init__(self, folder: Path) -> None:
        show = Project("ember", str(folder), "cuts/ember.otio", Rate(24), HANDLES, "shots/{shot}.usda", "publish")
        self.database = folder / "ledger.sqlite"
        self.real = SqlLedger(f"sqlite:///{self.database}", folder / "blobs", FakeProjects(show), FakeClock())
        super().__init__(folder)
        self.ports = dataclasses.replace(self.ports, history=self.real.history)
        self.engine = Engine(self.ports)
        self.shown = cutting.new_room(SHOTS, random.Random(7))  # noqa: S311 - no secret
        known = cutting.Piece(cutting.KNOWN, f"{cutting.KNOWN}_v003", "B777C001", 8_000_000, 60, born=cutting.KNOWN)
        first = self.shown.again()
        first.pieces.append(known)
        self.cuts.cuts["ember.otio"] = self.say("ember", first)
        self.shelf = {born: oracle.shelved(first, born, HANDLES) for born in oracle.born_in(first)}
        for born in self.shelf:
            self.generated(self.engine.submit(Request("ember", born, "bonfire")).name)
        self.shelf = self.turn("v1", self.shown, self.shelf)
        self.kept = sqlite3.connect(folder / "kept.sqlite")
        with sqlite3.connect(self.database) as live:
            live.backup(self.kept)
        self.made = _copied(vars(self.ledger))

    def begin(self) -> Shelf:
        """As it was after the first cut was applied."""
        with sqlite3.connect(self.database) as live:
            self.kept.backup(live)
        vars(self.ledger).update(_copied(self.made))
        self.engine = Engine(self.ports)
        return dict(self.shelf)

    def say(self, name: str, room: cutting.Room) -> Cut:
        """Let a file hold a cut, as our reader sees it through the file's text; every shot of it has a stage."""
        text = otio.adapters.write_to_string(cutting.timeline_of(room), "otio_json")
        digest = hashlib.sha256(f"{name} {text}".encode()).hexdigest()
        timeline = otio.adapters.read_from_string(text, "otio_json")
        cut = cut_of(OpenCut(timeline, parse_rate(room.rate), digest, []), HANDLES, f"{name}.otio")
        self.cuts.cuts[f"{name}.otio"] = cut
        file = Path(self.show.root) / "cuts" / f"{name}.otio"
        file.parent.mkdir(exist_ok=True)
        file.write_text(text, encoding="utf-8")
        for shot in cut.shots:
            stage = Path(self.show.root) / "shots" / f"{shot.name}.usda"
            stage.parent.mkdir(exist_ok=True)
            stage.touch()
        return cut

    def generated(self, name: str) -> None:
        """Build all that is queued, and publish one of it."""
        while claimed := self.ledger.claim("test"):
            self.engine.run(claimed)
        version = self.engine.publish(name, self.ledger.generation(name).etag, name)
        Path(version.folder).mkdir(parents=True, exist_ok=True)

    def turn(self, name: str, room: cutting.Room, shelf: Shelf, told: str = "") -> Shelf:
        """Apply a cut; every decision held against what the frames say. The shelf after it."""
        path = f"cuts/{name}.otio"
        self.say(name, room)
        plan = self.engine.turnover.decisions("ember", path)
        hold(plan, room, shelf, told)
        done = self.engine.turnover.apply("ember", path, plan.etag, "ada")
        assert {(d.shot, d.action) for d in done.decisions} == {(d.shot, d.action) for d in plan.decisions}, told
        again = self.engine.turnover.decisions("ember", path)
        assert not again.open, f"{told}: not done: {again.open}"
        self.asked = {d.published_as: d.generation for d in done.decisions if d.generation}
        return {born: oracle.done(layer, oracle.expected(layer, room), room) for born, layer in shelf.items()}


def _copied(held: dict[str, Any]) -> dict[str, Any]:
    """What a ledger in memory holds, by itself."""
    return {name: copy.copy(value) for name, value in held.items() if isinstance(value, dict | list)}


def hold(plan: SyncPlan, room: cutting.Room, shelf: Shelf, told: str) -> None:
    """Hold every decision against what the frames say."""
    found = {decision.published_as: decision for decision in plan.decisions}
    for born, layer in shelf.items():
        decision, wanted = found.pop(born), oracle.expected(layer, room)
        assert decision.action is wanted, f"{told}: {born}: {wanted}, decided: {decision}"
        if wanted.generates:
            assert decision.covers == FrameRange(*oracle.shelved(room, born, HANDLES).frames), f"{told}: {born}"
    new = {p.shot: p.born for p in room.pieces if p.born not in shelf and p.enabled}
    first = {d.shot: d for d in found.values()}  # one may be on its way under the name that its shot had
    assert {shot: d.action for shot, d in first.items()} == dict.fromkeys(new, Action.GENERATE), told
    for shot, born in new.items():
        assert first[shot].covers == FrameRange(*oracle.shelved(room, born, HANDLES).frames), f"{told}: {shot}"


@pytest.fixture(scope="module")
def show(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Show]:
    show = Show(tmp_path_factory.mktemp("show"))
    yield show
    show.stop()
    show.kept.close()
    show.real.close()


def two_days(show: Show, edits: Sequence[Cutting], seed: int, *, built: bool) -> None:
    """Make five edits, apply them, publish what they ask for or not, make five more and decide."""
    rng, shelf, told = random.Random(seed), show.begin(), f"{[e.__name__ for e in edits]} seed {seed} {built}"  # noqa: S311
    room = show.shown
    for name, day in (("v2", edits[:5]), ("v3", edits[5:])):
        room = room.again()
        for edit in day:
            edit(room, rng)
        shelf = show.turn(name, room, shelf, told)
        if not built:
            continue
        for shot, generation in sorted(show.asked.items()):
            show.generated(generation)
            born = next((p.born for p in room.pieces if p.shot == shot), shot)
            fresh = oracle.shelved(room, born, HANDLES)
            shelf[born] = oracle.published(shelf[born], room, HANDLES) if born in shelf else fresh


@settings(max_examples=12, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.lists(st.sampled_from(EDITS), min_size=10, max_size=10), st.integers(0, 2**32), st.booleans())
def test_when_five_edits_are_applied_and_five_follow_then_each_layer_gets_what_its_frames_ask_for(
    show: Show, edits: list[Cutting], seed: int, built: bool
) -> None:
    two_days(show, edits, seed, built=built)


def _rename_what_is_new(room: cutting.Room, _: random.Random) -> None:
    k = next(k for k, piece in enumerate(room.pieces) if piece.born.startswith("nw"))
    room.pieces[k] = dataclasses.replace(room.pieces[k], shot="ab0010", name="ab0010_v001")


@pytest.mark.parametrize("built", [True, False])
def test_when_a_new_shot_is_renamed_on_the_next_day_then_it_still_gets_its_layer(show: Show, built: bool) -> None:
    two_days(show, [insert, *[rate_stamp] * 4, _rename_what_is_new], 5, built=built)
