"""Every error a person can meet, as a tree. Each carries what went wrong, where, and what to do next.

::

    UsdAiError
    ├── InvalidRequest          the asker can mend it            (exit 2, INVALID_ARGUMENT)
    ├── NotFound                a name leads nowhere             (exit 3, NOT_FOUND)
    ├── UnreadableInput         a studio file cannot be used     (exit 1, FAILED_PRECONDITION)
    ├── Conflict                somebody else was first          (exit 1, ABORTED)
    ├── CheckRejected           the layer failed its check       (exit 4, FAILED_PRECONDITION)
    ├── RecordInvalid           a record or seal does not hold   (exit 4, DATA_LOSS)
    ├── Cancelled               somebody stopped the work        (exit 1, CANCELLED)
    ├── WorkerLost              a child process died             (exit 1, UNAVAILABLE)
    └── ServerAway              nobody answers at the address    (exit 5, UNAVAILABLE)

Status codes are assigned in ``services/interceptors.py`` alone; exit codes in ``usd_ai/cli/exits.py`` alone.
"""

from __future__ import annotations


class UsdAiError(Exception):
    """Base of all domain errors.

    ``reason`` is a stable UPPER_SNAKE_CASE word for programs (it becomes ``ErrorInfo.reason``), ``message`` says what
    happened and to which shot or file, ``remedy`` is a sentence that says what to do next. ``context`` holds
    short strings for programs (shot, parameter, line); never a secret, a prompt or an absolute path.
    """

    default_reason = "FAILED"

    def __init__(
        self, message: str, *, remedy: str = "", reason: str = "", context: dict[str, str] | None = None
    ) -> None:
        super().__init__(message)
        self.message = message
        self.remedy = remedy
        self.reason = reason or self.default_reason
        self.context = dict(context or {})

    def __str__(self) -> str:
        return f"{self.message} {self.remedy}".rstrip()

    def __reduce__(self) -> tuple[object, ...]:
        # Errors cross process borders by pickle; keyword-only arguments would be lost without this.
        return (_rebuild, (type(self), self.message, self.remedy, self.reason, self.context))


def _rebuild(kind: type[UsdAiError], message: str, remedy: str, reason: str, context: dict[str, str]) -> UsdAiError:
    return kind(message, remedy=remedy, reason=reason, context=context)


class InvalidRequest(UsdAiError):  # noqa: N818 - named after what the user reads, as in the tree above
    """The request cannot be carried out as asked: unknown parameter, value out of range, missing rate or units."""

    default_reason = "INVALID_REQUEST"


class NotFound(UsdAiError):  # noqa: N818 - as InvalidRequest
    """A project, shot, camera, file, generation or version does not exist."""

    default_reason = "NOT_FOUND"


class UnreadableInput(UsdAiError):  # noqa: N818 - as InvalidRequest
    """A studio file is malformed, too large for its limits, or written by a newer program."""

    default_reason = "UNREADABLE_INPUT"


class Conflict(UsdAiError):  # noqa: N818 - as InvalidRequest
    """The thing changed since it was looked at (etag), or the state does not allow the step."""

    default_reason = "CONFLICT"


class CheckRejected(UsdAiError):  # noqa: N818 - as InvalidRequest
    """A generated layer failed its check and will not be published. ``findings`` are the sentences of the report."""

    default_reason = "CHECK_REJECTED"


class RecordInvalid(UsdAiError):  # noqa: N818 - as InvalidRequest
    """A signature, digest or record does not hold."""

    default_reason = "RECORD_INVALID"


class Cancelled(UsdAiError):  # noqa: N818 - as InvalidRequest
    """The work was cancelled by request."""

    default_reason = "CANCELLED"


class WorkerLost(UsdAiError):  # noqa: N818 - as InvalidRequest
    """A child process died (signal, memory limit, CPU limit) before it answered."""

    default_reason = "WORKER_LOST"


class ServerAway(UsdAiError):  # noqa: N818 - as InvalidRequest
    """No usd_ai server answers at the address."""

    default_reason = "SERVER_AWAY"
