"""The events of an edit decision list: which speed line is about which of them, and what midnight does to them."""

from __future__ import annotations

from dataclasses import dataclass, field
from fractions import Fraction
from functools import lru_cache

from usd_ai.core.types import Notice, Rate
from usd_ai.editorial.rates import nominal
from usd_ai.editorial.timecode import to_frames

_SAME_SPEED = Fraction(2, 1000)
_SPEED_STEP = Fraction(5, 100)  # frames a second: half of the last place of an M2 line


@dataclass
class Event:
    """One edit line and what follows it."""

    line: int
    number: str
    reel: str
    kind: str
    transition: int
    source: tuple[int, int]
    record: tuple[int, int]
    entry: str = ""  # its source in as it is written
    day: int = 0  # frames of a day of its source
    speed: Fraction = Fraction(1)
    retimed: bool = False
    backwards: bool = False  # its source timecodes run backwards, as some systems write a reverse
    name: str = ""
    media: str = ""
    locators: list[tuple[int, str, str]] = field(default_factory=list)  # frame of the cut, colour, words
    comments: list[str] = field(default_factory=list)

    @property
    def length(self) -> int:
        """Frames of the cut."""
        return self.record[1] - self.record[0]


@dataclass(frozen=True)
class SpeedLine:
    """An M2 line. ``entry``: the source timecode at which it says that its event begins, or ""."""

    line: int
    reel: str
    fps: Fraction
    entry: str


@dataclass
class Group:
    """The edit lines of one event number, two in a dissolve, and its speed lines, which may come in any order."""

    events: list[Event] = field(default_factory=list)
    speeds: list[SpeedLine] = field(default_factory=list)

    def matched(self) -> list[tuple[Event, SpeedLine]]:
        """Which speed line is about which event.

        As many as events of its reel: in their order. Else by its entry, rather about an event with a length: an
        outgoing one has often none, and its own speed was said where it began. A second one is about the next event.
        """
        found: list[tuple[Event, SpeedLine]] = []
        for speed in self.speeds:
            of_reel = [event for event in self.events if event.reel[:8] == speed.reel[:8]] or self.events[-1:]
            free = [event for event in of_reel if all(event is not taken for taken, _ in found)] or of_reel
            if sum(other.reel[:8] == speed.reel[:8] for other in self.speeds) != len(of_reel):
                entered = [event for event in free if speed.entry and event.entry == speed.entry] or free
                free = [event for event in entered if event.length] or entered
            found.append((free[0], speed))
        return found


def settled(groups: list[Group], rate: Rate, notices: list[Notice], *, drop: bool) -> list[Event]:
    """The events that can be read, with their speeds, in one count past midnight; ``drop``: of the record."""
    for group in groups:
        _settle(group, rate, notices)
    events = [event for group in groups for event in group.events if not _is_impossible(event, notices)]
    _carry_on(events, day(rate, drop=drop))
    return events


@lru_cache(maxsize=64)  # asked for every event
def day(rate: Rate, *, drop: bool) -> int:
    """The frames of a day."""
    return to_frames("24:00:00:00", rate, drop=drop)


def is_long(frames: int, day: int) -> bool:
    """Whether it is longer than any cut, take or gap: half a day."""
    return frames * 2 >= day


def _settle(group: Group, rate: Rate, notices: list[Notice]) -> None:
    """Give the events of a number their speeds; a source that ends at midnight or after it runs into the next day."""
    matched = group.matched() if group.speeds else []
    for event in group.events:
        if event.backwards and not any(of is event and speed.fps < 0 for of, speed in matched):
            begin, end = event.source[1] - 1, event.source[0] - 1 + event.day
            if not is_long(end - begin, event.day):
                event.source, event.backwards = (begin, end), False
    for event, speed in matched:
        _retime(event, _speed(speed.fps, rate), rate, speed.line, notices)


def _carry_on(events: list[Event], day: int) -> None:
    """Where the record passes midnight, count on: an event that starts half a day before the last one is of the next.

    ``day``: its frames.
    """
    last, days = 0, 0
    for event in events:
        if is_long(last - event.record[0], day):
            days += day
        elif is_long(event.record[0] - last, day) and days:
            days -= day
        last = event.record[0]
        if not days:
            continue
        event.record = (event.record[0] + days, event.record[1] + days)
        event.locators = [(frame + days, colour, words) for frame, colour, words in event.locators]


def _is_impossible(event: Event, notices: list[Notice]) -> bool:
    """Whether an event's source ends before it starts and no speed line says that it plays backwards; which is told."""
    if not event.backwards or event.speed < 0:
        return False
    message = f"The event in line {event.line} was left out: it ends before it starts."
    notices.append(Notice("error", message, event.line))
    return True


def _speed(fps: Fraction, rate: Rate) -> Fraction:
    """The speed that a speed line's frames a second mean: of what timecode counts (12.0), or of the rate (11.988).

    Programs write either at 24000/1001; the one that is a plain fraction is meant.
    """
    counted, exact = fps / nominal(rate), (fps / rate.fraction).limit_denominator(1000)
    near = abs(exact * rate.fraction - fps) * 1000 <= 1
    return exact if near and exact.denominator < counted.denominator else counted


def _retime(event: Event, speed: Fraction, rate: Rate, line: int, notices: list[Notice]) -> None:
    """Give an event its speed, from its speed line (one decimal) and its timecodes (whole frames).

    Where they differ by no more than either is rounded, the timecodes are exact; by a frame, the faster of the two is
    taken, so that no frame is missing; by more, the speed line is believed and that is said.
    """
    if abs(speed - 1) < _SAME_SPEED:
        return
    event.retimed = True
    event.speed = speed
    media = event.source[1] - event.source[0]
    if speed == 0 or not event.length:
        return
    if abs(event.length * abs(speed) - media) <= 1:
        by_timecode = Fraction(media, event.length)
        rounding = _SPEED_STEP / nominal(rate)
        exact = abs(by_timecode - abs(speed)) <= rounding or by_timecode > abs(speed)
        event.speed = (by_timecode if exact else abs(speed)) * (1 if speed > 0 else -1)
        return
    used = -(-abs(speed) * event.length // 1)
    if speed < 0:
        event.source = (event.source[0] + 1 - int(used), event.source[0] + 1)
    notices.append(
        Notice(
            "warning",
            f"Event {event.number} ({event.name or event.reel}) plays {int(used)} frames of its source by its speed "
            f"line and {media} by its timecodes; the speed line was believed"
            + (", counted back from the first frame seen." if speed < 0 else "."),
            line,
        )
    )
