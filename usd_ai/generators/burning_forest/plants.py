"""Authors plants: one PointInstancer over grown prototypes, level of detail by projected size over the whole shot."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from usd_ai.generators.burning_forest.clock import StoryClock
from usd_ai.generators.burning_forest.instancing import (
    SAMPLES_MOST,
    distinct,
    host_positions,
    orientations,
    state_samples,
    turning,
)
from usd_ai.generators.burning_forest.kept_plants import Grow
from usd_ai.generators.burning_forest.materials import surface_of
from usd_ai.generators.burning_forest.space import Space
from usd_ai.generators.burning_forest.stand import STATES, Stand
from usd_ai.generators.burning_forest.states import Cell, missing_cells, other_indices
from usd_ai.sim.growth import IMPOSTOR, MATERIALS, SPECIES, SUMMER, MeshPart, SpeciesForm, in_season
from usd_ai.stage.canvas import PROTOTYPES, Canvas
from usd_ai.stage.canvas_values import Numbers, Varying

F64 = NDArray[np.float64]
I32 = NDArray[np.int32]

NEVER = 1.0e9
"""Written where no fire ever comes: readers choke on infinities. Later than any moment, so that what compares with the
clock is right unasked; a fire may well begin before story second 0."""

FORMS: dict[str, SpeciesForm] = {form.name: form for form in SPECIES}
TREES: tuple[str, ...] = tuple(form.name for form in SPECIES if form.kind == "tree")
UNDERGROWTH: tuple[str, ...] = tuple(form.name for form in SPECIES if form.kind == "undergrowth")
LEVELS = max(form.lods for form in SPECIES)

LOD_PIXELS = (1400.0, 420.0, 60.0)
"""Projected height in delivery pixels above which lod 0, then lod 1, then lod 2 is used; below, the impostor.
A camera three times closer than the shot's then still sees lod 1 at 1,260 pixels."""
_STEPS = 255.0
_SMALL_PIXELS = 260.0
_NEAR_UNSEEN = 45.0
"""Metres from a camera's path within which even what is out of view gets lod 1: a camera that turns will see it."""
_NEAR_SEEN = 110.0
"""Metres within which even a sapling in view gets lod 1: a camera three times closer will stand before it."""
_SET = 450.0
"""Metres within which no tree is an impostor, however small: a reverse angle's camera may stand beside it."""


@dataclass(frozen=True, slots=True, order=True)
class Prototype:
    """A grown plant to be instanced."""

    species: str
    variant: int
    state: str
    lod: int

    @property
    def name(self) -> str:
        """Its prim's name."""
        return f"{self.species}_{self.variant}_{self.state}_lod{self.lod}"


def levels_of_detail(pixels: F64, nearest: F64, turned: F64 | None = None) -> I32:
    """Level [n] for trees of ``pixels`` projected height over the shot, ``nearest`` metres from a camera's path.

    ``turned``: pixels they would have if a camera turned to them; by these, not by what is in view, a tree becomes an
    impostor, so that none stands where a reverse angle would see it. Without it none does.
    """
    level = np.full(len(pixels), 2, np.int32)
    if turned is not None:
        level[(turned < LOD_PIXELS[2]) & (nearest >= _SET)] = IMPOSTOR
    before = (pixels > 0.0) & (nearest < _NEAR_SEEN)
    level[(pixels > LOD_PIXELS[1]) | (nearest < _NEAR_UNSEEN) | before] = 1
    level[pixels > LOD_PIXELS[0]] = 0
    return level


def levels_of_undergrowth(pixels: F64) -> I32:
    """Level [n], 0 or 1, for small plants of ``pixels`` projected height."""
    return np.where(pixels > _SMALL_PIXELS, 0, 1).astype(np.int32)


