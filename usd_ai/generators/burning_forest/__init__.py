"""A burning forest on the shot's own ground: trees, undergrowth, fire that spreads, flames, smoke, light and embers."""

from __future__ import annotations

from usd_ai.core.ports import GeneratorSpec
from usd_ai.generators.burning_forest.parameters import PARAMETERS, WORLD_PARAMETERS
from usd_ai.generators.burning_forest.vocabulary import VOCABULARY

ALGORITHM_VERSION = 3
"""Grows with every change that alters bytes; a test compares golden digests and fails when it was forgotten."""

WHOLE_SHARE = 0.4
"""Of a build's seconds, what a shot that grows longer costs however few its new frames: placing, writing, checking and
drawing it (benchmarks/longer_cut.py)."""

GENERATOR = GeneratorSpec(
    id="burning_forest",
    title="Burning forest",
    summary="A grown forest on the host's ground through which a fire spreads: trees, flames, smoke, embers and light.",
    algorithm_version=ALGORITHM_VERSION,
    parameters=PARAMETERS,
    world_parameters=WORLD_PARAMETERS,
    libraries=("OpenEXR", "llvmlite", "numba", "numpy", "scipy", "torch", "usd-core"),
    forecast_task="usd_ai.generators.burning_forest.forecast:forecast_task",
    build_task="usd_ai.generators.burning_forest.build:build_task",
    settle="usd_ai.generators.burning_forest.fire_plan:settle",
    source_type="http://cv.iptc.org/newscodes/digitalsourcetype/algorithmicMedia",
    vocabulary=VOCABULARY,
    ground_task="usd_ai.generators.burning_forest.own_ground:ground_task",
    curve_parameters=frozenset({"ignition"}),
    prompt_task="usd_ai.generators.burning_forest.wishes:prompt_task",
    frame_local=True,
    whole_share=WHOLE_SHARE,
)
