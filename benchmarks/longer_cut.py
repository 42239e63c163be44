"""Claim: a cut that shows a tenth more of a published shot costs a fifth of the shot's build at most.

The shot is that of `whole_shot.py`: built at full detail from nothing in any cache and published. Then a cut arrives
that needs a tenth more frames at its tail; it is decided, approved and carried out through the real engine. Ours: what
was carried out, until the layer is checked. Peer: the first build until then, which is what regenerating costs where
nothing is kept. Pictures are drawn anew for both and are told beside. Of processor time the ratio is told too: it says
more where the machine has other work. All volumes of the first layer that the second one has as well must be the very
same files.

The short form is a small stand and no hero flames.
"""

from __future__ import annotations

import argparse
import dataclasses
import json
import os
import sys
import tempfile
from pathlib import Path

from whole_shot import LONG, Made, Size, asked_for, build_show, followed, planted, wishes, write_cut

from usd_ai.app import compose
from usd_ai.config import Settings
from usd_ai.core.decisions import Action, Decision
from usd_ai.core.engine import Engine
from usd_ai.core.types import Detail, ParameterValue

GOAL = 5.0
SHORT = Size(400.0, 0.3, 100, 60, Detail.FULL)
_LONGER = 1.1  # more than the handles have: else the layer would only be shown longer


def main() -> int:
    """Build, publish, cut longer, carry out; the last line is the JSON object."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--short", action="store_true", help="a small stand, no hero flames")
    parser.add_argument("--keep", type=Path, help="a folder to keep the show in")
    asked = parser.parse_args()
    size = SHORT if asked.short else LONG
    wish = {**wishes(size), **({"hero": 0, "surroundings": False} if asked.short else {})}
    with tempfile.TemporaryDirectory(prefix="longer-cut-") as scratch:
        folder = asked.keep or Path(scratch)
        folder.mkdir(parents=True, exist_ok=True)
        longer = round(size.frames * _LONGER)
        studio = build_show(folder, dataclasses.replace(size, frames=longer))  # the stage has the longer take
        write_cut(folder / "cut.edl", size.frames)
        write_cut(folder / "longer.edl", longer)
        engine = compose(Settings(projects=(str(studio),), state=str(folder / "state"), workers=2))
        try:
            found = measured(engine, folder, size, wish)
        finally:
            engine.close()
    print(json.dumps(found))
    return 0


def measured(engine: Engine, folder: Path, size: Size, wish: dict[str, ParameterValue]) -> dict[str, object]:
    """The first build, and what the longer cut costs."""
    first = asked_for(engine, wish, size.detail, "first build")
    engine.publish(first.generation.name, first.generation.etag, "first")
    plan = engine.turnover.decisions("whole", "longer.edl")
    (decision,) = plan.decisions
    if decision.action is not Action.MISSING_FRAMES:
        raise SystemExit(f"The longer cut was decided otherwise: {decision.action.value}, {decision.why}")
    print(f"{decision.why} Estimated: {decision.seconds} s.")
    done = engine.turnover.apply("whole", "longer.edl", plan.etag, "benchmark")
    longer = followed(engine, engine.generation(done.decisions[0].generation), "longer cut")
    return row(folder, size, first, longer, decision)


def row(folder: Path, size: Size, first: Made, longer: Made, decision: Decision) -> dict[str, object]:
    """The line of the table."""
    ratio, of_processors = first.built / longer.built, first.spent / longer.spent
    common, same = volumes(first), volumes(longer)
    added = (decision.covers.count if decision.covers is not None else 0) - size.frames
    both = common.keys() & same.keys()
    shared = sum(common[path] == same[path] for path in both)
    note = (
        f"{size.frames} frames and {added} more, "
        f"{planted(folder / 'state'):,} trees; {of_processors:.1f} x in processor time ({first.spent:.0f} s and "
        f"{longer.spent:.1f} s without pictures); pictures {longer.drawing:.0f} s more; with them "
        f"{longer.seconds:.0f} s, estimated {decision.seconds} s, which is {longer.seconds / first.seconds:.2f} of the "
        f"build; {shared} of {len(both)} volumes in common are the same files; load {os.getloadavg()[0]:.1f}"
    )
    return {
        "claim": "a published shot whose cut shows a tenth more frames",
        "unit": "s",
        "ours": round(longer.built, 1),
        "peer": round(first.built, 1),
        "peer_name": "the same shot simulated from nothing",
        "ratio": round(ratio, 2),
        "goal": GOAL,
        "ok": ratio >= GOAL and 0 < shared == len(both),
        "note": note,
    }


def volumes(made: Made) -> dict[str, str]:
    """Digests of a layer's smoke and flames, by path."""
    files = made.generation.layer.files if made.generation.layer is not None else ()
    return {file.path: file.sha256 for file in files if file.path.startswith("vdb/") and "haze" not in file.path}


if __name__ == "__main__":
    sys.exit(main())
