"""Calls over gRPC: retried where that is safe, errors raised again as what they were."""

from __future__ import annotations

import time
from collections.abc import Callable, Generator, Iterator
from typing import Any, TypeVar

import grpc
from google.rpc import error_details_pb2, status_pb2

from usd_ai.client.address import Tls, is_loopback
from usd_ai.core import errors
from usd_ai.core.types import Failure

_Response = TypeVar("_Response")

PATIENCE = (0.1, 0.3, 0.9)
"""Seconds to wait before each further try when nobody answers."""

QUICK = 30.0
SLOW = 1800.0

_LIMIT = 4 << 20
_DETAILS_KEY = "grpc-status-details-bin"
_DOMAIN = "usd-ai"


class Connection:
    """A channel to one server. Threads may share it."""

    def __init__(self, address: str, tls: Tls | None = None) -> None:
        self.address = address
        options = (("grpc.max_receive_message_length", _LIMIT),)
        if tls is not None:
            authority, key, certificate = tls.read()
            credentials = grpc.ssl_channel_credentials(authority, key, certificate)
            self.channel = grpc.secure_channel(address, credentials, options)
        elif is_loopback(address):
            self.channel = grpc.insecure_channel(address, options)
        else:
            raise errors.InvalidRequest(
                f"{address} is not on this machine, and plain text is for loopback only.",
                remedy="Set USD_AI_TLS_CA, USD_AI_TLS_CERT and USD_AI_TLS_KEY to the PEM files you were given.",
                reason="PLAINTEXT_REFUSED",
            )

    def call(self, method: Callable[..., _Response], request: object, seconds: float = QUICK) -> _Response:
        """Call and wait. Everything sent this way may be sent twice: it reads, or carries a request id."""
        for wait in (*PATIENCE, None):
            try:
                return method(request, timeout=seconds)
            except grpc.RpcError as error:
                raised = self.domain_error(error)
                if wait is None or not isinstance(raised, errors.ServerAway):
                    raise raised from None
                time.sleep(wait)
        raise AssertionError("unreachable: the last try returns or raises")

    def stream(self, method: Callable[..., Iterator[_Response]], request: object) -> Generator[_Response]:
        """The messages of a stream, one try. Closed early, it is cancelled. Raises as `call`."""
        call: Any = method(request)
        try:
            yield from call
        except grpc.RpcError as error:
            raise self.domain_error(error) from None
        finally:
            call.cancel()

    def close(self) -> None:
        """Let go of the server."""
        self.channel.close()

    def domain_error(self, error: grpc.RpcError) -> errors.UsdAiError:
        """The error that the server raised, or what its absence means."""
        told: Any = error
        for key, value in told.trailing_metadata() or ():
            if key == _DETAILS_KEY:
                return error_of(status_pb2.Status.FromString(value))
        code, words = told.code(), str(told.details())
        if code is grpc.StatusCode.UNAVAILABLE:
            return errors.ServerAway(
                f"No usd_ai server answers at {self.address}.",
                remedy="Start one with: usd-ai serve --project STUDIO_TOML; or name another with --server HOST:PORT.",
                context={"address": self.address},
            )
        if code is grpc.StatusCode.DEADLINE_EXCEEDED:
            return errors.UsdAiError(
                f"The server at {self.address} did not answer in time.",
                remedy="See what it is doing with: usd-ai list; then ask again.",
                reason="DEADLINE_EXCEEDED",
            )
        return errors.UsdAiError(
            f"The server at {self.address} answered {code.name}: {words[:300]}",
            remedy="Check that it is a usd_ai server of this version: usd-ai doctor.",
            reason=code.name,
        )


def failure_of(status: status_pb2.Status) -> Failure:
    """A status as a stored failure."""
    error = error_of(status)
    context = tuple(sorted(error.context.items()))
    return Failure(type(error).__name__, error.reason, error.message, error.remedy, context)


def error_of_failure(failure: Failure) -> errors.UsdAiError:
    """A stored failure as the error it was."""
    return _kind(failure.kind)(
        failure.message, remedy=failure.remedy, reason=failure.reason, context=dict(failure.context)
    )


def error_of(status: status_pb2.Status) -> errors.UsdAiError:
    """A status as the domain error it was made from."""
    info, remedy = error_details_pb2.ErrorInfo(), error_details_pb2.LocalizedMessage()
    for detail in status.details:
        detail.Unpack(info)
        detail.Unpack(remedy)
    context = dict(info.metadata) if info.domain == _DOMAIN else {}
    kind = _kind(context.pop("kind", ""))
    return kind(status.message, remedy=remedy.message, reason=info.reason, context=context)


def _kind(name: str) -> type[errors.UsdAiError]:
    found: object = getattr(errors, name, None) if name else None
    if isinstance(found, type) and issubclass(found, errors.UsdAiError):
        return found
    return errors.UsdAiError
