"""Other states of instancers than the story's: what variant sets of the interface show instead.

They stand in ``states.usdc`` beside the payload, one prim per state, with a variant set ``detail`` in each, so that the
interface stays small, the arrays stand under the layer's digest, and nothing is read that nobody asked for.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from pxr import Sdf

from usd_ai.core.errors import UsdAiError
from usd_ai.stage.canvas_prims import Attribute
from usd_ai.stage.canvas_write import STATES, replace_durably
from usd_ai.stage.marks import LAYER_MARK

DETAIL = "detail"
FULL = "full"
STORY = "story"

Key = tuple[str, str]
"""A state and a detail: ("before", "light")."""


def states_layer(root: str, states: Mapping[Key, Mapping[str, Attribute]]) -> Sdf.Layer:
    """A layer of overs that says it is ours, of ``root``.

    ``states`` gives ``protoIndices`` by prim path relative to the root, for each key.
    """
    layer = Sdf.Layer.CreateAnonymous(".usdc")
    layer.customLayerData = {LAYER_MARK: {"layer": root}}
    for state in sorted({state for state, _ in states}):
        Sdf.PrimSpec(layer, state, Sdf.SpecifierOver)
        for detail in sorted(detail for other, detail in states if other == state):
            variant = Sdf.CreateVariantInLayer(layer, Sdf.Path(f"/{state}"), DETAIL, detail)
            for path, indices in sorted(states[state, detail].items()):
                _author(layer, variant.primSpec.path.AppendPath(path), indices)
    return layer


def _author(layer: Sdf.Layer, path: Sdf.Path, indices: Attribute) -> None:
    spec = Sdf.CreatePrimInLayer(layer, path)
    attribute = Sdf.AttributeSpec(spec, "protoIndices", Sdf.ValueTypeNames.IntArray)
    if indices.default is not None:
        attribute.default = indices.default
    for time in sorted(indices.samples):
        layer.SetTimeSample(attribute.path, time, indices.samples[time])


def export_states(layer: Sdf.Layer, folder: Path) -> None:
    """Write ``states.usdc``, durably. Raises UsdAiError where USD cannot write it."""
    folder.mkdir(parents=True, exist_ok=True)
    unfinished = folder / ".states.unfinished.usdc"
    if not layer.Export(str(unfinished)):
        raise UsdAiError(
            f"USD could not write {STATES}.",
            remedy="Look at free space and rights of the work folder.",
            reason="WRITE",
        )
    replace_durably(unfinished, folder / STATES)
