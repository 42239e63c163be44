"""The layers that an edit is made of, in memory: the one that a stage sublayers and what stands under it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path

from pxr import Sdf

from usd_ai.stage.canvas_write import PAYLOAD, STATES
from usd_ai.stage.interface import interface_name
from usd_ai.stage.marks import LAYER_MARK
from usd_ai.stage.retime_clips import ClipSet, clip_metadata, clip_sets, manifest, manifest_name
from usd_ai.stage.retime_edit import Retiming, fresh, layer_offset, relative
from usd_ai.stage.retime_own import own_clips
from usd_ai.stage.retime_samples import PACE, SAMPLES, SPEEDS, pace_layer, samples_layer, speeds_layer
from usd_ai.stage.retime_source import earlier, sample_times, timed_attributes

WRAPPER = "payload.usda"
"""File beside the edit that stands between it and the published payload."""


def edit_layer(edit: Retiming, out: Path, beside: str, files: Iterable[str]) -> Sdf.Layer:
    """The layer that a stage sublayers. ``beside``: folder of ``files``, which stands beside ``out``."""
    layer = fresh(edit, ".usda")
    name, source = edit.source.name, edit.source
    layer.subLayerPaths[:] = [relative(source.folder / interface_name(name), out.parent)]
    layer.subLayerOffsets[0] = layer_offset(edit)
    layer.comment = f"Plays {name} as the cut does. {edit.playing.reason}"
    said = {"way": edit.playing.way, "reason": edit.playing.reason, "start": edit.start, "shown": str(edit.shown)}
    layer.customLayerData = {LAYER_MARK: {"layer": name, "edit": said}}
    if WRAPPER in files:
        spec = Sdf.PrimSpec(layer, name, Sdf.SpecifierOver)
        spec.payloadList.explicitItems = [Sdf.Payload(f"./{beside}/{WRAPPER}")]
    if STATES in files:
        for set_name, choice, state in source.states:
            variant = Sdf.CreateVariantInLayer(layer, Sdf.Path(f"/{name}"), set_name, choice).primSpec
            variant.payloadList.explicitItems = [Sdf.Payload(f"./{beside}/{STATES}", state)]
        # The interface says which sets there are, and which of them is the strongest.
        layer.GetPrimAtPath(f"/{name}").variantSetNameList.ClearEdits()
    return layer


def layers_beside(edit: Retiming, folder: Path) -> dict[str, Sdf.Layer]:
    """The layers that stand between the edit and the published payload, by file name; none where an offset does.

    ``folder``: a folder at the depth of the one they will lie in; paths are told from there.
    """
    clips = clip_sets(edit, folder)
    said = {SAMPLES: samples_layer(edit, folder), SPEEDS: speeds_layer(edit), PACE: pace_layer(edit)}
    made = {name: layer for name, layer in said.items() if layer}
    made |= {manifest_name(name): manifest(edit, clip_set.paths) for name, clip_set in clips.items()}
    own = own_clips(edit, folder)
    if made or own:
        made[WRAPPER] = _wrapper(edit, folder, clips, tuple(made))
    for path, told in own.items():
        prim = Sdf.CreatePrimInLayer(made[WRAPPER], path)
        prim.SetInfo("clips", {**(prim.GetInfo("clips") if prim.HasInfo("clips") else {}), **told})
    if edit.by_clips and edit.source.states:
        made[STATES] = _states(edit)
    return made


def _wrapper(edit: Retiming, folder: Path, clips: Mapping[str, ClipSet], files: Iterable[str]) -> Sdf.Layer:
    """What the root's payload is instead: the published payload, and above it all that plays or is said otherwise.

    It stands where the payload stood: variants of the interface are stronger than it, as they are in the shot.
    """
    layer = fresh(edit, ".usda")
    spec = Sdf.PrimSpec(layer, edit.source.name, Sdf.SpecifierOver)
    arcs = [relative(edit.source.folder / PAYLOAD, folder)]
    if SPEEDS in files and not edit.by_clips:
        arcs.insert(0, f"./{SPEEDS}")
    offset = layer_offset(edit)
    spec.referenceList.prependedItems = [Sdf.Reference(arc, Sdf.Path(f"/{edit.source.name}"), offset) for arc in arcs]
    if clips:
        spec.SetInfo("clips", {name: clip_metadata(edit, name, clip_set) for name, clip_set in clips.items()})
    if SAMPLES in files:
        layer.subLayerPaths[:] = [f"./{SAMPLES}"]
    return layer


def _states(edit: Retiming) -> Sdf.Layer:
    """States with time samples, copied at the edit's times: value clips reach nothing that stands in a variant."""
    source = Sdf.Layer.OpenAsAnonymous(str(edit.source.folder / STATES))
    layer = fresh(edit, ".usdc")
    for state in sorted({state for _, _, state in edit.source.states}):
        Sdf.CopySpec(source, state, layer, state)
    for path in timed_attributes(layer):
        times = sample_times(source, path)
        _resample(layer, source, path, {edit.code(k): earlier(times, edit.plays.at(k)) for k in edit.shown.frames()})
    return layer


def _resample(layer: Sdf.Layer, source: Sdf.Layer, path: Sdf.Path, shown: Mapping[float, float]) -> None:
    """Samples at the codes of ``shown`` at which another sample of the source begins to be shown."""
    layer.GetAttributeAtPath(path).ClearInfo("timeSamples")
    last: float | None = None
    for code, sample in shown.items():
        if sample != last:
            layer.SetTimeSample(path, code, source.QueryTimeSample(path, sample))
        last = sample
