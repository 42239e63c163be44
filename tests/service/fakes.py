"""Fakes of the ports, each named after the port it mirrors, and the real engine around them.

The story that the door's tests run is the real one (`usd_ai.core.engine`); only the world around it is in memory.
"""

from __future__ import annotations

import dataclasses
import hashlib
import threading
import time
from collections import defaultdict
from collections.abc import Callable, Collection, Generator, Mapping, Sequence
from contextlib import contextmanager
from fractions import Fraction
from pathlib import Path
from typing import Any

from tests.service.fake_history import FakeCutHistory
from tests.service.fake_ledger import FakeLedger
from usd_ai.core.archive import Ports
from usd_ai.core.changes import CutDiff
from usd_ai.core.decisions import Edit
from usd_ai.core.engine import Engine
from usd_ai.core.errors import Cancelled, NotFound
from usd_ai.core.marking import ClipMark, ClipMedia
from usd_ai.core.movies import Movie, MovieWish
from usd_ai.core.naming import PLAIN, Naming
from usd_ai.core.parameters import Parameter
from usd_ai.core.ports import Cancel, GeneratorSpec, Ledger, Lines, Reporter, RunFacts, Workers
from usd_ai.core.types import (
    ArrayRef,
    CameraFacts,
    Cut,
    Edge,
    Finding,
    Forecast,
    FrameRange,
    Layer,
    LayerFile,
    LayerInput,
    MeshFacts,
    Notice,
    Occurrence,
    Project,
    Rate,
    Record,
    Request,
    Retime,
    SheetShot,
    Shot,
    StageFacts,
    Trace,
    Verdict,
    Version,
)
from usd_ai.editorial.desk import Desk
from usd_ai.editorial.diff import diff_cuts

SPEC = GeneratorSpec(
    id="bonfire",
    title="Bonfire",
    summary="A small fire for tests.",
    algorithm_version=3,
    parameters=(
        Parameter("density", "float", 1.0, "How close the logs lie.", unit="1/m2", low=0.1, high=4.0, group="wood"),
        Parameter("logs", "int", 12, "How many logs.", low=1, high=100, group="wood"),
        Parameter("species", "choice", "pine", "Which wood.", choices=("pine", "birch"), group="wood"),
        Parameter("wind", "vector", (1.0, 0.0), "Where the smoke goes.", unit="m/s", low=-30, high=30, group="air"),
        Parameter("sparks", "bool", True, "Whether sparks fly.", group="air"),  # noqa: FBT003 - a default
        Parameter("caption", "text", "", "Words on the picture.", group="air"),
    ),
    world_parameters=frozenset({"species"}),
    libraries=("numpy",),
    forecast_task="fakes:forecast",
    build_task="fakes:build",
    source_type="algorithmicMedia",
)


def shot(name: str, start: int, end: int) -> Shot:
    """A shot that the cut uses once, at half speed."""
    visible = FrameRange(start, end)
    use = Occurrence(f"{name}_v001", "V1", FrameRange(0, end - start), visible, Retime("linear", Fraction(1, 2)))
    return Shot(name, (use,), visible, FrameRange(start - 8, end + 8), Rate(24))


CUT = Cut(
    name="ember",
    rate=Rate(24000, 1001),
    handles=8,
    duration=96,
    shots=(shot("sh010", 1001, 1048), shot("sh020", 1001, 1024), shot("sh 030 (wide)", 1001, 1010)),
    sha256="c" * 64,
    notices=(Notice("warning", "A speed could not be read.", 12),),
)


class FakeProjects:
    def __init__(self, *shows: Project) -> None:
        self._shows = {show.name: show for show in shows}

    def get(self, name: str) -> Project:
        if name not in self._shows:
            raise NotFound(f"There is no project {name}.", remedy=f"There are: {', '.join(self._shows)}.")
        return self._shows[name]

    def all(self) -> Sequence[Project]:
        return [self._shows[name] for name in sorted(self._shows)]


class FakeCutReader:
    def __init__(self) -> None:
        self.cut = CUT
        self.cuts: dict[str, Cut] = {}  # by the name of the file
        self.raises: Exception | None = None

    def read(self, path: str, rate: Rate | None, handles: int, sequence: str = "", naming: Naming | None = None) -> Cut:
        if self.raises:
            raise self.raises
        if Path(path).name in self.cuts:
            return self.cuts[Path(path).name]
        return dataclasses.replace(self.cut, rate=rate or self.cut.rate, handles=handles, name=Path(path).stem)

    def digest(self, path: str) -> str:
        """Of the cut that a file is said to hold; the project's own needs no saying."""
        name, file = Path(path).name, Path(path)
        if name in self.cuts or name == "ember.otio":
            return self.cuts.get(name, self.cut).sha256
        return hashlib.sha256(file.read_bytes()).hexdigest() if file.is_file() else ""

    def compare(self, old: Cut, new: Cut, known: Collection[str], naming: Naming = PLAIN) -> CutDiff:
        return diff_cuts(old, new, known, naming)


