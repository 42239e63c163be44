"""What a prompt can mean to a generator, declared as plain data.

A *vocabulary* is a list of attributes; an attribute has meanings; a meaning says how people call it and what it sets.
Patterns: ``(a|b)`` is one of, ``[a]`` may be left out, ``~`` is where a degree may stand ("very"), ``#speed``,
``#length``, ``#duration``, ``#share``, ``#count`` is a number with its unit. One space separates words.
"""

from __future__ import annotations

import hashlib
import unicodedata
from dataclasses import dataclass

from usd_ai.core.errors import InvalidRequest

MOST_CHARACTERS = 2000
"""Of a prompt. A page of wishes is more than any generator has parameters for."""

AMOUNTS = ("none", "low", "some", "high")
"""Values that an attribute has whose nouns can be counted or weighed."""


@dataclass(frozen=True, slots=True)
class Meaning:
    """One value of an attribute.

    ``adjectives`` stand before the attribute's nouns or after "is"; ``phrases`` stand by themselves. The numbers are
    what the attribute's parameter becomes: said plainly, softened ("slightly"), stressed ("very"), or denied ("not");
    None where the plain one holds, and for ``denied`` where denying says nothing that could be set.
    """

    value: str
    adjectives: tuple[str, ...] = ()
    phrases: tuple[str, ...] = ()
    plain: float | None = None
    slight: float | None = None
    very: float | None = None
    denied: float | None = None


@dataclass(frozen=True, slots=True)
class Attribute:
    """Something a person may speak of.

    ``nouns``: what it is called, as patterns; ``own_nouns`` says that the noun alone names it ("smoke"), as against one
    that many attributes share ("forest"). ``amounts``: nouns can be counted or weighed, so that "no", "less" and "lots
    of" make the values none, low, some and high of it. ``parameter`` is what its meanings set, "" where the generator's
    own rules decide. ``elsewhere``: a sentence that says who decides, for what a generator understands and cannot set.
    ``quantity``: unit family of its meaning "number"; ``factor`` turns SI units into the parameter's.
    """

    name: str
    doc: str
    meanings: tuple[Meaning, ...]
    parameter: str = ""
    nouns: tuple[str, ...] = ()
    own_nouns: bool = False
    amounts: bool = False
    quantity: str = ""
    factor: float = 1.0
    elsewhere: str = ""

    @property
    def values(self) -> tuple[str, ...]:
        """All values it can have, in the order of its meanings; those of amounts last."""
        return tuple(dict.fromkeys((*(m.value for m in self.meanings), *(AMOUNTS if self.amounts else ()))))

    def meaning(self, value: str) -> Meaning | None:
        """The meaning of that value."""
        return next((m for m in self.meanings if m.value == value), None)


@dataclass(frozen=True, slots=True)
class Vocabulary:
    """All that a generator understands. ``subject``: words for what it makes anyway ("forest"); they set nothing."""

    attributes: tuple[Attribute, ...]
    subject: tuple[str, ...] = ()

    def attribute(self, name: str) -> Attribute | None:
        """The attribute of that name."""
        return next((a for a in self.attributes if a.name == name), None)


def checked_prompt(prompt: str) -> str:
    """The prompt without blanks around it, in Unicode form NFC. Raises InvalidRequest for what cannot be words."""
    if len(prompt) > MOST_CHARACTERS:
        raise InvalidRequest(
            f"The prompt has {len(prompt):,} characters; at most {MOST_CHARACTERS:,} are read.",
            remedy="Say what the layer shall look like in a few sentences, and set the rest as parameters.",
            reason="PROMPT_TOO_LONG",
        )
    for place, character in enumerate(prompt, 1):
        if unicodedata.category(character) in {"Cc", "Cs", "Co"} and character not in "\t\r\n":
            raise InvalidRequest(
                f"Character {place} of the prompt (U+{ord(character):04X}) is a control character, not text.",
                remedy="Send the prompt as plain text.",
                reason="PROMPT_NOT_TEXT",
            )
    return unicodedata.normalize("NFC", prompt).strip()


def prompt_digest(prompt: str) -> str:
    """SHA-256 of a checked prompt's UTF-8 bytes."""
    return hashlib.sha256(prompt.encode()).hexdigest()
