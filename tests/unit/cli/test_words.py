from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
from click import BadParameter
from hypothesis import given
from hypothesis import strategies as st

from usd_ai.cli.asking import Options, retold, wishes
from usd_ai.cli.output import size
from usd_ai.cli.verb import FramesType, RateType, SizeType
from usd_ai.core.errors import InvalidRequest
from usd_ai.core.types import Rate


@pytest.mark.parametrize(
    ("text", "rate"),
    [("24", Rate(24)), ("24000/1001", Rate(24000, 1001)), ("23.976", Rate(24000, 1001)), ("29.97", Rate(30000, 1001))],
)
def test_when_a_rate_is_written_then_it_is_exact(text: str, rate: Rate) -> None:
    assert RateType().convert(text, None, None) == rate


@pytest.mark.parametrize("text", ["0", "24/0", "-24", "23.9", "fast", "", "24/1001/2"])
def test_when_a_rate_is_no_rate_then_it_is_refused(text: str) -> None:
    with pytest.raises(BadParameter, match="frame rate"):
        RateType().convert(text, None, None)


@given(st.integers(1, 10**8), st.integers(1, 10**8))
def test_when_any_fraction_is_written_then_it_is_read_back(numerator: int, denominator: int) -> None:
    rate = Rate(numerator, denominator)
    assert RateType().convert(str(rate), None, None) == rate


def test_when_sizes_and_frames_are_written_then_they_are_read() -> None:
    assert SizeType().convert("960x540", None, None) == (960, 540)
    assert FramesType().convert("1001,-8,0", None, None) == (1001, -8, 0)
    assert FramesType().convert("", None, None) == ()
    for text in ("960", "x540", "1x1"):
        with pytest.raises(BadParameter):
            SizeType().convert(text, None, None)
    with pytest.raises(BadParameter):
        FramesType().convert("1-5", None, None)


@pytest.mark.parametrize(
    ("count", "words"), [(0, "0 B"), (1023, "1023 B"), (1024, "1.0 KiB"), (6 << 30, "6.0 GiB"), (1 << 50, "1024.0 TiB")]
)
def test_when_bytes_are_told_then_a_person_can_read_them(count: int, words: str) -> None:
    assert size(count) == words


def asked(edits: Path) -> Options:
    return Options(
        seed=0, name="", camera="", ground="", first_look=False, meters_per_unit=None, up_axis=None, prompt="", cut="",
        rate=None, sequence="",
        edit=("remove 5",), edits=edits,
    )  # fmt: skip


def test_when_a_file_of_edits_begins_with_a_mark_of_its_editor_then_it_is_no_part_of_an_edit(tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_bytes(b"\xef\xbb\xbfremove 4")
    assert wishes(asked(tmp_path / "a.txt"))["edits"] == ("remove 4", "remove 5")


def test_when_a_file_of_edits_is_no_text_then_a_sentence_says_so(tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_bytes("remove 4".encode("utf-16"))
    with pytest.raises(InvalidRequest, match="UTF-8") as refused:
        wishes(asked(tmp_path / "a.txt"))
    assert (refused.value.reason, bool(refused.value.remedy)) == ("EDITS_UNREADABLE", True)


def test_when_our_own_code_fails_then_two_lines_say_so_and_no_traceback() -> None:
    code = (
        "import sys; from usd_ai.cli import doctor, main; "
        "doctor._python = lambda: 1 / 0; sys.argv = ['usd-ai', 'doctor']; main.main()"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 1
    assert "ZeroDivisionError" in done.stderr
    assert "usd-ai doctor --json" in done.stderr
    assert "Traceback" not in done.stderr


def test_when_options_are_told_again_then_they_can_be_typed_as_they_are() -> None:
    options = Options(
        seed=7, name="", camera="/Cam/a b", ground="", first_look=True, meters_per_unit=0.01, up_axis=None
    )
    words = retold("bonfire", ("caption=two words",), options)
    expected = "--generator bonfire --set 'caption=two words' --seed 7 --camera '/Cam/a b' --first-look"
    assert words == f" {expected} --meters-per-unit 0.01"
