#!/usr/bin/env python3
"""The whole job on a small show, as `make demo` runs it: a cut goes in, burning forests come out, the timeline knows.

    python examples/demo.py --out demo [--shots sh010,sh020,sh030,sh040] [--first-look]

Builds the demo studio in OUT, starts the server on loopback, and asks over gRPC as any client would. Nothing is written
outside OUT. Run it again and everything is found already built.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import time
import tomllib
import uuid
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path

from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn
from rich.table import Column, Table

import usd_ai

HERE = Path(__file__).resolve().parent
GENERATOR = "burning_forest"
SEED = 7
START_SECONDS = 60.0

console = Console(highlight=False)


def main() -> int:
    """Run the demo; the exit code."""
    asked = _arguments()
    out = asked.out.resolve()
    begun = time.monotonic()
    console.print(f"[bold]usd_ai[/] demo in {asked.out}")
    if not (out / "studio.toml").is_file():  # a studio that is there has its own history by now
        _run([sys.executable, str(HERE / "demo_studio" / "build.py"), str(out)])
    fire = tomllib.loads((out / "fire.toml").read_text(encoding="utf-8"))
    with serving(out) as address, usd_ai.connect(address) as studio:
        names = asked.shots.split(",")
        _tell_cut(studio)
        plans = {name: _parameters(fire, name) for name in names}
        _tell_plans(studio, plans, asked.detail)
        made = _generate(studio, plans, asked.detail)
        versions = {name: made[name].publish(str(uuid.uuid5(uuid.NAMESPACE_OID, made[name].name))) for name in names}
        timeline, carrying = studio.write_timeline("editorial/sq010_v001_usd_ai.otio")
        sheet, _ = studio.contact_sheet("contact_sheet.png")
    _tell_result(asked.out, made, versions, timeline, len(carrying), sheet)
    console.print(f"[bold]{time.monotonic() - begun:.0f} s[/] from the first line to the picture.")
    return 0


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--out", type=Path, default=Path("demo"), help="folder for everything (default: demo)")
    parser.add_argument("--shots", default="sh010,sh020,sh030,sh040", help="shots to burn, separated by commas")
    parser.add_argument(
        "--first-look",
        dest="detail",
        action="store_const",
        const=usd_ai.Detail.FIRST_LOOK,
        default=usd_ai.Detail.FULL,
        help="quick low-detail layers and pictures",
    )
    return parser.parse_args()


@contextmanager
def serving(out: Path) -> Iterator[str]:
    """A server for the show in ``out``, as a program of its own; its address."""
    state = out / ".usd_ai"  # where a server keeps its things unless told otherwise, so the next one finds them
    ready = state / "ready.json"
    log = state / "server.log"
    state.mkdir(parents=True, exist_ok=True)
    ready.unlink(missing_ok=True)
    command = [sys.executable, "-m", "usd_ai.cli.main", "serve", "--project", str(out / "studio.toml")]
    command += ["--state", str(state), "--port", "0", "--ready-file", str(ready)]
    with log.open("ab") as stream:
        server = subprocess.Popen(command, stdout=stream, stderr=stream)  # noqa: S603 - our own program
    try:
        deadline = time.monotonic() + START_SECONDS
        while not ready.is_file():
            if server.poll() is not None or time.monotonic() > deadline:
                tail = log.read_text(encoding="utf-8", errors="replace").splitlines()[-5:]
                raise SystemExit("\n".join(["The server did not start. Its log ends:", *tail]))
            time.sleep(0.05)
        yield str(json.loads(ready.read_text(encoding="utf-8"))["address"])
    finally:
        server.terminate()
        try:
            server.wait(timeout=15)
        except subprocess.TimeoutExpired:
            server.kill()


def _parameters(fire: dict[str, dict[str, float | str]], shot: str) -> dict[str, float | str]:
    """The director's fire, and the moment of it that this shot shows."""
    return {**fire["world"], "story_time": fire["story_time"][shot]}


def _tell_cut(studio: usd_ai.Studio) -> None:
    cut = studio.cut()
    table = Table("shot", "used", "seen", "needed", "rate", title=f"{cut.name}: {cut.duration} frames", box=None)
    for shot in cut.shots:
        used = f"{len(shot.occurrences)}×"
        table.add_row(shot.name, used, str(shot.visible), str(shot.needed), str(shot.rate))
    console.print(table)


