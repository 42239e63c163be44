"""Plants: sound geometry, one tree through all states and distances, the same bytes everywhere."""

from __future__ import annotations

import hashlib
import os
import subprocess
import sys

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from usd_ai.core.errors import InvalidRequest
from usd_ai.sim.growth import (
    MATERIALS,
    SEASONS,
    SPECIES,
    STATES,
    MeshPart,
    PlantMesh,
    in_season,
    plant,
    variants_of,
)
from usd_ai.sim.growth.individuals import AGES, INDIVIDUALS
from usd_ai.sim.growth.trees import skeleton

FORMS = {form.name: form for form in SPECIES}
TREES = tuple(name for name, form in FORMS.items() if form.kind == "tree")
LEAFY = ("pine", "spruce", "birch", "fir", "oak")
BUDGETS = ((6_000, 68_500), (3_000, 5_000), (400, 900), (30, 130))
LEAF_AREA = 70.0  # m²: leaf area index 5.6 (Asner 2003: 5.1-6.7) over 800 stems per hectare
SAMPLE = (("pine", 0, "green", 0), ("spruce", 2, "scorched", 1), ("birch", 1, "burning", 2), ("rock", 0, "charred", 0))


def triangles(part: MeshPart) -> NDArray[np.int64]:
    first = np.cumsum(part.counts) - part.counts
    fans = [part.indices[np.stack((first, first + 1, first + 2), axis=1)]]
    quads = first[part.counts == 4]
    fans.append(part.indices[np.stack((quads, quads + 2, quads + 3), axis=1)])
    return np.concatenate(fans).astype(np.int64)


def areas(part: MeshPart) -> NDArray[np.float64]:
    corners = part.points.astype(np.float64)[triangles(part)]
    edge = np.cross(corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0])
    return 0.5 * np.linalg.norm(edge, axis=1)


def foliage(mesh: PlantMesh) -> MeshPart | None:
    return next((part for part in mesh.parts if part.name == "foliage"), None)


def digest(mesh: PlantMesh) -> str:
    sha = hashlib.sha256()
    for part in mesh.parts:
        sha.update(part.name.encode() + part.material.encode())
        arrays = (part.points, part.counts, part.indices, part.uv, part.color, part.normals)
        for array in (*arrays, part.pivot, part.sway, part.glow):
            sha.update(array.tobytes())
    sha.update(repr((mesh.height, mesh.crown_radius, mesh.leaf_area, mesh.trunk_diameter)).encode())
    return sha.hexdigest()


def check_sound(mesh: PlantMesh) -> None:
    names = {hint.name for hint in MATERIALS}
    assert mesh.parts
    for part in mesh.parts:
        count = len(part.points)
        assert part.material in names
        assert set(np.unique(part.counts)) <= {3, 4}
        assert int(part.counts.sum()) == len(part.indices)
        assert part.indices.min() >= 0
        assert part.indices.max() < count
        assert len(np.unique(part.indices)) == count  # no stray points
        shapes = {"points": 3, "normals": 3, "color": 3, "uv": 2, "pivot": 3, "sway": 0, "glow": 0}
        for name, width in shapes.items():
            array = getattr(part, name)
            assert array.dtype == np.float32
            assert array.shape == ((count, width) if width else (count,))
            assert np.isfinite(array).all()
        assert part.counts.dtype == part.indices.dtype == np.int32
        assert np.abs(np.linalg.norm(part.normals, axis=1) - 1.0).max() < 1e-4
        assert part.color.min() > 0.0
        assert part.color.max() <= 1.0
        assert areas(part).min() > 1e-9


@settings(max_examples=60, deadline=None)
@given(data=st.data(), seed=st.integers(0, 2**64 - 1))
def test_when_any_plant_is_grown_then_its_geometry_is_sound(data: st.DataObject, seed: int) -> None:
    form = data.draw(st.sampled_from(SPECIES))
    variant = data.draw(st.integers(0, form.variants - 1))
    mesh = plant(form.name, variant, data.draw(st.sampled_from(STATES)), data.draw(st.integers(0, form.lods - 1)), seed)
    check_sound(mesh)
    assert 0.4 * form.height_range[0] <= mesh.height <= 1.6 * form.height_range[1]
    for part in mesh.parts:
        assert part.sway.min() >= 0.0
        assert part.sway.max() <= 1.0
    low = min(float(part.points[:, 2].min()) for part in mesh.parts)
    assert low > -0.6  # leaves may touch the ground, roots and stones sink into it


