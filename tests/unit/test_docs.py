from __future__ import annotations

import itertools
import re
import runpy
import shlex
from pathlib import Path

import click
import numpy as np
import pytest

from services.server import main as server
from tests.tools.pages import PAGES, ROOT, blocks, commands, inline, links
from usd_ai.cli.main import VERBS, usd_ai
from usd_ai.core.parameters import Parameter
from usd_ai.generators.burning_forest import GENERATOR
from usd_ai.stage.interface import COLLECTIONS
from usd_ai.stage.variants import VARIANTS

GUIDE = ROOT / "docs" / "guide"
ROOMS = ("benchmarks", "docs", "examples", "proto", "schemas", "services", "tests", "tools", "training", "usd_ai")
PARAMETERS = {parameter.name: parameter for parameter in GENERATOR.parameters}
TARGETS = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE))
HELP = {"-h", "--help"}


def name(page: Path) -> str:
    return str(page.relative_to(ROOT))


@pytest.fixture(params=PAGES, ids=name)
def page(request: pytest.FixtureRequest) -> Path:
    return request.param


def test_when_a_page_links_into_the_project_then_the_file_is_there(page: Path) -> None:
    gone = [target for target in links(page) if not (page.parent / target.partition("#")[0]).exists()]
    assert not gone, f"{name(page)} links to what is not there"


def test_when_a_page_names_a_path_of_the_project_then_it_is_there(page: Path) -> None:
    paths = [code for code in inline(page) if re.fullmatch(rf"({'|'.join(ROOMS)})/[\w./*-]+", code)]
    gone = [path for path in paths if "NNN" not in path and not any(ROOT.glob(path.rstrip("/")))]
    assert not gone, f"{name(page)} names paths that are not there"


def test_when_a_page_names_a_command_then_the_program_has_it(page: Path) -> None:
    wrong = [f"{command}: {fault}" for command in commands(page) if (fault := fault_of(command))]
    assert not wrong, f"{name(page)} tells commands that cannot be typed"


def test_when_a_page_names_a_variable_then_the_code_reads_it(page: Path) -> None:
    named = set(re.findall(r"USD_AI_[A-Z_]*[A-Z]", page.read_text(encoding="utf-8")))
    files = [*ROOT.glob("usd_ai/c*/*.py"), *ROOT.glob("tests/**/*.py"), ROOT / ".ci/run"]
    code = "".join(path.read_text(encoding="utf-8") for path in files)
    settings = {f"USD_AI_{part}" for part in ("HOST", "PORT", "WORKERS", "STATE", "PROJECTS", "SIGNER")}
    tls = {f"USD_AI_TLS_{part}" for part in ("CA", "CERT", "KEY")}
    assert not {variable for variable in named - settings - tls if variable not in code}


def fault_of(command: str) -> str:
    """What is wrong with a command, or ""."""
    try:
        words = shlex.split(command)
    except ValueError as error:
        return str(error)
    while words and "=" in words[0]:
        words = words[1:]
    if not words:
        return ""
    if words[0] == "make":
        asked = [word for word in words[1:] if "=" not in word]
        return "" if set(asked) <= TARGETS else "no such target"
    if words[0] in {"python", "python3"} and words[1:] and words[1].endswith(".py"):
        return "" if (ROOT / words[1]).is_file() else "no such script"
    return fault_of_verb(words[1:]) if words[0] == "usd-ai" and len(words) > 1 else ""


def fault_of_verb(words: list[str]) -> str:
    if words[0] in {*HELP, "--version"}:
        return ""
    if words[0] not in VERBS:
        return f"no verb {words[0]}"
    verb = server if words[0] == "serve" else usd_ai.get_command(click.Context(usd_ai), words[0])
    if isinstance(verb, click.Group):  # what names no verb of the group is a file to write
        within = click.Context(verb)
        verb = verb.get_command(within, words[1] if set(words[1:2]) & set(verb.list_commands(within)) else "write")
    assert verb is not None
    known = {option for parameter in verb.params for option in parameter.opts} | HELP
    unknown = [word for word in words if word.startswith("-") and word.partition("=")[0] not in known]
    if unknown:
        return f"no option {unknown[0]}"
    for option, value in itertools.pairwise(words):
        if option == "--set" and "=..." not in value and "=…" not in value and (fault := fault_of_setting(value)):
            return fault
    return ""


