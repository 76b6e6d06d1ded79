"""`labeler doctor`: reads all of a data directory, says what is wrong with it, and repairs what can be repaired."""

from __future__ import annotations

import asyncio
import contextlib
import hashlib
import os
import re
import shutil
import stat
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import apsw

from labeler.domain.errors import LabelerError
from labeler.seal import is_broken
from labeler.server.accounts import PEPPER_FILE
from labeler.server.data_directory import SERVICE_FILE, DirectoryInUse, locked
from labeler.server.files import FileBlobs, is_blob_name
from labeler.server.services import BLOBS_FOLDER, CATALOG_FILE
from labeler.server.sqlite.log_check import log_damage
from labeler.server.sqlite.upkeep import blobs_of, counts_of, damage_of, files_with, images_of_blob, rebuild_indices
from labeler.server.tls import KEY_FILE

DAMAGED_FOLDER = "damaged"
_SECRETS = (PEPPER_FILE, KEY_FILE, SERVICE_FILE, "keys.json")
_DRAFT = re.compile(r"\..+\.[0-9a-f]{16}(\.part)?")
_CHUNK = 1 << 20


@dataclass(frozen=True, slots=True)
class Finding:
    """Something wrong: a sentence, and what was done about it, "" for nothing that mends it."""

    problem: str
    done: str = ""


@dataclass(slots=True)
class Report:
    """What was looked at and found."""

    databases: int = 0
    blobs: int = 0
    size_bytes: int = 0
    findings: list[Finding] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)

    @property
    def left(self) -> int:
        """How many problems are left."""
        return sum(not one.done for one in self.findings)


def examine(directory: Path, repair: bool) -> Report:
    """Read everything; with `repair`, mend what can be mended, which wants the directory for itself.

    Raises LabelerError if there is no data directory, DirectoryInUse to repair one that is open elsewhere.
    """
    if not (directory / CATALOG_FILE).is_file():
        raise LabelerError(f"{directory} is no data directory of the labeler; name one with --data.")
    with contextlib.ExitStack() as stack:
        alone = True
        try:
            stack.enter_context(locked(directory))
        except DirectoryInUse:
            if repair:
                raise DirectoryInUse(
                    f"{directory} is open: close the window or stop the service, then repair."
                ) from None
            alone = False
        examination = _Examination(directory, repair, alone)
        examination.secrets()
        if examination.databases():
            examination.blobs()
            if alone:
                examination.unused_blobs()
        if alone:
            examination.leftovers()
        else:
            examination.report.notes.append("The directory is open: files that nothing needs were not looked for.")
        return examination.report


