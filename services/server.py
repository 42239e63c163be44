"""The command `usd-ai-server`: settings in, a server that runs until it is told to stop."""

from __future__ import annotations

import asyncio
import fcntl
import json
import logging
import os
import signal
import sys
import threading
from collections.abc import Generator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

import click

from services.door import Door, Tls
from usd_ai import app
from usd_ai.cli import exits
from usd_ai.config import Settings, load_project, load_settings
from usd_ai.core.engine import Engine
from usd_ai.core.errors import Conflict, InvalidRequest, UsdAiError

_log = logging.getLogger("usd_ai.door")

NOTE = "server.json"
"""In the state folder while the server runs: where it is. Clients that are told nothing look for it."""


@dataclass(frozen=True, slots=True)
class Place:
    """Where to listen, and the files that say so while the server runs."""

    host: str
    port: int
    notes: Sequence[Path]
    tls: Tls | None = None


@click.command(context_settings={"help_option_names": ["-h", "--help"]})
@click.option("--project", "projects", multiple=True, metavar="STUDIO_TOML", help="A show to serve; may be repeated.")
@click.option("--host", help="Address to listen on [127.0.0.1]; others need TLS.")
@click.option("--port", type=click.IntRange(0, 65535), help="Port to listen on [50391]; 0 takes a free one.")
@click.option("--state", metavar="DIR", help="Ledger, cache, key and work [.usd_ai in the show's folder].")
@click.option("--workers", type=click.IntRange(1, 64), help="Generations that run at the same time [2].")
@click.option("--ready-file", type=click.Path(path_type=Path), help="Written when calls are answered: address as JSON.")
@click.option("--tls-cert", type=click.Path(path_type=Path), help="PEM certificate of this server.")
@click.option("--tls-key", type=click.Path(path_type=Path), help="PEM key of this server.")
@click.option("--tls-clients", type=click.Path(path_type=Path), help="PEM authority whose clients may come in.")
@click.option("--json", "as_json", is_flag=True, help="Print the address as one JSON object when calls are answered.")
@click.option("--dry-run", is_flag=True, help="Read the settings and the shows, print them, start nothing.")
def main(
    projects: tuple[str, ...],
    host: str | None,
    port: int | None,
    state: str | None,
    workers: int | None,
    ready_file: Path | None,
    tls_cert: Path | None,
    tls_key: Path | None,
    tls_clients: Path | None,
    *,
    as_json: bool,
    dry_run: bool,
) -> None:
    """Serve shows over gRPC until SIGTERM; what runs then goes on at the next start."""
    logging.basicConfig(level=logging.INFO, format="%(levelname)s %(name)s: %(message)s", stream=sys.stderr)
    try:
        settings = load_settings(host=host, port=port, state=state, workers=workers, projects=_shows(projects) or None)
        if not settings.projects:
            raise InvalidRequest(
                "No show is named.", remedy="Use --project FOLDER/studio.toml, or start in a folder that has one."
            )
        tls = _tls(tls_cert, tls_key, tls_clients)
        shows = [load_project(Path(file)) for file in settings.projects]
        folder = Path(settings.state or Path(shows[0].root) / ".usd_ai").absolute()
        if dry_run:
            click.echo(json.dumps({**_plain(settings), "state": str(folder), "shows": [s.name for s in shows]}))
            return
        notes = [folder / NOTE, *([ready_file] if ready_file else [])]
        settings = replace(settings, state=str(folder))
        place = Place(settings.host, settings.port, notes, tls)
        with alone(folder):
            asyncio.run(serve(app.compose(settings), place, settings.workers, as_json=as_json))
    except UsdAiError as error:
        click.echo(f"error  {error.message}\n  now  {error.remedy}", err=True)
        sys.exit(exits.code_of(error))


async def serve(engine: Engine, place: Place, workers: int, *, as_json: bool = False) -> None:
    """Serve until SIGTERM or SIGINT; what is being generated then goes on at the next start."""
    stop, ended = threading.Event(), asyncio.Event()
    for signum in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(signum, ended.set)
    for sentence in await asyncio.to_thread(engine.start):
        _log.warning("%s", sentence)
    door = Door(engine)
    try:
        note = _note(await door.open(place.host, place.port, place.tls), engine)
        for number in range(workers):
            threading.Thread(target=engine.work, args=(stop,), name=f"work-{number}", daemon=True).start()
        for file in place.notes:
            _write(file, note)
        click.echo(note if as_json else f"usd_ai answers at {door.address}. Stop it with Ctrl-C.")
        await ended.wait()
        _log.info("stopping: no new calls, running ones may finish")
    finally:
        stop.set()
        await door.close()
        await asyncio.to_thread(engine.close)
        for file in place.notes:
            file.unlink(missing_ok=True)


@contextmanager
def alone(folder: Path) -> Generator[None]:
    """Hold a state folder. Raises Conflict where another server does: two would take each other's work for lost."""
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / "server.lock").open("a") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            raise Conflict(
                f"A server already works in {folder.name} of {folder.parent.name}.",
                remedy="Use that one (usd-ai doctor says where it is), or give this one another --state.",
                reason="STATE_IN_USE",
            ) from error
        yield


def _note(address: str, engine: Engine) -> str:
    shows = [show.name for show in engine.projects.all()]
    return json.dumps({"address": address, "pid": os.getpid(), "projects": shows})


def _write(file: Path, note: str) -> None:
    file.parent.mkdir(parents=True, exist_ok=True)
    partial = file.with_name(f".{file.name}.{os.getpid()}")
    partial.write_text(note + "\n", encoding="utf-8")
    partial.replace(file)


def _shows(given: tuple[str, ...]) -> tuple[str, ...]:
    if given or os.environ.get("USD_AI_PROJECTS"):
        return given
    return ("studio.toml",) if Path("studio.toml").is_file() else ()


def _tls(certificate: Path | None, key: Path | None, clients: Path | None) -> Tls | None:
    if certificate and key and clients:
        return Tls(certificate, key, clients)
    if certificate or key or clients:
        raise InvalidRequest("TLS needs three files.", remedy="Give --tls-cert, --tls-key and --tls-clients together.")
    return None


def _plain(settings: Settings) -> dict[str, object]:
    return {name: getattr(settings, name) for name in ("host", "port", "workers", "projects", "signer")}


if __name__ == "__main__":
    main(prog_name="usd-ai serve")
