"""`usd-ai show`: everything about one generator, shot, generation, version or record."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Callable
from itertools import groupby
from typing import Any

import click

from usd_ai.cli import output, results
from usd_ai.cli.verb import Verb, json_option, server_options, studio
from usd_ai.client import GeneratorInfo, Studio
from usd_ai.core.errors import InvalidRequest, NotFound
from usd_ai.core.parameters import Parameter
from usd_ai.core.types import ParameterValue

_VERSION = re.compile(r"(?:projects/[^/]+/shots/)?([^/]+)/(?:layers/)?([^/]+?)(?:/versions)?(?:/(\d+|latest))?")


@click.command("show", cls=Verb)
@click.argument("what", nargs=-1, required=True, metavar="[KIND] NAME")
@server_options
@json_option
def command(what: tuple[str, ...], server: str | None, project: str, *, as_json: bool) -> None:
    """Show a generator (with all that can be set), a shot, a generation, a version or a record.

    \b
    usd-ai show generator burning_forest
    usd-ai show shot sh010
    usd-ai show generation projects/P/shots/S/generations/ID
    usd-ai show version sh010/burning_forest[/3]
    usd-ai show record sh010/burning_forest[/3]

    The KIND may be left out for full resource names.
    """  # noqa: D301 - \b keeps click from folding the examples into a paragraph
    kind, name = _kind_and_name(what)
    with studio(server, project) as at:
        _SHOW[kind](at, name, as_json)


def _kind_and_name(what: tuple[str, ...]) -> tuple[str, str]:
    if len(what) == 2 and what[0] in _SHOW:  # noqa: PLR2004 - kind and name
        return what[0], what[1]
    name = what[0]
    if len(what) == 1:
        for mark, kind in (("/generations/", "generation"), ("/versions/", "version"), ("generators/", "generator")):
            if mark in name:
                return kind, name
        if "/" not in name:
            return "shot", name
    raise InvalidRequest(
        f"'{' '.join(what)}' names nothing that can be shown.",
        remedy=f"Say which kind it is: usd-ai show {'|'.join(_SHOW)} NAME.",
        reason="NAME_INVALID",
    )


def _generator(at: Studio, name: str, as_json: bool) -> None:
    info = at.generator(name.removeprefix("generators/"))
    if as_json:
        output.as_json(
            {
                "generator": info.id,
                "title": info.title,
                "summary": info.summary,
                "algorithm_version": info.algorithm_version,
                "parameters": [_parameter_object(info, p) for p in info.parameters],
            }
        )
        return
    output.say(f"{info.title} ({info.id}, algorithm {info.algorithm_version}): {info.summary}")
    for group, members in groupby(info.parameters, key=lambda p: p.group):
        rows = [(p.name, _text(p.default), p.range_text(), p.doc + _shared(info, p)) for p in members]
        output.table((group, "default", "range", "what it does"), rows)
    output.next_steps(f"usd-ai generate SHOT --generator {info.id} --set {info.parameters[0].name}=...")


def _parameter_object(info: GeneratorInfo, parameter: Parameter) -> dict[str, Any]:
    default = parameter.default
    return {
        "name": parameter.name,
        "kind": parameter.kind,
        "default": list(default) if isinstance(default, tuple) else default,
        "unit": parameter.unit,
        "low": parameter.low if math.isfinite(parameter.low) else None,
        "high": parameter.high if math.isfinite(parameter.high) else None,
        "choices": list(parameter.choices),
        "group": parameter.group,
        "doc": parameter.doc,
        "world": parameter.name in info.world,
    }


def _shot(at: Studio, name: str, as_json: bool) -> None:
    shot = at.cut().shot(name)
    generations = [handle.snapshot for handle in at.generations(name)]
    versions = list(at.versions(name))
    if shot is None and not generations and not versions:
        raise NotFound(
            f"Neither the cut nor the ledger has a shot {name}.",
            remedy="usd-ai shots lists those of the cut.",
            reason="SHOT_NOT_FOUND",
            context={"shot": name},
        )
    if as_json:
        output.as_json(
            {
                "shot": name,
                "needed": [shot.needed.start, shot.needed.end] if shot else None,
                "visible": [shot.visible.start, shot.visible.end] if shot else None,
                "versions": [{"name": v.name, "version": v.number, "folder": v.folder} for v in versions],
                "generations": [{"generation": g.name, "state": g.state.value} for g in generations],
            }
        )
        return
    needed = f"{shot.needed} ({shot.needed.count} frames at {shot.rate} fps)" if shot else "not in the cut"
    output.facts([("shot", name), ("needed", needed), ("seen", str(shot.visible) if shot else "")])
    if versions:
        output.table(("layer", "version", "folder"), [(v.name, v.number, v.folder) for v in versions])
    if generations:
        output.table(("state", "generation"), [(g.state.value, g.name) for g in generations])


def _generation(at: Studio, name: str, as_json: bool) -> None:
    handle = at.generation(name)
    snapshot = handle.snapshot
    findings = [(f.severity, f.rule, f.message, f.prim) for f in snapshot.findings]
    failure = snapshot.failure
    if as_json:
        told = ("severity", "rule", "message", "prim")
        output.as_json(
            {
                **results.result_object(handle),
                "version": snapshot.version,
                "findings": [dict(zip(told, row, strict=True)) for row in findings],
                "failure": {"reason": failure.reason, "message": failure.message, "remedy": failure.remedy}
                if failure
                else None,
                "request": {
                    "generator": snapshot.request.generator,
                    "parameters": {name: _plain(value) for name, value in snapshot.request.parameters},
                    "seed": str(snapshot.request.seed),
                    "operator": snapshot.request.operator,
                },
            }
        )
        return
    results.tell(results.result_object(handle))
    output.facts([("error", f"{failure.message} {failure.remedy}" if failure else ""), ("etag", snapshot.etag)])
    if findings:
        output.table(("severity", "rule", "message", "prim"), findings)


def _version(at: Studio, name: str, as_json: bool) -> None:
    version = at.version(*_version_parts(name))
    edges = [(edge.role, edge.name, edge.sha256) for edge in version.edges]
    if as_json:
        output.as_json(
            {
                "shot": version.shot,
                "name": version.name,
                "version": version.number,
                "layer": {"sha256": version.layer_sha256, "path": f"{version.folder}/{version.name}.usda"},
                "plan": {"digest": version.plan_digest},
                "record": {"id": version.record_id, "path": f"{version.folder}/record.json"},
                "generation": version.generation,
                "published": version.created,
                "lineage": [{"role": role, "name": source, "sha256": digest} for role, source, digest in edges],
            }
        )
        return
    output.facts(
        [
            ("version", f"{version.shot} {version.name} v{version.number:03}"),
            ("layer", f"{version.folder}/{version.name}.usda"),
            ("sha256", version.layer_sha256),
            ("plan", version.plan_digest),
            ("record", f"{version.folder}/record.json"),
            ("generation", version.generation),
            ("published", version.created),
        ]
    )
    output.table(("made from", "name", "sha256"), edges)


def _record(at: Studio, name: str, as_json: bool) -> None:
    record = at.record(*_version_parts(name))
    if as_json:
        output.as_json(
            {
                "record": {"id": record.id, "payload_sha256": record.payload_sha256},
                "envelope": json.loads(record.envelope),
            }
        )
    else:
        output.say(record.envelope)


def _version_parts(name: str) -> tuple[str, str, int]:
    match = _VERSION.fullmatch(name)
    if match is None:
        raise InvalidRequest(
            f"'{name}' names no version.", remedy="Write SHOT/LAYER or SHOT/LAYER/NUMBER.", reason="NAME_INVALID"
        )
    number = match[3]
    return match[1], match[2], int(number) if number and number != "latest" else 0


def _plain(value: ParameterValue) -> Any:  # noqa: ANN401 - straight into JSON
    return list(value) if isinstance(value, tuple) else value


def _text(value: ParameterValue) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, tuple):
        return ",".join(f"{v:g}" for v in value)
    return f"{value:g}" if isinstance(value, float) else str(value)


def _shared(info: GeneratorInfo, parameter: Parameter) -> str:
    return " (shared by the sequence)" if parameter.name in info.world else ""


_SHOW: dict[str, Callable[[Studio, str, bool], None]] = {
    "generator": _generator,
    "shot": _shot,
    "generation": _generation,
    "version": _version,
    "record": _record,
}
