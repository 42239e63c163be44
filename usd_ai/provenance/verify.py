"""The offline judge: whether a layer is what its record says, and the record what was signed.

Verdicts: INTACT (every file's digest holds), CONVERTED (the payload's bytes changed, its content did not, as after
usda ↔ usdc), ALTERED (a record is known and something differs), UNRECORDED (nothing claims it), INVALID (the record
itself does not hold). That a layer is UNRECORDED never means that no generator made it.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from usd_ai.core.digest import layer_sha256, sha256_file
from usd_ai.core.errors import NotFound, RecordInvalid, UnreadableInput, UsdAiError
from usd_ai.core.types import LayerFile, Trace, Verdict
from usd_ai.provenance.seal import TRUST_FILE, open_envelope, read_trust

RECORD_FILE = "record.json"
PAYLOAD_FILE = "payload.usdc"
_UPWARD = 8  # a version folder lies six levels under the folder that holds the project's trust file


@dataclass(frozen=True, slots=True)
class _Claim:
    """What a valid record says, and where the layer lies that it speaks of."""

    folder: Path
    document: dict[str, Any]
    signer: str
    trust_note: str

    @property
    def record_id(self) -> str:
        return str(self.document["predicate"]["runDetails"]["metadata"]["invocationId"])

    @property
    def digests(self) -> dict[str, str]:
        return {str(s["name"]): str(s["digest"]["sha256"]) for s in self.document["subject"]}


def verify_layer(path: str, trust: str = "", record: str = "") -> Verdict:
    """Judge a layer by any of its files or its folder. ``trust``, ``record``: files to use instead of those beside it.

    Raises NotFound where there is no such file, or no trust file to be found; never for a bad layer.
    """
    place = Path(path)
    if not place.exists():
        raise NotFound(f"There is no layer at {place.name}.", remedy="Give a layer file or a version folder.")
    envelope = Path(record) if record else _beside(place)
    if envelope is None:
        return _without_record(place)
    try:
        claim = _claim(envelope, trust)
    except RecordInvalid as error:
        return Verdict("INVALID", (str(error),))
    return _judge(claim)


def trace_prim(path: str, prim: str, trust: str = "") -> Trace:
    """Who, when, plan, seed, code and inputs of a prim. Raises NotFound (record, prim), RecordInvalid."""
    there = Path(path).exists()
    envelope = _beside(Path(path)) if there else None
    if envelope is None:
        raise NotFound(
            f"{path} has no record beside it." if there else f"There is no {path}.",
            remedy="Give a published layer or its version folder; `usd-ai list versions` shows where they lie.",
        )
    claim = _claim(envelope, trust)
    _require_prim(claim, prim)
    predicate = claim.document["predicate"]
    build, details = predicate["buildDefinition"], predicate["runDetails"]
    plan = build["externalParameters"]["plan"]
    lines = [
        ("prim", prim),
        ("who", predicate["request"]["operator"]),
        ("when", details["metadata"]["finishedOn"]),
        ("generator", f"{plan['generator']} (algorithm {plan['algorithm_version']})"),
        ("seed", plan["seed"]),
        ("world", plan["world"]),
        ("code", f"usd-ai {details['builder']['version'].get('usd-ai', 'unknown')}"),
        ("source type", predicate["outputs"]["digitalSourceType"]),
        ("models", ", ".join(m["name"] for m in predicate["models"]) or "none: procedural"),
        ("production", f"{predicate['use']['production']} {predicate['use']['shot']}"),
        ("layer", predicate["layer"]["sha256"]),
        ("record", claim.record_id),
        ("signed by", claim.signer),
    ]
    lines += [("parameter", f"{name} = {value}") for name, value in sorted(_parameters(build).items())]
    lines += [
        ("input", f"{i['annotations']['role']} {i['name']} sha256:{i['digest']['sha256'][:16]}")
        for i in build["resolvedDependencies"]
    ]
    return Trace(prim=prim, record_id=claim.record_id, lines=tuple((q, str(a)) for q, a in lines))


def _parameters(build: dict[str, Any]) -> dict[str, Any]:
    external = build["externalParameters"]
    return {**external["world"]["parameters"], **external["plan"]["parameters"]}


def _judge(claim: _Claim) -> Verdict:
    layer = claim.document["predicate"]["layer"]
    missing = [name for name in claim.digests if not (claim.folder / name).is_file()]
    changed = [
        name
        for name, digest in claim.digests.items()
        if name not in missing and sha256_file(claim.folder / name) != digest
    ]
    extra = _unlisted(claim)
    reasons = [f"{name} is missing." for name in missing]
    reasons += [f"{name} is not the file that was recorded." for name in changed]
    reasons += [f"{name} is not part of the recorded layer." for name in extra]
    facts = {"record_id": claim.record_id, "layer_sha256": str(layer["sha256"]), "signer": claim.signer}
    if not reasons:
        listed = [LayerFile(name, claim.digests[name], 0) for name in layer["files"]]
        if layer_sha256(listed) != layer["sha256"]:
            return Verdict("INVALID", ("The record's layer digest does not follow from its files.",), **facts)
        return Verdict("INTACT", (f"{len(claim.digests)} files hold.", claim.trust_note), **facts)
    if changed == [PAYLOAD_FILE] and not missing and not extra and _same_content(claim):
        kept = "The payload was rewritten by another program; its content is what was recorded."
        return Verdict("CONVERTED", (kept, claim.trust_note), **facts)
    return Verdict("ALTERED", tuple(reasons), **facts)


def _unlisted(claim: _Claim) -> list[str]:
    """Files in the layer's folder of which the record does not speak, and links, which may lead out of it."""
    found: list[str] = []
    for file in sorted(claim.folder.rglob("*")):
        name = file.relative_to(claim.folder).as_posix()
        if file.is_symlink() or (file.is_file() and name not in claim.digests and name != RECORD_FILE):
            found.append(name)
    return found


