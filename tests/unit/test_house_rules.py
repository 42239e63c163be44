from __future__ import annotations

import ast
import itertools
import re
import tomllib
from importlib.metadata import packages_distributions
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from usd_ai.app import installed_versions
from usd_ai.generators.burning_forest import GENERATOR

ROOT = Path(__file__).resolve().parents[2]
ROOMS = (
    ".ci",
    "benchmarks",
    "docs",
    "examples",
    "proto",
    "schemas",
    "services",
    "tests",
    "tools",
    "training",
    "usd_ai",
)
FILES = [
    path
    for start in (*(ROOT / room for room in ROOMS), ROOT)
    for path in sorted(start.rglob("*") if start != ROOT else start.iterdir())
    if path.is_file() and not {"__pycache__"} & set(path.parts) and path.suffix not in {".pyc", ".nbi", ".nbc"}
]
PYTHON = [path for path in FILES if path.suffix == ".py" and "usd_ai/api/" not in str(path)]
BINARY = {".jpg", ".mp4", ".png", ".safetensors"}
TEXT = [path for path in FILES if path.suffix not in BINARY and "proto/google/" not in str(path)]
OURS = {"usd_ai", "services", "tests", "training"}
MOST_LINES, MOST_FUNCTION = 400, 60
_PROVIDERS = packages_distributions()


def name(path: Path) -> str:
    return str(path.relative_to(ROOT))


def test_when_a_file_grows_then_it_is_split_before_it_has_four_hundred_lines() -> None:
    long = {name(path): lines for path in PYTHON if (lines := len(path.read_text("utf-8").splitlines())) > MOST_LINES}
    assert not long


def test_when_a_function_grows_then_it_is_split_before_it_has_sixty_lines() -> None:
    long = {
        f"{name(path)}:{node.lineno} {node.name}": lines
        for path in PYTHON
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and (lines := length(node)) > MOST_FUNCTION
    }
    assert not long


def length(node: ast.FunctionDef | ast.AsyncFunctionDef) -> int:
    """Lines of a function without its docstring."""
    body = node.body[1:] if ast.get_docstring(node) else node.body
    return (node.end_lineno or 0) - body[0].lineno + 1 if body else 0


def test_when_work_is_put_off_then_it_is_an_issue_and_not_a_word_in_a_file() -> None:
    words = re.compile(r"\b(" + "|".join(("TO" + "DO", "FIX" + "ME", "XX" + "X", "HA" + "CK")) + r")\b")
    found = [name(path) for path in TEXT if words.search(path.read_text(encoding="utf-8"))]
    assert not found


def test_when_a_file_names_a_place_then_it_is_not_one_of_somebodys_machine() -> None:
    places = re.compile(r"(?<![\w.:/\"'])/(?:work|home|root|Users|mnt|scratch)/(?!ada/)\w")  # ada is a test's
    found = [
        f"{name(path)}:{number}"
        for path in TEXT
        for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1)
        if places.search(line)
    ]
    assert not found


def test_when_code_imports_a_library_then_the_project_declares_it_where_it_is_needed() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    base = declared(project["dependencies"])
    server = base | declared(project["optional-dependencies"]["server"])
    server |= declared(project["optional-dependencies"]["movies"])  # used where it is installed
    dev = server | declared(project["optional-dependencies"]["dev"])
    needs = {
        "base": (base, ["usd_ai/client", "usd_ai/cli", "usd_ai/core", "usd_ai/api", "usd_ai/provenance", "usd_ai/run"]),
        "server": (server, ["usd_ai", "services", "examples"]),
        "dev": (dev, ["tests", "tools"]),
    }
    missing = {
        f"{name(path)} imports {module}"
        for known, folders in needs.values()
        for path in PYTHON
        if any(name(path).startswith(f"{folder}/") for folder in folders)
        for module in imported(path)
        if not providers(module) & known and not at_home(path, module)
    }
    assert missing <= {
        "usd_ai/run/arrays.py imports numpy",  # arrays are the server's; a client never opens that file
        "tools/look_in_blender.py imports bpy",  # runs in Blender's own Python
        "tools/look_in_blender.py imports mathutils",
        "tools/look_in_blender.py imports openvdb",
        "tools/cycles_frames.py imports bpy",  # as look_in_blender.py
        "usd_ai/generators/burning_forest/look/blender.py imports bpy",  # a file of the layer, for Blender
        "usd_ai/generators/burning_forest/look/blender.py imports mathutils",
    }


