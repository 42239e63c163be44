"""What the README tells a newcomer to type, typed by one: from the wheel, in an environment of its own."""

from __future__ import annotations

import base64
import json
import shutil
import signal
import socket
import subprocess
import time
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import jsonschema
import pytest
from referencing import Registry, Resource

from tests.tools.installed import Installed, build_wheel, install
from tests.tools.pages import ROOT, block
from usd_ai.cli.main import VERBS

README = ROOT / "README.md"
GUIDE = ROOT / "docs" / "guide"
_START_SECONDS = 90.0

pytestmark = pytest.mark.journey


@dataclass(frozen=True)
class Newcomer:
    """Somebody who installed the wheel and stands in a folder with ``demo/``, a server running beside."""

    installed: Installed
    here: Path
    address: str

    def types(self, command: str, timeout: float = 400) -> subprocess.CompletedProcess[str]:
        """A line of the README."""
        words = command.split()
        return self.installed.run(*words, cwd=self.here, timeout=timeout, environment={"USD_AI_SERVER": self.address})

    def reads(self, command: str) -> dict[str, object]:
        """What a command says to a program."""
        done = self.types(f"{command} --json")
        assert done.returncode == 0, done.stdout + done.stderr
        return json.loads(done.stdout)


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return build_wheel(tmp_path_factory.mktemp("wheel"))


