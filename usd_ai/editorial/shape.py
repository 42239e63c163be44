"""The shape of an .otio file, looked at before the library parses it.

Its parser crashes on what it does not expect: null among children, no tracks, a key that stands twice.
"""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Iterable
from functools import lru_cache

_LARGEST = 1e12  # frames; 24 hours at 120 a second are 1e7
_DEEPEST = 400  # JSON levels; a cut forty nests deep stays under this
_HOLDERS = (dict, list)


class BadShapeError(ValueError):
    """The file is not shaped as OpenTimelineIO files are; the message says where."""


def checked(text: str) -> str:
    """The same file as plain JSON that the library can parse: no key twice in an object, no field of the wrong kind.

    Raises BadShapeError.
    """
    twice = False

    def table(pairs: list[tuple[str, object]]) -> dict[str, object]:
        nonlocal twice
        made = dict(pairs)
        twice = twice or len(made) != len(pairs)
        return made

    try:
        value = json.loads(text, object_pairs_hook=table)
    except (ValueError, RecursionError) as error:
        raise BadShapeError(f"it is not JSON ({str(error)[:80]})") from error
    if not _is_object(value):
        raise BadShapeError("it is not an OpenTimelineIO object")
    pending: list[tuple[object, int]] = [(value, 0)]
    while pending:
        here, depth = pending.pop()
        if depth > _DEEPEST:
            raise BadShapeError("it is nested too deep")
        if isinstance(here, list):
            inside: Iterable[object] = here
        elif _is_plain_span(here) or _is_plain_time(here):
            continue
        elif isinstance(here, dict):
            _check_fields(here)
            inside = here.values()
        else:
            continue
        pending += [(child, depth + 1) for child in inside if isinstance(child, _HOLDERS)]
    return json.dumps(value) if twice else text


def _is_plain_span(value: object) -> bool:
    """Whether a value is a range of two plain times and nothing else: with them, half of all objects are."""
    if not isinstance(value, dict) or len(value) != 3 or value.get("OTIO_SCHEMA") != "TimeRange.1":  # noqa: PLR2004
        return False
    return _is_plain_time(value.get("start_time")) and _is_plain_time(value.get("duration"))


def _is_plain_time(value: object) -> bool:
    """Whether a value is a time with its two numbers and nothing else."""
    if not isinstance(value, dict) or len(value) != 3 or value.get("OTIO_SCHEMA") != "RationalTime.1":  # noqa: PLR2004
        return False
    return _number(value.get("rate")) and _number(value.get("value"))


def _check_fields(table: dict[str, object]) -> None:
    schema = table.get("OTIO_SCHEMA")
    if schema is None:
        return
    if not isinstance(schema, str) or not _is_schema(schema):
        raise BadShapeError(f"'{str(schema)[:40]}' is not a schema")
    for field in _REQUIRED.get(schema.partition(".")[0], ()):
        if field not in table:
            raise BadShapeError(f"a {schema} has no {field}")
    for field, value in table.items():
        kind = _FIELDS.get(field)
        if kind is not None and not kind(value):
            raise BadShapeError(f"'{field}' of a {schema} is {json.dumps(value)[:40]}")


@lru_cache(maxsize=256)  # tens of thousands of objects are of ten schemas
def _is_schema(text: str) -> bool:
    name, _, version = text.rpartition(".")
    return bool(name) and version.isascii() and version.isdigit() and len(version) < 6  # noqa: PLR2004 - no such version


def _is_object(value: object, *schemas: str) -> bool:
    if not isinstance(value, dict):
        return False
    schema = value.get("OTIO_SCHEMA")
    return isinstance(schema, str) and _is_schema(schema) and (not schemas or schema.split(".")[0] in schemas)


def _maybe(*schemas: str) -> Callable[[object], bool]:
    return lambda value: value is None or _is_object(value, *schemas)


def _only(*schemas: str) -> Callable[[object], bool]:
    return lambda value: _is_object(value, *schemas)


def _objects(value: object) -> bool:
    return value is None or (isinstance(value, list) and all(_is_object(item) for item in value))


def _named_objects(value: object) -> bool:
    return value is None or (isinstance(value, dict) and all(_is_object(item) for item in value.values()))


def _number(value: object) -> bool:
    return (
        isinstance(value, int | float)
        and not isinstance(value, bool)
        and math.isfinite(value)
        and abs(value) < _LARGEST
    )


def _table(value: object) -> bool:
    return value is None or isinstance(value, dict)


def _text(value: object) -> bool:
    return value is None or isinstance(value, str)


_FIELDS: dict[str, Callable[[object], bool]] = {
    "active_media_reference_key": _text,
    "available_range": _maybe("TimeRange"),
    "children": _objects,
    "duration": _only("RationalTime"),
    "effects": _objects,
    "enabled": lambda value: isinstance(value, bool),
    "global_start_time": _maybe("RationalTime"),
    "in_offset": _only("RationalTime"),
    "kind": _text,
    "marked_range": _only("TimeRange"),
    "markers": _objects,
    "media_reference": _maybe(),
    "media_references": _named_objects,
    "metadata": _table,
    "name": _text,
    "out_offset": _only("RationalTime"),
    "rate": _number,
    "source_range": _maybe("TimeRange"),
    "start_time": _only("RationalTime"),
    "target_url": _text,
    "time_scalar": _number,
    "tracks": _only("Stack"),
    "transition_type": _text,
    "value": _number,
}
_REQUIRED = {
    "RationalTime": ("rate", "value"),
    "TimeRange": ("start_time", "duration"),
    "Transition": ("in_offset", "out_offset"),
    "Timeline": ("tracks",),
}