class FakeStageReader:
    def __init__(self) -> None:
        self.raises: Exception | None = None

    def read(self, path: str, request: Request, frames: FrameRange, root: str, *, cancel: object = None) -> StageFacts:
        if self.raises:
            raise self.raises
        points, triangles = ArrayRef("1" * 64, "float32", (4, 3)), ArrayRef("2" * 64, "int32", (2, 3))
        camera = CameraFacts(
            "/cam", ArrayRef("3" * 64, "float64", (1, 4, 4)), ArrayRef("4" * 64, "float64", (1, 5)), (0.1, 1e4)
        )
        return StageFacts(
            meters_per_unit=0.01,
            up_axis="Y",
            time_codes_per_second=24.0,
            frames=frames,
            cameras=(camera,),
            ground=(MeshFacts("/ground", points, triangles, (0, 0, 0), (1, 1, 1), "ground"),),
            obstacles=(),
            lights=(),
            root_prims=("set",),
            default_prim="set",
            color_configuration="",
            layers=(LayerInput(Path(path).name, "5" * 64),),
            environment_layer="",
            warnings=("The ground is small.",),
        )

    def curves(self, path: str, prims: Sequence[str], facts: StageFacts, *, cancel: object = None) -> tuple[Lines, ...]:
        return tuple((((1.0, 2.0), (3.5, -0.25)), ((9.0, 9.0),)) for _ in prims)


class FakeGenerators:
    def __init__(self, spec: GeneratorSpec) -> None:
        self._spec = spec

    def get(self, generator_id: str) -> GeneratorSpec:
        if generator_id != self._spec.id:
            raise NotFound(f"There is no generator {generator_id}.", remedy=f"There is: {self._spec.id}.")
        return self._spec

    def all(self) -> Sequence[GeneratorSpec]:
        return [self._spec]


class FakeWorkers:
    """``messages`` are reported one by one, ``pause`` seconds apart; ``hold`` keeps the build from ending."""

    def __init__(self) -> None:
        self.messages = 5
        self.pause = 0.0
        self.hold: threading.Event | None = None
        self.raises: Exception | None = None
        self.builds = 0

    def call(
        self,
        task: str,
        arguments: Mapping[str, Any],
        *,
        report: Reporter | None = None,
        cancel: threading.Event | None = None,
        limits: object = None,
    ) -> object:
        del limits
        if task == SPEC.forecast_task:
            return Forecast((("logs", 12), ("embers", 9_007_199_254_740_993)), 2.5, 4096, ("Little wood.",))
        self.builds += 1
        for number in range(self.messages):
            if report is not None:
                report(number / self.messages, f"log {number}")
            time.sleep(self.pause)
        while self.hold is not None and not self.hold.wait(0.01):
            if cancel is not None and cancel.is_set():
                raise Cancelled("The build was stopped.", remedy="Ask again to start over.")
        if self.raises:
            raise self.raises
        return _layer(Path(arguments["folder"]), arguments["plan"].root)


def _layer(folder: Path, root: str) -> Layer:
    (folder / "payload.usdc").write_bytes(b"not read by these tests")
    (folder / f"{root}.usda").write_text("#usda 1.0\n")
    return Layer(root, (LayerFile("payload.usdc", "6" * 64, 23),), "7" * 64, "8" * 64, (("logs", 12),))


class FakeLayerWorkshop:
    def __init__(self) -> None:
        self.findings: tuple[Finding, ...] = ()
        self.played: list[str] = []
        self.pointed: list[tuple[str, dict[str, tuple[str, ...]]]] = []
        self.filmed: list[tuple[tuple[str, ...], MovieWish]] = []
        self.hold: threading.Event | None = None  # while it is not set, the first frame is drawn until somebody cancels
        self.drawing = threading.Event()

    def finish(self, folder: str, layer: Layer, plan_json: str, facts: StageFacts, run: object) -> None:
        pass

    def check(
        self, folder: str, layer: Layer, stage: str, facts: StageFacts, *, cancel: object = None
    ) -> tuple[Finding, ...]:
        return self.findings

    def preview(
        self,
        folder: str,
        layer: Layer,
        stage: str,
        facts: StageFacts,
        *,
        camera: str,
        quick: bool,
        report: Reporter,
        cancel: object = None,
    ) -> tuple[str, ...]:
        (Path(folder) / "preview.png").write_bytes(b"a picture")
        return ("preview.png",)

    def render(
        self,
        folder: str,
        root: str,
        stage: str,
        camera: str,
        frames: tuple[int, ...],
        size: tuple[int, int],
        out: str,
        *,
        told: Callable[[int], None] | None = None,
        cancel: Cancel | None = None,
    ) -> tuple[str, ...]:
        for drawn in range(1, len(frames) + 1):
            if told is not None:
                told(drawn)
            if self.hold is not None and not self.hold.wait(0.01):
                self.drawing.set()
                while not self.hold.wait(0.01):
                    if cancel is not None and cancel.is_set():
                        raise Cancelled("The drawing was stopped.", remedy="Ask again.")
        return tuple(f"{out}/{root}.{frame}.{size[0]}x{size[1]}.png" for frame in frames)

    def adopt(self, source: str, layer: Layer, folder: str) -> None:
        pass

    def sheet(self, heading: str, shots: Sequence[SheetShot], out: str) -> str:
        return out

    def play(self, folder: str, name: str, out: str, edit: Edit, time_codes_per_second: float) -> tuple[str, ...]:
        self.played.append(out)
        Path(out).parent.mkdir(parents=True, exist_ok=True)
        Path(out).write_text(repr(edit))
        return ()

    def movie(self, pictures: Sequence[str], out: str, wish: MovieWish) -> Movie:
        self.filmed.append((tuple(Path(picture).name for picture in pictures), wish))
        Path(out).parent.mkdir(parents=True, exist_ok=True)
        Path(out).write_text("a movie of usd_ai")
        frames = FrameRange(wish.start_frame, wish.start_frame + len(pictures) - 1)
        return Movie(out, frames, wish.rate, "00:00:41:17")

    def point(self, stage: str, versions: Sequence[Version], played: Mapping[str, tuple[str, ...]] = {}) -> str:
        self.pointed.append(
            (Path(stage).stem, {name: tuple(Path(p).name for p in paths) for name, paths in played.items()})
        )
        return stage


