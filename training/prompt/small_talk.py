"""What stands between wishes, what nobody can set, and how words are misspelt. Data only."""

from __future__ import annotations

OPENINGS = (
    "[please]", "i want", "i would like", "i'd like [to see]", "we need", "can we (have|get|see) [some]", "give me",
    "could you [please] (make|do|give me)", "let's (have|do|try|keep)", "let us see", "make it", "think", "imagine",
    "[a] (shot|picture|scene|view|image) (of|with)", "we see", "there (is|are|should be)", "it (is|should be|'s)",
    "[the] (director|supervisor|client|dop) (wants|asks for|would like)", "for this (one|shot|scene) [:]",
    "please make",
    "setting :", "env :", "looking for", "show", "show me", "in this shot", "exterior [,]", "ext . forest",
    "the idea is",
    "i think we (want|need)", "what about", "[maybe] try", "try (with|it with)", "same (setup|shot) [but] (with|,)",
    "now",
    "ok [so]", "so", "well ,", "[and] then", "basically", "just", "it has to be", "it must be", "set in", "picture",
)  # fmt: skip
"""Patterns before wishes; understood, without meaning."""

JOINTS = (
    ",", ",", ",", ",", ",", ", and", "and", "and", "with", "with", ", with", ".", ".", ";", "but", ", but", "plus",
    "also",
    ", also", "while", "in", "", "", "as well as", ", then", "where", "- ", ", maybe", "so", ", please ,", "that is",
    "which is",
)  # fmt: skip
"""Words between two wishes; an empty one lets them touch."""

CLOSINGS = (
    "please", ", please", "thanks", ", thank you", ", if possible", "in this one", "in this shot", "for the shot",
    "please .", "!",
    ".", "...", "for now", "today", ", that's it", "ok ?", "?", "as discussed", "in frame", "in the picture",
    "everywhere you look",
)  # fmt: skip
"""Patterns after wishes."""

SUBJECTS = (
    "[a|the] [burning] (forest|wood|woods|woodland|stand) [fire] [on fire|burning]",
    "[a|the] (forest|wild|bush|wood) fire",
    "[a|the] (forest|wood|woods|trees) (burns|is burning|burning|on fire|in flames)", "[a|the] wildfire",
    "[the] burning (trees|forest|woods)",
    "[the] (trees|forest|wood|woods)", "[the] fire", "[the] (blaze|flames)", "fire in the (forest|woods)",
    "trees on fire",
)  # fmt: skip
"""Patterns for what is made anyway."""

STRANGERS = (
    "a %", "the %", "two %", "some %", "with a %", "with % in the background", "and a % running past", "a % and a %",
    "% %",
    "a % standing between the trees", "a % flying overhead", "like in %", "in the style of %", "as in the film %",
    "a % hides behind a tree",
    "people with %", "a man with a %", "add a %", "a % burning", "make it more %", "it should feel %", "the mood is %",
    "the % looks at us",
    "no %", "without %", "% , % and %", "a group of %", "% everywhere", "old %", "a big %", "small % on the left",
    "a % in the middle", "%",
    "a % walks from the left", "the % turns right", "a % drives away from camera", "in the foreground a %",
    "a broken %", "the colour of %",
)  # fmt: skip
"""Patterns of what no vocabulary knows; % is a word of `STRANGE` or no word at all."""

STRANGE = """
    unicorn cottage tractor soldier knight robot castle bridge tent church tower train piano bicycle dog horse
    wolf bear owl eagle child woman man crowd villagers firefighter hunter witch wizard ghost monster zombie
    alien spaceship plane bus truck boat motorcycle fence road path sign lamp table chair window door roof
    chimney barn mill farm village city street station camp sword gun bomb laser magic portal rainbow comet
    planet galaxy ocean beach desert dune iceberg volcano lava waterfall cave sad happy lonely romantic
    mysterious beautiful ugly dramatic cinematic gritty dreamy surreal realistic cartoon anime noir gladiator
    titanic matrix jaws alien tarkovsky kubrick mozart running hiding walking dancing singing screaming crying
    laughing fighting jumping sleeping riding shooting eating swimming football music dialogue explosive helmet
    uniform camera-man cake purple pink turquoise silver golden-brown plastic metal glass concrete brick marble
    paper rope chain statue fountain garden das ist ein und der die nicht mit von wald feuer baum bäume licht
    sehr viel le la les des avec sans pour un une arbre feu el los las con sin fuego bosque noche il con fuoco
    bosco notte lorem ipsum dolor sit amet flipper engine tyre budget deadline
    """.split()  # noqa: SIM905 - two hundred words read better as text
"""Words that mean nothing here."""

SLIGHT = ("slightly", "a bit", "a little", "a little bit", "somewhat", "mildly", "kind of", "sort of", "a tad",
    "a touch", "ever so slightly",
          "only slightly", "just a bit")  # fmt: skip
