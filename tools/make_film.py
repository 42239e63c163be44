"""Makes the pictures and the clip of a demo out of what it published: ``python tools/make_film.py demo``.

From published layers only, at one printed exposure a shot, nothing painted afterwards: stills (start, middle and end
of three shots), one still in 4K, hidden cameras (+90 degrees, +180 degrees, three times closer), a clip, and a contact
sheet of all. Beside each PNG lies the picture in nits as EXR, for measure_frames.py. Run it again and only what changed
is drawn. Cycles draws the stills as well where USD_AI_BLENDER_PYTHON names a Python with bpy.
"""

from __future__ import annotations

import argparse
import os
import sys
import time
from concurrent.futures import ProcessPoolExecutor, as_completed
from fractions import Fraction
from multiprocessing import get_context
from pathlib import Path

os.environ.setdefault("OMP_NUM_THREADS", "1")
os.environ.setdefault("NUMBA_NUM_THREADS", "1")

from film import cycles, docs
from film.cameras import HIDDEN
from film.clip import write_clip
from film.kept import Kept
from film.paint import Job, paint
from film.shots import FilmShot, read_shots

from usd_ai.core.types import SheetShot
from usd_ai.stage.preview.sheet import contact_sheet

PARTS = ("stills", "big", "hidden", "clip", "cycles")
_CLIP_BYTES = 4_000_000
_RATE = Fraction(24)
_PROBES = ((192, 108), (480, 270))  # pictures by which cost is measured: what is fixed, and what goes with pixels


def main() -> int:
    """Estimate, draw what is missing, join it."""
    asked = _arguments()
    shots = read_shots(asked.demo, tuple(name for name in asked.shots.split(",") if name))
    out = (asked.out or asked.demo / "film").resolve()
    out.mkdir(parents=True, exist_ok=True)
    for shot in shots:
        _say(f"{shot.name}: EV {shot.ev:.2f} at ISO 100 for all frames {shot.frames[0]}-{shot.frames[1]}, AgX view")
    kept = Kept(out / "film.json")
    jobs = _jobs(asked, shots, out)
    missing = [job for job in jobs if not kept.holds(job)]
    _say(f"{len(jobs)} pictures, {len(jobs) - len(missing)} of them drawn before")
    if missing and not asked.dry_run:
        _say(_estimate(missing, asked.workers, out))
        _draw(missing, asked.workers, kept)
    if not asked.dry_run:
        _join(asked, shots, jobs, out)
    return 0


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("demo", type=Path, help="the folder that `make demo` wrote")
    parser.add_argument("--out", type=Path, help="folder for everything (default: DEMO/film)")
    parser.add_argument("--shots", default="", help="shots, separated by commas (default: the first three)")
    parser.add_argument("--size", type=_size, default=(1920, 1080), help="of stills and hidden cameras")
    parser.add_argument("--big", type=_size, default=(3840, 2160), help="of the one large still")
    parser.add_argument("--clip-size", type=_size, default=(960, 540), help="of the clip")
    parser.add_argument("--cycles-size", type=_size, default=(960, 540), help="of the stills by Cycles")
    parser.add_argument("--samples", type=int, default=16, help="rays a pixel")
    parser.add_argument("--clip-samples", type=int, default=8, help="rays a pixel of the clip, which moves")
    parser.add_argument("--clip-shot", default="", help="the shot of the clip (default: the first that is long enough)")
    parser.add_argument("--frames", type=int, default=96, help="frames of the clip")
    parser.add_argument("--only", default=",".join(PARTS), help=f"some of {','.join(PARTS)}")
    parser.add_argument("--workers", type=int, default=2, help="pictures drawn at once, a thread each")
    parser.add_argument("--docs", action="store_true", help="put small copies of what the docs show into docs/pictures")
    parser.add_argument("--dry-run", action="store_true", help="only say what would be drawn")
    asked = parser.parse_args()
    asked.only = tuple(asked.only.split(","))
    unknown = sorted(set(asked.only) - set(PARTS))
    if unknown:
        parser.error(f"--only knows {', '.join(PARTS)}, not {', '.join(unknown)}")
    return asked


def _size(text: str) -> tuple[int, int]:
    width, _, height = text.partition("x")
    return int(width), int(height)


def _jobs(asked: argparse.Namespace, shots: tuple[FilmShot, ...], out: Path) -> list[Job]:
    """All pictures, in the order of shots, so that a worker opens each stage once."""
    three = shots if asked.shots else shots[:3]
    jobs: list[Job] = []
    for number, shot in enumerate(three):
        middle = shot.moments()[1]
        if "stills" in asked.only:
            jobs += [
                Job(shot, frame, asked.size, asked.samples, str(out / f"{shot.name}.{frame}.png"))
                for frame in shot.moments()
            ]
        if "hidden" in asked.only:
            for name in HIDDEN:
                at = str(out / f"{shot.name}.{name}.{middle}.png")
                jobs.append(Job(shot, middle, asked.size, asked.samples, at, hidden=name))
        if "big" in asked.only and number == 0:
            jobs.append(Job(shot, middle, asked.big, asked.samples, str(out / f"{shot.name}.{middle}.big.png")))
    if "clip" in asked.only:
        jobs += _clip_jobs(asked, shots, out)
    return jobs


