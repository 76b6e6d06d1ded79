"""Access tokens: what a caller gets for a key, and the token of this machine's user."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import secrets
import time
from collections.abc import Callable, Mapping

import grpc

from labeler.server.accounts import Accounts, Caller
from labeler.server.errors import RpcError

TOKEN_SECONDS = 12 * 3600
LOCAL_KEY_ID = "this machine's user"


def sign(secret: bytes, claims: Mapping[str, str | int]) -> str:
    """Claims as a token that only the holder of the secret can make; they can be read by anyone."""
    body = base64.urlsafe_b64encode(json.dumps(dict(claims)).encode())
    seal = base64.urlsafe_b64encode(hmac.digest(secret, body, hashlib.sha256))
    return f"{body.decode()}.{seal.decode()}"


def read_signed(secret: bytes, token: str, now: float) -> dict[str, str | int] | None:
    """The claims of a token that `sign` made and that has not expired ("exp", in seconds), else None."""
    body, _, seal = token.partition(".")
    expected = base64.urlsafe_b64encode(hmac.digest(secret, body.encode(), hashlib.sha256))
    if not hmac.compare_digest(expected, seal.encode()):
        return None
    claims: dict[str, str | int] = json.loads(base64.urlsafe_b64decode(body))
    return claims if now < int(claims["exp"]) else None


class Tokens:
    """Gives and checks access tokens; a token is worth nothing as soon as its key is revoked.

    `local_tokens` are accepted as they are, and stand for this machine's user in the first organization.
    """

    def __init__(
        self,
        accounts: Accounts,
        local_tokens: tuple[str, ...] = (),
        clock: Callable[[], float] = time.time,
    ) -> None:
        self._accounts = accounts
        self._secret = accounts.derived_secret("access token")
        self._local = tuple(token.encode() for token in local_tokens)
        self._clock = clock

    def give(self, key_id: str, secret: str) -> str | None:
        """A token for a valid key, else None."""
        caller = self._accounts.check_key(key_id, secret)
        if caller is None:
            return None
        expires = int(self._clock()) + TOKEN_SECONDS
        return sign(self._secret, {"key": caller.key_id, "exp": expires, "nonce": secrets.token_hex(8)})

    def authenticate(self, metadata: Mapping[str, str]) -> Caller:
        """Who calls, by `authorization: Bearer TOKEN`. Raises RpcError (UNAUTHENTICATED)."""
        authorization = metadata.get("authorization", "")
        if not authorization:
            raise _unauthenticated("authentication required")
        scheme, _, token = authorization.partition(" ")
        if scheme.lower() != "bearer" or not token:
            raise _unauthenticated("the authorization must be a Bearer token")
        caller = self.caller_of(token)
        if caller is None:
            raise _unauthenticated("the token is invalid, has expired, or its key was revoked; sign in again")
        return caller

    def caller_of(self, token: str) -> Caller | None:
        given = token.encode()
        if any(hmac.compare_digest(given, local) for local in self._local):
            return Caller(self._accounts.first_organization_id(), LOCAL_KEY_ID, opens_paths=True)
        claims = read_signed(self._secret, token, self._clock())
        return self._accounts.caller_of_key(str(claims["key"])) if claims else None


def _unauthenticated(message: str) -> RpcError:
    return RpcError(grpc.StatusCode.UNAUTHENTICATED, message)
