"""The story: request + shot + stage facts → plan → generate → check → record → publish → tell editorial.

Somebody who reads only this file knows the product. It works through ports alone (`ports.py`); `app.py` wires them.
Every method is synchronous and may be called from many threads.
"""

from __future__ import annotations

import dataclasses
import json
import logging
import shutil
import threading
import uuid
from contextlib import suppress
from functools import partial
from pathlib import Path

from usd_ai.core import plan as planning
from usd_ai.core.archive import Archive, Ports
from usd_ai.core.back import ToEditorial
from usd_ai.core.errors import Cancelled, CheckRejected, Conflict, UsdAiError
from usd_ai.core.in_force import Chosen
from usd_ai.core.parameters import resolve
from usd_ai.core.places import stage_of
from usd_ai.core.pointing import Pointer
from usd_ai.core.ports import (
    Cancel,
    Reporter,
    RunFacts,
)
from usd_ai.core.surroundings import drawn, grounded, pictured, understood
from usd_ai.core.turnover import Turnover
from usd_ai.core.types import (
    Cut,
    Detail,
    Edge,
    Failure,
    Finding,
    FrameRange,
    Generation,
    Layer,
    PlannedWork,
    Request,
    State,
    Version,
)

_log = logging.getLogger(__name__)

# Share of the whole that is done when a step begins; measured on the demo, so that a bar moves evenly.
_PLANNED, _BUILT, _CHECKED = 0.10, 0.55, 0.65


