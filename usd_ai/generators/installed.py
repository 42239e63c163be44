"""The generators that are installed: ours and those that a studio adds by the entry point ``usd_ai.generators``."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from importlib.metadata import entry_points

from usd_ai.core.errors import NotFound
from usd_ai.core.ports import GeneratorSpec

_log = logging.getLogger(__name__)


class InstalledGenerators:
    """`core.ports.Generators` over entry points. A broken plug-in is named in the log and skipped."""

    def __init__(self) -> None:
        found: dict[str, GeneratorSpec] = {}
        for entry in sorted(entry_points(group="usd_ai.generators"), key=lambda e: e.name):
            try:
                spec = entry.load()
            except Exception:  # noqa: BLE001 - whatever a plug-in raises, the others must work
                _log.exception("generator plug-in %s cannot be loaded and is skipped", entry.name)
                continue
            if isinstance(spec, GeneratorSpec):
                found[spec.id] = spec
            else:
                _log.error("generator plug-in %s is not a GeneratorSpec and is skipped", entry.name)
        self._specs = found

    def get(self, generator_id: str) -> GeneratorSpec:
        """The generator of that id. Raises NotFound naming those that exist."""
        spec = self._specs.get(generator_id)
        if spec is None:
            raise NotFound(
                f"There is no generator '{generator_id}'.",
                remedy=f"Installed: {', '.join(self._specs) or 'none'}.",
                reason="GENERATOR_NOT_FOUND",
                context={"generator": generator_id},
            )
        return spec

    def all(self) -> Sequence[GeneratorSpec]:
        """All of them, sorted by id."""
        return [self._specs[name] for name in sorted(self._specs)]
