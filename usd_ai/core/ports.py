"""What the story needs from the world, each named after the need. Adapters live in the rooms, `app.py` wires them.

A *task* is a ``"module:function"`` string and plain values; it runs in a child process (`usd_ai.run`). Task functions
take a ``Reporter`` as keyword ``report`` when their caller asks for progress, and return plain values. What the story
needs of editorial is in `ports_editorial.py`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import Any, Protocol

from usd_ai.core.decisions import Edit
from usd_ai.core.movies import Movie, MovieWish
from usd_ai.core.parameters import Parameter
from usd_ai.core.types import (
    ArrayRef,
    Edge,
    Failure,
    Finding,
    FrameRange,
    Generation,
    Layer,
    Progress,
    Project,
    Record,
    Request,
    SheetShot,
    StageFacts,
    State,
    Trace,
    Understanding,
    Verdict,
    Version,
)
from usd_ai.core.words import Vocabulary

Reporter = Callable[[float, str], None]
"""``report(fraction, message)``: how far this step is (0 to 1) and a few words a person can read."""


_NONE: Mapping[str, tuple[str, ...]] = {}

Lines = tuple[tuple[tuple[float, float], ...], ...]
"""Lines drawn on the ground plane, each a row of places (x, y) in metres."""


class Clock(Protocol):
    """The only place where time comes from."""

    def now(self) -> str:
        """The moment as RFC 3339 in UTC with milliseconds: ``2026-11-22T10:00:00.000Z``."""
        ...

    def monotonic(self) -> float:
        """Seconds that only grow."""
        ...


class Arrays(Protocol):
    """Numeric arrays by digest. Values are written once and never change."""

    def put(self, array: Any) -> ArrayRef:  # noqa: ANN401 - a numpy array; core does not import numpy
        """Store an array, return its reference. Storing equal bytes twice is a no-op."""
        ...

    def get(self, ref: ArrayRef) -> Any:  # noqa: ANN401 - as put
        """The array, read-only. Raises NotFound, or RecordInvalid when the bytes are not those of the digest."""
        ...


class Cancel(Protocol):
    """A flag that somebody else may set. `threading.Event` is one."""

    def is_set(self) -> bool:
        """Whether the work should stop."""
        ...


@dataclass(frozen=True, slots=True)
class Limits:
    """What a child may use. 0 means no limit. ``memory`` is address space in bytes, ``cpu`` and ``wall`` seconds."""

    memory: int = 0
    cpu: int = 0
    wall: float = 0.0
    file_size: int = 0


class Workers(Protocol):
    """Where work runs: child processes, killed and replaced when cancelled or crashed."""

    def call(
        self,
        task: str,
        arguments: Mapping[str, Any],
        *,
        report: Reporter | None = None,
        cancel: Cancel | None = None,
        limits: Limits | None = None,
    ) -> Any:  # noqa: ANN401 - the plain value the task returns
        """Run a task in a child and wait for it.

        Raises the task's own domain error, Cancelled when ``cancel`` was set (the child is dead by then), WorkerLost
        when the child died. With ``limits`` a fresh child of its own is used, with a clean environment.
        """
        ...


class StageReader(Protocol):
    """Host stages → facts."""

    def read(
        self, path: str, request: Request, frames: FrameRange, project_root: str, *, cancel: Cancel | None = None
    ) -> StageFacts:
        """The facts of a stage over a range. Raises NotFound, InvalidRequest, UnreadableInput."""
        ...

    def curves(
        self, path: str, prims: Sequence[str], facts: StageFacts, *, cancel: Cancel | None = None
    ) -> tuple[Lines, ...]:
        """For each prim path of a stage the lines that it draws, in world space.

        Raises NotFound and InvalidRequest, which say what is wrong with the prim, and UnreadableInput.
        """
        ...


@dataclass(frozen=True, slots=True)
class GeneratorSpec:
    """What a generator declares. Importing one must not import torch or pxr; the tasks do, in their workers.

    ``forecast_task(plan, world, facts, arrays, cache)`` returns a Forecast.
    ``build_task(plan, world, facts, arrays, cache, folder, report)`` writes payload and its files into ``folder`` and
    returns a Layer. ``arrays`` and ``cache`` are folders; the cache keeps worlds and caches by digest.
    ``world_parameters``: names of the parameters that belong to the sequence's world.
    ``libraries``: distributions whose release may change bits, named in the plan.
    ``settle(values, rate)``, if there is one, is called as a plan is made, with all parameters and the frames a second:
    a pure function that returns them as the plan shall hold them. Its module must not import torch or pxr either.
    ``vocabulary``: what it understands of a prompt; None for one that takes no prompts. ``prompt_task(prompt, given,
    facts, camera, arrays)`` returns an Understanding: ``given`` are the names of parameters that a person set,
    ``camera`` is the path of the main camera ("" for the first).
    ``ground_task(facts, values, seed, arrays)``, if there is one, returns the facts with ground where the stage has
    none; ``values`` are all parameters.
    ``curve_parameters``: names of text parameters in which the path of a curve of the host's stage may stand for points
    ``x,y; x,y``, alone or among others behind ``|``, and with ``@MOMENT`` for the first point. The plan holds points.
    ``frame_local``: it keeps what a frame costs in ``cache`` by what decides that frame, never by the range that it was
    asked in: a plan over a longer range computes only the frames that are new, and the old ones come out as they were.
    ``whole_share``: the share of a build's seconds that every build costs all the same (0 to 1): what is decided over
    the whole range, written, checked and drawn anew.
    """

    id: str
    title: str
    summary: str
    algorithm_version: int
    parameters: tuple[Parameter, ...]
    world_parameters: frozenset[str]
    libraries: tuple[str, ...]
    forecast_task: str
    build_task: str
    source_type: str  # IPTC digital source type URI of what it makes
    settle: str = ""
    vocabulary: Vocabulary | None = None
    prompt_task: str = ""
    ground_task: str = ""
    curve_parameters: frozenset[str] = frozenset()
    frame_local: bool = False
    whole_share: float = 0.0


class Generators(Protocol):
    """The generators that are installed."""

    def get(self, generator_id: str) -> GeneratorSpec:
        """The generator of that id. Raises NotFound naming those that exist."""
        ...

    def all(self) -> Sequence[GeneratorSpec]:
        """All of them, sorted by id."""
        ...


@dataclass(frozen=True, slots=True)
class RunFacts:
    """What happened when a plan ran, for the record: what may differ between two runs of the same plan."""

    record_id: str
    request_id: str
    operator: str
    project: str
    shot: str
    started: str
    ended: str
    versions: tuple[tuple[str, str], ...]
    inputs: tuple[Edge, ...]
    source_type: str
    understanding: Understanding | None = None  # the record names its digests, never its words


class LayerWorkshop(Protocol):
    """What the stage room does to a built layer. All of it runs in child processes."""

    def finish(self, folder: str, layer: Layer, plan_json: str, facts: StageFacts, run: RunFacts) -> None:
        """Write the interface ``.usda`` beside the payload: kind, extents, variant sets, collections, stamps."""
        ...

    def adopt(self, source: str, layer: Layer, folder: str) -> None:
        """Put the files of a layer that lies in ``source`` into ``folder`` as well."""
        ...

    def check(
        self, folder: str, layer: Layer, stage: str, facts: StageFacts, *, cancel: Cancel | None = None
    ) -> tuple[Finding, ...]:
        """The check report of a finished layer against its host stage."""
        ...

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
        cancel: Cancel | None = None,
    ) -> tuple[str, ...]:
        """Render start, middle and end from the shot camera; names of the pictures in ``folder``, preview.png first."""
        ...

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
        """Render frames of a finished layer with its host stage into the folder ``out``; the pictures' paths.

        ``told`` hears how many are drawn. Raises Cancelled when ``cancel`` was set; the drawing has ended by then.
        """
        ...

    def sheet(self, heading: str, shots: Sequence[SheetShot], out: str) -> str:
        """Put pictures of many shots on one page; the path of the PNG."""
        ...

    def movie(self, pictures: Sequence[str], out: str, wish: MovieWish) -> Movie:
        """Write pictures as a movie that editors can cut in. Raises InvalidRequest where nothing here can write one."""
        ...

    def point(self, stage: str, versions: Sequence[Version], played: Mapping[str, tuple[str, ...]] = _NONE) -> str:
        """Make the host see published versions; returns the path of the stage to open. Idempotent.

        ``versions`` are the latest versions of every generated layer of the shot. ``played``: by layer, the edit layers
        that may stand in its place ("" = the version itself): the first, unless another is there. Replaces the shot's
        ``<shot>_env.usda`` pointer layer when the host sublayers one, else writes ``<shot>_review.usda`` beside it.
        """
        ...

    def play(self, folder: str, name: str, out: str, edit: Edit, time_codes_per_second: float) -> tuple[str, ...]:
        """Write ``out`` (.usda), in which the layer ``name`` of ``folder`` plays as a use of the cut does.

        Returns sentences on what that cannot say. The same call writes the same bytes.
        """
        ...


class RecordKeeper(Protocol):
    """Makes and verifies records."""

    def inputs(self, record: Record) -> tuple[Edge, ...]:
        """What the record says the layer was made from."""
        ...

    def verify(self, path: str) -> Verdict:
        """Judge a layer, offline. Never raises for a bad layer: the verdict says it."""
        ...

    def trace(self, path: str, prim: str) -> Trace:
        """Answer who, when, plan, seed, code and inputs of a prim of a layer. Raises NotFound."""
        ...

    def seal(self, folder: str, plan_json: str, world_json: str, layer: Layer, run: RunFacts) -> Record:
        """A signed record of a finished layer: its files, its interface and its pictures, as they lie in ``folder``."""
        ...


class Ledger(Protocol):
    """The truth: generations (jobs), published versions, lineage. Every method is one transaction."""

    def create_generation(self, request: Request) -> tuple[Generation, bool]:
        """Store a queued generation. A known (project, request_id) returns the stored one and False."""
        ...

    def generation(self, name: str) -> Generation:
        """One generation. Raises NotFound."""
        ...

    def requested(self, project: str, request_id: str) -> Generation | None:
        """The generation that a request id asked for, if it did."""
        ...

    def generations(self, project: str, shot: str, page_size: int, page_token: str) -> tuple[list[Generation], str]:
        """A page of generations, newest first, and the token of the next page ("" at the end). "" = any shot."""
        ...

    def unfinished(self, project: str) -> list[Generation]:
        """The generations that wait, run or await review, oldest first."""
        ...

    def save(self, generation: Generation) -> Generation:
        """Store the new state; returns it with a new etag. An ended generation is not overwritten (Conflict)."""
        ...

    def claim(self, worker: str) -> Generation | None:
        """Take the oldest queued generation for ``worker``, or None."""
        ...

    def requeue_lost(self) -> int:
        """Put generations that were running when the server died back into the queue; how many."""
        ...

    def note(self, name: str, state: State, fraction: float, message: str) -> Progress:
        """Append a progress message with the next sequence number."""
        ...

    def progress(self, name: str, after_sequence: int) -> list[Progress]:
        """The messages after a sequence number, in order."""
        ...

    def fail(self, name: str, failure: Failure, state: State) -> Generation:
        """End a generation as FAILED, REJECTED or CANCELLED."""
        ...

    def find_built(self, plan_digest: str, best: Callable[[Generation], bool]) -> Generation | None:
        """A generation with the same plan whose layer is still whole, or None; one that is ``best`` before others."""
        ...

    def publish(self, generation: Generation, name: str, request_id: str, edges: Sequence[Edge]) -> Version:
        """Publish a reviewed generation as the next version: files, version, edges, record in one step.

        The same request id, or a digest already published for (project, shot, name), returns its version.
        """
        ...

    def reconcile(self) -> tuple[str, ...]:
        """Bring files and rows together after a crash; one sentence for each thing mended."""
        ...

    def versions(self, project: str, shot: str, page_size: int, page_token: str) -> tuple[list[Version], str]:
        """A page of published versions, newest first. "" = any shot."""
        ...

    def version(self, project: str, shot: str, name: str, number: int) -> Version:
        """One version; ``number`` 0 is the latest. Raises NotFound."""
        ...


class Projects(Protocol):
    """The shows this server works for."""

    def get(self, name: str) -> Project:
        """The project of that name. Raises NotFound naming those that exist."""
        ...

    def all(self) -> Sequence[Project]:
        """All of them, sorted by name."""
        ...


class Locks(Protocol):
    """Keeps two workers from building the same thing at once."""

    def held(self, name: str) -> AbstractContextManager[None]:
        """Hold the lock of that name, waiting for it."""
        ...
