"""Pictures in a row as a clip: H.264 in .mp4 where PyAV is installed, else an animated WebP by Pillow."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from pathlib import Path
from typing import Any

from PIL import Image

try:
    import av
except ImportError:  # its wheel carries GPL parts; a studio may leave it out
    av: Any = None

_FINEST, _COARSEST = 17, 34  # x264's constant rate factors that are tried


def write_clip(pictures: Sequence[Path], out: Path, rate: Fraction, most: int) -> Path:
    """Write the clip beside ``out`` (the suffix is chosen here) with at most ``most`` bytes; the file written.

    ``rate``: frames a second. The finest quality that fits is taken. Raises SystemExit where none fits.
    """
    if av is None:
        return _webp(pictures, out.with_suffix(".webp"), rate, most)
    target = out.with_suffix(".mp4")
    for factor in range(_FINEST, _COARSEST, 3):
        _mp4(pictures, target, rate, factor)
        if target.stat().st_size <= most:
            return target
    raise SystemExit(f"{target.name} does not fit into {most} bytes.")


def _mp4(pictures: Sequence[Path], target: Path, rate: Fraction, factor: int) -> None:
    unfinished = target.with_name(f".{target.name}")
    with av.open(str(unfinished), "w", format="mp4", options={"movflags": "faststart"}) as container:
        stream = container.add_stream("libx264", rate=rate)
        with Image.open(pictures[0]) as first:
            stream.width, stream.height = first.width // 2 * 2, first.height // 2 * 2
        stream.pix_fmt = "yuv420p"
        stream.options = {"crf": str(factor), "preset": "slow", "threads": "1"}
        # Pictures are sRGB with Rec.709 primaries; players take what is not said for something else.
        stream.codec_context.color_primaries, stream.codec_context.colorspace = 1, 1
        stream.codec_context.color_trc, stream.codec_context.color_range = 13, 1
        for path in pictures:
            with Image.open(path) as picture:
                frame = av.VideoFrame.from_image(picture.convert("RGB").crop((0, 0, stream.width, stream.height)))
            frame = frame.reformat(format="yuv420p", dst_colorspace="ITU709")
            for packet in stream.encode(frame):
                container.mux(packet)
        for packet in stream.encode():
            container.mux(packet)
    unfinished.replace(target)


def _webp(pictures: Sequence[Path], target: Path, rate: Fraction, most: int) -> Path:
    frames: list[Image.Image] = []
    for path in pictures:
        with Image.open(path) as picture:
            frames.append(picture.convert("RGB"))
    milliseconds = round(1000 / rate)
    for quality in range(88, 20, -12):
        frames[0].save(
            target, save_all=True, append_images=frames[1:], duration=milliseconds, loop=0, quality=quality, method=4
        )
        if target.stat().st_size <= most:
            return target
    raise SystemExit(f"{target.name} does not fit into {most} bytes.")
