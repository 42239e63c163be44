from __future__ import annotations

from fractions import Fraction
from pathlib import Path

import pytest

from usd_ai.core.errors import InvalidRequest, UnreadableInput
from usd_ai.core.types import Cut, FrameRange, Rate, Retime
from usd_ai.editorial.opening import open_cut
from usd_ai.editorial.read import read_cut
from usd_ai.editorial.write import write_timeline

_HEAD = "TITLE: test\nFCM: NON-DROP FRAME\n"


def _cut(folder: Path, events: str, rate: Rate = Rate(24), handles: int = 8) -> Cut:  # noqa: B008 - Rate is frozen
    file = folder / "cut.edl"
    file.write_text(_HEAD + events, encoding="utf-8")
    return read_cut(str(file), rate, handles)


def _event(number: int, reel: str, source: tuple[str, str], record: tuple[str, str], kind: str = "C") -> str:
    return f"{number:03d}  {reel:<8s} V     {kind:<8s} {' '.join((*source, *record))}\n"


_FIRST = _event(1, "sh010", ("00:00:42:01", "00:00:44:01"), ("01:00:00:00", "01:00:02:00"))


def test_when_an_event_is_read_then_source_timecode_is_the_shots_frame(tmp_path: Path) -> None:
    shot = _cut(tmp_path, _FIRST + "* FROM CLIP NAME: sh010_v003\n").shot("sh010")
    assert shot is not None
    assert shot.visible == FrameRange(1009, 1056)
    assert shot.needed == FrameRange(1001, 1064)
    assert shot.occurrences[0].record == FrameRange(0, 47)
    assert shot.occurrences[0].clip_name == "sh010_v003"
    assert shot.occurrences[0].reel == "sh010"


def test_when_one_event_is_bad_then_it_is_reported_with_its_line_and_the_rest_is_read(tmp_path: Path) -> None:
    bad = _event(2, "sh020", ("00:00:42:29", "00:00:43:01"), ("01:00:02:00", "01:00:03:00"))
    worse = "003  what is this\n"
    last = _event(4, "sh030", ("00:00:42:01", "00:00:43:01"), ("01:00:03:00", "01:00:04:00"))
    cut = _cut(tmp_path, _FIRST + bad + worse + last)
    assert [shot.name for shot in cut.shots] == ["sh010", "sh030"]
    assert [(notice.severity, notice.line) for notice in cut.notices] == [("error", 4), ("error", 5)]
    assert "24 frames in a second" in cut.notices[0].message
    assert cut.shots[1].occurrences[0].record == FrameRange(72, 95)


def test_when_no_event_can_be_read_then_the_error_says_why(tmp_path: Path) -> None:
    with pytest.raises(UnreadableInput) as caught:
        _cut(tmp_path, "001  nonsense\n")
    assert caught.value.reason == "UNREADABLE_EDL"
    assert "nonsense" in caught.value.message


def test_when_an_event_is_slowed_to_half_then_half_the_frames_are_used(tmp_path: Path) -> None:
    event = _event(1, "sh050", ("00:00:42:01", "00:00:43:13"), ("01:00:00:00", "01:00:03:00"))
    shot = _cut(tmp_path, event + "M2   sh050    012.0                00:00:42:01\n").shots[0]
    assert shot.occurrences[0].retime == Retime("linear", Fraction(1, 2))
    assert shot.visible == FrameRange(1009, 1044)
    assert shot.occurrences[0].record.count == 72


def test_when_the_speed_line_is_rounded_then_the_timecodes_say_the_exact_speed(tmp_path: Path) -> None:
    event = _event(1, "sh050", ("00:00:00:00", "00:00:01:01"), ("01:00:00:00", "01:00:03:00"))
    shot = _cut(tmp_path, event + "M2   sh050    008.3                00:00:00:00\n").shots[0]
    assert shot.occurrences[0].retime == Retime("linear", Fraction(25, 72))
    assert shot.visible == FrameRange(0, 24)


def test_when_speed_line_and_timecodes_differ_by_a_frame_then_no_frame_is_missing(tmp_path: Path) -> None:
    event = _event(1, "sh050", ("00:00:00:00", "00:00:02:07"), ("01:00:00:00", "01:00:01:04"))
    shot = _cut(tmp_path, event + "M2   sh050    048.0                00:00:00:00\n").shots[0]
    assert shot.visible.count == 56  # 55 by the timecodes, 56 by the speed


