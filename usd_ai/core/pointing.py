"""What the stage of a shot sees of what is published: the layer in the shot's own frames, or an edit layer above it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from usd_ai.core.cuts import Cut, FrameRange, Occurrence, Shot
from usd_ai.core.decisions import LayerUse, NumberedUse, Standing
from usd_ai.core.edits import edit_of
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
        numbers = [one for one in self._p.history.numbers(project, shot) if one.standing is Standing.USED]
        if not numbers:
            return {}
        standing = {use.layer: use for use in self._p.history.uses(project, shot)}
        if fresh is not None:
            standing[fresh.layer] = fresh
        found: dict[str, tuple[str, ...]] = {}
        for version in latest:
            uses = [one for one in numbers if one.layer == version.name]
            if uses and _is_played(standing.get(version.name), version):
                edits = tuple(edit_path(version, one.number) for one in uses)
                found[version.name] = edits if _takes_over(uses) else ("", *edits)
        return found


def _is_played(use: LayerUse | None, version: Version) -> bool:
    """Whether edit layers are there that play just this version in the cut."""
    return use is not None and bool(use.plays) and use.standing is Standing.USED and use.number == version.number


def _takes_over(uses: Sequence[NumberedUse]) -> bool:
    """Whether a shot's stage plays the edit layer: its one use is retimed. Of two, each needs a stage of its own."""
    return len(uses) == 1 and edit_of(uses[0].use).way != AS_IS
