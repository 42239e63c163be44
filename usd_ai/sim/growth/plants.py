"""The species, and the one door to their meshes."""

from __future__ import annotations

from collections.abc import Callable

from usd_ai.core.errors import InvalidRequest
from usd_ai.sim.growth import undergrowth
from usd_ai.sim.growth.individuals import INDIVIDUALS
from usd_ai.sim.growth.model import STATES, PlantMesh, SpeciesForm
from usd_ai.sim.growth.stones import rock
from usd_ai.sim.growth.trees import BUDGETS, individual_key, tree
from usd_ai.sim.growth.trunk import sized

_BOREAL = "Boreal stands at 50 years: PMC6825224 (stems per hectare, DBH, height); leaf area index: Asner 2003."
_TREE_LODS = (25.0, 80.0, 450.0)
_UNDER_LODS = (15.0,)

# Sizes in metres of each variant: height of what stands, length of a log, width of a stone or patch.
_SIZES: dict[str, tuple[float, ...]] = {
    "grass": (0.45, 0.3, 0.6),
    "fern": (0.7, 0.5, 0.9),
    "shrub": (0.4, 0.3, 0.75),
    "log": (5.5, 3.2, 7.5),
    "rock": (0.8, 0.45, 1.5),
    "litter": (1.3, 1.0, 1.6),
}
_BUILD: dict[str, Callable[[int, float, str, int], PlantMesh]] = {
    "grass": undergrowth.grass,
    "fern": undergrowth.fern,
    "shrub": undergrowth.shrub,
    "log": undergrowth.log,
    "rock": rock,
    "litter": undergrowth.litter,
}


def _tree_form(
    name: str,
    stems: tuple[float, float],
    sources: str,
) -> SpeciesForm:
    rows = INDIVIDUALS[name]
    heights = tuple(row.height for row in rows)
    dbh = tuple(row.dbh for row in rows)
    return SpeciesForm(
        name,
        "tree",
        len(rows),
        heights,
        (0.8 * min(heights), 1.2 * max(heights)),
        (0.8 * min(dbh), 1.2 * max(dbh)),
        rows[0].crown_radius,
        stems,
        len(BUDGETS),
        _TREE_LODS,
        flammable=True,
        sources=sources,
    )


def _under_form(
    name: str, heights: tuple[float, ...], scale: tuple[float, float], per_hectare: tuple[float, float], sources: str
) -> SpeciesForm:
    sizes = _SIZES[name]
    return SpeciesForm(
        name,
        "undergrowth",
        len(sizes),
        heights,
        (min(heights) * scale[0], max(heights) * scale[1]),
        (0.0, 0.0),
        0.5 * sizes[0],
        per_hectare,
        2,
        _UNDER_LODS,
        flammable=name != "rock",
        sources=sources,
    )


SPECIES: tuple[SpeciesForm, ...] = (
    _tree_form("pine", (400.0, 1400.0), _BOREAL),
    _tree_form("spruce", (100.0, 400.0), _BOREAL),
    _tree_form("birch", (200.0, 1200.0), _BOREAL),
    _tree_form("snag", (40.0, 90.0), "5-10 % of the stems: working value of the look guide."),
    _tree_form("fir", (200.0, 1000.0), "Working value."),
    _tree_form("oak", (100.0, 600.0), "Working value; 488 stems per hectare in German inventory plots."),
    _under_form("grass", (0.45, 0.3, 0.6), (0.7, 1.3), (4000.0, 30000.0), "Working value."),
    _under_form("fern", (0.58, 0.4, 0.73), (0.7, 1.3), (500.0, 4000.0), "Working value."),
    _under_form("shrub", (0.59, 0.45, 1.05), (0.7, 1.4), (2000.0, 12000.0), "Working value."),
    _under_form("log", (0.48, 0.45, 0.58), (0.6, 1.4), (60.0, 250.0), "Working value."),
    _under_form("rock", (0.38, 0.2, 0.7), (0.4, 2.0), (50.0, 400.0), "Working value."),
    _under_form("litter", (0.08, 0.075, 0.075), (0.5, 1.5), (1500.0, 6000.0), "Working value."),
)
_BY_NAME = {form.name: form for form in SPECIES}


def plant(species: str, variant: int, state: str, lod: int, seed: int) -> PlantMesh:
    """The mesh of one plant: a pure function of its arguments, whatever was asked before.

    ``species``: a name in `SPECIES`; ``variant``: 0 to its ``variants`` - 1, an individual of its own size, lean and
    gaps; ``state``: one of `STATES`; ``lod``: 0 to its ``lods`` - 1; ``seed``: which individuals this forest has.
    States and lods of one (species, variant, seed) share their skeleton. The lee side, where char climbs higher, is +X.

    Raises `InvalidRequest` where there is no such species, variant, state or lod.
    """
    form = _BY_NAME.get(species)
    if form is None:
        raise _unknown("species", species, [form.name for form in SPECIES])
    if state not in STATES:
        raise _unknown("state", state, list(STATES))
    if not 0 <= variant < form.variants:
        raise _unknown("variant", str(variant), [str(number) for number in range(form.variants)])
    if not 0 <= lod < form.lods:
        raise _unknown("lod", str(lod), [str(number) for number in range(form.lods)])
    if form.kind == "tree":
        return tree(species, variant, state, lod, seed)
    key = individual_key(species, variant, seed)
    return _BUILD[species](key, sized(key, _SIZES[species][variant]), state, lod)


def _unknown(what: str, value: str, known: list[str]) -> InvalidRequest:
    return InvalidRequest(
        f"There is no plant {what} {value!r}.", remedy=f"Use one of: {', '.join(known)}.", context={what: value}
    )
