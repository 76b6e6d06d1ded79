"""Signing in: a key for an access token."""

from __future__ import annotations

import logging
from collections.abc import Mapping

import grpc

from labeler.rpc.wire.proto.rpc.v1 import auth_pb2
from labeler.server.dispatch import PEER
from labeler.server.errors import RpcError, slow_down
from labeler.server.rates import Rate
from labeler.server.tokens import Tokens

logger = logging.getLogger(__name__)


class Refusals:
    """What is answered to wrong keys. An address that sends many of them is told to wait.

    Every key is looked at all the same, so that nobody who has a right one is locked out by a neighbour: a key is
    256 random bits, which no number of guesses finds, and comparing it costs microseconds.
    """

    def __init__(self, per_minute: float) -> None:
        self._rate = Rate(per_minute / 60, per_minute)

    def of(self, address: str) -> RpcError:
        """The answer to one more wrong key from the address; only those that are told so are logged."""
        if wait := self._rate.take(address):
            return slow_down("There were too many wrong keys from this address", wait)
        logger.info("A wrong key from %s was refused", address)
        return RpcError(grpc.StatusCode.UNAUTHENTICATED, "invalid credentials")


class AuthService:
    """proto.rpc.v1.AuthService, with the answers that Viam's own server library gives."""

    def __init__(self, tokens: Tokens, refusals: Refusals) -> None:
        self._tokens = tokens
        self._refusals = refusals

    async def Authenticate(
        self, request: auth_pb2.AuthenticateRequest, metadata: Mapping[str, str]
    ) -> auth_pb2.AuthenticateResponse:
        if "authorization" in metadata:
            self._check_authorization(metadata)
        if not request.HasField("credentials"):
            raise RpcError(grpc.StatusCode.INVALID_ARGUMENT, "credentials required")
        if request.credentials.type != "api-key":
            text = f"do not know how to handle credential type {request.credentials.type!r}; use 'api-key'"
            raise RpcError(grpc.StatusCode.INVALID_ARGUMENT, text)
        token = self._tokens.give(request.entity, request.credentials.payload)
        if token is None:
            raise self._refusals.of(metadata.get(PEER, ""))
        return auth_pb2.AuthenticateResponse(access_token=token)

    def _check_authorization(self, metadata: Mapping[str, str]) -> None:
        """Let those sign in again who are signed in: viam-sdk 0.77 and 0.78 do so on every connection."""
        try:
            self._tokens.authenticate(metadata)
        except RpcError as error:
            text = "already authenticated; cannot re-authenticate"
            raise RpcError(grpc.StatusCode.INVALID_ARGUMENT, text) from error
