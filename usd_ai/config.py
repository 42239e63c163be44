"""Every setting, its default and one sentence. A TOML file first, then ``USD_AI_*`` variables over it.

Two files are read: the show's ``studio.toml`` (what the show is) and, through the environment or the command line,
where this server keeps its own things.
"""

from __future__ import annotations

import os
import re
import string
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from usd_ai.core.cuts import COMP, MOST_HANDLES, STAGE
from usd_ai.core.errors import InvalidRequest, NotFound, UnreadableInput
from usd_ai.core.naming import Naming, fault_of
from usd_ai.core.places import inside
from usd_ai.core.types import Project, Rate

_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,119}")
_WIDTH_HEIGHT = 2


@dataclass(frozen=True, slots=True)
class Settings:
    """Settings of a server."""

    host: str = field(default="127.0.0.1", metadata={"doc": "Address to listen on; plain text only on loopback."})
    port: int = field(default=50391, metadata={"doc": "Port to listen on; 0 takes a free one and prints it."})
    workers: int = field(default=2, metadata={"doc": "Generations that run at the same time, one child process each."})
    state: str = field(
        default="", metadata={"doc": "Folder for ledger, cache, key and work; default: .usd_ai in the show's folder."}
    )
    projects: tuple[str, ...] = field(
        default=(), metadata={"doc": "studio.toml files of the shows to serve; in the environment separated by ':'."}
    )
    signer: str = field(default="usd_ai", metadata={"doc": "Name under which this server's key is listed as trusted."})


def load_settings(environment: Mapping[str, str] | None = None, **given: object) -> Settings:
    """Settings from the environment, with ``given`` (what the command line said; None = not said) over them.

    Raises InvalidRequest for a value that is not of its setting's type.
    """
    environment = os.environ if environment is None else environment
    values: dict[str, Any] = {}
    for name in ("host", "port", "workers", "state", "projects", "signer"):
        text = environment.get(f"USD_AI_{name.upper()}")
        if text is not None:
            values[name] = _parsed(name, text)
        if given.get(name) is not None:
            values[name] = given[name]
    return Settings(**values)


def load_project(file: Path) -> Project:
    """The show that a ``studio.toml`` describes. Raises NotFound, UnreadableInput, InvalidRequest."""
    if not file.is_file():
        raise NotFound(f"There is no {file.name} at the place given.", remedy="Pass --project FILE with a studio.toml.")
    try:
        document = tomllib.loads(file.read_text(encoding="utf-8"))
        table = document["project"]
    except (tomllib.TOMLDecodeError, UnicodeDecodeError, KeyError, TypeError) as error:
        raise UnreadableInput(
            f"{file.name} is not a studio file: {error}.",
            remedy="It is TOML with a [project] table; examples/demo_studio shows one.",
        ) from error
    unknown = sorted(set(table) - {"name", "cut", "rate", "handles", "stage", "publish", "resolution"})
    missing = [key for key in ("name", "cut", "stage") if key not in table]
    if unknown or missing:
        what = f"does not know {', '.join(unknown)}" if unknown else f"needs {', '.join(missing)}"
        raise InvalidRequest(f"The [project] table of {file.name} {what}.", remedy="Mend the file and start again.")
    editorial = document.get("editorial", {})
    return _project(file, table, _naming(file, editorial), editorial.get("retimes", STAGE))


def _naming(file: Path, table: Any) -> Naming:  # noqa: ANN401 - what TOML holds
    """The studio's naming convention: the ``[editorial]`` table, where there is one."""
    if not isinstance(table, dict) or set(table) - {"shots", "ignored_reels", "sequence", "retimes"}:
        raise InvalidRequest(
            f"The [editorial] table of {file.name} holds what is not known there.",
            remedy="It knows shots, ignored_reels, sequence and retimes.",
            reason="STUDIO_FILE_INVALID",
        )
    patterns: dict[str, tuple[str, ...]] = {}
    for key in ("shots", "ignored_reels"):
        given = table.get(key, [])
        listed = [given] if isinstance(given, str) else given
        _demand(file, isinstance(listed, list), key, "a list of regular expressions", "editorial")
        for pattern in listed:
            fault = fault_of(pattern, needs_shot=key == "shots")
            wanted = f"regular expressions in single quotes: {pattern!r} {fault}"
            _demand(file, not fault, key, wanted, "editorial")
        patterns[key] = tuple(listed)
    sequence = table.get("sequence", "")
    _demand(file, isinstance(sequence, str), "sequence", "the name of a sequence", "editorial")
    _demand(file, table.get("retimes", STAGE) in (STAGE, COMP), "retimes", f'"{STAGE}" or "{COMP}"', "editorial")
    return Naming(patterns["shots"], patterns["ignored_reels"], sequence)


