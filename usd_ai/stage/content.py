"""What a layer says, as one digest that no file format changes: equal for the usda and usdc forms of the same content.

It is the SHA-256 of the exported text, in which every long array of numbers stands as the SHA-256 of its bytes: the
text of a million instances takes seconds to write, their bytes a twentieth of one.
"""

from __future__ import annotations

import hashlib
from pathlib import Path

from pxr import Sdf, Tf

from usd_ai.core.errors import UnreadableInput

_LONG = 1024  # numbers from which an array counts as long; below, the text is as quick


def content_sha256(layer: Sdf.Layer) -> str:
    """The digest of a layer's content, lower-case hex."""
    short = Sdf.Layer.CreateAnonymous(".usda")
    short.TransferContent(layer)
    lines: list[str] = []

    def visit(path: Sdf.Path | str) -> None:
        attribute = short.GetAttributeAtPath(path)
        if not attribute:
            return
        for time in short.ListTimeSamplesForPath(path):
            found = _digest(short.QueryTimeSample(path, time))
            if found:
                lines.append(f"{path} {time!r} {found}")
                short.SetTimeSample(path, time, attribute.typeName.defaultValue)
        found = _digest(attribute.default)
        if found:
            lines.append(f"{path} default {found}")
            attribute.default = attribute.typeName.defaultValue

    layer.Traverse(Sdf.Path.absoluteRootPath, visit)
    text = short.ExportToString()
    return hashlib.sha256("\n".join([text, *sorted(lines)] if lines else [text]).encode()).hexdigest()


def content_of_file_task(path: str) -> str:
    """Task: `content_sha256` of the layer in a file. Raises UnreadableInput where it is none."""
    try:
        layer = Sdf.Layer.OpenAsAnonymous(path)
    except Tf.ErrorException:
        layer = None
    if not layer:
        raise UnreadableInput(f"{Path(path).name} cannot be read as USD.", remedy="Fetch the published version again.")
    return content_sha256(layer)


def _digest(value: object) -> str:
    """Number of elements and SHA-256 of the bytes of a long array of numbers; "" for anything else."""
    try:
        data = memoryview(value)  # pyright: ignore[reportArgumentType] - arrays of tokens and single values say no
    except TypeError:
        return ""
    return f"{data.shape} {hashlib.sha256(data).hexdigest()}" if data.nbytes // data.itemsize >= _LONG else ""
