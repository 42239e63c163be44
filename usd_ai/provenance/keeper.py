"""Makes and judges records for the engine: the adapter behind `core.ports.RecordKeeper`."""

from __future__ import annotations

import json
import os
from collections.abc import Sequence
from pathlib import Path

from usd_ai.core.digest import sha256_file
from usd_ai.core.ports import RunFacts
from usd_ai.core.types import Edge, Layer, LayerFile, Record, Trace, Verdict
from usd_ai.provenance.seal import TRUST_FILE, Opened, Signer, TrustedKey, open_envelope, read_trust
from usd_ai.provenance.statement import canonical, inputs_of, statement
from usd_ai.provenance.verify import trace_prim, verify_layer


class Records:
    """Seals with one key; judges what lies on disk."""

    def __init__(self, signer: Signer) -> None:
        self._signer = signer

    def seal(self, folder: str, plan_json: str, world_json: str, layer: Layer, run: RunFacts) -> Record:
        """A signed record of the layer's files and of the interface and pictures that lie beside them."""
        payload = canonical(statement(plan_json, world_json, layer, _beside(Path(folder)), run))
        envelope = self._signer.seal(payload)
        return Record(id=run.record_id, envelope=envelope, payload_sha256=self._open(envelope).sha256)

    def inputs(self, record: Record) -> tuple[Edge, ...]:
        """What a record made here says its layer was made from. Raises RecordInvalid when it was changed since."""
        return inputs_of(json.loads(self._open(record.envelope).payload))

    def verify(self, path: str) -> Verdict:
        """Judge a layer, offline."""
        return verify_layer(path)

    def trace(self, path: str, prim: str) -> Trace:
        """Who, when, plan, seed, code and inputs of a prim."""
        return trace_prim(path, prim)

    def publish_trust(self, folder: Path, name: str, since: str) -> None:
        """Leave a trust file in ``folder`` that names this key; keys that are there already stay trusted.

        Raises RecordInvalid for a trust file that is damaged: overwriting it would forget whom it named.
        """
        file = folder / TRUST_FILE
        known = read_trust(file) if file.is_file() else ()
        if any(key.keyid == self._signer.keyid for key in known):
            return
        folder.mkdir(parents=True, exist_ok=True)
        fresh = file.with_name(f".{file.name}.{os.getpid()}")
        fresh.write_text(self._signer.trust(name, since, known), encoding="utf-8")
        fresh.replace(file)

    def _open(self, envelope: str) -> Opened:
        own = TrustedKey(self._signer.keyid, self._signer.public, "this server", "", "")
        return open_envelope(envelope, (own,))


def _beside(folder: Path) -> Sequence[LayerFile]:
    found = sorted((*folder.glob("*.usda"), *folder.glob("*.png")))
    return [LayerFile(file.name, sha256_file(file), file.stat().st_size) for file in found]
