"""What people say about fire, wind and air, and what it sets. Data only; patterns as in `usd_ai.core.words`.

Wind in words follows the Beaufort scale (WMO-No. 8, Measurement of Surface Wind,
table of the Beaufort scale): light 3, moderate
6, strong 12, storm 20 m/s at most; the parameter is the wind at the flames, so the words mean that.
"""

from __future__ import annotations

from usd_ai.core.words import Attribute, Meaning
from usd_ai.learned.common import AWAY, BACK, CENTRE, FRONT, LEFT, RIGHT, TOWARDS

_FIRE = "[a|the] (fire|blaze|flames|front|fire front|fire line|wildfire|flame front|bushfire)"
_COMES = (
    "(coming [in]|moving|comes [in]|spreading|approaching|burning|entering|advancing|arriving|sweeping in|rolling in"
    "|eating its way|travels|spreads|moves|enters|rushing in|@spread|@spread [in]|starting|starts)"
)
_GOES = "(moving|moves|spreading|spreads|running|runs|burning|travelling|heading|advancing|eats|goes|@spread|pushing)"
_BLOWS = "(blowing|blows|drifting|drifts|pushing|going|moving|rolling|carried)"
_WIND = "[a|the|@wind_speed] (wind|breeze|gusts|winds)"
_STARTS = "(starts|starting|started|ignites|begins|breaks out|lit|set|burning|sits|is|start|ignite it|light it)"
_AIR = "(smoke|haze|embers|sparks)"


def _fire_from(value: str, place: str, goes: str, adjectives: tuple[str, ...] = ()) -> Meaning:
    return Meaning(
        value,
        adjectives,
        (
            f"<{_FIRE}> <{_COMES}> [in] from {place}", f"<{_FIRE}> [is] <{_COMES}> from {place}",
            f"<{_FIRE}> [is] (on|in|at|to) {place}", f"<{_FIRE}> <{_STARTS}> (on|in|at|from) {place}",
            f"<{_FIRE}> <{_GOES}> {goes}", f"<{_FIRE}> [is] <{_GOES}> {goes} <@spread>",
            f"<burning> from {place}", f"from {place}",
            f"<(start|ignite|light) [it|the fire|the blaze]> (on|in|at) {place}",
            f"<{_FIRE}> (on|in|at) {place} <of frame>", f"<(approaching|coming|spreading)> from {place}",
            f"<it> <{_COMES}> from {place}",
        ),
    )  # fmt: skip


def _wind_from(value: str, place: str, blows: str) -> Meaning:
    return Meaning(
        value,
        (),
        (
            f"<{_WIND}> [<coming>|<blowing>] from {place}", f"<{_WIND}> [is] <{_BLOWS}> {blows}",
            f"<{_WIND}> <@wind_speed_number> from {place}", f"<{_WIND}> {blows}",
            f"<@smoke> <{_BLOWS}> [across frame|in] from {place}", f"<@smoke> <{_BLOWS}> {blows}",
f"<wind> : from {place}", f"<@haze> <drifting> {blows}",
            f"<@embers> <{_BLOWS}> from {place}", f"<@smoke> from {place}",
        ),
    )  # fmt: skip


_TO_RIGHT = f"(([from] left to right|to {RIGHT}|towards {RIGHT}|rightwards|from left to right))"
_TO_LEFT = f"(([from] right to left|to {LEFT}|towards {LEFT}|leftwards|from right to left))"