@pytest.fixture(scope="module")
def base(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Installed:
    """The base install: no extra, so neither torch nor anything else of a server."""
    return install(wheel, tmp_path_factory.mktemp("base") / "env")


@pytest.fixture(scope="module")
def newcomer(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Newcomer]:
    """The server install with the plug-in of the guide, the demo studio, and a server started as the README says."""
    here = tmp_path_factory.mktemp("newcomer")
    installed = install(wheel, here / "env", frozenset({"server"}))
    _add_plugin(installed)
    build = ROOT / "examples" / "demo_studio" / "build.py"
    assert installed.run("python", str(build), "demo", cwd=here).returncode == 0
    *_, line = [line for line in block(README, "journey: serve").splitlines() if line.startswith("usd-ai")]
    ready = here / "ready.json"
    words = [*line.split()[1:], "--port", "0", "--ready-file", str(ready)]
    with (here / "server.log").open("wb") as log:
        server = subprocess.Popen(
            [installed.bin / "usd-ai", *words], cwd=here, env=installed.environment(), stdout=log, stderr=log
        )
    try:
        deadline = time.monotonic() + _START_SECONDS
        while not ready.is_file():
            assert server.poll() is None, (here / "server.log").read_text()
            assert time.monotonic() < deadline, "the server did not start"
            time.sleep(0.1)
        yield Newcomer(installed, here, json.loads(ready.read_text())["address"])
    finally:
        server.send_signal(signal.SIGTERM)
        server.wait(timeout=30)


def _add_plugin(installed: Installed) -> None:
    """The generator of the author's page, installed as a package of its own."""
    (installed.packages / "studio_stakes.py").write_text(block(GUIDE / "plugin-author.md", "example: plugin"))
    metadata = installed.packages / "studio_stakes-1.0.dist-info"
    metadata.mkdir()
    (metadata / "METADATA").write_text("Metadata-Version: 2.1\nName: studio-stakes\nVersion: 1.0\n")
    (metadata / "entry_points.txt").write_text("[usd_ai.generators]\nstakes = studio_stakes:STAKES\n")


def test_when_the_wheel_is_built_then_it_holds_door_wire_schemas_and_entry_points(wheel: Path) -> None:
    names = set(zipfile.ZipFile(wheel).namelist())
    wanted = {"services/server.py", "usd_ai/api/v1/generation_pb2.py", "usd_ai/cli/main.py", "usd_ai/core/types.py"}
    schemas = {f"usd_ai/schemas/{path.relative_to(ROOT / 'schemas')}" for path in (ROOT / "schemas").rglob("*.json")}
    assert wanted | schemas <= names
    assert not {name for name in names if name.startswith(("tests/", "examples/", "benchmarks/", "docs/"))}
    (entries,) = [name for name in names if name.endswith("entry_points.txt")]
    text = zipfile.ZipFile(wheel).read(entries).decode()
    for entry in ("usd-ai = ", "usd-ai-server = ", "burning_forest = "):
        assert entry in text


def test_when_the_base_is_installed_then_it_helps_and_says_what_a_server_needs(base: Installed, tmp_path: Path) -> None:
    helped = base.run("usd-ai", "--help", cwd=tmp_path)
    assert helped.returncode == 0
    assert [verb for verb in VERBS if f"  {verb}" not in helped.stdout] == []
    for verb in VERBS[1:]:
        assert "--json" in base.run("usd-ai", verb, "--help", cwd=tmp_path).stdout
    refused = base.run("usd-ai", "serve", cwd=tmp_path)
    assert refused.returncode == 1
    assert "torch" in refused.stderr
    assert "pip install 'usd-ai[server]'" in refused.stderr
    doctor = json.loads(base.run("usd-ai", "doctor", "--json", cwd=tmp_path).stdout)
    assert [f["what"] for f in doctor["findings"] if f["state"] == "bad"] == []
    away = base.run("usd-ai", "shots", "--server", _nobody(), cwd=tmp_path)
    assert (away.returncode, "usd-ai serve" in away.stderr) == (5, True)


def _nobody() -> str:
    """An address at which nobody answers."""
    with socket.socket() as held:
        held.bind(("127.0.0.1", 0))
        return f"127.0.0.1:{held.getsockname()[1]}"


def test_when_the_readme_is_followed_then_every_command_does_what_it_says(newcomer: Newcomer, base: Installed) -> None:
    lines = [line for line in block(README, "journey: work").splitlines() if line.startswith("usd-ai")]
    said: dict[str, str] = {}
    for line in lines:
        if "GENERATION" in line:
            listed = newcomer.reads("usd-ai list")["generations"]
            assert isinstance(listed, list)
            line = line.replace("GENERATION", listed[0]["generation"])  # noqa: PLW2901 - as a reader does
        done = newcomer.types(line)
        assert done.returncode == 0, f"{line}\n{done.stdout}{done.stderr}"
        said[line.split()[1]] = done.stdout
    assert "density" in said["show"]
    assert "AWAITING_REVIEW" in said["generate"]
    assert "INTACT" in said["verify"]
    assert "density = 1.3" in said["trace"]
    assert "sh050" in said["timeline"]
    folder = newcomer.here / "demo" / "publish" / "sh050" / "env" / "burning_forest" / "v001"
    assert (newcomer.here / "demo" / "editorial" / "with_layers.otio").is_file()
    picture = Path(said["preview"].strip())
    assert picture.read_bytes().startswith(b"\x89PNG")
    _offline(base, folder)
    _validate_record(folder)


def _offline(base: Installed, published: Path) -> None:
    """Without server, network and torch: the layer verifies, and a flipped bit is found."""
    assert not any((base.packages / name).exists() for name in ("torch", "numpy", "grpc_health", "sqlalchemy"))
    copy = published.parents[5] / "carried" / "burning_forest" / "v001"
    shutil.copytree(published, copy)
    trust = ["--trust", str(published.parents[3] / "trust.json")]
    verified = base.run("usd-ai", "verify", str(copy), *trust, cwd=copy)
    assert (verified.returncode, "INTACT" in verified.stdout) == (0, True), verified.stdout + verified.stderr
    traced = base.run("usd-ai", "trace", str(copy), "/burning_forest/trees", *trust, cwd=copy)
    assert "seed" in traced.stdout, traced.stdout + traced.stderr
    payload = copy / "payload.usdc"
    payload.chmod(0o644)
    held = bytearray(payload.read_bytes())
    held[len(held) // 2] ^= 1
    payload.write_bytes(held)
    altered = base.run("usd-ai", "verify", str(copy), *trust, cwd=copy)
    assert (altered.returncode, "ALTERED" in altered.stdout) == (4, True), altered.stdout + altered.stderr


def _validate_record(published: Path) -> None:
    envelope = json.loads((published / "record.json").read_text(encoding="utf-8"))
    schemas = [json.loads(path.read_text("utf-8")) for path in sorted((ROOT / "schemas" / "json").glob("*.json"))]
    registry = Registry().with_resources((schema["$id"], Resource.from_contents(schema)) for schema in schemas)
    (record,) = [schema for schema in schemas if schema["$id"].endswith(":record:1")]
    jsonschema.Draft202012Validator(record, registry=registry).validate(
        json.loads(base64.b64decode(envelope["payload"]))
    )


def test_when_the_readmes_python_is_run_then_it_ends_with_an_intact_version(newcomer: Newcomer) -> None:
    script = newcomer.here / "ten_lines.py"
    script.write_text(block(README, "journey: python"), encoding="utf-8")
    done = newcomer.types("python ten_lines.py")
    assert done.returncode == 0, done.stdout + done.stderr
    assert done.stdout.splitlines()[0].startswith("sh010 ")
    assert done.stdout.splitlines()[-1] == "1 INTACT"  # the same plan as the commands': the version that is there


def test_when_the_readmes_new_cut_is_turned_over_then_the_layer_stays_and_a_list_is_written(
    newcomer: Newcomer,
) -> None:
    if not newcomer.reads("usd-ai list versions")["versions"]:  # the commands above it were not typed
        made = newcomer.reads("usd-ai generate sh050 --set density=1.3 --first-look")
        newcomer.reads(f"usd-ai publish {made['generation']}")
    different = {"diff", "sync"}  # they end like diff(1)
    said: dict[str, str] = {}
    for line in block(README, "journey: cut").splitlines():
        done = newcomer.types(line)
        verb = line.split()[2] + ("d" if "--apply" in line else "")
        assert done.returncode == (verb in different), f"{line}\n{done.stdout}{done.stderr}"
        said[verb] = done.stdout
    assert "trim tail 6" in said["diff"]
    assert "stays, at another speed" in said["sync"]  # the shot is retimed, and no edit layer was there yet
    assert "sh050: trimmed 6 frames at its tail" in said["report"]
    page = (newcomer.here / "demo" / "changes.html").read_text(encoding="utf-8")
    assert "stays, at another speed" in page
    assert page.count("<img ") == 1
    assert "sq010_v002" in said["history"]


def test_when_the_guides_plug_in_is_installed_then_it_generates_like_ours(newcomer: Newcomer) -> None:
    asked = "--generator stakes --set count=3 --name stakes"
    planned = newcomer.reads(f"usd-ai plan sh030 {asked}")
    assert planned["elements"] == {"stakes": 3}
    made = newcomer.reads(f"usd-ai generate sh030 {asked}")
    assert made["elements"] == {"stakes": 3}
    assert newcomer.reads(f"usd-ai generate sh030 {asked}")["cached"] is True
    published = newcomer.reads(f"usd-ai publish {made['generation']}")
    assert published["version"] == 1
    refused = newcomer.types("usd-ai plan sh030 --generator stakes --set count=0")
    assert (refused.returncode, "1 to 10000" in refused.stderr) == (2, True), refused.stderr


def test_when_nothing_was_asked_for_then_nothing_is_written_outside_the_show(newcomer: Newcomer) -> None:
    there = {path.name for path in newcomer.here.iterdir()}
    assert there <= {"env", "demo", "ready.json", "server.log", "ten_lines.py", "carried"}