@pytest.mark.parametrize("species", LEAFY)
@pytest.mark.parametrize("lod", range(4))
def test_when_a_tree_is_green_then_it_keeps_its_budget_of_triangles(species: str, lod: int) -> None:
    for variant in range(FORMS[species].variants):
        mesh = plant(species, variant, "green", lod, 3)
        low, high = BUDGETS[lod]
        assert low <= mesh.triangles <= high


@pytest.mark.parametrize("species", TREES)
def test_when_a_tree_has_burnt_then_it_costs_no_more_than_its_budget(species: str) -> None:
    for state in STATES:
        for lod in range(4):
            assert plant(species, 0, state, lod, 3).triangles <= BUDGETS[lod][1]


@pytest.mark.parametrize("species", LEAFY)
def test_when_a_default_tree_is_green_then_its_leaf_area_is_that_of_a_stand(species: str) -> None:
    for seed in range(4):
        mesh = plant(species, 0, "green", 0, seed)
        part = foliage(mesh)
        assert part is not None
        assert areas(part).sum() == pytest.approx(mesh.leaf_area, rel=1e-3)
        assert LEAF_AREA * 0.7 <= mesh.leaf_area <= LEAF_AREA * 1.3


@pytest.mark.parametrize("species", TREES)
def test_when_a_tree_is_far_away_then_height_and_leaf_area_and_colour_stay(species: str) -> None:
    for variant in range(FORMS[species].variants):
        for state in STATES:
            near = plant(species, variant, state, 0, 11)
            top = top_of(near)
            burnt = state not in {"green", "scorched"}
            if not burnt:
                assert abs(top - near.height) < max(0.06 * near.height, 0.25)
            for lod in (1, 2, 3):
                far = plant(species, variant, state, lod, 11)
                assert (far.height, far.trunk_diameter) == (near.height, near.trunk_diameter)
                assert abs(top_of(far) - top) < max((0.2 if burnt else 0.05) * near.height, 0.3)
                assert far.leaf_area == pytest.approx(near.leaf_area, rel=0.25 if lod < 3 else 0.45)
                if near.leaf_area > 5.0:
                    assert mean_color(far) == pytest.approx(mean_color(near), rel=0.15)


def top_of(mesh: PlantMesh) -> float:
    return max(float(part.points[:, 2].max()) for part in mesh.parts)


def mean_color(mesh: PlantMesh) -> NDArray[np.float64]:
    part = foliage(mesh)
    assert part is not None
    area = areas(part)
    return np.average(part.color[triangles(part)].mean(axis=1), axis=0, weights=area)


@pytest.mark.parametrize("species", TREES)
def test_when_a_tree_burns_then_it_stays_the_same_tree(species: str) -> None:
    green = plant(species, 1, "green", 0, 5)
    on_trunk = 1_500  # the first points of the bark are the trunk's
    trunk = green.parts[0].points[:on_trunk]
    for state in STATES[1:]:
        burnt = plant(species, 1, state, 0, 5)
        assert np.array_equal(burnt.parts[0].points[:on_trunk], trunk)
        assert (burnt.height, burnt.crown_radius) == (green.height, green.crown_radius)
        stood = {row.tobytes() for row in green.parts[0].points}
        shared = np.mean([row.tobytes() in stood for row in burnt.parts[0].points])
        # Burnt trees may show twigs that foliage had hidden; everything thick is where it was.
        assert shared > 0.3


