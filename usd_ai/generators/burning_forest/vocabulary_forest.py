"""What people say about the forest, and what it sets. Data only; patterns as in `usd_ai.core.words`.

Figures: density 1 is 800 stems per hectare; heights are relative to a stand of 50 years, about 20 m.
"""

from __future__ import annotations

from usd_ai.core.words import Attribute, Meaning
from usd_ai.learned.common import BACK, CENTRE, FRONT, LEFT, RIGHT

STAND = ("(forest|wood|woods|woodland|stand|trees|trunks|timber)",)
TREES = ("trees", "trees", "(trunks|tree)", "@species")


def _tree(value: str, names: str, name: str = "") -> Meaning:
    """A kind of tree: named, mostly, only, a few of, none."""
    called = f"({names})"
    return Meaning(
        value,
        (name or value,),
        (
            called, f"{called} [trees|tree]", f"[with|of|and] [some] {called}",
            f"+:(mostly|mainly|predominantly|largely|primarily|chiefly|pure|nothing but|only|just|all) {called}",
            f"+:{called} (only|dominated|mostly|everywhere)", f"+:(lots of|loads of|many|a lot of|plenty of) {called}",
            f"-:(a few|some scattered|the odd|the occasional|a handful of|a couple of|a little|hardly any) {called}",
            f"-:{called} here and there", f"-:with some {called}", f"-:(few|fewer|less|not many) {called}",
            f"!:(no|without|without any|zero|not a single|never|minus) {called} [at all]",
            f"!:{called} free", f"!:(do not|don't|dont) (want|use|show) [any] {called}",
            f"!:(remove|lose|drop|kill|get rid of|cut|take out) [all] the {called}",
            f"!:not {called}",
        ),
    )  # fmt: skip


