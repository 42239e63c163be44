"""Rules over host and layer together: what validators say anew, and whether the host is left as it was."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from pxr import Sdf, Sdr, Usd

from usd_ai.core.types import Finding, Layer, StageFacts
from usd_ai.stage.facts_open import mute_ours
from usd_ai.stage.promote import array_overrides

_PACKAGES = "UsdzValidators"  # rules for packages that are sent away; a layer in a shot is not one
_UNKNOWN_NODE = re.compile(r"MissingShaderIdInRegistry.*'ND_\w+'", re.DOTALL)
"""What validators say of every MaterialX node where USD was built without MaterialX, as usd-core is."""
_ADDRESS = re.compile(r"anon:[^>@]*")
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
    blind = not Sdr.Registry().GetShaderNodeByIdentifier("ND_standard_surface_surfaceshader")
    told: set[tuple[str, str]] = set()
    for error in context.Validate(_composed(home, interface, host)):
        key = _key(error)
        said = f"{error.GetIdentifier()}: {error.GetMessage()}"
        if key in before or key in told or (blind and _UNKNOWN_NODE.search(said)):
            continue
        told.add(key)
        severity = "error" if error.GetType() == UsdValidation.ValidationErrorType.Error else "warning"
        yield Finding(severity, "validators", said.replace(f"{home}/", "")[:400], _site(error))


def _site(error: Any) -> str:  # noqa: ANN401 - UsdValidation.ValidationError, unknown to the stubs
    """Path of the prim or property that a validation error is about; "" where it is about none."""
    for site in error.GetSites():
        if site.IsPrim():
            return str(site.GetPrim().GetPath())
        if site.IsProperty():
            return str(site.GetProperty().GetPath())
    return ""


def _key(error: Any) -> tuple[str, str]:  # noqa: ANN401 - as _site
    # Stages in memory are named by an address, which differs from one to the next.
    return str(error.GetIdentifier()), _site(error) or _ADDRESS.sub("", str(error.GetMessage()))


def removal_findings(home: Path, interface: Path, host: str, layer: Layer, facts: StageFacts) -> Iterator[Finding]:
    """The host's own prims are composed of the same opinions alone, with the layer, and with it taken out again."""
    own = [f"/{name}" for name in facts.root_prims]
    alone = _opinions(_composed(home, None, host, own)) if own else {}
    together = _opinions(_composed(home, interface, host, own)) if own else {}
    for path in _differing(alone, together):
        yield Finding("error", "removal", "With the layer, this prim of the host is another.", path)
    whole = _composed(home, interface, host)
    whole.MuteLayer(Sdf.Layer.FindOrOpen(str(interface)).identifier)
    if whole.GetPrimAtPath(f"/{layer.root}"):
        yield Finding("error", "removal", "With the layer taken out again, its root is still there.", f"/{layer.root}")
    for path in _differing(_opinions(_composed(home, None, host)), _opinions(whole)):
        yield Finding("error", "removal", "With the layer taken out again, this prim is not what it was.", path)


def override_findings(home: Path, interface: Path, host: str) -> Iterator[Finding]:
    """Arrays of the layer's instancers that the host replaces: the layer is right, but what was laid over it is not."""
    for override in array_overrides(_composed(home, interface, host)):
        yield Finding("warning", "overrides", override.sentence, override.prim)


def _opinions(stage: Usd.Stage) -> dict[str, tuple[tuple[str, str, float, float], ...]]:
    """By prim, the opinions it is composed of: (file, path in it, time offset, time scale), strong to weak.

    What is composed of the same opinions in the same order is the same. Flattened text is no measure: prototypes of
    instances are numbered as threads happen to find them, so two flattenings of one stage differ.
    """
    found: dict[str, tuple[tuple[str, str, float, float], ...]] = {}
    for prim in Usd.PrimRange(stage.GetPseudoRoot(), Usd.PrimAllPrimsPredicate):
        if not prim.IsPseudoRoot():
            stack = prim.GetPrimStackWithLayerOffsets()
            found[str(prim.GetPath())] = tuple(
                (spec.layer.realPath, str(spec.path), offset.offset, offset.scale) for spec, offset in stack
            )
    return found


def _differing(one: dict[str, Any], other: dict[str, Any]) -> list[str]:
    paths = [*one, *(path for path in other if path not in one)]
    return [path for path in paths if one.get(path) != other.get(path)]
