"""Smoke, kept moment by moment: who shows more of a stretch of story time simulates what is new, and no more.

An entry of the cache is one run of the simulation. It holds a file for each moment that was asked for, whoever asked,
and states of the run between them, from which it goes on. Files become visible when they are whole, and never change.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from usd_ai.generators.burning_forest.caches import CacheFolder
from usd_ai.generators.burning_forest.clock import STORY_TICKS
from usd_ai.generators.burning_forest.world import load_columns, save_columns
from usd_ai.sim.plumes import SmokeState

_BOX = "box.json"

Corners = tuple[tuple[float, float, float], tuple[float, float, float]]
"""Low and high corner of a run's grid, host units."""


@dataclass(frozen=True, slots=True)
class KeptSmoke:
    """What is kept of one run: ``key`` says all that decides it, but not which moments are wanted."""

    cache: str
    key: dict[str, object]

    @property
    def folder(self) -> Path:
        """Where it lies."""
        return CacheFolder(self.cache).entry("smoke", self.key)[0]

    def file(self, tick: int) -> Path:
        """The volume of a moment."""
        return self.folder / f"smoke.{tick}.vdb"

    def missing(self, ticks: Iterable[int]) -> list[int]:
        """Of some moments those that are not kept yet, ascending."""
        folder = self.folder
        return sorted({tick for tick in ticks if not (folder / f"smoke.{tick}.vdb").is_file()})

    def fill(self, ticks: Iterable[int], make: Callable[[list[int]], None]) -> None:
        """Have ``make`` put the moments that are missing; one process at a time, the others find them made."""
        wanted = list(ticks)
        if not self.missing(wanted):
            return
        folder, locks, name = CacheFolder(self.cache).entry("smoke", self.key)
        with locks.held(name):
            folder.mkdir(parents=True, exist_ok=True)
            if left := self.missing(wanted):
                make(left)

    def put(self, tick: int, data: bytes) -> None:
        """Keep the volume of a moment."""
        self._whole(self.file(tick), lambda part: part.write_bytes(data))

    def put_box(self, corners: Corners) -> None:
        """Keep the corners of the grid, the same for all moments."""
        if not (self.folder / _BOX).is_file():
            self._whole(self.folder / _BOX, lambda part: part.write_text(json.dumps(corners), encoding="utf-8"))

    def box(self) -> Corners:
        """The corners of the grid; there are some once a moment is kept."""
        low, high = json.loads((self.folder / _BOX).read_text(encoding="utf-8"))
        return tuple(low), tuple(high)

    def put_state(self, state: SmokeState) -> None:
        """Keep a state to go on from."""
        clock = np.array([state.now, state.seconds])
        file = self.folder / f"state.{round(state.now * STORY_TICKS)}.npz"
        if not file.is_file():
            self._whole(file, lambda part: save_columns(part, {**state.fields, "clock": clock}))

    def state_before(self, tick: int) -> SmokeState | None:
        """The latest state before a moment; None where the run must begin at its beginning."""
        kept = {int(file.name.split(".")[1]): file for file in self.folder.glob("state.*.npz")}
        before = [moment for moment in kept if moment < tick]
        if not before:
            return None
        columns = load_columns(kept[max(before)])
        now, seconds = columns.pop("clock").tolist()
        return SmokeState(now, seconds, columns)

    def _whole(self, file: Path, write: Callable[[Path], object]) -> None:
        part = file.with_name(f".{file.name}.part")
        write(part)
        part.replace(file)
