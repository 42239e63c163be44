"""XML files → elements that know their line; nothing in a file may reach outside it or grow beyond it.

Expat is used directly: it tells lines, and each dangerous declaration is refused where it stands. An entity of the
file's own, inner or outer, has no use in a cut; only the names XML itself knows (``&amp;``…) are taken.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from fractions import Fraction
from xml.parsers import expat

_DEEPEST = 300
_NUMBER = re.compile(r"-?\d{1,15}(\.\d{1,15})?")  # no exponents: 1e99999999 is a number of a hundred million digits
_MOST_ELEMENTS = 5_000_000  # 5,000 clips of a real export hold half a million


class BadMarkupError(ValueError):
    """The file is no XML that is read here; the message says where and why."""


class BadElementError(ValueError):
    """One element cannot be understood; the message says why. Its neighbours are read."""


@dataclass(eq=False, slots=True)
class Element:
    """An XML element: ``text`` is what stands in it before its first child, stripped."""

    tag: str
    attributes: dict[str, str]
    line: int
    children: list[Element] = field(default_factory=list)
    text: str = ""

    def get(self, name: str, default: str = "") -> str:
        """An attribute, or the default."""
        return self.attributes.get(name, default)

    def child(self, path: str) -> Element | None:
        """The first descendant along a path of tags (``rate/timebase``)."""
        here: Element | None = self
        for tag in path.split("/"):
            here = next((c for c in here.children if c.tag == tag), None) if here is not None else None
        return here

    def all(self, *tags: str) -> Iterator[Element]:
        """The children of those tags, in order."""
        return (child for child in self.children if child.tag in tags)

    def words(self, path: str) -> str:
        """The text of a descendant, or ""."""
        found = self.child(path)
        return found.text if found is not None else ""

    def number(self, path: str) -> Fraction:
        """The number in a descendant. Raises BadElementError."""
        text = self.words(path)
        if _NUMBER.fullmatch(text):
            return Fraction(text)
        raise BadElementError(f"its <{path}> is " + (f"'{text[:20]}', not a number" if text else "missing"))


def parsed(data: bytes) -> Element:
    """The root element. Raises BadMarkupError."""
    parser = expat.ParserCreate()
    parser.buffer_text = True
    parser.SetParamEntityParsing(expat.XML_PARAM_ENTITY_PARSING_NEVER)
    root: list[Element] = []
    stack: list[Element] = []
    texts: list[list[str]] = []
    count = 0

    def begin(tag: str, attributes: dict[str, str]) -> None:
        nonlocal count
        count += 1
        if len(stack) > _DEEPEST or count > _MOST_ELEMENTS:
            raise BadMarkupError(f"it is {'nested too deep' if len(stack) > _DEEPEST else 'too long'} for a cut")
        element = Element(tag, attributes, parser.CurrentLineNumber)
        if stack:
            stack[-1].children.append(element)
        else:
            root.append(element)
        stack.append(element)
        texts.append([])

    def end(_tag: str) -> None:
        stack.pop().text = "".join(texts.pop()).strip()

    def words(text: str) -> None:
        if texts and not stack[-1].children:
            texts[-1].append(text)

    def entity(name: str, *_rest: object) -> None:
        raise BadMarkupError(f"line {parser.CurrentLineNumber} declares an entity ('{name[:40]}'), which is refused")

    def outside(*_rest: object) -> int:
        raise BadMarkupError(f"line {parser.CurrentLineNumber} asks for another file, which is refused")

    parser.StartElementHandler, parser.EndElementHandler, parser.CharacterDataHandler = begin, end, words
    parser.EntityDeclHandler, parser.ExternalEntityRefHandler = entity, outside
    _run(parser, data)
    return root[0]


def _run(parser: expat.XMLParserType, data: bytes) -> None:
    """Parse to the end. Raises BadMarkupError."""
    try:
        parser.Parse(data, True)  # noqa: FBT003 - expat's own signature
    except BadMarkupError:
        raise
    except expat.ExpatError as error:
        raise BadMarkupError(f"it is not well-formed XML ({error})") from error
    except (LookupError, ValueError) as error:  # an encoding that nobody knows, or one of several bytes a character
        raise BadMarkupError(f"its encoding is none that is read here ({str(error)[:80]}); UTF-8 is") from error
