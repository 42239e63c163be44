from __future__ import annotations

import dataclasses
from pathlib import Path

from tests.service.fakes import CUT, World, shot
from usd_ai.core.types import Request, State


def run(world: World, name: str) -> object:
    world.engine.submit(Request("ember", name, "bonfire", request_id=f"r-{name}"))
    claimed = world.ledger.claim("test")
    assert claimed is not None
    return world.engine.run(claimed)


def test_when_another_shot_has_the_same_plan_then_its_bytes_are_taken_over_and_its_stamps_are_its_own(
    tmp_path: Path,
) -> None:
    world = World(tmp_path)
    world.cuts.cut = dataclasses.replace(CUT, shots=(shot("sh010", 1001, 1048), shot("sh011", 1001, 1048)))
    one = run(world, "sh010")
    twin = run(world, "sh011")
    assert one.state is twin.state is State.AWAITING_REVIEW
    assert one.plan_digest == twin.plan_digest
    assert one.layer.sha256 == twin.layer.sha256
    assert world.workers.builds == 1
    assert (twin.cached, twin.folder != one.folder) == (False, True)


def test_when_a_build_fails_then_nothing_of_it_is_left(tmp_path: Path) -> None:
    world = World(tmp_path)
    world.workers.raises = RuntimeError("a fault of ours")
    world.engine.submit(Request("ember", "sh010", "bonfire"))
    claimed = world.ledger.claim("test")
    assert claimed is not None
    world.engine._run_guarded(claimed)
    ended = world.ledger.generation(claimed.name)
    assert (ended.state, ended.failure.reason) == (State.FAILED, "INTERNAL")
    assert list((tmp_path / "work").iterdir()) == []
