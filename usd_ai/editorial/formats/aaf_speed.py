"""The speed effects of an AAF as curves: which frame of their input each of their frames shows."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

from usd_ai.core.types import Notice
from usd_ai.editorial.formats.retimes import Curve, ordered, straight, through

_FINE = 1_000_000
_TWO = 2


def is_warp(group: Any) -> bool:  # noqa: ANN401 - an OperationGroup of pyaaf2
    """Whether an effect changes the speed of its input."""
    return bool(group.operation.getvalue("IsTimeWarp", default=False))


def warp_of(group: Any, inner: Any, notices: list[Notice]) -> Curve | None:  # noqa: ANN401 - pyaaf2's objects
    """The frame of ``inner`` shown at each frame of a speed effect, or None where it does not say.

    Avid writes offsets by the frame (PARAM_SPEED_OFFSET_MAP_U), positions over the effect's length from 0 to 1
    (PARAM_OFFSET_MAP_U), and a SpeedRatio that is rounded to whole frames, so it is believed last.
    """
    parameters = {p.name: p for p in group.parameters}
    points = _points(parameters.get("PARAM_SPEED_OFFSET_MAP_U"))
    if len(points) < _TWO:
        spread = max(int(group.length) - 1, 1)
        points = [(when * spread, value) for when, value in _points(parameters.get("PARAM_OFFSET_MAP_U"))]
        points = points if len(points) > _TWO else []
    if points:
        names = ("PARAM_SPEED_OFFSET_MAP_U", "PARAM_OFFSET_MAP_U")
        curved = any(_is_curved(parameters[name]) for name in names if name in parameters)
        if len(points) > _TWO and curved:
            message = f"A speed ramp of {int(group.length)} frames is curved; it was read as straight between its keys."
            notices.append(Notice("warning", message))
        return through(points)
    ratio = parameters.get("SpeedRatio")
    return _constant(str(ratio.value), int(group.length), int(inner.length)) if ratio is not None else None


def _constant(ratio: str, length: int, used: int) -> Curve | None:
    """A SpeedRatio says how many frames of the effect one of its input lasts; the effect's own length is a freeze."""
    if ratio == str(length):
        return straight(Fraction(0), Fraction(0))
    try:
        slope = 1 / Fraction(ratio)
    except (ValueError, ZeroDivisionError):
        return None
    return straight(Fraction(0) if slope > 0 else used - min(Fraction(1), -slope), slope)


def _points(parameter: Any) -> list[tuple[Fraction, Fraction]]:  # noqa: ANN401 - pyaaf2
    if parameter is None or "PointList" not in parameter:
        return []
    return ordered([(_exact(point.time), _exact(point.value)) for point in parameter["PointList"].value])


def _is_curved(parameter: Any) -> bool:  # noqa: ANN401 - pyaaf2
    return "Linear" not in str(parameter.interpolationdef.name)


def _exact(value: Any) -> Fraction:  # noqa: ANN401 - pyaaf2 gives floats and fractions
    return Fraction(value).limit_denominator(_FINE)
