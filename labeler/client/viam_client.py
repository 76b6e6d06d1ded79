"""The way in: a signed-in connection and the clients that use it."""

from __future__ import annotations

import os
from dataclasses import dataclass, field
from pathlib import Path
from typing import Self

from labeler.client.app_client import AppClient
from labeler.client.channel import Connection
from labeler.client.data_client import DataClient
from labeler.client.endpoint import PLAINTEXT, TLS, Endpoint, Security
from labeler.rpc.errors import InvalidCallError

VIAM_APP = "app.viam.com"


@dataclass(frozen=True, slots=True)
class Credentials:
    """An API key: `type` is "api-key", `payload` the key."""

    type: str
    payload: str = field(repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class DialOptions:
    """Who connects, and how. `auth_entity` is the id of the API key.

    `insecure` asks for plaintext. `certificate` (a path, or the bytes in PEM form) is trusted instead of the
    public authorities, for a service of one's own.
    """

    credentials: Credentials | None = None
    auth_entity: str | None = None
    insecure: bool = False
    certificate: str | os.PathLike[str] | bytes | None = None

    @classmethod
    def with_api_key(cls, api_key: str, api_key_id: str) -> Self:
        """The options for an API key."""
        return cls(credentials=Credentials("api-key", api_key), auth_entity=api_key_id)


class ViamClient:
    """A signed-in connection to Viam or to a labeler's data service.

    Made by `create_from_dial_options`, `create_from_env_vars` or `connect`; ended by `close`, or by leaving
    `async with`.
    """

    def __init__(self, connection: Connection) -> None:
        self.connection = connection
        self._data_client = DataClient(connection)
        self._app = AppClient(connection)

    @classmethod
    async def create_from_dial_options(cls, dial_options: DialOptions, app_url: str | None = None) -> Self:
        """Connect and sign in. `app_url` is a host with or without a port, app.viam.com where None.

        Raises ValueError for options that cannot work, UnavailableError (CertificateError for TLS) and
        UnauthenticatedError.
        """
        return await cls.connect(_endpoint(dial_options, app_url or VIAM_APP))

    @classmethod
    async def create_from_env_vars(cls, app_url: str | None = None) -> Self:
        """Connect and sign in with VIAM_API_KEY and VIAM_API_KEY_ID of the environment. Raises as above."""
        names = ("VIAM_API_KEY", "VIAM_API_KEY_ID")
        for name in names:
            if not os.environ.get(name):
                raise InvalidCallError(name, "is not set in the environment")
        api_key, api_key_id = (os.environ[name] for name in names)
        return await cls.create_from_dial_options(DialOptions.with_api_key(api_key, api_key_id), app_url)

    @classmethod
    async def connect(cls, endpoint: Endpoint) -> Self:
        """Connect to an endpoint and, where it has a key and no ready token, sign in. Raises as above."""
        return cls(await Connection.open(endpoint))

    @property
    def data_client(self) -> DataClient:
        """The calls of the Data API."""
        return self._data_client

    @property
    def app(self) -> AppClient:
        """Organizations, locations, machines and parts."""
        return self._app

    @property
    def app_client(self) -> AppClient:
        """The same as `app`, by viam-sdk's name."""
        return self._app

    def close(self) -> None:
        """End the calls under way and the connection. A plain call: there is nothing to await."""
        self.connection.close()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        self.close()


def _endpoint(options: DialOptions, app_url: str) -> Endpoint:
    if not isinstance(options, DialOptions):
        raise TypeError(f"dial_options must be DialOptions, not {type(options).__name__}")
    if options.credentials is None:
        raise InvalidCallError("credentials", "are needed: Credentials(type='api-key', payload=...)")
    if options.credentials.type != "api-key":
        raise InvalidCallError("credentials", f"are of type {options.credentials.type!r}; it must be 'api-key'")
    if not options.credentials.payload:
        raise InvalidCallError("credentials", "have an empty payload; it must be the API key")
    if not options.auth_entity:
        raise InvalidCallError("auth_entity", "is needed: the id of the API key")
    security = _security(options)
    target = _target(app_url, 80 if security is PLAINTEXT else 443, plaintext=security is PLAINTEXT)
    return Endpoint(target, security, options.auth_entity, options.credentials.payload)


def _security(options: DialOptions) -> Security | bytes:
    if options.insecure:
        if options.certificate is not None:
            raise InvalidCallError("certificate", "has no use with insecure=True")
        return PLAINTEXT
    if options.certificate is None:
        return TLS
    return options.certificate if isinstance(options.certificate, bytes) else Path(options.certificate).read_bytes()


def _target(app_url: str, default_port: int, *, plaintext: bool) -> str:
    """The gRPC target of a URL or host, with or without a port."""
    if app_url.startswith("unix:"):
        return app_url
    scheme, has_scheme, rest = app_url.rpartition("://")
    if has_scheme and scheme not in ("http", "https"):
        raise InvalidCallError("app_url", f"is {app_url!r}; it must be a host, or a URL with https")
    if scheme == "http" and not plaintext:
        raise InvalidCallError("app_url", "asks for http; ask for plaintext by name with insecure=True")
    host_and_port = rest.partition("/")[0]
    host, _, port = host_and_port.rpartition(":") if not host_and_port.endswith("]") else (host_and_port, "", "")
    if not host:
        host, port = host_and_port, ""
    if not host or (port and not (port.isdecimal() and 0 < int(port) < 65536)):
        raise InvalidCallError("app_url", f"is {app_url!r}; it must be a host, with or without a port")
    return f"{host}:{port or default_port}"