def _project(file: Path, table: Mapping[str, Any], naming: Naming, retimes: str) -> Project:
    name, stage, publish = str(table["name"]), str(table["stage"]), str(table.get("publish", "publish"))
    handles, resolution = table.get("handles", 8), table.get("resolution", (4096, 2160))
    sizes: Any = tuple(resolution) if isinstance(resolution, list | tuple) else ()
    _demand(file, bool(_NAME.fullmatch(name)), "name", "letters, digits, '.', '_' and '-', not beginning with a sign")
    _demand(file, _only_shot(stage), "stage", "a path with {shot} in it and no other {word}")
    few = _whole(handles, least=0) and handles <= MOST_HANDLES
    _demand(file, few, "handles", f"a whole number of frames, 0 to {MOST_HANDLES}")
    sized = len(sizes) == _WIDTH_HEIGHT and all(_whole(size, least=16) for size in sizes)
    _demand(file, sized, "resolution", "[width, height] in pixels")
    show = Project(
        name=name,
        root=str(file.resolve().parent),
        cut=str(table["cut"]),
        rate=_rate(str(table["rate"])) if "rate" in table else None,
        handles=handles,
        stage=stage,
        publish=publish,
        resolution=sizes,
        naming=naming,
        retimes=retimes,
    )
    for path in (show.cut, show.publish, show.stage.format(shot="shot")):
        inside(show, path)
    return show


def _demand(file: Path, holds: bool, key: str, wanted: str, table: str = "project") -> None:
    if not holds:
        raise InvalidRequest(
            f"'{key}' in the [{table}] table of {file.name} cannot be used.",
            remedy=f"Give {wanted}.",
            reason="STUDIO_FILE_INVALID",
            context={"key": key},
        )


def _whole(value: object, *, least: int) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and value >= least


def _only_shot(template: str) -> bool:
    try:
        words = [word for _, word, _, _ in string.Formatter().parse(template) if word is not None]
    except ValueError:
        return False
    return words != [] and set(words) == {"shot"}


class ConfiguredProjects:
    """`core.ports.Projects` over the studio files that the settings name.

    Raises InvalidRequest for two of one name, and for two that publish into one folder: each would take the versions of
    the other's shot of the same name for left-overs of its own.
    """

    def __init__(self, projects: Sequence[Project]) -> None:
        self._projects = {project.name: project for project in projects}
        folders = {(Path(show.root) / show.publish).resolve(): show.name for show in projects}
        for given, what in ((self._projects, "have one name"), (folders, "publish into one folder")):
            if len(given) < len(projects):
                raise InvalidRequest(
                    f"Two of the studio files {what}: {', '.join(sorted(show.name for show in projects))}.",
                    remedy='Give each a name and a folder of its own: name = "sq020", publish = "publish/sq020".',
                    reason="STUDIO_FILE_INVALID",
                )

    def get(self, name: str) -> Project:
        """The project of that name. Raises NotFound naming those that exist."""
        project = self._projects.get(name)
        if project is None:
            raise NotFound(
                f"This server has no project '{name}'.",
                remedy=f"It serves: {', '.join(sorted(self._projects)) or 'none'}.",
                reason="PROJECT_NOT_FOUND",
                context={"project": name},
            )
        return project

    def all(self) -> Sequence[Project]:
        """All of them, sorted by name."""
        return [self._projects[name] for name in sorted(self._projects)]


def _parsed(name: str, text: str) -> object:
    if name == "projects":
        return tuple(part for part in text.split(os.pathsep) if part)
    if name in {"port", "workers"}:
        if not text.isdigit():
            raise InvalidRequest(f"USD_AI_{name.upper()} is {text!r}, not a whole number.", remedy="Set a number.")
        return int(text)
    return text


def _rate(text: str) -> Rate:
    # Editorial is imported here, not above: reading settings must not pull OpenTimelineIO into a client.
    from usd_ai.editorial.rates import parse_rate  # noqa: PLC0415

    return parse_rate(text)
