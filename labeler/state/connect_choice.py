"""Where a person chose to work."""

from __future__ import annotations

from dataclasses import dataclass

LAST_CHOICE = "connection.last"
"""Where the settings have what was chosen last, without the key."""


@dataclass(frozen=True, slots=True)
class ConnectChoice:
    """Where to connect. `kind` is "local", "server" or "viam"; the key is not shown in its text form."""

    kind: str
    address: str = ""
    key_id: str = ""
    key: str = ""
    certificate: str = ""
    plaintext: bool = False
    remember: bool = False

    def __repr__(self) -> str:
        return f"ConnectChoice(kind={self.kind!r}, address={self.address!r})"