def test_when_an_event_is_frozen_then_one_frame_is_used(tmp_path: Path) -> None:
    event = _event(1, "sh050", ("00:00:42:01", "00:00:42:02"), ("01:00:00:00", "01:00:03:00"))
    shot = _cut(tmp_path, event + "M2   sh050    000.0                00:00:42:01\n").shots[0]
    assert shot.occurrences[0].retime == Retime("freeze", Fraction(0))
    assert shot.visible == FrameRange(1009, 1009)


def test_when_an_event_is_reversed_then_the_same_frames_are_used(tmp_path: Path) -> None:
    event = _event(1, "sh050", ("00:00:42:01", "00:00:44:01"), ("01:00:00:00", "01:00:02:00"))
    shot = _cut(tmp_path, event + "M2   sh050    -024.0                00:00:42:01\n").shots[0]
    assert shot.occurrences[0].retime == Retime("reverse", Fraction(-1))
    assert shot.visible == FrameRange(1009, 1056)


def test_when_a_reversed_event_names_only_its_entry_frame_then_it_is_counted_back_and_said(tmp_path: Path) -> None:
    event = _event(1, "sh050", ("00:00:10:00", "00:00:10:01"), ("01:00:00:00", "01:00:00:12"))
    cut = _cut(tmp_path, event + "M2   sh050    -024.0                00:00:10:00\n")
    assert cut.shots[0].visible == FrameRange(229, 240)
    assert "counted back" in cut.notices[0].message


def test_when_two_events_dissolve_then_both_are_visible_under_it(tmp_path: Path) -> None:
    events = (
        _event(1, "sh060", ("00:00:42:01", "00:00:43:13"), ("01:00:00:00", "01:00:01:12"))
        + _event(2, "sh060", ("00:00:43:13", "00:00:43:13"), ("01:00:01:12", "01:00:01:12"))
        + _event(2, "sh070", ("00:00:42:01", "00:00:44:13"), ("01:00:01:12", "01:00:04:00"), "D    012")
        + "* FROM CLIP NAME: sh060_v001\n* TO CLIP NAME: sh070_v002\n"
    )
    before, after = _cut(tmp_path, events).shots
    assert (before.name, after.name) == ("sh060", "sh070")
    assert before.visible == FrameRange(1009, 1056)
    assert before.occurrences[0].transition_out == 12
    assert after.visible == FrameRange(1009, 1068)
    assert after.occurrences[0].transition_in == 12


def _dissolve(reels: tuple[str, str]) -> str:
    """An event of two seconds, then a dissolve of 12 frames from its frame at 01:00:02:00 into two seconds more."""
    first = _event(1, reels[0], ("01:00:00:00", "01:00:02:00"), ("01:00:00:00", "01:00:02:00"))
    out = _event(2, reels[0], ("01:00:02:00", "01:00:02:00"), ("01:00:02:00", "01:00:02:00"))
    into = _event(2, reels[1], ("02:00:00:00", "02:00:01:00"), ("01:00:02:00", "01:00:04:00"), "D    012")
    names = "* FROM CLIP NAME: sh010\n* TO CLIP NAME: sh020\n"
    return first + "* FROM CLIP NAME: sh010\n" + out + into + names


@pytest.mark.parametrize(
    ("reels", "lines"),
    [
        (("AX", "AX"), ["M2   AX       012.0                02:00:00:00"]),
        (("AX", "AX"), ["M2   AX       012.0"]),
        (("AX", "AX"), ["M2   AX       024.0                01:00:02:00", "M2   AX       012.0         02:00:00:00"]),
        (("AX", "AX"), ["M2   AX       048.0", "M2   AX       012.0"]),
        (
            ("A001", "B001"),
            ["M2   A001     048.0                01:00:02:00", "M2   B001     012.0         02:00:00:00"],
        ),
    ],
)
def test_when_a_dissolve_has_speed_lines_then_each_is_about_the_event_that_it_names(
    tmp_path: Path, reels: tuple[str, str], lines: list[str]
) -> None:
    cut = _cut(tmp_path, _dissolve(reels) + "\n".join(lines) + "\n", handles=0)
    assert [(shot.name, shot.visible, shot.occurrences[0].retime) for shot in cut.shots] == [
        ("sh010", FrameRange(86400, 86459), None),
        ("sh020", FrameRange(172800, 172823), Retime("linear", Fraction(1, 2))),
    ]
    assert not cut.notices


