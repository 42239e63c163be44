"""Rules over host and layer together: what validators say anew, and whether the host is left as it was."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from pxr import Sdf, Usd

from usd_ai.core.types import Finding, Layer, StageFacts
from usd_ai.stage.facts_open import mute_ours

_PACKAGES = "UsdzValidators"  # rules for packages that are sent away; a layer in a shot is not one
_COPIED = ("defaultPrim", "endTimeCode", "framesPerSecond", "metersPerUnit", "startTimeCode", "timeCodesPerSecond")


def _composed(home: Path, interface: Path | None, host: str, mask: list[str] | None = None) -> Usd.Stage:
    """The host, with the layer under it or without, without what we published before. ``mask``: prims to compose."""
    root = Sdf.Layer.CreateAnonymous(".usda")
    opened = Sdf.Layer.FindOrOpen(host)
    for key in (*_COPIED, "upAxis", "expressionVariables", "colorConfiguration"):
        if opened.pseudoRoot.HasInfo(key):
            root.pseudoRoot.SetInfo(key, opened.pseudoRoot.GetInfo(key))
    root.subLayerPaths[:] = [opened.realPath, *([str(interface)] if interface else [])]
    if mask is None:
        stage = Usd.Stage.Open(root, load=Usd.Stage.LoadNone)
    else:
        paths = Usd.StagePopulationMask([Sdf.Path(path) for path in mask])
        stage = Usd.Stage.OpenMasked(root, paths, load=Usd.Stage.LoadNone)
    mute_ours(stage, but=str(home) if interface else "")
    stage.Load()
    return stage


def validator_findings(home: Path, interface: Path, host: str) -> Iterator[Finding]:
    """Issues of UsdValidation that host and layer have and the host alone has not."""
    try:
        # Older releases of USD, and the stubs, do not have it.
        from pxr import UsdValidation  # noqa: PLC0415 - as said above # pyright: ignore[reportAttributeAccessIssue]
    except ImportError:
        yield Finding(
            "warning", "validators", "This release of USD has no validators; install usd-core 25.11 or newer."
        )
        return
    registry = UsdValidation.ValidationRegistry()
    chosen = [v for v in registry.GetOrLoadAllValidators() if _PACKAGES not in v.GetMetadata().GetKeywords()]
    context = UsdValidation.ValidationContext(chosen)
    before = {_key(error) for error in context.Validate(_composed(home, None, host))}
    told: set[tuple[str, str]] = set()
    for error in context.Validate(_composed(home, interface, host)):
        key = _key(error)
        if key in before or key in told:
            continue
        told.add(key)
        severity = "error" if error.GetType() == UsdValidation.ValidationErrorType.Error else "warning"
        message = f"{error.GetIdentifier()}: {error.GetMessage()}".replace(f"{home}/", "")
        yield Finding(severity, "validators", message[:400], _site(error))


def _site(error: Any) -> str:  # noqa: ANN401 - UsdValidation.ValidationError, unknown to the stubs
    """Path of the prim or property that a validation error is about; "" where it is about none."""
    for site in error.GetSites():
        if site.IsPrim():
            return str(site.GetPrim().GetPath())
        if site.IsProperty():
            return str(site.GetProperty().GetPath())
    return ""


def _key(error: Any) -> tuple[str, str]:  # noqa: ANN401 - as _site
    return str(error.GetIdentifier()), _site(error) or str(error.GetMessage())


def removal_findings(home: Path, interface: Path, host: str, layer: Layer, facts: StageFacts) -> Iterator[Finding]:
    """The host's own prims, flattened: alone, with the layer, and with the layer taken out again."""
    own = [f"/{name}" for name in facts.root_prims]
    if not own:
        return
    alone = _flat(_composed(home, None, host, own))
    together = _composed(home, interface, host, own)
    if _flat(together) != alone:
        yield Finding("error", "removal", f"With the layer, prims of the host differ: {_first(home, alone, together)}.")
    whole = _composed(home, interface, host)
    whole.MuteLayer(Sdf.Layer.FindOrOpen(str(interface)).identifier)
    if whole.GetPrimAtPath(f"/{layer.root}") or _flat(whole) != _flat(_composed(home, None, host)):
        yield Finding("error", "removal", "With the layer taken out again, the stage is not what it was.")


def _flat(stage: Usd.Stage) -> str:
    flat = stage.Flatten(addSourceFileComment=False)
    return flat.ExportToString()


def _first(home: Path, alone: str, together: Usd.Stage) -> str:
    lines, others = alone.splitlines(), _flat(together).splitlines()
    for one, other in zip(lines, others, strict=False):
        if one != other:
            return f"'{other.strip()[:120]}'".replace(str(home), "")
    return "one is longer than the other"
