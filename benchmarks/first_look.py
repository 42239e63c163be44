"""How long an artist waits for a first look after changing a parameter: a layer and a picture, asked over gRPC.

Ours: a warm server (world and flames in its cache), a shot of the demo with all its frames, one parameter changed,
first-look detail; the slowest of three changes that leave the world as it is. Peer: the same shot on a server that has
just started with nothing in its cache, which is what every change would cost without the cache. The long form also
times a change of the world (density) and the promotion to full detail, and tells them in the note.
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
import time
from pathlib import Path

import usd_ai
from tests.journeys.shows import GENERATOR, SEED, build_show, fire_of, serving
from usd_ai.core.types import ParameterValue

GOAL = 10.0
SHOT = "sh010"
_SHORT: tuple[dict[str, ParameterValue], ...] = ({"embers": 0.5},)
_LONG: tuple[dict[str, ParameterValue], ...] = ({"embers": 0.5}, {"fire": 1.5}, {"story_time": 84.0})


def waited(
    studio: usd_ai.Studio, wish: dict[str, ParameterValue], detail: usd_ai.Detail = usd_ai.Detail.FIRST_LOOK
) -> float:
    """Seconds from the wish to a layer and a picture."""
    begun = time.perf_counter()
    handle = studio.shot(SHOT).generate(GENERATOR, wish, seed=SEED, detail=detail)
    snapshot = handle.wait()
    seconds = time.perf_counter() - begun
    if snapshot.cached or not (Path(snapshot.folder) / "preview.png").is_file():
        sys.exit("No figure: the layer was there already, or has no picture.")
    return seconds


def main() -> None:
    """Measure cold, then warm."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--short", action="store_true", help="end within a minute")
    short = parser.parse_args().short
    with tempfile.TemporaryDirectory(prefix="first-look-") as scratch:
        studio_file = build_show(Path(scratch) / "ember")
        wish = fire_of(studio_file, SHOT)
        with (
            serving(studio_file, Path(scratch) / "state", workers=1) as server,
            usd_ai.connect(server.address) as studio,
        ):
            cold = waited(studio, wish)
            warm = [waited(studio, {**wish, **change}) for change in (_SHORT if short else _LONG)]
            note = f"{len(warm)} change(s), the slowest counts"
            if not short:
                world = waited(studio, {**wish, "density": 1.3})
                full = waited(studio, wish, usd_ai.Detail.FULL)
                note += f"; a change of the world {world:.1f} s, full detail {full:.1f} s"
    print(
        json.dumps(
            {
                "claim": "first look of a changed parameter, warm",
                "unit": "s",
                "ours": round(max(warm), 2),
                "peer": round(cold, 2),
                "peer_name": "the same on a cold server",
                "ratio": round(cold / max(warm), 2),
                "goal": GOAL,
                "ok": max(warm) <= GOAL,
                "note": note,
            }
        )
    )


if __name__ == "__main__":
    main()
