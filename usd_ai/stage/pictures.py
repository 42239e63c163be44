"""Painted maps into arrays: a grey PNG of 8 or 16 bit, or an EXR. Runs in a child with limits: the file may be hostile.

What a plan holds of a picture is the digest of its values, never its path: a map that is moved or renamed changes no
plan, one that is repainted does.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from usd_ai.core.errors import InvalidRequest, NotFound, UnreadableInput
from usd_ai.run.arrays import FolderArrays

PIXELS_MOST = 64_000_000
_HIGHEST = 4.0  # the most that a map may say; beyond, somebody has painted something else
_DEPTHS = {"L": 255.0, "I;16": 65535.0, "1": 1.0}


def read_picture_task(path: str, name: str, arrays: str) -> str:
    """Task: the values of a picture, as what a plan holds: ``picture <digest> <rows>x<columns>``.

    They are float32 [rows, columns], 0 to 1 of a PNG's whole range, as they are in an EXR. ``name`` is what errors call
    the file; ``arrays`` is the folder that the values go into. Raises NotFound, UnreadableInput and InvalidRequest.
    """
    if not Path(path).is_file():
        raise NotFound(
            f"There is no picture '{name}'.",
            remedy="Give the path of a PNG or EXR, relative to the show's folder.",
            reason="PICTURE_NOT_FOUND",
        )
    suffix = Path(path).suffix.lower()
    if suffix not in {".png", ".exr"}:
        raise InvalidRequest(
            f"'{name}' is no PNG and no EXR.", remedy="Save the map as a grey PNG or as EXR.", reason="PICTURE_KIND"
        )
    values = _png(path, name) if suffix == ".png" else _exr(path, name)
    if not np.isfinite(values).all() or values.min() < 0.0 or values.max() > _HIGHEST:
        raise InvalidRequest(
            f"'{name}' has values that are no share from 0 to {_HIGHEST:g}.",
            remedy="Paint 0 for none and 1 for all.",
            reason="PICTURE_VALUES",
        )
    ref = FolderArrays(arrays).put(values)
    return f"picture {ref.digest} {values.shape[0]}x{values.shape[1]}"


def _png(path: str, name: str) -> NDArray[np.float32]:
    from PIL import Image  # noqa: PLC0415 - only the child that reads one needs it

    Image.MAX_IMAGE_PIXELS = None  # our own limit says more
    try:
        with Image.open(path, formats=("PNG",)) as picture:
            _refuse_size(name, *picture.size)
            if picture.mode not in _DEPTHS:
                raise InvalidRequest(
                    f"'{name}' is a picture of mode {picture.mode}, not of grey.",
                    remedy="Save it as grey of 8 or 16 bit, without alpha.",
                    reason="PICTURE_KIND",
                )
            return (np.asarray(picture).astype(np.float64) / _DEPTHS[picture.mode]).astype(np.float32)
    except (OSError, SyntaxError, ValueError) as error:
        raise _unreadable(name) from error


def _exr(path: str, name: str) -> NDArray[np.float32]:
    import OpenEXR  # noqa: PLC0415 # pyright: ignore[reportMissingTypeStubs] - as above; it has no stubs

    reader: Any = OpenEXR
    try:
        with reader.File(path, separate_channels=True, header_only=True) as header:
            low, high = header.header()["dataWindow"]
            _refuse_size(name, int(high[0]) - int(low[0]) + 1, int(high[1]) - int(low[1]) + 1)
        with reader.File(path, separate_channels=True) as picture:
            channels: dict[str, Any] = dict(picture.channels())
            found = channels.get("Y") or (next(iter(channels.values())) if len(channels) == 1 else None)
            if found is None:
                raise InvalidRequest(
                    f"'{name}' has the channels {', '.join(sorted(channels))}, and none of them is Y.",
                    remedy="Save the map with one channel, named Y.",
                    reason="PICTURE_KIND",
                )
            return np.ascontiguousarray(found.pixels, dtype=np.float32)
    except (OSError, RuntimeError, KeyError, ValueError, TypeError) as error:
        raise _unreadable(name) from error


def _refuse_size(name: str, width: int, height: int) -> None:
    if not 0 < width * height <= PIXELS_MOST:
        raise InvalidRequest(
            f"'{name}' has {width} x {height} pixels; at most {PIXELS_MOST // 1_000_000} million can be read.",
            remedy="Scale the map down: a pixel a metre is fine enough for trees.",
            reason="PICTURE_TOO_LARGE",
        )


def _unreadable(name: str) -> UnreadableInput:
    return UnreadableInput(
        f"The picture '{name}' cannot be read.",
        remedy="Open it in the program that wrote it and save it again.",
        reason="PICTURE_UNREADABLE",
    )
