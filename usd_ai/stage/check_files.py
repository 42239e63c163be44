"""Rules over the layer's files: what they author, where they point, in which units, and by whose hand."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import lru_cache
from pathlib import Path
from typing import Any

from pxr import Sdf, Usd, Vt

from usd_ai.core.types import Finding, Layer, StageFacts
from usd_ai.stage.interface import referable
from usd_ai.stage.stamps import NAMESPACE


def _visit(layer: Sdf.Layer, look: Callable[[Sdf.Spec], None]) -> None:
    """Look at every prim and property spec of a layer, those inside variants too."""

    def at(path: Sdf.Path | str) -> None:
        spec = layer.GetObjectAtPath(path)
        if spec:  # targets and connections are visited too, and are no specs
            look(spec)

    layer.Traverse("/", at)


def root_findings(interface: Path, payload: Path, layer: Layer, facts: StageFacts) -> Iterator[Finding]:
    """Only ``/<root>`` is authored, it is the default prim, and nothing in it points out of it."""
    root = Sdf.Path(f"/{layer.root}")
    if layer.root in facts.root_prims:
        yield Finding("error", "root", f"The host has a prim {root} of its own.", str(root))
    for path in (interface, payload):
        opened = Sdf.Layer.OpenAsAnonymous(str(path))
        others = [str(prim.path) for prim in opened.rootPrims if prim.path != root]
        for other in others:
            yield Finding("error", "root", f"{path.name} authors {other}, which is not ours.", other)
        if opened.defaultPrim != layer.root:
            yield Finding("error", "root", f"{path.name} has the default prim '{opened.defaultPrim}'.", str(root))
        if len(opened.subLayerPaths):
            yield Finding("error", "root", f"{path.name} sublayers other layers.")
        spec = opened.GetPrimAtPath(root)
        if spec and spec.instanceable:
            yield Finding("error", "root", "The root is instanceable: nobody could prune in it.", str(root))
        for owner, target in _outward(opened, root):
            yield Finding("error", "root", f"{path.name} points to {target}, out of the layer.", owner)


def _outward(layer: Sdf.Layer, root: Sdf.Path) -> list[tuple[str, str]]:
    found: list[tuple[str, str]] = []

    def look(spec: Sdf.Spec) -> None:
        if isinstance(spec, Sdf.RelationshipSpec):
            targets = spec.targetPathList.GetAddedOrExplicitItems()
        elif isinstance(spec, Sdf.AttributeSpec):
            targets = spec.connectionPathList.GetAddedOrExplicitItems()
        else:
            return
        found.extend((str(spec.path.GetPrimPath()), str(t)) for t in targets if not t.HasPrefix(root))

    _visit(layer, look)
    return found


def unit_findings(interface: Path, payload: Path, facts: StageFacts) -> Iterator[Finding]:
    """Units, axis and time codes are authored and equal to the host's, the range to the plan's."""
    wanted: dict[str, object] = {
        "metersPerUnit": facts.meters_per_unit,
        "upAxis": facts.up_axis,
        "timeCodesPerSecond": facts.time_codes_per_second,
        "startTimeCode": float(facts.frames.start),
        "endTimeCode": float(facts.frames.end),
    }
    for path in (interface, payload):
        opened = Sdf.Layer.OpenAsAnonymous(str(path))
        for key, value in wanted.items():
            said = opened.pseudoRoot.GetInfo(key) if opened.pseudoRoot.HasInfo(key) else None
            if said != value:
                yield Finding("error", "units", f"{path.name} says {key} {said}, it should be {value}.")


def file_findings(home: Path, interface: Path, payload: Path, layer: Layer) -> Iterator[Finding]:
    """Paths are relative and clean; what they name exists and is listed; what is listed exists."""
    listed = {file.path: file.size for file in layer.files}
    for name, size in sorted(listed.items()):
        if not (home / name).is_file() or (home / name).stat().st_size != size:
            yield Finding("error", "files", f"The layer lists {name}, which is missing or of another size.")
    allowed = {*listed, interface.name}
    for path in (interface, payload):
        opened = Sdf.Layer.OpenAsAnonymous(str(path))
        for owner, text, is_asset in _texts(opened):
            problem = _path_problem(text, is_asset)
            if problem:
                yield Finding("error", "path", f"{path.name} holds '{text[:120]}': {problem}.", owner)
            elif is_asset and text and text.removeprefix("./") not in allowed:
                yield Finding("error", "files", f"{text} is not one of the layer's files.", owner)


@lru_cache(1 << 14)  # many volumes name the same files
def _path_problem(text: str, is_asset: bool) -> str:
    if "anon:" in text:
        return "an anonymous layer exists only in memory"
    if "\\" in text:
        return "a backslash is no path separator on other machines"
    absolute = text.startswith("/") if is_asset else text.startswith(("/", "~")) and text.count("/") > 1
    drive = len(text) > 2 and text[1] == ":" and text[2] == "/"  # noqa: PLR2004 - as in C:/
    if absolute or drive or text.startswith("file:") or (is_asset and "://" in text):
        return "an absolute path leads nowhere on another machine"
    if is_asset and ".." in text.split("/"):
        return "it leads out of the layer's folder"
    return ""


def _texts(layer: Sdf.Layer) -> list[tuple[str, str, bool]]:
    """Every asset path and every string of a layer: (prim, text, whether it is an asset path), each once."""
    found: dict[tuple[str, str, bool], None] = {}

    def look(spec: Sdf.Spec) -> None:
        owner = str(spec.path.GetPrimPath())
        for value in _values(layer, spec):
            found.update({(owner, text, is_asset): None for text, is_asset in _told(value)})

    _visit(layer, look)
    loose = [layer.customLayerData, *(Sdf.AssetPath(path) for path in list(layer.subLayerPaths))]  # pyright: ignore[reportArgumentType] # the stubs miss iteration
    found.update({("/", text, is_asset): None for value in loose for text, is_asset in _told(value)})
    return list(found)


def _values(layer: Sdf.Layer, spec: Sdf.Spec) -> Iterator[Any]:
    """Everything in a spec that may hold a path or a text."""
    if isinstance(spec, Sdf.PrimSpec):
        for arcs in (spec.payloadList, spec.referenceList):
            yield from (Sdf.AssetPath(arc.assetPath) for arc in arcs.GetAddedOrExplicitItems() if arc.assetPath)
        for key in ("assetInfo", "customData", "documentation", "comment"):
            yield spec.GetInfo(key) if spec.HasInfo(key) else None
    elif isinstance(spec, Sdf.AttributeSpec) and str(spec.typeName).startswith(("asset", "string")):
        yield spec.default
        yield from (layer.QueryTimeSample(spec.path, time) for time in layer.ListTimeSamplesForPath(spec.path))


def _told(value: Any) -> Iterator[tuple[str, bool]]:  # noqa: ANN401 - any value a layer can hold
    if isinstance(value, str):
        yield value, False
    elif isinstance(value, Sdf.AssetPath):
        yield value.path, True
    elif isinstance(value, dict):
        for one in value.values():
            yield from _told(one)
    elif isinstance(value, list | Vt.StringArray | Sdf.AssetPathArray):
        for one in value:
            yield from _told(one)


def stamp_findings(interface: Path, own: Usd.Stage, layer: Layer) -> Iterator[Finding]:
    """The interface stamps the root and everything that can be referenced by itself."""
    opened = Sdf.Layer.OpenAsAnonymous(str(interface))
    root = own.GetPrimAtPath(f"/{layer.root}")
    if not root:
        return
    for path in (root.GetPath(), *referable(root)):
        spec = opened.GetPrimAtPath(path)
        names = [str(prop.name) for prop in spec.properties] if spec else []
        if not any(name.startswith(NAMESPACE) and name.endswith(":instanceID") for name in names):
            yield Finding("error", "authorship", "The prim carries no authorship record.", str(path))
