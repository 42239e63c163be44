"""What a record needs to read out of USD files. Read only, never composed with anybody else's layers.

A layer under judgement may be hostile, so every file is read in a limited child process.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from usd_ai.core.errors import UnreadableInput
from usd_ai.core.ports import Limits
from usd_ai.run.process import Pool

_LIMITS = Limits(memory=8 << 30, cpu=120, wall=180.0)


def content_sha256(path: str) -> str:
    """SHA-256 over what a layer says: equal for the usda and usdc forms of the same content."""
    return str(_in_a_child("usd_ai.stage.content:content_of_file_task", path))  # the definition lives with the canvas


def stamped_record_ids(path: str) -> tuple[str, ...]:
    """UUIDs of the records that authorship stamps in a layer name, sorted."""
    return tuple(_in_a_child(f"{__name__}:read_stamps_task", path))


def prim_paths(path: str) -> frozenset[str]:
    """Paths of all prims of a layer with its payload, instance proxies excluded."""
    return frozenset(_in_a_child(f"{__name__}:read_prims_task", path))


def _in_a_child(task: str, path: str) -> Any:  # noqa: ANN401 - what the task returns
    there = str(Path(path).absolute())  # the child works in a folder of its own
    with Pool(1) as pool:
        return pool.call(task, {"path": there}, limits=_LIMITS)


def read_stamps_task(path: str) -> list[str]:
    """Task of `stamped_record_ids`."""
    from pxr import Sdf  # noqa: PLC0415 - only the child opens USD

    layer = _opened(path)
    found: set[str] = set()

    def visit(at: Sdf.Path | str) -> None:
        spec = layer.GetAttributeAtPath(at)
        if spec and spec.name.startswith("authorship:run_") and spec.name.endswith(":instanceID") and spec.default:
            found.add(str(spec.default))

    layer.Traverse("/", visit)
    return sorted(found)


def read_prims_task(path: str) -> list[str]:
    """Task of `prim_paths`."""
    from pxr import Tf, Usd  # noqa: PLC0415 - only the child opens USD

    try:
        stage = Usd.Stage.Open(path)
    except Tf.ErrorException as error:
        raise _unreadable(path) from error
    return [str(prim.GetPath()) for prim in Usd.PrimRange.Stage(stage, Usd.PrimAllPrimsPredicate)]


def _opened(path: str) -> Any:  # noqa: ANN401 - Sdf.Layer, which only the child knows
    from pxr import Sdf, Tf  # noqa: PLC0415 - only the child opens USD

    try:
        layer: Any = Sdf.Layer.OpenAsAnonymous(path)
    except Tf.ErrorException:
        layer = None
    if not layer:
        raise _unreadable(path)
    return layer


def _unreadable(path: str) -> UnreadableInput:
    return UnreadableInput(f"{Path(path).name} cannot be read as USD.", remedy="Fetch the published version again.")
