"""How many small layers a second can be published so that a power cut loses none of them.

Ours: `SqlLedger.publish` of a reviewed generation (six files, record, lineage, dense number). Peer: git, which also
keeps files by what they contain and takes a commit whole or not at all: `git add` and `git commit` of the same six
files with everything synced. git numbers nothing, records no lineage and starts two programs for each commit.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from tests.tools.small_show import EDGES, LAYER, open_ledger, ready, write_layer

ROOT = Path(__file__).resolve().parents[1]
GOAL = 1.0  # at least as fast as the peer

_PROGRAM = shutil.which("git") or "git"
_GIT = ("-c", "core.fsync=all", "-c", "core.fsyncMethod=fsync", "-c", "user.name=b", "-c", "user.email=b@localhost")


def ours(folder: Path, count: int) -> float:
    """Publishes a second."""
    ledger = open_ledger(folder)
    reviewed = [ready(ledger, folder, f"content {number}") for number in range(count)]
    begun = time.perf_counter()
    for generation in reviewed:
        ledger.publish(generation, LAYER, "", EDGES)
    seconds = time.perf_counter() - begun
    if ledger.version("demo", "sh010", LAYER, 0).number != count:
        sys.exit("No figure: not all was published.")
    return count / seconds


def git(folder: Path, count: int) -> float:
    """Commits a second."""
    environment = {"PATH": os.environ["PATH"], "HOME": str(folder), "GIT_CONFIG_NOSYSTEM": "1"}

    def call(*arguments: str) -> None:
        subprocess.run([_PROGRAM, *_GIT, *arguments], cwd=folder, env=environment, check=True, capture_output=True)

    folder.mkdir()
    call("init")
    seconds = 0.0
    for number in range(count):
        version = folder / f"v{number:03d}"
        write_layer(version, f"content {number}")
        (version / "record.json").write_text("{}")
        begun = time.perf_counter()
        call("add", version.name)
        call("commit", "-m", version.name)
        seconds += time.perf_counter() - begun
    return count / seconds


def main() -> None:
    """Measure both, one after the other, on the same disk."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--short", action="store_true", help="end within a minute")
    count = 100 if parser.parse_args().short else 1000
    # On the disk of the project, because the folder for temporary files is often in memory and syncs nothing.
    with tempfile.TemporaryDirectory(dir=ROOT, prefix=".bench-") as scratch:
        rate, peer = ours(Path(scratch) / "ours", count), git(Path(scratch) / "git", count)
    print(
        json.dumps(
            {
                "claim": "small layers published durably",
                "unit": "1/s",
                "ours": round(rate, 1),
                "peer": round(peer, 1),
                "peer_name": "git add + git commit, core.fsync=all",
                "ratio": round(rate / peer, 2),
                "goal": GOAL,
                "ok": rate / peer >= GOAL,
                "note": f"{count} layers of six files; git numbers and records nothing, we start no program",
            }
        )
    )


if __name__ == "__main__":
    main()
