from __future__ import annotations

import pytest

from usd_ai.editorial.names import shot_code, shot_of
from usd_ai.editorial.read import shot_name


@pytest.mark.parametrize(
    ("clip", "shot"),
    [
        ("sh010", "sh010"),
        ("sh010_v011", "sh010"),
        ("sh010.V012", "sh010"),
        ("sh010_v003.mov", "sh010"),
        ("sh020.v12.[1001-1040].exr", "sh020"),
        ("sh020_v012.1001.exr", "sh020"),
        ("sh010_v003.mov.new.01", "sh010"),
        ("sh010_v003.Copy.02", "sh010"),
        ("sh010_v003.mov.Subclip001", "sh010"),
        ("take.2024.mov", "take.2024"),
        ("Z677_4C (ANIM10)", "Z677_4C"),
        ("Z694_307 (LAY11) FF", "Z694_307"),
        ("Z694_51B (LAY2) (47.75 FPS)", "Z694_51B"),
        ("495-3_SC79 EB SERIES*", "495-3_SC79 EB SERIES"),
        ("v001", "v001"),
        ("  river wide ", "river wide"),
        ("level5", "level5"),
    ],
)
def test_when_a_clip_is_named_after_a_take_then_the_shot_is_what_outlives_it(clip: str, shot: str) -> None:
    assert shot_of(clip) == shot


def test_when_a_comment_is_a_bare_code_then_it_names_the_shot() -> None:
    assert shot_code("*079_HA_0010") == "079_HA_0010"
    assert [shot_code(text) for text in ("FREEZE FRAME", "SOURCE FILE: A_1", "see_me", "")] == ["", "", "", ""]


@pytest.mark.parametrize(
    ("raw", "safe"), [("../../etc/passwd", "_.._etc_passwd"), ("a/b\\c", "a_b_c"), ("x\n1", "x_1"), ("..", "")]
)
def test_when_a_name_could_leave_its_folder_then_it_is_made_harmless(raw: str, safe: str) -> None:
    assert shot_name(raw) == safe