def test_when_an_event_has_sound_of_its_own_then_its_names_and_speed_are_its_pictures(tmp_path: Path) -> None:
    times = (("01:00:00:00", "01:00:01:00"), ("01:00:00:00", "01:00:02:00"))
    sound = _event(1, "AX", *times).replace(" V ", " A ")
    words = "* FROM CLIP NAME: sh010_v003\nM2   AX       012.0                01:00:00:00\n* GOOD SMOKE\n"
    other = sound.replace("001", "002", 1) + "* FROM CLIP NAME: boom\n"
    cut = _cut(tmp_path, _event(1, "AX", *times) + sound + words + other, handles=0)
    use = cut.shots[0].occurrences[0]
    assert (use.clip_name, use.retime, use.comments) == (
        "sh010_v003",
        Retime("linear", Fraction(1, 2)),
        ("GOOD SMOKE",),
    )
    assert cut.shots[0].visible == FrameRange(86400, 86423)
    assert not cut.notices


@pytest.mark.parametrize("code", ["01;00;00;00 01;00;02;00", "01,00,00,00 01,00,02,00"])
def test_when_every_separator_says_drop_frame_then_the_list_is_read_so(tmp_path: Path, code: str) -> None:
    file = tmp_path / "cut.edl"
    file.write_text(f"TITLE: x\nFCM: DROP FRAME\n001  AX V C {code} {code}\n* FROM CLIP NAME: sh010\n")
    cut = read_cut(str(file), Rate(30000, 1001), 0)
    assert (cut.shots[0].visible, cut.start, cut.drop) == (FrameRange(107892, 107951), 107892, True)


@pytest.mark.parametrize(("line", "drop"), [("FCM: DROP FRAME", True), ("FCM: NON-DROP FRAME", False)])
def test_when_a_list_is_written_as_a_timeline_then_that_counts_as_the_list_did(
    tmp_path: Path, line: str, drop: bool
) -> None:
    file, rate = tmp_path / "cut.edl", Rate(30000, 1001)
    file.write_text(f"TITLE: x\n{line}\n{_FIRST}* FROM CLIP NAME: sh010\n")
    assert read_cut(str(file), rate, 0).drop is drop
    write_timeline(str(file), rate, 0, (), str(tmp_path / "cut.otio"))
    assert read_cut(str(tmp_path / "cut.otio"), None, 0).drop is drop


def test_when_a_source_passes_midnight_then_it_runs_into_the_next_day(tmp_path: Path) -> None:
    over = _event(1, "A001", ("23:59:59:00", "00:00:01:00"), ("01:00:00:00", "01:00:02:00"))
    until = _event(2, "A002", ("23:59:58:00", "00:00:00:00"), ("01:00:02:00", "01:00:04:00"))
    slow = _event(3, "A003", ("23:59:59:12", "00:00:00:12"), ("01:00:04:00", "01:00:06:00"))
    cut = _cut(tmp_path, over + until + slow + "M2   A003     012.0                23:59:59:12\n", handles=0)
    day = 24 * 86400
    assert [shot.visible for shot in cut.shots] == [
        FrameRange(day - 24, day + 23),
        FrameRange(day - 48, day - 1),
        FrameRange(day - 12, day + 11),
    ]
    assert not cut.notices


def test_when_the_record_passes_midnight_then_it_carries_on(tmp_path: Path) -> None:
    source = ("01:00:00:00", "01:00:02:00")
    events = [("23:59:56:00", "23:59:58:00"), ("23:59:58:00", "00:00:00:00"), ("00:00:00:00", "00:00:02:00")]
    cut = _cut(tmp_path, "".join(_event(k, f"sh0{k}0", source, record) for k, record in enumerate(events, start=1)))
    assert [shot.occurrences[0].record for shot in cut.shots] == [
        FrameRange(0, 47),
        FrameRange(48, 95),
        FrameRange(96, 143),
    ]
    assert (cut.start, cut.duration, cut.notices) == (24 * 86396, 144, ())


def test_when_an_event_ends_long_before_it_starts_then_no_midnight_explains_it(tmp_path: Path) -> None:
    source = _event(2, "A002", ("01:00:02:00", "01:00:00:00"), ("01:00:02:00", "01:00:04:00"))
    record = _event(3, "A003", ("01:00:00:00", "01:00:02:00"), ("01:00:06:00", "01:00:04:00"))
    cut = _cut(tmp_path, _FIRST + source + record)
    assert [shot.name for shot in cut.shots] == ["sh010"]
    assert [(notice.severity, notice.line) for notice in cut.notices] == [("error", 4), ("error", 5)]


