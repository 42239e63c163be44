"""Words that every generator meets: places as the camera sees them, and what the host's stage decides. Data only."""

from __future__ import annotations

from usd_ai.core.words import Attribute, Meaning

LEFT = (
    "([the] left|camera left|screen left|frame left|image left|the left of [the] (frame|screen|picture|shot)"
    "|the left [hand] side|the left edge|off screen left|the (top|bottom|lower|upper) left|left of frame)"
)
RIGHT = LEFT.replace("left", "right")
BACK = (
    "([the] (back|background|distance|far end|far side|horizon)|far away|[the] far back|behind [the] (trees|forest"
    "|hill)"
    "|the back of [the] (frame|shot|forest|set)|deep in the (forest|woods|background)|in front of us|ahead|beyond"
    "|upstage|the far (left|right) corner)"
)
FRONT = (
    "([the] (foreground|front|camera)|near [the] (camera|lens|us)|close to [the] (camera|lens|us)|behind [the] camera"
    "|right (before|in front of) [the] (camera|lens|us)|downstage|where we stand|at our feet|behind us)"
)
CENTRE = (
    "([the] [dead] (middle|centre|center|heart)|the (middle|centre|center) of [the] (forest|frame|wood|shot|screen|set)"
    "|dead (centre|center)|mid frame|centre frame|center frame)"
)
TOWARDS = "([straight|right|directly] (towards|toward|at|to|into|onto) [the] (camera|us|lens|viewer|audience|crew|me))"
AWAY = "(away from [the] (camera|us|lens|viewer|crew)|away|into the (distance|background|depth)|off into the distance)"

_STAGE = "The stage's own lights decide it."
_SKY = "The stage's own lights and sky decide it."
_GROUND = "The ground of the stage decides it."
_CAMERA = "The shot's camera decides it."
_NORTH = "A stage does not say where north is: say left, right, towards us or away, as the camera sees it."

