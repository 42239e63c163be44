"""The patterns of a vocabulary as a tree, and random phrases out of it. Syntax: `usd_ai.core.words`."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache

Draw = Callable[[int], int]
"""``draw(n)``: a whole number from 0 to n - 1."""


@dataclass(frozen=True, slots=True)
class Piece:
    """A word of a phrase. ``kind``: "word", "degree", "number" (of the family ``text``), "attribute" (of that name)."""

    kind: str
    text: str
    context: bool = False  # stands there for grammar's sake, and means nothing itself


@dataclass(frozen=True, slots=True)
class _Node:
    """``kind``: "piece", "all" (one after the other), "one" (of), "maybe", "context"."""

    kind: str
    piece: Piece | None = None
    inside: tuple[_Node, ...] = ()


_OPEN = {"(": ")", "[": "]", "<": ">"}
_SPECIAL = set("()[]<>| ")


@lru_cache(maxsize=8192)
def parse(pattern: str) -> _Node:
    """The tree of a pattern. Raises ValueError where brackets do not match."""
    node, rest = _choice(pattern, 0, "")
    if rest != len(pattern):
        raise ValueError(f"unexpected '{pattern[rest]}' in pattern '{pattern}'")
    return node


def sample(pattern: str, draw: Draw) -> list[Piece]:
    """One phrase of a pattern."""
    return _walk(parse(pattern), draw, context=False)


def _choice(text: str, at: int, close: str) -> tuple[_Node, int]:
    options: list[_Node] = []
    while True:
        node, at = _sequence(text, at, close)
        options.append(node)
        if at < len(text) and text[at] == "|":
            at += 1
        else:
            return (options[0] if len(options) == 1 else _Node("one", inside=tuple(options))), at


def _sequence(text: str, at: int, close: str) -> tuple[_Node, int]:
    found: list[_Node] = []
    while at < len(text) and text[at] not in {"|", close}:
        if text[at] == " ":
            at += 1
        elif text[at] in _OPEN:
            bracket = text[at]
            inner, at = _choice(text, at + 1, _OPEN[bracket])
            if at >= len(text):
                raise ValueError(f"'{bracket}' is not closed in pattern '{text}'")
            at += 1
            kind = {"[": "maybe", "<": "context"}.get(bracket)
            found.append(inner if kind is None else _Node(kind, inside=(inner,)))
        elif text[at] in ")]>":
            raise ValueError(f"'{text[at]}' closes nothing in pattern '{text}'")
        else:
            word, at = _word(text, at)
            found += [_Node("piece", piece) for piece in _pieces(word)]
    return (found[0] if len(found) == 1 else _Node("all", inside=tuple(found))), at


def _word(text: str, at: int) -> tuple[str, int]:
    end = at
    while end < len(text) and text[end] not in _SPECIAL:
        end += 1
    return text[at:end], end


def _pieces(word: str) -> list[Piece]:
    if word.startswith("~"):
        return [Piece("degree", ""), *(_pieces(word[1:]) if word[1:] else [])]
    if word.startswith("#"):
        return [Piece("number", word[1:])]
    if word.startswith("@"):
        return [Piece("attribute", word[1:])]
    return [Piece("word", word)]


def _walk(node: _Node, draw: Draw, *, context: bool) -> list[Piece]:
    if node.kind == "piece" and node.piece is not None:
        return [Piece(node.piece.kind, node.piece.text, context)]
    if node.kind == "one":
        return _walk(node.inside[draw(len(node.inside))], draw, context=context)
    if node.kind == "maybe":
        return _walk(node.inside[0], draw, context=context) if draw(2) else []
    inner = context or node.kind == "context"
    return [piece for part in node.inside for piece in _walk(part, draw, context=inner)]
