"""The fake history of the cut: in memory, the newest first."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from pathlib import Path

from usd_ai.core.decisions import KeptCut, KeptShot, LayerUse, NumberedUse, StudioCut
from usd_ai.core.errors import NotFound
from usd_ai.core.types import Cut

NOW = "2026-11-22T10:00:00.000Z"


class FakeCutHistory:
    def __init__(self) -> None:
        self._cuts: list[KeptCut] = []
        self._applied: list[str] = []
        self._uses: dict[tuple[str, str], LayerUse] = {}
        self._numbers: dict[tuple[str, str, int], NumberedUse] = {}

    def keep(self, project: str, label: str, path: str, cut: Cut) -> KeptCut:
        for place, known in enumerate(self._cuts):
            if known.cut.key == cut.key:
                self._cuts[place] = dataclasses.replace(known, cut=cut.with_handles(known.cut.handles))
                return self._cuts[place]
        self._cuts.insert(0, KeptCut(label, path, NOW, "", cut, len(cut.shots)))
        return self._cuts[0]

    def apply(self, project: str, cut: Cut, studio: StudioCut, path: str = "") -> KeptCut:
        self._applied.append(self.cut(project, cut.key).cut.key)
        place = next(place for place, known in enumerate(self._cuts) if known.cut.key == cut.key)
        known = dataclasses.replace(self._cuts[place], cut=cut, studio=studio)
        named = dataclasses.replace(known, path=path, label=Path(path).stem) if path else known
        self._cuts[place] = named
        return self.cut(project, "")

    def cut(self, project: str, which: str) -> KeptCut:
        wanted = which or (self._applied[-1] if self._applied else "none")
        for known in self._cuts:
            if known.label == wanted or known.cut.key.startswith(wanted):
                return dataclasses.replace(known, applied=NOW if known.cut.key in self._applied else "")
        raise NotFound(f"There is no cut {which}.", remedy="Apply one.", reason="CUT_NOT_KEPT")

    def cuts(self, project: str, page_size: int, page_token: str) -> tuple[list[KeptCut], str]:
        start, size = int(page_token or 0), page_size or 50
        page = [self.cut(project, known.cut.key) for known in self._cuts[start : start + size]]
        return page, str(start + size) if start + size < len(self._cuts) else ""

    def shots(self, project: str, shot: str) -> list[KeptShot]:
        return [KeptShot(k.label, k.cut.sha256, k.kept, k.cut.shot(shot)) for k in self._cuts]

    def known_shots(self, project: str, without: str = "") -> frozenset[str]:
        return frozenset(s.name for known in self._cuts if known.cut.sha256 != without for s in known.cut.shots)

    def uses(self, project: str, shot: str = "") -> list[LayerUse]:
        return [self._uses[key] for key in sorted(self._uses) if not shot or key[0] == shot]

    def stand(self, project: str, use: LayerUse) -> None:
        self._uses[use.shot, use.layer] = use

    def numbers(self, project: str, shot: str = "") -> list[NumberedUse]:
        return [self._numbers[key] for key in sorted(self._numbers) if not shot or key[0] == shot]

    def number(self, project: str, uses: Sequence[NumberedUse]) -> None:
        self._numbers |= {(use.shot, use.layer, use.number): use for use in uses}
