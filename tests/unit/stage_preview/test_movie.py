from __future__ import annotations

import dataclasses
import os
import pickle
import subprocess
import sys
from pathlib import Path
from typing import Any

import av
import numpy as np
import pytest
from numpy.typing import NDArray

from usd_ai.core.errors import InvalidRequest, NotFound, UnreadableInput
from usd_ai.core.movies import MovieWish
from usd_ai.core.types import FrameRange, Rate
from usd_ai.run import wire
from usd_ai.stage.preview import movie as movies
from usd_ai.stage.preview.movie import write_movie

_WIDE, _TALL, _COUNT = 320, 180, 12
_WISH = MovieWish(Rate(24), 993, "sh010", "v003", reel="A001C002", handles=(3, 3))


@pytest.fixture
def pictures() -> list[NDArray[np.uint8]]:
    """Greys that grow by frame, so that each is known again."""
    return [np.full((_TALL, _WIDE, 3), 40 + 10 * k, np.uint8) for k in range(_COUNT)]


def _luma(frame: av.VideoFrame) -> NDArray[np.uint16]:
    plane = frame.planes[0]
    return np.frombuffer(plane, np.uint16).reshape(plane.height, -1)[:, : plane.width]


def _read(path: str) -> tuple[Any, dict[str, str], list[Any]]:
    """The video stream, what the timecode track says, and the frames."""
    with av.open(path) as container:
        video = container.streams.video[0]
        said = next(dict(stream.metadata) for stream in container.streams if stream.type == "data")
        return video, said, list(container.decode(video))


@pytest.mark.parametrize("codec", ["prores", "dnxhr"])
@pytest.mark.parametrize("rate", [Rate(24), Rate(24000, 1001), Rate(25), Rate(60000, 1001)])
def test_when_a_movie_is_written_then_length_rate_timecode_and_reel_read_back(
    codec: str, rate: Rate, pictures: list[NDArray[np.uint8]], tmp_path: Path
) -> None:
    wish = dataclasses.replace(_WISH, codec=codec, rate=rate)
    made = write_movie(pictures, str(tmp_path / "sh010.mov"), wish)
    video, said, frames = _read(made.path)
    assert len(frames) == video.frames == _COUNT
    assert [frame.pts * frame.time_base for frame in frames] == [k / rate.fraction for k in range(_COUNT)]
    assert video.average_rate == rate.fraction
    assert video.duration * video.time_base == _COUNT / rate.fraction
    assert said["timecode"] == made.timecode
    assert said["reel_name"] == "A001C002"
    assert made.frames == FrameRange(993, 1004)
    assert (video.codec_context.name, frames[0].format.name) == (
        "prores" if codec == "prores" else "dnxhd",
        "yuv422p10le",
    )
    assert video.profile == ("HQ" if codec == "prores" else "DNXHR HQX")
    assert {frames[0].color_primaries, frames[0].color_trc, frames[0].colorspace} == {1}


def test_when_timecode_drops_then_the_track_says_so_across_the_minute(
    pictures: list[NDArray[np.uint8]], tmp_path: Path
) -> None:
    wish = dataclasses.replace(_WISH, rate=Rate(30000, 1001), start_frame=1800, drop=True)
    made = write_movie(pictures, str(tmp_path / "a.mov"), wish)
    assert made.timecode == "00:01:00;02"
    assert _read(made.path)[1]["timecode"] == "00:01:00;02"
    plain = write_movie(pictures, str(tmp_path / "b.mov"), dataclasses.replace(wish, drop=False))
    assert _read(plain.path)[1]["timecode"] == "00:01:00:00"


