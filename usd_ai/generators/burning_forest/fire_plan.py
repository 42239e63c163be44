"""What a person writes of the fire: where and when it starts, and when it shall be where. Text in, plain numbers out.

``ignition``: fires separated by '|', each a line of points 'x,y' or 'x,y@SECONDS' separated by ';'. A point without a
second burns with the one before it, the first at 0 s. ``arrivals``: points 'x,y@SECONDS' separated by ';'. A moment
may be written as a frame of the shot, '@f1040': the plan holds the story seconds that it is.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping

from usd_ai.core.errors import InvalidRequest
from usd_ai.core.types import ParameterValue

Fire = tuple[tuple[float, float, float], ...]
"""A line of points (x, y, story second) that burn."""

_FARTHEST = 4.0e5  # metres from the origin that the scatter has room for
_POINTS_MOST = 2_000
_LATEST = 1.0e6  # story seconds on either side of 0: eleven days; what is published has 1e9 for never

_Moment = Callable[[str], float]

_FORMS = {
    "ignition": "Write points x,y or x,y@SECONDS in metres, ';' between points of a line, '|' between fires.",
    "arrivals": "Write x,y@SECONDS or x,y@fFRAME in metres, ';' between them.",
}


def settle(values: Mapping[str, ParameterValue], rate: float) -> dict[str, ParameterValue]:
    """The values with frames of the shot turned into story seconds, and one spelling for one meaning.

    ``rate``: frames a second. Raises InvalidRequest for text that cannot be read.
    """
    start, first = float(str(values["story_time"])), float(str(values["story_frame"]))

    def story(text: str) -> float:
        return start + (float(text[1:]) - first) / rate if text[:1] in {"f", "F"} else float(text)

    settled = dict(values)
    fires = [_points(part, "ignition", story) for part in str(values["ignition"]).split("|")]
    settled["ignition"] = " | ".join(_line(fire) for fire in fires if fire)
    keys = {(second or 0.0, x, y) for x, y, second in _points(str(values["arrivals"]), "arrivals", story)}
    settled["arrivals"] = "; ".join(_word(x, y, second) for second, x, y in sorted(keys))
    if not values.get("density_map"):
        settled |= {"density_map_area": (0.0, 0.0, 0.0, 0.0)} if "density_map_area" in values else {}
    return settled


def parse_fires(text: str) -> list[Fire]:
    """The fires of parameter ``ignition``. Raises InvalidRequest."""
    found: list[Fire] = []
    for part in text.split("|"):
        points: list[tuple[float, float, float]] = []
        for x, y, second in _points(part, "ignition", float):
            before = points[-1][2] if points else 0.0
            points.append((x, y, before if second is None else second))
        if points:
            found.append(tuple(points))
    return found


def parse_arrivals(text: str) -> list[tuple[float, float, float]]:
    """Places and story seconds of parameter ``arrivals``. Raises InvalidRequest."""
    return [(x, y, second) for x, y, second in _points(text, "arrivals", float) if second is not None]


def _points(text: str, parameter: str, moment: _Moment) -> list[tuple[float, float, float | None]]:
    words = [word.strip() for word in text.split(";") if word.strip()]
    if len(words) > _POINTS_MOST:
        raise InvalidRequest(
            f"Parameter '{parameter}' has {len(words):,} points in a row, more than {_POINTS_MOST:,}.",
            remedy="Leave out those between which the line is straight. " + _FORMS[parameter],
            reason="PARAMETER_OUT_OF_RANGE",
            context={"parameter": parameter},
        )
    return [_point(word, parameter, moment) for word in words]


def _point(word: str, parameter: str, moment: _Moment) -> tuple[float, float, float | None]:
    place, at, second = word.partition("@")
    try:
        x, y = (float(v) for v in place.split(","))
        when = moment(second.strip()) if at else None
    except ValueError:
        raise _refusal(word, parameter) from None
    if not all(math.isfinite(v) for v in (x, y, when or 0.0)) or (parameter == "arrivals" and when is None):
        raise _refusal(word, parameter)
    if abs(when or 0.0) > _LATEST:
        raise InvalidRequest(
            f"Parameter '{parameter}' has '{word}', which is eleven days or more from story second 0.",
            remedy=f"Give moments within {_LATEST:,.0f} s. " + _FORMS[parameter],
            reason="PARAMETER_OUT_OF_RANGE",
            context={"parameter": parameter},
        )
    if max(abs(x), abs(y)) > _FARTHEST:
        raise InvalidRequest(
            f"Parameter '{parameter}' has '{word}', which lies farther from the origin than any ground.",
            remedy=f"Give places within {_FARTHEST:,.0f} m of the origin. " + _FORMS[parameter],
            reason="PARAMETER_OUT_OF_RANGE",
            context={"parameter": parameter},
        )
    return x, y, when


def _line(points: list[tuple[float, float, float | None]]) -> str:
    """The points of a fire; a second is said only where it is another than that of the point before."""
    words: list[str] = []
    before = _word(0.0, 0.0, 0.0).partition("@")[2]
    for x, y, second in points:
        word = _word(x, y, second)
        place, _, moment = word.partition("@")
        words.append(place if moment in {"", before} else word)
        before = moment or before
    return "; ".join(words)


def _word(x: float, y: float, second: float | None) -> str:
    place = f"{x + 0.0:.10g},{y + 0.0:.10g}"  # -0 is 0
    return place if second is None else f"{place}@{second + 0.0:.10g}"


def _refusal(word: str, parameter: str) -> InvalidRequest:
    return InvalidRequest(
        f"Parameter '{parameter}' has '{word}', which is not a place" + (" and a moment." if "@" in word else "."),
        remedy=_FORMS[parameter],
        reason="PARAMETER_OUT_OF_RANGE",
        context={"parameter": parameter},
    )
