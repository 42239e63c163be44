"""What the story needs of editorial: cuts read and compared, their history, timelines written. As `ports.py`."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import Protocol

from usd_ai.core.changes import CutDiff
from usd_ai.core.decisions import KeptCut, KeptShot, LayerUse, NumberedUse, StudioCut, SyncPlan
from usd_ai.core.marking import ClipMark, ClipMedia, Pictures, Told
from usd_ai.core.naming import PLAIN, Naming
from usd_ai.core.types import Cut, Project, PublishedShot, Rate


class CutReader(Protocol):
    """Editorial formats → cuts."""

    def read(self, path: str, rate: Rate | None, handles: int, sequence: str = "", naming: Naming = PLAIN) -> Cut:
        """The cut in a file; ``rate`` is required for formats that carry none, ``sequence`` where a file holds several.

        ``naming``: how the studio names its clips.

        Raises InvalidRequest, UnreadableInput, NotFound.
        """
        ...

    def digest(self, path: str) -> str:
        """SHA-256 of the file that holds a cut, as ``Cut.sha256`` is, without reading it; "" where there is none."""
        ...

    def compare(self, old: Cut, new: Cut, known: Collection[str], naming: Naming = PLAIN) -> CutDiff:
        """What is different in ``new``. ``known``: the shots that older cuts had."""
        ...


class CutHistory(Protocol):
    """Every version of the cut that something was made for, with its shots, and how layers stand since one was applied.

    Every method is one transaction.
    """

    def keep(self, project: str, label: str, path: str, cut: Cut) -> KeptCut:
        """Store a version of the cut. Equal bytes (and sequence) are the same version: read anew, not a second one.

        A version that was kept before keeps its handles: other ones are a way to read it, no other cut.
        """
        ...

    def apply(self, project: str, cut: Cut, studio: StudioCut, path: str = "") -> KeptCut:
        """Make a kept cut the one that was applied last, with the handles it has now. Raises NotFound.

        ``studio``: what studio.toml names at this moment. ``path``: where its file is now, which names it from now on.
        """
        ...

    def cut(self, project: str, which: str) -> KeptCut:
        """A cut by what it is called, newest first.

        In this order: label, key or digest, name of its sequence, first digits of its digest, end of its label. "" is
        the one applied last. Raises NotFound naming those that exist, and InvalidRequest where several labels end so.
        """
        ...

    def cuts(self, project: str, page_size: int, page_token: str) -> tuple[list[KeptCut], str]:
        """A page of cuts without their shots, newest first, and the token of the next page."""
        ...

    def shots(self, project: str, shot: str) -> list[KeptShot]:
        """A shot as every cut had it, newest first."""
        ...

    def known_shots(self, project: str, without: str = "") -> frozenset[str]:
        """The names of all shots of all cuts, except those of one digest."""
        ...

    def uses(self, project: str, shot: str = "") -> list[LayerUse]:
        """How each layer stands, by shot and layer; ``shot`` "" for every shot's."""
        ...

    def stand(self, project: str, use: LayerUse) -> None:
        """Say how a layer stands from now on."""
        ...

    def numbers(self, project: str, shot: str = "") -> list[NumberedUse]:
        """The numbers of all uses of published layers, by shot, layer and number; ``shot`` "" for every shot's."""
        ...

    def number(self, project: str, uses: Sequence[NumberedUse]) -> None:
        """Say which use has which number from now on. Numbers that are not named stay as they are."""
        ...


class TimelineWriter(Protocol):
    """Cuts → timelines that carry what was published, and lists of what a new one changes."""

    def write(
        self,
        project: Project,
        cut: str,
        published: Sequence[PublishedShot],
        out: str,
        marks: Sequence[ClipMark] = (),
        media: Sequence[ClipMedia] = (),
    ) -> tuple[str, ...]:
        """Write a new .otio to ``out`` from the cut file; returns the shots whose clips carry a layer."""
        ...

    def marks(self, diff: CutDiff, plan: SyncPlan) -> tuple[ClipMark, ...]:
        """What is different and what was decided, as marks on clips."""
        ...

    def told(self, diff: CutDiff, plan: SyncPlan, cut: Cut, pictures: Mapping[str, Pictures]) -> Told:
        """What is different in ``cut`` and what was decided, in words; ``pictures`` by shot."""
        ...

    def write_told(self, diff: CutDiff, plan: SyncPlan, cut: Cut, pictures: Mapping[str, Pictures], out: str) -> None:
        """The same as a list in a file: .html, .csv or .json."""
        ...