def test_when_an_event_names_its_source_file_then_that_is_its_media_whatever_its_name(tmp_path: Path) -> None:
    second = _event(2, "AX", ("00:00:42:01", "00:00:43:01"), ("01:00:02:00", "01:00:03:00"))
    said = "* FROM CLIP NAME: sh010_v003\n* SOURCE FILE: A001C002.mov\n"
    cut = _cut(tmp_path, _FIRST + said + second + "* SOURCE FILE: D:\\plates/sh020_v001.mov\n")
    assert [o.media for s in cut.shots for o in s.occurrences] == ["A001C002.mov", "D:\\plates/sh020_v001.mov"]
    assert [shot.name for shot in cut.shots] == ["sh010", "sh020"]
    assert cut.shots[0].occurrences[0].comments == ()


def test_when_an_event_has_locators_then_they_are_markers_in_its_source(tmp_path: Path) -> None:
    file = tmp_path / "cut.edl"
    said = "* LOC: 01:00:00:12 YELLOW  more fire\n* LOC: 01:00:61:00 RED  x\n"
    file.write_text(_HEAD + _FIRST + said, encoding="utf-8")
    opened = open_cut(str(file), Rate(24))
    marker = opened.timeline.find_clips()[0].markers[0]
    assert (marker.name, marker.color, marker.marked_range.start_time.value) == ("more fire", "YELLOW", 1021)
    assert [notice.line for notice in opened.notices] == [5]
    assert "kept as a comment" in opened.notices[0].message


def test_when_a_reverse_has_its_timecodes_swapped_then_it_is_read_backwards_from_its_in(tmp_path: Path) -> None:
    event = _event(1, "sh050", ("00:00:10:00", "00:00:09:00"), ("01:00:00:00", "01:00:01:00"))
    use = _cut(tmp_path, event + "M2   sh050    -024.0                00:00:10:00\n").shots[0].occurrences[0]
    assert use.retime == Retime("reverse", Fraction(-1))
    assert use.visible == FrameRange(217, 240)
    with pytest.raises(UnreadableInput, match="ends before it starts"):
        _cut(tmp_path, event)


def test_when_reels_are_black_bars_or_sound_then_they_are_no_shots(tmp_path: Path) -> None:
    events = (
        _event(1, "BL", ("00:00:00:00", "00:00:01:00"), ("01:00:00:00", "01:00:01:00"))
        + _event(2, "BARS", ("00:00:00:00", "00:00:01:00"), ("01:00:01:00", "01:00:02:00"))
        + _event(3, "sh010", ("00:00:42:01", "00:00:43:01"), ("01:00:02:00", "01:00:03:00"))
        + "004  sound    A     C        00:00:00:00 00:00:01:00 01:00:03:00 01:00:04:00\n* FROM CLIP NAME: boom\n"
    )
    cut = _cut(tmp_path, events)
    assert [(shot.name, shot.occurrences[0].clip_name) for shot in cut.shots] == [("sh010", "sh010")]
    assert cut.shots[0].occurrences[0].record == FrameRange(48, 71)


def test_when_events_overlap_then_both_are_kept_and_it_is_said(tmp_path: Path) -> None:
    over = _event(2, "sh020", ("00:00:42:01", "00:00:43:01"), ("01:00:01:00", "01:00:02:00"))
    cut = _cut(tmp_path, _FIRST + over)
    assert [shot.occurrences[0].track for shot in cut.shots] == ["V1", "V2"]
    assert "overlaps" in cut.notices[0].message
    assert cut.shots[1].occurrences[0].record == FrameRange(24, 47)


def test_when_source_and_record_disagree_without_speed_then_the_rate_is_doubted(tmp_path: Path) -> None:
    event = _event(1, "sh010", ("00:00:42:00", "00:00:44:00"), ("01:00:00:00", "01:00:01:00"))
    cut = _cut(tmp_path, event)
    assert "Is the frame rate right?" in cut.notices[0].message
    assert cut.shots[0].visible.count == 24


@pytest.mark.parametrize("rate", [Rate(24), Rate(25), Rate(24000, 1001), Rate(30)])
def test_when_a_list_is_drop_frame_at_a_rate_without_it_then_it_is_refused(tmp_path: Path, rate: Rate) -> None:
    file = tmp_path / "cut.edl"
    file.write_text("TITLE: x\nFCM: DROP FRAME\n" + _FIRST, encoding="utf-8")
    with pytest.raises(InvalidRequest) as caught:
        read_cut(str(file), rate, 8)
    assert caught.value.reason == "DROP_FRAME_RATE"


