"""Prompt → words → numbers that a small network reads. The same bytes in every process: no hash of Python's own."""

from __future__ import annotations

import re
import zlib
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

BUCKETS = 8192
"""Rows of the embedding. Two n-grams that meet in one row are told apart by the rest of their word."""

PER_WORD = 20
"""N-grams of a word at most; longer words lose their middle."""

_PAD = BUCKETS
_WORD = re.compile(r"\d+(?:[.,]\d+)*|m/s|km/h|[^\W\d_]+(?:['][^\W\d_]+)*|/ha|%|[.,;:!?]")
_PLAIN = str.maketrans({"\u2019": "'", "\u2018": "'", "`": "'", "\u2013": "-", "\u2014": ",", "\u2026": "."})
"""Marks that word processors put in: quotes, dashes, an ellipsis."""


@dataclass(frozen=True, slots=True)
class Token:
    """A word, number or mark: ``text`` in lower case, and where it stands in the prompt."""

    text: str
    start: int
    end: int

    @property
    def is_number(self) -> bool:
        """Digits, not a number word."""
        return self.text[0].isdecimal()

    @property
    def is_mark(self) -> bool:
        """Punctuation."""
        return self.text in ".,;:!?"


def tokens_of(prompt: str) -> tuple[Token, ...]:
    """Words, numbers and marks in order. Hyphens separate; brackets, quotes and symbols are left out."""
    plain = prompt.translate(_PLAIN)
    return tuple(Token(m[0].lower(), m.start(), m.end()) for m in _WORD.finditer(plain))


def ngrams(token: str) -> tuple[int, ...]:
    """Buckets of a word: the word itself first, then its n-grams of 2 to 4 characters with its borders marked."""
    if token[0].isdecimal():
        return (_bucket("#number"),)
    marked = f"<{token}>"
    parts = [marked[i : i + n] for n in (3, 4, 2) for i in range(len(marked) - n + 1)]
    return (_bucket(f"={token}"), *(_bucket(part) for part in parts[: PER_WORD - 1]))


def features(tokens: tuple[Token, ...]) -> NDArray[np.int64]:
    """Buckets int64 [words, PER_WORD], padded with `BUCKETS`."""
    rows = np.full((len(tokens), PER_WORD), _PAD, np.int64)
    for row, token in zip(rows, tokens, strict=True):
        found = ngrams(token.text)
        row[: len(found)] = found
    return rows


def _bucket(part: str) -> int:
    return zlib.crc32(part.encode()) % BUCKETS
