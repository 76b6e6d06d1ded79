"""Connecting: from what a person chose, or had the last time, to a service to work with."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from labeler import credentials
from labeler.client.channel import Connection
from labeler.client.endpoint import PLAINTEXT, TLS, Endpoint, Security
from labeler.client.source import ServiceSource, organizations
from labeler.domain.errors import LabelerError, Unreachable
from labeler.domain.image import Choice
from labeler.state.connect_choice import LAST_CHOICE, ConnectChoice
from labeler.state.prompts import Prompt, Question
from labeler.state.session import Session
from labeler.state.settings import Settings
from labeler.workplace import LOCAL, known_services

AT_START = "connection.at_start"
"""Where the program begins: "last", or "this computer"."""


@dataclass(frozen=True, slots=True)
class Target:
    """A service to switch to; its connection goes with it. `said` is what to tell when that is done."""

    address: str
    service: ServiceSource
    choice: ConnectChoice
    said: str

    def remember(self, settings: Settings) -> None:
        """Put into the settings how to come here again."""
        choice = self.choice
        held: dict[str, str | bool] = {"kind": choice.kind}
        if choice.kind != "local":
            held |= {"address": choice.address, "certificate": choice.certificate, "plaintext": choice.plaintext}
            held["organization"] = self.service.organization_id
        settings.set(LAST_CHOICE, held)


async def local_target(local: Endpoint) -> Target:
    """The service of this data directory."""
    connection = await Connection.open(local)
    try:
        service = await ServiceSource.open(connection, title="This computer")
    except BaseException:
        connection.close()
        raise
    return Target(LOCAL, service, ConnectChoice("local"), f"Connected to {service.title}")


async def last_target(data: Path, settings: Settings) -> Target | None:
    """What the person worked with last, without asking it anything; None if that was this computer.

    Raises LabelerError, with what to do, if it cannot be gone on with at once.
    """
    held: Mapping[str, object] = settings.get(LAST_CHOICE, {})
    address, kind = str(held.get("address", "")), str(held.get("kind", "local"))
    if kind == "local" or settings.get(AT_START, "last") != "last":
        return None
    organization = str(held.get("organization", ""))
    known = await asyncio.to_thread(known_services, data)
    found = next((one for one in known if (one.address, one.organization_id) == (address, organization)), None)
    certificate, plaintext = str(held.get("certificate", "")), bool(held.get("plaintext", False))
    choice = ConnectChoice(kind, address, certificate=certificate, plaintext=plaintext)
    key = await asyncio.to_thread(stored_key, data, address)
    if found is None or key is None:
        raise LabelerError(f"The last time you worked on {address}. Press Ctrl+L to go on there.")
    connection = Connection(await _endpoint(choice, *key))
    return Target(address, found.service(connection), choice, "")


class Connecting:
    """Finds the services that a person chooses, and gives each to `switch`, which takes it over."""

    def __init__(self, data: Path, local: Endpoint, session: Session, switch: Callable[[Target], None]) -> None:
        self._data, self.local, self._session, self._switch = data, local, session, switch
        self._offered: Connection | None = None
        """A connection whose organization has not been chosen yet."""

    def begin(self, choice: ConnectChoice) -> None:
        """Connect in the background."""
        self._session.tasks.start(self._connect(choice))

    def close(self) -> None:
        if self._offered:
            self._offered.close()
        self._offered = None

    async def _connect(self, choice: ConnectChoice) -> None:
        if choice.kind == "local":
            self._switch(await local_target(self.local))
            return
        endpoint = await self._chosen_endpoint(choice)
        try:
            connection = await Connection.open(endpoint)
        except Unreachable as error:
            await self._open_offline(choice, endpoint, error)
            return
        try:
            names = await organizations(connection)
            if len(names) <= 1:
                self._switch(await _target(choice, connection, *next(iter(names.items()), ("", ""))))
                return
        except Unreachable as error:
            connection.close()
            await self._open_offline(choice, endpoint, error)
            return
        except BaseException:
            connection.close()
            raise
        self._choose_organization(choice, connection, names)

    async def _open_offline(self, choice: ConnectChoice, endpoint: Endpoint, error: Unreachable) -> None:
        """Open what was taken along from a service that cannot be reached. Raises the error if that is nothing."""
        known = await asyncio.to_thread(known_services, self._data)
        found = {one.organization_id: one for one in known if one.address == choice.address and one.has_pictures}
        if not found:
            raise error

        def switch(organization_id: str) -> None:
            one = found[organization_id]
            said = f"{one.title} cannot be reached; this is what was taken along"
            self._switch(Target(choice.address, one.service(Connection(endpoint)), choice, said))

        if len(found) == 1:
            switch(next(iter(found)))
        else:
            self._ask_organization({one.organization_id: one.title for one in found.values()}, switch)

    async def _chosen_endpoint(self, choice: ConnectChoice) -> Endpoint:
        key_id, key = choice.key_id, choice.key
        if not choice.address:
            raise LabelerError("Not connected: the address is missing. Write it as host:port.")
        if not key:
            stored = await asyncio.to_thread(stored_key, self._data, choice.address)
            if stored is None:
                raise LabelerError(f"No key for {choice.address} is kept on this computer. Enter its id and the key.")
            key_id, key = stored
        elif choice.remember:
            problem = await asyncio.to_thread(credentials.store_key, choice.address, key_id, key)
            if problem:
                self._offer_file(choice, problem)
        return await _endpoint(choice, key_id, key)

    def _offer_file(self, choice: ConnectChoice, problem: str) -> None:
        path = _key_file(self._data)

        def keep() -> None:
            self._session.tasks.start(
                asyncio.to_thread(credentials.store_key_in_file, path, choice.address, choice.key_id, choice.key)
            )

        self._session.asked.emit(
            Question(
                "Keep the key in a file?",
                f"{problem} It can be kept in {path}, which only you can read, but not encrypted.",
                "Keep it in the file",
                keep,
                danger=True,
            )
        )

    def _choose_organization(self, choice: ConnectChoice, connection: Connection, names: dict[str, str]) -> None:
        async def go(organization_id: str) -> None:
            try:
                target = await _target(choice, connection, organization_id, names[organization_id])
            except BaseException:
                connection.close()
                raise
            self._switch(target)

        def accept(organization_id: str) -> None:
            self._offered = None
            self._session.tasks.start(go(organization_id))

        self.close()
        self._offered = connection
        self._ask_organization(names, accept)

    def _ask_organization(self, names: Mapping[str, str], accept: Callable[[str], None]) -> None:
        self._session.prompted.emit(
            Prompt(
                "Organization",
                accept,
                suggest=lambda text: tuple(
                    Choice(key, name) for key, name in names.items() if text.casefold() in name.casefold()
                ),
                check=lambda text: "" if text in names else "Choose one of the organizations",
                only_choices=True,
            )
        )


def stored_key(data: Path, address: str) -> tuple[str, str] | None:
    """The id and secret that are kept for an address. Touches the disk."""
    return credentials.stored_key(address) or credentials.key_in_file(_key_file(data), address)


def _key_file(data: Path) -> Path:
    return data / "keys.json"


async def _target(choice: ConnectChoice, connection: Connection, organization_id: str, name: str) -> Target:
    title = ", ".join(part for part in (choice.address, name) if part)
    service = await ServiceSource.open(connection, organization_id, title)
    return Target(choice.address, service, choice, f"Connected to {service.title}")


async def _endpoint(choice: ConnectChoice, key_id: str, key: str) -> Endpoint:
    security: Security | bytes = PLAINTEXT if choice.plaintext else TLS
    if choice.certificate:
        security = await asyncio.to_thread(_certificate, choice.certificate)
    return Endpoint(choice.address, security, key_id, key)


def _certificate(name: str) -> bytes:
    path = Path(name).expanduser()
    try:
        content = path.read_bytes()
    except OSError as error:
        raise LabelerError(f"The certificate {path} cannot be read: {error.strerror}.") from None
    if b"-----BEGIN CERTIFICATE-----" not in content:
        raise LabelerError(f"{path} is not a certificate in PEM form. Take the server's certificate.pem.")
    return content
