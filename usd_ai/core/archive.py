"""What can be asked of the shows and of finished work. Nothing here starts work or changes the ledger."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from usd_ai.core import plan as planning
from usd_ai.core.errors import Conflict, InvalidRequest, NotFound
from usd_ai.core.in_force import Chosen, WhichCut
from usd_ai.core.marking import ClipMark
from usd_ai.core.places import inside, stage_of, writable
from usd_ai.core.pointing import played_in
from usd_ai.core.ports import (
    Clock,
    Generators,
    LayerWorkshop,
    Ledger,
    Locks,
    Projects,
    RecordKeeper,
    StageReader,
    Workers,
)
from usd_ai.core.ports_editorial import CutHistory, CutReader, TimelineWriter
from usd_ai.core.types import (
    Cut,
    Edge,
    Generation,
    Plan,
    Progress,
    Project,
    PublishedShot,
    Record,
    Request,
    SheetShot,
    Shot,
    Trace,
    Verdict,
    Version,
)


@dataclass(frozen=True, slots=True)
class Ports:
    """Everything the story needs from the world, and the three folders it keeps its own things in (absolute)."""

    projects: Projects
    cuts: CutReader
    stages: StageReader
    generators: Generators
    workers: Workers
    workshop: LayerWorkshop
    records: RecordKeeper
    ledger: Ledger
    history: CutHistory
    timelines: TimelineWriter
    locks: Locks
    clock: Clock
    versions: Callable[[], dict[str, str]]  # release of every installed distribution
    arrays: str
    cache: str
    work: str
    closing: tuple[Callable[[], None], ...] = ()  # what ends with the engine, in order


class Archive:
    """Questions about cuts, generators, generations and versions."""

    def __init__(self, ports: Ports) -> None:
        self._p = ports
        self.which = WhichCut(ports.projects, ports.cuts, ports.history)

    @property
    def projects(self) -> Projects:
        """The shows this server works for."""
        return self._p.projects

    @property
    def generators(self) -> Generators:
        """The generators that are installed."""
        return self._p.generators

    def cut_of(self, request: Request) -> Chosen:
        """The cut that a request is for."""
        return self.which.choose(request.project, request.cut, handles=request.handles)

    @property
    def history(self) -> CutHistory:
        """Every version of the cut that something was made for."""
        return self._p.history

    def generation(self, name: str) -> Generation:
        """One generation."""
        return self._p.ledger.generation(name)

    def generations(self, project: str, shot: str, page_size: int, page_token: str) -> tuple[list[Generation], str]:
        """A page of generations, newest first; shot "" for all."""
        self._p.projects.get(project)
        return self._p.ledger.generations(project, shot, page_size, page_token)

    def progress(self, name: str, after_sequence: int) -> list[Progress]:
        """Progress messages after a sequence number, in order."""
        return self._p.ledger.progress(name, after_sequence)

    def versions(self, project: str, shot: str, page_size: int, page_token: str) -> tuple[list[Version], str]:
        """A page of published versions, newest first; shot "" for all."""
        self._p.projects.get(project)
        return self._p.ledger.versions(project, shot, page_size, page_token)

    def version(self, project: str, shot: str, name: str, number: int) -> Version:
        """One published version; number 0 is the latest."""
        return self._p.ledger.version(project, shot, name, number)

    def lineage(self, project: str, shot: str, name: str, number: int) -> tuple[Edge, ...]:
        """What a version was made from."""
        return self.version(project, shot, name, number).edges

    def record(self, project: str, shot: str, name: str, number: int) -> Record:
        """The signed record of a version."""
        version = self.version(project, shot, name, number)
        record = self._p.ledger.generation(version.generation).record
        if record is None:
            raise NotFound(f"Version {number} of {name} has no record in the ledger.", remedy="Run usd-ai doctor.")
        return record

    def verify(self, path: str) -> Verdict:
        """Judge a layer file or folder."""
        return self._p.records.verify(path)

    def trace(self, path: str, prim: str) -> Trace:
        """Who, when, plan, seed, code and inputs of a prim."""
        return self._p.records.trace(path, prim)

    def write_timeline(
        self, project: str, out: str, chosen: Chosen, *, marks: tuple[ClipMark, ...] = (), dry_run: bool = False
    ) -> tuple[str, tuple[str, ...]]:
        """A new .otio whose clips carry what was published, and ``marks``; its path and the shots that carry a layer.

        ``chosen``: the cut to write anew, out of its file.
        """
        show, cut = self._p.projects.get(project), chosen.cut
        target, file = writable(show, out, ".otio"), inside(show, chosen.path)
        as_read = self.which.as_read(show, chosen)
        if target == file:  # also one that carries what we wrote into an earlier cut
            raise InvalidRequest(
                f"'{out}' is the cut itself, which is never written.",
                remedy="Choose another name for the timeline.",
                reason="OUTPUT_REFUSED",
            )
        published = [self._published_shot(show, v, cut, shot) for shot, v in self._layers_in(project, cut)]
        if dry_run:
            return target, tuple(p.shot for p in published)
        return target, self._p.timelines.write(as_read, file, published, target, marks)

    def preview(
        self, project: str, shot: str, name: str, number: int, size: tuple[int, int], frames: tuple[int, ...], out: str
    ) -> tuple[str, ...]:
        """Render frames of a published version from the shot camera into ``out``; the pictures' paths.

        Raises InvalidRequest for a frame that the version was not made for.
        """
        show = self._p.projects.get(project)
        version = self.version(project, shot, name, number)
        target = writable(show, out, "")
        plan = self.plan_of(version)
        if not frames:
            frames = (plan.frames.start, (plan.frames.start + plan.frames.end) // 2, plan.frames.end)
        outside = [frame for frame in frames if not plan.frames.start <= frame <= plan.frames.end]
        if outside:
            raise InvalidRequest(
                f"{name} v{version.number:03} of {shot} has no frame {outside[0]}.",
                remedy=f"It was made for frames {plan.frames.start} to {plan.frames.end}: give some of these.",
                reason="FRAMES_INVALID",
                context={"frame": str(outside[0])},
            )
        return self._p.workshop.render(
            version.folder, name, stage_of(show, shot), plan.cameras[0][0], frames, size, target
        )

    def contact_sheet(self, project: str, out: str) -> tuple[str, tuple[str, ...]]:
        """One page with the pictures of every shot's latest versions, in cut order; its path and the shots on it."""
        show = self._p.projects.get(project)
        target = writable(show, out, ".png")
        cut = self.which.choose(project).cut
        shots = [self._sheet_shot(shot, version) for shot, version in self._layers_in(project, cut)]
        if not shots:
            raise NotFound(
                f"Project {project} has no published layer to show.",
                remedy="Generate and publish one first: usd-ai generate SHOT.",
                reason="NOTHING_PUBLISHED",
            )
        return self._p.workshop.sheet(f"{project}  {cut.name}", shots, target), tuple(s.shot for s in shots)

    def _sheet_shot(self, shot: Shot, version: Version) -> SheetShot:
        plan = self.plan_of(version)
        first, last = plan.frames.start, plan.frames.end
        named = (("preview_start.png", first), ("preview.png", (first + last) // 2), ("preview_end.png", last))
        folder = Path(version.folder)
        return SheetShot(
            shot=shot.name,
            title=f"{version.name} v{version.number:03}",
            pictures=tuple((str(folder / name), str(frame)) for name, frame in named if (folder / name).is_file()),
            captions=(f"plan {version.plan_digest[:12]}", f"world {plan.world[:12]}", f"seed {plan.seed}"),
        )

    def plan_of(self, version: Version) -> Plan:
        """What a version was made by."""
        return planning.plan_from_document(json.loads(self._p.ledger.generation(version.generation).plan_json))

    def _latest(self, project: str, shot: str) -> list[Version]:
        newest: dict[str, Version] = {}
        for version in self._all_versions(project, shot):
            newest.setdefault(version.name, version)
        return [newest[name] for name in sorted(newest)]

    def _layers_in(self, project: str, cut: Cut) -> list[tuple[Shot, Version]]:
        """The latest of every layer of the shots of a cut, in its order; also what a shot had under another name.

        Where two folders have a layer of a shot, the one of its name has it, else the newest.
        """
        called = {(use.shot, use.layer): use.used_as for use in self._p.history.uses(project)}
        names = {shot.name for shot in cut.shots}
        newest: dict[tuple[str, str], Version] = {}
        for version in self._all_versions(project, ""):
            newest.setdefault((version.shot, version.name), version)
        found: dict[tuple[str, str], Version] = {}
        for key, version in newest.items():  # newest first
            name = called.get(key, version.shot)
            name = name if name in names else version.shot  # an older cut may have it under its first name
            if version.shot == name:
                found[name, version.name] = version
            else:
                found.setdefault((name, version.name), version)
        layers = sorted({layer for _, layer in found})
        return [(shot, found[shot.name, n]) for shot in cut.shots for n in layers if (shot.name, n) in found]

    def _all_versions(self, project: str, shot: str) -> list[Version]:
        found: list[Version] = []
        token = ""
        while True:
            page, token = self._p.ledger.versions(project, shot, 500, token)
            found += page
            if not token:
                return found

    def _published_shot(self, show: Project, version: Version, cut: Cut, shot: Shot) -> PublishedShot:
        plan = self.plan_of(version)
        folder = Path(version.folder).relative_to(show.root)
        return PublishedShot(
            shot=shot.name,
            version=version,
            layer_path=(folder / f"{version.name}.usda").as_posix(),
            preview_path=(folder / "preview.png").as_posix(),
            seed=plan.seed,
            generator=plan.generator,
            frames=plan.frames,
            played=played_in(self._p, show, version, cut, shot),
        )

    def _next_version(self, generation: Generation) -> Version:
        layer, record = generation.layer, generation.record
        if layer is None or record is None:  # publish has just refused this case
            raise Conflict(f"{generation.name} has no layer.")
        of_name = [
            v for v in self._all_versions(generation.request.project, generation.request.shot) if v.name == layer.root
        ]
        same = [v for v in of_name if v.layer_sha256 == layer.sha256]
        if same:
            return same[0]
        return Version(
            project=generation.request.project,
            shot=generation.request.shot,
            name=layer.root,
            number=1 + max((v.number for v in of_name), default=0),
            layer_sha256=layer.sha256,
            plan_digest=generation.plan_digest,
            record_id=record.id,
            generation=generation.name,
            folder="",
            created="",
            request_id="",
        )

    def _no_shot(self, request: Request) -> NotFound:
        chosen = self.cut_of(request)
        return NotFound(
            f"The cut of {request.project} has no shot {request.shot}: {chosen.told}.",
            remedy=f"It has: {', '.join(s.name for s in chosen.cut.shots)}. Another cut: --cut FILE.",
            reason="SHOT_NOT_FOUND",
            context={"shot": request.shot},
        )
