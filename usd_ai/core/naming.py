r"""How a studio names its clips: which part of a name is the shot, which the version, and what is no shot at all.

A convention is a few regular expressions of the show's ``studio.toml`` (table ``[editorial]``). It travels as a value
with every cut that is read; there is no global one. Where none of its patterns matches, the rules of
`usd_ai.editorial.names` hold.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass

SHOT, VERSION = "shot", "version"
"""The named groups of a pattern: ``(?P<sequence>sq\\d+)_(?P<shot>sh\\d+)_(?P<version>v\\d+)``."""

_SEPARATORS = " ._-"


@dataclass(frozen=True, slots=True)
class Naming:
    """A studio's naming convention.

    ``shots``: patterns with the named groups ``shot`` (needed) and ``version``, sought in a clip's name, its comments,
    its markers and its media's name, in this order; the first that matches wins. ``ignored_reels``: patterns of
    whole reel names, case does not count; clips from them (bars, slates, black) are no shots. ``sequence``: which one
    is the cut in a file that holds several.
    """

    shots: tuple[str, ...] = ()
    ignored_reels: tuple[str, ...] = ()
    sequence: str = ""

    def shot_in(self, texts: Iterable[str]) -> str:
        """The shot that the first matching text names, or ""."""
        for text in texts:
            for pattern in self.shots:
                found = re.search(pattern, text)
                if found and found[SHOT]:
                    return found[SHOT]
        return ""

    def without_version(self, name: str) -> str:
        """A name without the version that a pattern finds in it and the separators before that; "" where none does."""
        for pattern in self.shots:
            found = re.search(pattern, name)
            if found and found.groupdict().get(VERSION):
                return name[: found.start(VERSION)].rstrip(_SEPARATORS) + name[found.end(VERSION) :]
        return ""

    def ignores(self, reel: str) -> bool:
        """Whether clips from this reel are no shots."""
        return any(re.fullmatch(pattern, reel, re.IGNORECASE) for pattern in self.ignored_reels)


PLAIN = Naming()
"""No convention: our own rules alone."""


def fault_of(pattern: object, *, needs_shot: bool) -> str:
    """Why a pattern cannot be used, in words; "" for a good one."""
    if not isinstance(pattern, str) or not pattern:
        return "is no text"
    try:
        groups = re.compile(pattern).groupindex
    except re.error as error:
        return f"is no regular expression ({error})"
    if needs_shot and SHOT not in groups:
        return "has no group (?P<shot>...)"
    return ""
