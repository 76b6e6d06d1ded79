"""What is wrong with the log of a database (`-wal`) that nobody has open: SQLite itself drops all after an error.

The format is that of https://sqlite.org/walformat.html.
"""

from __future__ import annotations

import struct
from pathlib import Path

_HEADER, _FRAME = 32, 24
_MAGIC = (0x377F0682, 0x377F0683)
"""With sums over little-endian words, and over big-endian ones."""
_LARGEST_PAGE = 65_536
_Sums = tuple[int, int]


def log_damage(database: Path) -> str:
    """A sentence about what cannot be used of the log; empty where all of it can, or there is none."""
    try:
        log = database.with_name(database.name + "-wal").read_bytes()
    except FileNotFoundError:
        return ""
    if not log:
        return ""
    if len(log) < _HEADER:
        return "its beginning is missing"
    magic, _, page_size, _, salt_1, salt_2, sum_1, sum_2 = struct.unpack_from(">8I", log)
    if magic not in _MAGIC or not 512 <= page_size <= _LARGEST_PAGE:
        return "it does not begin as a log does"
    order = "<" if magic == _MAGIC[0] else ">"
    if _sums(log[:24], (0, 0), order) != (sum_1, sum_2):
        return "its beginning is not what was written"
    return _frames_damage(log, page_size, (salt_1, salt_2), (sum_1, sum_2), order)


def _frames_damage(log: bytes, page_size: int, salts: tuple[int, int], sums: _Sums, order: str) -> str:
    size = _FRAME + page_size
    whole, has_ended, is_committed = (len(log) - _HEADER) // size, False, True
    for number in range(whole):
        at = _HEADER + number * size
        _, pages, *rest = struct.unpack_from(">6I", log, at)
        same = (rest[0] == salts[0]) + (rest[1] == salts[1])
        if same == 1 or (same and has_ended):
            return f"change {number + 1} of {whole} in it is not what was written"
        if not same:
            # What follows is left of former runs of the log.
            has_ended = True
            continue
        sums = _sums(log[at : at + 8], sums, order)
        sums = _sums(log[at + _FRAME : at + size], sums, order)
        if sums != (rest[2], rest[3]):
            return f"change {number + 1} of {whole} in it is not what was written"
        is_committed = pages > 0
    if not is_committed:
        return "its last changes are not whole"
    return "" if has_ended or _HEADER + whole * size == len(log) else "its end is missing"


def _sums(data: bytes, before: _Sums, order: str) -> _Sums:
    first, second = before
    words = struct.unpack(f"{order}{len(data) // 4}I", data)
    for one, other in zip(words[::2], words[1::2], strict=True):
        first = (first + one + second) & 0xFFFFFFFF
        second = (second + other + first) & 0xFFFFFFFF
    return first, second
