"""The change list as one HTML file: no script, nothing from elsewhere, to be read on a screen or printed.

Every word from a file is escaped, and the page itself forbids scripts and loading: a clip may be called anything.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from html import escape

from usd_ai.core.decisions import Decision
from usd_ai.editorial.report import NEITHER, RENAMED, ChangeList, Place, ShotLine, Totals, UseLine
from usd_ai.editorial.report_pictures import as_data
from usd_ai.editorial.report_style import STYLE
from usd_ai.editorial.report_words import HAPPENS, duration, notice_words, picture_captions, reason, unread_heading

_POLICY = (
    '<meta http-equiv="Content-Security-Policy" content="default-src \'none\'; img-src data:; '
    "style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'\">"
)

_MOST_NOTICES = 60  # a cut of which more is wrong is not read line by line

_CLASSES = {"RED": "built", "YELLOW": "played", "GREEN": "stays", "PURPLE": "gone"}

_KEY = (
    '<ul class="key"><li class="built"><b>Generated</b>: a worker builds it</li>'
    '<li class="played"><b>Stays</b>, and the cut plays it otherwise</li>'
    '<li class="stays"><b>Stays</b> as it is</li>'
    '<li class="gone"><b>Unused</b>: kept until the shot comes back</li></ul>'
)


def as_html(changes: ChangeList) -> bytes:
    """The page, UTF-8. Equal lists and pictures give equal bytes.

    Raises NotFound for a picture that is not there, UnreadableInput for one that is no PNG and no JPEG.
    """
    major = [shot for shot in changes.shots if not shot.minor]
    minor = [shot for shot in changes.shots if shot.minor]
    pictured = any(shot.pictures.old or shot.pictures.new for shot in major)
    parts = [
        "<!doctype html>",
        '<html lang="en"><head><meta charset="utf-8"><meta name="generator" content="usd_ai">',
        _POLICY,
        '<meta name="viewport" content="width=device-width, initial-scale=1">',
        f"<title>Changes: {escape(changes.title)}</title><style>{STYLE}</style></head><body>",
        f'<header><h1>{escape(changes.title)}</h1><p class="soft">{escape(_heading(changes))}</p></header>',
        *_unread(changes),
        _totals(changes.totals),
        *(f'<p class="said">The cut: {escape(said)}.</p>' for said in changes.whole),
        *(f'<p class="said soft">{escape(note)}</p>' for note in changes.notes),
        *([_KEY] if any(shot.decisions for shot in major) else []),
        *(part for shot in major for part in _shot(shot, pictured=pictured)),
    ]
    if not major:
        parts.append('<section class="bare"><p>Nothing else is different.</p></section>')
    parts += _folded(minor)
    parts.append("<footer>First and last frames are both included; the out of an EDL is one frame later.</footer>")
    parts.append("</body></html>\n")
    return "\n".join(parts).encode("utf-8")


def _heading(changes: ChangeList) -> str:
    counting = ", drop-frame timecode" if changes.drop else ""
    digests = f"{changes.old_sha256[:12]} → {changes.new_sha256[:12]}"
    return f"Change list at {changes.rate} frames a second{counting}. Cuts {digests}"


def _unread(changes: ChangeList) -> Iterator[str]:
    """A box with what could not be read of the cuts, errors first; nothing where all was."""
    told = [
        *((notice, "") for notice in changes.notices if notice.severity == "error"),
        *((notice, changes.old_name) for notice in changes.old_notices if notice.severity == "error"),
    ]
    count = len(told)
    told += [(notice, "") for notice in changes.notices if notice.severity != "error"]
    if not told:
        return
    heading = unread_heading(count) if count else "Read, with a doubt:"
    more = [f"<li>and {len(told) - _MOST_NOTICES} more</li>"] if len(told) > _MOST_NOTICES else []
    lines = [
        f"<li{' class=error' if notice.severity == 'error' else ''}>{escape(notice_words(notice, of))}</li>"
        for notice, of in told[:_MOST_NOTICES]
    ]
    yield f'<div class="unread"><h3>{escape(heading)}</h3><ul>{"".join([*lines, *more])}</ul></div>'


def _totals(totals: Totals) -> str:
    shots = [
        (str(count), f"{state} ({totals.pushed} only pushed along)" if state == "changed" and totals.pushed else state)
        for state, count in totals.shots
    ]
    layers = [(str(totals.kept), "kept"), (str(totals.re_ranged), "re-ranged"), (str(totals.regenerated), "generated")]
    layers += [(str(totals.waiting), "waiting")] if totals.waiting else []
    time = [(duration(totals.seconds), "of one worker")]
    time += [(str(totals.unmeasured), "layers of unknown time")] if totals.unmeasured else []
    groups = (("Shots", shots), ("Layers", layers), ("Machine time", time))
    return '<div class="totals">' + "".join(_group(title, cells) for title, cells in groups) + "</div>"


def _group(title: str, cells: Sequence[tuple[str, str]]) -> str:
    told = (f"<li{_faint(n)}><b>{escape(n)}</b> {escape(what)}</li>" for n, what in cells)
    return f"<div><h3>{title}</h3><ul>{''.join(told)}</ul></div>"


def _faint(count: str) -> str:
    return ' class="none"' if count.partition(" ")[0] == "0" else ""


# ------------------------------------------------------------------------------------------------ a shot


def _shot(shot: ShotLine, *, pictured: bool) -> Iterator[str]:
    """``pictured``: shots of the list have pictures, so that those without leave room for one."""
    yield "<section>" if pictured else '<section class="bare">'
    was = f" <small>was {escape(shot.was)}</small>" if shot.was else ""
    yield f'<div class="head"><h2>{escape(shot.shot)}{was}</h2><span class="state">{escape(shot.state)}</span></div>'
    if pictured:
        yield "<div>"
        yield from _pictures(shot)
        yield "</div>"
    yield "<div>"
    for number, use in enumerate(shot.uses, start=1):
        yield from _use(use, f"Use {number}" if len(shot.uses) > 1 else "")
    for decision in shot.decisions:
        yield _decision(decision)
    yield "</div></section>"


def _use(use: UseLine, title: str) -> Iterator[str]:
    here = use.new or use.old
    said = use.said or ("as it was",)
    yield f'<ul class="what">{"".join(f"<li>{escape(one)}</li>" for one in said)}</ul>'
    track = f"{title}, {here.track}" if title and here else (here.track if here else title)
    heads = "".join(f"<th>{head}</th>" for head in ("first frame", "last frame", "frames of shot", "length"))
    yield f'<table class="uses"><tr><th>{escape(track)}</th>{heads}</tr>'
    for label, place, other in (("was", use.old, use.new), ("is", use.new, use.old)):
        if place is not None:
            yield f"<tr><td>{label}</td>{_cells(place, other)}</tr>"
    yield "</table>"
    clips = list(dict.fromkeys(_source(place) for place in (use.old, use.new) if place))
    if any(clips):
        yield f'<p class="clip">{escape(" → ".join(clips))}</p>'


def _cells(place: Place, other: Place | None) -> str:
    here, there = _figures(place), _figures(other) if other is not None else ("",) * 4
    return "".join(
        f"<td{' class=same' if cell == beside else ''}>{escape(cell)}</td>"
        for cell, beside in zip(here, there, strict=True)
    )


def _figures(place: Place) -> tuple[str, str, str, str]:
    return place.first, place.last, str(place.frames), str(place.length)


def _source(place: Place) -> str:
    return ", ".join(word for word in (place.clip, f"reel {place.reel}" if place.reel else "") if word)


def _decision(decision: Decision) -> str:
    happens, colour = HAPPENS[decision.action]
    version = f" v{decision.version:03}" if decision.version else ""
    told = [reason(decision)]
    if decision.action.generates:
        time = "not measured yet" if decision.seconds is None else duration(decision.seconds)
        told.append(f"Machine time: {time}.")
    if decision.waits:
        told.append(f"It waits: {decision.waits}")
    name = f"{decision.layer}{version}"
    return (
        f'<div class="layer {_CLASSES[colour]}"><p>{escape(name)}: <b>{escape(happens)}</b></p>'
        f'<p class="soft">{escape(" ".join(told))}</p></div>'
    )


# ------------------------------------------------------------------------------------------------ pictures


def _pictures(shot: ShotLine) -> Iterator[str]:
    for path, caption in zip((shot.pictures.old, shot.pictures.new), picture_captions(shot.decisions), strict=True):
        if path:
            alt = escape(f"{shot.shot} {caption}".strip())
            yield f'<figure><img alt="{alt}" src="{as_data(path)}"><figcaption>{escape(caption)}</figcaption></figure>'
    building = any(decision.action.generates for decision in shot.decisions)
    if building and not shot.pictures.new:
        yield '<p class="empty">now: no picture until it is generated</p>'


# ------------------------------------------------------------------------------------------------ the rest


def _folded(shots: Sequence[ShotLine]) -> Iterator[str]:
    """Shots to which nothing happened but that they were pushed along: folded, and printed where they are opened."""
    if not shots:
        return
    one = len(shots) == 1
    said = (
        "1 shot is only pushed along, or as it was"
        if one
        else f"{len(shots)} shots are only pushed along, or as they were"
    )
    yield f"<details><summary>{said}</summary>"
    yield "<table><tr><th>shot</th><th>was</th><th>is</th><th></th></tr>"
    for shot in shots:
        for use in shot.uses or (UseLine(None, None, (), ()),):
            places = (place.first if place else "" for place in (use.old, use.new))
            still = shot.state if shot.state in {RENAMED, NEITHER} else "as it was"
            cells = (shot.shot, *places, "; ".join(use.said) or still)
            yield "<tr>" + "".join(f"<td>{escape(cell)}</td>" for cell in cells) + "</tr>"
    yield "</table></details>"
