"""What a gRPC service answers when it does not do what was asked, as errors of the labeler.

GRPCError                        .status, .message (the service's own words), .method
├── UnavailableError             also Unreachable: nobody answered, the call may or may not have been done
│   ├── DeadlineExceededError    ... not in time
│   ├── StorageFailedError       ... also StorageFailed: it answered that its disk is full, read-only or fails
│   └── CertificateError         ... because the two sides cannot agree on TLS
├── ServiceFailedError           also Unreachable: the service broke off; the call may or may not have been done
├── BusyError                    also Unreachable: the service asks to wait; the call was not done
├── UnauthenticatedError         also NotSignedIn
└── RefusedError                 also Refused: saying it again does not help
    ├── InvalidArgumentError
    │   └── InvalidCallError     also InvalidValue and ValueError: found on this side, nothing was sent
    ├── NotFoundError            also Missing
    ├── AlreadyExistsError
    ├── PermissionDeniedError
    ├── FailedPreconditionError
    ├── ExhaustedError           too large or too much
    └── UnimplementedError
"""

from __future__ import annotations

from enum import IntEnum

from labeler.domain.errors import InvalidValue, LabelerError, Missing, NotSignedIn, Refused, StorageFailed, Unreachable


class Status(IntEnum):
    """The codes of gRPC, by name and number (grpc/doc/statuscodes.md)."""

    OK = 0
    CANCELLED = 1
    UNKNOWN = 2
    INVALID_ARGUMENT = 3
    DEADLINE_EXCEEDED = 4
    NOT_FOUND = 5
    ALREADY_EXISTS = 6
    PERMISSION_DENIED = 7
    RESOURCE_EXHAUSTED = 8
    FAILED_PRECONDITION = 9
    ABORTED = 10
    OUT_OF_RANGE = 11
    UNIMPLEMENTED = 12
    INTERNAL = 13
    UNAVAILABLE = 14
    DATA_LOSS = 15
    UNAUTHENTICATED = 16


class GRPCError(LabelerError):
    """A call that failed.

    `status` is the code, `message` the service's own words, `method` the name of the RPC ("" if none was
    sent). The text of the error is a sentence for a person; `text` replaces the one made of these.
    """

    def __init__(self, status: Status, message: str = "", method: str = "", text: str = "") -> None:
        self.status = Status(status)
        self.message = message
        self.method = method.rpartition("/")[2]
        self.text = text
        super().__init__(self.status, message, self.method, text)

    def __str__(self) -> str:
        if self.text:
            return self.text
        what = self.method or "The call"
        return f"{what} failed: {self.message or 'the service gave no reason'} ({self.status.name})"


class UnavailableError(GRPCError, Unreachable):
    """Nobody answered. What was asked may have been done or not."""


class DeadlineExceededError(UnavailableError):
    """No answer in time. What was asked may have been done or not."""


class StorageFailedError(UnavailableError, StorageFailed):
    """The service's disk is full, read-only or fails. What was asked may have been done or not."""


class CertificateError(UnavailableError):
    """No connection, because the two sides do not agree on TLS; nothing was sent."""


class ServiceFailedError(GRPCError, Unreachable):
    """The service broke off: CANCELLED, UNKNOWN, INTERNAL or ABORTED. What was asked may have been done or not."""


class BusyError(GRPCError, Unreachable):
    """The service asks to wait `retry_after` seconds. What was asked was not done."""

    def __init__(self, status: Status, message: str, method: str, text: str, retry_after: float) -> None:
        super().__init__(status, message, method, text)
        self.args = (status, message, method, text, retry_after)
        self.retry_after = retry_after


class UnauthenticatedError(GRPCError, NotSignedIn):
    """The service does not accept the key or the token."""


class RefusedError(GRPCError, Refused):
    """The service refused, and would refuse again."""


class InvalidArgumentError(RefusedError):
    """A value the service does not take."""


