"""Signing in: a key for an access token."""

from __future__ import annotations

from collections.abc import Mapping

import grpc

from labeler.rpc.wire.proto.rpc.v1 import auth_pb2
from labeler.server.errors import RpcError
from labeler.server.tokens import Tokens


class AuthService:
    """proto.rpc.v1.AuthService, with the answers that Viam's own server library gives."""

    def __init__(self, tokens: Tokens) -> None:
        self._tokens = tokens

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
            raise RpcError(grpc.StatusCode.UNAUTHENTICATED, "invalid credentials")
        return auth_pb2.AuthenticateResponse(access_token=token)

    def _check_authorization(self, metadata: Mapping[str, str]) -> None:
        """Let those sign in again who are signed in: viam-sdk 0.77 and 0.78 do so on every connection."""
        try:
            self._tokens.authenticate(metadata)
        except RpcError as error:
            text = "already authenticated; cannot re-authenticate"
            raise RpcError(grpc.StatusCode.INVALID_ARGUMENT, text) from error
