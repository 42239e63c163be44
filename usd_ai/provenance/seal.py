"""Signing: DSSE envelopes with Ed25519, a key made on first run, and a trust file that travels with the verifier.

Source: Dead Simple Signing Envelope v1.0 (pre-authentication encoding, section "Signature Definition"). A record is
identified by the SHA-256 of its payload: key ids and base64 padding are not signed.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import json
import os
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from usd_ai.core.errors import NotFound, RecordInvalid, UnreadableInput

PAYLOAD_TYPE = "application/vnd.in-toto+json"
TRUST_TYPE = "application/vnd.usd-ai.trust+json"
TRUST_SCHEMA = "usd-ai.trust/1"
KEY_FILE = "signing.pem"
TRUST_FILE = "trust.json"


@dataclass(frozen=True, slots=True)
class Opened:
    """An envelope whose signature held: the payload, and the key that signed it."""

    payload: bytes
    keyid: str
    sha256: str


class Signer:
    """Signs with a private key kept in one file that only its owner can read."""

    def __init__(self, key: Ed25519PrivateKey) -> None:
        self._key = key
        self.public = key.public_key()
        self.keyid = keyid_of(self.public)

    @staticmethod
    def made(folder: Path) -> str:
        """When the key in ``folder`` was made, RFC 3339 in UTC: nothing it signed is older."""
        moment = datetime.fromtimestamp((folder / KEY_FILE).stat().st_mtime, tz=UTC)
        return moment.strftime("%Y-%m-%dT%H:%M:%S.000Z")

    @classmethod
    def first_run(cls, folder: Path) -> Signer:
        """The key in ``folder``; made (mode 0600) where there is none. Raises UnreadableInput for a damaged key."""
        file = folder / KEY_FILE
        if not file.exists():
            folder.mkdir(parents=True, exist_ok=True)
            _create_key(file)
        try:
            key = serialization.load_pem_private_key(file.read_bytes(), password=None)
        except (ValueError, TypeError) as error:
            raise UnreadableInput(
                f"The signing key {file.name} cannot be read.",
                remedy="Restore it from your backup, or move it away to have a new key made.",
                reason="KEY_UNREADABLE",
            ) from error
        if not isinstance(key, Ed25519PrivateKey):
            raise UnreadableInput(
                f"The signing key {file.name} is not an Ed25519 key.", remedy="Restore the right one."
            )
        return cls(key)

    def seal(self, payload: bytes, payload_type: str = PAYLOAD_TYPE) -> str:
        """The DSSE envelope of a payload as JSON text."""
        signature = self._key.sign(encode(payload_type, payload))
        envelope = {
            "payloadType": payload_type,
            "payload": base64.b64encode(payload).decode(),
            "signatures": [{"keyid": self.keyid, "sig": base64.b64encode(signature).decode()}],
        }
        return json.dumps(envelope, indent=1, sort_keys=True) + "\n"

    def trust(self, name: str, since: str, others: Sequence[TrustedKey] = ()) -> str:
        """A trust file that names this key and ``others``, signed by this key.

        ``since``: RFC 3339, from when this key is good.
        """
        keys = [*others, TrustedKey(self.keyid, self.public, name, since, "")]
        document = {"schema": TRUST_SCHEMA, "version": 1, "keys": [_key_document(key) for key in keys]}
        return self.seal(json.dumps(document, sort_keys=True).encode(), TRUST_TYPE)


@dataclass(frozen=True, slots=True)
class TrustedKey:
    """A public key somebody decided to trust, and for which time (RFC 3339 in UTC, "" = no end)."""

    keyid: str
    public: Ed25519PublicKey
    name: str
    not_before: str
    not_after: str


def read_trust(file: Path) -> tuple[TrustedKey, ...]:
    """The keys of a trust file. Raises NotFound, RecordInvalid."""
    if not file.is_file():
        raise NotFound(
            f"There is no trust file {file.name}.",
            remedy="Get it from whoever runs usd_ai and pass it with --trust FILE.",
            reason="TRUST_NOT_FOUND",
        )
    try:
        envelope = json.loads(file.read_text(encoding="utf-8"))
        document = json.loads(_decoded(envelope["payload"]))
        keys = tuple(
            TrustedKey(k["keyid"], _public(k["public"]), k["name"], k["notBefore"], k["notAfter"])
            for k in document["keys"]
        )
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise _broken_trust(file) from error
    if document.get("schema") != TRUST_SCHEMA or any(k.keyid != keyid_of(k.public) for k in keys):
        raise _broken_trust(file)
    open_envelope(json.dumps(envelope), keys, TRUST_TYPE)
    return keys


def open_envelope(text: str, keys: tuple[TrustedKey, ...], payload_type: str = PAYLOAD_TYPE) -> Opened:
    """The payload of an envelope that one of ``keys`` signed. Raises RecordInvalid with what does not hold."""
    payload, signatures = _parts(text, payload_type)
    known = {key.keyid: key for key in keys}
    for signature in signatures:
        key = known.get(signature["keyid"])
        if key is None:
            continue
        try:
            key.public.verify(_decoded(signature["sig"]), encode(payload_type, payload))
        except (InvalidSignature, binascii.Error, ValueError) as error:
            raise RecordInvalid(
                "The record's signature does not hold: the record was changed after it was signed.",
                remedy="Fetch the published version again; if it stays so, tell whoever keeps the asset graph.",
                reason="SIGNATURE_INVALID",
            ) from error
        return Opened(payload, key.keyid, hashlib.sha256(payload).hexdigest())
    raise RecordInvalid(
        "No key in the trust file signed this record.",
        remedy="Pass the trust file of the studio that made the layer with --trust FILE.",
        reason="SIGNER_UNKNOWN",
    )


def encode(payload_type: str, payload: bytes) -> bytes:
    """DSSE pre-authentication encoding of a payload: the bytes that are signed."""
    kind = payload_type.encode()
    return b"DSSEv1 %d %b %d %b" % (len(kind), kind, len(payload), payload)


def keyid_of(public: Ed25519PublicKey) -> str:
    """SHA-256 over the DER SubjectPublicKeyInfo, hex."""
    der = public.public_bytes(serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo)
    return hashlib.sha256(der).hexdigest()


def _parts(text: str, payload_type: str) -> tuple[bytes, list[dict[str, str]]]:
    malformed = RecordInvalid(
        "The record is not a signed envelope any more.",
        remedy="Fetch the published version again.",
        reason="RECORD_MALFORMED",
    )
    try:
        envelope: dict[str, Any] = json.loads(text)
        signatures = [{"keyid": str(s["keyid"]), "sig": str(s["sig"])} for s in envelope["signatures"]]
        payload = _decoded(envelope["payload"])
        kind = envelope["payloadType"]
    except (ValueError, KeyError, TypeError) as error:
        raise malformed from error
    if kind != payload_type or set(envelope) != {"payloadType", "payload", "signatures"}:
        raise malformed
    return payload, signatures


def _decoded(text: str) -> bytes:
    """Base64 in its one spelling: the unused bits of the last character are not signed, so they must be zero."""
    data = base64.b64decode(text, validate=True)
    if base64.b64encode(data).decode() != text:
        raise ValueError(text)
    return data


def _create_key(file: Path) -> None:
    pem = Ed25519PrivateKey.generate().private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    fresh = file.with_name(f"{file.name}.{os.getpid()}")
    descriptor = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "wb") as stream:
        stream.write(pem)
        stream.flush()
        os.fsync(stream.fileno())
    try:
        os.link(fresh, file)  # fails where another process was first: then that one's key is the key
    except FileExistsError:
        pass
    finally:
        fresh.unlink()


def _key_document(key: TrustedKey) -> dict[str, str]:
    pem = key.public.public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo).decode()
    return {
        "keyid": key.keyid,
        "public": pem,
        "name": key.name,
        "notBefore": key.not_before,
        "notAfter": key.not_after,
    }


def _public(pem: str) -> Ed25519PublicKey:
    key = serialization.load_pem_public_key(pem.encode())
    if not isinstance(key, Ed25519PublicKey):
        raise TypeError(pem)
    return key


def _broken_trust(file: Path) -> RecordInvalid:
    return RecordInvalid(
        f"The trust file {file.name} is damaged.",
        remedy="Get it again from whoever runs usd_ai.",
        reason="TRUST_INVALID",
    )
