"""A show whose shots have published layers, for tests of what a new cut means."""

from __future__ import annotations

import dataclasses
import shutil
from pathlib import Path

from tests.service.fakes import World
from tests.unit.core.cuts import cut, use
from usd_ai.core.decisions import SyncPlan
from usd_ai.core.types import Cut, Generation, Request, State, Version

SHOTS = ("a", "b", "c")
A, B, C = use("a", 1001), use("b", 2001, at=40), use("c", 3001, at=80)
OLD = cut(A, B, C)


class Turning(World):
    """A show whose three shots have a published layer, generated for the cut OLD."""

    def __init__(self, folder: Path) -> None:
        super().__init__(folder)
        self.cuts.cut = OLD
        self.say("ember.otio", OLD)
        for name in (*SHOTS, "d"):
            stage = folder / "shots" / f"{name}.usda"
            stage.parent.mkdir(exist_ok=True)
            stage.write_text("#usda 1.0\n")
        for name in SHOTS:
            self.published(name)

    def say(self, file: str, one: Cut) -> str:
        """Let a file hold a cut."""
        self.cuts.cuts[file] = one
        return f"cuts/{file}"

    def published(self, shot: str, **changes: object) -> None:
        """Generate and publish a layer of a shot."""
        self.publish(self.engine.submit(Request("ember", shot, "bonfire", **changes)).name)  # type: ignore[arg-type]

    def publish(self, name: str) -> Generation:
        while claimed := self.ledger.claim("test"):
            self.engine.run(claimed)
        generation = self.ledger.generation(name)
        assert generation.state is State.AWAITING_REVIEW, generation.failure
        version = self.engine.publish(name, generation.etag, name)
        self._lay(version)
        return self.ledger.generation(name)

    def _lay(self, version: Version) -> None:
        """Let a version lie where published layers lie, as the real ledger does."""
        place = f"{version.shot}/env/{version.name}/v{version.number:03}"
        folder = Path(self.show.root) / self.show.publish / place
        if Path(version.folder) != folder:
            shutil.copytree(version.folder, folder)
            known = self.ledger._versions
            known[known.index(version)] = dataclasses.replace(version, folder=str(folder))

    def decide(self, path: str, **options: bool) -> SyncPlan:
        return self.engine.turnover.decisions("ember", path, **options)

    def apply(self, path: str, etag: str = "") -> SyncPlan:
        return self.engine.turnover.apply("ember", path, etag or self.decide(path).etag, "ada")