def test_when_frames_are_lettered_then_corners_differ_and_the_middle_is_the_picture(
    pictures: list[NDArray[np.uint8]], tmp_path: Path
) -> None:
    made = write_movie(pictures, str(tmp_path / "a.mov"), _WISH)
    plain = write_movie(pictures, str(tmp_path / "b.mov"), dataclasses.replace(_WISH, burn_in=False))
    lettered, bare = _read(made.path)[2], _read(plain.path)[2]
    for k in range(_COUNT):
        burnt, clean = _luma(lettered[k]), _luma(bare[k])
        grey = 64 + 876 * (40 + 10 * k) / 255
        assert abs(int(clean[_TALL // 2, _WIDE // 2]) - grey) <= 2
        assert abs(int(burnt[_TALL // 2, _WIDE // 2]) - grey) <= 2
        for part in (np.s_[:20, :80], np.s_[:20, -80:], np.s_[-20:, :60], np.s_[-20:, -80:]):
            assert np.abs(burnt[part].astype(int) - clean[part]).max() > 50
        handles = np.abs(burnt[-20:, 130:190].astype(int) - clean[-20:, 130:190]).max() > 50
        assert handles == (k < 3 or k >= _COUNT - 3)


def test_when_the_first_frame_is_lettered_then_its_number_is_the_shots(tmp_path: Path) -> None:
    grey = [np.full((_TALL, _WIDE, 3), 90, np.uint8)] * 4
    wish = dataclasses.replace(_WISH, handles=(0, 0))
    one = _read(write_movie(grey, str(tmp_path / "a.mov"), wish).path)[2]
    later = _read(write_movie(grey, str(tmp_path / "b.mov"), dataclasses.replace(wish, start_frame=994)).path)[2]
    corner = np.s_[-20:, :60]
    assert np.abs(_luma(one[1])[corner].astype(int) - _luma(later[0])[corner]).max() <= 4
    assert np.abs(_luma(one[0])[corner].astype(int) - _luma(later[0])[corner]).max() > 50


@pytest.mark.parametrize(
    ("where", "count", "first"),
    [("none", 12, "00:00:41:09"), ("before", 13, "00:00:41:08"), ("inside", 12, "00:00:41:09")],
)
def test_when_a_slate_is_asked_for_then_the_first_frame_keeps_its_timecode(
    where: str, count: int, first: str, pictures: list[NDArray[np.uint8]], tmp_path: Path
) -> None:
    made = write_movie(pictures, str(tmp_path / "a.mov"), dataclasses.replace(_WISH, slate=where))
    _, said, frames = _read(made.path)
    assert (len(frames), made.frames.count, said["timecode"]) == (count, count, first)
    assert (int(_luma(frames[0])[_TALL - 8, 8]) < 150) == (where != "none")
    shown = frames[1 if where == "before" else 0 if where == "none" else 1]
    assert abs(int(_luma(shown)[90, 160]) - (64 + 876 * (50 if where == "inside" else 40) / 255)) <= 2


def test_when_a_colour_is_written_then_rec709_reads_it_back(tmp_path: Path) -> None:
    colours = [(200, 40, 30), (30, 180, 60), (40, 60, 210), (255, 255, 255), (0, 0, 0)]
    pictures = [np.full((_TALL, _WIDE, 3), colour, np.uint8) for colour in colours]
    wish = dataclasses.replace(_WISH, burn_in=False, handles=(0, 0))
    for colour, frame in zip(colours, _read(write_movie(pictures, str(tmp_path / "a.mov"), wish).path)[2], strict=True):
        shown = frame.to_ndarray(format="rgb24", src_colorspace="ITU709")[90, 160]
        assert np.abs(shown.astype(int) - colour).max() <= 3


def test_when_a_size_is_odd_then_a_column_and_a_row_are_added_not_scaled(tmp_path: Path) -> None:
    made = write_movie(
        [np.full((181, 321, 3), 100, np.uint8)] * 2, str(tmp_path / "a.mov"), MovieWish(Rate(24), 1, "s")
    )
    frame = _read(made.path)[2][0]
    assert (frame.width, frame.height) == (322, 182)


def test_when_written_by_another_process_then_the_bytes_are_the_same(tmp_path: Path) -> None:
    code = (
        "import sys, numpy as np; from usd_ai.core.types import Rate;"
        "from usd_ai.core.movies import MovieWish; from usd_ai.stage.preview.movie import write_movie;"
        "p = [np.full((180, 320, 3), 9 * k, np.uint8) for k in range(5)];"
        "[write_movie(p, f'{sys.argv[1]}/{c}.mov', MovieWish(Rate(24), 1001, 'sh010', codec=c, slate='before'))"
        " for c in ('prores', 'dnxhr')]"
    )
    made: list[list[bytes]] = []
    for zone, seed in (("UTC", "1"), ("Asia/Tokyo", "77")):
        folder = tmp_path / seed
        folder.mkdir()
        told = os.environ | {"TZ": zone, "PYTHONHASHSEED": seed}
        subprocess.run([sys.executable, "-c", code, str(folder)], env=told, check=True)
        made.append([file.read_bytes() for file in sorted(folder.iterdir())])
    assert len(made[0]) == 2
    assert made[0] == made[1]
    assert all(b"usd_ai" in data for data in made[0])  # so that it may be replaced


def test_when_a_picture_is_missing_or_of_another_size_then_the_old_movie_stands(
    pictures: list[NDArray[np.uint8]], tmp_path: Path
) -> None:
    out = tmp_path / "a.mov"
    write_movie(pictures, str(out), _WISH)
    before = out.read_bytes()
    with pytest.raises(UnreadableInput, match="Picture 12 of sh010 has 300 x 180"):
        write_movie([*pictures[:-1], pictures[0][:, :300]], str(out), _WISH)
    with pytest.raises(NotFound, match=r"gone\.png"):
        write_movie([*pictures[:-1], tmp_path / "gone.png"], str(out), _WISH)
    with pytest.raises(InvalidRequest, match="12 pictures of sh010 were announced, 11 came"):
        write_movie(iter(pictures[:-1]), str(out), _WISH, count=12)
    (tmp_path / "no.png").write_bytes(b"no picture")
    with pytest.raises(UnreadableInput, match=r"no\.png"):
        write_movie([tmp_path / "no.png"] * 12, str(out), _WISH)
    assert out.read_bytes() == before
    assert sorted(file.name for file in tmp_path.iterdir()) == ["a.mov", "no.png"]


@pytest.mark.parametrize(
    ("other", "said"),
    [
        ({"codec": "h264"}, "There is no codec 'h264'"),
        ({"slate": "after"}, "cannot stand 'after'"),
        ({"handles": (6, 6)}, "12 frames of sh010 cannot hold handles of 6 and 6"),
        ({"drop": True}, "does not exist at 24"),
    ],
)
def test_when_a_wish_makes_no_sense_then_it_is_refused_before_anything_is_drawn(
    other: dict[str, Any], said: str, pictures: list[NDArray[np.uint8]], tmp_path: Path
) -> None:
    with pytest.raises(InvalidRequest, match=said):
        write_movie(pictures, str(tmp_path / "new" / "a.mov"), dataclasses.replace(_WISH, **other))
    assert not (tmp_path / "new").exists()


def test_when_pyav_is_missing_then_the_error_says_how_to_get_it(
    pictures: list[NDArray[np.uint8]], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(movies, "av", None)
    with pytest.raises(InvalidRequest, match=r"usd-ai\[movies\]") as caught:
        write_movie(pictures, str(tmp_path / "a.mov"), _WISH)
    assert caught.value.reason == "MOVIE_NO_PYAV"


def test_when_a_worker_has_written_a_movie_then_what_it_says_of_it_arrives(
    pictures: list[NDArray[np.uint8]], tmp_path: Path
) -> None:
    made = write_movie(pictures, str(tmp_path / "a.mov"), _WISH)
    assert wire.loads(pickle.dumps(("done", made))) == ("done", made)
