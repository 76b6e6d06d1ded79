"""Where a data service is, how its connection is protected, and who asks."""

from __future__ import annotations

import ipaddress
import math
from dataclasses import dataclass, field
from enum import Enum

import grpc


class Security(Enum):
    """How a connection is protected."""

    TLS = "tls"
    """TLS, the certificate verified against the authorities that grpc trusts."""
    PLAINTEXT = "plaintext"
    """Nothing: for this machine's own sockets and for networks that are private by other means."""


TLS = Security.TLS
PLAINTEXT = Security.PLAINTEXT


@dataclass(frozen=True, slots=True)
class Endpoint:
    """A data service and what to show it.

    `target` is "host:port", "[::1]:port" or "unix:/path". `security` is TLS, PLAINTEXT or the certificate (PEM)
    that is to be trusted instead of the public authorities; on a loopback address that certificate is accepted
    whatever host name is in it, elsewhere the name is verified too. With `token` no sign-in is made; with
    `api_key_id` and `api_key` one is made, again whenever the service no longer takes its token.
    """

    target: str
    security: Security | bytes = TLS
    api_key_id: str = ""
    api_key: str = field(default="", repr=False)
    token: str = field(default="", repr=False)

    def __post_init__(self) -> None:
        if not self.target:
            raise ValueError("target is empty; it is the address of a data service, such as app.viam.com:443")
        if isinstance(self.security, bytes) and b"-----BEGIN CERTIFICATE-----" not in self.security:
            raise ValueError("security is not a certificate in PEM form")

    @property
    def is_loopback(self) -> bool:
        """Whether the target is this machine, so that nobody else can be between."""
        if self.target.startswith(("unix:", "unix-abstract:")):
            return True
        host = host_of(self.target)
        if host == "localhost":
            return True
        try:
            return ipaddress.ip_address(host).is_loopback
        except ValueError:
            return False


@dataclass(frozen=True, slots=True)
class Patience:
    """How long a service is waited for, in seconds: for a call at most; in silence before it is asked whether it
    is still there; and for its answer to that.
    """

    call: float = math.inf
    silence: float = 30.0
    ping: float = 10.0

    @property
    def options(self) -> list[tuple[str, int]]:
        ping = int(self.ping * 1_000)
        return [
            ("grpc.keepalive_time_ms", int(self.silence * 1_000)),
            ("grpc.keepalive_timeout_ms", ping),
            # Without it keepalive finds a dead peer only after the default of a minute.
            ("grpc.http2.ping_timeout_ms", ping),
        ]


PATIENT = Patience()


def host_of(target: str) -> str:
    """The host of "host:port" or "[host]:port"."""
    if target.startswith("["):
        return target[1:].partition("]")[0]
    return target.partition(":")[0]


def channel_credentials(endpoint: Endpoint) -> tuple[grpc.ChannelCredentials | None, list[tuple[str, str]]]:
    """The credentials of a channel to the endpoint, None for plaintext, and the channel options they need."""
    if not isinstance(endpoint.security, bytes):
        return (None if endpoint.security is PLAINTEXT else grpc.ssl_channel_credentials()), []
    options = []
    if endpoint.is_loopback and (name := _name_to_expect(endpoint.security, host_of(endpoint.target))):
        options.append(("grpc.ssl_target_name_override", name))
    return grpc.ssl_channel_credentials(root_certificates=endpoint.security), options


def _name_to_expect(certificate: bytes, host: str) -> str:
    """A name that the certificate has, "" where the host's own will do or it has none."""
    from cryptography import x509  # slow to import, and rarely needed

    parsed = x509.load_pem_x509_certificate(certificate)
    try:
        names = parsed.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    except x509.ExtensionNotFound:
        return ""
    dns = names.get_values_for_type(x509.DNSName)
    addresses = [str(address) for address in names.get_values_for_type(x509.IPAddress)]
    return "" if host in (*dns, *addresses) or not dns else dns[0]