def _clip_jobs(asked: argparse.Namespace, shots: tuple[FilmShot, ...], out: Path) -> list[Job]:
    """Frames of one shot that is long enough; where none is, shot after shot, as an editor would cut them."""
    length = {shot.name: shot.frames[1] - shot.frames[0] + 1 for shot in shots}
    chosen = [shot for shot in shots if shot.name == asked.clip_shot] if asked.clip_shot else []
    chosen = chosen or [shot for shot in shots if length[shot.name] >= asked.frames][:1] or list(shots)
    wanted = [(shot, frame) for shot in chosen for frame in range(shot.frames[0], shot.frames[1] + 1)][: asked.frames]
    folder = out / "clip"
    return [
        Job(shot, frame, asked.clip_size, asked.clip_samples, str(folder / f"{shot.name}.{frame}.png"), linear=False)
        for shot, frame in wanted
    ]


def _estimate(jobs: list[Job], workers: int, out: Path) -> str:
    """A sentence on the time it will take, from two small pictures of the first shot that is to be drawn."""
    begun = time.perf_counter()
    first = jobs[0]
    small = [Job(first.shot, first.frame, size, first.samples, str(out / ".probe.png")) for size in _PROBES]
    paint(small[0])  # opens the stage and loads what is compiled
    costs = [paint(job) for job in small]
    for path in out.glob(".probe.*"):
        path.unlink()
    pixels = [width * height for width, height in _PROBES]
    slope = max(costs[1] - costs[0], 0.0) / (pixels[1] - pixels[0])
    fixed = max(costs[0] - slope * pixels[0], 0.0)
    total = sum(fixed + slope * job.size[0] * job.size[1] for job in jobs)
    took = time.perf_counter() - begun
    return (
        f"{len(jobs)} to draw: {fixed:.1f} s and {slope * 1e6:.1f} s a megapixel each, "
        f"{total / 60:.1f} minutes of CPU, about {total / 60 / workers:.1f} minutes with {workers} workers "
        f"(measured in {took:.0f} s, load {os.getloadavg()[0]:.1f})"
    )


def _draw(jobs: list[Job], workers: int, kept: Kept) -> None:
    begun = time.monotonic()
    with ProcessPoolExecutor(workers, mp_context=get_context("spawn")) as pool:
        running = {pool.submit(paint, job): job for job in jobs}
        for number, done in enumerate(as_completed(running), 1):
            job, seconds = running[done], done.result()
            kept.keep(job, seconds)
            spent = time.monotonic() - begun
            _say(f"{number}/{len(jobs)} {Path(job.out).name} {seconds:.1f} s ({spent:.0f} s so far)")


def _join(asked: argparse.Namespace, shots: tuple[FilmShot, ...], jobs: list[Job], out: Path) -> None:
    """Clip, pictures by Cycles, contact sheet, copies for the docs."""
    clip = None
    frames = [Path(job.out) for job in jobs if Path(job.out).parent.name == "clip"]
    if frames:
        clip = write_clip(frames, out / "clip", _RATE, _CLIP_BYTES)
        _say(f"{clip.name}: {len(frames)} frames, {clip.stat().st_size} bytes")
    stills = [job for job in jobs if Path(job.out).parent.name != "clip"]
    drawn = [job for job in stills if not job.hidden and job.size == asked.size]
    by_cycles: dict[str, Path] = {}
    if "cycles" in asked.only and cycles.available() and drawn:
        by_cycles = cycles.draw(drawn, out / "cycles", asked.cycles_size, _say)
    if stills:
        sheet = contact_sheet(_entries(shots, stills, by_cycles), str(out / "film.png"), heading="film")
        _say(f"{sheet}: all pictures on one page")
    if asked.docs:
        for line in docs.put(stills, clip):
            _say(line)


def _entries(shots: tuple[FilmShot, ...], jobs: list[Job], by_cycles: dict[str, Path]) -> tuple[SheetShot, ...]:
    entries: list[SheetShot] = []
    for shot in shots:
        own = [job for job in jobs if job.shot == shot]
        light = (f"EV {shot.ev:.2f}", Path(shot.folder).name)
        rows = (
            (
                "the shot's camera",
                [(job.out, str(job.frame)) for job in own if not job.hidden and ".big." not in job.out],
            ),
            ("hidden cameras", [(job.out, f"{job.hidden} {job.frame}") for job in own if job.hidden]),
            ("by Cycles", [(str(by_cycles[job.out]), str(job.frame)) for job in own if job.out in by_cycles]),
        )
        entries += [SheetShot(shot.name, title, tuple(pictures), light) for title, pictures in rows if pictures]
    return tuple(entries)


def _say(line: str) -> None:
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main())
