"""A show of one sequence with a ledger beside it, for tests and benchmarks of the asset graph."""

from __future__ import annotations

import base64
import dataclasses
import hashlib
import json
from pathlib import Path

from usd_ai.core.digest import layer_sha256, sha256_bytes, sha256_file
from usd_ai.core.errors import NotFound
from usd_ai.core.types import Edge, Generation, Layer, LayerFile, Project, Record, Request, State
from usd_ai.graph.ledger import SqlLedger
from usd_ai.run.clock import SystemClock

LAYER = "burning_forest"
EDGES = (
    Edge("cut", sha256_bytes(b"cut"), "cut.edl"),
    Edge("stage-layer", sha256_bytes(b"stage"), "sq010/sh010.usda"),
)


class OneShow:
    """`core.ports.Projects` with a single show in a folder."""

    def __init__(self, folder: Path) -> None:
        self._project = Project("demo", str(folder), "cut.edl", None, 8, "{shot}.usda", "publish")

    def get(self, name: str) -> Project:
        if name != self._project.name:
            raise NotFound(f"There is no project {name}.")
        return self._project

    def all(self) -> tuple[Project, ...]:
        return (self._project,)


def open_ledger(folder: Path) -> SqlLedger:
    """The ledger of the show in a folder."""
    state = folder / "state"
    state.mkdir(parents=True, exist_ok=True)
    return SqlLedger(f"sqlite:///{state}/ledger.sqlite", state / "blobs", OneShow(folder), SystemClock())


def request(content: str = "a", shot: str = "sh010", request_id: str = "") -> Request:
    """A request whose parameters hold every kind of value."""
    parameters = (("content", content), ("density", 1.0), ("lit", True), ("trees", 7), ("wind", (1.0, 0.5)))
    return Request("demo", shot, LAYER, parameters, seed=5, request_id=request_id, operator="ana")


def write_layer(folder: Path, content: str, size: int = 4096) -> Layer:
    """The files of a generated layer as the story leaves them; small, but of every kind."""
    block = hashlib.sha256(content.encode()).digest()
    held = {
        "payload.usdc": block * (size // 32),
        "vdb/flame.0001.vdb": block[::-1] * 8,
        "vdb/smoke.0001.vdb": b"the same in every layer" * 8,
    }
    for path, data in {**held, f"{LAYER}.usda": b"#usda 1.0\n# " + block.hex().encode(), "preview.png": block}.items():
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_bytes(data)
    files = tuple(LayerFile(path, sha256_file(folder / path), len(data)) for path, data in sorted(held.items()))
    return Layer(LAYER, files, layer_sha256(files), sha256_bytes(block), (("trees", 7),))


def ready(
    ledger: SqlLedger, folder: Path, content: str, shot: str = "sh010", size: int = 4096, **more: object
) -> Generation:
    """A generation that awaits review, with its files in a work folder of its own; ``more`` are fields to set."""
    generation, _ = ledger.create_generation(request(content, shot))
    work = folder / "state" / "work" / generation.name.rsplit("/", 1)[-1]
    layer = write_layer(work, content, size)
    payload = json.dumps({"layer": layer.sha256, "generation": generation.name}).encode()
    envelope = json.dumps({"payload": base64.b64encode(payload).decode(), "payloadType": "test", "signatures": []})
    (work / "record.json").write_text(envelope)
    record = Record(f"record-{content}", envelope, sha256_bytes(payload))
    for state in (State.PLANNING, State.GENERATING, State.CHECKING):
        generation = ledger.save(
            dataclasses.replace(generation, state=state, plan_digest=sha256_bytes(content.encode()))
        )
    done = dataclasses.replace(
        generation, state=State.AWAITING_REVIEW, layer=layer, record=record, folder=str(work), plan_json="{}"
    )
    done = dataclasses.replace(done, **more)
    return ledger.save(done)
