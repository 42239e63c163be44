"""The layer's surface materials: one per kind of surface, colour from the points."""

from __future__ import annotations

from usd_ai.generators.burning_forest.space import Space
from usd_ai.sim.growth import MATERIALS
from usd_ai.stage.canvas import Canvas
from usd_ai.stage.canvas_materials import Glow, Surface

GLOWING_CHAR = "char_glowing"
EMBER = "ember"
_GLOW_NITS, _GLOW_COLOR = 140.0, (3.42, 0.38, 0.0)
"""cd/m² of a black body at 1200 K (look.md), and the hue of 1373 K in linear Rec.709 at luminance 1 (G/R 0.11)."""
_CRACKS_PER_METRE = 14.0  # burnt bark breaks into plates of some centimetres (working value, by eye)


def glow_of(space: Space) -> Glow:
    """The cracks of char that still burns."""
    return Glow(_GLOW_NITS, _GLOW_COLOR, cells=_CRACKS_PER_METRE * space.meters_per_unit)


def author_materials(canvas: Canvas, space: Space) -> None:
    """Bark, char, foliage, stone; char that still burns glows in its cracks; embers shine with their displayColor."""
    for hint in MATERIALS:
        canvas.material(
            f"materials/{hint.name}",
            Surface((0.2, 0.2, 0.2), hint.roughness, use_display_color=True, translucency=hint.translucency),
        )
    char = next(hint for hint in MATERIALS if hint.name == "char")
    canvas.material(
        f"materials/{GLOWING_CHAR}",
        Surface((0.04, 0.04, 0.04), char.roughness, use_display_color=True, glow=glow_of(space)),
    )
    canvas.material(f"materials/{EMBER}", Surface((0.0, 0.0, 0.0), 1.0, emissive_display_color=True))


def surface_of(material: str, state: str) -> str:
    """Name of the material of a part: what is charred while the plant burns still glows."""
    return GLOWING_CHAR if material == "char" and state == "burning" else material