def author_plants(
    canvas: Canvas,
    path: str,
    *,
    space: Space,
    stand: Stand,
    species: Sequence[str],
    levels: I32,
    clock: StoryClock,
    grow: Grow,
    season: str = SUMMER,
    arrival: NDArray[np.float32] | None = None,
) -> int:
    """Write the instancer ``path`` for a stand; returns the number of prototypes.

    ``arrival`` [n]: seconds at which the fire comes to each foot, as they are written. ``grow`` gives the meshes.
    ``season``: one of `SEASONS`. ``species`` names what ``stand.species`` indexes. The state of a plant follows the
    clock: where it changes within the shot, protoIndices has a sample at that frame. Of a very large stand, the plants
    that change stand in an instancer of their own, ``<path>_turning``: samples of all would fill the memory.
    """
    turns = turning(stand, clock)
    if len(stand) * clock.frames.count > SAMPLES_MOST and turns.any() and not turns.all():
        parts = ((path, ~turns), (f"{path}_turning", turns))
        return sum(
            author_plants(
                canvas, name, space=space, stand=stand.where(of), species=species, levels=levels[of], clock=clock,
                grow=grow, season=season, arrival=None if arrival is None else arrival[of],
            )
            for name, of in parts
            if of.any()
        )  # fmt: skip
    by_frame = state_samples(stand, clock)
    cells = _cells(stand, levels, by_frame.values())
    cells |= set(missing_cells(sorted(cells), stand, levels))
    wanted = sorted(Prototype(species[a], b, STATES[c], d) for a, b, c, d in cells)
    for prototype in wanted:
        _author_prototype(canvas, path, prototype, space, grow, season)
    numbers = {prototype: index for index, prototype in enumerate(wanted)}
    lookup = _lookup(numbers, species)
    indices = {
        frame: lookup[stand.species, stand.variant, states, levels].astype(np.int32)
        for frame, states in by_frame.items()
    }
    canvas.instancer(
        path,
        prototypes=[f"{path}/{PROTOTYPES}/{prototype.name}" for prototype in wanted],
        ids=stand.ids,
        indices=indices if len(indices) > 1 else next(iter(indices.values())),
        positions=host_positions(stand.places, space.meters_per_unit, y_up=space.up_axis == "Y"),
        orientations=orientations(stand.yaw, stand.lean, stand.lean_azimuth, y_up=space.up_axis == "Y"),
        scales=np.repeat(stand.scale[:, None], 3, axis=1),
        primvars=_known(stand, space, arrival),
        states=other_indices(stand, levels, by_frame, lookup),
    )
    return len(wanted)


def as_written(times: NDArray[np.floating]) -> NDArray[np.float32]:
    """Story seconds as they are written: float32, and `NEVER` for all that is not before it."""
    return np.fmin(times, NEVER).astype(np.float32)


def _known(stand: Stand, space: Space, arrival: NDArray[np.float32] | None) -> dict[str, Varying]:
    """What the layer says of each plant, for whoever has a use for it."""
    said: dict[str, Varying] = {
        "usdai:ignition": as_written(stand.ignition),
        "usdai:species": stand.species,
        "usdai:height": (stand.height / space.meters_per_unit).astype(np.float32),
    }
    if arrival is not None:
        said["usdai:arrival"] = arrival
    return said


def _cells(stand: Stand, levels: I32, states: Iterable[I32]) -> set[Cell]:
    found: set[Cell] = set()
    for state in states:
        found |= {(a, b, c, d) for a, b, c, d in distinct(stand.species, stand.variant, state, levels)}
    return found


def _lookup(numbers: dict[Prototype, int], species: Sequence[str]) -> I32:
    most = max((FORMS[name].variants for name in species), default=1)
    table = np.full((len(species), most, len(STATES), LEVELS), -1, np.int32)
    for prototype, number in numbers.items():
        place = species.index(prototype.species), prototype.variant, STATES.index(prototype.state), prototype.lod
        table[place] = number
    return table


def _author_prototype(canvas: Canvas, path: str, prototype: Prototype, space: Space, grow: Grow, season: str) -> None:
    mesh = grow(prototype.species, prototype.variant, prototype.state, prototype.lod)
    mesh = in_season(mesh, prototype.species, prototype.state, season)
    base = canvas.prototype(path, prototype.name)
    for part in mesh.parts:
        hint = next(h for h in MATERIALS if h.name == part.material)
        canvas.mesh(
            f"{base}/{part.name}",
            space.to_host(part.points).astype(np.float32),
            part.counts,
            part.indices,
            # Blades are flat: their faces say the normal, in a third of the bytes.
            normals=None if hint.double_sided else space.directions_to_host(part.normals).astype(np.float32),
            uv=part.uv,
            color=_eight_bits(part.color),
            primvars=_primvars(part, space),
            material=f"materials/{surface_of(part.material, prototype.state)}",
            double_sided=hint.double_sided,
        )


def _eight_bits(color: NDArray[np.float32]) -> NDArray[np.float32]:
    """Albedo in the steps of a texture: evenly spaced by square root, so that few colours stand for many points."""
    return ((np.round(np.sqrt(np.clip(color, 0.0, 1.0)) * _STEPS) / _STEPS) ** 2).astype(np.float32)


def _primvars(part: MeshPart, space: Space) -> dict[str, Numbers]:
    """What a deformer and an emission shader need; see `usd_ai.sim.growth.wind`."""
    found: dict[str, Numbers] = {
        "usdai:windPivot": space.to_host(part.pivot).astype(np.float32),
        "usdai:windWeight": (np.round(part.sway * _STEPS) / _STEPS).astype(np.float32),
    }
    if np.any(part.glow > 0.0):
        found["usdai:glowTemperature"] = part.glow
    return found
