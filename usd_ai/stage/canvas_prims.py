"""What a canvas remembers of a prim, and how that becomes specs in an anonymous layer, always in the same order."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray
from pxr import Sdf

from usd_ai.core.errors import CheckRejected
from usd_ai.stage.canvas_bounds import Box

MetadataValue = bool | int | float | str | list[str] | dict[str, "MetadataValue"]

_NO_SAMPLES: Mapping[float, object] = {}


def refuse(reason: str, message: str, remedy: str) -> CheckRejected:
    """The error of a canvas: the layer would be wrong, so it is not authored at all."""
    return CheckRejected(message, remedy=remedy, reason=reason)


@dataclass(frozen=True, slots=True)
class Attribute:
    """An attribute to author. ``type_name`` as USD spells it; values are already those of ``pxr``."""

    type_name: str
    default: object = None
    samples: Mapping[float, object] = field(default_factory=lambda: _NO_SAMPLES)
    uniform: bool = False
    interpolation: str = ""
    connection: str = ""  # path of the connected property


@dataclass(frozen=True, slots=True)
class Relationship:
    """A relationship to author, with its targets as absolute paths."""

    targets: tuple[str, ...]


@dataclass(slots=True)
class PrimRecord:
    """A prim as described so far. ``implied`` prims came into being as somebody's parent and may still be described.

    ``box`` bounds the prim's own geometry over all its samples; ``matrix`` is its local transform or None.
    """

    path: str
    type_name: str
    implied: bool = False
    properties: dict[str, Attribute | Relationship] = field(default_factory=dict[str, "Attribute | Relationship"])
    api_schemas: list[str] = field(default_factory=list[str])
    kind: str = ""
    custom_data: dict[str, MetadataValue] = field(default_factory=dict[str, MetadataValue])
    asset_info: dict[str, MetadataValue] = field(default_factory=dict[str, MetadataValue])
    box: Box | None = None
    matrix: NDArray[np.float64] | None = None


def root_record(path: str) -> PrimRecord:
    """The root of a layer: an assembly with the one number by which a lighter scales all its motion blur."""
    record = PrimRecord(path, "Xform", kind="assembly", api_schemas=["MotionAPI"])
    record.properties["motion:blurScale"] = Attribute("float", 1.0)
    return record


def author(layer: Sdf.Layer, prims: Iterable[PrimRecord]) -> None:
    """Create the specs of all prims in the order given (parents first), their properties sorted by name."""
    with Sdf.ChangeBlock():
        for prim in prims:
            _author_prim(layer, prim)


def _author_prim(layer: Sdf.Layer, prim: PrimRecord) -> None:
    path = Sdf.Path(prim.path)
    parent = layer.GetPrimAtPath(path.GetParentPath())
    owner = layer.pseudoRoot if path.GetParentPath() == Sdf.Path.absoluteRootPath else parent
    spec = Sdf.PrimSpec(owner, path.name, Sdf.SpecifierDef, prim.type_name)
    if prim.kind:
        spec.kind = prim.kind
    if prim.api_schemas:
        names = Sdf.TokenListOp.Create(prependedItems=sorted(prim.api_schemas))
        spec.SetInfo("apiSchemas", names)
    # Dictionaries of USD sort their keys themselves.
    if prim.custom_data:
        spec.SetInfo("customData", prim.custom_data)
    if prim.asset_info:
        spec.SetInfo("assetInfo", prim.asset_info)
    for name in sorted(prim.properties):
        value = prim.properties[name]
        if isinstance(value, Relationship):
            relationship = Sdf.RelationshipSpec(spec, name, custom=False, variability=Sdf.VariabilityUniform)
            relationship.targetPathList.explicitItems = [Sdf.Path(target) for target in value.targets]
        else:
            _author_attribute(layer, spec, name, value)


def _author_attribute(layer: Sdf.Layer, spec: Sdf.PrimSpec, name: str, value: Attribute) -> None:
    variability = Sdf.VariabilityUniform if value.uniform else Sdf.VariabilityVarying
    # The stubs say that `Find` takes nothing.
    type_name = Sdf.ValueTypeNames.Find(value.type_name)  # pyright: ignore[reportCallIssue]
    attribute = Sdf.AttributeSpec(spec, name, type_name, variability)
    if value.default is not None:
        attribute.default = value.default
    if value.interpolation:
        attribute.SetInfo("interpolation", value.interpolation)
    if value.connection:
        attribute.connectionPathList.explicitItems = [Sdf.Path(value.connection)]
    for time in sorted(value.samples):
        layer.SetTimeSample(attribute.path, time, value.samples[time])