def fault_of_setting(setting: str) -> str:
    parameter, equals, value = setting.partition("=")
    if (parameter, value) == ("NAME", "VALUE"):
        return ""
    if not equals or parameter not in PARAMETERS:
        return f"no parameter {parameter}"
    PARAMETERS[parameter].parse(value)  # refuses what is out of range
    return ""


@pytest.mark.parametrize(
    ("command", "fault"),
    [
        ("usd-ai burn", "no verb burn"),
        ("usd-ai plan sh010 --quickly", "no option --quickly"),
        ("usd-ai plan sh010 --set trees=1", "no parameter trees"),
        ("make coffee", "no such target"),
        ("python tools/gone.py", "no such script"),
        ("usd-ai generate sh010 --set density=1.3 --first-look", ""),
        ("make demo OUT=folder", ""),
    ],
)
def test_when_a_command_is_wrong_then_that_is_seen(command: str, fault: str) -> None:
    assert fault_of(command) == fault


def test_when_the_first_screen_is_read_then_it_names_every_verb_and_seven_promises_with_tests() -> None:
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    assert [verb for verb in VERBS if f"| `usd-ai {verb}` |" not in text] == []
    promises = text.partition("## Seven promises")[2].partition("\n## ")[0]
    rows = [line for line in promises.splitlines() if line.startswith("| ")][1:]  # less the heads
    assert len(rows) == 7
    assert all("(tests/" in row for row in rows)


@pytest.mark.parametrize("path", sorted(GUIDE.glob("*.md")), ids=name)
def test_when_tables_are_declared_in_code_then_the_guide_shows_them_as_they_are(path: Path) -> None:
    tool = runpy.run_path(str(ROOT / "tools" / "parameters_table.py"))
    text = path.read_text(encoding="utf-8")
    assert tool["filled"](text) == text, "the guide is behind the program; run: make docs"


def test_when_the_guide_describes_a_generator_then_every_parameter_is_in_it() -> None:
    text = (GUIDE / "burning_forest.md").read_text(encoding="utf-8")
    assert [p.name for p in GENERATOR.parameters if f"| `{p.name}` |" not in text] == []


def test_when_decisions_are_indexed_then_none_is_missing_and_no_number_is_used_twice() -> None:
    folder = ROOT / "docs" / "decisions"
    index = (folder / "README.md").read_text(encoding="utf-8")
    files = sorted(path.name for path in folder.glob("[0-9]*.md"))
    assert [file for file in files if f"({file})" not in index] == []
    assert len({file[:3] for file in files}) == len(files)
    for file in files:
        text = (folder / file).read_text(encoding="utf-8")
        assert text.startswith(f"# {file[:3]} ")
        assert [part for part in ("Status: ", "## Context", "## Options", "## Outcome") if part not in text] == []


def test_when_a_lighter_is_told_names_then_the_layers_have_them() -> None:
    text = (GUIDE / "lighter.md").read_text(encoding="utf-8")
    assert [word for word in (*COLLECTIONS, "generated", *VARIANTS) if f"`{word}`" not in text] == []


def test_when_the_lighters_example_is_opened_then_usd_understands_every_line() -> None:
    from pxr import Sdf, Usd  # noqa: PLC0415 - only this test opens USD

    (example,) = [block.text for block in blocks(GUIDE / "lighter.md") if block.language == "usda"]
    layer = Sdf.Layer.CreateAnonymous(".usda")
    assert layer.ImportFromString(example)
    stage = Usd.Stage.Open(layer)
    trees = stage.GetPrimAtPath("/burning_forest/trees")
    assert len(trees.GetMetadata("inactiveIds").GetAddedOrExplicitItems()) == 2
    assert trees.GetAttribute("invisibleIds").GetTimeSamples() == [1001.0, 1040.0]
    assert not layer.GetPrimAtPath("/burning_forest/smoke").active


def test_when_text_is_parsed_as_a_plain_parameter_then_ranges_are_whole_numbers() -> None:
    assert Parameter("x", "int", 0, "", low=-1e6, high=1e7).range_text() == "-1000000 to 10000000"


def test_when_the_contact_sheet_is_shown_then_it_is_small_enough_for_a_repository() -> None:
    from PIL import Image  # noqa: PLC0415 - only this test opens a picture

    sheet = ROOT / "docs" / "pictures" / "contact_sheet.jpg"
    assert sheet.stat().st_size <= 600_000
    with Image.open(sheet) as image:
        assert np.asarray(image.convert("L"), np.float32).std() > 10  # a picture, not a blank page
