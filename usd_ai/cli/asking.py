"""The options that `plan` and `generate` share: what a person may ask of a generator."""

from __future__ import annotations

import shlex
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, TypedDict, TypeVar

import click

from usd_ai.cli.verb import RateType, which_cut_option
from usd_ai.client import Studio
from usd_ai.client.handles import Wishes
from usd_ai.core.errors import InvalidRequest
from usd_ai.core.in_force import Chosen
from usd_ai.core.parameters import Parameter, resolve
from usd_ai.core.types import Detail, ParameterValue, Rate

_Function = TypeVar("_Function", bound=Callable[..., Any])

SCHEMA_HINT = "What can be --set, with ranges and defaults: usd-ai show generator burning_forest"


class Options(TypedDict):
    """The options besides the generator's own parameters, as click hands them over."""

    seed: int
    name: str
    camera: str
    ground: str
    first_look: bool
    meters_per_unit: float | None
    up_axis: str | None
    prompt: str
    cut: str
    rate: Rate | None
    sequence: str
    edit: tuple[str, ...]
    edits: Path | None


def wish_options(function: _Function) -> _Function:
    """All options that make a request."""
    for option in reversed(
        (
            click.option("-g", "--generator", default="burning_forest", show_default=True, help="What to make."),
            click.option("--set", "settings", multiple=True, metavar="NAME=VALUE", help="Set a parameter; repeatable."),
            click.option(
                "-p",
                "--prompt",
                default="",
                metavar="TEXT",
                help="What it shall look like, in English words; --set wins.",
            ),
            which_cut_option,
            click.option("--rate", type=RateType(), help="Frames per second of the cut, if it carries none (EDL)."),
            click.option("--sequence", default="", metavar="NAME", help="The cut's sequence, if a file holds several."),
            click.option("--edit", multiple=True, metavar="EDIT", help="Change one thing: 'remove 4711'."),
            click.option(
                "--edits",
                type=click.Path(path_type=Path, exists=True, dir_okay=False),
                help="File of edits, one a line; # begins a remark.",
            ),
            click.option("--seed", type=click.IntRange(0, 2**64 - 1), default=0, help="Start of all randomness."),
            click.option("--name", default="", help="Name of the layer and its root prim [the generator's id]."),
            click.option("--camera", default="", metavar="PRIM", help="Main camera [the only one]."),
            click.option("--ground", default="", metavar="PRIM", help="Ground [found under the cameras]."),
            click.option("--first-look", is_flag=True, help="Low detail in seconds, with the ids of the full layer."),
            click.option(
                "--meters-per-unit", type=click.FloatRange(0, min_open=True), help="For stages that author no units."
            ),
            click.option("--up-axis", type=click.Choice(["Y", "Z"]), help="For stages that author no up axis."),
        )
    ):
        function = option(function)
    return function


def wishes(options: Options) -> Wishes:
    """The options besides the generator's own parameters, as the client takes them. Raises InvalidRequest."""
    text = (_edits_of(options["edits"]),) if options["edits"] else ()
    return Wishes(
        edits=(*text, *options["edit"]),
        seed=options["seed"],
        name=options["name"],
        camera=options["camera"],
        ground=options["ground"],
        detail=Detail.FIRST_LOOK if options["first_look"] else Detail.FULL,
        meters_per_unit=options["meters_per_unit"] or 0.0,
        up_axis=options["up_axis"] or "",
        prompt=options["prompt"],
        cut=options["cut"],
        rate=options["rate"],
        sequence=options["sequence"],
    )


def cut_of(at: Studio, options: Options) -> Chosen:
    """The cut that is asked for, as it is to be read."""
    return at.which_cut(options["cut"], rate=options["rate"], sequence=options["sequence"])


def _edits_of(file: Path) -> str:
    try:
        return file.read_text(encoding="utf-8-sig")  # some editors begin a file with a mark that is no part of it
    except UnicodeDecodeError as error:
        raise InvalidRequest(
            f"{file.name} is not text in UTF-8: byte {error.start + 1} is not.",
            remedy="Save the file of edits as UTF-8.",
            reason="EDITS_UNREADABLE",
            context={"file": file.name},
        ) from error


def retold(generator: str, settings: Sequence[str], options: Options) -> str:
    """The options as they would be typed again, each with a space before it."""
    said = ["--generator", generator]
    for setting in settings:
        said += ["--set", setting]
    for name, value in options.items():
        if value is True:
            said.append(f"--{name.replace('_', '-')}")
        elif isinstance(value, tuple):
            for one in value:
                said += [f"--{name}", one]
        elif value:
            said += [f"--{name.replace('_', '-')}", str(value)]
    return f" {shlex.join(said)}"


def parameters(studio: Studio, generator: str, settings: Sequence[str]) -> dict[str, ParameterValue]:
    """What ``--set`` says, as the generator's schema reads it. Raises InvalidRequest, NotFound (generator)."""
    declared = {p.name: p for p in studio.generator(generator).parameters}
    given: dict[str, ParameterValue] = {}
    for setting in settings:
        name, equals, text = setting.partition("=")
        if not equals:
            raise InvalidRequest(
                f"'{setting}' sets nothing.", remedy="Write --set NAME=VALUE.", reason="SETTING_INVALID"
            )
        if name in given:
            raise InvalidRequest(f"Parameter '{name}' is set twice.", remedy="Set it once.", reason="PARAMETER_TWICE")
        given[name] = _known(declared, name).parse(text)
    return given


def _known(declared: dict[str, Parameter], name: str) -> Parameter:
    if name not in declared:
        resolve(declared.values(), {name: ""})  # refuses it, naming the nearest ones
    return declared[name]
