"""What editorial gets back: change lists, marks, preview movies. Nothing here changes a layer, a cut or the ledger."""

from __future__ import annotations

import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from usd_ai.core.archive import Archive, Ports
from usd_ai.core.changes import CutDiff
from usd_ai.core.decisions import Decision, SyncPlan
from usd_ai.core.errors import Cancelled, InvalidRequest, NotFound
from usd_ai.core.marking import Pictures
from usd_ai.core.movies import Movie, MovieWish
from usd_ai.core.places import stage_of, writable
from usd_ai.core.ports import Cancel
from usd_ai.core.timecode import counts_drop, from_frames
from usd_ai.core.turnover import Turnover
from usd_ai.core.types import Cut, FrameRange, Plan, Project, Rate, Shot, Version

LISTS = (".html", ".csv", ".json", ".png")
"""What a change list can be written as; .png is a contact sheet."""

_PICTURE = "preview.png"


@dataclass(frozen=True, slots=True)
class Asked:
    """Which cuts are meant, as `Turnover.diff` takes them: each a file or one of the history."""

    old: str = ""
    new: str = ""
    rate: Rate | None = None
    handles: int | None = None
    sequence: str = ""


class ToEditorial:
    """Writes for people and programs of a cutting room."""

    def __init__(self, ports: Ports, archive: Archive, turnover: Turnover) -> None:
        self._p = ports
        self._archive = archive
        self._turnover = turnover

    def change_list(
        self, project: str, out: str, asked: Asked, *, dry_run: bool = False
    ) -> tuple[str, tuple[str, ...]]:
        """Write what a new cut changes and what that means for layers; the file, and a sentence for each shot.

        ``out`` ends in one of `LISTS`.
        """
        show = self._p.projects.get(project)
        target = writable(show, out, _ending(out))
        diff, cut, plan = self._looked_up(project, asked)
        pictures = {decision.shot: self._pictures(project, decision) for decision in plan.decisions if decision.version}
        told = self._p.timelines.told(diff, plan, cut, pictures)
        if dry_run:
            return target, told.sentences
        if target.endswith(".png"):
            if not told.sheet:
                raise NotFound(
                    f"No shot that changes in {cut.name} has a picture yet.",
                    remedy="Ask for .html, .csv or .json; they need no pictures.",
                    reason="NO_PICTURES",
                )
            self._p.workshop.sheet(told.heading, told.sheet, target)
        else:
            self._p.timelines.write_told(diff, plan, cut, pictures, target)
        return target, told.sentences

    def timeline(
        self, project: str, out: str, asked: Asked, *, marks: bool, dry_run: bool = False
    ) -> tuple[str, tuple[str, ...]]:
        """A new .otio of a cut that carries what was published; with ``marks``, also what changed and was decided."""
        said = ()
        chosen = self._archive.which.choose(project, asked.new, asked.rate, asked.handles, asked.sequence)
        if marks and not dry_run:
            diff, _, plan = self._looked_up(project, asked)
            said = self._p.timelines.marks(diff, plan)
        return self._archive.write_timeline(project, out, chosen, marks=said, dry_run=dry_run)

    def _looked_up(self, project: str, asked: Asked) -> tuple[CutDiff, Cut, SyncPlan]:
        read = (asked.rate, asked.handles, asked.sequence)
        diff, cut = self._turnover.diff(project, asked.old, asked.new, *read)
        return diff, cut, self._turnover.decisions(project, asked.new, *read)

    def _pictures(self, project: str, decision: Decision) -> Pictures:
        """Of the layer that is there, and of the one that was generated in its place, where those have pictures."""
        version = self._p.ledger.version(project, decision.published_as, decision.layer, decision.version)
        kept = _picture(version.folder)
        if decision.unused:
            return Pictures(old=kept)
        if not decision.action.generates:
            return Pictures(new=kept)
        built = self._p.ledger.generation(decision.generation).folder if decision.generation else ""
        return Pictures(kept, _picture(built) if built else "")

    # ------------------------------------------------------------------------------------------ movies

    def movie(
        self,
        project: str,
        version: tuple[str, str, int],
        size: tuple[int, int],
        out: str,
        *,
        codec: str = "prores",
        slate: str = "none",
        burn_in: bool = True,
        cut: str = "",
        dry_run: bool = False,
        told: Callable[[int, int], None] | None = None,
        cancel: Cancel | None = None,
    ) -> Movie:
        """Render every frame that the cut needs of a published version, handles included, into a .mov.

        ``version``: shot, layer and number, 0 for the latest. ``cut``: as `WhichCut.choose` takes it.
        Where it has the shot no more, all frames of the layer. Raises InvalidRequest where it shows frames that the
        layer lacks, Cancelled when ``cancel`` was set: then nothing is left behind. ``told`` hears how many frames are
        drawn of how many.
        """
        show = self._p.projects.get(project)
        target = writable(show, out, ".mov")
        found = self._archive.version(project, *version)
        plan = self._archive.plan_of(found)
        chosen = self._archive.which.choose(project, cut).cut
        shot = chosen.shot(self._called(project, found))
        frames, handles = _range(shot, plan, found)
        wish = MovieWish(
            rate=shot.rate if shot is not None else chosen.rate,
            start_frame=frames.start,
            shot=found.shot,
            version=f"{found.name} v{found.number:03}",
            reel=shot.occurrences[0].reel if shot is not None else "",
            codec=codec,
            handles=handles,
            slate=slate,
            drop=counts_drop(chosen.drop, shot.rate if shot is not None else chosen.rate),
            burn_in=burn_in,
        )
        if dry_run:
            return Movie(target, frames, wish.rate, from_frames(frames.start, wish.rate, drop=wish.drop))
        count = frames.count

        def say(drawn: int) -> None:
            if told is not None:
                told(drawn, count)

        say(0)
        return self._filmed(show, found, plan, frames, size, wish, target, say, cancel)

    def _filmed(
        self,
        show: Project,
        version: Version,
        plan: Plan,
        frames: FrameRange,
        size: tuple[int, int],
        wish: MovieWish,
        target: str,
        say: Callable[[int], None],
        cancel: Cancel | None,
    ) -> Movie:
        Path(self._p.work).mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(prefix="movie-", dir=self._p.work) as folder:
            stage = stage_of(show, version.shot)
            numbers = tuple(frames.frames())
            camera = plan.cameras[0][0]
            pictures = self._p.workshop.render(
                version.folder, version.name, stage, camera, numbers, size, folder, told=say, cancel=cancel
            )
            if cancel is not None and cancel.is_set():
                raise Cancelled("The movie was cancelled.", remedy="Nothing was written; ask for it again.")
            return self._p.workshop.movie(pictures, target, wish)

    def _called(self, project: str, version: Version) -> str:
        """The name that the cut has for a published shot."""
        uses = self._p.history.uses(project)
        named = (use.used_as for use in uses if (use.shot, use.layer) == (version.shot, version.name))
        return next(named, "") or version.shot


def _ending(out: str) -> str:
    ending = Path(out).suffix
    if ending not in LISTS:
        raise InvalidRequest(
            f"'{out}' names no form of a change list.",
            remedy=f"Give a file that ends in {', '.join(LISTS[:-1])}, or .png for a contact sheet.",
            reason="REPORT_FORM",
        )
    return ending


def _picture(folder: str) -> str:
    path = Path(folder) / _PICTURE
    return str(path) if path.is_file() else ""


def _range(shot: Shot | None, plan: Plan, version: Version) -> tuple[FrameRange, tuple[int, int]]:
    """The frames of a movie, and how many of them at either end are handles: as many as the layer has."""
    if shot is None:
        return plan.frames, (0, 0)
    seen, there = shot.visible, plan.frames
    if seen.start < there.start or seen.end > there.end:
        raise InvalidRequest(
            f"The cut shows frames {seen} of {shot.name}; v{version.number:03} of {version.name} has {there}.",
            remedy="Generate the missing frames first: usd-ai timeline sync.",
            reason="FRAMES_MISSING",
            context={"shot": shot.name},
        )
    frames = FrameRange(max(shot.needed.start, there.start), min(shot.needed.end, there.end))
    return frames, (seen.start - frames.start, frames.end - seen.end)
