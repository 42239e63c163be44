"""What the stage of a shot sees of what is published: the layer in the shot's own frames, or an edit layer above it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from usd_ai.core.cuts import STAGE, Cut, FrameRange, Occurrence, Shot
from usd_ai.core.decisions import LayerUse, NumberedUse, Standing
from usd_ai.core.edits import edit_of, plays_digest
from usd_ai.core.layers import UsePlayed
from usd_ai.core.places import stage_of
from usd_ai.core.playing import AS_IS

if TYPE_CHECKING:
    from usd_ai.core.archive import Ports
    from usd_ai.core.types import Project, Version


def edit_path(version: Version, number: int) -> str:
    """Where the edit layer of a use lies: ``<publish>/<shot>/edit/<layer>_<number>.usda``, absolute."""
    return str(Path(version.folder).parents[2] / "edit" / f"{version.name}_{number}.usda")


def played_in(ports: Ports, show: Project, version: Version, cut: Cut, shot: Shot) -> tuple[UsePlayed, ...]:
    """The edit layers of all uses of a shot in a cut, in order; () where that cut's were not written."""
    (standing,) = [u for u in ports.history.uses(show.name, version.shot) if u.layer == version.name] or [None]
    if not _is_played(standing, version):
        return ()
    numbers = {
        one.use: one.number
        for one in ports.history.numbers(show.name, version.shot)
        if one.layer == version.name and one.cut == cut.key and one.standing is Standing.USED
    }
    played = [_use_played(show, version, numbers.get(use, 0), use) for use in shot.occurrences]
    return tuple(played) if numbers else ()


def _use_played(show: Project, version: Version, number: int, use: Occurrence) -> UsePlayed:
    if not number:
        return UsePlayed("", 0, use.trimmed)
    edit = edit_of(use, number)
    path = Path(edit_path(version, number)).relative_to(show.root).as_posix()
    return UsePlayed(path, number, FrameRange(edit.start + edit.shown.start, edit.start + edit.shown.end))


class Pointer:
    """Makes the hosts of shots see what is published."""

    def __init__(self, ports: Ports, latest: Callable[[str, str], list[Version]]) -> None:
        self._p = ports
        self._latest = latest

    def point(self, project: str, shot: str, fresh: LayerUse | None = None) -> str:
        """Let a shot's pointer layer name the latest of every layer of it; the stage to open. Idempotent.

        ``fresh``: how a layer stands from now on; it is said to the ledger once the stage says so too.
        """
        stage = stage_of(self._p.projects.get(project), shot)
        with self._p.locks.held(f"point-{project}-{shot}"):
            latest = self._latest(project, shot)
            if latest:
                stage = self._p.workshop.point(stage, latest, self._played(project, shot, latest, fresh))
            if fresh is not None:
                self._p.history.stand(project, fresh)
        return stage

    def _played(
        self, project: str, shot: str, latest: Sequence[Version], fresh: LayerUse | None
    ) -> dict[str, tuple[str, ...]]:
        """By layer: the files that may stand for it, first the one that does unless a person put in another of them."""
        numbers = self._p.history.numbers(project, shot)
        if not numbers:
            return {}
        by_itself = self._p.projects.get(project).retimes == STAGE
        standing = {use.layer: use for use in self._p.history.uses(project, shot)}
        if fresh is not None:
            standing[fresh.layer] = fresh
        found: dict[str, tuple[str, ...]] = {}
        for version in latest:
            known = [one for one in numbers if one.layer == version.name]
            uses, use = [one for one in known if one.standing is Standing.USED], standing.get(version.name)
            if use is None or use.number != version.number:
                continue  # no edit layer plays this version yet
            if _is_played(use, version) and plays_digest([edit_of(one.use, one.number) for one in uses]) == use.plays:
                edits = tuple(edit_path(version, one.number) for one in uses)
                retimed = edits if by_itself else ("",)
                found[version.name] = retimed if _takes_over(uses) else ("", *edits)
            elif use.plays or use.standing is Standing.UNUSED:
                # An apply was broken off after it numbered the uses, or the cut has none: what the stage plays, stays.
                there = (edit_path(version, one.number) for one in known)
                found[version.name] = ("", *(file for file in there if Path(file).is_file()))
        return found


def _is_played(use: LayerUse | None, version: Version) -> bool:
    """Whether edit layers are there that play just this version in the cut."""
    return use is not None and bool(use.plays) and use.standing is Standing.USED and use.number == version.number


def _takes_over(uses: Sequence[NumberedUse]) -> bool:
    """Whether a shot's stage plays the edit layer: its one use is retimed. Of two, each needs a stage of its own."""
    return len(uses) == 1 and edit_of(uses[0].use).way != AS_IS
