"""Domain errors → status codes, from one table. Nothing unexpected leaks, and the server goes on.

Every refusal carries ``ErrorInfo`` (reason, domain "usd-ai", context and the error's class) and, as
``LocalizedMessage``, the sentence that says what to do next.
"""

from __future__ import annotations

import getpass
import inspect
import logging
import os
import uuid
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any, Final, NoReturn

import grpc
import grpc.aio
from google.protobuf import any_pb2
from google.protobuf.message import DecodeError, Message
from google.rpc import error_details_pb2, status_pb2

from usd_ai.core import errors
from usd_ai.core.types import Failure

_log = logging.getLogger("usd_ai.door")

DOMAIN: Final = "usd-ai"
LIMIT: Final = 1 << 20
"""Bytes of the largest message either way. Larger things are files, named by path and digest."""

TABLE: Final[dict[type[errors.UsdAiError], grpc.StatusCode]] = {
    errors.InvalidRequest: grpc.StatusCode.INVALID_ARGUMENT,
    errors.NotFound: grpc.StatusCode.NOT_FOUND,
    errors.UnreadableInput: grpc.StatusCode.FAILED_PRECONDITION,
    errors.Conflict: grpc.StatusCode.ABORTED,
    errors.CheckRejected: grpc.StatusCode.FAILED_PRECONDITION,
    errors.RecordInvalid: grpc.StatusCode.DATA_LOSS,
    errors.Cancelled: grpc.StatusCode.CANCELLED,
    errors.WorkerLost: grpc.StatusCode.UNAVAILABLE,
    errors.ServerAway: grpc.StatusCode.UNAVAILABLE,
    errors.UsdAiError: grpc.StatusCode.INTERNAL,
}

_DETAILS_KEY = "grpc-status-details-bin"
_MAX_SENTENCE = 1500  # HTTP/2 headers are limited to 8 KiB by default, and a status travels in them
_MAX_CONTEXT = 200
_MAX_ENTRIES = 12


def code_of(error: errors.UsdAiError) -> grpc.StatusCode:
    """The status code of an error: that of its class, or of the nearest class above it."""
    return next(TABLE[kind] for kind in type(error).__mro__ if kind in TABLE)


def status_of(error: errors.UsdAiError) -> status_pb2.Status:
    """An error as it travels: code, sentence, ErrorInfo and remedy."""
    return _status(code_of(error), error)


def status_of_failure(failure: Failure) -> status_pb2.Status:
    """The status of an error that was stored with a generation."""
    kind = getattr(errors, failure.kind, errors.UsdAiError)
    error = kind(failure.message, remedy=failure.remedy, reason=failure.reason, context=dict(failure.context))
    return status_of(error)


def operator_of(context: grpc.aio.ServicerContext[Any, Any]) -> str:
    """Who asks: the name in the client's certificate, or, on loopback, the user that runs the server."""
    for name in context.auth_context().get("x509_common_name", ()):
        return name.decode(errors="replace")
    return _server_user()


def is_remote(context: grpc.aio.ServicerContext[Any, Any]) -> bool:
    """Whether the caller came through TLS, which every caller from another machine must."""
    return b"ssl" in context.auth_context().get("transport_security_type", ())


class ErrorTable(grpc.aio.ServerInterceptor):
    """Turns what servicers raise into statuses, and refuses messages that are malformed or too large."""

    async def intercept_service(
        self,
        continuation: Callable[[grpc.HandlerCallDetails], Awaitable[grpc.RpcMethodHandler[Any, Any] | None]],
        handler_call_details: grpc.HandlerCallDetails,
    ) -> grpc.RpcMethodHandler[Any, Any]:
        """The handler of a call, wrapped; for an unknown method one that says so."""
        handler: Any = await continuation(handler_call_details)
        method = str(handler_call_details.method)
        if handler is None:
            return grpc.unary_unary_rpc_method_handler(_unknown(method))
        if handler.request_streaming:
            return handler  # reflection alone, which answers errors inside its own messages
        decode = _decoder(handler.request_deserializer)
        if handler.response_streaming:
            streaming = _guard_stream(method, handler.unary_stream)
            return grpc.unary_stream_rpc_method_handler(streaming, decode, handler.response_serializer)
        single = _guard_call(method, handler.unary_unary)
        return grpc.unary_unary_rpc_method_handler(single, decode, handler.response_serializer)


def _guard_call(method: str, behaviour: Callable[..., Awaitable[Message]]) -> Callable[..., Awaitable[Message]]:
    async def guarded(request: Message | errors.UsdAiError, context: grpc.aio.ServicerContext[Any, Any]) -> Message:
        try:
            return _sendable(await behaviour(_readable(request), context))
        except Exception as error:  # noqa: BLE001 - every error leaves through the table
            await _refuse(method, error, context)

    return guarded