PLAIN = ("quite", "pretty", "rather", "fairly", "reasonably", "relatively")
VERY = ("very", "really", "extremely", "super", "incredibly", "insanely", "absolutely", "totally", "completely", "so",
    "ultra", "massively",
        "hugely", "seriously", "mega", "very very", "unbelievably", "extra", "insane", "ridiculously", "really really",
        "exceptionally",
        "truly", "as possible", "properly", "terribly")  # fmt: skip

NOT = (
    "not",
    "not too",
    "not so",
    "not that",
    "not very",
    "nothing too",
    "never",
    "not overly",
    "not exactly",
    "less than",
)
IS_NOT = ("is not", "isn't", "isnt", "should not be", "shouldn't be", "must not be", "can't be", "is not too",
    "should not be too", "isn't very",
          "are not", "aren't", "shouldn't look", "not")  # fmt: skip
IS = (
    "is",
    "is",
    "are",
    "looks",
    "should be",
    "must be",
    "being",
    "feels",
    "seems",
    ":",
    "",
    "has to be",
    "to be",
    "needs to be",
)
MAKE = ("make", "keep", "i want", "have", "get", "leave")

AMOUNTS = {
    "none": (
        "(no|without|zero|no more|not any|minus|sans) * [at all|whatsoever|please]", "without any *", "no *", "no *",
        "without *",
        "there is no *", "there (is|are|should be) no *",
        "(kill|remove|lose|drop|delete|cut|get rid of|take out|ditch|switch off) [all] [the|that|any] *",
        "([i] don't|[i] do not|dont) (want|need|show|use) [any] *", "* free", "free of *", "* (off|gone|removed|none)",
        "* : (none|off|no|zero)",
        "not a (trace|hint|bit) of *", "we do not want to see [any] *", "(skip|leave out|forget|hide|omit) the *",
        "never any *", "* is out", "clear of *",
    ),
    "low": (
        ("(less|little|a little|a bit of|hardly any|barely any|a hint of|a touch of|minimal|not much|reduced|fewer"
        "|a trace of|only a little) *"),
        ("(reduce|lower|dial down|tone down|turn down|pull back|pull down|decrease|minimise|bring down|ease off"
        "|cut back on) the *"),
        "keep the * (low|minimal|subtle|down)", "the * (low|down) [a bit]",
        "* (should be|is|:) (low|minimal|faint|little|sparse|subtle)",
        "only (a few|a bit of|some|a little) *", "just (a few|a bit of|a little|a hint of) *", "hardly any *",
        "not a lot of *", "a few *", "few *",
        "half the *", "some light *", "down with the *",
    ),
    "some": ("[with] *", "some *", "there (is|are) *", "* in the (air|shot|picture|background|foreground)",
    "a (normal|moderate|medium) amount of *",
             "(keep|leave|have|show) [the] *", "moderate *", "* please", "* drifting [through|past]",
             "* [hanging] between the trees", "with some *"),
    "high": (
        ("(more|lots of|a lot of|much|plenty of|loads of|tons of|heaps of|full of|a ton of|masses of|many|extra"
        "|much more|a whole lot of) *"),
        "(increase|boost|crank up|push|add more|turn up|bring up|raise|pump up|amp up) the *",
        "* (everywhere|all over|all around)",
        "* (should be|is|:|are) (heavy|plenty|strong|a lot|high|max)",
        "(we need|need|want|give me) (more|lots of|a lot of) *", "up with the *", "lots of *",
        ("+:(so much|lots and lots of|way too much|an insane amount of|way more|a huge amount of|a crazy amount of"
        "|tons and tons of) *"),
        "+:(maximum|max|as much * as possible)", "more *", "thick with *", "the air is full of *",
        "* , (lots|plenty|loads) [of it|of them]",
        "!:(not|don't want|no) (too much|so much|that much|too many|so many) *", "!:not (a lot|lots) of *",
        "!:(not|without) too much *",
    ),
}  # fmt: skip
"""How much of something, by value; * is its noun."""

NUMBER_UNITS = {
    "speed": ((1, 25), ("m/s", "m/s", "m/s", "km/h", "kph", "mph", "knots", "metres per second", "meters per second",
    "kmh", "mps", "kt")),
    "length": ((2, 900), ("m", "m", "m", "metres", "meters", "metre", "meter", "feet", "ft", "km")),
    "duration": ((1, 60), ("minutes", "minutes", "min", "mins", "seconds", "s", "sec", "hours", "h", "minute", "hour")),
    "share": ((1, 35), ("%", "percent", "per cent")),
    "count": ((100, 2000), ("stems per hectare", "trees per hectare", "stems /ha", "trees /ha", "per hectare",
    "stems per ha", "trees per ha")),
    "number": ((1, 120), ("",)),
}  # fmt: skip
"""Range of whole numbers and spellings of units, by family."""

NUMBER_WORDS = (
    "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "twelve", "fifteen", "twenty", "thirty",
    "forty", "fifty", "sixty",
)  # fmt: skip
