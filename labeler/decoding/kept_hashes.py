"""Hashes of pictures in a file, so that each is made once. All of it touches the disk."""

from __future__ import annotations

import logging
import struct
import zlib
from collections.abc import Iterable, Mapping
from pathlib import Path

from labeler.disk import make_folder, replacing

KEY_BYTES = HASH_BYTES = 16
_CHECK = struct.Struct("<I")
_ROW = KEY_BYTES + HASH_BYTES + _CHECK.size
MOST = 2_000_000
"""Rows after which the file begins anew: it is a cache."""

log = logging.getLogger(__name__)


class KeptHashes:
    """Hashes by keys of `KEY_BYTES` bytes. Used by one thread at a time; what the disk refuses is made again some day.

    A row is the key, the hash and their CRC-32, so that one that was cut short or has rotted is known and left out.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._held: dict[bytes, bytes] | None = None

    def of(self, keys: Iterable[bytes]) -> dict[bytes, bytes]:
        """Those that are here."""
        held = self._all()
        return {key: held[key] for key in keys if key in held}

    def add(self, found: Mapping[bytes, bytes]) -> None:
        held = self._all()
        held.update(found)
        try:
            make_folder(self._path.parent)
            with self._path.open("ab") as file:
                file.write(_rows(found))
        except OSError as error:
            log.warning("hashes of pictures are not kept in %s: %s", self._path, error)

    def _all(self) -> dict[bytes, bytes]:
        if self._held is None:
            self._held = self._read()
        return self._held

    def _read(self) -> dict[bytes, bytes]:
        try:
            content = self._path.read_bytes()
        except FileNotFoundError:
            return {}
        except OSError as error:
            log.warning("hashes of pictures cannot be read from %s: %s", self._path, error)
            return {}
        held = {}
        for start in range(0, len(content) - _ROW + 1, _ROW):
            row, check = content[start : start + _ROW - _CHECK.size], content[start + _ROW - _CHECK.size : start + _ROW]
            if _CHECK.pack(zlib.crc32(row)) == check:
                held[row[:KEY_BYTES]] = row[KEY_BYTES:]
        if len(held) > MOST:
            held.clear()
        if len(content) != len(held) * _ROW:
            self._write_anew(held)
        return held

    def _write_anew(self, held: Mapping[bytes, bytes]) -> None:
        """Without what is broken: a row that was cut short would put those after it out of step."""
        try:
            with replacing(self._path) as file:
                file.write(_rows(held))
        except OSError as error:
            log.warning("hashes of pictures are not kept in %s: %s", self._path, error)


def _rows(found: Mapping[bytes, bytes]) -> bytes:
    rows = (key + value for key, value in found.items())
    return b"".join(row + _CHECK.pack(zlib.crc32(row)) for row in rows)
