"""The change list as one HTML file: no script, nothing from elsewhere, to be read on a screen or printed.

Every word from a file is escaped, and the page itself forbids scripts and loading: a clip may be called anything.
"""

from __future__ import annotations

import base64
from collections.abc import Iterator
from html import escape
from pathlib import Path

from usd_ai.core.decisions import Decision
from usd_ai.core.errors import NotFound, UnreadableInput
from usd_ai.editorial.report import ChangeList, Place, ShotLine, Totals, UseLine
from usd_ai.editorial.report_words import duration

_KINDS = {b"\x89PNG\r\n\x1a\n": "image/png", b"\xff\xd8\xff": "image/jpeg"}

_POLICY = (
    '<meta http-equiv="Content-Security-Policy" content="default-src \'none\'; img-src data:; '
    "style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'\">"
)

_STYLE = """
:root { color-scheme: light dark; --ink: #1c1c1e; --soft: #5e5e63; --line: #d8d8dc; --page: #fff; --box: #f4f4f6;
  --new: #17693a; --gone: #a3261b; --work: #8a5200; }
@media (prefers-color-scheme: dark) { :root { --ink: #e4e2de; --soft: #a3a19d; --line: #3a3a3d; --page: #18181a;
  --box: #222225; --new: #6fcf97; --gone: #f28b82; --work: #f0b35e; } }
@media print { :root { color-scheme: light; --ink: #000; --soft: #444; --line: #bbb; --page: #fff; --box: #fff;
  --new: #17693a; --gone: #a3261b; --work: #8a5200; } section { break-inside: avoid; } }
body { font: 15px/1.5 system-ui, sans-serif; color: var(--ink); background: var(--page); max-width: 62rem;
  margin: 2rem auto; padding: 0 1rem; }
h1 { font-size: 1.5rem; margin: 0; } h2 { font-size: 1.1rem; margin: 0; overflow-wrap: anywhere; }
p { margin: .3rem 0; } small, .soft { color: var(--soft); }
.totals { display: flex; flex-wrap: wrap; gap: .4rem 2rem; padding: .8rem 1rem; background: var(--box);
  border: 1px solid var(--line); border-radius: 6px; margin: 1rem 0; }
.totals div { white-space: nowrap; } .totals b { font-size: 1.15rem; font-variant-numeric: tabular-nums; }
section { border-top: 1px solid var(--line); padding: .9rem 0; }
.state { font-size: .8rem; font-weight: 600; padding: 0 .5em; border: 1px solid currentColor; border-radius: 1em; }
.new, .reinstated { color: var(--new); } .omitted { color: var(--gone); } .build { color: var(--work); }
table { border-collapse: collapse; width: 100%; font-variant-numeric: tabular-nums; margin: .4rem 0; }
th, td { text-align: left; padding: .1rem .8rem .1rem 0; vertical-align: top; overflow-wrap: anywhere; }
th { font-weight: 500; color: var(--soft); font-size: .85rem; } ul { margin: .2rem 0; padding-left: 1.2rem; }
figure { display: inline-block; margin: .4rem .6rem 0 0; width: calc(50% - .8rem); } img { width: 100%; height: auto; }
figcaption { color: var(--soft); font-size: .85rem; } summary { cursor: pointer; padding: .6rem 0; }
"""


def as_html(changes: ChangeList) -> bytes:
    """The page, UTF-8. Equal lists and pictures give equal bytes.

    Raises NotFound for a picture that is not there, UnreadableInput for one that is no PNG and no JPEG.
    """
    major = [shot for shot in changes.shots if not shot.minor]
    minor = [shot for shot in changes.shots if shot.minor]
    parts = [
        "<!doctype html>",
        '<html lang="en"><head><meta charset="utf-8"><meta name="generator" content="usd_ai">',
        _POLICY,
        '<meta name="viewport" content="width=device-width, initial-scale=1">',
        f"<title>Changes: {escape(changes.title)}</title><style>{_STYLE}</style></head><body>",
        f"<h1>{escape(changes.title)}</h1>",
        f'<p class="soft">{escape(_heading(changes))}</p>',
        _totals(changes.totals),
        *(f"<p>The cut: {escape(said)}.</p>" for said in changes.whole),
        *(f'<p class="soft">{escape(note)}</p>' for note in changes.notes),
        *(part for shot in major for part in _shot(shot)),
    ]
    if not major:
        parts.append("<section><p>Nothing else is different.</p></section>")
    if minor:
        parts.append(f"<details><summary>{len(minor)} shots are only pushed along, or as they were</summary><ul>")
        parts += [f"<li>{escape(shot.sentence)}</li>" for shot in minor]
        parts.append("</ul></details>")
    parts.append("</body></html>\n")
    return "\n".join(parts).encode("utf-8")


