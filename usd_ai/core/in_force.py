"""Which cut is meant: a file, one of the history, or, where nobody says, the cut in force. Decided here alone.

The cut in force is the one that was applied last. Where studio.toml names another cut than it did then, or its bytes
are others, studio.toml wins again: somebody pointed it at something on purpose.
"""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from usd_ai.core.decisions import KeptCut, StudioCut
from usd_ai.core.errors import Conflict, InvalidRequest, NotFound
from usd_ai.core.places import inside

if TYPE_CHECKING:
    from usd_ai.core.ports import Projects
    from usd_ai.core.ports_editorial import CutHistory, CutReader
    from usd_ai.core.types import Cut, Project, Rate


_NEAR = 3  # files that a refusal names


@dataclass(frozen=True, slots=True)
class Chosen:
    """The cut that is meant. ``path`` is its file's, relative to the project's root; ``label`` the file's name.

    ``applied``: when it was applied, RFC 3339 in UTC; "" where it is not in force for that. ``told``: which it is and
    why, for a person. ``sequence``: the one its file was asked for. ``kept``: it comes from the history, whatever its
    file holds today.
    """

    cut: Cut
    label: str
    path: str
    applied: str = ""
    told: str = ""
    sequence: str = ""
    kept: bool = False


class WhichCut:
    """Finds the cut that is meant."""

    def __init__(self, projects: Projects, reader: CutReader, history: CutHistory) -> None:
        self._projects = projects
        self._reader = reader
        self._history = history

    def choose(
        self, project: str, word: str = "", rate: Rate | None = None, handles: int | None = None, sequence: str = ""
    ) -> Chosen:
        """The cut that ``word`` means: a file of the project, or one of the history; "" is the cut in force.

        A cut of the history is as it was kept; another rate or sequence than it has is read from its file.
        Raises NotFound for what is neither, and what reading a file does.
        """
        show = self._projects.get(project)
        if not word:
            return self._in_force(show, rate, handles, sequence)
        if not _is_key(word) and self._reader.digest(inside(show, word)):
            return self._read(show, word, rate, handles, sequence)
        try:
            kept = self._history.cut(project, word)
        except NotFound as error:  # a file was meant just as well
            own = Path(show.cut).stem
            if word.casefold() == own.casefold():  # nothing was made for it yet, so the history does not know it
                return self._read(show, show.cut, rate, handles, sequence, f"{own}, the cut in studio.toml")
            near = _files_called(show, word)
            meant = f"Did you mean {' or '.join(near)}? " if near else ""
            raise NotFound(
                f"'{word}' is no file of {project} and no cut of its history.",
                remedy=f"{meant}Give a file inside the project's folder, or a cut of the history. {error.remedy}",
                reason="CUT_NOT_FOUND",
                context=error.context,
            ) from error
        return self._as_kept(show, kept, f"{kept.label} of the history", rate, handles, sequence)

    def named_by(self, project: str) -> StudioCut:
        """What studio.toml names as the cut now."""
        show = self._projects.get(project)
        return StudioCut(
            show.cut, show.naming.sequence, self._reader.digest(inside(show, show.cut)), handles=show.handles
        )

    def as_read(self, show: Project, chosen: Chosen) -> Project:
        """The show with the rate, handles and sequence with which the file of a cut is read as that cut.

        Raises Conflict CUT_FILE_CHANGED where the file of a cut of the history holds it no more.
        """
        cut, sequence = chosen.cut, chosen.sequence
        if chosen.kept:
            file = inside(show, chosen.path)
            if self._reader.digest(file) != cut.sha256:
                raise Conflict(
                    f"{chosen.path} does not hold {chosen.label} any more, and a timeline is written out of it.",
                    remedy="Put that file back, or name the cut's file where it is now: --cut FILE.",
                    reason="CUT_FILE_CHANGED",
                    context={"cut": chosen.label},
                )
            sequence = self._sequence_of(show, file, cut)
        naming = dataclasses.replace(show.naming, sequence=sequence)
        return dataclasses.replace(show, rate=cut.rate, handles=cut.handles, naming=naming)

    def _sequence_of(self, show: Project, file: str, cut: Cut) -> str:
        """The sequence to ask the file of a kept cut for: a file of one may leave it without a name."""
        try:
            read = self._reader.read(file, cut.rate, cut.handles, show.naming.sequence, show.naming)
        except InvalidRequest:  # several, and this one was asked for by name
            return cut.name
        return show.naming.sequence if read.name == cut.name else cut.name

    def _in_force(self, show: Project, rate: Rate | None, handles: int | None, sequence: str) -> Chosen:
        try:
            kept = self._history.cut(show.name, "")
        except NotFound:  # none was applied yet
            return self._read(show, show.cut, rate, handles, sequence, f"{Path(show.cut).stem}, as studio.toml says")
        then, now = kept.studio or StudioCut(), self.named_by(show.name)
        if _points_elsewhere(then, now, kept.cut):
            why = f"{Path(show.cut).stem}, as studio.toml says since {kept.label} was applied"
            return self._read(show, show.cut, rate, handles, sequence, why)
        if handles is None and now.handles != then.handles:
            handles = now.handles
        told = f"{kept.label}, applied {kept.applied[:16].replace('T', ' ')} UTC"
        return self._as_kept(show, kept, told, rate, handles, sequence)

    def _as_kept(
        self, show: Project, kept: KeptCut, told: str, rate: Rate | None, handles: int | None, sequence: str
    ) -> Chosen:
        if (rate or kept.cut.rate, sequence or kept.cut.name) != (kept.cut.rate, kept.cut.name):
            sequence = sequence or self._sequence_of(show, inside(show, kept.path), kept.cut)
            return self._read(show, kept.path, rate, handles, sequence)
        cut = kept.cut if handles is None else kept.cut.with_handles(handles)
        there = self._reader.digest(inside(show, kept.path))
        if there != kept.cut.sha256:
            told += f" (as it was kept; its file {kept.path} {'is another one now' if there else 'is not there'})"
        return Chosen(cut, kept.label, kept.path, kept.applied, told, kept=True)

    def _read(
        self, show: Project, path: str, rate: Rate | None, handles: int | None, sequence: str, told: str = ""
    ) -> Chosen:
        file = inside(show, path)
        handles = show.handles if handles is None else handles
        cut = self._reader.read(file, rate or show.rate, handles, sequence, show.naming)
        relative = Path(file).relative_to(Path(show.root).resolve()).as_posix()
        told = told or f"{relative}, as asked for"
        return Chosen(cut, Path(relative).stem, relative, told=told, sequence=sequence or show.naming.sequence)


def _points_elsewhere(then: StudioCut, now: StudioCut, applied: Cut) -> bool:
    """Whether studio.toml names another cut than it did ``then``, when one was applied, and not just that one.

    A file that is gone names nothing: it was cleared away.
    """
    if now.sha256 == applied.sha256 and now.sequence in {then.sequence, applied.name}:
        return False
    if (now.path, now.sequence) != (then.path, then.sequence):
        return True
    return bool(now.sha256) and now.sha256 != then.sha256


def _files_called(show: Project, word: str) -> list[str]:
    """Files beside the project's cut that have a word as their name without its ending, relative to the root."""
    root, folder = Path(show.root).resolve(), Path(inside(show, show.cut)).parent
    if not folder.is_dir():
        return []
    names = sorted(file for file in folder.iterdir() if file.stem.casefold() == word.casefold())
    return [file.relative_to(root).as_posix() for file in names[:_NEAR]]


def _is_key(word: str) -> bool:
    """Whether a word is a cut's digest or key, which is never taken for a path."""
    digest = word.partition("/")[0]
    return len(digest) == 64 and not set(digest) - set("0123456789abcdef")  # noqa: PLR2004 - digits of a SHA-256
