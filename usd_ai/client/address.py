"""Where the server is: what was said, else the environment, else the note a running server leaves, else its default."""

from __future__ import annotations

import ipaddress
import json
import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from usd_ai.core.errors import InvalidRequest, NotFound

DEFAULT = "127.0.0.1:50391"
NOTE = "server.json"
STATE = ".usd_ai"


@dataclass(frozen=True, slots=True)
class Tls:
    """PEM files for servers off loopback: the authority to trust, and our own certificate and key."""

    authority: Path
    certificate: Path
    key: Path

    def read(self) -> tuple[bytes, bytes, bytes]:
        """The three files' bytes: authority, key, certificate. Raises NotFound."""
        try:
            return self.authority.read_bytes(), self.key.read_bytes(), self.certificate.read_bytes()
        except OSError as error:
            raise NotFound(
                f"The TLS file {Path(str(error.filename)).name} cannot be read.",
                remedy="Set USD_AI_TLS_CA, USD_AI_TLS_CERT and USD_AI_TLS_KEY to PEM files.",
                reason="TLS_FILE_NOT_FOUND",
            ) from error


def find(given: str | None = None, environment: Mapping[str, str] | None = None, here: Path | None = None) -> str:
    """The server's ``host:port``.

    ``given`` wins, then USD_AI_SERVER, then ``server.json`` in USD_AI_STATE, then in a ``.usd_ai`` folder here or
    above, then the default port on loopback.
    """
    environment = os.environ if environment is None else environment
    said = given or environment.get("USD_AI_SERVER", "")
    if said:
        return said
    here = Path.cwd() if here is None else here
    state = environment.get("USD_AI_STATE", "")
    folders = [Path(state)] if state else [folder / STATE for folder in (here, *here.parents)]
    for folder in folders:
        address = _noted(folder / NOTE)
        if address:
            return address
    return DEFAULT


def tls_from(environment: Mapping[str, str] | None = None) -> Tls | None:
    """The TLS files the environment names, or None. Raises InvalidRequest where it names only some of them."""
    environment = os.environ if environment is None else environment
    named = [environment.get(f"USD_AI_TLS_{part}", "") for part in ("CA", "CERT", "KEY")]
    if not any(named):
        return None
    if not all(named):
        raise InvalidRequest(
            "TLS needs three files.", remedy="Set USD_AI_TLS_CA, USD_AI_TLS_CERT and USD_AI_TLS_KEY together."
        )
    return Tls(*(Path(name) for name in named))


def is_loopback(address: str) -> bool:
    """Whether a ``host:port`` reaches this machine alone."""
    host = address.rpartition(":")[0].strip("[]")
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def _noted(note: Path) -> str:
    try:
        return str(json.loads(note.read_text(encoding="utf-8"))["address"])
    except (OSError, ValueError, KeyError, TypeError):
        return ""  # no server runs there, or it is just stopping: look further
