"""The history of the cut: every version with its shots, and how layers stand since one was applied."""

from __future__ import annotations

import dataclasses
from pathlib import PurePosixPath
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

from usd_ai.core.decisions import KeptCut, KeptShot, LayerUse, NumberedUse, Standing, StudioCut
from usd_ai.core.errors import InvalidRequest, NotFound
from usd_ai.core.types import Cut, Occurrence, Shot
from usd_ai.graph import paging
from usd_ai.graph.schema import cut_shots, cuts, layer_uses, numbered_uses
from usd_ai.graph.values import from_json, to_json

if TYPE_CHECKING:
    from collections.abc import Sequence

    from usd_ai.core.ports import Clock
    from usd_ai.graph.database import Database

_SHORTEST_DIGEST = 6
_NAMED = 12  # cuts that a refusal names


class SqlHistory:
    """`core.ports_editorial.CutHistory` in the ledger's database. Any thread and process may use it."""

    def __init__(self, database: Database, clock: Clock) -> None:
        self._database = database
        self._clock = clock

    # ------------------------------------------------------------------------------------------ cuts

    def keep(self, project: str, label: str, path: str, cut: Cut) -> KeptCut:
        """Store a version of the cut. Equal bytes (and sequence) are the same version: read anew, not a second one.

        A version that was kept before keeps its handles: other ones are a way to read it, no other cut.
        """
        with self._database.write() as connection:
            row = connection.execute(
                sa.select(cuts).where(cuts.c.project == project, cuts.c.sha256 == cut.sha256, cuts.c.name == cut.name)
            ).first()
            if row is None:
                new = {"label": label, "path": path, "kept": self._clock.now(), "applied": 0, "applied_at": ""}
                ordinal = connection.execute(
                    cuts.insert()
                    .values(project=project, sha256=cut.sha256, name=cut.name, body=_body(cut), studio="", **new)
                    .returning(cuts.c.ordinal)
                ).scalar_one()
                _insert_shots(connection, ordinal, cut)
            else:
                ordinal = row.ordinal
                _read_anew(connection, row, cut.with_handles(from_json(row.body, Cut).handles))
            kept = connection.execute(sa.select(cuts).where(cuts.c.ordinal == ordinal)).one()
            return _kept(kept, _shots(connection, ordinal))

    def apply(self, project: str, cut: Cut, studio: StudioCut, path: str = "") -> KeptCut:
        """Make a kept cut the one that was applied last, with the handles it has now. Raises NotFound.

        ``studio``: what studio.toml names at this moment. ``path``: where its file is now, which names it from now on.
        """
        with self._database.write() as connection:
            row = _find(connection, project, cut.key)
            _read_anew(connection, row, cut)
            named = {"path": path, "label": PurePosixPath(path).stem} if path else {}
            connection.execute(
                cuts.update().where(cuts.c.ordinal == row.ordinal).values(studio=to_json(studio), **named)
            )
            last = connection.execute(sa.select(sa.func.max(cuts.c.applied)).where(cuts.c.project == project)).scalar()
            if row.applied == 0 or row.applied != last:
                connection.execute(
                    cuts.update()
                    .where(cuts.c.ordinal == row.ordinal)
                    .values(applied=(last or 0) + 1, applied_at=self._clock.now())
                )
            row = connection.execute(sa.select(cuts).where(cuts.c.ordinal == row.ordinal)).one()
            return _kept(row, _shots(connection, row.ordinal))

    def cut(self, project: str, which: str) -> KeptCut:
        """A cut by what it is called, newest first.

        In this order: label, key or digest, name of its sequence, first digits of its digest, end of its label. "" is
        the one applied last. Raises NotFound, and InvalidRequest where several labels end so.
        """
        with self._database.read() as connection:
            row = _find(connection, project, which)
            return _kept(row, _shots(connection, row.ordinal))

    def cuts(self, project: str, page_size: int, page_token: str) -> tuple[list[KeptCut], str]:
        """A page of cuts without their shots, newest first, and the token of the next page."""
        count, start = paging.size(page_size), paging.before(page_token, "cuts", project)
        query = sa.select(cuts).where(cuts.c.project == project)
        query = query.where(cuts.c.ordinal < start) if start is not None else query
        with self._database.read() as connection:
            rows = connection.execute(query.order_by(cuts.c.ordinal.desc()).limit(count + 1)).all()
            counted = sa.select(cut_shots.c.cut, sa.func.count()).group_by(cut_shots.c.cut)
            found = connection.execute(counted.where(cut_shots.c.cut.in_([row.ordinal for row in rows]))).all()
        shots = {row[0]: row[1] for row in found}
        more = paging.token(rows[count - 1].ordinal, "cuts", project) if len(rows) > count else ""
        page = [dataclasses.replace(_kept(row, ()), count=shots.get(row.ordinal, 0)) for row in rows[:count]]
        return page, more

    def shots(self, project: str, shot: str) -> list[KeptShot]:
        """A shot as every cut had it, newest first."""
        joined = sa.outerjoin(cuts, cut_shots, sa.and_(cut_shots.c.cut == cuts.c.ordinal, cut_shots.c.shot == shot))
        query = sa.select(cuts.c.label, cuts.c.sha256, cuts.c.kept, cut_shots.c.body).select_from(joined)
        with self._database.read() as connection:
            rows = connection.execute(query.where(cuts.c.project == project).order_by(cuts.c.ordinal.desc())).all()
        return [
            KeptShot(row.label, row.sha256, row.kept, from_json(row.body, Shot) if row.body else None) for row in rows
        ]

    def known_shots(self, project: str, without: str = "") -> frozenset[str]:
        """The names of all shots of all cuts, except those of one digest."""
        query = sa.select(cut_shots.c.shot).distinct().join(cuts, cut_shots.c.cut == cuts.c.ordinal)
        with self._database.read() as connection:
            return frozenset(
                connection.execute(query.where(cuts.c.project == project, cuts.c.sha256 != without)).scalars()
            )

    # ------------------------------------------------------------------------------------------ layers

    def uses(self, project: str, shot: str = "") -> list[LayerUse]:
        """How each layer stands, by shot and layer; ``shot`` "" for every shot's."""
        query = sa.select(layer_uses).where(layer_uses.c.project == project)
        query = query.where(layer_uses.c.shot == shot) if shot else query
        with self._database.read() as connection:
            rows = connection.execute(query.order_by(layer_uses.c.shot, layer_uses.c.layer)).all()
        return [
            LayerUse(
                row.shot,
                row.layer,
                row.used_as,
                Standing(row.standing),
                row.number,
                row.plays,
                row.cut_sha256,
                row.changed,
            )
            for row in rows
        ]

    def stand(self, project: str, use: LayerUse) -> None:
        """Say how a layer stands from now on."""
        values = dataclasses.asdict(use) | {"standing": use.standing.value, "changed": self._clock.now()}
        same = sa.and_(layer_uses.c.project == project, layer_uses.c.shot == use.shot, layer_uses.c.layer == use.layer)
        with self._database.write() as connection:
            connection.execute(layer_uses.delete().where(same))
            connection.execute(layer_uses.insert().values(project=project, **values))

    def numbers(self, project: str, shot: str = "") -> list[NumberedUse]:
        """The numbers of all uses of published layers, by shot, layer and number; ``shot`` "" for every shot's."""
        table = numbered_uses.c
        query = sa.select(numbered_uses).where(table.project == project)
        query = query.where(table.shot == shot) if shot else query
        with self._database.read() as connection:
            rows = connection.execute(query.order_by(table.shot, table.layer, table.number)).all()
        return [
            NumberedUse(
                row.shot, row.layer, row.number, Standing(row.standing), row.cut, from_json(row.body, Occurrence)
            )
            for row in rows
        ]

    def number(self, project: str, uses: Sequence[NumberedUse]) -> None:
        """Say which use has which number from now on. Numbers that are not named stay as they are."""
        table = numbered_uses.c
        told = [("project", table.project), ("shot", table.shot), ("layer", table.layer), ("number", table.number)]
        same = sa.and_(*(column == sa.bindparam(f"at_{name}") for name, column in told))
        rows = [
            {
                "project": project,
                "shot": one.shot,
                "layer": one.layer,
                "number": one.number,
                "standing": one.standing.value,
                "cut": one.cut,
                "body": to_json(one.use),
            }
            for one in uses
        ]
        if not rows:
            return
        with self._database.write() as connection:
            gone = [{f"at_{name}": row[name] for name, _ in told} for row in rows]
            connection.execute(numbered_uses.delete().where(same), gone)
            connection.execute(numbered_uses.insert(), rows)


