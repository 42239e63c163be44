"""A feature of 2,000 shots through the real ledger, readers and writers: what a new cut changes on the disk."""

from __future__ import annotations

import dataclasses
import importlib
import json
import os
import shutil
from collections.abc import Iterator, Mapping
from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from tests.service.fakes import SPEC, FakeGenerators, World
from tests.service.turning import Turning
from tests.tools.small_show import ready
from tests.tools.timecodes import timecode
from tests.unit.stage.retimes import FRAMES, NAME, compare, publish_moving
from usd_ai.core.archive import Ports
from usd_ai.core.decisions import Action, SyncPlan
from usd_ai.core.engine import Engine
from usd_ai.core.types import Edge, FrameRange, Plays, Project, Rate
from usd_ai.editorial.desk import Desk
from usd_ai.graph.ledger import SqlLedger
from usd_ai.run.clock import SystemClock
from usd_ai.stage.workshop import Workshop

COUNT, HANDLES = 2000, 4
SHOTS = [f"s{number:04}" for number in range(COUNT)]
TURNED = "s0500"
FIRST, LAST = FRAMES.start + HANDLES, FRAMES.end - HANDLES
STAGE = """#usda 1.0
(
    metersPerUnit = 0.01
    subLayers = [@./{shot}_env.usda@]
    timeCodesPerSecond = 24
    upAxis = "Y"
)
"""
State = dict[str, tuple[int, int, int]]


class Here:
    """`core.ports.Workers` in this process: the real tasks, without the wait for children."""

    def call(self, task: str, arguments: Mapping[str, Any], **_: object) -> Any:  # noqa: ANN401 - as the port
        module, _colon, function = task.partition(":")
        return getattr(importlib.import_module(module), function)(**arguments)


class Shows:
    """`core.ports.Projects` with the one show."""

    def __init__(self, folder: Path) -> None:
        self.show = Project("demo", str(folder), "v1.edl", Rate(24), HANDLES, "shots/{shot}.usda", "publish")

    def get(self, _name: str) -> Project:
        return self.show

    def all(self) -> list[Project]:
        return [self.show]


class Feature:
    """2,000 shots, each with a stage and a published layer that was generated for the cut v1."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        shows, here = Shows(folder), Here()
        (folder / "state").mkdir()
        url = f"sqlite:///{folder}/state/ledger.sqlite"
        self.ledger = SqlLedger(url, folder / "state" / "blobs", shows, SystemClock())
        desk = Desk(here)
        ports: Ports = dataclasses.replace(
            World(folder).engine._p,
            projects=shows,
            cuts=desk,
            generators=FakeGenerators(SPEC),
            workshop=Workshop(here, str(folder / "arrays")),  # type: ignore[arg-type]
            ledger=self.ledger,
            history=self.ledger.history,
            timelines=desk,
        )
        self.engine = Engine(ports)
        cut = self.cut("v1", {})
        kept = self.engine.which.choose("demo", cut).cut
        self.ledger.history.keep("demo", "v1", cut, kept)
        self._publish(kept.sha256)

    def cut(self, name: str, changes: dict[str, tuple[int, int, str]], title: int = 24) -> str:
        """Write a cut; ``changes``: by shot its first frame, how many, and an EDL's speed."""
        lines, at = [f"TITLE: {name}", "FCM: NON-DROP FRAME"], 86400
        for number, shot in enumerate(["title", *SHOTS], start=1):
            plain = (0, title, "") if shot == "title" else (FIRST, LAST - FIRST + 1, "")
            first, count, speed = changes.get(shot, plain)
            codes = " ".join(timecode(frame) for frame in (first, first + count, at, at + count))
            lines += [f"{number:06d}  {shot:<8s} V     C        {codes}", f"* FROM CLIP NAME: {shot}_v001"]
            lines += [f"M2   {shot:<8s}       {speed}                {timecode(first)}"] if speed else []
            at += count
        (self.folder / f"{name}.edl").write_text("\n".join(lines) + "\n", encoding="ascii")
        return f"{name}.edl"

    def apply(self, path: str) -> SyncPlan:
        plan = self.engine.turnover.decisions("demo", path)
        return self.engine.turnover.apply("demo", path, plan.etag, "ada")

    def on_disk(self) -> State:
        """Every file of the show but the ledger's own: when it was written, which it is, how long."""
        found: State = {}
        for top in ("publish", "shots"):
            for folder, _, names in os.walk(self.folder / top):
                for name in names:
                    told = (Path(folder) / name).stat()
                    key = (Path(folder) / name).relative_to(self.folder).as_posix()
                    found[key] = (told.st_mtime_ns, told.st_ino, told.st_size)
        return found

    def generations(self) -> int:
        with self.ledger._database.read() as connection:
            return connection.execute(sa.text("select count(*) from generations")).scalar_one()

    def _publish(self, cut: str) -> None:
        """One layer through the real ledger; the others are that one's rows and files under other names."""
        (pattern := self.folder / "state" / "pattern").mkdir()
        with_plan = Turning(pattern)
        document = json.loads(next(iter(with_plan.ledger._generations.values())).plan_json)
        plan = json.dumps(document | {"frames": {"start": FRAMES.start, "end": FRAMES.end}})
        made = ready(self.ledger, self.folder, "a", SHOTS[0], plan_json=plan)
        version = self.ledger.publish(made, NAME, "r", [Edge("cut", cut, "v1.edl")])
        layer = publish_moving(self.folder / "state" / "moving")
        assert Path(version.folder).is_dir()
        self._copy_rows()
        (self.folder / "shots").mkdir()
        for shot in SHOTS:
            (self.folder / "shots" / f"{shot}.usda").write_text(STAGE.format(shot=shot))
            home = self.folder / "publish" / shot / "env" / NAME / "v001"
            if shot == TURNED:  # it is looked at with all its files
                shutil.copytree(layer, home)
                continue
            home.mkdir(parents=True, exist_ok=True)
            for file in (layer / f"{NAME}.usda", layer / "payload.usdc"):
                (home / file.name).unlink(missing_ok=True)
                os.link(file, home / file.name)
        self._point()

    def _point(self) -> None:
        """Pointer layers as publishing leaves them: the first one written, the others like it."""
        self.engine.point_host("demo", SHOTS[0])
        for name in (f"{SHOTS[0]}_env.usda", f"{SHOTS[0]}_env.v001.usda"):
            text = (self.folder / "shots" / name).read_text()
            for shot in SHOTS[1:]:
                (self.folder / "shots" / name.replace(SHOTS[0], shot)).write_text(text.replace(SHOTS[0], shot))

    def _copy_rows(self) -> None:
        with self.ledger._database.write() as connection:
            for table in ("generations", "versions", "edges"):
                row = dict(connection.execute(sa.text(f"select * from {table}")).mappings().one())  # noqa: S608
                columns = ", ".join(row)
                values = ", ".join(f":{name}" for name in row)
                others = [
                    {
                        name: value.replace(SHOTS[0], shot) if isinstance(value, str) else value
                        for name, value in row.items()
                    }
                    | {key: number for key in ("ordinal", "version") if key in row}
                    | {key: f"{shot}" for key in ("request_id", "record_sha256", "record_id") if key in row}
                    for number, shot in enumerate(SHOTS[1:], start=2)
                ]
                connection.execute(sa.text(f"insert into {table} ({columns}) values ({values})"), others)  # noqa: S608


