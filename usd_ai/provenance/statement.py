"""The record as an in-toto Statement v1 whose predicate is shaped like SLSA provenance v1.

Sources: in-toto Attestation Framework, Statement v1 (https://in-toto.io/Statement/v1); SLSA v1.0 Provenance,
"Predicate" (buildDefinition, runDetails). Numbers above 2^53 are written as strings, a field that is not known says
"unknown". The layer carries the record's UUID and the record carries the layer's digests, so there is no cycle.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

import rfc8785

from usd_ai.core.ports import RunFacts
from usd_ai.core.types import Edge, Layer, LayerFile

STATEMENT_TYPE = "https://in-toto.io/Statement/v1"
PREDICATE_TYPE = "urn:usd-ai:layer-provenance:v1"
BUILD_TYPE = "urn:usd-ai:generate:v1"
RECORD_SCHEMA = "usd-ai.record/1"


def statement(
    plan_json: str, world_json: str, layer: Layer, beside: Sequence[LayerFile], run: RunFacts
) -> dict[str, Any]:
    """The statement of one run (schemas/json/record.schema.json).

    ``beside``: the interface and the pictures, which stand outside the layer's digest but not outside the record.
    """
    return {
        "_type": STATEMENT_TYPE,
        "subject": [
            {"name": file.path, "digest": {"sha256": file.sha256}}
            for file in sorted((*layer.files, *beside), key=lambda f: f.path)
        ],
        "predicateType": PREDICATE_TYPE,
        "predicate": {
            "schema": RECORD_SCHEMA,
            "buildDefinition": {
                "buildType": BUILD_TYPE,
                "externalParameters": {"plan": json.loads(plan_json), "world": json.loads(world_json)},
                "internalParameters": {},
                "resolvedDependencies": [_dependency(edge) for edge in run.inputs],
            },
            "runDetails": {
                "builder": {"id": "urn:usd-ai:service", "version": dict(run.versions)},
                "metadata": {"invocationId": run.record_id, "startedOn": run.started, "finishedOn": run.ended},
            },
            "layer": {
                "root": layer.root,
                "sha256": layer.sha256,
                "contentSha256": layer.content_sha256,
                "elements": dict(layer.elements),
                "files": [file.path for file in layer.files],
            },
            "request": {"id": run.request_id, "operator": run.operator or "unknown", **_prompt(run)},
            "outputs": {"digitalSourceType": run.source_type},
            "models": _models(run),
            "use": {"production": run.project, "shot": run.shot, "stage": "unknown", "approval": "unknown"},
        },
    }


def inputs_of(document: dict[str, Any]) -> tuple[Edge, ...]:
    """What a statement says its layer was made from."""
    found = document["predicate"]["buildDefinition"]["resolvedDependencies"]
    return tuple(Edge(i["annotations"]["role"], i["digest"]["sha256"], i["name"]) for i in found)


def canonical(document: dict[str, Any]) -> bytes:
    """The bytes that are signed: RFC 8785."""
    return rfc8785.dumps(document)


def _prompt(run: RunFacts) -> dict[str, str]:
    """The prompt's digest: prompts are a production's secrets, and a record travels."""
    return {"promptSha256": run.understanding.prompt_sha256} if run.understanding else {}


def _models(run: RunFacts) -> list[dict[str, Any]]:
    """Networks that had a part in the layer. Their training record lies beside their weights, in usd_ai itself."""
    heard = run.understanding
    if heard is None:
        return []
    return [
        {
            "name": heard.model,
            "role": "prompt",
            "weights": [{"sha256": heard.model_sha256}],
            "licence": heard.model_licence,
            "trainingData": {"class": "own-synthetic"},
        }
    ]


def _dependency(edge: Edge) -> dict[str, Any]:
    return {"name": edge.name, "digest": {"sha256": edge.sha256}, "annotations": {"role": edge.role}}
