"""Whatever is done to generations, in whatever order, the ledger agrees with a model of ten lines."""

from __future__ import annotations

import dataclasses
import tempfile
from pathlib import Path

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import Bundle, RuleBasedStateMachine, invariant, rule
from small_show import open_ledger, request

from usd_ai.core.errors import Conflict
from usd_ai.core.types import Failure, Generation, State
from usd_ai.graph.states import RUNNING

ENDS = (State.FAILED, State.REJECTED, State.CANCELLED)
CLOSED = {State.PUBLISHED, *ENDS}


class Generations(RuleBasedStateMachine):
    """Random asks against one ledger; ``known`` is the model."""

    made = Bundle("made")

    def __init__(self) -> None:
        super().__init__()
        self.folder = tempfile.TemporaryDirectory()
        self.ledger = open_ledger(Path(self.folder.name))
        self.known: dict[str, Generation] = {}
        self.told: dict[str, int] = {}

    def teardown(self) -> None:
        self.ledger.close()
        self.folder.cleanup()

    @rule(target=made, number=st.integers(0, 5))
    def create(self, number: int) -> str:
        generation, new = self.ledger.create_generation(request(request_id=f"r{number}"))
        assert new == (generation.name not in self.known)
        if new:
            self.known[generation.name], self.told[generation.name] = generation, 1
        return generation.name

    @rule(name=made, state=st.sampled_from(State), stale=st.booleans())
    def save(self, name: str, state: State, stale: bool) -> None:
        before = self.known[name]
        wanted = dataclasses.replace(before, state=state, etag="old" if stale else before.etag)
        try:
            self.known[name] = self.ledger.save(wanted)
        except Conflict:
            return
        assert not stale
        assert before.state not in CLOSED
        assert self.known[name].etag != before.etag

    @rule(name=made, state=st.sampled_from(State))
    def note(self, name: str, state: State) -> None:
        try:
            said = self.ledger.note(name, state, 0.5, "half")
        except Conflict:
            assert self.known[name].state.ended
            return
        self.told[name] += 1
        assert said.sequence == self.told[name]

    @rule(name=made, state=st.sampled_from(ENDS))
    def fail(self, name: str, state: State) -> None:
        before = self.known[name]
        try:
            after = self.ledger.fail(name, Failure("UsdAiError", "X", "It failed."), state)
        except Conflict:
            assert before.state is State.AWAITING_REVIEW or state is State.REJECTED
            return
        assert after.state is (before.state if before.state in CLOSED else state)
        self.told[name] += after.etag != before.etag
        self.known[name] = after

    @rule()
    def claim(self) -> None:
        queued = [name for name, generation in self.known.items() if generation.state is State.QUEUED]
        taken = self.ledger.claim("w")
        assert (taken.name if taken else None) == (queued[0] if queued else None)
        if taken:
            self.known[taken.name] = taken
            self.told[taken.name] += 1

    @rule()
    def restart(self) -> None:
        self.ledger.close()
        self.ledger = open_ledger(Path(self.folder.name))
        lost = [name for name, generation in self.known.items() if generation.state in RUNNING]
        assert self.ledger.requeue_lost() == len(lost)
        for name in lost:
            self.known[name] = self.ledger.generation(name)
            self.told[name] += 1
            assert self.known[name].state is State.QUEUED

    @invariant()
    def ledger_and_model_agree(self) -> None:
        listed, end = self.ledger.generations("demo", "", 100, "")
        assert listed == list(self.known.values())[::-1]
        assert end == ""
        for name, count in self.told.items():
            assert [said.sequence for said in self.ledger.progress(name, 0)] == list(range(1, count + 1))


TestGenerations = Generations.TestCase
TestGenerations.settings = settings(max_examples=12, stateful_step_count=25, deadline=None)