class FakeRecordKeeper:
    def __init__(self) -> None:
        self._inputs: dict[str, tuple[Edge, ...]] = {}

    def verify(self, path: str) -> Verdict:
        if not Path(path).exists():
            raise NotFound(f"There is no layer {Path(path).name}.", remedy="Give the path of a published layer.")
        return Verdict("INTACT", ("Every file is what was signed.",), "rec-1", "7" * 64, "studio")

    def trace(self, path: str, prim: str) -> Trace:
        return Trace(prim, "rec-1", (("who", "ada"), ("seed", str(2**64 - 1))))

    def seal(self, folder: str, plan_json: str, world_json: str, layer: Layer, run: RunFacts) -> Record:
        digest = hashlib.sha256(folder.encode()).hexdigest()
        self._inputs[digest] = run.inputs
        return Record("0b5e8f0e-0000-4000-8000-000000000001", '{"payload":""}', digest)

    def inputs(self, record: Record) -> tuple[Edge, ...]:
        return self._inputs[record.payload_sha256]


class FakeTimelineWriter(Desk):
    def __init__(self) -> None:
        super().__init__(FakeWorkers())

    def write(
        self,
        project: Project,
        cut: str,
        published: Sequence[Any],
        out: str,
        marks: Sequence[ClipMark] = (),
        media: Sequence[ClipMedia] = (),
    ) -> tuple[str, ...]:
        said = "".join(f"{mark.shot} {mark.colour}; " for mark in marks)
        Path(out).write_text(f"a timeline {said}".rstrip())
        return tuple(p.shot for p in published)


class FakeLocks:
    def __init__(self) -> None:
        self._locks: defaultdict[str, threading.Lock] = defaultdict(threading.Lock)

    @contextmanager
    def held(self, name: str) -> Generator[None]:
        with self._locks[name]:
            yield


class FakeClock:
    def now(self) -> str:
        return "2026-11-22T10:00:00.000Z"

    def monotonic(self) -> float:
        return time.monotonic()


class World:
    """The real engine and the fakes around it, for a test to turn."""

    def __init__(
        self, folder: Path, *, spec: GeneratorSpec = SPEC, workers: Workers | None = None, ledger: Ledger | None = None
    ) -> None:
        self.show = Project("ember", str(folder), "cuts/ember.otio", Rate(24), 8, "shots/{shot}.usda", "publish")
        self.cuts, self.stages, self.workers = FakeCutReader(), FakeStageReader(), workers or FakeWorkers()
        self.workshop, self.ledger = FakeLayerWorkshop(), ledger or FakeLedger()
        self.history = FakeCutHistory()
        self.ports = Ports(
            projects=FakeProjects(self.show),
            cuts=self.cuts,
            stages=self.stages,
            generators=FakeGenerators(spec),
            workers=self.workers,
            workshop=self.workshop,
            records=FakeRecordKeeper(),
            ledger=self.ledger,
            history=self.history,
            timelines=FakeTimelineWriter(),
            locks=FakeLocks(),
            clock=FakeClock(),
            versions=lambda: {"numpy": "2.4.6"},
            arrays=str(folder / "arrays"),
            cache=str(folder / "cache"),
            work=str(folder / "work"),
        )
        self.engine = Engine(self.ports)
        self._stop = threading.Event()

    def start_workers(self, count: int = 1) -> None:
        """Begin taking queued generations."""
        for number in range(count):
            threading.Thread(target=self.engine.work, args=(self._stop,), name=f"work-{number}", daemon=True).start()

    def stop(self) -> None:
        """End the worker loops."""
        self._stop.set()
