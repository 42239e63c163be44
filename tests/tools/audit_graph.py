"""Judge an asset graph from outside, with nothing of ours: only sqlite3, hashlib, json and os.

    python audit_graph.py LEDGER PUBLISHED ACKNOWLEDGED [settled]

LEDGER is the SQLite file, PUBLISHED the folder of published shots, ACKNOWLEDGED a JSON file with what publishers were
told: a list of [shot, name, number, layer digest]. "settled" adds what must hold after the ledger was reconciled:
nothing is left over. Prints a JSON object; exits 1 when it found a fault.
"""

# ruff: noqa: PTH118, PTH123, PTH202 - a judge that shares nothing with the judged: files through os alone

from __future__ import annotations

import hashlib
import json
import os
import sqlite3
import sys
from collections.abc import Iterable


def digest(path: str) -> str:
    with open(path, "rb") as stream:
        return hashlib.sha256(stream.read()).hexdigest()


def tree(folder: str) -> list[str]:
    found: list[str] = []
    for parent, _, names in os.walk(folder):
        found += [os.path.relpath(os.path.join(parent, name), folder).replace(os.sep, "/") for name in names]
    return sorted(found)


def layer_digest(files: Iterable[tuple[str, str]]) -> str:
    lines = sorted(f"{sha256}  {path}\n" for path, sha256 in files)
    return hashlib.sha256("".join(lines).encode()).hexdigest()


def audit_version(ledger: sqlite3.Connection, published: str, row: sqlite3.Row, faults: list[str]) -> None:
    """A version has its files, all of them and no others, its record, its lineage and its outbox row."""
    label = row["folder"]
    folder = os.path.join(published, row["folder"])
    rows = ledger.execute("SELECT * FROM files WHERE version = ?", (row["ordinal"],)).fetchall()
    if tree(folder) != sorted(file["path"] for file in rows):
        faults.append(f"{label}: files on disk are {tree(folder)}")
        return
    if "record.json" not in {file["path"] for file in rows}:
        faults.append(f"{label}: no record")
        return
    for file in rows:
        path = os.path.join(folder, file["path"])
        if digest(path) != file["sha256"] or os.path.getsize(path) != file["size"]:
            faults.append(f"{label}: {file['path']} has other bytes")
    if layer_digest((file["path"], file["sha256"]) for file in rows if file["in_layer"]) != row["layer_sha256"]:
        faults.append(f"{label}: the layer digest is not that of its files")
    record = ledger.execute("SELECT * FROM records WHERE version = ?", (row["ordinal"],)).fetchall()
    envelope = record[0]["envelope"].encode() if len(record) == 1 else b""
    if digest(os.path.join(folder, "record.json")) != hashlib.sha256(envelope).hexdigest():
        faults.append(f"{label}: no record")
    lineage = ledger.execute("SELECT count(*) FROM edges WHERE version = ?", (row["ordinal"],)).fetchone()[0]
    outbox = ledger.execute("SELECT count(*) FROM outbox WHERE version = ?", (row["ordinal"],)).fetchone()[0]
    if not lineage or outbox != 1:
        faults.append(f"{label}: {lineage} edges and {outbox} outbox rows")
    body = ledger.execute("SELECT state, body FROM generations WHERE name = ?", (row["generation"],)).fetchone()
    if body is None or body["state"] != "PUBLISHED" or json.loads(body["body"])["version"] != row["number"]:
        faults.append(f"{label}: its generation does not know that it is published")


def audit_unnamed(ledger: sqlite3.Connection, published: str, named: set[str], settled: bool, faults: list[str]) -> int:
    """A folder that no row names is whole if it looks like a version, and is gone once all is settled."""
    layers = [json.loads(row["body"])["layer"] for row in ledger.execute("SELECT body FROM generations")]
    whole = {
        tuple(sorted((file["path"], file["sha256"]) for file in layer["files"]))
        for layer in layers
        if layer is not None
    }
    left = 0
    for parent, inner, _ in os.walk(published):
        for name in list(inner):
            path = os.path.join(parent, name)
            relative = os.path.relpath(path, published).replace(os.sep, "/")
            if name.startswith(".incoming-"):
                inner.remove(name)
                left += 1
            elif name.startswith("v") and name[1:].isdigit():
                inner.remove(name)
                if relative in named:
                    continue
                left += 1
                held = {(file, digest(os.path.join(path, file))) for file in tree(path)}
                if not any(set(files) <= held for files in whole) or "record.json" not in tree(path):
                    faults.append(f"{relative}: half a version is visible")
    if settled and left:
        faults.append(f"{left} folders are left over")
    return left


def main(database: str, published: str, acknowledged: str, settled: bool) -> int:
    ledger = sqlite3.connect(database, timeout=30)
    ledger.row_factory = sqlite3.Row
    faults: list[str] = []
    if ledger.execute("PRAGMA integrity_check").fetchone()[0] != "ok":
        faults.append("the database is damaged")
    if ledger.execute("PRAGMA foreign_key_check").fetchall():
        faults.append("a row names one that does not exist")
    rows = ledger.execute("SELECT * FROM versions ORDER BY ordinal").fetchall()
    numbers: dict[tuple[str, str, str], list[int]] = {}
    for row in rows:
        numbers.setdefault((row["project"], row["shot"], row["name"]), []).append(row["number"])
        audit_version(ledger, published, row, faults)
    for series, found in numbers.items():
        if sorted(found) != list(range(1, len(found) + 1)):
            faults.append(f"{series}: numbers are {sorted(found)}")
    for generation in ledger.execute("SELECT name, progress FROM generations"):
        told = ledger.execute("SELECT sequence FROM progress WHERE generation = ? ORDER BY 1", (generation["name"],))
        if [row[0] for row in told] != list(range(1, generation["progress"] + 1)):
            faults.append(f"{generation['name']}: progress has gaps")
    known = {(row["shot"], row["name"], row["number"], row["layer_sha256"]) for row in rows}
    with open(acknowledged) as stream:
        told = {tuple(item) for item in json.load(stream)}
    faults += [f"acknowledged and lost: {item}" for item in sorted(told - known)]
    left = audit_unnamed(ledger, published, {row["folder"] for row in rows}, settled, faults)
    judgement = {"versions": len(rows), "acknowledged": len(told), "left": left, "faults": faults}
    print(json.dumps(judgement))  # noqa: T201 - the answer of this program
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1], sys.argv[2], sys.argv[3], "settled" in sys.argv[4:]))