class _Examination:
    """One look at a directory; each method adds to the report."""

    def __init__(self, directory: Path, repair: bool, alone: bool) -> None:
        self._directory, self._repair, self._alone = directory, repair, alone
        self._catalog = directory / CATALOG_FILE
        self._blobs = directory / BLOBS_FOLDER
        self._wanted: frozenset[str] = frozenset()
        self.report = Report()

    def _found(self, problem: str, done: str = "") -> None:
        self.report.findings.append(Finding(problem, done if self._repair else ""))

    def secrets(self) -> None:
        """Files that only this user may read."""
        if os.name != "posix":
            return
        for name in _SECRETS:
            path = self._directory / name
            if path.exists() and (mode := stat.S_IMODE(path.stat().st_mode)) & 0o077:
                if self._repair:
                    path.chmod(0o600)
                self._found(f"{path} is a secret that others can read (mode {mode:o}).", "Now only you can.")

    def databases(self) -> bool:
        """Logs, bytes, structure, indices and references of each; tells whether the catalog can be read."""
        readable = True
        for path in sorted(self._directory.glob("*.db")):
            if self._alone and (why := log_damage(path)) and not self._log_is_settled(path, why):
                readable = readable and path != self._catalog
                continue
            is_other = self._alone and is_broken(path)
            try:
                damage = damage_of(path) or self._empty(path)
            except apsw.BusyError:
                self.report.notes.append(f"{path} is open in a window and was not read.")
                continue
            self.report.databases += 1
            if is_other and not damage:
                self._found(f"{path} is not what it was when it was closed: a value in it may be another one.")
                self._advise(path)
            if not damage:
                continue
            if self._repair and not is_other:
                rebuild_indices(path)
            left = damage_of(path) or self._empty(path) if self._repair else damage
            self._found(
                f"{path} is damaged: {damage[0]}", "" if left else "Its indices were made anew; all rows are there."
            )
            if left:
                self._advise(path)
                readable = readable and path != self._catalog
        return readable

    def _advise(self, path: Path) -> None:
        self.report.notes.append(f"Keep a copy of {path.name}, then bring a backup back with `labeler restore`.")

    def _empty(self, path: Path) -> tuple[str, ...]:
        """What is wrong with a catalog that is a sound database without images' tables."""
        return () if path != self._catalog or "image" in counts_of(path) else ("it is empty",)

    def _log_is_settled(self, path: Path, why: str) -> bool:
        """Tell that a log cannot be used to its end; whether the database may be opened, which drops the rest."""
        if self._repair:
            aside = self._directory / DAMAGED_FOLDER
            aside.mkdir(mode=0o700, exist_ok=True)
            for name in (path.name, f"{path.name}-wal"):
                shutil.copyfile(path.with_name(name), aside / name)
                (aside / name).chmod(0o600)
        self._found(
            f"The log of {path} cannot be used to its end: {why}. It was being written when the program or the "
            "power ended, or is damaged.",
            f"What is before that was kept; both files as they were are in {self._directory / DAMAGED_FOLDER}.",
        )
        return self._repair

    def blobs(self) -> None:
        """Every blob that an image has: whether it is there, and what it was when it came."""
        self._wanted = blobs_of(self._catalog)
        for digest in sorted(self._wanted):
            path = self._path(digest)
            if not path.is_file():
                self._lost(digest, "is gone")
                continue
            self.report.blobs += 1
            self.report.size_bytes += path.stat().st_size
            if _digest(path) != digest:
                if self._repair:
                    aside = self._directory / DAMAGED_FOLDER
                    aside.mkdir(mode=0o700, exist_ok=True)
                    path.replace(aside / digest)
                    self.report.notes.append(f"The damaged file is now {aside / digest}.")
                self._lost(digest, "is damaged")

    def _lost(self, digest: str, what: str) -> None:
        names = images_of_blob(self._catalog, digest)
        # File names are anybody's text.
        shown = ", ".join(ascii(name) for name in names[:3]) + (f" and {len(names) - 3} more" if len(names) > 3 else "")
        source = self._brought_back(digest) if self._repair else None
        self._found(
            f"The image file {digest} {what}; it is that of {shown}.", f"Copied again from {source}." if source else ""
        )
        if source is None:
            self.report.notes.append(f"Bring {digest[:12]}... back with a backup, or add the image again.")

    def _brought_back(self, digest: str) -> Path | None:
        """Put the blob again from a file of the user that still has its content; returns which."""
        for path in files_with(self._catalog, digest):
            try:
                if _digest(path) == digest and asyncio.run(_put(self._blobs, path)) == digest:
                    return path
            except OSError:
                continue
        return None

    def unused_blobs(self) -> None:
        """Blobs of uploads that did not come to their end, or of images that were purged at once."""
        unused = [path for path in _all_blobs(self._blobs) if path.name not in self._wanted]
        if unused:
            size = sum(path.stat().st_size for path in unused) / 1e6
            self._remove(unused, f"{len(unused):,} image files that no image has ({size:,.1f} MB).")

    def leftovers(self) -> None:
        """Files that were being written when a program or the machine stopped."""
        parts = sorted(self._blobs.glob("*.part")) if self._blobs.is_dir() else []
        parts += sorted(path for path in self._directory.iterdir() if path.is_file() and _DRAFT.fullmatch(path.name))
        if parts:
            self._remove(parts, f"{len(parts):,} temporary files that were never finished.")

    def _remove(self, paths: list[Path], problem: str) -> None:
        for path in paths if self._repair else ():
            path.unlink(missing_ok=True)
        self._found(problem, "Removed.")

    def _path(self, digest: str) -> Path:
        return self._blobs / digest[:2] / digest


def _all_blobs(folder: Path) -> Iterator[Path]:
    for inner in sorted(folder.iterdir()) if folder.is_dir() else ():
        if inner.is_dir():
            yield from (path for path in sorted(inner.iterdir()) if is_blob_name(path.name))


def _digest(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


async def _put(folder: Path, path: Path) -> str:
    return (await FileBlobs(folder).put(_chunks(path))).digest


async def _chunks(path: Path) -> AsyncIterator[bytes]:
    with path.open("rb") as file:
        while chunk := file.read(_CHUNK):
            yield chunk
