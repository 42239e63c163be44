"""`usd-ai doctor`: what is there, what is missing, and the command that mends each. Works without a server."""

from __future__ import annotations

import os
import platform
import shlex
import shutil
import sqlite3
import sys
from collections.abc import Iterator
from contextlib import closing
from dataclasses import asdict, dataclass
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

import click
from rich.text import Text

from usd_ai.cli import exits, output
from usd_ai.cli.verb import Verb, json_option
from usd_ai.client import Studio, connect
from usd_ai.client import address as addresses
from usd_ai.core.errors import InvalidRequest, UsdAiError

_BASE = ("usd-core", "grpcio", "protobuf", "cryptography", "rfc8785", "click", "rich")
_SERVER = ("torch", "numpy", "scipy", "numba", "mitsuba", "OpenTimelineIO", "SQLAlchemy")
_ROOM = 6 << 30
_STYLES = {"ok": "green", "note": "yellow", "bad": "bold red"}


@dataclass(frozen=True, slots=True)
class Finding:
    """One line. ``state``: "ok", "note" (works without it) or "bad"; a bad one has a command that mends it."""

    what: str
    state: str
    found: str
    command: str = ""


@click.command("doctor", cls=Verb)
@click.option("--server", metavar="HOST:PORT", help="Also require this server to answer.")
@click.option("--state", metavar="FOLDER", help="The server's state folder [.usd_ai here or above].")
@json_option
@click.pass_context
def command(context: click.Context, server: str | None, state: str | None, *, as_json: bool) -> None:
    """Check this installation. Every red line ends in the command that mends it."""
    folder = _state_folder(state)
    findings = [
        _python(),
        *(_library(name, "usd-ai", needed=True) for name in _BASE),
        *(_library(name, "usd-ai[server]", needed=False) for name in _SERVER),
        _disk(folder),
        _memory(),
        *_state(folder),
        *_server(server),
        *_corpus(),
    ]
    if as_json:
        ok = all(f.state != "bad" for f in findings)
        output.as_json({"ok": ok, "platform": platform.platform(), "findings": [asdict(f) for f in findings]})
    else:
        output.table(
            ("", "what", "found", "command"),
            [(Text(f.state, style=_STYLES[f.state]), f.what, f.found, f.command) for f in findings],
        )
    context.exit(exits.FAILED if any(f.state == "bad" for f in findings) else exits.OK)


def _python() -> Finding:
    found = platform.python_version()
    if sys.version_info >= (3, 11):  # noqa: UP036 - says so to whoever runs it where pip did not check
        return Finding("python", "ok", found)
    return Finding("python", "bad", f"{found}, 3.11 or newer is needed", "python3.11 -m venv .venv")


def _library(name: str, requirement: str, *, needed: bool) -> Finding:
    try:
        return Finding(name, "ok", version(name))
    except PackageNotFoundError:
        pip = f"{shlex.quote(sys.executable)} -m pip install '{requirement}'"
        return Finding(name, "bad" if needed else "note", "missing" if needed else "missing (a server needs it)", pip)


def _disk(folder: Path) -> Finding:
    there = next(place for place in (folder, *folder.parents) if place.exists())
    free = shutil.disk_usage(there).free
    if free >= _ROOM:
        return Finding("disk", "ok", f"{output.size(free)} free")
    return Finding(
        "disk", "bad", f"{output.size(free)} free, 6 GiB are wanted", f"du -xh -d2 {shlex.quote(str(there))}"
    )


def _memory() -> Finding:
    try:
        total = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    except (ValueError, OSError):
        return Finding("memory", "note", "unknown on this system")
    if total >= _ROOM:
        return Finding("memory", "ok", output.size(total))
    return Finding("memory", "note", f"{output.size(total)}, 6 GiB are wanted", "usd-ai serve --workers 1")


def _state(folder: Path) -> Iterator[Finding]:
    if not folder.is_dir():
        yield Finding(
            "state",
            "note",
            "none in this folder or above; serving a show makes one beside its studio.toml",
            "usd-ai serve --project STUDIO_TOML",
        )
        return
    yield Finding("state", "ok", str(folder))
    key = folder / "keys" / "signing.pem"
    if not key.is_file():
        yield Finding("signing key", "note", "none yet; the first start makes it", "usd-ai serve --project STUDIO_TOML")
    elif key.stat().st_mode & 0o077:
        yield Finding("signing key", "bad", "others can read it", f"chmod 600 {shlex.quote(str(key))}")
    else:
        yield Finding("signing key", "ok", "readable by its owner alone")
    yield _ledger(folder / "ledger.sqlite")


def _ledger(file: Path) -> Finding:
    if not file.is_file():
        return Finding("ledger", "note", "none yet; the first start makes it", "usd-ai serve --project STUDIO_TOML")
    try:
        with closing(sqlite3.connect(f"{file.absolute().as_uri()}?mode=ro", uri=True, timeout=2.0)) as ledger:
            (verdict,) = ledger.execute("PRAGMA quick_check(1)").fetchone()
    except sqlite3.Error as error:
        verdict = str(error)
    if verdict == "ok":
        return Finding("ledger", "ok", f"whole, {output.size(file.stat().st_size)}")
    recovered = shlex.quote(f"{file}.recovered")
    return Finding("ledger", "bad", verdict, f"sqlite3 {shlex.quote(str(file))} .recover | sqlite3 {recovered}")


def _server(given: str | None) -> Iterator[Finding]:
    address = addresses.find(given)
    required = bool(given or os.environ.get("USD_AI_SERVER"))
    try:
        with connect(address) as studio:
            yield Finding("server", "ok", f"{studio.address} serves {studio.project}")
            yield _cut(studio)
    except InvalidRequest as error:  # it answers, and serves several projects
        yield Finding("server", "ok", f"{address}: {error.message}")
    except UsdAiError as error:
        state, words = ("bad", error.message) if required else ("note", f"none at {address}")
        yield Finding("server", state, words, "usd-ai serve --project STUDIO_TOML")


def _cut(studio: Studio) -> Finding:
    """The cut in force: what is made now is made for it."""
    try:
        return Finding("cut", "ok", studio.which_cut().told)
    except UsdAiError as error:
        return Finding("cut", "note", error.message, "usd-ai shots")


def _corpus() -> Iterator[Finding]:
    named = os.environ.get("USD_AI_CORPUS")
    if named and not Path(named).is_dir():
        yield Finding("test corpus", "bad", "USD_AI_CORPUS names no folder", "unset USD_AI_CORPUS")
    elif named:
        yield Finding("test corpus", "ok", named)


def _state_folder(given: str | None) -> Path:
    named = given or os.environ.get("USD_AI_STATE")
    if named:
        return Path(named).absolute()
    here = Path.cwd()
    folders = (place / addresses.STATE for place in (here, *here.parents))
    return next((folder for folder in folders if folder.is_dir()), here / addresses.STATE)
