"""The same plan gives the same bytes: other process, hash seed, time zone, locale, folder, thread count and day."""

from __future__ import annotations

import hashlib
import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

from tests.journeys.shows import GENERATOR, ROOT, SEED, build_small_show, fire_of
from usd_ai.stage.stamps import strip_authorship

SHOT = "sh010"

# A publisher process: the whole engine, no server. The clock is moved before anything of the product is imported.
_PUBLISH = """
import datetime, json, sys, threading, time
sys.path.insert(0, sys.argv[1])
told = json.loads(sys.argv[2])
real = time.time
time.time = lambda: real() + told["later"]

class Moved(datetime.datetime):
    @classmethod
    def now(cls, tz=None):
        return cls.fromtimestamp(time.time(), tz)

datetime.datetime = Moved

from usd_ai import app
from usd_ai.config import Settings
from usd_ai.core.types import Request

engine = app.compose(Settings(projects=(told["studio"],), state=told["state"], workers=1))
engine.start()
wish = tuple(sorted(told["parameters"].items()))
request = Request("ember", told["shot"], told["generator"], wish, seed=told["seed"], operator=told["operator"])
queued = engine.submit(request)
stop = threading.Event()
worker = threading.Thread(target=engine.work, args=(stop,))
worker.start()
while not engine.generation(queued.name).state.ended:
    time.sleep(0.2)
stop.set()
worker.join()
done = engine.generation(queued.name)
assert done.layer is not None, done.failure
version = engine.publish(done.name, done.etag, "once")
engine.close()
print(json.dumps({"folder": version.folder, "layer": done.layer.sha256, "plan": done.plan_digest,
                  "created": version.created, "cached": done.cached}))
"""


def _publishing(folder: Path, environment: dict[str, str], later: float, operator: str) -> subprocess.Popen[str]:
    """A publisher at work on a show, a ledger and a cache of its own."""
    studio = build_small_show(folder / "ember")
    told = {
        "studio": str(studio), "state": str(folder / "state"), "shot": SHOT, "generator": GENERATOR, "seed": SEED,
        "parameters": fire_of(studio, SHOT), "operator": operator, "later": later,
    }  # fmt: skip
    working = folder / "working place"
    working.mkdir()
    return subprocess.Popen(
        [sys.executable, "-c", _PUBLISH, str(ROOT), json.dumps(told)],
        env={**os.environ, **environment}, cwd=working, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
    )  # fmt: skip


def _told(publisher: subprocess.Popen[str]) -> dict[str, Any]:
    with publisher:
        said, complaints = publisher.communicate(timeout=600)
    assert publisher.returncode == 0, complaints
    return json.loads(said.splitlines()[-1])


def _digests(folder: Path) -> dict[str, str]:
    found = {}
    for file in sorted(path for path in folder.rglob("*") if path.is_file()):
        name = file.relative_to(folder).as_posix()
        data = file.read_bytes()
        if name == f"{GENERATOR}.usda":
            data = strip_authorship(data.decode()).encode()
        if name != "record.json":
            found[name] = hashlib.sha256(data).hexdigest()
    return found


def test_when_two_fresh_processes_publish_one_plan_on_other_days_then_every_byte_is_equal(tmp_path: Path) -> None:
    other = {"PYTHONHASHSEED": "4711", "TZ": "Pacific/Auckland", "LC_ALL": "C", "OMP_NUM_THREADS": "2"}
    here = {"PYTHONHASHSEED": "1", "TZ": "America/Anchorage", "LC_ALL": "C.UTF-8", "OMP_NUM_THREADS": "1"}
    publishers = [
        _publishing(tmp_path / "here", here, 0.0, "ada"),
        _publishing(tmp_path / "an other place", other, 86400.0 * 200, "bela"),
    ]
    first, second = (_told(publisher) for publisher in publishers)

    assert not first["cached"]
    assert not second["cached"]
    assert first["created"][:7] != second["created"][:7], "the second process did not believe in another day"
    assert first["plan"] == second["plan"]
    assert first["layer"] == second["layer"]
    one, two = Path(first["folder"]), Path(second["folder"])
    assert _digests(one) == _digests(two)
    names = set(_digests(one))
    assert {"payload.usdc", "preview.png", "preview_start.png", "preview_end.png", f"{GENERATOR}.usda"} <= names
    assert sum(name.endswith(".vdb") for name in names) > 20
    # What differs is who and when, and it does differ: the comparison above is no comparison of a file with itself.
    assert (one / f"{GENERATOR}.usda").read_bytes() != (two / f"{GENERATOR}.usda").read_bytes()
    assert (one / "record.json").read_bytes() != (two / "record.json").read_bytes()