def _tell_plans(studio: usd_ai.Studio, plans: dict[str, dict[str, float | str]], detail: usd_ai.Detail) -> None:
    table = Table("shot", "plan", "world", "trees", "flames", "about", title="Plans", box=None)
    with ThreadPoolExecutor(2) as pool:
        previews = pool.map(
            lambda name: studio.shot(name).plan(GENERATOR, plans[name], seed=SEED, detail=detail), plans
        )
        for name, preview in zip(plans, previews, strict=True):
            counts = dict(preview.forecast.elements)
            about = f"{preview.forecast.seconds:.0f} s, {preview.forecast.bytes / 1e6:.0f} MB"
            table.add_row(
                name, preview.digest[:12], preview.world_digest[:12], f"{counts['trees']:,}",
                str(counts["flames"]), about,
            )  # fmt: skip
    console.print(table)


def _generate(
    studio: usd_ai.Studio, plans: dict[str, dict[str, float | str]], detail: usd_ai.Detail
) -> dict[str, usd_ai.GenerationHandle]:
    """Ask for all layers at once and show them come; ends the program where one fails."""
    handles = {
        name: studio.shot(name).generate(GENERATOR, given, seed=SEED, detail=detail) for name, given in plans.items()
    }
    bars = Progress(
        TextColumn("{task.fields[shot]}"), BarColumn(bar_width=32), TextColumn("{task.percentage:>3.0f}%"),
        TimeElapsedColumn(), TextColumn("[dim]{task.description}", table_column=Column(ratio=1, no_wrap=True)),
        console=console, expand=True,
    )  # fmt: skip
    with bars, ThreadPoolExecutor(len(handles)) as pool:
        tasks = {name: bars.add_task("queued", total=1.0, shot=name) for name in handles}

        def follow(name: str) -> None:
            handles[name].wait(lambda p: bars.update(tasks[name], completed=p.fraction, description=p.message))

        for outcome in [pool.submit(follow, name) for name in handles]:
            try:
                outcome.result()
            except usd_ai.errors.UsdAiError as error:
                raise SystemExit(str(error)) from error
    return handles


def _tell_result(
    out: Path,
    made: dict[str, usd_ai.GenerationHandle],
    versions: dict[str, usd_ai.Version],
    timeline: str,
    carrying: int,
    sheet: str,
) -> None:
    root = out.resolve()

    def here(path: str) -> str:
        return str(out / Path(path).relative_to(root))

    for name, version in versions.items():
        generation = made[name].snapshot
        folder = here(version.folder)
        how = "cache hit: same plan, same bytes" if generation.cached else f"built in {generation.seconds:.0f} s"
        console.print(f"\n[bold]{name}[/] {version.name} v{version.number:03} ({how})")
        console.print(f"  layer    {folder}/{version.name}.usda", soft_wrap=True)
        console.print(f"  record   {folder}/record.json", soft_wrap=True)
        console.print(f"  picture  {folder}/preview.png", soft_wrap=True)
    first = next(iter(versions.values()))
    layer = f"{here(first.folder)}/{first.name}.usda"
    console.print(f"\n[bold]timeline[/]  {here(timeline)} ({carrying} shots carry a layer)", soft_wrap=True)
    console.print(f"[bold]picture[/]   {here(sheet)}", soft_wrap=True)
    programs = Path(sys.executable).parent
    program = programs.relative_to(Path.cwd()) if programs.is_relative_to(Path.cwd()) else programs
    console.print("\nNext:")
    for line in (
        f"verify {layer}",
        f"trace {layer} /{first.name}/trees",
        f"serve --project {out}/studio.toml   (and, while it runs, in another terminal:)",
        "plan sh050 --set density=1.3",
        "generate sh050 --set density=1.3 --first-look",
    ):
        console.print(f"  {program}/usd-ai {line}", soft_wrap=True)


def _run(command: Sequence[str]) -> None:
    done = subprocess.run(command, capture_output=True, text=True, check=False)  # noqa: S603 - our own script
    if done.returncode:
        raise SystemExit(done.stderr or done.stdout)


if __name__ == "__main__":
    sys.exit(main())