FIRE = (
    Attribute(
        "fire_from", "Where the fire comes from, or where it starts, as the camera sees it.",
        (
            _fire_from("left", LEFT, _TO_RIGHT), _fire_from("right", RIGHT, _TO_LEFT),
            _fire_from("back", BACK, TOWARDS, ("distant", "far off", "faraway", "oncoming")),
            _fire_from("front", FRONT, AWAY, ("nearby", "close by", "receding")),
            _fire_from("centre", CENTRE, "([from the centre] (outwards|outward|in all directions|in every direction))"),
        ),
        nouns=("(fire|blaze|flames|front|wildfire)",),
    ),
    Attribute(
        "front_width", "How wide the front is where it starts.",
        (Meaning("number", (), (
            f"<{_FIRE}> [is] [about|of|around|some] #length (wide|across|long)",
            "#length [wide|long] <(fire front|front|fire line)>",
            "<(fire front|front|fire line)> (of|,) #length", "<across> [a] <front> (of) #length")),),
        quantity="length",
    ),
    Attribute(
        "wind_from", "Where the wind comes from, as the camera sees it.",
        (
            _wind_from("left", LEFT, _TO_RIGHT), _wind_from("right", RIGHT, _TO_LEFT),
            _wind_from("back", BACK, TOWARDS), _wind_from("front", FRONT, AWAY),
        ),
    ),
    Attribute(
        "wind_speed", "How strong the wind is at the flames.",
        (
            Meaning("none", ("windless", "wind still", "breathless"), (
                "(dead calm|calm|windless|wind still|still air|calm air|wind free)", "not a breath of (wind|air)",
                "(without|no) (wind|breeze|draft) [at all]", "the air is still", "no air (moving|movement)",
                "calm (evening|night|day|morning|weather)", "stillness"), plain=0.0),
            Meaning("low", ("light", "gentle", "slight", "soft", "weak", "faint", "mild", "little", "low", "lighter",
                            "weaker"), (
                "[a] (gentle|light|soft|slight|faint) breeze", "[a] breeze", "(hardly|barely) any wind", "breezy",
                "(a hint|a breath|a touch|a whisper) of wind", "almost no wind", "there is hardly any wind"),
                plain=2.0, very=1.0, denied=4.0),
            Meaning("some", (), ("(some|with) wind",), plain=4.0),
            Meaning("mid", ("moderate", "medium", "steady", "normal", "average", "fresh"), (
                "[a] (moderate|steady|fresh) breeze",), plain=6.0),
            Meaning("high", ("strong", "heavy", "hard", "fierce", "howling", "violent", "gusting", "high", "big",
                "stiff",
                             "stronger", "powerful", "ferocious", "wild", "severe"), (
                "~windy", "~(gusty|blustery|stormy|blowy|squally)",
                "wind ~(strong|hard|picks up|picking up|howling|howls)",
                "[a] stiff breeze", "wind whipping", "it blows hard", "gusts", "strong gusts", "blowing hard",
                "+:(gale|storm|gale force|hurricane|storm force) [wind|winds]", "+:in a (gale|storm of wind)",
                "!:(not|is not|isn't|it isn't) ~windy", "!:(not too|not very|not so) windy"),
                plain=12.0, slight=8.0, very=18.0, denied=3.0),
            Meaning("number", (), (
                "wind (of|at|:|is|speed|around|about|up to|blowing at) #speed", "wind #speed", "#speed [of] wind",
                "#speed winds",
                "[at|with|about] #speed", "gusts of #speed", "wind speed [of|:|is] #speed",
"(breeze|wind) , #speed")),
        ),
        parameter="wind_speed", nouns=("(wind|breeze|winds)",), own_nouns=False, amounts=True, quantity="speed",
    ),
    Attribute(
        "moisture", "How wet or dry what burns is.",
        (
            Meaning("low", ("dry", "parched", "arid", "withered", "dried out", "desiccated", "drier", "sun baked",
                "thirsty",
                            "dehydrated"), (
                "~(dry|parched|arid)", "[a|after a|in a|long] (drought|dry spell|heatwave|heat wave)",
                "drought conditions",
                "everything is ~(dry|parched)", "no rain for (weeks|months)", "(low|little) (moisture|humidity)",
                "+:(bone|tinder|bone-|powder) dry", "+:dry as (a bone|tinder|dust)",
                "dry (fuel|fuels|wood|ground|grass|air)",
                "bring the moisture down", "hot and dry", "dryness"),
                plain=0.88, slight=0.8, very=1.0, denied=0.5),
            Meaning("high", ("wet", "damp", "moist", "soggy", "humid", "dewy", "wetter", "dripping", "rain soaked",
                "sodden"), (
                "~(wet|damp|moist|humid)",
                "+:(soaked|soaking wet|drenched|waterlogged|dripping wet|sodden|wet through)",
                "(high|lots of) (moisture|humidity)", "wet (ground|wood|fuel|grass|forest|leaves)",
                "damp (wood|forest|moss)"),
                plain=0.3, slight=0.45, very=0.1, denied=0.75),
            Meaning("number", (), (
                "[fuel] (moisture|humidity|dampness) [of|at|is|:|content] #share", "#share [fuel] (moisture|humidity)",
                "#share moist")),
        ),
        parameter="dryness", nouns=("(fuel|wood|ground|forest|air|grass|trees|everything|undergrowth)",),
        quantity="share",
    ),
    Attribute(
        "spread", "How fast the front runs, beside what wind and fuel do.",
        (
            Meaning("low", ("slow", "creeping", "crawling", "inching", "sluggish", "smouldering along", "lazy",
                "slower"), (
                "~slowly", "(slow|lazy) (burn|burning|moving|spreading)", "at a (crawl|snail s pace)", "inch by inch",
                "~slow [moving]", "(creeps|crawls|inches|creep|crawl)", "takes its time", "gradually", "~slow spread"),
                plain=0.5, slight=0.75, very=0.25, denied=1.0),
            Meaning("high", ("fast", "racing", "rushing", "rapid", "galloping", "running", "tearing", "quick",
                "speeding",
                             "fast moving", "quick moving", "rapidly spreading", "explosive", "faster", "charging"), (
                "~(quickly|fast|rapidly|swiftly)", "like (lightning|a freight train|wildfire)",
                "(at full|at top|with great) speed",
                "(races|rushes|runs|tears|gallops|sweeps|charges|roars|race|rush)", "~fast spread",
                "(quick|fast) [moving]"),
                plain=2.0, slight=1.4, very=3.5, denied=1.0),
        ),
        parameter="spread", nouns=("(fire|blaze|front|flames|wildfire|surface fire|ground fire)",),
    ),
    Attribute(
        "progress", "How far the fire has come when the shot begins.",
        (
            Meaning("start", ("starting", "fresh", "newborn", "incipient"), (
                "(just|freshly|only just|has just) (started|lit|begun|ignited|catching|caught)",
                "(first|initial) (flames|little flames|flicker|spark)",
                "the [very] (beginning|start) [of the fire]", "barely (catching|lit|started|alight)", "catching fire",
                "just catching", "moment of ignition", "<fire> (beginning|starting) to (burn|catch|spread)",
                "right after ignition",
                "starting to burn", "[a|the] fire (is starting|just breaks out)"),
                plain=20.0),
            Meaning("early", ("early",), ("early [on|stage|stages|phase]", "[it is|still] early",
                "in the (beginning|early minutes)",
                                          "young fire", "not long after ignition", "a few minutes in"), plain=60.0),
            Meaning("full", ("fully developed", "fully involved", "established"), (
                "(at|in) [its] (full|peak|full swing|full force)",
                "at [the|its] (height|peak|strongest|maximum) [of the (fire|blaze)]",
                "in the thick of it", "(fully|well) (developed|involved|established|alight)",
                "<fire> (peaks|is at its strongest)",
                "well underway", "the climax"), plain=300.0),
            Meaning("late", ("dying", "fading", "late", "waning", "spent", "subsiding"), (
                "late [stage|stages|phase]",
                "<fire> (dying|dies|dying down|dies down|burning out|going out|has passed|has moved on)",
                "(after|when) <the fire> has passed", "(dying|dies) down", "running out of fuel",
                "last flames", "winding down", "<the front> (passes|has passed|passed) (us|the camera)",
                "nearly over"), plain=900.0),
            Meaning("out", ("burnt out", "burned out", "burnt", "charred", "scorched", "smouldering", "smoldering",
                "blackened"), (
                "[the|in the] aftermath", "(burnt|burned) (out|down)", "(just|only|still) smouldering",
                "after the fire",
                "(all|everything) burnt", "nothing but (ash|ashes|char)",
                "(charred|blackened|scorched) (trunks|stumps|remains|skeletons)",
                "(ash|ashes) (everywhere|on the ground)", "when it is all over", "the fire is out",
                "the fire is over"), plain=3000.0),
            Meaning("number", (), (
                ("#duration (in|after ignition|into the fire|into it|after it (started|starts|began)|after the (start"
                "|fire started))"),
                "<burning> for #duration", "<has been burning> for #duration", "after #duration",
                "#duration (later|old|after)",
                "#duration of (fire|burning)", "<fire> #duration (old|in)")),
        ),
        parameter="story_time", nouns=("(fire|blaze|wildfire)",), quantity="duration",
    ),
    Attribute(
        "fire", "How big and bright the flames are.",
        (
            Meaning("none", ("unburnt", "unburned"), (
                "(no|without|without any|zero) (fire|flames|flame|burning) [at all|yet|please]",
                "nothing [is] burning [yet]", "before the fire",
                "not (burning|on fire) [yet]", "fire (out|off)",
                "(kill|put out|extinguish|remove|switch off) the (fire|flames)",
                "the fire (is off|is out)"), plain=0.0),
            Meaning("low", ("small", "low", "little", "weak", "tiny", "gentle", "modest", "faint", "timid", "smaller",
                "lower", "dim",
                            "subtle", "contained", "minor", "feeble", "controlled"), (
                "[with] (hardly any|few|barely any|less|fewer|hardly a|not many) (flames|fire|flame)",
                "(tone|dial|bring|turn) down the (fire|flames) [a bit]",
                "(small|little|tiny) (fire|flames|flame|blaze)", "flames ~(small|low)", "flickering flames",
                "(reduce|lower) the (fire|flames)",
                "(candle|campfire) (sized|size) (fire|flames)", "low (burning|intensity)"),
                plain=0.6, slight=0.8, very=0.35, denied=1.0),
            Meaning("high", ("raging", "huge", "big", "massive", "roaring", "giant", "blazing", "fierce", "intense",
                "violent", "bigger",
                             "enormous", "out of control", "ferocious", "towering", "tall", "monstrous", "larger",
                             "bright", "brighter",
                             "furious", "gigantic", "hot", "high", "wild", "devastating", "hellish", "mighty",
                             "colossal"), (
                ("(inferno|firestorm|hell|sea of flames|sea of fire|wall of (fire|flame|flames)|conflagration"
                "|hellfire)"), "(a|raging) inferno",
                "[everything|it all|all|whole forest|whole hill] [is] (ablaze|on fire|in flames|burning|engulfed)",
                "fire everywhere",
                "(more|lots of|a lot of|loads of|bigger|much) (fire|flames)",
                "flames (shoot|shooting|leap|leaping|reach|reaching) [up] [high|the canopy|the sky]",
                "fire (rages|roars|raging)", "(rages|engulfs|devours|consumes) [the|everything]",
                "(flames|fire) ~(high|tall|big|huge|bright)",
                "(crank|turn|push|dial) up the (fire|flames)", "blaze (rages|roars)", "treetop high flames",
                "(engulfed|swallowed) in flames"),
                plain=1.5, slight=1.25, very=2.2, denied=1.0),
        ),
        parameter="fire", nouns=("(fire|flames|blaze|flame|wildfire)",),
    ),
    Attribute(
        "smoke", "How thick the smoke is.",
        (
            Meaning("none", (), ("(smoke free|smokeless)",), plain=0.0),
            Meaning("low", ("thin", "light", "little", "wispy", "faint", "subtle", "minimal", "low", "thinner",
                "lighter", "delicate"), (
                "(wisps|a wisp|traces|a trace|a hint|a touch|a veil|a thread) of smoke",
                "keep the smoke ~(low|down|thin)"),
                plain=0.4, slight=0.7, very=0.2, denied=1.0),
            Meaning("some", (), ("smoky", "smoky (forest|air|atmosphere)", "smoke (column|plume|trail|clouds|rises)",
                "(moderate|normal|medium) smoke"),
                    plain=1.0),
            Meaning("high", ("thick", "heavy", "dense", "billowing", "massive", "choking", "huge", "strong", "opaque",
                "thicker", "heavier",
                             "big", "rolling", "dark", "black", "suffocating", "denser"), (
                "(clouds|walls|columns|masses|a wall) of [black|thick|dark|grey] smoke",
                "smoke ~(thick|heavy|dense|everywhere|so thick)",
                "(choked|filled|drowned) (with|in|by) smoke", "~smoke filled",
                ),
                plain=2.0, slight=1.4, very=3.2, denied=0.8),
        ),
        parameter="smoke", nouns=("(smoke|fumes|smog|smoke)", "smoke"), own_nouns=True, amounts=True,
    ),
    Attribute(
        "embers", "How many embers fly.",
        (
            Meaning("none", (), ("ember free",), plain=0.0),
            Meaning("low", ("sparse", "occasional", "scattered", "minimal"), (
                ("(the odd|an occasional|a handful of|a few|a couple of|just a few|some few) (ember|embers|spark"
                "|sparks)"),), plain=0.4, very=0.2, denied=1.0),
            Meaning("some", (), ("(floating|flying|drifting|glowing|rising|swirling) (embers|sparks)",
                "(embers|sparks) (fly|flying|drifting|floating|rising)",
                                 "firebrands"), plain=1.0),
            Meaning("high", ("dense", "countless", "heavy", "massive", "plentiful", "huge"), (
                "[a|huge] (shower|rain|storm|swarm|blizzard|burst|cloud|sea) of (embers|sparks)",
                "(embers|ember|spark) (storm|shower|rain)",
                "(embers|sparks) ~(everywhere|all over|filling the air)",
                ),
                plain=2.2, slight=1.5, very=3.5, denied=0.8),
        ),
        parameter="embers", nouns=("(embers|sparks|cinders|ember|firebrands|glowing embers|flying embers)",
        "(embers|sparks)"), own_nouns=True,
        amounts=True,
    ),
    Attribute(
        "haze", "How clear the air is.",
        (
            Meaning("none", (), ("(clear|crisp|clean|fresh|transparent) air",
                "(perfect|crystal clear|excellent|unlimited) visibility", "clear atmosphere",
                                 "see for miles", "crystal clear"), plain=0.0003),
            Meaning("low", ("light", "thin", "slight", "faint", "subtle", "soft", "delicate"), (
                "(slightly|a bit|somewhat|a little) (hazy|misty|foggy|murky)",
                "(a hint|a touch|a veil|wisps|traces) of (haze|mist|fog)"),
                plain=0.0015, very=0.0008, denied=0.003),
            Meaning("some", (), ("(hazy|misty|foggy)", "(ground|morning|low|evening|drifting|rolling) (mist|fog)",
                "[in|with] [a|the|some] (haze|mist|fog)"),
                    plain=0.006),
            Meaning("high", ("thick", "heavy", "dense", "strong", "deep", "murky", "milky", "thicker"), (
                "+:(very|really|extremely|super|incredibly) (hazy|foggy|misty)", "(pea soup|murky|murk|dusty)",
                "(bad|poor|low) visibility",
                "(atmosphere|air) [is|:] ~(thick|murky|hazy|milky)", "murky (atmosphere|air)"),
                plain=0.015, slight=0.01, very=0.03, denied=0.003),
            Meaning("number", (), ("visibility [of|is|:|about|around|down to] [about|around|only] #length",
                "#length [of] visibility",
                                   "can see (about|only|for) #length")),
        ),
        parameter="haze", nouns=("(haze|mist|fog|atmosphere)", "(haze|mist|fog)"), own_nouns=True, amounts=True,
        quantity="length",
    ),
    Attribute(
        "spotting", "Whether embers light fires ahead of the front.",
        (
            Meaning("none", (), ("(no|without|without any) (spotting|spot fires|spot fire)",
                "(kill|stop|switch off) the spotting", "spotting off"), plain=0.0),
            Meaning("low", (), ("(a few|the odd|little|some few|less) (spotting|spot fires|spot fire)",), plain=0.4),
            Meaning("some", (), ("[with] [some] (spotting|spot fires)",
                "spot fires [jumping|starting|igniting] [ahead [of the front]]",
                                 "(embers|firebrands) (lighting|starting|igniting) [new] fires [ahead]",
                                 "fires jump ahead", "jumping ahead of the front"), plain=1.0),
            Meaning("high", (), ("(lots of|many|more|heavy|a lot of|loads of|mass) (spotting|spot fires)",
                "spot fires everywhere"), plain=2.2),
        ),
        parameter="spotting",
    ),
)  # fmt: skip
