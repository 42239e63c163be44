"""What a plan will come to, before it is built: exact counts, and seconds and bytes from measured rates."""

from __future__ import annotations

import numpy as np

from usd_ai.core.types import Forecast, Plan, StageFacts, World
from usd_ai.generators.burning_forest.burning import drawn
from usd_ai.generators.burning_forest.choose import TREE_MARGIN, undergrowth_of_shot
from usd_ai.generators.burning_forest.editing import added_id
from usd_ai.generators.burning_forest.edits import parse_edits
from usd_ai.generators.burning_forest.forest import edited_elements
from usd_ai.generators.burning_forest.shot import Shot, open_shot, trees_and_patches
from usd_ai.generators.burning_forest.stand import Stand
from usd_ai.generators.burning_forest.world import world_values

# Measured on two cores of a server at 2.5 GHz; docs/guide/architect.md has the table.
_SECONDS_FIXED, _SECONDS_PER_VOLUME_FRAME, _SECONDS_PICTURE = 8.0, 0.002, 36.0
_SECONDS_FIRST_LOOK = 8.0
_BYTES_PER_INSTANCE, _BYTES_FIXED, _BYTES_PER_SMOKE_FRAME = 60, 30_000_000, 350_000


def forecast_task(plan: Plan, world: World, facts: StageFacts, arrays: str, cache: str) -> Forecast:
    """The forecast of a plan. The world is grown for it, and kept: building it afterwards does not pay again."""
    shot = open_shot(plan, world, facts, arrays, cache)
    trees, burning, ground = trees_and_patches(shot)
    small = undergrowth_of_shot(shot.world, shot.plan, shot.forest, shot.keepout, shot.views, shot.clock)
    volumes, frames = len(drawn(shot, burning)) + len(ground), plan.frames.count
    warnings: list[str] = []
    if not len(trees):
        warnings.append("No tree stands in this shot: density, clearings and the host's own geometry leave no room.")
    if not volumes and shot.value("fire") > 0.0:
        warnings.append(
            f"Nothing burns between story seconds {shot.clock.start:.0f} and {shot.clock.end:.0f}. "
            "Set story_time to a moment at which it burns, or move the ignition."
        )
    instances = len(trees) + len(small) + len(shot.forest.beyond)
    seconds = _SECONDS_FIRST_LOOK if shot.quick else _SECONDS_FIXED + _SECONDS_PICTURE
    return Forecast(
        elements=(
            ("flames", volumes),
            ("frames", frames),
            ("trees", len(trees)),
            ("trees_beyond", len(shot.forest.beyond)),
            *edited_elements(shot.forest).items(),
            ("undergrowth", len(small)),
        ),
        seconds=seconds + _SECONDS_PER_VOLUME_FRAME * volumes * frames,
        bytes=_BYTES_FIXED + _BYTES_PER_INSTANCE * instances + (0 if shot.quick else _BYTES_PER_SMOKE_FRAME * frames),
        warnings=(*warnings, *_edits_unseen(shot, trees)),
    )


def _edits_unseen(shot: Shot, trees: Stand) -> list[str]:
    """What was put by hand and is left out of this shot, and why."""
    edits = parse_edits(str(world_values(shot.world)["edits"]))
    put = {added_id(edit) if edit.verb == "add" else edit.tree: edit for edit in edits if edit.verb in {"add", "move"}}
    taken = {edit.tree for edit in edits if edit.verb == "remove"}
    here = set(np.concatenate([trees.ids, shot.forest.beyond.ids]).tolist()) if put else set[int]()
    return [
        f"'{edit.text}' puts a tree {_where_left_out(shot, tree)}: this shot leaves it out."
        for tree, edit in put.items()
        if tree not in here and tree not in taken
    ]


def _where_left_out(shot: Shot, tree: int) -> str:
    """Where a tree stands that `trees_of_shot` leaves out; beyond the ground only those out of sight are."""
    one = shot.forest.trees.where(shot.forest.trees.ids == tree)
    if len(one):
        if not shot.keepout.free(one.places[:, :2], TREE_MARGIN, TREE_MARGIN).all():
            return "onto something of the host's"
        if (shot.views.nearest(one.places) < shot.value("camera_clearance")).any():
            return "closer to a camera's path than camera_clearance allows"
        for edge in shot.keepout.edges:
            if not edge.free(one, int(shot.plan.seed)).all():
                return f"closer to the host's {edge.role} than keep_from_{edge.role} allows"
    return "out of every camera's sight, farther from their paths than keep_unseen"