def _guard_stream(method: str, behaviour: Callable[..., Any]) -> Callable[..., Any]:
    if inspect.iscoroutinefunction(behaviour):  # health's Watch writes to the context instead of yielding
        return _guard_writer(method, behaviour)

    async def guarded(
        request: Message | errors.UsdAiError, context: grpc.aio.ServicerContext[Any, Any]
    ) -> AsyncIterator[Message]:
        try:
            async for response in behaviour(_readable(request), context):
                yield _sendable(response)
        except Exception as error:  # noqa: BLE001 - every error leaves through the table
            await _refuse(method, error, context)

    return guarded


def _guard_writer(method: str, behaviour: Callable[..., Awaitable[None]]) -> Callable[..., Awaitable[None]]:
    async def guarded(request: Message | errors.UsdAiError, context: grpc.aio.ServicerContext[Any, Any]) -> None:
        try:
            await behaviour(_readable(request), context)
        except Exception as error:  # noqa: BLE001 - every error leaves through the table
            await _refuse(method, error, context)

    return guarded


def _unknown(method: str) -> Callable[..., Awaitable[Message]]:
    async def guarded(request: bytes, context: grpc.aio.ServicerContext[Any, Any]) -> Message:
        del request
        error = errors.InvalidRequest(
            f"There is no method {method[:_MAX_CONTEXT]}.",
            remedy="Server reflection lists what there is; the client may be newer than this server.",
            reason="UNKNOWN_METHOD",
        )
        await _abort(context, grpc.StatusCode.UNIMPLEMENTED, error)

    return guarded


async def _refuse(method: str, error: Exception, context: grpc.aio.ServicerContext[Any, Any]) -> NoReturn:
    if isinstance(error, grpc.aio.AbortError):
        raise error
    if isinstance(error, errors.UsdAiError):
        await _abort(context, code_of(error), error)
    incident = uuid.uuid4().hex[:12]
    _log.error("incident %s in %s", incident, method, exc_info=error)
    leaked_nothing = errors.UsdAiError(
        "Something inside usd_ai went wrong.",
        remedy=f"Nothing was changed by this call. The server's log has the details under incident {incident}.",
        reason="INTERNAL",
        context={"incident": incident},
    )
    await _abort(context, grpc.StatusCode.INTERNAL, leaked_nothing)


async def _abort(
    context: grpc.aio.ServicerContext[Any, Any], code: grpc.StatusCode, error: errors.UsdAiError
) -> NoReturn:
    status = _status(code, error)
    await context.abort(code, status.message, ((_DETAILS_KEY, status.SerializeToString()),))


def _status(code: grpc.StatusCode, error: errors.UsdAiError) -> status_pb2.Status:
    shown = sorted(error.context.items())[:_MAX_ENTRIES]
    info = error_details_pb2.ErrorInfo(
        reason=error.reason,
        domain=DOMAIN,
        metadata={"kind": type(error).__name__, **{key: value[:_MAX_CONTEXT] for key, value in shown}},
    )
    details = [_packed(info)]
    if error.remedy:
        remedy = error_details_pb2.LocalizedMessage(locale="en", message=error.remedy[:_MAX_SENTENCE])
        details.append(_packed(remedy))
    number, _ = code.value
    return status_pb2.Status(code=number, message=error.message[:_MAX_SENTENCE], details=details)


def _packed(message: Message) -> any_pb2.Any:
    packed = any_pb2.Any()
    packed.Pack(message)
    return packed


def _decoder(decode: Callable[[bytes], Message] | None) -> Callable[[bytes], Any]:
    # A refusal travels to the handler in place of the message: raised here it would leave without ErrorInfo.
    def decoded(data: bytes) -> Any:  # noqa: ANN401 - the message's own type, or the refusal
        if len(data) > LIMIT:
            return errors.InvalidRequest(
                f"The message has {len(data)} bytes, more than the {LIMIT} allowed.",
                remedy="Put large things into a file and name its path.",
                reason="MESSAGE_TOO_LARGE",
                context={"bytes": str(len(data)), "limit": str(LIMIT)},
            )
        if decode is None:
            return data
        try:
            return decode(data)
        except (DecodeError, ValueError, RecursionError):
            return errors.InvalidRequest(
                "The message cannot be read as what the method takes.",
                remedy="Generate the client from the proto files of this server's version.",
                reason="MESSAGE_MALFORMED",
            )

    return decoded


def _readable(request: Message | errors.UsdAiError) -> Message:
    if isinstance(request, errors.UsdAiError):
        raise request
    return request


def _sendable(response: Message) -> Message:
    if response.ByteSize() > LIMIT:
        raise errors.InvalidRequest(
            f"The answer would have {response.ByteSize()} bytes, more than the {LIMIT} allowed.",
            remedy="Ask for a smaller page.",
            reason="ANSWER_TOO_LARGE",
        )
    return response


def _server_user() -> str:
    try:
        import pwd  # noqa: PLC0415 - absent on Windows

        return pwd.getpwuid(os.getuid()).pw_name
    except (ImportError, KeyError):
        return getpass.getuser()
