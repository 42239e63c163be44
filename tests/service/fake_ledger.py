"""The fake ledger: generations, versions and progress in memory."""

from __future__ import annotations

import dataclasses
import hashlib
import itertools
import threading
from collections.abc import Callable, Sequence
from typing import Any

from usd_ai.core.errors import Conflict, NotFound
from usd_ai.core.types import (
    Edge,
    Failure,
    Generation,
    Progress,
    Request,
    State,
    Version,
)


class FakeLedger:
    """Generations, progress and versions behind one lock."""

    def __init__(self) -> None:
        self._lock = threading.RLock()
        self._ids = itertools.count(1)
        self._etags = itertools.count(1)
        self._generations: dict[str, Generation] = {}
        self._claimed: set[str] = set()
        self._progress: dict[str, list[Progress]] = {}
        self._versions: list[Version] = []
        self.progress_reads = 0
        self.raises: Exception | None = None

    def create_generation(self, request: Request) -> tuple[Generation, bool]:
        with self._lock:
            for known in self._generations.values():
                if request.request_id and known.request.request_id == request.request_id:
                    return known, False
            name = f"projects/{request.project}/shots/{request.shot}/generations/g{next(self._ids):04}"
            made = Generation(name, request, State.QUEUED, "2026-11-22T10:00:00.123Z", self._etag())
            self._generations[name] = made
            self.note(name, State.QUEUED, 0.0, "queued")
            return made, True

    def requested(self, project: str, request_id: str) -> Generation | None:
        with self._lock:
            return next(
                (g for g in self._generations.values() if request_id and g.request.request_id == request_id), None
            )

    def generation(self, name: str) -> Generation:
        if self.raises:
            raise self.raises
        with self._lock:
            if name not in self._generations:
                raise NotFound(f"There is no generation {name}.", remedy="usd-ai list shows what there is.")
            return self._generations[name]

    def generations(self, project: str, shot: str, page_size: int, page_token: str) -> tuple[list[Generation], str]:
        with self._lock:
            found = [g for g in self._generations.values() if g.request.shot == shot or not shot]
        return _page(found[::-1], page_size, page_token)

    def unfinished(self, project: str) -> list[Generation]:
        with self._lock:
            known = list(self._generations.values())
        return [g for g in known if not g.state.ended or g.state is State.AWAITING_REVIEW]

    def save(self, generation: Generation) -> Generation:
        with self._lock:
            if self._generations[generation.name].state.ended:
                raise Conflict(f"{generation.name} has ended.")
            saved = dataclasses.replace(generation, etag=self._etag())
            self._generations[generation.name] = saved
            return saved

    def claim(self, worker: str) -> Generation | None:
        with self._lock:
            for generation in self._generations.values():
                if generation.state is State.QUEUED and generation.name not in self._claimed:
                    self._claimed.add(generation.name)
                    return generation
        return None

    def requeue_lost(self) -> int:
        return 0

    def reconcile(self) -> tuple[str, ...]:
        return ()

    def note(self, name: str, state: State, fraction: float, message: str) -> Progress:
        with self._lock:
            known = self._progress.setdefault(name, [])
            known.append(Progress(len(known) + 1, state, fraction, message))
            return known[-1]

    def progress(self, name: str, after_sequence: int) -> list[Progress]:
        with self._lock:
            self.progress_reads += 1
            return self._progress.get(name, [])[after_sequence:]

    def fail(self, name: str, failure: Failure, state: State) -> Generation:
        with self._lock:
            failed = dataclasses.replace(self._generations[name], state=state, failure=failure, etag=self._etag())
            self._generations[name] = failed
            self.note(name, state, 1.0, failure.message)
            return failed

    def find_built(self, plan_digest: str, best: Callable[[Generation], bool]) -> Generation | None:
        with self._lock:
            built = [
                g for g in self._generations.values() if g.plan_digest == plan_digest and g.layer and g.state.ended
            ]
            return min(built, key=lambda one: not best(one), default=None)

    def publish(self, generation: Generation, name: str, request_id: str, edges: Sequence[Edge]) -> Version:
        with self._lock:
            for known in self._versions:
                if known.request_id == request_id or known.generation == generation.name:
                    return known
            request = generation.request
            same = [v for v in self._versions if (v.shot, v.name) == (request.shot, name)]
            made = Version(
                request.project, request.shot, name, len(same) + 1, _digest_of(generation), generation.plan_digest,
                "rec-1", generation.name, generation.folder, "2026-11-22T11:00:00.000Z", request_id, tuple(edges),
            )  # fmt: skip
            self._versions.append(made)
            published = dataclasses.replace(generation, state=State.PUBLISHED, version=made.number, etag=self._etag())
            self._generations[generation.name] = published
            return made

    def versions(self, project: str, shot: str, page_size: int, page_token: str) -> tuple[list[Version], str]:
        found = [v for v in self._versions if v.shot == shot or not shot]
        return _page(found[::-1], page_size, page_token)

    def version(self, project: str, shot: str, name: str, number: int) -> Version:
        found = [v for v in self._versions if (v.shot, v.name) == (shot, name) and number in (0, v.number)]
        if not found:
            raise NotFound(
                f"Shot {shot} has no version {number or 'latest'} of {name}.", remedy="usd-ai list --published"
            )
        return found[-1]

    def _etag(self) -> str:
        return f"e{next(self._etags)}"


def _digest_of(generation: Generation) -> str:
    """Of a layer: each has bytes of its own, unless it was taken over from an earlier one of the same plan."""
    return hashlib.sha256(generation.plan_digest.encode()).hexdigest()


def _page(items: list[Any], size: int, token: str) -> tuple[list[Any], str]:
    start = int(token or 0)
    return items[start : start + size], str(start + size) if start + size < len(items) else ""
