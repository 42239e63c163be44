"""Prints how many of every edit the diff finds in every format, and what it says that was not done.

    python tools/diff_table.py [--plain] [--seeds 3]

Both cuts are stripped of their metadata and 30 % of the newer one's clips renamed, then written by the format's public
writer and read by ours; ``--plain`` without stripping and renaming. "–": the writer cannot carry it, listed below.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from tests.unit.editorial import mutator, mutator_edits  # noqa: E402 - the path first
from tests.unit.editorial.judge import CANNOT, LACKS, Damage, tried  # noqa: E402 - as above


def cell(name: str, ending: str, folder: Path, seeds: int, *, plain: bool) -> str:
    """Found of made, and false alarms where there are any."""
    if name in CANNOT[ending]:
        return "–"
    damage = Damage(ending) if plain else Damage(ending, strip=True, renamed=0.3)
    ignored = () if plain else ("metadata",)
    made = right = false = 0
    for seed in range(seeds):
        tally = tried([name], seed, folder, damage, LACKS.get(ending, frozenset()), ignored, events=42)
        renames = 0 if plain or name == "rename" else 1
        made += tally.made.total() - renames * tally.made["rename"]
        right += tally.right.total() - renames * tally.right["rename"]
        false += tally.false.total() + renames * (tally.made["rename"] - tally.right["rename"])
    return f"{right}/{made}" + (f" +{false}" if false else "")


def main() -> None:
    """The table, then what cannot be carried."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--plain", action="store_true", help="without stripping and renaming")
    parser.add_argument("--seeds", type=int, default=2, help="cuts per edit and format")
    asked = parser.parse_args()
    endings = list(mutator.ADAPTERS)
    print(f"{'edit (found/made +false alarms)':32}" + "".join(f"{ending:>10}" for ending in endings))  # noqa: T201 - a program that prints
    with tempfile.TemporaryDirectory() as scratch:
        for name in mutator_edits.EDITS:
            cells = [cell(name, e, Path(scratch), asked.seeds, plain=asked.plain) for e in endings]
            print(f"{name:32}" + "".join(f"{text:>10}" for text in cells), flush=True)  # noqa: T201 - a program that prints
    for ending in endings:
        for name, why in CANNOT[ending].items():
            print(f"{ending} cannot carry '{name}': {why}")  # noqa: T201 - a program that prints


if __name__ == "__main__":
    main()
