"""Keys of services, kept by the system's keyring; where there is none, for this run only or, if the
user says so, in a file that only the user can read.

All functions touch the disk or other processes: not for the event loop's thread.
"""

from __future__ import annotations

import json
from pathlib import Path

from labeler.disk import make_folder, replacing
from labeler.domain.errors import LabelerError

SERVICE = "labeler"


def store_key(address: str, key_id: str, key: str) -> str:
    """Keep a key in the keyring; returns what to tell the user, empty when it is kept."""
    try:
        import keyring
        from keyring.errors import KeyringError
    except ImportError:
        return "There is no keyring here (install labeler[keyring]); the key is kept until the program ends."
    try:
        keyring.set_password(SERVICE, address, json.dumps([key_id, key]))
    except KeyringError as error:
        return f"The system's keyring does not take the key ({error}); it is kept until the program ends."
    return ""


def stored_key(address: str) -> tuple[str, str] | None:
    """The id and secret kept for an address; None where there is none."""
    try:
        import keyring
        from keyring.errors import KeyringError
    except ImportError:
        return None
    try:
        held = keyring.get_password(SERVICE, address)
    except KeyringError:
        return None
    return _pair(held) if held else None


def store_key_in_file(path: Path, address: str, key_id: str, key: str) -> None:
    """Keep a key in a file that only this user can read, by the user's explicit consent."""
    held = _read_file(path)
    held[address] = [key_id, key]
    make_folder(path.parent)
    with replacing(path, private=True) as file:
        file.write(json.dumps(held).encode())


def key_in_file(path: Path, address: str) -> tuple[str, str] | None:
    """The id and secret that `store_key_in_file` kept."""
    held = _read_file(path).get(address)
    return (held[0], held[1]) if held else None


def _read_file(path: Path) -> dict[str, list[str]]:
    try:
        return dict(json.loads(path.read_text(encoding="utf-8")))
    except FileNotFoundError:
        return {}
    except (ValueError, OSError) as error:
        raise LabelerError(f"{path} cannot be read: {error}. Move it away and enter the key again.") from None


def _pair(held: str) -> tuple[str, str]:
    key_id, key = json.loads(held)
    return key_id, key
