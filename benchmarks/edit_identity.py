"""How much of a layer changes when one thing is edited, and whether anything changes that the edit may not cause.

Ours: kinds of change of the small forest (tests/tools/edit_kinds.py), each built as a whole layer and compared with the
first element by element; what each may cause is said before it is made (tests/tools/may_change.py). Peer: the usual way
to scatter, a stream of random numbers drawn tree by tree (numpy's default_rng), from which one tree is left out: all
that are drawn after it are other trees. The peer has no fire, light or ember; its share is of trees alone.
"""

from __future__ import annotations

import argparse
import json
import tempfile
import time
from pathlib import Path

import numpy as np

from tests.tools.edit_kinds import EDITS, KINDS
from tests.tools.layer_elements import changes
from tests.tools.small_builds import SmallBuilds

GOAL = 0.05
"""Of the elements, at most, for a local edit."""


def stream(trees: int, cases: int) -> float:
    """Mean share of the trees that change when one is left out of a stream of random numbers."""
    shares: list[float] = []
    for number in range(cases):
        without = int(np.random.default_rng(number).integers(trees))
        before, after = (_drawn(trees, skipped) for skipped in (-1, without))
        same = {tree: row for tree, row in before.items() if after.get(tree) == row}
        shares.append(1.0 - len(same) / trees)
    return float(np.mean(shares))


def _drawn(trees: int, skipped: int) -> dict[int, tuple[float, ...]]:
    chance = np.random.default_rng(7)
    return {tree: tuple(chance.random(5).tolist()) for tree in range(trees) if tree != skipped}


def main() -> None:
    """Build the cases and print the line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--short", action="store_true", help="end within a minute")
    cases = 1 if parser.parse_args().short else 6
    begun = time.perf_counter()
    unforeseen, worst, built = 0, 0.0, 0
    with tempfile.TemporaryDirectory() as scratch:
        small = SmallBuilds(Path(scratch))
        _, before = small.build()
        for kind, draw in KINDS.items():
            for number in range(cases):
                case = draw(before, np.random.default_rng(number))
                found = changes(before, small.build(**case.after)[1])
                unforeseen += sum(not case.statement.covers(change) for change in found)
                worst = max(worst, len(found) / len(before)) if kind in EDITS else worst
                built += 1
    peer = stream(sum(kind == "trees" for kind, _ in before), 200)
    print(
        json.dumps(
            {
                "claim": "largest share of elements that a local edit changes",
                "unit": "share",
                "ours": round(worst, 4),
                "peer": round(peer, 4),
                "peer_name": "trees drawn from one stream (numpy default_rng), one left out",
                "ratio": round(peer / worst, 1) if worst else None,
                "goal": GOAL,
                "ok": worst < GOAL and unforeseen == 0,
                "note": f"{len(KINDS)} kinds, {built} layers of {len(before)} elements in "
                f"{time.perf_counter() - begun:.0f} s; {unforeseen} changes outside what was said before",
            }
        )
    )


if __name__ == "__main__":
    main()
