"""The project's pages and what they name, for the tests that hold the pages to the program."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
PAGES = sorted(
    [ROOT / name for name in ("README.md", "CONTRIBUTING.md", "CHANGELOG.md")] + list((ROOT / "docs").rglob("*.md"))
)
_FENCE = re.compile(r"(?:<!-- (?P<mark>[\w :-]+) -->\n)?```(?P<language>\w*)\n(?P<text>.*?)```", re.DOTALL)


@dataclass(frozen=True)
class Block:
    """A fenced block: its language, and what the comment above it says it is."""

    language: str
    mark: str
    text: str


def blocks(page: Path) -> list[Block]:
    """The fenced blocks of a page, in order."""
    return [Block(m["language"], m["mark"] or "", m["text"]) for m in _FENCE.finditer(page.read_text("utf-8"))]


def block(page: Path, mark: str) -> str:
    """The text of the one block that is marked so."""
    (found,) = [b.text for b in blocks(page) if b.mark == mark]
    return found


def inline(page: Path) -> list[str]:
    """What stands in single back-quotes, line breaks folded."""
    prose = _FENCE.sub("", page.read_text(encoding="utf-8"))
    return [" ".join(code.split()) for code in re.findall(r"`([^`]+)`", prose)]


def links(page: Path) -> list[str]:
    """Targets of links and pictures that lead into the project."""
    found = re.findall(r"\]\(([^)\s]+)\)", page.read_text(encoding="utf-8"))
    return [target for target in found if "://" not in target and not target.startswith("#")]


def commands(page: Path) -> Iterator[str]:
    """Commands that a page tells a reader to type: of shell blocks and of back-quotes."""
    for found in blocks(page):
        if found.language == "sh":
            for line in found.text.replace("\\\n", " ").splitlines():
                yield from (part.strip() for part in line.partition("  # ")[0].partition(" # ")[0].split("&&"))
    yield from (code for code in inline(page) if re.match(r"(usd-ai|make|python3?|pytest) ", code))