def _same_content(claim: _Claim) -> bool:
    """Whether the payload that the interface loads says what was recorded, whatever program wrote its bytes."""
    from usd_ai.provenance.content import content_sha256  # noqa: PLC0415 - needs pxr, and only for converted layers

    wanted = str(claim.document["predicate"]["layer"]["contentSha256"])
    try:
        return content_sha256(str(claim.folder / PAYLOAD_FILE)) == wanted
    except UnreadableInput:
        return False  # what cannot be read is not what was recorded


def _claim(envelope: Path, trust: str) -> _Claim:
    trust_file = Path(trust) if trust else _trust_beside(envelope)
    keys = read_trust(trust_file)
    try:
        text = envelope.read_text(encoding="utf-8")
    except UnicodeDecodeError as error:
        raise RecordInvalid("The record is not text any more.", remedy="Fetch the published version again.") from error
    opened = open_envelope(text, keys)
    signer = next(key.name for key in keys if key.keyid == opened.keyid)
    key = next(key for key in keys if key.keyid == opened.keyid)
    document: dict[str, Any] = json.loads(opened.payload)
    ended = str(document["predicate"]["runDetails"]["metadata"]["finishedOn"])
    if ended < key.not_before or (key.not_after and ended > key.not_after):
        raise RecordInvalid(
            f"The record was signed outside the time for which the key of {signer} is trusted.",
            remedy="Ask whoever keeps the trust file.",
            reason="KEY_EXPIRED",
        )
    note = (
        f"Signed by {signer}, a key of the trust file you gave."
        if trust
        else f"Signed by {signer}; the trust file was found beside the layers, so this shows that nothing changed "
        "since signing, not who signed. Pass --trust FILE with a trust file from a source of your own."
    )
    return _Claim(envelope.parent, document, f"{signer} ({opened.keyid[:16]})", note)


def _beside(place: Path) -> Path | None:
    folder = place if place.is_dir() else place.parent
    for candidate in (folder, folder.parent):
        if (candidate / RECORD_FILE).is_file():
            return candidate / RECORD_FILE
    return None


def _trust_beside(envelope: Path) -> Path:
    for folder in list(envelope.resolve().parents)[:_UPWARD]:
        if (folder / TRUST_FILE).is_file():
            return folder / TRUST_FILE
    raise NotFound(
        "There is a record, but no trust file to check its signature with.",
        remedy="Get trust.json from whoever runs usd_ai and pass it with --trust FILE.",
        reason="TRUST_NOT_FOUND",
    )


def _without_record(place: Path) -> Verdict:
    from usd_ai.provenance.content import stamped_record_ids  # noqa: PLC0415 - needs pxr, and only without a record

    candidates = [place] if place.is_file() else sorted(place.glob("*.usd*"))
    stamps: tuple[str, ...] = ()
    for file in candidates:
        try:
            stamps += stamped_record_ids(str(file))
        except UsdAiError as error:
            return Verdict("UNRECORDED", (str(error),))
    if stamps:
        said = f"It is stamped with record {', '.join(stamps)}, but that record is not beside it."
        return Verdict("ALTERED", (said,), record_id=stamps[0])
    return Verdict("UNRECORDED", ("No record and no stamp: nothing here claims to have made it.",))


def _require_prim(claim: _Claim, prim: str) -> None:
    from usd_ai.provenance.content import prim_paths  # noqa: PLC0415 - needs pxr, and only where a prim is asked for

    interface = claim.folder / f"{claim.document['predicate']['layer']['root']}.usda"
    if prim and prim not in prim_paths(str(interface)):
        raise NotFound(
            f"The layer has no prim {prim}.",
            remedy=f"Its root is /{claim.document['predicate']['layer']['root']}.",
            reason="PRIM_NOT_FOUND",
        )
