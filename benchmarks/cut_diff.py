"""A new cut of 5,000 clips: read, compared with the one before, decided on; what public tools make of the same pair.

Ours: `read_cut_task` of the newer cut, as a server's child runs it, `diff_cuts`, and `decide` for a published layer in
every shot, in a fresh process, best of three; the older cut is read before the clock, for a server keeps it. Figures
are processor seconds of one core, so that other work beside does not count; memory is the most that process held, both
cuts in it. The floor is what OpenTimelineIO alone takes to parse the .otio file.
FCPXML is written by hand (its public writer takes minutes); the others by the public writers. AAF's takes two minutes
for the pair, which is therefore kept in the system's folder for temporary files.

Peers, on the pair as EDL. sg-otio's `SGTrackDiff` (`peers/sgotio_diff.py`, a child program in `.venv-sgotio`, for its
OpenTimelineIO is older): its clock holds reading both files and comparing, and no decisions; it is told the shots'
names in comments, for it does not take them from clips. It compares with a tracker's records, which are made up for it
from the older EDL. Text: `difflib` over the lines of both, which finds lines and no changes; it stops at 60 s.
Which kinds a peer misses: one edit a cut, as EDL; a kind is missed where nothing is said of the shot, or another kind.
"""

from __future__ import annotations

import argparse
import copy
import hashlib
import itertools
import json
import os
import random
import re
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

GOALS = {".otio": 1.0, ".edl": 1.0, ".xml": 10.0, ".fcpxml": 10.0, ".aaf": 60.0}  # seconds for 5,000 clips
MEMORY = 512  # MiB
PEER = ROOT / ".venv-sgotio" / "bin" / "python"
_LONGEST = 600
_WRITTEN_BY = ("mutator", "mutator_edits", "judge")
_RIGHT = {  # the words of sg-otio that we let count as the kind
    "trim head": "Head handle extended",
    "trim tail": "Tail handle extended",
    "extend head": "Head handle trimmed",
    "extend tail": "Tail handle trimmed",
    "slip": "Head handle extended",
    "slip back": "Head handle trimmed",
    "insert": "NEW",
    "reinstate": "NEW",  # the tracker that was made up for it holds no older cuts
    "omit": "OMITTED",
    "second occurrence": "NEW_IN_CUT",
    "blade and trim": "Tail handle",
}


def ours(older: str, newer: str) -> list[float]:
    """Processor seconds for reading the newer cut, comparing and deciding; and for the library's own parsing."""
    from usd_ai.core.case import Case  # noqa: PLC0415 - in the child alone, before the clock
    from usd_ai.core.decide import decide  # noqa: PLC0415 - as above
    from usd_ai.core.decisions import Made  # noqa: PLC0415 - as above
    from usd_ai.core.types import Request  # noqa: PLC0415 - as above
    from usd_ai.editorial.diff import diff_cuts  # noqa: PLC0415 - as above
    from usd_ai.editorial.read import read_cut_task  # noqa: PLC0415 - as above

    rate = "24" if newer.endswith(".edl") else ""
    old = read_cut_task(older, rate, 8)
    made = {
        shot.name: Made(
            shot.name, "env", 1, "", "", shot.needed, "", "", 1.0, Request("show", shot.name, "fire"), old.sha256
        )
        for shot in old.shots
    }
    clock = [time.process_time()]
    new = read_cut_task(newer, rate, 8)
    clock.append(time.process_time())
    diff = diff_cuts(old, new)
    clock.append(time.process_time())
    shots = {shot.name: shot for shot in new.shots}
    decided = [
        decide(Case(one.shot, "env", shots.get(one.shot), made.get(one.was or one.shot), None, one, wanted=True))
        for one in diff.shots
    ]
    clock.append(time.process_time())
    assert len(decided) >= len(old.shots)  # noqa: S101 - a figure must not count failures
    if newer.endswith(".otio"):
        import opentimelineio as otio  # noqa: PLC0415 - as above

        text = Path(newer).read_text(encoding="utf-8")
        clock[-1:] = [clock[-1], clock[-1] + _timed(partial(otio.core.deserialize_json_from_string, text))]
    else:
        clock.append(clock[-1])
    return [after - before for before, after in itertools.pairwise(clock)]


