"""What all verbs share: how they fail, how they find the server, how options are spelled."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from typing import Any, TypeVar, Unpack

import click

from usd_ai.cli import exits, output
from usd_ai.client import Studio, connect
from usd_ai.client.reading import Reading
from usd_ai.core.errors import UsdAiError
from usd_ai.core.types import Notice, Rate

_Function = TypeVar("_Function", bound=Callable[..., Any])

_SPELLED_AS_DECIMAL = {"23.976": (24000, 1001), "23.98": (24000, 1001), "29.97": (30000, 1001), "59.94": (60000, 1001)}


class Verb(click.Command):
    """A command whose domain errors become a sentence (or an object, with ``--json``) and an exit code."""

    def invoke(self, ctx: click.Context) -> object:
        """Run the verb; a domain error is told, and sets the exit code."""
        try:
            return super().invoke(ctx)
        except UsdAiError as error:
            if ctx.params.get("as_json"):
                output.as_json(output.refusal_object(error))
            else:
                output.refusal(error)
            ctx.exit(self.code_of(error))

    def code_of(self, error: UsdAiError) -> int:
        """The exit code of an error."""
        return exits.code_of(error)


class Comparison(Verb):
    """A verb whose exit codes are those of diff(1): 0 nothing is different, 1 something is, 2 trouble."""

    def code_of(self, error: UsdAiError) -> int:
        """Trouble, whatever it is."""
        del error
        return exits.TROUBLE


class RateType(click.ParamType):
    """Frames per second: ``24``, ``24000/1001``, or a decimal that everybody means a fraction by."""

    name = "rate"

    def convert(self, value: object, param: click.Parameter | None, ctx: click.Context | None) -> Rate:
        """The rate a person wrote."""
        text = str(value)  # a rate that was converted before is written as it is read
        if text in _SPELLED_AS_DECIMAL:
            return Rate(*_SPELLED_AS_DECIMAL[text])
        match = re.fullmatch(r"([1-9]\d{0,8})(?:/([1-9]\d{0,8}))?", text)
        if match is None:
            self.fail(f"'{value}' is no frame rate: write 24, 25, 24000/1001, or 23.976.", param, ctx)
        return Rate(int(match[1]), int(match[2] or 1))


class SizeType(click.ParamType):
    """Width and height in pixels: ``960x540``."""

    name = "size"

    def convert(self, value: object, param: click.Parameter | None, ctx: click.Context | None) -> tuple[int, int]:
        """Width and height."""
        match = re.fullmatch(r"(\d{2,4})x(\d{2,4})", str(value))
        if match is None:
            self.fail(f"'{value}' is no size: write WIDTHxHEIGHT, for example 960x540.", param, ctx)
        return int(match[1]), int(match[2])


class FramesType(click.ParamType):
    """Frames with commas between them: ``1001,1024,1048``."""

    name = "frames"

    def convert(self, value: object, param: click.Parameter | None, ctx: click.Context | None) -> tuple[int, ...]:
        """The frames, in the order given."""
        parts = [part for part in str(value).split(",") if part]
        if not all(re.fullmatch(r"-?\d{1,8}", part) for part in parts):
            self.fail(f"'{value}' is no list of frames: write 1001,1024,1048.", param, ctx)
        return tuple(int(part) for part in parts)


def cut_options(function: _Function) -> _Function:
    """``--rate``, ``--handles`` and ``--sequence``: how a cut is to be read."""
    rate = click.option("--rate", type=RateType(), help="Frames per second, for cuts that carry none (EDL).")
    handles = click.option("--handles", type=click.IntRange(min=0), help="Frames wanted before and after what is seen.")
    sequence = click.option("--sequence", default="", metavar="NAME", help="The sequence, where a file holds several.")
    return rate(handles(sequence(function)))


def which_cut_option(function: _Function) -> _Function:
    """``--cut``: another cut than the one in force."""
    told = "A cut inside the project, or one of the history by its label [the cut in force]."
    return click.option("--cut", default="", metavar="CUT", help=told)(function)


def tell_cut(at: Studio, cut: str, **reading: Unpack[Reading]) -> None:
    """Say beside the answer which cut is used: nobody shall render hours for the wrong one."""
    output.aside(f"cut  {at.which_cut(cut, **reading).told}")


def tell_notices(notices: Sequence[Notice], of: str = "") -> None:
    """Say beside the answer what could not be read, or only guessed; ``of``: of which cut, where there are two."""
    for notice in notices:
        where = " ".join(word for word in (of, f"line {notice.line}" if notice.line else "") if word)
        output.aside(f"{notice.severity}  {where}{': ' if where else ''}{notice.message}")


def notice_objects(notices: Sequence[Notice]) -> list[dict[str, Any]]:
    """The same for a program."""
    return [{"severity": notice.severity, "message": notice.message, "line": notice.line} for notice in notices]


def json_option(function: _Function) -> _Function:
    """``--json``: one object for programs instead of words for people."""
    return click.option("--json", "as_json", is_flag=True, help="Print one JSON object instead of words.")(function)


def dry_run_option(function: _Function) -> _Function:
    """``--dry-run``: say what would happen and change nothing."""
    return click.option("--dry-run", is_flag=True, help="Say what would happen and change nothing.")(function)


def server_options(function: _Function) -> _Function:
    """``--server`` and ``--project``: where to ask, and for which show."""
    server = click.option(
        "--server", metavar="HOST:PORT", help="The server; else USD_AI_SERVER, else the one running for this folder."
    )
    project = click.option("--project", default="", metavar="NAME", help="The project, where the server has several.")
    return server(project(function))


def studio(server: str | None, project: str) -> Studio:
    """The server, after it answered. Raises ServerAway."""
    return connect(server, project=project)