class Engine(Archive):
    """usd_ai without the network: the story. What can be asked of finished work is in `Archive`."""

    def __init__(self, ports: Ports) -> None:
        super().__init__(ports)
        self._cancels: dict[str, threading.Event] = {}
        self._guard = threading.Lock()
        self._closing = threading.Event()
        self._pointer = Pointer(ports, self._latest)
        self.turnover = Turnover(ports, self, self._plan_for, self.submit, self._pointer)
        self.back = ToEditorial(ports, self, self.turnover)

    # ------------------------------------------------------------------------------------------ looking and planning

    def plan(
        self,
        request: Request,
        cancel: Cancel | None = None,
        *,
        frames: FrameRange | None = None,
        cut: Cut | None = None,
    ) -> PlannedWork:
        """What would be done, without doing it: the plan, its world, and what it will come to.

        ``frames``: others than the cut needs. ``cut``: one that is not in the history yet.
        """
        show = self._p.projects.get(request.project)
        spec = self._p.generators.get(request.generator)
        resolve(spec.parameters, dict(request.parameters))  # a typing error is told before any file is opened
        planning.check_words(spec, request)
        shot = (cut or self.cut_of(request).cut).shot(request.shot)
        if shot is None:
            raise self._no_shot(request)
        needed = frames or shot.needed
        stage = stage_of(show, request.shot)
        facts = self._p.stages.read(stage, request, needed, show.root, cancel=cancel)
        request = drawn(self._p, spec, request, facts, stage, cancel)
        request = pictured(self._p, spec, request, show, cancel)
        facts = grounded(self._p, spec, request, facts, cancel)
        understanding = understood(self._p, spec, request, facts, cancel)
        request = planning.with_words(request, understanding)
        plan, world = planning.make_plan(spec, request, facts, self._p.versions(), show.resolution)
        forecast = self._p.workers.call(
            spec.forecast_task,
            {"plan": plan, "world": world, "facts": facts, "arrays": self._p.arrays, "cache": self._p.cache},
            cancel=cancel,
        )
        forecast = dataclasses.replace(forecast, warnings=(*facts.warnings, *forecast.warnings))
        digest = planning.digest_of(planning.plan_document(plan))
        return PlannedWork(plan, digest, world, facts, forecast, understanding)

    def _plan_for(self, request: Request, frames: FrameRange | None, cut: Cut) -> PlannedWork:
        return self.plan(request, frames=frames, cut=cut)

    # ------------------------------------------------------------------------------------------ generating

    def submit(self, request: Request) -> Generation:
        """Queue a generation. What can be known without opening a stage is checked first."""
        self._p.projects.get(request.project)
        spec = self._p.generators.get(request.generator)
        resolve(spec.parameters, dict(request.parameters))
        planning.check_words(spec, request)
        chosen = self.cut_of(request)
        if chosen.cut.shot(request.shot) is None:
            raise self._no_shot(request)
        if request.cut:
            self._keep(request, chosen)  # its file may be another one, or gone, when the turn of this request comes
            request = dataclasses.replace(request, cut=chosen.cut.key, handles=chosen.cut.handles)
        generation, _ = self._p.ledger.create_generation(request)
        return generation

    def work(self, stop: threading.Event) -> None:
        """A worker loop: take queued generations and run them until ``stop`` is set."""
        while not stop.is_set():
            claimed = self._p.ledger.claim(threading.current_thread().name)
            if claimed is None:
                stop.wait(0.1)
            else:
                self._run_guarded(claimed)

    def run(self, generation: Generation) -> Generation:
        """Carry a claimed generation to its end. Domain errors end it; they are stored, not raised."""
        with self._guard:
            cancel = self._cancels.setdefault(generation.name, threading.Event())
        try:
            return self._carry_out(generation, cancel)
        except UsdAiError as error:
            if self._closing.is_set():
                return generation  # its child was ended by `close`: the next start puts it back into the queue
            return self._end_badly(generation, error)
        finally:
            with self._guard:
                self._cancels.pop(generation.name, None)

    def _run_guarded(self, claimed: Generation) -> None:
        try:
            self.run(claimed)
        except Exception:  # noqa: BLE001 - logged in full, told to the asker, and the next one is served
            if self._closing.is_set():
                return  # as in `run`
            # A fault of ours must end this generation and nothing else: the loop serves the next one.
            _log.exception("generation %s met a fault", claimed.name)
            fault = UsdAiError("usd_ai itself failed; the server's log has the details.", reason="INTERNAL")
            with suppress(UsdAiError):  # somebody else has ended it meanwhile
                self._end_badly(claimed, fault)

    def _carry_out(self, generation: Generation, cancel: threading.Event) -> Generation:
        begun = self._p.clock.monotonic()
        generation = self._step(generation, State.PLANNING, 0.0, "reading the cut and the stage")
        chosen = self.cut_of(generation.request)  # once: another may be applied, or its file go, while this is built
        work = self.plan(generation.request, cancel, cut=chosen.cut)
        self._keep(generation.request, chosen)
        generation = dataclasses.replace(
            generation,
            cut=chosen.cut.key,
            handles=chosen.cut.handles,
            plan_digest=work.plan_digest,
            plan_json=planning.canonical_json(planning.plan_document(work.plan)),
            forecast=work.forecast,
            understanding=work.understanding,
        )
        with self._p.locks.held(f"plan-{work.plan_digest}"):
            built = self._p.ledger.find_built(work.plan_digest, partial(_same_record, generation))
            if built is not None and _same_record(generation, built):
                generation = dataclasses.replace(
                    generation, layer=built.layer, record=built.record, folder=built.folder, cached=True
                )
            else:
                generation = self._build(generation, work, chosen, built, cancel)
        if cancel.is_set():
            raise Cancelled(f"{generation.name} was cancelled.", remedy="Ask again to start over.")
        seconds = round(self._p.clock.monotonic() - begun, 3)
        done = "ready for review" + (" (already built: same plan, same bytes)" if generation.cached else "")
        return self._step(dataclasses.replace(generation, seconds=seconds), State.AWAITING_REVIEW, 1.0, done)

    def _build(
        self,
        generation: Generation,
        work: PlannedWork,
        chosen: Chosen,
        twin: Generation | None,
        cancel: threading.Event,
    ) -> Generation:
        """Build, finish, check, picture and seal in a fresh folder, invisible until the ledger knows of it.

        ``twin`` was built from the same plan for another shot or from another prompt: its bytes are taken over, stamps
        and record are not.
        """
        folder = Path(self._p.work) / uuid.uuid4().hex
        folder.mkdir(parents=True)
        try:
            started = self._p.clock.now()
            generation = self._step(generation, State.GENERATING, _PLANNED, "building")
            if twin is not None and twin.layer is not None:
                layer = twin.layer
                self._p.workshop.adopt(twin.folder, layer, str(folder))
            else:
                layer = self._build_layer(generation, work, str(folder), cancel)
            return self._complete(generation, work, chosen, layer, folder, started, cancel)
        except BaseException:
            shutil.rmtree(folder, ignore_errors=True)  # nobody will look for what did not become whole
            raise

    def _build_layer(self, generation: Generation, work: PlannedWork, folder: str, cancel: threading.Event) -> Layer:
        spec = self._p.generators.get(generation.request.generator)
        return self._p.workers.call(
            spec.build_task,
            {
                "plan": work.plan,
                "world": work.world,
                "facts": work.facts,
                "arrays": self._p.arrays,
                "cache": self._p.cache,
                "folder": folder,
            },
            report=self._reporter(generation, _PLANNED, _BUILT),
            cancel=cancel,
        )

    def _complete(
        self,
        generation: Generation,
        work: PlannedWork,
        chosen: Chosen,
        layer: Layer,
        folder: Path,
        started: str,
        cancel: threading.Event,
    ) -> Generation:
        """From bare bytes to something that can be reviewed: interface, check, pictures, record."""
        request = generation.request
        stage = stage_of(self._p.projects.get(request.project), request.shot)
        generation = self._step(generation, State.CHECKING, _BUILT, "checking against the stage")
        run = self._run_facts(generation, work, chosen, started)
        self._p.workshop.finish(str(folder), layer, generation.plan_json, work.facts, run)
        findings = self._p.workshop.check(str(folder), layer, stage, work.facts, cancel=cancel)
        # Stored before they may reject the layer: whoever is refused wants to read them.
        generation = self._p.ledger.save(dataclasses.replace(generation, findings=findings))
        _refuse_errors(findings, request)
        self._p.workshop.preview(
            str(folder),
            layer,
            stage,
            work.facts,
            camera=work.plan.cameras[0][0],
            quick=work.plan.detail is Detail.FIRST_LOOK,
            report=self._reporter(generation, _CHECKED, 1.0),
            cancel=cancel,
        )
        run = dataclasses.replace(run, ended=self._p.clock.now())
        world_json = planning.canonical_json(planning.world_document(work.world))
        record = self._p.records.seal(str(folder), generation.plan_json, world_json, layer, run)
        (folder / "record.json").write_text(record.envelope, encoding="utf-8")
        return dataclasses.replace(generation, layer=layer, record=record, folder=str(folder))

    def _run_facts(self, generation: Generation, work: PlannedWork, chosen: Chosen, started: str) -> RunFacts:
        request = generation.request
        return RunFacts(
            record_id=str(uuid.uuid4()),
            request_id=request.request_id,
            operator=request.operator,
            project=request.project,
            shot=request.shot,
            started=started,
            ended=started,
            versions=tuple(sorted(self._p.versions().items())),
            inputs=_inputs(chosen, work),
            source_type=self._p.generators.get(request.generator).source_type,
            understanding=work.understanding,
        )

    def _keep(self, request: Request, chosen: Chosen) -> None:
        if not chosen.kept:
            self._p.history.keep(request.project, chosen.label, chosen.path, chosen.cut)

    # ------------------------------------------------------------------------------------------ following and ending

    def cancel(self, name: str) -> Generation:
        """Stop a generation: a queued one ends at once, a running one when its child is dead (within a second)."""
        generation = self._p.ledger.generation(name)
        if generation.state.ended:
            return generation
        with self._guard:
            running = self._cancels.get(name)
        if running is not None:
            running.set()
            return generation
        return self._end_badly(generation, Cancelled(f"{name} was cancelled before it started."))

    def _end_badly(self, generation: Generation, error: UsdAiError) -> Generation:
        state = (
            State.CANCELLED
            if isinstance(error, Cancelled)
            else State.REJECTED
            if isinstance(error, CheckRejected)
            else State.FAILED
        )
        failure = Failure(
            type(error).__name__, error.reason, error.message, error.remedy, tuple(sorted(error.context.items()))
        )
        return self._p.ledger.fail(generation.name, failure, state)

    def _step(self, generation: Generation, state: State, fraction: float, message: str) -> Generation:
        saved = self._p.ledger.save(dataclasses.replace(generation, state=state))
        self._p.ledger.note(saved.name, state, fraction, message)
        return saved

    def _reporter(self, generation: Generation, low: float, high: float) -> Reporter:
        def report(fraction: float, message: str) -> None:
            share = low + (high - low) * min(max(fraction, 0.0), 1.0)
            self._p.ledger.note(generation.name, generation.state, share, message)

        return report

    # ------------------------------------------------------------------------------------------ publishing

    def publish(self, name: str, etag: str, request_id: str, *, dry_run: bool = False) -> Version:
        """Publish the generation that was reviewed, as its ``etag`` says, as the next version, and point the host."""
        generation = self._p.ledger.generation(name)
        if etag != generation.etag and generation.state is not State.PUBLISHED:
            raise Conflict(
                f"{name} is not what was reviewed." if etag else f"Nothing says which {name} was reviewed.",
                remedy=f"Look at it again (usd-ai show {name}) and publish with its new etag.",
                reason="ETAG_MISMATCH",
                context={"generation": name},
            )
        if generation.layer is None or generation.record is None:
            raise Conflict(
                f"{name} is {generation.state.value} and has no layer to publish.",
                remedy=f"Wait until it is AWAITING_REVIEW: usd-ai watch {name}.",
                reason="NOT_READY",
                context={"generation": name},
            )
        if dry_run:
            return self._next_version(generation)
        plan = json.loads(generation.plan_json)
        edges = (*self._p.records.inputs(generation.record), Edge("plan", generation.plan_digest, plan["generator"]))
        version = self._p.ledger.publish(generation, generation.layer.root, request_id, edges)
        self.point_host(version.project, version.shot)
        return version

    def point_host(self, project: str, shot: str) -> str:
        """Let the shot's pointer layer name what is published of it, as `Pointer` says; the stage to open."""
        return self._pointer.point(project, shot)

    def start(self) -> tuple[str, ...]:
        """Bring everything together after the last stop, however it ended; one sentence for each thing mended."""
        mended = list(self._p.ledger.reconcile())
        lost = self._p.ledger.requeue_lost()
        if lost:
            mended.append(f"{lost} interrupted generation(s) were put back into the queue.")
        for show in self._p.projects.all():
            for shot in sorted({v.shot for v in self._all_versions(show.name, "")}):
                self.point_host(show.name, shot)
        return tuple(mended)

    def close(self) -> None:
        """End what the engine holds: child processes, the ledger. What runs is interrupted, not failed."""
        self._closing.set()
        for end in self._p.closing:
            end()


