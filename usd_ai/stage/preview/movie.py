"""Preview movies that editors can cut in: ProRes 422 HQ or DNxHR HQX in .mov, with timecode, reel, slate, burn-ins.

A movie counts exactly the frames it is given. Its timecode is the shot's frame number counted as timecode, so that it
conforms to the cut by itself. Equal pictures and words give equal bytes with one release of PyAV: the muxer's clock and
its own name stay out, and one thread encodes.

PyAV (BSD-3-Clause) carries FFmpeg's libraries; both encoders are FFmpeg's own, yet its wheel also holds x264 and x265,
which are GPL. It is therefore optional, the extra ``movies``, and runs in a worker process of its own.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image, UnidentifiedImageError

from usd_ai.core.errors import InvalidRequest, NotFound, UnreadableInput
from usd_ai.core.movies import SLATES, Movie, MovieWish
from usd_ai.core.timecode import from_frames, has_drop_frame
from usd_ai.core.types import FrameRange
from usd_ai.stage.preview.burnin import Burn, burned, slate

try:
    import av
except ImportError:  # optional: see above
    av: Any = None

Picture = NDArray[np.uint8] | str | Path
"""uint8 [height, width, 3] as it is to be seen, or a picture file."""

_SMALLEST = (256, 120)  # DNxHR, SMPTE ST 2019-1, has no smaller frame
_BT709 = 1  # ITU-T H.273, tables 2 to 4: primaries, transfer and matrix of Rec.709 all have the number 1
_LIMITED = 1  # FFmpeg's AVCOL_RANGE_MPEG


@dataclass(frozen=True, slots=True)
class _Codec:
    encoder: str
    title: str
    options: dict[str, str]


CODECS = {
    "prores": _Codec("prores_ks", "ProRes 422 HQ", {"profile": "hq", "vendor": "apl0"}),
    "dnxhr": _Codec("dnxhd", "DNxHR HQX", {"profile": "dnxhr_hqx"}),
}
"""By the name a person gives."""


def write_movie(pictures: Iterable[Picture], out: str, wish: MovieWish, *, count: int = 0) -> Movie:
    """Write ``out`` (.mov) from pictures of one size; it appears whole or not at all.

    ``count``: how many pictures there are; 0 where ``pictures`` knows its own length. A width or height that is odd
    gets one more column or row like its last. Raises InvalidRequest for what cannot be written so, MOVIE_NO_PYAV where
    PyAV is not installed; NotFound and UnreadableInput for a picture that is missing, none, or of another size.
    """
    if not count:
        pictures = pictures if isinstance(pictures, Sequence) else list(pictures)
        count = len(pictures)
    _refuse(wish, out, count)
    target = Path(out)
    target.parent.mkdir(parents=True, exist_ok=True)
    beside = target.with_name(f".{target.name}.{os.getpid()}.part")
    try:
        _encode(_lettered(pictures, wish, count), beside, wish)
        with beside.open("rb+") as file:
            os.fsync(file.fileno())
        beside.replace(target)
    finally:
        beside.unlink(missing_ok=True)
    first = wish.start_frame - (wish.slate == "before")
    frames = FrameRange(first, wish.start_frame + count - 1)
    return Movie(str(target), frames, wish.rate, from_frames(first, wish.rate, drop=wish.drop))


def write_movie_task(pictures: tuple[str, ...], out: str, wish: MovieWish) -> Movie:
    """Task: a movie from picture files."""
    return write_movie(pictures, out, wish)


def _refuse(wish: MovieWish, out: str, count: int) -> None:
    """Raise for a wish that cannot be fulfilled, before anything is drawn."""
    wrong = ""
    if av is None:
        raise InvalidRequest(
            "Movies need PyAV, which is not installed here.",
            remedy="Install it where the server runs: pip install 'usd-ai[movies]' (its wheel carries GPL parts).",
            reason="MOVIE_NO_PYAV",
        )
    if wish.codec not in CODECS:
        wrong = f"There is no codec '{wish.codec}' for movies; there are {', '.join(CODECS)}"
    elif wish.slate not in SLATES:
        wrong = f"A slate cannot stand '{wish.slate}'; it can be {', '.join(SLATES)}"
    elif Path(out).suffix.lower() != ".mov":
        wrong = f"'{Path(out).name}' does not end in .mov"
    elif count < 1:
        wrong = f"A movie of {wish.shot} needs at least one picture"
    elif min(wish.handles) < 0 or sum(wish.handles) >= count:
        wrong = f"{count} frames of {wish.shot} cannot hold handles of {wish.handles[0]} and {wish.handles[1]}"
    elif wish.drop and not has_drop_frame(wish.rate):
        wrong = f"Drop-frame timecode does not exist at {wish.rate} frames a second"
    if wrong:
        raise InvalidRequest(f"{wrong}.", remedy="Ask for it otherwise; nothing was written.", reason="MOVIE_WISH")


# ------------------------------------------------------------------------------------------------ pictures


def _lettered(pictures: Iterable[Picture], wish: MovieWish, count: int) -> Iterator[NDArray[np.uint8]]:
    """Every frame of the movie as it is to be seen."""
    size: tuple[int, int] | None = None
    number = 0
    for number, given in enumerate(pictures, start=1):
        picture = _even(_loaded(given))
        here = (picture.shape[1], picture.shape[0])
        if size is None:
            size = here
            if wish.slate == "before":
                yield _slate(size, wish, count)
        if here != size:
            raise UnreadableInput(
                f"Picture {number} of {wish.shot} has {here[0]} x {here[1]} pixels, others {size[0]} x {size[1]}.",
                remedy="Render all of them at one size: usd-ai preview --size.",
                reason="MOVIE_SIZES",
            )
        frame = wish.start_frame + number - 1
        if number == 1 and wish.slate == "inside":
            yield _slate(size, wish, count)
        elif wish.burn_in:
            outside = number <= wish.handles[0] or number > count - wish.handles[1]
            timecode = from_frames(frame, wish.rate, drop=wish.drop)
            yield burned(picture, Burn(wish.shot, wish.version, wish.reel, frame, timecode, outside))
        else:
            yield picture
    if number != count:
        raise InvalidRequest(
            f"{count} pictures of {wish.shot} were announced, {number} came.",
            remedy="Render the missing frames; nothing was written.",
            reason="MOVIE_LENGTH",
        )


def _loaded(given: Picture) -> NDArray[np.uint8]:
    if isinstance(given, np.ndarray):
        if given.dtype != np.uint8 or given.ndim != 3 or given.shape[2] != 3:
            raise UnreadableInput(
                f"A picture for the movie is {given.dtype} {given.shape}, not uint8 [height, width, 3].",
                remedy="Give it as it is to be seen, 0 to 255.",
                reason="PICTURE_UNREADABLE",
            )
        return given
    name = Path(given).name
    try:
        with Image.open(given) as picture:
            return np.asarray(picture.convert("RGB"), dtype=np.uint8)
    except FileNotFoundError as error:
        raise NotFound(
            f"The picture {name} for the movie is not there.",
            remedy="Render it again: usd-ai preview.",
            reason="PICTURE_MISSING",
            context={"file": name},
        ) from error
    except (UnidentifiedImageError, OSError, SyntaxError) as error:
        raise UnreadableInput(
            f"The file {name} is no picture, or a damaged one.",
            remedy="Render it again: usd-ai preview.",
            reason="PICTURE_UNREADABLE",
            context={"file": name},
        ) from error


def _even(picture: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """With as many columns and rows as 4:2:2 and every editing system take: an even number."""
    height, width, _ = picture.shape
    return (
        np.pad(picture, ((0, height % 2), (0, width % 2), (0, 0)), mode="edge") if height % 2 or width % 2 else picture
    )


def _slate(size: tuple[int, int], wish: MovieWish, count: int) -> NDArray[np.uint8]:
    last = wish.start_frame + count - 1
    first, end = (from_frames(frame, wish.rate, drop=wish.drop) for frame in (wish.start_frame, last))
    inside = f"{wish.start_frame + wish.handles[0]}-{last - wish.handles[1]}"
    handles = f"handles of {wish.handles[0]} and {wish.handles[1]}"
    lines = (
        ("version", wish.version),
        ("frames", f"{wish.start_frame}-{last} ({count})"),
        ("in the cut", f"{inside}, {handles}"),
        ("timecode", f"{first} - {end}"),
        ("rate", f"{wish.rate} fps"),
        ("reel", wish.reel),
        ("codec", f"{CODECS[wish.codec].title}, {size[0]} x {size[1]}"),
    )
    return slate(*size, wish.shot, tuple((label, value) for label, value in lines if value))


# ------------------------------------------------------------------------------------------------ encoding


def _encode(frames: Iterator[NDArray[np.uint8]], out: Path, wish: MovieWish) -> None:
    """Encode and mux."""
    codec = CODECS[wish.codec]
    first = next(frames)
    height, width, _ = first.shape
    if wish.codec == "dnxhr" and (width < _SMALLEST[0] or height < _SMALLEST[1]):
        raise InvalidRequest(
            f"DNxHR has no picture of {width} x {height} pixels; {_SMALLEST[0]} x {_SMALLEST[1]} is its smallest.",
            remedy="Render larger, or choose prores.",
            reason="MOVIE_WISH",
        )
    scale = wish.rate.numerator * (1000 if wish.rate.denominator == 1 else 1)
    options = {"fflags": "+bitexact", "movflags": "+write_colr", "video_track_timescale": str(scale)}
    options["movie_timescale"] = str(scale)  # in milliseconds, as by default, no NTSC frame has a whole length
    with av.open(str(out), "w", format="mov", options=options) as container:
        container.metadata["comment"] = f"usd_ai preview of {wish.shot} {wish.version}".strip()
        stream = container.add_stream(codec.encoder, rate=wish.rate.fraction, options=dict(codec.options))
        stream.width, stream.height, stream.pix_fmt = width, height, "yuv422p10le"
        stream.metadata["timecode"] = from_frames(
            wish.start_frame - (wish.slate == "before"), wish.rate, drop=wish.drop
        )
        if wish.reel:
            stream.metadata["reel_name"] = wish.reel
        context = stream.codec_context
        context.color_primaries = context.color_trc = context.colorspace = _BT709
        context.color_range = _LIMITED
        context.thread_count = 1
        context.flags |= av.codec.context.Flags.bitexact
        for number, picture in enumerate(_chain(first, frames)):
            frame = _frame(picture)
            frame.pts, frame.time_base = number, 1 / wish.rate.fraction
            for packet in stream.encode(frame):
                container.mux(packet)
        for packet in stream.encode():
            container.mux(packet)


def _chain(first: NDArray[np.uint8], rest: Iterator[NDArray[np.uint8]]) -> Iterator[NDArray[np.uint8]]:
    yield first
    yield from rest


def _frame(picture: NDArray[np.uint8]) -> Any:  # noqa: ANN401 - PyAV is optional, so its types are not known
    """A frame of 10 bit 4:2:2 in Rec.709's limited range, from red, green and blue in 8 bit.

    ITU-R BT.709-6, items 3.2 to 3.4 and 4.6; colour stands on every other pixel and is filtered 1-2-1 around it.
    """
    rgb = picture.astype(np.float32) / np.float32(255)
    luma = rgb @ np.array([0.2126, 0.7152, 0.0722], np.float32)
    planes = [luma * 876 + 64]
    for colour, reach in ((rgb[..., 2], 1.8556), (rgb[..., 0], 1.5748)):
        full = (colour - luma) * np.float32(896 / reach)
        left = np.pad(full, ((0, 0), (1, 0)), mode="edge")
        planes.append((left[:, :-1:2] + 2 * full[:, ::2] + full[:, 1::2]) / 4 + 512)
    frame = av.VideoFrame(picture.shape[1], picture.shape[0], "yuv422p10le")
    for plane, values in zip(frame.planes, planes, strict=True):
        rows = np.zeros((plane.height, plane.line_size // 2), np.uint16)
        rows[:, : plane.width] = np.rint(values).astype(np.uint16)
        plane.update(rows)
    frame.color_primaries = frame.color_trc = frame.colorspace = _BT709
    frame.color_range = _LIMITED
    return frame
