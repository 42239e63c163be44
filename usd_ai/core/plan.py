"""Request and facts in, plan out. Pure: the same arguments give the same plan, digest and document.

A plan holds everything that decides the bytes of a layer and nothing that does not. Its identity is the SHA-256 of its
canonical JSON (RFC 8785), so a cache hit, a review and a re-run all speak of the same thing.
"""

from __future__ import annotations

import dataclasses
import hashlib
import importlib
import json
import re
from collections.abc import Mapping
from typing import Any

import rfc8785

from usd_ai.core.errors import InvalidRequest, NotFound
from usd_ai.core.parameters import resolve
from usd_ai.core.ports import GeneratorSpec
from usd_ai.core.types import (
    CameraFacts,
    Detail,
    FrameRange,
    MeshFacts,
    ParameterValue,
    Plan,
    Request,
    StageFacts,
    Understanding,
    World,
)
from usd_ai.core.words import checked_prompt

PLAN_SCHEMA = "usd-ai.plan/1"
WORLD_SCHEMA = "usd-ai.world/1"

WORKER_THREADS = 1
"""Work is pinned to one thread per process: thread counts change the last bits of sums."""

_BREAKS = {"path", "water"}
"""Roles of what belongs to the set of a sequence and stops what runs over the ground."""

_IDENTIFIER = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_MAX_SEED = 2**64 - 1


def make_world(spec: GeneratorSpec, request: Request, facts: StageFacts, versions: Mapping[str, str]) -> World:
    """The world that the shot's sequence shares: every shot with the same seed, ground and world parameters has it.

    Raises InvalidRequest for parameters that are unknown or out of range, or a seed that is not a 64-bit number.
    """
    if not 0 <= request.seed <= _MAX_SEED:
        raise InvalidRequest(
            f"The seed {request.seed} does not fit in 64 bits.", remedy="Give a whole number from 0 to 2^64 - 1."
        )
    values = _settled(spec, request, facts)
    return World(
        generator=spec.id,
        algorithm_version=spec.algorithm_version,
        seed=str(request.seed),
        parameters=tuple(pair for pair in values if pair[0] in spec.world_parameters),
        ground=_mesh_digests(facts.ground),
        meters_per_unit=facts.meters_per_unit,
        up_axis=facts.up_axis,
        versions=named_versions(spec, versions),
        breaks=tuple(
            (m.role, m.points.digest, m.triangles.digest)
            for m in sorted(facts.obstacles, key=lambda m: (m.role, m.points.digest, m.triangles.digest))
            if m.role in _BREAKS and not m.animated
        ),
    )


def make_plan(
    spec: GeneratorSpec,
    request: Request,
    facts: StageFacts,
    versions: Mapping[str, str],
    resolution: tuple[int, int],
) -> tuple[Plan, World]:
    """The plan of one shot and the world it lives in.

    ``versions``: release of every installed distribution the generator names. ``resolution``: the delivery's, pixels.
    Raises InvalidRequest (parameters, seed, layer name taken by the host) and NotFound (camera).
    """
    world = make_world(spec, request, facts, versions)
    values = _settled(spec, request, facts)
    plan = Plan(
        generator=spec.id,
        algorithm_version=spec.algorithm_version,
        root=root_name(request, facts),
        world=digest_of(world_document(world)),
        seed=world.seed,
        parameters=tuple(pair for pair in values if pair[0] not in spec.world_parameters),
        frames=facts.frames,
        time_codes_per_second=facts.time_codes_per_second,
        meters_per_unit=facts.meters_per_unit,
        up_axis=facts.up_axis,
        cameras=tuple((c.path, c.world.digest, c.lens.digest) for c in _cameras(request, facts)),
        ground=world.ground,
        obstacles=tuple(
            (m.role, m.points.digest, m.triangles.digest)
            for m in sorted(facts.obstacles, key=lambda m: (m.points.digest, m.triangles.digest))
            if not m.animated
        ),
        resolution=resolution,
        detail=request.detail,
        threads=WORKER_THREADS,
        device="cpu",
        versions=named_versions(spec, versions),
    )
    return plan, world


def _settled(spec: GeneratorSpec, request: Request, facts: StageFacts) -> tuple[tuple[str, ParameterValue], ...]:
    """All parameters as the generator understands them in this shot, so that the plan needs no shot to be read."""
    values = resolve(spec.parameters, dict(request.parameters))
    if not spec.settle:
        return values
    module, _, name = spec.settle.partition(":")
    settle = getattr(importlib.import_module(module), name)
    return tuple(sorted(settle(dict(values), facts.time_codes_per_second).items()))


def check_words(spec: GeneratorSpec, request: Request) -> None:
    """Raise InvalidRequest for a prompt that is no text, or that this generator cannot read."""
    checked_prompt(request.prompt)
    if request.prompt and not spec.prompt_task:
        raise InvalidRequest(
            f"The generator {spec.id} reads no prompts.",
            remedy=f"Set its parameters instead: usd-ai show generator {spec.id}.",
            reason="PROMPT_NOT_READ",
            context={"generator": spec.id},
        )


def with_words(request: Request, understanding: Understanding | None) -> Request:
    """The request with what its words set; what it set itself stays. The words are gone: a plan holds results."""
    if understanding is None:
        return request
    merged = {**dict(understanding.settings), **dict(request.parameters)}
    return dataclasses.replace(request, parameters=tuple(sorted(merged.items())), prompt="")


