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
            raise RpcError(grpc.StatusCode.INVALID_ARGUMENT, "already authenticated; cannot re-authenticate")
        if not request.HasField("credentials"):
            raise RpcError(grpc.StatusCode.INVALID_ARGUMENT, "credentials required")
        if request.credentials.type != "api-key":
            text = f"do not know how to handle credential type {request.credentials.type!r}; use 'api-key'"
            raise RpcError(grpc.StatusCode.INVALID_ARGUMENT, text)
        token = self._tokens.give(request.entity, request.credentials.payload)
        if token is None:
            raise RpcError(grpc.StatusCode.UNAUTHENTICATED, "invalid credentials")
        return auth_pb2.AuthenticateResponse(access_token=token)
