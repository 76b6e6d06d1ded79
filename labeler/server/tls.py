"""The service's own certificate, made at first start."""

from __future__ import annotations

import contextlib
import ipaddress
import socket
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

from labeler.disk import write_private

CERTIFICATE_FILE = "certificate.pem"
KEY_FILE = "certificate.key"
_YEARS = 10
_CLOCK_SKEW = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Identity:
    """A certificate with its private key, both PEM."""

    certificate: bytes
    key: bytes = field(repr=False)


def identity_of(directory: Path) -> Identity:
    """The identity kept in the data directory, made where there is none or it has expired."""
    from cryptography import x509  # slow to import, and not needed without TLS

    certificate_file, key_file = directory / CERTIFICATE_FILE, directory / KEY_FILE
    if certificate_file.exists() and key_file.exists():
        found = Identity(certificate_file.read_bytes(), key_file.read_bytes())
        if x509.load_pem_x509_certificate(found.certificate).not_valid_after_utc > datetime.now(UTC):
            return found
    made = _make()
    for file, content in ((key_file, made.key), (certificate_file, made.certificate)):
        file.unlink(missing_ok=True)
        write_private(file, content)
    with contextlib.suppress(OSError):
        certificate_file.chmod(0o644)
    return made


def _make() -> Identity:
    from cryptography import x509
    from cryptography.hazmat.primitives import hashes, serialization
    from cryptography.hazmat.primitives.asymmetric import ec
    from cryptography.x509.oid import NameOID

    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "labeler data service")])
    addresses = [x509.IPAddress(ipaddress.ip_address(text)) for text in ("127.0.0.1", "::1")]
    hosts = [x509.DNSName(host) for host in dict.fromkeys(["localhost", _host_name()])]
    now = datetime.now(UTC)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - _CLOCK_SKEW)
        .not_valid_after(now + timedelta(days=365 * _YEARS))
        .add_extension(x509.SubjectAlternativeName([*hosts, *addresses]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .sign(key, hashes.SHA256())
    )
    private = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    return Identity(certificate.public_bytes(serialization.Encoding.PEM), private)


def _host_name() -> str:
    """This machine's name where a certificate can hold it, else localhost."""
    name = socket.gethostname()
    return name if name and name.isascii() else "localhost"
