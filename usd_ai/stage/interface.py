"""The interface of a layer: a small ``.usda`` beside the payload that holds all that a person or a lighter touches.

Kind, extents hint, variant sets, collections, the light list and the stamps stand here, outside of the payload, so
that they are there before it is loaded. Only the stamps differ between two runs of one plan.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
from pxr import Sdf, Usd, UsdGeom, Vt

from usd_ai.core.errors import CheckRejected
from usd_ai.core.ports import RunFacts
from usd_ai.core.types import Layer, StageFacts
from usd_ai.stage.canvas import LAYER_MARK, PROTOTYPES
from usd_ai.stage.canvas_write import PAYLOAD, replace_durably
from usd_ai.stage.stamps import Stamp
from usd_ai.stage.variants import author_variants

COLLECTIONS: dict[str, tuple[str, ...]] = {
    "fire": ("fire/flames", "fire/ground", "fire/embers"),
    "fireLights": ("fire/lights",),
    "smoke": ("smoke",),
    "vegetation": (
        "trees",
        "trees_turning",
        "undergrowth",
        "undergrowth_turning",
        "skirt/trees",
        "skirt/trees_turning",
    ),
    "air": ("air",),
}
"""Collections by name and the prims that each holds; ``generated`` holds the whole."""

_STAMPED = ("PointInstancer", "Volume", "Points", "Mesh", "Material")


def interface_name(root: str) -> str:
    """File name of the interface of a layer whose root prim is ``root``."""
    return f"{root}.usda"


def write_interface_task(folder: str, layer: Layer, plan_json: str, facts: StageFacts, run: RunFacts) -> None:
    """Task: write ``<root>.usda`` beside ``payload.usdc`` in ``folder``. Raises CheckRejected without its root prim."""
    home = Path(folder)
    payload = Usd.Stage.Open(str(home / PAYLOAD))
    root = payload.GetPrimAtPath(f"/{layer.root}")
    if not root:
        raise CheckRejected(
            f"The payload has no root prim {layer.root}.", remedy="Mend the generator: its layer needs its own root."
        )
    interface = Sdf.Layer.CreateAnonymous(".usda")
    _describe_layer(interface, payload.GetRootLayer(), layer.root)
    stamp = Stamp(layer, plan_json, run)
    spec = Sdf.PrimSpec(interface, layer.root, Sdf.SpecifierDef, "Xform")
    _describe_root(spec, root, facts)
    names = _collections(spec, root)
    lights = [str(prim.GetPath()) for prim in Usd.PrimRange(root) if prim.HasAPI("LightAPI")]
    stamp.put(spec, whole=True, beside=[*names, *(["LightListAPI"] if lights else [])])
    for path in referable(root):
        stamp.put(Sdf.CreatePrimInLayer(interface, path))
    author_variants(interface, root, home, lights)
    unfinished = home / f".{layer.root}.unfinished.usda"
    interface.Export(str(unfinished))
    replace_durably(unfinished, home / interface_name(layer.root))


def _describe_layer(interface: Sdf.Layer, payload: Sdf.Layer, root: str) -> None:
    """Units, axis and times as the payload has them: the check holds both against the host."""
    for key in (
        "endTimeCode",
        "framesPerSecond",
        "metersPerUnit",
        "startTimeCode",
        "timeCodesPerSecond",
        "upAxis",
    ):
        if payload.pseudoRoot.HasInfo(key):
            interface.pseudoRoot.SetInfo(key, payload.pseudoRoot.GetInfo(key))
    interface.defaultPrim = root
    interface.customLayerData = {LAYER_MARK: {"layer": root}}


def _describe_root(spec: Sdf.PrimSpec, root: Usd.Prim, facts: StageFacts) -> None:
    spec.kind = "assembly"
    spec.SetInfo("assetInfo", {"identifier": Sdf.AssetPath(f"./{interface_name(spec.name)}"), "name": spec.name})
    spec.payloadList.prependedItems = [Sdf.Payload(f"./{PAYLOAD}")]
    hint = Sdf.AttributeSpec(spec, "extentsHint", Sdf.ValueTypeNames.Float3Array)
    hint.default = _extents_hint(root, facts)


def _extents_hint(root: Usd.Prim, facts: StageFacts) -> Vt.Vec3fArray:
    """Bounds over all frames; a hint of one frame would cull an animated layer at another."""
    low, high = np.full(3, np.inf), np.full(3, -np.inf)
    cache = UsdGeom.BBoxCache(0.0, [UsdGeom.Tokens.default_, UsdGeom.Tokens.render])
    for frame in facts.frames.frames():
        cache.SetTime(float(frame))
        box = cache.ComputeUntransformedBound(root).ComputeAlignedRange()
        if not box.IsEmpty():
            low, high = np.minimum(low, np.array(box.GetMin())), np.maximum(high, np.array(box.GetMax()))
    if not np.isfinite(low).all():
        low = high = np.zeros(3)
    outward = [np.nextafter(low.astype(np.float32), np.float32(-np.inf))]
    outward.append(np.nextafter(high.astype(np.float32), np.float32(np.inf)))
    return Vt.Vec3fArray.FromNumpy(np.stack(outward))


def _collections(spec: Sdf.PrimSpec, root: Usd.Prim) -> list[str]:
    held: dict[str, tuple[Usd.Prim, ...]] = {"generated": (root,)}
    for name, paths in COLLECTIONS.items():
        there = tuple(prim for path in paths if (prim := root.GetPrimAtPath(path)))
        if there:
            held[name] = there
    for name in sorted(held):
        rule = Sdf.AttributeSpec(
            spec, f"collection:{name}:expansionRule", Sdf.ValueTypeNames.Token, Sdf.VariabilityUniform
        )
        rule.default = "expandPrims"
        includes = Sdf.RelationshipSpec(spec, f"collection:{name}:includes", custom=False)
        includes.targetPathList.explicitItems = [prim.GetPath() for prim in held[name]]
    return [f"CollectionAPI:{name}" for name in held]


def referable(root: Usd.Prim) -> Iterator[Sdf.Path]:
    """Prims that somebody may reference by themselves, parents first: a record on an ancestor would not travel."""
    walk = iter(Usd.PrimRange(root))
    for prim in walk:
        if prim == root:
            continue
        parent = prim.GetParent()
        prototype = parent.GetName() == PROTOTYPES and parent.GetParent().IsA("PointInstancer")
        if prototype or prim.GetTypeName() in _STAMPED or prim.HasAPI("LightAPI"):
            yield prim.GetPath()
        if prototype or prim.IsA("Material"):
            walk.PruneChildren()
