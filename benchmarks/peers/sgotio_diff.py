"""The peer of `cut_diff.py`: sg-otio's `SGTrackDiff`, run by the Python of `.venv-sgotio` (OpenTimelineIO 0.16).

It compares a cut with one that ShotGrid holds. There is no ShotGrid here: the older cut's clips are given the records
that ShotGrid would have sent with them, and a table in memory answers the two questions it asks.

    .venv-sgotio/bin/python benchmarks/peers/sgotio_diff.py pairs.json

``pairs.json``: a list of [older.edl, newer.edl]. Prints, for each pair, seconds and what was said of every shot.
"""

from __future__ import annotations

import json
import sys
import time
from pathlib import Path
from typing import Any

import opentimelineio as otio  # pyright: ignore[reportMissingImports] - of the other environment

PROJECT = {"type": "Project", "id": 1, "name": "show"}


class Tracker:
    """ShotGrid as far as the comparison asks it: shots by name or id, and which fields there are."""

    base_url = "https://tracker.invalid"

    def __init__(self, shots: dict[str, dict[str, Any]]) -> None:
        self._shots = shots

    def find(self, entity: str, filters: list[list[Any]], fields: object = None, **_: object) -> list[dict[str, Any]]:
        """The shots whose ids or names are asked for."""
        del fields
        if entity != "Shot":
            return []
        wanted = {value.lower() if isinstance(value, str) else value for value in filters[-1][2]}
        key = filters[-1][0]
        return [
            dict(shot)
            for shot in self._shots.values()
            if (shot[key].lower() if isinstance(shot[key], str) else shot[key]) in wanted
        ]

    def find_one(self, *_: object, **__: object) -> None:
        """Nothing else is known."""

    def schema_field_read(self, *_: object, **__: object) -> dict[str, Any]:
        """A shot's fields, none of a studio's own."""
        fields = dict.fromkeys(("code", "sg_status_list"), "text") | {"project": "entity"}
        return {
            name: {
                "data_type": {"value": kind},
                "editable": {"value": True},
                "properties": {"valid_types": {"value": ["Project"]}},
            }
            for name, kind in fields.items()
        }

    def schema_entity_read(self) -> dict[str, Any]:
        """The kinds of records."""
        return {"Shot": {"name": {"value": "Shot"}}}


def compared(older: str, newer: str) -> tuple[float, dict[str, list[str]]]:
    """Seconds from both files to the differences, and per shot the words for them."""
    from sg_otio.cut_clip import SGCutClip  # noqa: PLC0415 # pyright: ignore[reportMissingImports] - as above
    from sg_otio.track_diff import SGTrackDiff  # noqa: PLC0415 # pyright: ignore[reportMissingImports] - as above
    from sg_otio.utils import compute_clip_shot_name  # noqa: PLC0415 # pyright: ignore[reportMissingImports] - as above

    begun = time.process_time()
    old, new = (otio.adapters.read_from_file(path, "cmx_3600").tracks[0] for path in (older, newer))
    old.metadata["sg"] = {"type": "Cut", "id": 1, "code": "older", "project": PROJECT, "entity": PROJECT}
    shots: dict[str, dict[str, Any]] = {}
    for number, clip in enumerate(old.find_clips(), start=1):
        name = compute_clip_shot_name(clip)
        shot = shots.setdefault(
            name, {"type": "Shot", "id": len(shots) + 1, "code": name, "project": PROJECT, "sg_status_list": "ip"}
        )
        item = SGCutClip(clip, index=number)  # says what its own writer would have stored
        clip.metadata["sg"] = {
            "type": "CutItem",
            "id": number,
            "shot": shot,
            "cut_order": number,
            "cut_item_in": item.cut_in.to_frames(),
            "cut_item_out": item.cut_out.to_frames(),
            "cut_item_duration": item.visible_duration.to_frames(),
            "timecode_cut_item_in_text": item.source_in.to_timecode(),
            "timecode_cut_item_out_text": item.source_out.to_timecode(),
        }
    diff = SGTrackDiff(Tracker(shots), PROJECT, new_track=new, old_track=old)
    said: dict[str, list[str]] = {}
    for name, group in diff.items():
        for one in [*group.clips, *group.omitted_clips]:
            said.setdefault(str(name), []).append(": ".join([one.diff_type.name, *map(str, one.reasons)]))
    return time.process_time() - begun, said


def main() -> None:
    """Every pair, one after the other."""
    pairs = json.loads(Path(sys.argv[1]).read_text(encoding="utf-8"))
    found = []
    for older, newer in pairs:
        try:
            found.append(compared(older, newer))
        except Exception as error:  # noqa: BLE001 - a pair that it fails on is a result
            found.append((0.0, {"": [f"failed: {type(error).__name__}: {error}"]}))
    print(json.dumps(found))


if __name__ == "__main__":
    main()
