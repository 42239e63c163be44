"""AuthorshipAPI stamps: who made a prim, when and by which record. Readable as plain attributes where USD is older.

Schema: UsdMedia AuthorshipAPI (OpenUSD 26.11), multiple-apply, ``authorship:<instance>:…``. The instance is named after
the run, because of two records of one name in two layers only the stronger survives.
"""

from __future__ import annotations

from collections.abc import Sequence

from pxr import Sdf, Vt

from usd_ai.core.digest import sha256_bytes
from usd_ai.core.ports import RunFacts
from usd_ai.core.types import Layer

API = "AuthorshipAPI"
NAMESPACE = "authorship:"
SOFTWARE = "usd_ai"
_DISTRIBUTION = "usd-ai"


def instance_name(record_id: str) -> str:
    """The schema instance of a run: ``run_`` and the first eight hex digits of the record's UUID."""
    return f"run_{record_id.replace('-', '')[:8]}"


class Stamp:
    """What is stamped on the prims of one run: the root gets everything, the others what survives being referenced."""

    def __init__(self, layer: Layer, plan_json: str, run: RunFacts) -> None:
        self.api = f"{API}:{instance_name(run.record_id)}"
        self._prefix = f"{NAMESPACE}{instance_name(run.record_id)}:"
        versions = dict(run.versions)
        self._short: dict[str, str | list[str]] = {
            "created": run.ended,
            "creator": [run.operator] if run.operator else [],
            "digitalSourceType": run.source_type,
            "instanceID": run.record_id,
            "softwarePackage": SOFTWARE,
            "softwareVersion": versions.get(_DISTRIBUTION, ""),
        }
        pairs = [("layer", layer.sha256), ("plan", sha256_bytes(plan_json.encode()))]
        pairs += [(f"{edge.role} {edge.name}", edge.sha256) for edge in run.inputs]
        self._long = {
            **self._short,
            "description": f"Layer {layer.root} of shot {run.shot} in {run.project}; record.json is its record.",
            "inputs": [part for name, digest in pairs for part in (name, f"sha256:{digest}")],
        }

    def put(self, spec: Sdf.PrimSpec, *, whole: bool = False, beside: Sequence[str] = ()) -> None:
        """Stamp a prim spec; ``beside`` are other API schemas that it applies."""
        spec.SetInfo("apiSchemas", Sdf.TokenListOp.Create(prependedItems=sorted([self.api, *beside])))
        values = self._long if whole else self._short
        for name in sorted(values):
            value = values[name]
            if not value:
                continue  # what is not known is not stamped
            several = isinstance(value, list)
            kind = Sdf.ValueTypeNames.StringArray if several else Sdf.ValueTypeNames.String
            attribute = Sdf.AttributeSpec(spec, self._prefix + name, kind, Sdf.VariabilityUniform)
            attribute.default = Vt.StringArray(value) if several else value


def strip_authorship(text: str) -> str:
    """The text of a layer without any authorship record: two runs of one plan are equal in it."""
    layer = Sdf.Layer.CreateAnonymous(".usda")
    layer.ImportFromString(text)
    for spec in list(layer.rootPrims):
        _strip(spec)
    return layer.ExportToString()


def _strip(spec: Sdf.PrimSpec) -> None:
    for child in list(spec.nameChildren):
        _strip(child)
    for prop in [prop for prop in spec.properties if prop.name.startswith(NAMESPACE)]:
        spec.RemoveProperty(prop)
    if spec.HasInfo("apiSchemas"):
        names = spec.GetInfo("apiSchemas")
        kept = [name for name in names.prependedItems if not name.startswith(f"{API}:")]
        spec.SetInfo("apiSchemas", Sdf.TokenListOp.Create(prependedItems=kept))
        if not kept:
            spec.ClearInfo("apiSchemas")
    empty = not (spec.properties or spec.nameChildren or set(spec.ListInfoKeys()) - {"specifier"})
    if empty and spec.specifier == Sdf.SpecifierOver and spec.nameParent:
        del spec.nameParent.nameChildren[spec.name]  # pyright: ignore[reportIndexIssue] # the stubs lack it
