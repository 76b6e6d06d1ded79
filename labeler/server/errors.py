"""How an RPC says no: a gRPC status with a sentence."""

from __future__ import annotations

import grpc

from labeler.domain.errors import InvalidValue, LabelerError, Missing, NotSignedIn, StorageFailed, Unreachable
from labeler.server.catalog import NameTaken
from labeler.server.changes import ChangedMeanwhile

_MOST_BYTES = 2_000
"""Of a message. Clients take 8 KiB of metadata, where each byte of it can need three, and see another status beyond."""


class RpcError(Exception):
    """Ends an RPC with `code`; `message` is what the caller reads, and names the field or the thing.

    With `retry_after`, in seconds, nothing was done and the caller may say it again after that time.
    """

    def __init__(self, code: grpc.StatusCode, message: str, retry_after: float = 0.0) -> None:
        super().__init__(message)
        self.code = code
        whole = message.encode()
        self.message = message if len(whole) <= _MOST_BYTES else whole[:_MOST_BYTES].decode(errors="ignore") + "…"
        self.retry_after = retry_after


def invalid(field: str, problem: str) -> RpcError:
    """INVALID_ARGUMENT, "field: problem"."""
    return RpcError(grpc.StatusCode.INVALID_ARGUMENT, f"{field}: {problem}")


def not_found(message: str) -> RpcError:
    return RpcError(grpc.StatusCode.NOT_FOUND, message)


def failed_precondition(message: str) -> RpcError:
    return RpcError(grpc.StatusCode.FAILED_PRECONDITION, message)


def permission_denied(message: str) -> RpcError:
    return RpcError(grpc.StatusCode.PERMISSION_DENIED, message)


def too_large(message: str) -> RpcError:
    """RESOURCE_EXHAUSTED; clients of the Data API look for the word in front and ask for less."""
    return RpcError(grpc.StatusCode.RESOURCE_EXHAUSTED, f"INCLUDE_BINARY_TOO_LARGE: {message}")


def storage_failed(message: str) -> RpcError:
    """UNAVAILABLE; our client looks for the word in front, and tells the sentence instead of "offline"."""
    return RpcError(grpc.StatusCode.UNAVAILABLE, f"STORAGE_FAILED: {message}")


def slow_down(message: str, seconds: float) -> RpcError:
    """RESOURCE_EXHAUSTED; `message` says what was too much, without a stop."""
    seconds = max(seconds, _SHORTEST_WAIT)
    text = f"{message}; nothing was done. Try again in {seconds:.1f} s."
    return RpcError(grpc.StatusCode.RESOURCE_EXHAUSTED, text, seconds)


_SHORTEST_WAIT = 0.25
"""Seconds: callers that are told less come back all at once."""

_CODES: tuple[tuple[type[LabelerError], grpc.StatusCode], ...] = (
    (InvalidValue, grpc.StatusCode.INVALID_ARGUMENT),
    (Missing, grpc.StatusCode.NOT_FOUND),
    (NameTaken, grpc.StatusCode.ALREADY_EXISTS),
    (ChangedMeanwhile, grpc.StatusCode.ABORTED),
    (NotSignedIn, grpc.StatusCode.UNAUTHENTICATED),
    (Unreachable, grpc.StatusCode.UNAVAILABLE),
    (LabelerError, grpc.StatusCode.FAILED_PRECONDITION),
)


def rpc_error(error: LabelerError) -> RpcError:
    """The status that an error of the domain, the catalog or the blob store has on the wire."""
    if isinstance(error, StorageFailed):
        return storage_failed(str(error))
    code = next(code for kind, code in _CODES if isinstance(error, kind))
    return RpcError(code, str(error))
