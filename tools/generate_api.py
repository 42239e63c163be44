"""Generates usd_ai/api from proto/. Runs in an environment of its own, where grpcio-tools 1.71.2 is installed.

grpcio-tools would drag the main environment's protobuf down to 5.29, and generated code refuses runtimes older than
its generator, so the oldest supported generator is the right one. Path = package = import: nothing is rewritten
afterwards. `make api` calls this; ``--out DIR`` generates elsewhere, which is how a test compares.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
PROTO = ROOT / "proto"
PACKAGES = {
    "usd_ai/api": '"""Generated from proto/ by tools/generate_api.py, committed, never edited."""\n',
    "usd_ai/api/v1": '"""Version 1 of the wire. Only the door (services) and the client import it."""\n',
}


def generate(out: Path) -> list[Path]:
    """Write the generated package under ``out``; returns its files, sorted."""
    sources = sorted(path.relative_to(PROTO).as_posix() for path in (PROTO / "usd_ai").rglob("*.proto"))
    for package, docstring in PACKAGES.items():
        folder = out / package
        folder.mkdir(parents=True, exist_ok=True)
        for stale in (*folder.glob("*_pb2*.py"), *folder.glob("*_pb2*.pyi")):
            stale.unlink()
        (folder / "__init__.py").write_text(docstring, encoding="utf-8")
    outputs = [f"--{kind}_out={out}" for kind in ("python", "pyi", "grpc_python")]
    subprocess.run(  # noqa: S603 - our own interpreter and our own files
        [sys.executable, "-m", "grpc_tools.protoc", f"-I{PROTO}", *outputs, *sources], check=True
    )
    return sorted(path for path in (out / "usd_ai" / "api").rglob("*.py*") if path.suffix in {".py", ".pyi"})


def main() -> None:
    """Generate into the source tree, or where ``--out`` says."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--out", type=Path, default=ROOT, help="folder that receives usd_ai/api (default: the project)")
    written = generate(parser.parse_args().out.resolve())
    sys.stdout.write(f"{len(written)} files generated from {PROTO.name}/\n")


if __name__ == "__main__":
    main()
