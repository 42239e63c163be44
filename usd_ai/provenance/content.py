"""What a record needs to read out of USD files. Read only, never composed with anybody else's layers.

A layer under judgement may be hostile, so every file is read in a limited child process.
"""

from __future__ import annotations

import hashlib

from usd_ai.core.errors import UnreadableInput
from usd_ai.core.ports import Limits
from usd_ai.run.sandbox import call

_LIMITS = Limits(memory=8 << 30, cpu=120, wall=180.0)


def content_sha256(path: str) -> str:
    """SHA-256 over a layer's exported text: equal for the usda and usdc forms of the same content."""
    return str(call("usd_ai.provenance.content:read_content_task", {"path": path}, limits=_LIMITS))


def stamped_record_ids(path: str) -> tuple[str, ...]:
    """UUIDs of the records that authorship stamps in a layer name, sorted."""
    return tuple(call("usd_ai.provenance.content:read_stamps_task", {"path": path}, limits=_LIMITS))


def prim_paths(path: str) -> frozenset[str]:
    """Paths of all prims of a layer with its payload, instance proxies excluded."""
    return frozenset(call("usd_ai.provenance.content:read_prims_task", {"path": path}, limits=_LIMITS))


def read_content_task(path: str) -> str:
    """Task of `content_sha256`."""
    from pxr import Sdf  # noqa: PLC0415 - only the child opens USD

    layer = Sdf.Layer.OpenAsAnonymous(path)
    if layer is None:
        raise _unreadable(path)
    return hashlib.sha256(layer.ExportToString().encode()).hexdigest()


def read_stamps_task(path: str) -> list[str]:
    """Task of `stamped_record_ids`."""
    from pxr import Sdf  # noqa: PLC0415 - only the child opens USD

    layer = Sdf.Layer.OpenAsAnonymous(path)
    if layer is None:
        raise _unreadable(path)
    found: set[str] = set()

    def visit(at: Sdf.Path | str) -> None:
        spec = layer.GetAttributeAtPath(at)
        if spec and spec.name.startswith("authorship:run_") and spec.name.endswith(":instanceID") and spec.default:
            found.add(str(spec.default))

    layer.Traverse("/", visit)
    return sorted(found)


def read_prims_task(path: str) -> list[str]:
    """Task of `prim_paths`."""
    from pxr import Usd  # noqa: PLC0415 - only the child opens USD

    stage = Usd.Stage.Open(path)
    return [str(prim.GetPath()) for prim in Usd.PrimRange.Stage(stage, Usd.PrimAllPrimsPredicate)]


def _unreadable(path: str) -> UnreadableInput:
    return UnreadableInput(
        f"{path.rsplit('/', 1)[-1]} cannot be read as USD.", remedy="Fetch the published version again."
    )