def test_when_fire_passes_then_foliage_goes_and_bark_blackens_from_the_foot() -> None:
    for species in LEAFY:
        left = [plant(species, 0, state, 0, 2).leaf_area for state in STATES]
        assert left == sorted(left, reverse=True)
        assert left[3] == left[4] == 0.0
        assert foliage(plant(species, 0, "charred", 0, 2)) is None
        bark = [plant(species, 0, state, 0, 2).parts[0] for state in STATES]
        bright = [float(part.color[part.points[:, 2] < 1.0].mean()) for part in bark]
        assert bright[1] < 0.75 * bright[0]
        assert bright[3] < 0.1
        high = bark[1].points[:, 2] > 8.0
        untouched = bark[0].points[:, 2] > 8.0
        assert bark[1].color[high].mean() == pytest.approx(bark[0].color[untouched].mean(), rel=0.35)


def test_when_bark_is_scorched_then_char_reaches_higher_on_the_lee_side() -> None:
    part = plant("birch", 0, "scorched", 0, 4).parts[0]
    band = (part.points[:, 2] > 1.5) & (part.points[:, 2] < 4.0)
    lee = part.color[band & (part.normals[:, 0] > 0.7)].mean()
    windward = part.color[band & (part.normals[:, 0] < -0.7)].mean()
    assert lee < 0.7 * windward


def test_when_twigs_have_burnt_then_no_branch_hangs_in_the_air() -> None:
    for species in TREES:
        stems = skeleton(species, 0, 9).stems
        roots = stems.points[stems.first[:-1]][stems.level > 0]
        level = stems.level[stems.level > 0]
        base = stems.base_radii
        for branch, depth in zip(roots[::17], level[::17], strict=True):
            lower = np.repeat(stems.level, np.diff(stems.first)) < depth
            gap = np.linalg.norm(stems.points[lower] - branch, axis=1).min()
            assert gap < 0.8  # between two stations of its parent
        assert base[stems.level == 0].min() > base[stems.level > 0].max()


@pytest.mark.parametrize("species", tuple(FORMS))
def test_when_variants_or_seeds_differ_then_so_do_the_plants(species: str) -> None:
    form = FORMS[species]
    seen = [digest(plant(species, variant, "green", 0, seed)) for variant in range(form.variants) for seed in (1, 2)]
    assert len(set(seen)) == len(seen)
    assert form.variants >= 3


def test_when_a_conifer_is_grown_then_it_is_no_cone_and_no_clone() -> None:
    for species in ("spruce", "pine"):
        blades = skeleton(species, 0, 1).blades.origins
        angle = np.arctan2(blades[:, 1], blades[:, 0])
        per_side = np.histogram(angle, bins=8, range=(-np.pi, np.pi))[0]
        assert per_side.max() > 1.25 * per_side.min()
        reach = [np.quantile(np.hypot(*blades[np.abs(blades[:, 2] - z) < 0.4, :2].T), 0.95) for z in range(13, 19)]
        assert np.any(np.diff(reach) > 0.0)  # somewhere a higher branch reaches further


def test_when_plants_are_asked_in_another_order_then_they_are_the_same() -> None:
    first = [digest(plant(*arguments, 42)) for arguments in SAMPLE]
    skeleton.cache_clear()
    assert [digest(plant(*arguments, 42)) for arguments in reversed(SAMPLE)] == first[::-1]


@pytest.mark.parametrize(("hash_seed", "threads"), [("0", "1"), ("4711", "2")])
def test_when_another_process_grows_a_plant_then_its_bytes_are_the_same(hash_seed: str, threads: str) -> None:
    program = (
        "import importlib.util, sys\n"
        f"spec = importlib.util.spec_from_file_location('growth_test', {__file__!r})\n"
        "module = importlib.util.module_from_spec(spec)\n"
        "spec.loader.exec_module(module)\n"
        "for arguments in module.SAMPLE: print(module.digest(module.plant(*arguments, 42)))\n"
    )
    environment = {**os.environ, "PYTHONHASHSEED": hash_seed, "OMP_NUM_THREADS": threads, "NUMBA_NUM_THREADS": threads}
    run = subprocess.run([sys.executable, "-c", program], env=environment, capture_output=True, text=True, check=True)
    assert run.stdout.split() == [digest(plant(*arguments, 42)) for arguments in SAMPLE]