class InvalidCallError(InvalidArgumentError, InvalidValue):
    """An argument that no service takes. Nothing was sent."""

    def __init__(self, argument: str, problem: str) -> None:
        text = f"{argument} {problem}"
        super().__init__(Status.INVALID_ARGUMENT, text, text=text)
        self.args = (argument, problem)
        self.argument = argument


class NotFoundError(RefusedError, Missing):
    """What was named does not exist, or not for this key."""


class AlreadyExistsError(RefusedError):
    """What was to be made exists."""


class PermissionDeniedError(RefusedError):
    """The key may not do this."""


class FailedPreconditionError(RefusedError):
    """The service is not in a state to do this."""


class ExhaustedError(RefusedError):
    """A message or an account is full."""


class UnimplementedError(RefusedError):
    """The service does not offer this call."""


_KINDS: dict[Status, type[GRPCError]] = {
    Status.CANCELLED: ServiceFailedError,
    Status.UNKNOWN: ServiceFailedError,
    Status.INVALID_ARGUMENT: InvalidArgumentError,
    Status.DEADLINE_EXCEEDED: DeadlineExceededError,
    Status.NOT_FOUND: NotFoundError,
    Status.ALREADY_EXISTS: AlreadyExistsError,
    Status.PERMISSION_DENIED: PermissionDeniedError,
    Status.RESOURCE_EXHAUSTED: ExhaustedError,
    Status.FAILED_PRECONDITION: FailedPreconditionError,
    Status.ABORTED: ServiceFailedError,
    Status.OUT_OF_RANGE: InvalidArgumentError,
    Status.UNIMPLEMENTED: UnimplementedError,
    Status.INTERNAL: ServiceFailedError,
    Status.UNAVAILABLE: UnavailableError,
    Status.DATA_LOSS: RefusedError,
    Status.UNAUTHENTICATED: UnauthenticatedError,
}

_STORAGE_SIGN = "STORAGE_FAILED: "
"""What our service puts in front of the sentence."""

# What grpc's TLS stack says (details of UNAVAILABLE) -> what to tell a person. Order matters: the last is the
# general case.
_TLS_REASONS = (
    ("certificate has expired", "its certificate has expired"),
    ("Hostname Verification Check failed", "its certificate is for another host name"),
    ("not in peer certificate", "its certificate is for another host name"),
    ("CERTIFICATE_VERIFY_FAILED", "its certificate is not signed by an authority this machine trusts"),
    ("WRONG_VERSION_NUMBER", "it does not speak TLS; if that is meant, ask for plaintext by name (insecure=True)"),
    ("Ssl handshake failed", "the TLS handshake failed"),
    ("SSL_ERROR", "the TLS handshake failed"),
)


PUSHBACK = "grpc-retry-pushback-ms"
"""Trailing metadata: the call was not done, and may be repeated after so many milliseconds (gRFC A6)."""


def error_of(status: Status, message: str = "", method: str = "", target: str = "", pushback: str = "") -> GRPCError:
    """The error of a status that `target` gave for `method`; `pushback` is the value of PUSHBACK, if it came."""
    name = method.rpartition("/")[2]
    who = f"The data service at {target}" if target else "The data service"
    if status is Status.RESOURCE_EXHAUSTED and pushback.isascii() and pushback.isdigit():
        seconds = int(pushback[:9]) / 1_000
        return BusyError(status, message, name, f"{who} is busy: {message}", seconds)
    if status is Status.UNAVAILABLE:
        if message.startswith(_STORAGE_SIGN):
            reason = message.removeprefix(_STORAGE_SIGN)
            return StorageFailedError(status, message, name, f"{who} cannot save now. {reason}")
        for sign, reason in _TLS_REASONS:
            if sign in message:
                return CertificateError(status, message, name, f"{who} was not called: {reason}.")
        text = f"{who} cannot be reached ({message}). Check the address and the network, then try again."
        return UnavailableError(status, message, name, text)
    if status is Status.DEADLINE_EXCEEDED:
        return DeadlineExceededError(status, message, name, f"{who} did not answer {name or 'the call'} in time.")
    return _KINDS.get(status, GRPCError)(status, message, name)
