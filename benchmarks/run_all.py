"""Runs every benchmark of this folder and writes what came out as one table: ``make bench``.

Each script ends with one JSON object; this one prints the table and keeps it in RESULTS.md. Exit code 1 where a script
failed or a goal was missed; a peer that is not installed is told and is no failure.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

HERE = Path(__file__).resolve().parent
RESULTS = HERE / "RESULTS.md"
_MOST_SECONDS = {True: 300, False: 3600}


def measured(script: Path, *, short: bool) -> dict[str, Any]:
    """What a script says in its last line, and the seconds it took; or why it says nothing."""
    begun = time.monotonic()
    command = [sys.executable, str(script), *(["--short"] if short else [])]
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=_MOST_SECONDS[short], check=False)
        said = json.loads(done.stdout.strip().splitlines()[-1]) if done.returncode == 0 else None
        fault = (done.stderr.strip().splitlines() or ["no word why"])[-1]
    except (subprocess.TimeoutExpired, json.JSONDecodeError, IndexError) as error:
        said, fault = None, type(error).__name__
    took = time.monotonic() - begun
    return {**(said or {"claim": "failed", "note": fault, "ok": False}), "script": script.name, "took": took}


def row(found: dict[str, Any]) -> str:
    """A line of the table."""
    verdict = {True: "yes", False: "**no**", None: "no peer"}[found.get("ok")]
    figures = [_figure(found.get(name)) for name in ("ours", "peer", "ratio", "goal")]
    cells = [f"[{found['script']}]({found['script']})", found["claim"], found.get("unit", ""), *figures]
    cells += [str(found.get("peer_name") or ""), verdict, str(found.get("note", ""))]
    return "| " + " | ".join(cell.replace("|", "/") for cell in cells) + " |"


def _figure(value: object) -> str:
    return f"{value:,.4g}" if isinstance(value, float) else f"{value:,}" if isinstance(value, int) else ""


def page(rows: list[str], *, short: bool) -> str:
    """The whole of RESULTS.md."""
    form = "short" if short else "long"
    busy = f"load {os.getloadavg()[0]:.1f} at the end"
    machine = f"{platform.machine()}, {os.cpu_count()} cores, {platform.system()}, Python {platform.python_version()}"
    head = ("script", "claim", "unit", "ours", "peer", "ratio", "goal", "peer's name", "holds", "note")
    return "\n".join(
        [
            "# Benchmarks",
            "",
            f"Written by `make bench` ({form} form) on {machine}; {busy}.",
            "Peers come from `make peers`; those inside Blender are measured where USD_AI_BLENDER_PYTHON names its",
            "Python. What each script compares, and where the comparison is not fair, stands in its docstring.",
            "",
            "| " + " | ".join(head) + " |",
            "| " + " | ".join("---" for _ in head) + " |",
            *rows,
            "",
        ]
    )


def main() -> int:
    """Run them all, one after the other: they measure, so nothing may run beside."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--short", action="store_true", help="the short form of each, a minute at most")
    parser.add_argument("scripts", nargs="*", help="only these, by name; RESULTS.md is then left alone")
    asked = parser.parse_args()
    scripts = [path for path in sorted(HERE.glob("*.py")) if path != Path(__file__).resolve()]
    chosen = [path for path in scripts if not asked.scripts or path.name in asked.scripts or path.stem in asked.scripts]
    all_found: list[dict[str, Any]] = []
    for script in chosen:
        all_found.append(measured(script, short=asked.short))
        print(f"{script.name}: {all_found[-1]['took']:.0f} s", file=sys.stderr)
    text = page([row(found) for found in all_found], short=asked.short)
    print(text)
    if len(chosen) == len(scripts):
        RESULTS.write_text(text, encoding="utf-8", newline="\n")
    return 1 if any(found.get("ok") is False for found in all_found) else 0


if __name__ == "__main__":
    sys.exit(main())
