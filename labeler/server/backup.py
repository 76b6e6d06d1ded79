"""Copies of a data directory, made while it is in use, and data directories made of them.

The blobs that the catalog refers to are taken first, then the catalog, then the blobs put meanwhile: bytes
are deleted after the catalog forgets them and not within a day, so that none that the copy refers to is
missed. The copy gets its name when it is whole.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import secrets
import shutil
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from labeler import __version__
from labeler.domain.errors import LabelerError, Refused
from labeler.server.data_directory import LOCK_FILE, SERVICE_FILE
from labeler.server.files import RealFileSystem, is_blob_name
from labeler.server.services import BLOBS_FOLDER, CATALOG_FILE
from labeler.server.sqlite.upkeep import blobs_of, copy_database, counts_of, damage_of, referenced_files

MANIFEST = "backup.json"
FORMAT = 1
_CHUNK = 1 << 20
_SYSTEM = RealFileSystem()


@dataclass(frozen=True, slots=True)
class Copied:
    """What went into a backup or came out of one. `problems` are sentences about what could not."""

    images: int
    blobs: int
    size_bytes: int
    elsewhere: int
    """Images that are read from files of the user, which are not copied."""
    problems: tuple[str, ...]


def back_up(directory: Path, out: Path, link: bool = True) -> Copied:
    """Copy the data directory to `out`, a new or empty folder. With `link`, blobs on the same disk are hard links.

    Raises Refused if a database is damaged or `out` is in use, LabelerError if there is nothing to copy.
    """
    if not (directory / CATALOG_FILE).is_file():
        raise LabelerError(f"{directory} is no data directory of the labeler; name one with --data.")
    with _whole(out) as draft:
        blobs = _Blobs(directory / BLOBS_FOLDER, draft / BLOBS_FOLDER, link)
        blobs.take(blobs_of(directory / CATALOG_FILE))
        databases = {path.name: _copy_database(path, draft / path.name) for path in sorted(directory.glob("*.db"))}
        wanted = blobs_of(draft / CATALOG_FILE)
        blobs.take(wanted)
        blobs.settle(wanted)
        files = {
            path.name: _copy(path, draft / path.name)
            for path in sorted(directory.iterdir())
            if path.is_file() and not _is_passing(path.name)
        }
        manifest = {
            "format": FORMAT,
            "version": __version__,
            "made": datetime.now(UTC).isoformat(timespec="seconds"),
            "databases": databases,
            "files": files,
            "blobs": len(blobs.taken),
        }
        _write(draft / MANIFEST, json.dumps(manifest, indent=1).encode())
        images = counts_of(draft / CATALOG_FILE)["image"]
        elsewhere = referenced_files(draft / CATALOG_FILE)
    return Copied(images, len(blobs.taken), blobs.size_bytes, elsewhere, tuple(blobs.problems))


def restore(backup: Path, directory: Path) -> Copied:
    """Make a data directory, new or empty, of a backup, checking every byte of it.

    Raises Refused if the backup is not whole, and if one of its databases or secrets is not as it was.
    Blobs that are gone or damaged are named in the result; the rest is restored.
    """
    manifest = _manifest(backup)
    with _whole(directory) as draft:
        for name, digest in (manifest["files"] | {k: v["sha256"] for k, v in manifest["databases"].items()}).items():
            if not (backup / name).is_file() or _copy(backup / name, draft / name) != digest:
                raise Refused(f"{backup / name} is not as it was when the backup was made; use another backup.")
        for name, described in manifest["databases"].items():
            damage = damage_of(draft / name)
            if damage or dict(counts_of(draft / name)) != described["rows"]:
                why = damage[0] if damage else "other numbers of rows"
                raise Refused(f"{backup / name} is damaged ({why}); use another backup.")
        blobs = _Blobs(backup / BLOBS_FOLDER, draft / BLOBS_FOLDER, link=False)
        wanted = blobs_of(draft / CATALOG_FILE)
        blobs.take(wanted)
        blobs.settle(wanted)
        elsewhere = referenced_files(draft / CATALOG_FILE)
    rows = manifest["databases"][CATALOG_FILE]["rows"]
    return Copied(rows["image"], len(blobs.taken), blobs.size_bytes, elsewhere, tuple(blobs.problems))


class _Blobs:
    """Blobs on their way from one folder to another, each read through and compared with its name."""

    def __init__(self, source: Path, target: Path, link: bool) -> None:
        self._source, self._target, self._link = source, target, link
        self._damaged: set[str] = set()
        self.taken: set[str] = set()
        self.size_bytes = 0
        self.problems: list[str] = []
        target.mkdir(mode=0o700)

    def take(self, digests: frozenset[str]) -> None:
        """Take those that are there and not taken yet."""
        folders = set()
        for digest in sorted(digests - self.taken):
            path, copy = (folder / digest[:2] / digest for folder in (self._source, self._target))
            if not is_blob_name(digest) or not path.is_file():
                continue
            copy.parent.mkdir(mode=0o700, exist_ok=True)
            folders.add(copy.parent)
            try:
                found = self._bring(path, copy)
            except FileNotFoundError:
                continue
            if found != digest:
                copy.unlink()
                self._damaged.add(digest)
                continue
            self.taken.add(digest)
            self.size_bytes += copy.stat().st_size
        for folder in (*folders, self._target):
            _SYSTEM.sync_folder(folder)

    def _bring(self, path: Path, copy: Path) -> str:
        if self._link:
            try:
                os.link(path, copy)
                return _digest(copy)
            except FileNotFoundError:
                raise
            except OSError:
                self._link = False
        return _copy(path, copy)

    def settle(self, wanted: frozenset[str]) -> None:
        """Note what of these is not there, and leave out what was taken beyond them."""
        for digest in sorted(self.taken - wanted):
            path = self._target / digest[:2] / digest
            self.size_bytes -= path.stat().st_size
            path.unlink()
            self.taken.remove(digest)
        for digest in sorted(wanted - self.taken):
            what = "is damaged" if digest in self._damaged else "is gone"
            self.problems.append(f"Blob {digest} {what}: the images that have it cannot be shown.")


def _copy_database(source: Path, target: Path) -> Mapping[str, Any]:
    """Copy a database; returns what the manifest says of it."""
    copy_database(source, target)
    target.chmod(0o600)
    with target.open("rb+") as file:
        _SYSTEM.sync_file(file)
    return {"rows": dict(counts_of(target)), "sha256": _digest(target)}


def _is_passing(name: str) -> bool:
    """Whether the file belongs to a run of the service, or is copied as a database."""
    return (
        name in (LOCK_FILE, SERVICE_FILE, MANIFEST)
        or name.startswith(".")
        or name.endswith((".db", "-wal", "-shm", "-journal"))
    )


def _manifest(backup: Path) -> Mapping[str, Any]:
    try:
        manifest = json.loads((backup / MANIFEST).read_bytes())
        version, names = manifest["format"], [*manifest["databases"], *manifest["files"]]
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise Refused(f"{backup} is no whole backup of the labeler: it has no readable {MANIFEST}.") from error
    if version != FORMAT:
        raise Refused(f"{backup} was made by a newer version of the labeler; restore it with that version.")
    if CATALOG_FILE not in names or any(Path(name).name != name or name.startswith(".") for name in names):
        raise Refused(f"{backup / MANIFEST} is not what a backup of the labeler has.")
    found: Mapping[str, Any] = manifest
    return found


@contextlib.contextmanager
def _whole(target: Path) -> Iterator[Path]:
    """A folder beside `target` that takes its place when the block ends, and goes if it fails."""
    target = target.absolute()
    if target.exists() and not (target.is_dir() and not any(target.iterdir())):
        raise Refused(f"{target} is not empty; choose a new or empty folder.")
    draft = target.with_name(f".{target.name}.{secrets.token_hex(8)}")
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        draft.mkdir(mode=0o700)
        yield draft
        _SYSTEM.sync_folder(draft)
        if target.exists():
            target.rmdir()
        draft.rename(target)
        _SYSTEM.sync_folder(target.parent)
    except OSError as error:
        raise LabelerError(f"{target} could not be written: {error.strerror or error}.") from error
    finally:
        shutil.rmtree(draft, ignore_errors=True)


def _copy(source: Path, target: Path) -> str:
    """Copy a file, private and durable; returns the digest of what was read."""
    digest = hashlib.sha256()
    handle = os.open(target, os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_BINARY", 0), 0o600)
    with os.fdopen(handle, "wb") as file, source.open("rb") as original:
        while chunk := original.read(_CHUNK):
            digest.update(chunk)
            file.write(chunk)
        _SYSTEM.sync_file(file)
    return digest.hexdigest()


def _write(path: Path, content: bytes) -> None:
    with path.open("xb") as file:
        file.write(content)
        _SYSTEM.sync_file(file)


def _digest(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
