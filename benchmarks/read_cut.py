"""How long a cut of 5,000 clips takes to read, in every format, and how much memory.

Ours: `read_cut_task`, as a server's child runs it, from the file to shots with ranges, retimes and notices. Peers: the
public OpenTimelineIO adapters of the same formats on the same file, which stop at a timeline: no ranges, and no retimes
from the two kinds of XML. Both run in a fresh process each; figures are processor seconds of one core without start-up,
and the most memory that the process held. Files are written by the public writers; FCPXML by hand, because its writer
takes minutes for so many.
"""

from __future__ import annotations

import argparse
import json
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

GOALS = {".otio": 1.0, ".edl": 1.0, ".xml": 10.0, ".fcpxml": 10.0, ".aaf": 60.0}  # seconds for 5,000 clips
ADAPTERS = {".otio": "otio_json", ".edl": "cmx_3600", ".xml": "fcp_xml", ".fcpxml": "fcpx_xml", ".aaf": "AAF"}
MEMORY = 512  # MiB
_LONGEST = 300


def ours(path: str) -> float:
    """Processor seconds for `read_cut_task`."""
    from usd_ai.editorial.read import read_cut_task  # noqa: PLC0415 - in the child alone, before the clock

    begun = time.process_time()
    cut = read_cut_task(path, "24" if path.endswith(".edl") else "", 8)
    took = time.process_time() - begun
    assert len(cut.shots) > 0  # noqa: S101 - a figure must not count failures
    assert not [n for n in cut.notices if n.severity == "error"]  # noqa: S101 - as above
    return took


def peer(path: str) -> float:
    """Processor seconds for the public adapter."""
    import opentimelineio as otio  # noqa: PLC0415 - in the child alone, before the clock

    name = ADAPTERS[Path(path).suffix]
    otio.adapters.from_name(name).module()
    options = {"rate": 24.0} if name == "cmx_3600" else {}
    begun = time.process_time()
    otio.adapters.read_from_file(path, adapter_name=name, media_linker_name="", **options)
    return time.process_time() - begun


def built(count: int) -> object:
    """A timeline of that many clips of 24 frames, one in twenty slowed to half."""
    import opentimelineio as otio  # noqa: PLC0415 - the parent needs it only to write

    def span(start: int, length: int) -> otio.opentime.TimeRange:
        return otio.opentime.TimeRange(otio.opentime.RationalTime(start, 24), otio.opentime.RationalTime(length, 24))

    timeline = otio.schema.Timeline("long", global_start_time=otio.opentime.RationalTime(86400, 24))
    track = otio.schema.Track("V1", kind=otio.schema.TrackKind.Video)
    timeline.tracks.append(track)
    for k in range(count):
        media = otio.schema.ExternalReference(f"file:///plates/sh{k:05d}.mov", span(1001, 200))
        media.name = f"sh{k:05d}"
        clip = otio.schema.Clip(f"sh{k:05d}_v001", media, span(1009, 24))
        clip.metadata["cmx_3600"] = {"reel": f"sh{k:05d}"}
        if not k % 20:
            clip.effects.append(otio.schema.LinearTimeWarp(time_scalar=0.5))
        track.append(clip)
    return timeline


def fcpxml(count: int) -> str:
    """The same cut as Final Cut Pro writes it."""
    assets = "".join(
        f'<asset id="a{k}" name="sh{k:05d}" start="1001/24s" duration="200/24s" hasVideo="1" format="r1">'
        f'<media-rep kind="original-media" src="file:///plates/sh{k:05d}.mov"/></asset>\n'
        for k in range(count)
    )
    points = "".join(f'<timept time="{2 * k}s" value="{k}s" interp="linear"/>' for k in (0, 40))
    half = f"<timeMap>{points}</timeMap>"
    clips = "".join(
        f'<asset-clip name="sh{k:05d}_v001" ref="a{k}" offset="{k}s" start="1009/24s" duration="1s">'
        f"{'' if k % 20 else half}<note>wide</note></asset-clip>\n"
        for k in range(count)
    )
    return (
        f'<?xml version="1.0" encoding="UTF-8"?><!DOCTYPE fcpxml><fcpxml version="1.11"><resources>'
        f'<format id="r1" frameDuration="100/2400s"/>{assets}</resources><project name="long">'
        f'<sequence format="r1" duration="{count}s"><spine>{clips}</spine></sequence></project></fcpxml>'
    )


def written(folder: Path, ending: str, count: int) -> Path:
    """The cut in a format."""
    import opentimelineio as otio  # noqa: PLC0415 - the parent needs it only to write

    file = folder / f"long{ending}"
    if ending == ".fcpxml":
        file.write_text(fcpxml(count), encoding="utf-8")
        return file
    options: Mapping[str, object] = {".edl": {"rate": 24.0}, ".aaf": {"use_empty_mob_ids": True}}.get(ending, {})
    otio.adapters.write_to_file(built(count), str(file), adapter_name=ADAPTERS[ending], **options)
    return file


def measured(side: str, file: Path) -> tuple[float, float] | None:
    """Seconds and MiB of one side in a process of its own, or None where it failed or took too long."""
    command = [sys.executable, str(Path(__file__).resolve()), "--side", side, "--file", str(file)]
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=_LONGEST, check=True)
    except (subprocess.TimeoutExpired, subprocess.CalledProcessError):
        return None
    seconds, kilobytes = done.stdout.split()[-2:]
    return float(seconds), int(kilobytes) / 1024


def main() -> None:
    """Every format, ours and its peer's, one after the other."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--short", action="store_true", help="end within a minute")
    parser.add_argument("--side", choices=["ours", "peer"], help="for the child processes")
    parser.add_argument("--file", help="for the child processes")
    asked = parser.parse_args()
    if asked.side:
        seconds = {"ours": ours, "peer": peer}[asked.side](asked.file)
        print(seconds, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss)
        return
    count = 500 if asked.short else 5000
    told: list[str] = []
    sums, ok = [0.0, 0.0], True
    with tempfile.TemporaryDirectory() as scratch:
        for ending, goal in GOALS.items():
            file = written(Path(scratch), ending, count)
            mine, theirs = measured("ours", file), measured("peer", file)
            ok = ok and mine is not None and mine[0] <= goal and mine[1] <= MEMORY
            sums[0] += mine[0] if mine else _LONGEST
            sums[1] += theirs[0] if theirs else _LONGEST
            own = f"{mine[0]:.2f} s, {mine[1]:.0f} MiB" if mine else "failed"
            told.append(f"{ending} {own} (adapter {theirs[0]:.2f} s)" if theirs else f"{ending} {own} (adapter failed)")
    print(
        json.dumps(
            {
                "claim": f"a cut of {count} clips read, the sum of five formats",
                "unit": "s",
                "ours": round(sums[0], 2),
                "peer": round(sums[1], 2),
                "peer_name": "OpenTimelineIO's adapters alone",
                "ratio": round(sums[1] / sums[0], 2),
                "goal": sum(GOALS.values()),
                "ok": ok,
                "note": "; ".join(told) + f"; goals {GOALS} s, {MEMORY} MiB",
            }
        )
    )


if __name__ == "__main__":
    main()