def _find(connection: sa.Connection, project: str, which: str) -> sa.Row[Any]:
    """The newest cut that a word means. Raises NotFound, InvalidRequest."""
    mine = sa.select(cuts).where(cuts.c.project == project)
    if not which:
        row = connection.execute(mine.where(cuts.c.applied > 0).order_by(cuts.c.applied.desc()).limit(1)).first()
    else:
        rows = connection.execute(mine.order_by(cuts.c.ordinal.desc())).all()
        row = _meant(rows, which)
    if row is not None:
        return row
    labels = connection.execute(
        sa.select(cuts.c.label).where(cuts.c.project == project).order_by(cuts.c.ordinal.desc()).limit(_NAMED)
    ).scalars()
    raise NotFound(
        f"The history of {project} has no cut '{which}'." if which else f"No cut of {project} was applied yet.",
        remedy=f"It has: {', '.join(labels) or 'none yet; usd-ai timeline sync CUT --apply keeps the first'}.",
        reason="CUT_NOT_KEPT",
        context={"cut": which},
    )


def _meant(rows: Sequence[sa.Row[Any]], which: str) -> sa.Row[Any] | None:
    """The first row that a word means, by what is said most on purpose. Raises InvalidRequest.

    A label is what a person reads in every list, and counts most: a sequence inside a file is often still called as in
    the cut before.
    """
    word = which.casefold()
    by_label = [row for row in rows if word == row.label.casefold()]
    by_digest = [row for row in rows if word in {row.sha256, f"{row.sha256}/{row.name}".casefold()}]
    by_name = [row for row in rows if word == row.name.casefold()]
    by_digits = [row for row in rows if len(word) >= _SHORTEST_DIGEST and row.sha256.startswith(word)]
    if found := by_label or by_digest or by_name or by_digits:
        return found[0]
    ends = [row for row in rows if _ends(row.label.casefold(), word)]
    labels = list(dict.fromkeys(row.label for row in ends))
    if len({label.casefold() for label in labels}) > 1:
        raise InvalidRequest(
            f"Several cuts of the history end in '{which}': {', '.join(labels[:_NAMED])}.",
            remedy="Give the whole name of one of them.",
            reason="CUT_AMBIGUOUS",
            context={"cut": which},
        )
    return next(iter(ends), None)