def _timed(what: Callable[[], object]) -> float:
    begun = time.process_time()
    what()
    return time.process_time() - begun


def pair(folder: Path, ending: str, count: int) -> tuple[str, str]:
    """The older and the newer cut in a format."""
    from benchmarks.read_cut import fcpxml  # noqa: PLC0415 - the parent needs it only to write
    from tests.unit.editorial import mutator  # noqa: PLC0415 - as above

    files = folder / f"old{ending}", folder / f"new{ending}"
    if ending == ".fcpxml":
        text = fcpxml(count)
        files[0].write_text(text, encoding="utf-8")
        trimmed = re.sub(r'(name="sh\d{3}00_v001"[^>]*) duration="1s"', r'\1 duration="20/24s"', text)
        files[1].write_text(trimmed, encoding="utf-8")
        return str(files[0]), str(files[1])
    if ending == ".aaf":
        files = _kept(f"old{count}{ending}"), _kept(f"new{count}{ending}")
        if all(file.exists() for file in files):
            return str(files[0]), str(files[1])
    for reel, file in zip(edited(count, [*_carried(), *_carried()]), files, strict=True):
        part = file.with_suffix(f".{os.getpid()}{ending}")
        mutator.written(reel, part)
        part.replace(file)  # whole or not at all: another run may take it
    return str(files[0]), str(files[1])


def _kept(name: str) -> Path:
    """A file that later runs find again: its name holds what it depends on."""
    told = "".join((ROOT / "tests" / "unit" / "editorial" / f"{part}.py").read_text() for part in _WRITTEN_BY)
    folder = Path(tempfile.gettempdir()) / f"usd_ai-cuts-{hashlib.sha256(told.encode()).hexdigest()[:12]}"
    folder.mkdir(exist_ok=True)
    return folder / name


def _carried() -> list[str]:
    """The edits that an EDL carries, so that all formats are given the same cut."""
    from tests.unit.editorial import mutator_edits  # noqa: PLC0415 - the parent needs it only to write
    from tests.unit.editorial.judge import CANNOT  # noqa: PLC0415 - as above

    return [name for name in mutator_edits.EDITS if name not in CANNOT[".edl"] and name != "rate re-stamp"]


def edited(count: int, names: list[str]):  # noqa: ANN201 - reels of the mutator
    """A cut and the same after edits."""
    from tests.unit.editorial import mutator, mutator_edits  # noqa: PLC0415 - as above
    from tests.unit.editorial.judge import LACKS  # noqa: PLC0415 - as above

    rng = random.Random(count)  # noqa: S311 - no secret
    before = mutator.new_reel(count, rng, lacks=LACKS[".edl"])
    after = copy.deepcopy(before)
    for name in names:
        mutator_edits.EDITS[name](after, rng)
    return before, after


def with_comments(file: str) -> str:
    """An EDL in which comments name the shots, as sg-otio wants them; its path."""
    text = Path(file).read_text(encoding="utf-8")
    named = re.sub(
        r"(\* (?:FROM|TO) CLIP NAME:\s+(\w+?)(?:_v\d+)?[ \t]*(?:FF)?)$", r"\1\n* COMMENT: \2", text, flags=re.MULTILINE
    )
    out = Path(file).with_suffix(".sg.edl")
    out.write_text(named, encoding="utf-8")
    return str(out)


def told_by_peer(folder: Path, pairs: list[tuple[str, str]]) -> list[tuple[float, dict[str, list[str]]]] | None:
    """What sg-otio says of each pair; None where it is not installed or fails."""
    if not PEER.exists():
        return None
    asked = folder / "pairs.json"
    asked.write_text(json.dumps([(with_comments(a), with_comments(b)) for a, b in pairs]), encoding="utf-8")
    command = [str(PEER), str(ROOT / "benchmarks" / "peers" / "sgotio_diff.py"), str(asked)]
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=_LONGEST, check=True)
    except (subprocess.TimeoutExpired, subprocess.CalledProcessError):
        return None
    return json.loads(done.stdout.strip().splitlines()[-1])


