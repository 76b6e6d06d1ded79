"""Whether a file that was closed is still what it was: its digest, written beside it when it is closed.

SQLite keeps no checksums of its pages, so that a bit that changes in a label or a coordinate is nothing to its own
checks.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
from pathlib import Path

from labeler.disk import replacing


def seal(path: Path) -> None:
    """Note what a database that nobody has open is. Not where somebody else has it open, or the disk takes no more."""
    with contextlib.suppress(OSError):
        if _log_of(path).exists() or not path.exists():
            return
        described = {"size": path.stat().st_size, "changed_ns": path.stat().st_mtime_ns, "sha256": _digest(path)}
        with replacing(_seal_of(path), private=True) as file:
            file.write(json.dumps(described).encode())


def unseal(path: Path) -> None:
    """Forget what the database was; it is about to be changed."""
    with contextlib.suppress(OSError):
        _seal_of(path).unlink(missing_ok=True)


def is_broken(path: Path) -> bool:
    """Whether the database has other bytes than when it was closed, though nobody has written to it since."""
    try:
        described = json.loads(_seal_of(path).read_bytes())
        size, changed, digest = int(described["size"]), int(described["changed_ns"]), str(described["sha256"])
    except (OSError, ValueError, KeyError, TypeError):
        return False
    if path.stat().st_mtime_ns != changed or (_log_of(path).exists() and _log_of(path).stat().st_size):
        return False
    return path.stat().st_size != size or _digest(path) != digest


def _seal_of(path: Path) -> Path:
    return path.with_name(f".{path.name}.seal")


def _log_of(path: Path) -> Path:
    return path.with_name(path.name + "-wal")


def _digest(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
