"""Connections are verified: who is not who they say, or does not speak TLS, is told apart in words."""

from __future__ import annotations

import ssl
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import trustme

from labeler.client import (
    TLS,
    CertificateError,
    Credentials,
    DialOptions,
    Endpoint,
    InvalidCallError,
    UnavailableError,
    ViamClient,
)
from tests.contract.sdk_server import KEY, KEY_ID, SdkServer, serving

AUTHORITY = trustme.CA()


def context_for(*names: str, authority: trustme.CA = AUTHORITY, expired: bool = False) -> ssl.SSLContext:
    """TLS of a server whose certificate is for these names."""
    not_after = datetime.now(UTC) + timedelta(days=-1 if expired else 1)
    certificate = authority.issue_cert(*names, not_before=datetime(2020, 1, 1, tzinfo=UTC), not_after=not_after)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    certificate.configure_cert(context)
    context.set_alpn_protocols(["h2"])
    return context


def pem(authority: trustme.CA = AUTHORITY) -> bytes:
    return authority.cert_pem.bytes()


async def test_pinned_certificate() -> None:
    async with serving(context_for("127.0.0.1")) as sdk, await ViamClient.connect(sdk.endpoint(pem())) as viam:
        assert await viam.data_client.tags_by_filter() == []


async def test_pinned_by_dial_options(tmp_path: Path) -> None:
    path = tmp_path / "cert.pem"
    path.write_bytes(pem())
    async with serving(context_for("127.0.0.1")) as sdk:
        for certificate in (path, str(path), pem()):
            options = DialOptions(
                credentials=Credentials(type="api-key", payload=KEY), auth_entity=KEY_ID, certificate=certificate
            )
            async with await ViamClient.create_from_dial_options(options, f"https://127.0.0.1:{sdk.port}") as viam:
                assert await viam.data_client.tags_by_filter() == []


async def test_a_certificate_of_our_own_for_another_name_is_good_on_this_machine(own_certificate: Any) -> None:
    async with (
        serving(own_certificate.context) as sdk,
        await ViamClient.connect(sdk.endpoint(own_certificate.pem)) as viam,
    ):
        assert await viam.data_client.tags_by_filter() == []


async def refused(sdk: SdkServer, endpoint: Endpoint) -> str:
    with pytest.raises(CertificateError) as caught:
        await ViamClient.connect(endpoint)
    assert sdk.requests == {}
    return str(caught.value)


async def test_unknown_authority() -> None:
    async with serving(context_for("127.0.0.1")) as sdk:
        assert "not signed by an authority" in await refused(sdk, sdk.endpoint(TLS))
        assert "not signed by an authority" in await refused(sdk, sdk.endpoint(pem(trustme.CA())))


async def test_expired() -> None:
    async with serving(context_for("127.0.0.1", expired=True)) as sdk:
        assert "expired" in await refused(sdk, sdk.endpoint(pem()))


async def test_wrong_host() -> None:
    """The authority is trusted and has no name of its own that could be expected instead."""
    async with serving(context_for("labeler.example")) as sdk:
        assert "another host name" in await refused(sdk, sdk.endpoint(pem()))


async def test_a_server_without_tls() -> None:
    async with serving() as sdk:
        message = await refused(sdk, sdk.endpoint(TLS))
    assert "does not speak TLS" in message
    assert "insecure=True" in message


async def test_plaintext_to_a_server_with_tls_is_not_a_sign_in() -> None:
    async with serving(context_for("127.0.0.1")) as sdk:
        with pytest.raises(UnavailableError):
            await ViamClient.connect(sdk.endpoint())
        assert sdk.requests == {}


async def test_nobody_there() -> None:
    async with serving() as sdk:
        endpoint = sdk.endpoint()
    with pytest.raises(UnavailableError, match=rf"127\.0\.0\.1:{sdk.port} cannot be reached"):
        await ViamClient.connect(endpoint)


CREDENTIALS = Credentials(type="api-key", payload=KEY)


@pytest.mark.parametrize(
    ("options", "app_url", "problem"),
    [
        (DialOptions(auth_entity=KEY_ID), "host", "credentials are needed"),
        (
            DialOptions(credentials=Credentials("robot-secret", "x"), auth_entity=KEY_ID),
            "host",
            "credentials are of type",
        ),
        (DialOptions(credentials=Credentials("api-key", ""), auth_entity=KEY_ID), "host", "credentials have an empty"),
        (DialOptions(credentials=CREDENTIALS), "host", "auth_entity is needed"),
        (DialOptions(credentials=CREDENTIALS, auth_entity=KEY_ID), "http://host", "app_url asks for http"),
        (DialOptions(credentials=CREDENTIALS, auth_entity=KEY_ID), "ftp://host", "app_url is"),
        (DialOptions(credentials=CREDENTIALS, auth_entity=KEY_ID), "host:http", "app_url is"),
        (
            DialOptions(credentials=CREDENTIALS, auth_entity=KEY_ID, insecure=True, certificate=b"x"),
            "host",
            "certificate",
        ),
    ],
)
async def test_options_that_cannot_work(options: DialOptions, app_url: str, problem: str) -> None:
    with pytest.raises(InvalidCallError, match=rf"^{problem}") as caught:
        await ViamClient.create_from_dial_options(options, app_url)
    assert isinstance(caught.value, ValueError)


async def test_environment_lacks_the_key() -> None:
    with pytest.raises(ValueError, match=r"^VIAM_API_KEY is not set"):
        await ViamClient.create_from_env_vars()


def test_secrets_are_not_shown() -> None:
    shown = repr(Endpoint("host:1", TLS, KEY_ID, KEY, "token")) + repr(DialOptions(credentials=CREDENTIALS))
    assert KEY not in shown
    assert "token=" not in shown
