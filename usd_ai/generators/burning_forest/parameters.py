"""What a person can set. API, command line and docs show this one list.

Places are metres on the ground plane of simulation space: x as in the host; y is the host's y where Z is up, and the
host's -z where Y is up. Directions are degrees counter-clockwise from +x seen from above.
"""

from __future__ import annotations

from usd_ai.core.parameters import Parameter
from usd_ai.generators.burning_forest.edits import canonical_edits
from usd_ai.generators.burning_forest.spelling import canonical_clearings, canonical_lines, canonical_regions

_WORLD = (
    Parameter(
        "density", "float", 1.0,
        "How dense the stand is; 1 is 800 stems per hectare. Raising it adds trees and moves none.",
        low=0.0, high=3.0, group="forest",
    ),
    Parameter("pine", "float", 0.45, "Share of Scots pine.", low=0.0, high=1.0, group="forest"),
    Parameter("spruce", "float", 0.33, "Share of Norway spruce.", low=0.0, high=1.0, group="forest"),
    Parameter("birch", "float", 0.15, "Share of silver birch.", low=0.0, high=1.0, group="forest"),
    Parameter("snag", "float", 0.07, "Share of dead standing trees.", low=0.0, high=1.0, group="forest"),
    Parameter("fir", "float", 0.06, "Share of fir.", low=0.0, high=1.0, group="forest"),
    Parameter("oak", "float", 0.0, "Share of oak.", low=0.0, high=1.0, group="forest"),
    Parameter("season", "choice", "summer",
              "Season of the leaves: birch and oak are yellow in autumn and bare in winter.",
              choices=("spring", "summer", "autumn", "winter"), group="forest"),
    Parameter("tree_height", "float", 1.0, "Height of the trees, relative to a 50-year-old stand.",
              low=0.3, high=1.6, group="forest"),
    Parameter("clearings", "text", "",
              "Where no tree stands: circles 'x,y,radius' separated by ';' (metres on the ground plane).",
              unit="m", group="forest", canonical=canonical_clearings),
    Parameter("own_ground", "float", 0.0,
              "Size of the land that is made where the stage has no ground; 0 suits the cameras' paths.",
              unit="m", low=0.0, high=20000.0, group="placement"),
    Parameter("regions", "text", "",
              "Where density or kinds differ: 'share kind=share: x,y x,y x,y' separated by ';'. '0.4 birch=1: 0,0 90,0 "
              "90,60' is a triangle with 0.4 of the trees, all of them birches.", unit="m", group="placement",
              canonical=canonical_regions),
    Parameter("lines", "text", "",
              "Along lines: 'width share: x,y x,y' separated by ';'. '12 0: 0,0 80,0' is a firebreak 12 m wide, a "
              "share above 1 an alley.", unit="m", group="placement", canonical=canonical_lines),
    Parameter("density_map", "picture", "",
              "A painted map: a grey PNG of 8 or 16 bit, or an EXR of one channel. Black is bare, white full.",
              group="placement"),
    Parameter("density_map_area", "vector", (0.0, 0.0, 0.0, 0.0),
              "What the map covers: x0,y0,x1,y1, the map's top at y1. All 0: the whole ground.",
              unit="m", low=-4e5, high=4e5, group="placement"),
    Parameter("slope_most", "float", 90.0, "Steepest slope on which trees stand; they thin out over 4 degrees more.",
              unit="deg", low=0.0, high=90.0, group="placement"),
    Parameter("altitude_low", "float", -9000.0, "Height of the ground below which no tree stands; a soft line of 60 m.",
              unit="m", low=-9000.0, high=9000.0, group="placement"),
    Parameter("altitude_high", "float", 9000.0, "Tree line: height of the ground above which trees thin out over 60 m.",
              unit="m", low=-9000.0, high=9000.0, group="placement"),
    Parameter("site_rules", "float", 0.0,
              "How much kinds keep to their sites: fir and spruce on shaded damp slopes, pine and oak on sunny dry.",
              low=0.0, high=1.0, group="placement"),
    Parameter("surroundings", "bool", default=True,
              doc="Let land and forest go on beyond the edge of the host's ground, to the horizon.", group="forest"),
    Parameter("edits", "text", "",
              "What people changed by hand, each leaving all else as it is: 'remove ID; move ID dx,dy; protect ID', "
              "and so on (the guide lists them).",
              group="forest", canonical=canonical_edits),
    Parameter("ignition", "text", "",
              "Where the fire starts: points 'x,y' separated by ';', joined to a line; 'x,y@60' burns from second 60 "
              "on, '@f1040' from a frame on; '|' separates fires; '/prim/path' is a curve of the stage. Empty: "
              "across the upwind side.",
              unit="m", group="fire"),
    Parameter("arrivals", "text", "",
              "When the fire is where: 'x,y@SECONDS' or 'x,y@f1040' (a frame of the shot) separated by ';'. Its speed "
              "is bent for it as little as it must be.", unit="m", group="fire"),
    Parameter("wind_direction", "float", 0.0, "Where the wind blows to.", unit="deg", low=-360, high=360, group="fire"),
    Parameter("wind_speed", "float", 4.0, "Wind that the flames feel, at half their height.",
              unit="m/s", low=0.0, high=20.0, group="fire"),
    Parameter("dryness", "float", 0.75,
              "How dry the forest is, from 0 (soaked, hardly burns) to 1 (drought): water in dead and live fuel.",
              low=0.0, high=1.0, group="fire"),
    Parameter("moisture", "float", 0.0,
              "Moisture of dead fine fuel, as a share of its dry weight; 0 takes it from dryness.",
              low=0.0, high=0.4, group="fire"),
    Parameter("spotting", "float", 1.0,
              "How many brands fly out of burning crowns and light fires ahead of the front; 0 for none.",
              low=0.0, high=3.0, group="fire"),
    Parameter("spread", "float", 1.0, "Speed of the front, relative to what the model gives.",
              low=0.0, high=10.0, group="fire"),
)  # fmt: skip

