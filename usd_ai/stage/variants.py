"""Variant sets on the root of a layer: fire, time of burn, smoke, detail. What they show instead stands in the layer.

Of two sets that speak about one thing, the earlier one wins: with the fire off nothing is charred, whatever ``burn``
says. A set is offered only where the layer has what it switches.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from pxr import Sdf, Usd

from usd_ai.stage.canvas_states import DETAIL, FULL, STORY
from usd_ai.stage.canvas_write import STATES

CLOCKED = ("primvars:usdai:ignition", "primvars:usdai:arrival")
"""What instances know of the fire: with the fire off it is gone too."""


@dataclass(frozen=True, slots=True)
class Choice:
    """A variant: prims it deactivates, the state of ``states.usdc`` it shows, whether it burns at all.

    ``hushed``: what instances know of the fire is blocked. ``lit``: the light list stands here.
    """

    name: str
    inactive: tuple[str, ...] = ()
    state: str = ""
    hushed: bool = False
    lit: bool = False


VARIANTS: dict[str, tuple[Choice, ...]] = {
    "fire": (Choice("on"), Choice("off", inactive=("fire", "smoke"), state="before", hushed=True)),
    "burn": (
        Choice(STORY, state=STORY, lit=True),
        Choice("before", inactive=("fire", "smoke"), state="before"),
        Choice("after", inactive=("fire",), state="after"),
    ),
    "smoke": (Choice("on"), Choice("off", inactive=("smoke",))),
    DETAIL: (Choice(FULL), Choice("medium"), Choice("light", inactive=("undergrowth", "undergrowth_turning"))),
}
"""Variant sets, strongest first, each with its default first."""


def author_variants(interface: Sdf.Layer, root: Usd.Prim, folder: Path, lights: list[str]) -> None:
    """Author the sets on the root of the interface.

    The light list stands where the lights burn: of lights that are off it would be a lie.
    """
    known = _states(folder)
    spec = interface.GetPrimAtPath(root.GetPath())
    offered = [name for name in VARIANTS if _offered(name, root, known)]
    listed_in = "burn" if "burn" in offered else "fire" if "fire" in offered else ""
    for name in offered:
        for choice in VARIANTS[name]:
            variant = Sdf.CreateVariantInLayer(interface, root.GetPath(), name, choice.name).primSpec
            _author(variant, choice, root, known)
            burns = choice.lit if listed_in == "burn" else choice == VARIANTS["fire"][0]
            if lights and name == listed_in and burns:
                light_list(variant, lights)
            elif lights and listed_in == "burn" and choice.hushed:
                light_list(variant, [])
        spec.variantSelections[name] = VARIANTS[name][0].name
    if offered:
        spec.variantSetNameList.ClearEdits()
        spec.variantSetNameList.prependedItems = offered
    if lights and not listed_in:
        light_list(spec, lights)


def light_list(spec: Sdf.PrimSpec, lights: list[str]) -> None:
    """A light list on a prim, to be taken as it is (UsdLux LightListAPI)."""
    targets = Sdf.RelationshipSpec(spec, "lightList", custom=False)
    targets.targetPathList.explicitItems = [Sdf.Path(light) for light in lights]
    if not lights:
        targets.targetPathList.ClearEditsAndMakeExplicit()
    behavior = Sdf.AttributeSpec(spec, "lightList:cacheBehavior", Sdf.ValueTypeNames.Token)
    behavior.default = "consumeAndContinue"


def _states(folder: Path) -> list[str]:
    file = folder / STATES
    if not file.is_file():
        return []
    opened = Sdf.Layer.OpenAsAnonymous(str(file))
    return [prim.name for prim in opened.rootPrims]


def _offered(name: str, root: Usd.Prim, known: list[str]) -> bool:
    if name in {"burn", DETAIL}:
        return bool(known)
    return any(root.GetPrimAtPath(path) for choice in VARIANTS[name] for path in choice.inactive)


def _author(variant: Sdf.PrimSpec, choice: Choice, root: Usd.Prim, known: list[str]) -> None:
    if choice.state in known:
        # An arc inside of a variant is stronger than the payload of the root.
        variant.payloadList.prependedItems = [Sdf.Payload(f"./{STATES}", Sdf.Path(f"/{choice.state}"))]
    for path in choice.inactive:
        if root.GetPrimAtPath(path):
            Sdf.PrimSpec(variant, path, Sdf.SpecifierOver).active = False
    if not choice.hushed:
        return
    for prim in Usd.PrimRange(root):
        for name in CLOCKED:
            if prim.IsA("PointInstancer") and prim.HasAttribute(name):
                over = Sdf.CreatePrimInLayer(
                    variant.layer, variant.path.AppendPath(prim.GetPath().MakeRelativePath(root.GetPath()))
                )
                Sdf.AttributeSpec(over, name, Sdf.ValueTypeNames.FloatArray).default = Sdf.ValueBlock()