def _heading(changes: ChangeList) -> str:
    counting = " drop-frame" if changes.drop else ""
    digests = f"{changes.old_sha256[:12]} → {changes.new_sha256[:12]}"
    return f"{changes.rate} frames a second{counting}; cuts {digests}"


def _totals(totals: Totals) -> str:
    pushed = {"changed": f" ({totals.pushed} only pushed along)"} if totals.pushed else {}
    cells = [(str(count), f"shots {state}{pushed.get(state, '')}") for state, count in totals.shots]
    cells += [
        (str(totals.kept), "layers kept"),
        (str(totals.re_ranged), "layers re-ranged"),
        (str(totals.regenerated), "layers generated"),
        (duration(totals.seconds), "of machine time"),
    ]
    cells += [(str(totals.unmeasured), "of unknown time")] if totals.unmeasured else []
    cells += [(str(totals.waiting), "waiting")] if totals.waiting else []
    return (
        '<div class="totals">'
        + "".join(f"<div><b>{escape(n)}</b> {escape(what)}</div>" for n, what in cells)
        + "</div>"
    )


def _shot(shot: ShotLine) -> Iterator[str]:
    yield "<section>"
    was = f" <small>was {escape(shot.was)}</small>" if shot.was else ""
    yield f'<h2>{escape(shot.shot)}{was} <span class="state {escape(shot.state)}">{escape(shot.state)}</span></h2>'
    yield f"<p>{escape(shot.sentence)}</p>"
    if shot.uses:
        yield "<table><tr><th>use</th><th>was</th><th>is</th><th>what</th></tr>"
        yield from (_use(number, use) for number, use in enumerate(shot.uses, start=1))
        yield "</table>"
    if shot.decisions:
        yield "<table><tr><th>layer</th><th>version</th><th>what happens</th><th>machine time</th></tr>"
        yield from (_decision(decision) for decision in shot.decisions)
        yield "</table>"
    for path, caption in ((shot.pictures.old, "before"), (shot.pictures.new, "now")):
        if path:
            alt = f"{escape(shot.shot)} {caption}"
            yield f'<figure><img alt="{alt}" src="{_data(path)}"><figcaption>{caption}</figcaption></figure>'
    yield "</section>"


def _use(number: int, use: UseLine) -> str:
    said = "; ".join(use.said) or "as it was"
    return f"<tr><td>{number}</td><td>{_place(use.old)}</td><td>{_place(use.new)}</td><td>{escape(said)}</td></tr>"


def _place(place: Place | None) -> str:
    if place is None:
        return "–"
    span = f"{place.first} – {place.last}"
    return f"{escape(span)}<br><small>{escape(f'{place.track}, frames {place.frames}')}</small>"


def _decision(decision: Decision) -> str:
    version = f"v{decision.version:03}" if decision.version else "–"
    cost = ""
    if decision.action.generates:
        cost = "not measured yet" if decision.seconds is None else duration(decision.seconds)
    kind = ' class="build"' if decision.action.generates else ""
    cells = (decision.layer, version, decision.action.value, cost)
    return f"<tr{kind}>" + "".join(f"<td>{escape(cell)}</td>" for cell in cells) + "</tr>"


def _data(path: str) -> str:
    name = Path(path).name
    try:
        data = Path(path).read_bytes()
    except OSError as error:
        raise NotFound(
            f"The picture {name} for the change list is not there.",
            remedy="Render it again: usd-ai preview; or ask for the list without pictures.",
            reason="PICTURE_MISSING",
            context={"file": name},
        ) from error
    kind = next((kind for mark, kind in _KINDS.items() if data.startswith(mark)), "")
    if not kind:
        raise UnreadableInput(
            f"The file {name} is no PNG and no JPEG.",
            remedy="Render it again: usd-ai preview; or ask for the list without pictures.",
            reason="PICTURE_UNREADABLE",
            context={"file": name},
        )
    return f"data:{kind};base64,{base64.b64encode(data).decode('ascii')}"
