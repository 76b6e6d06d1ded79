"""A status of gRPC becomes the error of its kind, with the service's words and ours."""

from __future__ import annotations

import copy
import pickle

import grpc
import pytest

from labeler.domain.errors import InvalidValue, LabelerError, Missing, NotSignedIn, Refused, Unreachable
from labeler.rpc.errors import (
    CertificateError,
    GRPCError,
    InvalidCallError,
    Status,
    UnavailableError,
    error_of,
)

KINDS = {
    Unreachable: {"CANCELLED", "UNKNOWN", "DEADLINE_EXCEEDED", "ABORTED", "INTERNAL", "UNAVAILABLE"},
    NotSignedIn: {"UNAUTHENTICATED"},
    Refused: {
        "INVALID_ARGUMENT", "NOT_FOUND", "ALREADY_EXISTS", "PERMISSION_DENIED", "RESOURCE_EXHAUSTED",
        "FAILED_PRECONDITION", "OUT_OF_RANGE", "UNIMPLEMENTED", "DATA_LOSS",
    },
}  # fmt: skip
FAILURES = [status for status in Status if status is not Status.OK]


def test_codes_are_those_of_grpc() -> None:
    assert {status.name: status.value for status in Status} == {code.name: code.value[0] for code in grpc.StatusCode}


@pytest.mark.parametrize("status", FAILURES)
def test_each_failure_is_of_one_kind(status: Status) -> None:
    error = error_of(status, "no such image", "/viam.app.data.v1.DataService/AddTags", "here:1")
    kinds = [kind for kind, names in KINDS.items() if isinstance(error, kind)]
    assert len(kinds) == 1
    assert status.name in KINDS[kinds[0]]
    assert isinstance(error, LabelerError)
    assert (error.status, error.message, error.method) == (status, "no such image", "AddTags")
    assert "AddTags" in str(error) or "here:1" in str(error)


def test_what_does_not_exist_is_missing() -> None:
    assert isinstance(error_of(Status.NOT_FOUND), Missing)


def test_an_error_says_what_the_service_said() -> None:
    assert str(error_of(Status.NOT_FOUND, "no dataset ab12", "/a.B/DeleteDataset")) == (
        "DeleteDataset failed: no dataset ab12 (NOT_FOUND)"
    )
    assert str(error_of(Status.INTERNAL)) == "The call failed: the service gave no reason (INTERNAL)"


@pytest.mark.parametrize(
    ("message", "told"),
    [
        ("... CERTIFICATE_VERIFY_FAILED: self signed certificate", "not signed by an authority this machine trusts"),
        ("CERTIFICATE_VERIFY_FAILED: certificate has expired", "has expired"),
        ("Hostname Verification Check failed.", "for another host name"),
        ("Peer name here is not in peer certificate", "for another host name"),
        ("SSL routines:OPENSSL_internal:WRONG_VERSION_NUMBER", "does not speak TLS"),
        ("Ssl handshake failed: SSL_ERROR_SYSCALL", "handshake failed"),
    ],
)
def test_trouble_with_tls_is_told_in_words(message: str, told: str) -> None:
    error = error_of(Status.UNAVAILABLE, message, "Authenticate", "here:1")
    assert isinstance(error, CertificateError)
    assert told in str(error)
    assert "here:1 was not called" in str(error)


def test_nobody_there_is_no_trouble_with_tls() -> None:
    error = error_of(Status.UNAVAILABLE, "connection refused", "Authenticate", "here:1")
    assert type(error) is UnavailableError
    assert "here:1 cannot be reached (connection refused)" in str(error)


def test_a_wrong_argument_is_a_value_error_with_its_name() -> None:
    error = InvalidCallError("tags", "is empty")
    assert isinstance(error, ValueError)
    assert isinstance(error, InvalidValue)
    assert (str(error), error.argument, error.status) == ("tags is empty", "tags", Status.INVALID_ARGUMENT)


@pytest.mark.parametrize("status", FAILURES)
def test_errors_go_through_copies_and_pickles(status: Status) -> None:
    error = error_of(status, "why", "Call", "here:1")
    for twin in (copy.copy(error), pickle.loads(pickle.dumps(error))):  # noqa: S301
        assert isinstance(twin, GRPCError)
        assert (type(twin), str(twin), twin.status) == (type(error), str(error), error.status)


def test_a_wrong_argument_goes_through_copies_and_pickles() -> None:
    error = InvalidCallError("tags", "is empty")
    twin = pickle.loads(pickle.dumps(error))  # noqa: S301
    assert (str(twin), twin.argument) == (str(error), error.argument)
