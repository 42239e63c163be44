"""A publisher process: ``python publisher.py FOLDER GENERATION …`` publishes each and prints what it was told."""

from __future__ import annotations

import json
import sys
from pathlib import Path

from small_show import EDGES, LAYER, open_ledger


def main(folder: Path, names: list[str]) -> None:
    """Publish the generations one after the other; a line of JSON for each."""
    ledger = open_ledger(folder)
    for name in names:
        version = ledger.publish(ledger.generation(name), LAYER, "", EDGES)
        told = [version.shot, version.name, version.number, version.layer_sha256]
        print(json.dumps(told), flush=True)  # noqa: T201 - the answer of this program


if __name__ == "__main__":
    main(Path(sys.argv[1]), sys.argv[2:])