def root_name(request: Request, facts: StageFacts) -> str:
    """Name of the layer's root prim. Raises InvalidRequest where USD or the host stage does not allow it."""
    name = request.name or request.generator
    if not _IDENTIFIER.fullmatch(name):
        raise InvalidRequest(
            f"'{name}' cannot name a layer.",
            remedy="Use letters, digits and underscores, not starting with a digit.",
            reason="LAYER_NAME_INVALID",
            context={"name": name},
        )
    if name in facts.root_prims:
        raise InvalidRequest(
            f"The stage of shot {request.shot} already has a prim /{name} of its own.",
            remedy=f"Choose another layer name, for example --name {name}_gen.",
            reason="LAYER_NAME_TAKEN",
            context={"name": name, "shot": request.shot},
        )
    return name


def world_document(world: World) -> dict[str, Any]:
    """The world as a JSON-ready document (schemas/json/world.schema.json)."""
    return {
        "schema": WORLD_SCHEMA,
        "generator": world.generator,
        "algorithm_version": world.algorithm_version,
        "seed": world.seed,
        "parameters": _plain_values(world.parameters),
        "ground": [{"points": p, "triangles": t} for p, t in world.ground],
        "units": {"meters_per_unit": world.meters_per_unit, "up_axis": world.up_axis},
        "versions": dict(world.versions),
        **({"breaks": [{"role": r, "points": p, "triangles": t} for r, p, t in world.breaks]} if world.breaks else {}),
    }


def plan_document(plan: Plan) -> dict[str, Any]:
    """The plan as a JSON-ready document (schemas/json/plan.schema.json)."""
    return {
        "schema": PLAN_SCHEMA,
        "generator": plan.generator,
        "algorithm_version": plan.algorithm_version,
        "root": plan.root,
        "world": plan.world,
        "seed": plan.seed,
        "parameters": _plain_values(plan.parameters),
        "frames": {"start": plan.frames.start, "end": plan.frames.end},
        "units": {
            "meters_per_unit": plan.meters_per_unit,
            "up_axis": plan.up_axis,
            "time_codes_per_second": plan.time_codes_per_second,
        },
        "facts": {
            "cameras": [{"path": path, "world": world, "lens": lens} for path, world, lens in plan.cameras],
            "ground": [{"points": p, "triangles": t} for p, t in plan.ground],
            "obstacles": [{"role": r, "points": p, "triangles": t} for r, p, t in plan.obstacles],
        },
        "resolution": list(plan.resolution),
        "detail": plan.detail.value,
        "backend": {"device": plan.device, "threads": plan.threads, "versions": dict(plan.versions)},
    }


def plan_from_document(document: Mapping[str, Any]) -> Plan:
    """The plan a document describes: the inverse of `plan_document`."""
    units, facts, backend = document["units"], document["facts"], document["backend"]
    return Plan(
        generator=document["generator"],
        algorithm_version=document["algorithm_version"],
        root=document["root"],
        world=document["world"],
        seed=document["seed"],
        parameters=tuple(sorted((k, _value(v)) for k, v in document["parameters"].items())),
        frames=FrameRange(document["frames"]["start"], document["frames"]["end"]),
        time_codes_per_second=float(units["time_codes_per_second"]),
        meters_per_unit=float(units["meters_per_unit"]),
        up_axis=units["up_axis"],
        cameras=tuple((c["path"], c["world"], c["lens"]) for c in facts["cameras"]),
        ground=tuple((g["points"], g["triangles"]) for g in facts["ground"]),
        obstacles=tuple((o["role"], o["points"], o["triangles"]) for o in facts["obstacles"]),
        resolution=(document["resolution"][0], document["resolution"][1]),
        detail=Detail(document["detail"]),
        threads=backend["threads"],
        device=backend["device"],
        versions=tuple(sorted(backend["versions"].items())),
    )


def canonical_json(document: Mapping[str, Any]) -> str:
    """RFC 8785 text of a document: one spelling for one meaning."""
    return rfc8785.dumps(_finite(document)).decode()


def digest_of(document: Mapping[str, Any]) -> str:
    """SHA-256, lower-case hex, of a document's canonical JSON."""
    return hashlib.sha256(canonical_json(document).encode()).hexdigest()


def _finite(document: Mapping[str, Any]) -> dict[str, Any]:
    # json refuses NaN and infinity with a clear error before the canonical writer would.
    return json.loads(json.dumps(document, allow_nan=False))


def _cameras(request: Request, facts: StageFacts) -> tuple[CameraFacts, ...]:
    if not request.camera:
        return facts.cameras
    main = [c for c in facts.cameras if c.path == request.camera]
    if not main:
        raise NotFound(
            f"Shot {request.shot} has no camera {request.camera}.",
            remedy=f"It has: {', '.join(c.path for c in facts.cameras) or 'none'}.",
            reason="CAMERA_NOT_FOUND",
            context={"shot": request.shot, "camera": request.camera},
        )
    return (*main, *(c for c in facts.cameras if c.path != request.camera))


def _mesh_digests(meshes: tuple[MeshFacts, ...]) -> tuple[tuple[str, str], ...]:
    return tuple(sorted((m.points.digest, m.triangles.digest) for m in meshes))


def named_versions(spec: GeneratorSpec, versions: Mapping[str, str]) -> tuple[tuple[str, str], ...]:
    """The releases of the distributions that a generator names, as its plans hold them."""
    return tuple((name, versions.get(name, "unknown")) for name in sorted(spec.libraries))


def _plain_values(values: tuple[tuple[str, ParameterValue], ...]) -> dict[str, Any]:
    return {name: list(value) if isinstance(value, tuple) else value for name, value in values}


def _value(value: Any) -> ParameterValue:  # noqa: ANN401 - straight out of JSON
    return tuple(float(v) for v in value) if isinstance(value, list) else value
