"""Kill publishers at random points among all calls that change a file, and see that the asset graph bears it.

    python kill_points.py FOLDER POINTS SEED

One show lives through all of it: every round prepares a generation, kills its publish at a point found by tracing, lets
`audit_graph.py` judge what is there, now and then kills the repair too, publishes again with the same request id, half
the time without a repair before, repairs, and lets it judge again. Prints a JSON object; exits 1 at the first fault.
"""

from __future__ import annotations

import json
import os
import random
import subprocess
import sys
from collections import Counter
from collections.abc import Callable
from itertools import groupby
from pathlib import Path

from small_show import EDGES, LAYER, open_ledger, ready
from syscall_kill import Run, trace

_REPAIRS = 3  # one round in this many also kills the repair
_TEARS = 3  # one kill in this many happens in the middle of a write, where it is one


class Harness:
    """A show that is being shot at."""

    def __init__(self, folder: Path, seed: int) -> None:
        self.folder = folder
        self.chance = random.Random(seed)  # noqa: S311 - points to kill at, not secrets
        self.acknowledged: list[list[str | int]] = []
        self.told = folder / "acknowledged.json"
        self.kills: Counter[str] = Counter()
        self.torn = 0
        self.publish: list[str] = []
        self.repair: list[str] = []
        self.bag: dict[int, list[list[int]]] = {}

    def learn(self) -> None:
        """Trace a publish and a repair from beginning to end."""
        for content in ("first", "second"):  # the first one makes folders that the others find
            name = in_child(lambda content=content: _prepare(self.folder, content)).decode()
            run = trace(lambda name=name, content=content: _publish(self.folder, name, content))
            self.acknowledge(run.answer)
            self.publish = run.calls
        left = self.folder / "publish/sh010/env" / LAYER / ".incoming-left/vdb"
        left.mkdir(parents=True)
        (left / "a.vdb").touch()
        self.repair = trace(lambda: _repair(self.folder)).calls

    def round(self, number: int) -> None:
        """One generation, killed somewhere, published in the end."""
        content = f"round {number}"
        name = in_child(lambda: _prepare(self.folder, content)).decode()
        self.shoot(lambda: _publish(self.folder, name, content), self.publish)
        self.audit(settled=False)
        if number % _REPAIRS == 0:
            self.shoot(lambda: _repair(self.folder), self.repair)
            self.audit(settled=False)
        if self.chance.randrange(2):
            in_child(lambda: _repair(self.folder))
        self.acknowledge(in_child(lambda: _publish(self.folder, name, content)))
        self.audit(settled=False)
        in_child(lambda: _repair(self.folder))
        self.audit(settled=True)

    def shoot(self, work: Callable[[], bytes], calls: list[str]) -> Run:
        """Kill a piece of work at one of its calls; it may end before, and is acknowledged then."""
        run = trace(work, kill_at=self._point(calls), tear=self.chance.randrange(_TEARS) == 0)
        if run.killed:
            self.kills[run.calls[-1].split(" ")[0]] += 1
            self.torn += run.torn
        elif run.code:
            raise SystemExit(f"the work failed by itself with code {run.code}")
        self.acknowledge(run.answer)
        return run

    def _point(self, calls: list[str]) -> int:
        """A call's number, drawn so that none is forgotten.

        A database writes many pages in a row and renames once. So one kill in three is drawn among all calls, and the
        others among stretches of equal calls, none of which comes twice before all have come.
        """
        if self.chance.randrange(3) == 0:
            return self.chance.randint(1, len(calls))
        if id(calls) not in self.bag or not self.bag[id(calls)]:
            numbers = groupby(range(len(calls)), key=calls.__getitem__)
            self.bag[id(calls)] = [list(stretch) for _, stretch in numbers]
            self.chance.shuffle(self.bag[id(calls)])
        return 1 + self.chance.choice(self.bag[id(calls)].pop())

    def acknowledge(self, answer: bytes) -> None:
        """What a publisher said before it ended, whole or not at all."""
        if answer.endswith(b"\n"):
            self.acknowledged.append(json.loads(answer))
            self.told.write_text(json.dumps(self.acknowledged))

    def audit(self, *, settled: bool) -> None:
        """Have the independent script judge."""
        command = [sys.executable, "-I", "-S", str(Path(__file__).with_name("audit_graph.py"))]
        command += [f"{self.folder}/state/ledger.sqlite", f"{self.folder}/publish", str(self.told)]
        judged = subprocess.run(command + ["settled"] * settled, capture_output=True, text=True, check=False)
        if judged.returncode:
            raise SystemExit(f"after {sum(self.kills.values())} kills: {judged.stdout}{judged.stderr}")


def in_child(work: Callable[[], bytes]) -> bytes:
    """The answer of work in a child that nobody kills. This process itself never opens the ledger: it forks."""
    reader, writer = os.pipe()
    child = os.fork()
    if child == 0:
        os.close(reader)
        code = 1
        try:
            os.write(writer, work())
            code = 0
        finally:
            os._exit(code)
    os.close(writer)
    with os.fdopen(reader, "rb") as stream:
        answer = stream.read()
    if os.waitpid(child, 0)[1]:
        raise SystemExit("a child that nobody killed has failed")
    return answer


def _prepare(folder: Path, content: str) -> bytes:
    return ready(open_ledger(folder), folder, content).name.encode()


def _publish(folder: Path, name: str, content: str) -> bytes:
    heavy = {"torch", "numpy", "pxr"} & set(sys.modules)
    if heavy:
        raise SystemExit(f"a publisher has imported {heavy}")
    ledger = open_ledger(folder)
    version = ledger.publish(ledger.generation(name), LAYER, f"publish {content}", EDGES)
    return (json.dumps([version.shot, version.name, version.number, version.layer_sha256]) + "\n").encode()


def _repair(folder: Path) -> bytes:
    open_ledger(folder).reconcile()
    return b""


def main(folder: Path, points: int, seed: int) -> None:
    """Trace one publish to its end to learn its calls, then kill ``points`` others."""
    harness = Harness(folder, seed)
    harness.told.write_text("[]")
    harness.learn()
    number = 0
    while sum(harness.kills.values()) < points:
        number += 1
        harness.round(number)
    summary = {
        "calls": len(harness.publish),
        "kinds": dict(sorted(Counter(call.split(" ")[0] for call in harness.publish).items())),
        "rounds": number,
        "kills": dict(sorted(harness.kills.items())),
        "torn": harness.torn,
        "acknowledged": len(harness.acknowledged),
    }
    print(json.dumps(summary))  # noqa: T201 - the answer of this program


if __name__ == "__main__":
    main(Path(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3]))