FOREST = (
    Attribute(
        "density", "How close the trees stand.",
        (
            Meaning("none", ("treeless", "bare", "deforested"), (
                "(no|without|without any|zero) trees [at all]", "not a (single tree|tree)", "treeless",
                "(remove|kill|cut) all [the] trees"), plain=0.0),
            Meaning("low", ("sparse", "thin", "open", "scattered", "loose", "light", "thinned out", "sparsely wooded",
                            "thinner", "airy", "well spaced", "patchy", "thinly wooded", "less dense", "sparser",
                            "wide open", "spread out"), (
                "trees [stand] ~far apart", "~far apart",
                "[with] (few|fewer|hardly any|less|not many|scarcely any) trees",
"(isolated|scattered|single|lone) trees",
                "trees (are|stand) ~(apart|scattered|spaced out|few and far between)", "~thinly wooded",
                "plenty of (space|room) between the trees", "wide spacing", "only a (few|handful of) trees",
                "low density", "(thin|open) (it|them) [out|up]", "thin out the (forest|trees|wood)"),
                plain=0.45, slight=0.7, very=0.2, denied=1.0),
            Meaning("mid", ("medium density", "normal density", "average density", "moderately dense"), (
                "(medium|normal|average|moderate|usual|regular) (density|spacing)", "neither dense nor sparse"),
                plain=1.0),
            Meaning("high", ("dense", "thick", "tight", "packed", "crowded", "heavily wooded", "close", "impenetrable",
                             "thickly wooded", "denser", "thicker", "lush", "deep", "densely packed", "overgrown",
                             "jam packed", "tightly packed", "closely spaced", "full"), (
                "(more|lots of|loads of|a lot of|many|tons of|plenty of|countless|so many) trees",
                "trees ~(close together|shoulder to shoulder|wall to wall|crammed together|close)",
                "[like] a [solid] wall of trees", "~(densely|heavily|thickly) (wooded|forested|planted|grown)",
                "high density",
                "can hardly see through the trees", "tree after tree", "~dense (jungle|thicket)"),
                plain=1.7, slight=1.3, very=2.4, denied=0.8),
            Meaning("number", (), ("[about|around|roughly] #count", "<density> [of] #count", "#count")),
        ),
        parameter="density", nouns=(*STAND, "@species"), quantity="count", factor=1.0 / 800.0,
    ),
    Attribute(
        "species", "Which trees grow there.",
        (
            _tree("pine", "pine|pines|scots pine|scots pines|pine trees|pinewood"),
            _tree("spruce", "spruce|spruces|norway spruce|spruce trees"),
            _tree("fir", "fir|firs|silver fir|fir trees|douglas firs"),
            _tree("birch", "birch|birches|silver birch|birch trees|silver birches"),
            _tree("oak", "oak|oaks|oak trees|oakwood"),
            _tree("snag", "snags|dead trees|dead wood|snag|dead standing trees|standing deadwood|dead trunks|"
                          "dead snags|bare dead trees|deadwood|dead timber", "dead"),
            Meaning("mixed", ("mixed", "varied"), ("mixed (forest|wood|woods|woodland|stand)", "[a] mix of trees",
                              "(different|various|all kinds of|many different) (species|trees)", "mixed species")),
            Meaning("conifer", ("coniferous", "evergreen", "boreal", "needle"), (
                "(conifer|conifers|evergreens|taiga|softwood|softwoods|needle trees)", "conifer (forest|trees|stand)",
                "!:no (conifers|evergreens)")),
            Meaning("broadleaf", ("deciduous", "broadleaf", "leafy", "broadleaved"), (
                "(hardwood|hardwoods|broadleaves|deciduous trees|leaf trees|broadleaf trees)",
                "!:no (deciduous trees|hardwoods|broadleaves)")),
        ),
        nouns=(*STAND, "trees"),
    ),
    Attribute(
        "tree_height", "How tall, which is how old, the trees are.",
        (
            Meaning("low", ("young", "short", "small", "low", "little", "stunted", "scrubby", "dwarf", "scraggly",
                            "smaller", "younger", "juvenile", "shorter", "tiny"), (
                "(saplings|seedlings|young growth|second growth|regrowth|young plantation)",
                "(young|small|little) trees",
                "trees ~(small|short|low|young)", "freshly planted", "new growth", "sapling (stage|forest)"),
                plain=0.55, slight=0.8, very=0.35, denied=1.0),
            Meaning("high", ("tall", "old", "mature", "towering", "giant", "huge", "ancient", "old growth", "big",
                "lofty",
                             "high", "massive", "taller", "enormous", "primeval", "colossal", "older", "large", "grown",
                             "veteran", "centuries old", "imposing"), (
                "(old growth|primeval forest|virgin forest|ancient woodland)", "(giants|giant trees|tall trees)",
                "trees ~(tall|high|old|big|towering)", "trees towering [over us]", "full grown", "fully grown"),
                plain=1.3, slight=1.15, very=1.55, denied=1.0),
            Meaning("number", (), (
                "#length (tall|high)", "[about|around] #length (tall|high) <trees>", "#length <trees>",
                "<trees> [are|of] [about|around|roughly] #length [tall|high|in height]",
                "<tree> height [of|is] #length",
                "<@species> #length [tall|high]", "#length [tall|high] <@species>", "up to #length (tall|high)")),
        ),
        parameter="tree_height", nouns=TREES, quantity="length", factor=1.0 / 20.0,
    ),
    Attribute(
        "clearing", "Where no tree stands, as the camera sees it.",
        (
            Meaning("none", (), ("(no|without|without any) (clearing|clearings|glade|glades|gaps|openings|meadow)",
                                 "unbroken <forest>", "<forest> without gaps")),
            Meaning("some", (), ("[with] [a|some|small|large|big] (clearing|clearings|glade|opening|meadow|gap|gaps)",
                                 "(clearings|glades) here and there", "[a] gap in the (trees|forest|canopy)")),
            *(Meaning(value, (), (
                f"[a|the|big|small|large|wide] (clearing|glade|meadow|opening|gap|open ground) (on|at|to|in) {place}",
                f"{place} (clear|free|open|empty) of trees", f"keep {place} (clear|free|open|empty) [of trees]",
                f"no trees (on|at|in|to) {place}", f"(clear|open up|empty) {place} [of trees]",
                f"(clearing|glade|meadow) {place}",
                f"<(clearing|glade|meadow|opening)> <@clearing_width_number> [<wide>|<across>] (on|at|to|in) {place}"))
              for value, place in (("left", LEFT), ("right", RIGHT), ("back", BACK), ("front", FRONT),
                                   ("centre", CENTRE))),
        ),
        nouns=("(clearing|glade|meadow)",),
    ),
    Attribute(
        "clearing_width", "How wide that place is.",
        (Meaning("number", (), (
            "<(clearing|glade|meadow)> [about|of|around|some|roughly] #length [across|wide|in diameter|broad]",
            "#length [wide|broad] <(clearing|glade|meadow)>", "<clearing> #length wide")),),
        quantity="length",
    ),
    Attribute(
        "undergrowth", "What grows and lies below the trees.",
        (
            Meaning("none", (), ("(clean|bare|empty|clear|naked|swept) (forest floor|floor|ground|understory)",
                                 "bare (earth|soil)", "nothing under the trees"), plain=0.0),
            Meaning("low", ("sparse", "thin", "little", "short", "patchy", "light", "minimal"), (), plain=0.4,
                slight=0.7,
                    very=0.15, denied=1.0),
            Meaning("some", (), (
                "[in|through|with] [the|dry] (grass|grasses|litter|needles|ferns|bracken|brush|heather|shrubs|bushes)",
                "(grass|litter|leaf litter|brush|bush|scrub|scrubland|logs|fallen logs|shrub)",
                "[in|through] the litter",
                "forest floor litter", "ferns and bushes"),
                plain=1.0),
            Meaning("high", ("thick", "dense", "lush", "tall", "tangled", "rampant", "overgrown", "heavy", "wild",
                "rich",
                             "knee high", "waist high", "high", "long", "thicker", "deep"), (
                "overgrown", "covered in (grass|ferns|bracken|shrubs)", "full of (ferns|shrubs|bushes|logs)",
                "(ferns|shrubs|bushes|logs|grass) (everywhere|all over)"),
                plain=1.8, slight=1.35, very=2.6, denied=0.8),
        ),
        parameter="undergrowth",
        nouns=(("(undergrowth|underbrush|ground cover|shrubs|bushes|ferns|grass|brush|bracken|understory"
                "|ground vegetation|grass and shrubs|low plants|vegetation on the ground|fallen logs|logs)"),),
        own_nouns=True, amounts=True,
    ),
    Attribute(
        "season", "The time of the year.",
        (
            Meaning("spring", (), ("[in|early|late] (spring|springtime)", "(march|april|may)", "(fresh|spring) leaves",
                                   "spring (forest|day|woods)")),
            Meaning("summer", (), ("[in|late|early|high|mid] (summer|summertime|midsummer)",
                "[mid|in|late] (june|july|august)",
                                   "summer (heat|day|evening|night|forest)", "height of summer")),
            Meaning("autumn", (), ("[in|late|early] (autumn|fall)", "[in|mid|late] (september|october|november)",
                                   "(autumn|fall) (colours|colors|leaves|foliage|forest)", "autumnal",
                                   "indian summer")),
            Meaning("winter", (), ("[in|deep|mid|late] (winter|wintertime|midwinter)",
                "[in|mid] (december|january|february)",
                                   "winter (forest|trees|night|day)", "wintry", "bare winter trees", "leafless")),
        ),
    ),
)  # fmt: skip