_SHOT = (
    Parameter("story_time", "float", 150.0, "Seconds after ignition at the frame that story_frame names.",
              unit="s", low=-3600.0, high=36000.0, group="time"),
    Parameter("story_frame", "int", 1001, "The frame at which it is story_time.",
              low=-1e6, high=1e7, group="time"),
    Parameter("fire", "float", 1.0, "Size and brightness of flames and of the light they give; 0 puts the fire out.",
              low=0.0, high=3.0, group="look"),
    Parameter("hero", "int", 4, "How many trees nearest to the cameras burn with finer voxels and velocities.",
              low=0, high=16, group="look"),
    Parameter("smoke", "float", 1.0, "Thickness of the smoke.", low=0.0, high=4.0, group="look"),
    Parameter("embers", "float", 1.0, "Number of embers in the air.", low=0.0, high=5.0, group="look"),
    Parameter("haze", "float", 0.003, "Extinction of the air; 0.004 per metre is a visibility of about 1 km.",
              unit="1/m", low=0.0, high=0.1, group="look"),
    Parameter("undergrowth", "float", 1.0, "Grass, shrubs, litter and fallen logs near the cameras.",
              low=0.0, high=3.0, group="look"),
    Parameter("keep_from_path", "float", 0.0, "Trees keep this far off paths; the edge is soft, half as far again.",
              unit="m", low=0.0, high=200.0, group="placement"),
    Parameter("keep_from_water", "float", 0.0, "Trees keep this far off water; the edge is soft, half as far again.",
              unit="m", low=0.0, high=200.0, group="placement"),
    Parameter("keep_from_building", "float", 0.0, "Trees keep this far off buildings; the edge is soft.",
              unit="m", low=0.0, high=200.0, group="placement"),
    Parameter("keep_unseen", "float", 400.0,
              "Trees that no camera sees over the range are kept up to this distance from the cameras' paths.",
              unit="m", low=50.0, high=20000.0, group="placement"),
    Parameter("camera_clearance", "float", 4.0, "No tree stands closer than this to a camera's path.",
              unit="m", low=0.0, high=50.0, group="look"),
)  # fmt: skip

PARAMETERS = _WORLD + _SHOT
WORLD_PARAMETERS = frozenset(parameter.name for parameter in _WORLD)
