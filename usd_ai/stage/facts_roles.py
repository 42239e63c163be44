"""What a host prim is, told by the words of its path: a path, water, a building, a rock, the ground."""

from __future__ import annotations

import re

ROLES = {
    "ground": "ground terrain land landscape floor grass field meadow hill hillside heightfield dirt soil",
    "path": "path road trail track lane street driveway walkway pavement sidewalk footpath",
    "water": "water river lake pond stream creek brook sea ocean pool",
    "building": (
        "building barn house cabin shed hut tower church garage roof wall farmhouse cottage chapel mill "
        "shack stable silo porch chimney"
    ),
    "rock": "rock stone boulder cliff crag scree",
    "sky": "sky skydome dome backdrop cyclorama cyc matte",
}
_BY_WORD = {word: role for role, words in ROLES.items() for word in words.split()}
_WORD = re.compile(r"[A-Z]?[a-z]+|[A-Z]+(?![a-z])")


def role_of(path: str) -> str:
    """The role of a prim: "ground", "path", "water", "building", "rock", "sky" or "other".

    The name nearest to the prim decides, and in a name the last word that means something, as in English:
    ``river_rock`` is a rock, ``stonePath`` a path, and ``/set/barn/door`` belongs to a building.
    """
    for name in reversed(path.strip("/").split("/")):
        for word in reversed(_WORD.findall(name)):
            plain = word.lower()
            role = _BY_WORD.get(plain) or _BY_WORD.get(plain.removesuffix("s"))
            if role:
                return role
    return "other"