def _ends(label: str, word: str) -> bool:
    """Whether a label ends in a word that is whole there: ``v101`` ends in ``101``, and not in ``1``."""
    if not label.endswith(word) or len(word) >= len(label):
        return False
    before, first = label[-len(word) - 1], word[0]
    return not (before.isdigit() and first.isdigit()) and not (before.isalpha() and first.isalpha())


def _read_anew(connection: sa.Connection, row: sa.Row[Any], cut: Cut) -> None:
    """Let a row hold a cut that was read in another way than before: by newer code, by other names, with handles."""
    if (row.body, _shots(connection, row.ordinal)) != (_body(cut), cut.shots):
        connection.execute(cuts.update().where(cuts.c.ordinal == row.ordinal).values(body=_body(cut)))
        connection.execute(cut_shots.delete().where(cut_shots.c.cut == row.ordinal))
        _insert_shots(connection, row.ordinal, cut)


def _body(cut: Cut) -> str:
    return to_json(dataclasses.replace(cut, shots=()))


def _insert_shots(connection: sa.Connection, ordinal: int, cut: Cut) -> None:
    if cut.shots:
        connection.execute(
            cut_shots.insert(),
            [
                {"cut": ordinal, "position": position, "shot": shot.name, "body": to_json(shot)}
                for position, shot in enumerate(cut.shots)
            ],
        )


def _shots(connection: sa.Connection, ordinal: int) -> tuple[Shot, ...]:
    bodies = sa.select(cut_shots.c.body).where(cut_shots.c.cut == ordinal).order_by(cut_shots.c.position)
    return tuple(from_json(body, Shot) for body in connection.execute(bodies).scalars())


def _kept(row: sa.Row[Any], shots: tuple[Shot, ...]) -> KeptCut:
    cut = dataclasses.replace(from_json(row.body, Cut), shots=shots)
    studio = from_json(row.studio, StudioCut) if row.studio else None
    return KeptCut(row.label, row.path, row.kept, row.applied_at, cut, len(shots), studio)