HOST = (
    Attribute(
        "time_of_day", "The hour that the light tells.",
        (
            Meaning("night", ("nocturnal", "moonlit", "nighttime"), (
                "[at|by|in the] night", "[in the] middle of the night", "midnight", "(night|nighttime) [scene|shot]",
                "[in the] moonlight", "(pitch black|pitch dark|in the dark)", "after dark", "[under] [a] [full] moon",
                "(moonlit|starlit) night", "during the night", "under the stars", "night time", "late at night",
                "(deep|dead) of night", "darkness")),
            Meaning("dusk", ("twilit",), (
                "[at|by] (dusk|sunset|twilight|sundown|nightfall|evening)", "[in the] [early|late] evening",
                "(golden|magic|blue) hour", "as the sun (goes down|sets)", "(evening|sunset|dusk) (light|sky)",
                "last light", "setting sun", "after sunset", "just before dark", "sun going down")),
            Meaning("dawn", (), (
                "[at|by] (dawn|sunrise|daybreak|first light)", "[in the] [early] morning", "(morning|dawn) (light|sky)",
                "before sunrise", "as the sun (rises|comes up)", "the morning after", "[the] next morning",
                "break of day", "rising sun", "sunup")),
            Meaning("day", (), (
                "[by|at|during the] (day|daytime|daylight)", "[in the] [late|early] afternoon", "broad daylight",
                "day (scene|shot|time)", "in the sun", "bright sunlight", "[in] full sun", "full daylight",
                "sunlit")),
            Meaning("noon", (), ("[at] [high] (noon|midday)", "noon sun", "sun overhead", "(midday|noon) (sun|light)",
                                 "middle of the day")),
        ),
        elsewhere=_STAGE,
    ),
    Attribute(
        "weather", "What falls from the sky or hangs in it.",
        (
            Meaning("rain", ("rainy",), ("[light|heavy|after] (rain|drizzle|downpour)", "(raining|it rains|drizzling)",
                                         "(in|after) the rain", "rain (showers|falling)", "pouring rain")),
            Meaning("snow", ("snowy", "snow covered"), ("[with|in|under] [the|some|fresh] snow", "(snowing|it snows)",
                                                       "snow on the (ground|trees)", "snowfall", "snow covered trees")),
            Meaning("storm", ("stormy",), ("(thunder|lightning) [storm]", "thunderstorm", "(a|the) storm [coming in]",
                                           "lightning [strikes|in the sky]", "stormy (sky|weather)")),
            Meaning("cloudy", ("cloudy", "overcast"), ("(overcast|cloudy|grey) (sky|day|skies|weather)", "overcast",
                                                      "low clouds", "[with|dark|heavy] clouds", "cloud cover")),
            Meaning("clear", (), ("(clear|blue|cloudless) (sky|skies)", "(no|without) clouds", "cloudless", "sunny",
                                  "clear weather", "clear (day|night|cold)", "not a cloud in the sky")),
        ),
        elsewhere=_SKY,
    ),
    Attribute(
        "terrain", "The shape of the land.",
        (
            Meaning("ridge", ("hilly",), ("(on|along|over|behind|across) (a|the) (ridge|hill|crest|hilltop|knoll)",
                                          "[rocky|high] (ridge|ridges|ridgeline|hill|hills|hilltop|plateau)",
                                          "[both|the] ridges", "on top of (a|the) (hill|ridge|mountain)",
                                          "(rolling|hilly) (hills|country|land)")),
            Meaning("slope", (), ("[on|along] [a|the] [steep|gentle] (slope|hillside|mountainside|incline|slopes)",
                                  "[steep] hillside", "(sloping|steep) (ground|land|terrain)",
                                  "[on|in] [a|the|steep] (mountain|mountains)", "mountain (forest|side)")),
            Meaning("valley", (), ("[in|across|down|through] (a|the|this) (valley|canyon|gorge|ravine|gully|hollow)",
                                   "[whole|entire|deep|narrow] (valley|canyon|ravine|gully)", "valley floor")),
            Meaning("flat", (), ("[on] flat (land|ground|terrain|country)", "[on] (a|the) (plain|plains)",
                "level ground",
                                 "flatland", "flat as a pancake")),
            Meaning("water", (),
                ("[by|along|near|at|across] (a|the) (lake|river|creek|stream|pond|lakeside|shore|coast)",
                                  "(lake|river|stream|creek) [in the (foreground|background|valley)]",
                                  "lakeside", "water in the foreground")),
        ),
        elsewhere=_GROUND,
    ),
    Attribute(
        "compass", "A direction by the compass.",
        (
            Meaning("some", (), (
                "<from> [the] (north|south|east|west|northwest|northeast|southwest|southeast)",
                "(northerly|southerly|easterly|westerly|northern|western|southern|eastern)",
                "(north|south|east|west) <wind>", "<towards> [the] (north|south|east|west)",
                "(northwards|southwards|eastwards|westwards|northward|eastward)")),
        ),
        elsewhere=_NORTH,
    ),
    Attribute(
        "camera", "How the shot is filmed.",
        (
            Meaning("some", (), (
                ("[a|an|the] [extreme] (wide|establishing|tracking|handheld|static|drone|crane|aerial|hero|dolly"
                "|running|master|tilt|panning|low angle|high angle|overhead|close|pov|steadicam|locked off)"
                " (shot|view|angle)"),
                "[a] [extreme] (close up|closeup|wide|medium shot|long shot|insert)", "(aerial|drone|helicopter) view",
                "[slow|fast] (dolly|pan|tilt|push|zoom|track|crane) [in|out|up|left|right|back|down]",
                "(aerial|handheld|anamorphic|steadicam|bird s eye|slow motion|slowmo|timelapse|time lapse)",
                "(shot|filmed) on [#number] [mm] [film|imax|anamorphic|a drone|a long lens]",
                "wide [establishing] shot",
                "(shallow|deep) (focus|depth of field)", "(long|wide|anamorphic) lens",
                "camera (moves|pans|tilts|rises)",
                "from (above|the air|a drone|a helicopter)", "seen from above", "[low|high|dutch] angle", "35 mm",
                "4k", "lens flare", "[a] [very] wide establishing shot")),
        ),
        elsewhere=_CAMERA,
    ),
)  # fmt: skip
"""Attributes of every prompt that no generator sets."""
