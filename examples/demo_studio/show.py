"""What the show "ember" is: its cut, its cameras and its fire, as plain data. The other modules only draw it.

Places are (x east, y north) in metres on the set's ground plane; the stages are written in centimetres, Y-up, where a
place (x, y) at height h becomes (100·x, 100·h, -100·y).
"""

from __future__ import annotations

from dataclasses import dataclass

PROJECT = "ember"
SEQUENCE = "sq010"
RATE = 24
HANDLES = 8
CUT_IN = 1009  # every shot's first visible frame; its first handle frame is 1001
RECORD_START_HOURS = 1

Place = tuple[float, float]
Point = tuple[float, float, float]


@dataclass(frozen=True)
class Event:
    """One use of a shot in the cut.

    ``first``: the shot's frame that is seen first, frames under a dissolve included. ``length``: frames of the cut it
    is seen for, again with both dissolves. ``speed``: media frames a cut frame. ``dissolve``: frames of the cut that
    it shares with the event before it.
    """

    shot: str
    take: str
    first: int
    length: int
    speed: float = 1.0
    dissolve: int = 0

    @property
    def last(self) -> int:
        """The shot's frame that is seen last."""
        return self.first + int(self.length * self.speed) - 1


EVENTS = (
    Event("sh010", "v003", CUT_IN, 48),
    Event("sh020", "v002", CUT_IN, 40),
    Event("sh030", "v002", CUT_IN, 48),
    Event("sh040", "v001", CUT_IN, 36),
    Event("sh050", "v004", CUT_IN, 72, speed=0.5),
    Event("sh020", "v002", 1041, 24),
    Event("sh060", "v001", CUT_IN, 48),
    Event("sh070", "v002", CUT_IN, 60, dissolve=12),
)


@dataclass(frozen=True)
class Camera:
    """A move from ``start`` to ``end`` at eye height over the ground, looking from ``aim`` to ``aim_end``.

    Heights of the aim points are above sea level of the set (its datum is the barn's yard). ``drift`` is the size of
    the operator's hands: 0 a locked head, 1 handheld.
    """

    start: Place
    end: Place
    eye: float
    aim: Point
    aim_end: Point
    focal: float
    drift: float


@dataclass(frozen=True)
class Setup:
    """A shot as the layout department leaves it. ``story_time``: seconds after ignition at the first handle frame."""

    camera: Camera
    description: str
    figure: Place
    figure_heading: float  # degrees, 0 looks north, 90 east
    story_time: float
    stops: float  # the camera's exposure against EV 9: fire is what the picture is exposed for
    sublayers_environment: bool = True


SETUPS = {
    "sh010": Setup(
        Camera((-20.0, -43.0), (-19.4, -41.4), 1.8, (1.0, 60.0, 11.5), (2.0, 60.0, 11.5), 32.0, 0.15),
        "Wide. The farm and the burning slope; slow dolly in.",
        figure=(-6.0, -7.0),
        figure_heading=-8.0,
        story_time=78.0,
        stops=0.5,
    ),
    "sh020": Setup(
        Camera((-15.5, -12.5), (-15.1, -12.1), 1.65, (-21.0, 60.0, 9.4), (-18.5, 60.0, 9.7), 32.0, 0.8),
        "Medium. Over the figure's shoulder to the fire; handheld, pans after the front.",
        figure=(-19.3, 0.6),
        figure_heading=14.0,
        story_time=84.0,
        stops=0.2,
    ),
    "sh030": Setup(
        Camera((56.5, 115.0), (57.8, 114.2), 1.8, (16.5, 62.0, 10.5), (17.3, 62.0, 10.5), 28.0, 0.15),
        "Reverse. From the ridge down the pasture: the same fire on the right, the farm below; slow track.",
        figure=(45.5, 97.0),
        figure_heading=200.0,
        story_time=88.0,
        stops=0.2,
    ),
    "sh040": Setup(
        Camera((6.0, 33.0), (5.5, 34.2), 1.5, (-7.0, 70.0, 9.6), (-7.0, 70.0, 9.9), 40.0, 0.5),
        "Close. The burning edge of the wood; push in.",
        figure=(-19.3, 0.6),
        figure_heading=14.0,
        story_time=91.0,
        stops=-0.9,
    ),
    "sh050": Setup(
        Camera((22.0, -12.6), (22.0, -12.6), 1.55, (0.0, 45.0, 3.6), (0.0, 45.0, 6.4), 32.0, 0.0),
        "Behind the pickup, slow motion; locked off, slow tilt up.",
        figure=(9.5, -7.2),
        figure_heading=-12.0,
        story_time=94.0,
        stops=0.2,
    ),
    "sh060": Setup(
        Camera((34.5, 6.0), (33.6, 5.6), 1.6, (9.0, 50.0, 8.6), (8.0, 50.0, 8.6), 28.0, 1.0),
        "From the yard past the barn to the fire; handheld, walking.",
        figure=(26.0, 19.5),
        figure_heading=-25.0,
        story_time=98.0,
        stops=0.2,
        sublayers_environment=False,
    ),
    "sh070": Setup(
        Camera((66.0, -12.0), (64.6, -11.4), 1.7, (10.0, 38.0, 10.0), (10.0, 38.0, 10.0), 32.0, 0.15),
        "Along the lane and its fence, the farm between us and the fire; slow dolly.",
        figure=(37.5, -1.8),
        figure_heading=-60.0,
        story_time=103.0,
        stops=-0.2,
    ),
}

