"""Malformed files of others, read as a server reads them: in a child within limits. The parent must live and answer."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from usd_ai.core.errors import UnreadableInput
from usd_ai.core.ports import Limits
from usd_ai.core.types import StageFacts
from usd_ai.run.process import Pool

ROOT = Path(__file__).resolve().parents[3]

# One process that imports pxr once and forks for every file: 120 fresh interpreters would take minutes.
PROGRAM = """
import json, os, resource, sys
from usd_ai.core.errors import UsdAiError
from usd_ai.stage.facts import read_facts_task
def verdict(path):
    try:
        read_facts_task(path, (1, 2), "", "", 1.0, "Y", sys.argv[1], os.path.dirname(path))
    except UsdAiError as error:
        return [type(error).__name__, error.message, error.remedy]
    return ["facts", "", ""]
for path in sys.stdin.read().split("\\n"):
    ours, theirs = os.pipe()
    child = os.fork()
    if child == 0:
        resource.setrlimit(resource.RLIMIT_CPU, (20, 20))
        with os.fdopen(theirs, "w") as answer:
            json.dump(verdict(path), answer)
        os._exit(0)
    os.close(theirs)
    with os.fdopen(ours) as answer:
        said = answer.read()
    _, status = os.waitpid(child, 0)
    end = ["signal", str(os.WTERMSIG(status)), ""] if os.WIFSIGNALED(status) else ["exit", str(status), ""]
    print(json.dumps([path, json.loads(said) if said and status == 0 else end]))
"""


def hostile_files(corpus: Path) -> list[Path]:
    return sorted(path for path in (corpus / "hostile").rglob("*.usd*") if path.is_file())


def test_when_hostile_files_are_read_then_each_gives_facts_or_a_domain_error(corpus: Path, tmp_path: Path) -> None:
    files = hostile_files(corpus)
    assert len(files) >= 100
    run = subprocess.run(
        [sys.executable, "-c", PROGRAM, str(tmp_path)],
        input="\n".join(map(str, files)),
        capture_output=True,
        text=True,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        timeout=240,
        check=True,
    )
    verdicts = dict(json.loads(line) for line in run.stdout.splitlines())
    assert len(verdicts) == len(files)
    allowed = {"facts", "UnreadableInput", "InvalidRequest", "signal"}
    strange = {Path(path).name: said for path, said in verdicts.items() if said[0] not in allowed}
    assert strange == {}
    assert sum(said[0] == "UnreadableInput" for said in verdicts.values()) > 80
    for path, (kind, message, remedy) in verdicts.items():
        if kind not in {"facts", "signal"}:
            assert Path(path).name in message or kind == "InvalidRequest"
            assert remedy
            assert str(corpus) not in message, "the sentence names a folder of this machine"


@pytest.fixture(scope="module")
def pool(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Pool]:
    with Pool(1, folder=str(tmp_path_factory.mktemp("workers"))) as started:
        yield started


def read_in_sandbox(pool: Pool, path: Path, arrays: Path) -> StageFacts:
    arguments = {
        "path": str(path),
        "frames": (1, 2),
        "camera": "",
        "ground": "",
        "meters_per_unit": 1.0,
        "up_axis": "Y",
        "arrays": str(arrays),
        "project_root": str(path.parent),
    }
    limits = Limits(memory=4 << 30, cpu=30, wall=60.0)
    return pool.call("usd_ai.stage.facts:read_facts_task", arguments, limits=limits)


@pytest.mark.parametrize("name", ["corrupt.usd", "usda/03_bad_file.usda"])
def test_when_a_hostile_file_is_read_in_the_sandbox_then_the_error_comes_back(
    pool: Pool, corpus: Path, tmp_path: Path, name: str
) -> None:
    with pytest.raises(UnreadableInput) as caught:
        read_in_sandbox(pool, corpus / "hostile" / name, tmp_path)
    assert caught.value.remedy


def test_when_a_real_stage_is_read_in_the_sandbox_then_facts_come_back(
    pool: Pool, corpus: Path, tmp_path: Path
) -> None:
    facts = read_in_sandbox(pool, corpus / "stages" / "grid_shot" / "scene.usd", tmp_path)
    assert [mesh.path for mesh in facts.ground] == ["/grid1/mesh_0"]


def test_when_a_text_is_nested_without_end_then_the_parent_gets_an_answer(pool: Pool, tmp_path: Path) -> None:
    path = tmp_path / "deep.usda"
    nested = "[" * 200_000 + "]" * 200_000
    path.write_text(f"#usda 1.0\n(\n    customLayerData = {{ int[] a = {nested} }}\n)\n", encoding="utf-8")
    with pytest.raises(UnreadableInput):
        read_in_sandbox(pool, path, tmp_path)
