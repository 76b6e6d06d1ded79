"""When a picture was taken, as Pillow writes it into every kind; damaged files cost no more than their time."""

from __future__ import annotations

import io
import random
import struct
from datetime import UTC, datetime
from pathlib import Path

import pytest
from PIL import Image as Pillow

from labeler.server.capture_time import capture_time

DETAILS = 0x8769
KINDS = {"JPEG": "image/jpeg", "WEBP": "image/webp", "AVIF": "image/avif", "TIFF": "image/tiff"}
TAKEN = datetime(2024, 5, 1, 8, 0, 0, 250_000, UTC)


def exif(time: str = "2024:05:01 10:00:00") -> bytes:
    entries = Pillow.Exif()
    entries[0x010F] = "A maker of cameras"
    entries[DETAILS] = {0x9003: time, 0x9011: "+02:00", 0x9291: "25"}
    return entries.tobytes()


def picture(kind: str, time: str = "2024:05:01 10:00:00") -> bytes:
    if kind == "TIFF":
        # The EXIF data of a JPEG is a TIFF.
        return exif(time)[6:]
    out = io.BytesIO()
    Pillow.new("RGB", (40, 30), "teal").save(out, kind, exif=exif(time))
    return out.getvalue()


@pytest.mark.parametrize("kind", KINDS)
def test_each_kind_tells_when_it_was_taken(kind: str) -> None:
    assert capture_time(io.BytesIO(picture(kind)), KINDS[kind]) == TAKEN


def test_both_byte_orders_are_read() -> None:
    big = Pillow.Exif()
    big.endian = ">"
    big[DETAILS] = {0x9003: "2024:05:01 10:00:00", 0x9011: "+02:00"}
    assert capture_time(io.BytesIO(big.tobytes()[6:]), "image/tiff") == TAKEN.replace(microsecond=0)


def test_other_data_before_the_time_is_passed_over() -> None:
    content = picture("JPEG")
    other = b"\xff\xe1" + struct.pack(">H", 5002) + b"http://ns.adobe.com/xap/1.0/\0".ljust(5000, b"x")
    assert capture_time(io.BytesIO(content[:2] + other + content[2:]), "image/jpeg") == TAKEN


@pytest.mark.parametrize("time", ["", "0000:00:00 00:00:00", "yesterday", "9999:99:99 99:99:99", "2024:05:01"])
def test_what_is_no_time_is_none(time: str) -> None:
    assert capture_time(io.BytesIO(picture("JPEG", time)), "image/jpeg") is None


def test_a_picture_without_a_time_has_none() -> None:
    out = io.BytesIO()
    Pillow.new("RGB", (40, 30)).save(out, "JPEG")
    assert capture_time(out, "image/jpeg") is None
    assert capture_time(out, "image/png") is None


class Counting(io.FileIO):
    """A file that counts what is read of it."""

    count = 0

    def read(self, size: int | None = -1) -> bytes:
        found = super().read(-1 if size is None else size)
        self.count += len(found)
        return found


@pytest.mark.parametrize("kind", KINDS)
def test_damaged_files_are_read_a_little_and_raise_nothing(kind: str, tmp_path: Path) -> None:
    chance = random.Random(kind)
    content = picture(kind)
    times = 0
    for number in range(500):
        changed = bytearray(content)
        for _ in range(1 + number % 8):
            place = chance.randrange(len(changed) - 8)
            if number % 3:
                changed[place] = chance.choice((0, 1, 0x7F, 0x80, 0xFF, chance.randrange(256)))
            else:
                changed[place : place + 8] = b"\xff" * chance.randrange(9)
        path = tmp_path / "changed"
        path.write_bytes(bytes(changed[: chance.randrange(len(changed))] if number % 5 == 0 else changed))
        with Counting(path) as file:
            found = capture_time(file, KINDS[kind])
            assert file.count < 200_000
        times += found == TAKEN
    assert 0 < times < 500