def test_when_one_more_blade_is_drawn_then_ids_do_not_depend_on_it() -> None:
    whole = skeleton("birch", 0, 1)
    assert len(np.unique(whole.blades.ids)) == len(whole.blades.ids)
    assert len(np.unique(whole.stems.ids)) == len(whole.stems.ids)


@pytest.mark.parametrize(
    "arguments",
    [
        ("palm", 0, "green", 0),
        ("pine", 99, "green", 0),
        ("pine", 0, "wet", 0),
        ("grass", 0, "green", 2),
        ("pine", -1, "green", 0),
    ],
)
def test_when_there_is_no_such_plant_then_the_error_names_what_there_is(arguments: tuple[str, int, str, int]) -> None:
    with pytest.raises(InvalidRequest) as error:
        plant(*arguments, 0)
    assert error.value.remedy.startswith("Use one of: ")


def test_when_a_scatterer_reads_the_species_then_sizes_agree_with_the_meshes() -> None:
    for form in SPECIES:
        assert form.sources
        assert len(form.lod_distance) == form.lods - 1
        for variant in range(form.variants):
            mesh = plant(form.name, variant, "green", form.lods - 1, 8)
            assert mesh.height == pytest.approx(form.heights[variant], rel=0.05 if form.kind == "tree" else 0.6)
            if form.kind == "tree":
                assert form.dbh_range[0] * 0.9 <= mesh.trunk_diameter <= form.dbh_range[1] * 1.1
                assert mesh.trunk_diameter == pytest.approx(INDIVIDUALS[form.name][variant].dbh, rel=0.05)


def test_when_twigs_hang_to_the_ground_then_they_gather_on_it_and_keep_their_area() -> None:
    mesh = plant("spruce", 3, "green", 0, 0)  # a young spruce whose lowest branches once sank 0.85 m
    for part in mesh.parts:
        assert part.points[:, 2].min() > -0.56
        assert areas(part).min() > 1e-9


def test_when_the_library_is_counted_then_there_are_forty_trees_of_all_ages() -> None:
    assert sum(FORMS[name].variants for name in TREES) >= 40
    for species in LEAFY:
        assert {row.age for row in INDIVIDUALS[species]} == set(AGES)
        sapling, old = (variants_of(species, (age,))[0] for age in ("sapling", "old"))
        assert INDIVIDUALS[species][sapling].crown_base < INDIVIDUALS[species][old].crown_base
        slender = [
            mesh.height / mesh.trunk_diameter for mesh in (plant(species, v, "green", 3, 1) for v in (sapling, old))
        ]
        assert slender[0] > slender[1]  # an old tree is not a sapling scaled up


def test_when_a_top_has_broken_off_then_the_trunk_ends_thick_and_in_splinters() -> None:
    for species in LEAFY:
        variant = next(number for number, row in enumerate(INDIVIDUALS[species]) if row.lost > 0.0)
        grown = skeleton(species, variant, 3)
        trunk = np.flatnonzero(grown.stems.level == 0)[0]
        end = grown.stems.first[trunk + 1] - 1
        assert grown.broken
        assert grown.stems.points[end, 2] == pytest.approx(grown.height)
        assert grown.stems.radii[end] > 0.02
        assert grown.stems.points[:, 2].max() < 1.1 * grown.height


def test_when_fire_has_gone_out_then_fewer_and_thicker_branches_stand_than_while_it_smoulders() -> None:
    for species in TREES:
        charred, bare = (plant(species, 1, state, 0, 6).parts for state in ("charred", "skeleton"))
        assert [part.name for part in bare] == ["bark"]
        limbs = [int(np.count_nonzero(part.pivot[:, 2] > 0.0)) for part in (charred[0], bare[0])]
        assert limbs[1] < 0.75 * limbs[0]
        assert float(charred[0].glow.max()) > 900.0
        assert float(bare[0].glow.max()) == 0.0
        assert bare[0].color.mean() < 0.16