def _inputs(chosen: Chosen, work: PlannedWork) -> tuple[Edge, ...]:
    layers = (Edge("stage-layer", layer.sha256, layer.path) for layer in work.facts.layers)
    return (Edge("cut", chosen.cut.sha256, chosen.path), *layers, Edge("world", work.plan.world, "world"))


def _same_record(one: Generation, other: Generation) -> bool:
    """Whether stamps and record of one would be true of the other: the same shot, and the same prompt or none."""
    places = [(g.request.project, g.request.shot) for g in (one, other)]
    prompts = [(u.prompt_sha256, u.model_sha256) if (u := g.understanding) else None for g in (one, other)]
    return places[0] == places[1] and prompts[0] == prompts[1]


def _refuse_errors(findings: tuple[Finding, ...], request: Request) -> None:
    errors = [f for f in findings if f.severity == "error"]
    if errors:
        first = "; ".join(f"{f.message}{f' ({f.prim})' if f.prim else ''}" for f in errors[:3])
        raise CheckRejected(
            f"The layer for shot {request.shot} failed {len(errors)} check(s): {first}.",
            remedy="Nothing was published. Read the findings with usd-ai show, then change the parameter they name.",
            context={"shot": request.shot, "checks": ",".join(sorted({f.rule for f in errors}))},
        )