@pytest.mark.parametrize("extra", ["", "server", "movies", "dev"])
def test_when_a_library_is_declared_then_something_uses_it(extra: str) -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    wanted = declared(project["optional-dependencies"][extra] if extra else project["dependencies"])
    used = {distribution for path in PYTHON for module in imported(path) for distribution in providers(module)}
    programs = {"buf-bin", "build", "hatchling", "import-linter", "pyright", "ruff", "types-usd"}  # run, not imported
    by_name = {"materialx", "tinyusdz"}  # loaded by tests that find them
    by_name |= {f"otio-{kind}-adapter" for kind in ("aaf", "cmx3600", "fcp", "fcpx-xml")}  # loaded by OpenTimelineIO
    below = {"llvmlite", "protobuf"}  # decides numba's bytes; runs the generated messages
    assert wanted - used <= programs | by_name | below


def test_when_a_release_was_tested_then_the_constraints_name_it_once_and_sorted() -> None:
    lines = (ROOT / "constraints.txt").read_text(encoding="utf-8").splitlines()
    names = [canonicalize_name(line.partition("==")[0]) for line in lines if not line.startswith("#")]
    assert names == sorted(set(names))
    assert all(re.fullmatch(r"[\w.-]+==[\w.]+", line) for line in lines if not line.startswith("#"))
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    all_wanted = [*project["dependencies"], *itertools.chain(*project["optional-dependencies"].values())]
    assert declared(all_wanted) <= set(names)


def test_when_the_forest_is_made_with_a_library_then_plans_name_its_release() -> None:
    rooms = (ROOT / "usd_ai" / "sim", ROOT / "usd_ai" / "generators" / "burning_forest")
    look = rooms[1] / "look"  # a file of the layer, for Blender
    made_with = {
        distribution
        for path in PYTHON
        if any(path.is_relative_to(room) for room in rooms) and not path.is_relative_to(look)
        for module in imported(path)
        for distribution in providers(module)
    }
    assert made_with | {"usd-core"} <= {canonicalize_name(library) for library in GENERATOR.libraries}
    assert set(GENERATOR.libraries) <= installed_versions().keys()


def declared(requirements: list[str]) -> set[str]:
    return {canonicalize_name(Requirement(text).name) for text in requirements}


def imported(path: Path) -> set[str]:
    """Top-level modules that a file imports, those of the standard library and our own left out."""
    import sys  # noqa: PLC0415 - beside its only use

    found: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            found.add(node.module)
    tops = {module if module.startswith("google.") else module.partition(".")[0] for module in found}
    return {top for top in tops if top.partition(".")[0] not in OURS | set(sys.stdlib_module_names)}


def providers(module: str) -> set[str]:
    """Distributions that hold a module. ``google`` is shared by two; an unknown one is sought by its own name."""
    if module.startswith("google."):
        return {"protobuf" if module.startswith("google.protobuf") else "googleapis-common-protos"}
    return {canonicalize_name(found) for found in _PROVIDERS.get(module, [module])}


def at_home(path: Path, module: str) -> bool:
    """Whether a module is a neighbour of the file, as in scripts that are run from their folder."""
    places = (".", "..", "../../tools", "../../../tools", "../tests/tools")
    return any(
        (path.parent / place / file).is_file() for place in places for file in (f"{module}.py", f"{module}/__init__.py")
    )