def test_when_a_list_is_drop_frame_at_video_rate_then_skipped_numbers_do_not_count(tmp_path: Path) -> None:
    event = _event(1, "sh010", ("00:00:58:00", "00:01:02:02"), ("01:00:58:00", "01:01:02:02"))
    file = tmp_path / "cut.edl"
    file.write_text("TITLE: x\nFCM: DROP FRAME\n" + event, encoding="utf-8")
    shot = read_cut(str(file), Rate(30000, 1001), 0).shots[0]
    assert shot.visible.count == 120  # as non-drop it would read as 122
    assert shot.visible.start == 58 * 30


# In every minute but each tenth, drop-frame leaves out two numbers: 10:00:50 to 10:01:10 is 20 s, 598 frames of
# drop-frame and 600 of non-drop. 10 h are 1,080,000 numbers and 10 * 108 of them left out: 1,078,920 frames.
_DROP, _PLAIN = 1_078_920, 1_080_000


@pytest.mark.parametrize(
    ("head", "between", "starts", "counts"),
    [
        ("DROP FRAME", "NON-DROP FRAME", (_DROP + 1500, _PLAIN + 1500), (598, 598)),
        ("NON-DROP FRAME", "DROP FRAME", (_PLAIN + 1500, _DROP + 1500), (600, 600)),
        ("DROP FRAME", "DROP FRAME", (_DROP + 1500, _DROP + 1500), (598, 598)),
    ],
)
def test_when_frame_code_modes_change_between_events_then_the_sources_after_it_are_counted_so(
    tmp_path: Path, head: str, between: str, starts: tuple[int, int], counts: tuple[int, int]
) -> None:
    times = ("10:00:50:00", "10:01:10:00")
    text = (
        f"TITLE: x\nFCM: {head}\n"
        + _event(1, "sh010", times, ("01:00:50:00", "01:01:10:00"))
        + f"FCM: {between}\n"
        + _event(2, "sh020", times, ("01:01:10:00", "01:01:30:00"))
        + _event(3, "sh030", times, ("01:01:30:00", "01:01:50:00"))
    )
    (tmp_path / "cut.edl").write_text(text, encoding="utf-8")
    cut = read_cut(str(tmp_path / "cut.edl"), Rate(30000, 1001), 0)
    first, second, third = (shot.occurrences[0] for shot in cut.shots)
    assert (first.visible.start, second.visible.start, third.visible.start) == (*starts, starts[1])
    assert (first.record.start, first.record.end + 1) == (0, counts[0])
    # The record keeps the clock it began with, so one event follows on the other.
    assert (second.record.start, second.record.end + 1, third.record.start) == (
        counts[0],
        counts[0] + 600,
        counts[0] + 600,
    )
    told = [notice for notice in cut.notices if "the record stays" in notice.message]
    assert [notice.line for notice in told] == ([] if head == between else [_line_of(text, "FCM", 2)])


def _line_of(text: str, start: str, which: int) -> int:
    lines = [number for number, line in enumerate(text.splitlines(), 1) if line.startswith(start)]
    return lines[which - 1]


@pytest.mark.parametrize("code", [";", ","])
def test_when_a_line_writes_both_kinds_of_timecode_then_each_is_what_it_says(tmp_path: Path, code: str) -> None:
    record = (f"01:00:00{code}00", f"01:00:20{code}00")
    text = "TITLE: x\nFCM: DROP FRAME\n" + _event(1, "sh010", ("10:00:50:00", "10:01:10:00"), record)
    (tmp_path / "cut.edl").write_text(text, encoding="utf-8")
    cut = read_cut(str(tmp_path / "cut.edl"), Rate(30000, 1001), 0)
    assert cut.shots[0].visible.start == _PLAIN + 1500
    assert (cut.shots[0].visible.count, cut.notices, cut.start) == (600, (), 107_892)


def test_when_an_fcm_line_comes_after_the_first_event_then_the_record_is_non_drop(tmp_path: Path) -> None:
    text = (
        "TITLE: x\n"
        + _event(1, "sh010", ("10:00:00:00", "10:00:20:00"), ("01:00:50:00", "01:01:10:00"))
        + "FCM: DROP FRAME\n"
        + _event(2, "sh020", ("10:00:00:00", "10:00:20:00"), ("01:01:10:00", "01:01:30:00"))
    )
    (tmp_path / "cut.edl").write_text(text, encoding="utf-8")
    cut = read_cut(str(tmp_path / "cut.edl"), Rate(30000, 1001), 0)
    assert [shot.visible.start for shot in cut.shots] == [_PLAIN, _DROP]
    assert [shot.occurrences[0].record.start for shot in cut.shots] == [0, 600]
    assert cut.start == 108_000 + 1500
