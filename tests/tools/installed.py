"""Environments that hold the built wheel and nothing but what its metadata asks for, made without a network.

What a requirement needs is linked out of the environment that runs the tests, so a package that is imported but not
declared in ``pyproject.toml`` is missing there, as it would be at a newcomer's.
"""

from __future__ import annotations

import os
import subprocess
import sys
from dataclasses import dataclass
from importlib.metadata import Distribution, distribution
from pathlib import Path

from packaging.requirements import Requirement

ROOT = Path(__file__).resolve().parents[2]


@dataclass(frozen=True)
class Installed:
    """An environment with the wheel in it. ``bin`` holds its programs."""

    folder: Path

    @property
    def bin(self) -> Path:
        return self.folder / "bin"

    @property
    def packages(self) -> Path:
        """Its site-packages."""
        return next((self.folder / "lib").glob("python*/site-packages"))

    def run(
        self, *command: str, cwd: Path, timeout: float = 300, environment: dict[str, str] | None = None
    ) -> subprocess.CompletedProcess[str]:
        """A program of it, run to its end as a stranger would: no variable of ours, another folder."""
        return subprocess.run(
            [str(self.bin / command[0]), *command[1:]],
            cwd=cwd,
            env=self.environment(environment),
            capture_output=True,
            text=True,
            timeout=timeout,
            check=False,
        )

    def environment(self, more: dict[str, str] | None = None) -> dict[str, str]:
        """The variables its programs get."""
        ours = {n: v for n, v in os.environ.items() if not n.startswith(("USD_AI_", "PYTHON"))}
        return {**ours, "PATH": f"{self.bin}{os.pathsep}{os.environ['PATH']}", "COLUMNS": "160", **(more or {})}


def build_wheel(folder: Path) -> Path:
    """The wheel of this checkout."""
    command = [sys.executable, "-m", "build", "--wheel", "--no-isolation", "--outdir", str(folder), str(ROOT)]
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=120)
    assert done.returncode == 0, done.stdout + done.stderr
    (wheel,) = folder.glob("*.whl")
    return wheel


def install(wheel: Path, folder: Path, extras: frozenset[str] = frozenset()) -> Installed:
    """A new environment with the wheel, and links to what it requires with these extras."""
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", str(folder)], check=True, timeout=60)
    there = Installed(folder)
    pip = [sys.executable, "-m", "pip", "--python", str(there.bin / "python"), "install", "--quiet", "--no-index"]
    subprocess.run([*pip, "--no-deps", "--no-compile", str(wheel)], check=True, timeout=120)
    (metadata,) = there.packages.glob("usd_ai-*.dist-info")
    for needed in sorted(_closure(Distribution.at(metadata), extras)):
        _link(distribution(needed), there.packages)
    return there


def _closure(root: Distribution, extras: frozenset[str]) -> set[str]:
    found: set[str] = set()
    todo = _required(root, extras)
    while todo:
        requirement = todo.pop()
        if requirement.name not in found:
            found.add(requirement.name)
            todo += _required(distribution(requirement.name), frozenset(requirement.extras))
    return found


def _required(of: Distribution, extras: frozenset[str]) -> list[Requirement]:
    requirements = [Requirement(text) for text in of.requires or ()]
    return [
        r
        for r in requirements
        if r.marker is None or any(r.marker.evaluate({"extra": extra}) for extra in ("", *sorted(extras)))
    ]


def _link(needed: Distribution, packages: Path) -> None:
    tops = {file.parts[0] for file in needed.files or () if file.parts[0] not in {"..", "__pycache__"}}
    for top in sorted(tops):
        if not (packages / top).exists():
            (packages / top).symlink_to(Path(str(needed.locate_file(top))))
