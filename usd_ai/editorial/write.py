"""A new timeline in which every generated shot's clips carry their layer and its picture; any OpenTimelineIO opens it.

No schema of our own: a reader without the plug-in would refuse the whole file. What we say stands in further media
references (`LAYER_KEY`, `PUBLISHED_KEY`, `PREVIEW_KEY`, `MOVIE_KEY`, `FRAMES_KEY`), in markers, and in metadata under
"usd_ai", digests and seeds as text. What an earlier run of ours left is replaced.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from itertools import zip_longest
from pathlib import Path
from urllib.parse import unquote, urlsplit

import opentimelineio as otio

from usd_ai.core.marking import ClipMark, ClipMedia
from usd_ai.core.naming import PLAIN, Naming
from usd_ai.core.types import Notice, PublishedShot, Rate, UsePlayed
from usd_ai.editorial.counting import drop_of
from usd_ai.editorial.names import METADATA
from usd_ai.editorial.opening import OpenCut, open_cut
from usd_ai.editorial.rates import parse_rate
from usd_ai.editorial.read import group_uses
from usd_ai.editorial.spans import uses_of
from usd_ai.editorial.write_media import SCHEMAS, add_media, clear_marks, mark_clips, relative_url, span_of

LAYER_KEY = "usd_ai.layer"
PUBLISHED_KEY = "usd_ai.published"
PREVIEW_KEY = "usd_ai.preview"


def write_timeline(
    cut_path: str,
    rate: Rate | None,
    handles: int,
    published: Sequence[PublishedShot],
    out_path: str,
    naming: Naming = PLAIN,
    marks: Sequence[ClipMark] = (),
    media: Sequence[ClipMedia] = (),
) -> tuple[str, ...]:
    """Write ``out_path`` (.otio) from a cut and what was published of it; returns the shots that carry a layer.

    ``marks`` become markers and notes on clips, ``media`` further references. Equal inputs give equal bytes. References
    are relative to the new file's folder; where that is not the cut's own, the cut's relative media references are
    carried over to it, and nothing else of them changes. The file appears whole
    or not at all. Raises as `read_cut` does.
    """
    opened = open_cut(cut_path, rate, naming.sequence)
    out = Path(out_path).resolve()
    notices: list[Notice] = []
    uses, length = uses_of(opened.timeline, notices, opened.rate)
    grouped = group_uses(uses, notices, naming)
    _carry_media(opened.timeline, Path(cut_path).resolve().parent, out.parent)
    by_shot = {item.shot: item for item in published}
    marked = tuple(shot for shot in grouped if shot in by_shot)
    for shot in marked:
        for use, one in zip_longest(grouped[shot], by_shot[shot].played[: len(grouped[shot])]):
            _attach(use.clip, by_shot[shot], one, use.rate, out.parent)
    clear_marks(opened.timeline)
    mark_clips(opened, grouped, marks, length)
    add_media(grouped, media, out.parent)
    told: dict[str, object] = {"cut_sha256": opened.sha256, "rate": str(opened.rate), "handles": handles}
    drop = drop_of(opened.timeline, opened.rate)
    opened.timeline.metadata[METADATA] = told if drop is None else told | {"drop": drop}
    _write(opened, out)
    return marked


def write_timeline_task(
    path: str,
    rate: str,
    handles: int,
    published: Sequence[PublishedShot],
    out: str,
    naming: Naming = PLAIN,
    marks: Sequence[ClipMark] = (),
    media: Sequence[ClipMedia] = (),
) -> tuple[str, ...]:
    """`write_timeline` for a child process; ``rate`` as text, "" where none is known."""
    return write_timeline(path, parse_rate(rate) if rate else None, handles, published, out, naming, marks, media)


def _attach(
    clip: otio.schema.Clip, published: PublishedShot, played: UsePlayed | None, rate: Rate, folder: Path
) -> None:
    """Give a clip its layer and preview as further media, and say where they come from. Its own media stays active.

    Where an edit layer plays the use, that is the clip's layer, and the one in the shot's own frames stands beside it.
    """
    version = published.version
    root = _project_root(published)
    references = dict(clip.media_references())
    references.pop(PUBLISHED_KEY, None)
    layer, edit = (published.layer_path, published.frames), played if played is not None and played.path else None
    told = {LAYER_KEY: layer, PREVIEW_KEY: (published.preview_path, published.frames)}
    told |= {LAYER_KEY: (edit.path, edit.frames), PUBLISHED_KEY: layer} if edit is not None else {}
    for key, (path, frames) in told.items():
        references[key] = otio.schema.ExternalReference(
            target_url=relative_url(root / path, folder), available_range=span_of(frames, rate)
        )
        references[key].name = Path(path).name
    clip.set_media_references(references, clip.active_media_reference_key)
    clip.metadata[METADATA] = {
        "shot": published.shot,
        "name": version.name,
        "version": version.number,
        "generator": published.generator,
        "generation": version.generation,
        "seed": published.seed,
        "frames": str(published.frames),
        "layer_sha256": version.layer_sha256,
        "plan_digest": version.plan_digest,
        "record_id": version.record_id,
    } | ({"use": edit.number} if edit is not None else {})


def _project_root(published: PublishedShot) -> Path:
    """The project's folder: the version's absolute folder without the part that the layer's path repeats."""
    folder = Path(published.version.folder)
    for _ in Path(published.layer_path).parent.parts:
        folder = folder.parent
    return folder


def _carry_media(timeline: otio.schema.Timeline, before: Path, after: Path) -> None:
    """Let relative media references still find their files when the timeline stands in another folder."""
    if before == after:
        return
    for clip in timeline.find_clips():
        for media in clip.media_references().values():
            if isinstance(media, otio.schema.ExternalReference) and _is_relative(media.target_url):
                media.target_url = relative_url(before / unquote(media.target_url), after)
            elif isinstance(media, otio.schema.ImageSequenceReference) and _is_relative(media.target_url_base):
                media.target_url_base = relative_url(before / unquote(media.target_url_base), after) + "/"


def _is_relative(url: str) -> bool:
    windows = len(url) > 1 and url[1] == ":"
    return bool(url) and not urlsplit(url).scheme and not windows and not url.startswith(("/", "\\"))


def _write(opened: OpenCut, out: Path) -> None:
    """Canonical bytes through a file beside the target, so that a reader never meets half a timeline."""
    text = otio.core.serialize_json_to_string(opened.timeline, SCHEMAS, 2) + "\n"
    out.parent.mkdir(parents=True, exist_ok=True)
    beside = out.with_name(f".{out.name}.{os.getpid()}.part")
    try:
        with beside.open("wb") as file:
            file.write(text.encode("utf-8"))
            file.flush()
            os.fsync(file.fileno())
        beside.replace(out)
    finally:
        beside.unlink(missing_ok=True)