# The fire catches along this line on the wooded slope north of the hay field and is driven east-south-east. When the
# first shot begins it has reached the edge of the wood, between (-36, 70) and (22, 63), in front of the cameras.
IGNITION: tuple[Place, ...] = ((-47.0, 78.0), (-30.0, 76.0), (-12.0, 74.0), (7.0, 75.0))
WIND_DIRECTION = -32.0  # degrees counter-clockwise from east: it blows to the east-south-east
WIND_SPEED = 6.0
SPREAD = 2.0  # a dry August: the front is a dozen metres deep and has run 30 m before the first shot

# Things that stand in the set, shared by all shots: one world.
BARN: Place = (16.0, 17.0)
BARN_HEADING = 18.0
CABIN: Place = (35.5, 24.0)
CABIN_HEADING = -24.0
PICKUP: Place = (14.8, -3.8)
PICKUP_HEADING = 68.0
FENCE_X = (-64.0, 96.0)
ROCKS: tuple[tuple[float, float, float], ...] = (  # x, y, size in metres
    (-12.4, -33.0, 0.9),
    (-24.6, -30.5, 0.55),
    (-33.0, -8.6, 1.3),
    (-8.2, 33.0, 1.9),
    (-10.9, 34.6, 0.8),
    (3.6, 55.5, 1.2),
    (-4.2, 57.2, 0.7),
    (52.0, 113.5, 1.5),
    (49.6, 112.0, 0.6),
    (66.5, 115.0, 0.9),
    (43.0, 78.5, 1.1),
    (27.4, -9.2, 0.6),
    (57.5, -2.8, 1.4),
    (-44.0, 21.0, 2.2),
    (48.0, 6.5, 0.8),
    (-27.5, 47.5, 1.0),
)
BALES: tuple[tuple[float, float, float], ...] = (  # x, y, heading in degrees
    (-25.0, 21.0, 20.0),
    (-3.5, 26.5, 75.0),
    (-33.5, 38.0, 130.0),
    (-14.0, 44.0, 50.0),
    (4.5, 18.0, 10.0),
)


def shots() -> tuple[str, ...]:
    """The shots in order of first appearance."""
    return tuple(dict.fromkeys(event.shot for event in EVENTS))


def visible(shot: str) -> tuple[int, int]:
    """First and last frame of a shot that the cut shows, over all its uses."""
    uses = [event for event in EVENTS if event.shot == shot]
    return min(use.first for use in uses), max(use.last for use in uses)


def needed(shot: str) -> tuple[int, int]:
    """First and last frame that must exist: what is visible and a handle at both ends."""
    first, last = visible(shot)
    return first - HANDLES, last + HANDLES
