"""When a picture was taken, as its EXIF data says.

Read without a decoder and without reading the picture: a few places of the file, of limited length, whatever
it says of itself. A damaged file costs its time and nothing else. Exif 2.32 (CIPA DC-008), TIFF 6.0, the WebP
container specification, and ISO/IEC 14496-12 and 23008-12 for AVIF say where things are.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from contextlib import suppress
from datetime import UTC, datetime
from typing import BinaryIO

_DETAILS, _ORIGINAL, _OFFSET, _FRACTION = 0x8769, 0x9003, 0x9011, 0x9291
_MOST_ENTRIES = 512
_MOST_TEXT = 64
_MOST_PARTS = 256
"""Segments, chunks and boxes that are looked at."""
_MOST_META = 1 << 16
_FURTHEST = 1 << 40
"""No system is asked for a place beyond this."""
_ASCII = 2


class _Damaged(Exception):  # noqa: N818 - never leaves here
    """There is less than was said."""


class _File:
    """Bytes of a file by place, counted from `start`."""

    def __init__(self, file: BinaryIO, start: int = 0) -> None:
        self._file, self._start = file, start

    def at(self, place: int, count: int) -> bytes:
        if place + self._start > _FURTHEST:
            raise _Damaged
        self._file.seek(self._start + place)
        found = self._file.read(count)
        if len(found) < count:
            raise _Damaged
        return found

    def begin_at(self, place: int) -> _File:
        return _File(self._file, self._start + place)


def capture_time(file: BinaryIO, mime_type: str) -> datetime | None:
    """The time, aware; None where there is none. Without an offset there it is taken in this machine's time zone.

    Raises OSError if the file cannot be read.
    """
    find = _PLACES.get(mime_type)
    if find is None:
        return None
    with suppress(_Damaged, struct.error, ValueError, OverflowError, UnicodeDecodeError):
        begin = find(_File(file))
        if begin is not None:
            return _time(_texts(begin))
    return None


def _time(texts: dict[int, str]) -> datetime | None:
    time = datetime.strptime(texts.get(_ORIGINAL, ""), "%Y:%m:%d %H:%M:%S")
    with suppress(ValueError):
        time = time.replace(microsecond=int(f"0{texts.get(_FRACTION, '')}".ljust(7, "0")[1:7]))
    with suppress(ValueError):
        offset = datetime.strptime(texts.get(_OFFSET, ""), "%z").tzinfo
        return time.replace(tzinfo=offset).astimezone(UTC)
    try:
        return time.astimezone(UTC)
    except OSError:  # before the time that the system can count from
        return None


def _texts(exif: _File) -> dict[int, str]:
    """The texts of the Exif directory, by tag; `exif` begins at its TIFF header."""
    order = {b"II*\0": "<", b"MM\0*": ">"}.get(exif.at(0, 4))
    if order is None:
        raise _Damaged
    (first,) = struct.unpack(f"{order}I", exif.at(4, 4))
    details = next((value for tag, _, _, value in _entries(exif, order, first) if tag == _DETAILS), None)
    if details is None:
        return {}
    texts = {}
    for tag, kind, count, value in _entries(exif, order, struct.unpack(f"{order}I", details)[0]):
        if tag in (_ORIGINAL, _OFFSET, _FRACTION) and kind == _ASCII and count <= _MOST_TEXT:
            raw = value[:count] if count <= 4 else exif.at(struct.unpack(f"{order}I", value)[0], count)
            texts[tag] = raw.decode("ascii").strip("\0 ")
    return texts


def _entries(exif: _File, order: str, place: int) -> Iterator[tuple[int, int, int, bytes]]:
    """Tag, type, count and the four bytes of value or place, of one directory."""
    (count,) = struct.unpack(f"{order}H", exif.at(place, 2))
    count = min(count, _MOST_ENTRIES)
    rows = exif.at(place + 2, 12 * count)
    for row in range(0, 12 * count, 12):
        tag, kind, length = struct.unpack_from(f"{order}HHI", rows, row)
        yield tag, kind, length, rows[row + 8 : row + 12]


# Where the TIFF header of the EXIF data is.


def _in_jpeg(file: _File) -> _File | None:
    place = 2
    for _ in range(_MOST_PARTS):
        mark, kind, length = struct.unpack(">BBH", file.at(place, 4))
        if mark != 0xFF or kind == 0xDA:
            return None
        if kind == 0xE1 and length >= 8 and file.at(place + 4, 6) == b"Exif\0\0":
            return file.begin_at(place + 10)
        place += 2 + max(length, 2)
    return None


def _in_tiff(file: _File) -> _File | None:
    return file


def _in_webp(file: _File) -> _File | None:
    place = 12
    for _ in range(_MOST_PARTS):
        name, length = struct.unpack("<4sI", file.at(place, 8))
        if name == b"EXIF":
            # Some writers keep the name that the data has in a JPEG.
            return file.begin_at(place + 8 + (6 if file.at(place + 8, 6) == b"Exif\0\0" else 0))
        place += 8 + length + length % 2
    return None


def _in_avif(file: _File) -> _File | None:
    meta = next((body for name, body in _top_boxes(file) if name == b"meta"), b"")
    inside = dict(_boxes(meta[4:]))
    item = _exif_item(inside.get(b"iinf", b""))
    place = _place_of(inside.get(b"iloc", b""), item) if item is not None else None
    if place is None:
        return None
    # ISO/IEC 23008-12, A.2.1: how far from here the TIFF header is, then the data.
    (skipped,) = struct.unpack(">I", file.at(place, 4))
    return file.begin_at(place + 4 + skipped)


def _top_boxes(file: _File) -> Iterator[tuple[bytes, bytes]]:
    place = 0
    for _ in range(_MOST_PARTS):
        size, name = struct.unpack(">I4s", file.at(place, 8))
        if name == b"meta":
            yield name, file.at(place + 8, min(max(size - 8, 0), _MOST_META))
            return
        if size < 8:
            return
        place += size


def _boxes(body: bytes) -> Iterator[tuple[bytes, bytes]]:
    place = 0
    for _ in range(_MOST_PARTS):
        if place + 8 > len(body):
            return
        size, name = struct.unpack_from(">I4s", body, place)
        if size < 8:
            return
        yield name, body[place + 8 : place + size]
        place += size


def _exif_item(iinf: bytes) -> int | None:
    """The id of the item of kind Exif, of a box that lists items."""
    for name, entry in _boxes(iinf[6 if iinf[:1] == b"\0" else 8 :]):
        wide = "H" if entry[:1] <= b"\2" else "I"
        item, _, kind = struct.unpack_from(f">{wide}H4s", entry, 4)
        if name == b"infe" and kind == b"Exif":
            return int(item)
    return None


def _place_of(iloc: bytes, item: int) -> int | None:
    """Where the first piece of an item is in the file."""
    version = iloc[0] if iloc else 0
    widths = (iloc[4] >> 4, iloc[4] & 15, iloc[5] >> 4, iloc[5] & 15) if len(iloc) > 5 else (0, 0, 0, 0)
    wide = 2 if version < 2 else 4
    place = 6 + wide
    for _ in range(min(int.from_bytes(iloc[6:place], "big"), _MOST_PARTS)):
        found = int.from_bytes(iloc[place : place + wide], "big")
        place += wide + (2 if version else 0) + 2
        base = int.from_bytes(iloc[place : place + widths[2]], "big")
        place += widths[2]
        pieces = int.from_bytes(iloc[place : place + 2], "big")
        place += 2
        index = widths[3] if version else 0
        if found == item and pieces:
            return base + int.from_bytes(iloc[place + index : place + index + widths[0]], "big")
        place += pieces * (index + widths[0] + widths[1])
    return None


_PLACES = {"image/jpeg": _in_jpeg, "image/tiff": _in_tiff, "image/webp": _in_webp, "image/avif": _in_avif}
