"""Resource names: taken apart, checked, put together. The rest of the door sees only their parts."""

from __future__ import annotations

import re
from dataclasses import dataclass

from usd_ai.core.errors import InvalidRequest
from usd_ai.core.ports import Projects

OPERATION_PREFIX = "operations/"
_ID = r"[A-Za-z0-9][A-Za-z0-9._-]{0,119}"
_SHOT_ID = r"[^/.\x00-\x1f\x7f][^/\x00-\x1f\x7f]{0,119}"  # editorial names shots as it likes
_CUT_ID = r"[^\x00-\x1f\x7f]{1,400}"  # a cut's key has a slash; whether there is one, the history says
_PROJECT = re.compile(rf"projects/(?P<project>{_ID}|-)")
_SHOT = re.compile(rf"projects/(?P<project>{_ID}|-)/shots/(?P<shot>{_SHOT_ID})")
_GENERATION = re.compile(rf"projects/(?P<project>{_ID}|-)/shots/(?P<shot>{_SHOT_ID})/generations/(?P<generation>{_ID})")
_VERSION = re.compile(
    rf"projects/(?P<project>{_ID}|-)/shots/(?P<shot>{_SHOT_ID})/layers/(?P<layer>{_ID})/versions/(?P<number>[1-9]\d{{0,8}}|latest)"
)
_CUT_SHOT = re.compile(rf"projects/(?P<project>{_ID}|-)/cuts/(?P<cut>{_CUT_ID})/shots/(?P<shot>{_SHOT_ID})")
_GENERATOR = re.compile(rf"generators/(?P<generator>{_ID})")


@dataclass(frozen=True, slots=True)
class VersionName:
    """The parts of a version's name; ``number`` 0 is the latest."""

    project: str
    shot: str
    layer: str
    number: int


def project(name: str, projects: Projects) -> str:
    """The project a name means; ``projects/-`` is the only one served."""
    return _served(_parts(_PROJECT, name, "projects/{project}")["project"], projects)


def shot(name: str, projects: Projects, *, any_shot: bool = False) -> tuple[str, str]:
    """Project and shot of a name; with ``any_shot``, ``shots/-`` gives "" as the shot."""
    parts = _parts(_SHOT, name, "projects/{project}/shots/{shot}")
    if parts["shot"] == "-" and not any_shot:
        raise InvalidRequest(
            f"'{name}' names no shot.", remedy="Name one shot; 'shots/-' is for lists.", reason="NAME_INVALID"
        )
    return _served(parts["project"], projects), "" if parts["shot"] == "-" else parts["shot"]


def generation(name: str, projects: Projects) -> str:
    """The full name of a generation."""
    parts = _parts(_GENERATION, name, "projects/{project}/shots/{shot}/generations/{generation}")
    served = _served(parts["project"], projects)
    return f"projects/{served}/shots/{parts['shot']}/generations/{parts['generation']}"


def operation(name: str, projects: Projects) -> str:
    """The name of the generation that an operation carries out."""
    return generation(name.removeprefix(OPERATION_PREFIX), projects)


def version(name: str, projects: Projects) -> VersionName:
    """The parts of a version's name."""
    pattern = "projects/{project}/shots/{shot}/layers/{layer}/versions/{version}"
    parts = _parts(_VERSION, name, pattern)
    number = 0 if parts["number"] == "latest" else int(parts["number"])
    return VersionName(_served(parts["project"], projects), parts["shot"], parts["layer"], number)


def cut_shot(name: str, projects: Projects) -> tuple[str, str, str]:
    """Project, cut ("" = the one applied last) and shot of a name."""
    parts = _parts(_CUT_SHOT, name, "projects/{project}/cuts/{cut}/shots/{shot}")
    cut = "" if parts["cut"] == "latest" else parts["cut"]
    return _served(parts["project"], projects), cut, parts["shot"]


def generator(name: str) -> str:
    """The id of a generator."""
    return _parts(_GENERATOR, name, "generators/{generator}")["generator"]


def _parts(pattern: re.Pattern[str], name: str, shape: str) -> dict[str, str]:
    match = pattern.fullmatch(name)
    if match is None:
        raise InvalidRequest(
            f"'{name[:200]}' is not a name of the kind {shape}.",
            remedy="Use a name as a list returned it; ids are letters, digits, '.', '_' and '-'.",
            reason="NAME_INVALID",
            context={"pattern": shape},
        )
    return match.groupdict()


def _served(name: str, projects: Projects) -> str:
    if name != "-":
        return name
    served = [show.name for show in projects.all()]
    if len(served) != 1:
        raise InvalidRequest(
            f"'projects/-' stands for the only project, and this server has {len(served)}.",
            remedy=f"Name one of: {', '.join(served) or 'none; start the server with --project'}.",
            reason="PROJECT_AMBIGUOUS",
        )
    return served[0]