def test_when_wind_moves_a_tree_then_what_touches_stays_together() -> None:
    for species in LEAFY:
        green = plant(species, 0, "green", 0, 2)
        bark = green.parts[0]
        trunk = bark.pivot[:, 2] == 0.0
        assert bark.sway[bark.points[:, 2] < 0.5].max() < 0.02
        assert bark.sway[trunk].max() <= 0.31
        leaves = foliage(green)
        assert leaves is not None
        assert leaves.sway.max() == pytest.approx(1.0, abs=0.02)
        joints = {row.tobytes() for row in np.unique(bark.pivot, axis=0)}
        known = np.mean([row.tobytes() in joints for row in leaves.pivot[::13]])
        assert known > 0.8  # leaves turn about the joints of the limbs that bear them
        turned = [bend(part) for part in (bark, leaves)]
        for part, moved in zip((bark, leaves), turned, strict=True):
            edge = (
                part.indices[np.cumsum(part.counts) - part.counts],
                part.indices[np.cumsum(part.counts) - part.counts + 1],
            )
            before = np.linalg.norm(part.points[edge[0]] - part.points[edge[1]], axis=1)
            after = np.linalg.norm(moved[edge[0]] - moved[edge[1]], axis=1)
            assert np.abs(after - before).max() < 0.25


def bend(part: MeshPart) -> NDArray[np.float64]:
    """Every point turned about its joint by 0.3 rad at weight 1, about +Y."""
    arm = part.points.astype(np.float64) - part.pivot
    angle = 0.3 * part.sway.astype(np.float64)
    c, s = np.cos(angle), np.sin(angle)
    x, z = arm[:, 0] * c + arm[:, 2] * s, arm[:, 2] * c - arm[:, 0] * s
    return np.stack((x, arm[:, 1], z), axis=1) + part.pivot


def test_when_seasons_change_then_birch_is_yellow_in_autumn_and_bare_in_winter() -> None:
    birch, pine = plant("birch", 0, "green", 1, 3), plant("pine", 0, "green", 1, 3)
    yellow = mean_color(in_season(birch, "birch", "green", "autumn"))
    assert yellow[0] > 1.2 * yellow[1] > 0.0
    assert mean_color(birch)[1] > mean_color(birch)[0]
    assert foliage(in_season(birch, "birch", "green", "winter")) is None
    assert foliage(in_season(pine, "pine", "green", "winter")) is not None
    for season in SEASONS:
        assert in_season(birch, "birch", "green", season).parts[0] is birch.parts[0]
    assert in_season(birch, "birch", "green", "summer") is birch


@pytest.mark.parametrize("species", LEAFY)
def test_when_a_tree_is_an_impostor_then_its_outline_is_that_of_the_tree(species: str) -> None:
    near, far = plant(species, 0, "green", 1, 4), plant(species, 0, "green", 3, 4)
    crown, hull = foliage(near), foliage(far)
    assert crown is not None
    assert hull is not None
    for low, high in ((0.35, 0.6), (0.6, 0.8), (0.8, 0.97)):
        wide = [width(part, low * near.height, high * near.height) for part in (crown, hull)]
        assert 0.55 < wide[1] / max(wide[0], 0.3) < 1.6


def width(part: MeshPart, low: float, high: float) -> float:
    """Mean over four directions of the width that holds most of a part between two heights, metres."""
    corners = part.points[triangles(part)].astype(np.float64).reshape(-1, 3)
    band = corners[(corners[:, 2] >= low) & (corners[:, 2] <= high)]
    if len(band) < 3:
        return 0.3
    spans = []
    for angle in (0.0, 0.8, 1.6, 2.4):
        across = band[:, 0] * np.cos(angle) + band[:, 1] * np.sin(angle)
        spans.append(float(np.quantile(across, 0.95) - np.quantile(across, 0.05)))
    return float(np.mean(spans))


def test_when_a_hot_fire_leaves_no_leaf_of_a_patch_then_the_sticks_still_come() -> None:
    for seed in (0, 19, 38):  # seeds whose coarse patches kept no leaf, which failed
        for variant in range(3):
            assert plant("litter", variant, "skeleton", 1, seed).parts
