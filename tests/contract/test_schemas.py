from __future__ import annotations

import base64
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from referencing import Registry, Resource

from usd_ai.core import plan as planning
from usd_ai.core.ports import RunFacts
from usd_ai.core.types import (
    ArrayRef,
    CameraFacts,
    Detail,
    Edge,
    FrameRange,
    Layer,
    LayerFile,
    MeshFacts,
    Plan,
    Request,
    StageFacts,
    World,
)
from usd_ai.generators.burning_forest import GENERATOR
from usd_ai.provenance.keeper import Records
from usd_ai.provenance.seal import Signer

SCHEMAS = Path(__file__).resolve().parents[2] / "schemas" / "json"
VERSIONS = {"numpy": "2.4.6", "numba": "0.68.1", "torch": "2.13.0", "llvmlite": "0.50.0", "usd-core": "26.11"}
VERSIONS |= {"scipy": "1.17.1", "OpenEXR": "3.5.3"}
RUN = RunFacts(
    record_id="6f1c1b1e-0000-4000-8000-123456789abc", request_id="", operator="", project="ember", shot="sh010",
    started="2026-11-22T10:00:00.000Z", ended="2026-11-22T10:01:00.000Z", versions=(("usd-ai", "0.1.0"),),
    inputs=(Edge("cut", "ab" * 32, "cut.otio"), Edge("stage-layer", "cd" * 32, "shots/sh010.usda")),
    source_type=GENERATOR.source_type,
)  # fmt: skip


def schema(name: str) -> dict[str, Any]:
    return json.loads((SCHEMAS / f"{name}.schema.json").read_text(encoding="utf-8"))


def validate(name: str, document: Mapping[str, Any]) -> None:
    validator = jsonschema.Draft202012Validator(
        schema(name),
        registry=registry(),
        format_checker=jsonschema.Draft202012Validator.FORMAT_CHECKER,
    )
    validator.validate(document)


def registry() -> Registry[Any]:
    return Registry().with_resources(
        (document["$id"], Resource.from_contents(document)) for document in map(schema, ("plan", "world", "record"))
    )


def planned(detail: Detail = Detail.FULL) -> tuple[Plan, World]:
    def array(word: str) -> ArrayRef:
        return ArrayRef((word.encode().hex() * 16)[:64], "<f8", (1,))

    mesh = MeshFacts("/set/ground", array("points"), array("corners"), (0.0, 0.0, 0.0), (1.0, 1.0, 1.0), "ground")
    rock = MeshFacts("/set/rock", array("rock"), array("faces"), (0.0, 0.0, 0.0), (1.0, 1.0, 1.0), "rock")
    facts = StageFacts(
        meters_per_unit=0.01, up_axis="Y", time_codes_per_second=24000 / 1001, frames=FrameRange(-10, 1064),
        cameras=(CameraFacts("/cams/main", array("world"), array("lens"), (1.0, 1e6)),), ground=(mesh,),
        obstacles=(rock,), lights=(), root_prims=("set", "cams"), default_prim="set", color_configuration="",
        layers=(), environment_layer="",
    )  # fmt: skip
    request = Request("ember", "sh010", "burning_forest", (("density", 1.3),), seed=2**64 - 1, detail=detail)
    return planning.make_plan(GENERATOR, request, facts, VERSIONS, (4096, 1716))


def sealed(folder: Path) -> dict[str, Any]:
    """The statement that a signed record carries, of files that lie in ``folder``."""
    (folder / "payload.usdc").write_bytes(b"payload")
    (folder / "burning_forest.usda").write_bytes(b"#usda 1.0\n")
    (folder / "preview.png").write_bytes(b"png")
    plan, world = planned()
    layer = Layer("burning_forest", (LayerFile("payload.usdc", "ab" * 32, 7),), "cd" * 32, "ef" * 32, (("trees", 3),))
    texts = [planning.canonical_json(d) for d in (planning.plan_document(plan), planning.world_document(world))]
    record = Records(Signer.first_run(folder / "keys")).seal(str(folder), texts[0], texts[1], layer, RUN)
    return json.loads(base64.b64decode(json.loads(record.envelope)["payload"]))


@pytest.mark.parametrize("name", ["plan", "world", "record"])
def test_when_a_schema_is_read_then_it_is_one(name: str) -> None:
    jsonschema.Draft202012Validator.check_schema(schema(name))


@pytest.mark.parametrize("detail", list(Detail))
def test_when_a_plan_is_made_then_its_schema_describes_it(detail: Detail) -> None:
    plan, world = planned(detail)
    validate("plan", planning.plan_document(plan))
    validate("world", planning.world_document(world))


def test_when_a_record_is_sealed_then_its_schema_describes_it(tmp_path: Path) -> None:
    validate("record", sealed(tmp_path))


@pytest.mark.parametrize("key", ["seed", "world", "frames", "backend", "schema"])
def test_when_a_plan_lacks_something_then_its_schema_refuses_it(key: str) -> None:
    document = planning.plan_document(planned()[0])
    del document[key]
    with pytest.raises(jsonschema.ValidationError, match=key):
        validate("plan", document)


def test_when_a_plan_says_more_than_decides_the_bytes_then_its_schema_refuses_it() -> None:
    document = {**planning.plan_document(planned()[0]), "operator": "ana"}
    with pytest.raises(jsonschema.ValidationError, match="operator"):
        validate("plan", document)


def test_when_a_record_has_no_signed_files_then_its_schema_refuses_it(tmp_path: Path) -> None:
    statement = sealed(tmp_path)
    with pytest.raises(jsonschema.ValidationError):
        validate("record", {**statement, "subject": []})