def missed(folder: Path) -> list[str] | None:
    """The edits that sg-otio calls nothing, or something else; None without it."""
    from tests.unit.editorial import mutator  # noqa: PLC0415 - the parent needs it only to write

    pairs: list[tuple[str, str]] = []
    names = _carried()
    for number, name in enumerate(names):
        files = folder / f"{number}a.edl", folder / f"{number}b.edl"
        for reel, file in zip(edited(60, [name]), files, strict=True):
            mutator.written(reel, file)
        pairs.append((str(files[0]), str(files[1])))
    told = told_by_peer(folder, pairs)
    if told is None:
        return None
    found: list[str] = []
    for name, (_, said) in zip(names, told, strict=True):
        words = [word for all_words in said.values() for word in all_words]
        if name not in _RIGHT or not any(_RIGHT[name] in word for word in words):
            found.append(name)
    return found


def text_diff(older: str, newer: str) -> float | None:
    """Processor seconds for `difflib` over the lines of both files, or None beyond a minute."""
    code = (
        "import difflib, sys, time; a, b = (open(p).read().splitlines() for p in sys.argv[1:3]); "
        "list(difflib.unified_diff(a, b, n=0)); print(time.process_time())"
    )
    command = [sys.executable, "-c", code, older, newer]
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=True)
    except subprocess.TimeoutExpired:
        return None
    return float(done.stdout)


def best(older: str, newer: str, rounds: int) -> tuple[list[float], float] | None:
    """The fastest of several rounds; None where one failed."""
    found = [measured(older, newer) for _ in range(rounds)]
    whole = [one for one in found if one is not None]
    return min(whole, key=lambda one: sum(one[0][:3])) if len(whole) == rounds else None


def measured(older: str, newer: str) -> tuple[list[float], float] | None:
    """Seconds of the three steps and the floor, and MiB, in a process of its own; None where it failed."""
    command = [sys.executable, str(Path(__file__).resolve()), "--pair", older, newer]
    environment = os.environ | {"OMP_NUM_THREADS": "1"}
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=_LONGEST, check=True, env=environment)
    except (subprocess.TimeoutExpired, subprocess.CalledProcessError):
        return None
    *seconds, kilobytes = done.stdout.split()[-5:]
    return [float(part) for part in seconds], int(kilobytes) / 1024


def main() -> None:
    """Every format, then the peers."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--short", action="store_true", help="end within a minute")
    parser.add_argument("--pair", nargs=2, help="for the child processes")
    asked = parser.parse_args()
    if asked.pair:
        print(*ours(*asked.pair), resource.getrusage(resource.RUSAGE_SELF).ru_maxrss)
        return
    count = 300 if asked.short else 5000
    told: list[str] = []
    ok, edl, theirs, lines, lost = True, 0.0, None, None, None
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch)
        for ending, goal in GOALS.items():
            older, newer = pair(folder, ending, count)
            mine = best(older, newer, 1 if asked.short or ending == ".aaf" else 3)
            ok = ok and mine is not None and sum(mine[0][:3]) <= goal and mine[1] <= MEMORY
            if mine is None:
                told.append(f"{ending} failed")
                continue
            read, diff, decided, floor = mine[0]
            took = read + diff + decided
            told.append(
                f"{ending} {took:.2f} s ({read:.2f} + {diff:.2f} + {decided:.2f}; goal {goal:g}), {mine[1]:.0f} MiB"
            )
            if floor:
                told.append(f"OpenTimelineIO's parsing of it alone {floor:.2f} s")
            if ending == ".edl":
                edl, answer, lines = took, told_by_peer(folder, [(older, newer)]), text_diff(older, newer)
                theirs = answer[0][0] if answer and answer[0][0] else None
        lost = missed(folder)
    if lines is not None:
        told.append(f"difflib over the EDLs' lines {lines:.2f} s, which names no kind")
    if lost is not None:
        told.append(f"sg-otio misses {len(lost)} of {len(_carried())} edits that an EDL carries: {', '.join(lost)}")
    print(
        json.dumps(
            {
                "claim": f"a cut of {count} clips read, compared and decided on, from EDL",
                "unit": "s",
                "ours": round(edl, 2),
                "peer": round(theirs, 2) if theirs else None,
                "peer_name": "sg-otio 1.1.13, reading and comparing" if theirs else "",
                "ratio": round(theirs / edl, 2) if theirs and edl else None,
                "goal": GOALS[".edl"],
                "ok": ok,
                "note": "; ".join(told) + f"; goal {MEMORY} MiB",
            }
        )
    )


if __name__ == "__main__":
    main()