@pytest.fixture(scope="module")
def feature(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Feature]:
    feature = Feature(tmp_path_factory.mktemp("feature"))
    yield feature
    feature.ledger.close()


def changed(before: State, after: State) -> list[str]:
    """Files that are new, gone, or were written."""
    return sorted(path for path in before.keys() | after.keys() if before.get(path) != after.get(path))


def test_when_new_cuts_arrive_then_only_the_files_of_the_shots_that_play_otherwise_are_written(
    feature: Feature,
) -> None:
    assert feature.engine.version("demo", SHOTS[-1], NAME, 1).shot == SHOTS[-1]
    before, built = feature.on_disk(), feature.generations()
    assert (len(before) >= 4 * COUNT, built) == (True, COUNT)  # two files of a layer, two of a stage

    rippled = feature.apply(feature.cut("v2", {}, title=35))
    assert (len(rippled.decisions), rippled.open) == (COUNT, ())
    assert changed(before, feature.on_disk()) == []

    trimmed = feature.apply(feature.cut("v3", {"s1000": (FIRST + 3, 13, "")}, title=35))
    assert [(d.shot, d.action) for d in trimmed.open] == [("s1000", Action.RE_RANGE)]
    after = feature.on_disk()
    assert changed(before, after) == [f"publish/s1000/edit/{NAME}_1.usda"]

    again = feature.apply("v3.edl")
    assert (again.open, changed(after, feature.on_disk())) == ((), [])

    backwards = feature.apply(feature.cut("v4", {"s1000": (FIRST + 3, 13, ""), TURNED: (FIRST, 16, "-024.0")}, 35))
    assert [(d.shot, d.action) for d in backwards.open] == [(TURNED, Action.CLIPS)]
    written = changed(after, feature.on_disk())
    assert {path.split("/")[1].partition("_")[0].partition(".")[0] for path in written} == {TURNED}
    assert f"publish/{TURNED}/edit/{NAME}_1.usda" in written
    assert f"shots/{TURNED}_env.usda" in written
    assert feature.generations() == built  # nothing was asked for, in none of the cuts

    # The shot's own stage shows at every frame of the cut what the published layer has at the frame the cut shows.
    plays = Plays(Fraction(LAST), Fraction(-1))
    shown = FrameRange(0, LAST - FIRST)
    layer = feature.folder / "publish" / TURNED / "env" / NAME / "v001"
    seen = compare(feature.folder / "shots" / f"{TURNED}.usda", layer, plays, shown, start=FIRST)
    assert seen.values >= 20 * shown.count
