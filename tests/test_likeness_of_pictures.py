"""Copies of a picture look alike to the hash, other scenes do not; each hash is made once and kept."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from io import BytesIO
from itertools import combinations
from pathlib import Path

import pytest
import skimage
from PIL import Image as Pillow
from PIL import ImageEnhance

from labeler.decoding.kept_hashes import KeptHashes
from labeler.decoding.likeness import picture_hash
from labeler.decoding.workers import WORKERS, Workers
from labeler.domain.errors import Unreachable
from labeler.domain.image import Image
from labeler.hashing import AT_ONCE, PictureHashes
from labeler.state.duplicates import DEFAULT_BITS
from tests.memory_source import MemorySource

PHOTOGRAPHS = Path(skimage.__file__).parent / "data"
SCENES = ("astronaut.png", "camera.png", "chelsea.png", "coffee.png", "coins.png", "hubble_deep_field.jpg",
          "motorcycle_left.png", "page.png", "rocket.jpg")  # fmt: skip
COPIES: dict[str, Callable[[Pillow.Image], Pillow.Image]] = {
    "as it is": lambda picture: picture,
    "half the size": lambda picture: picture.resize((picture.width // 2, picture.height // 2)),
    "twice the size": lambda picture: picture.resize((picture.width * 2, picture.height * 2)),
    "brighter": lambda picture: ImageEnhance.Brightness(picture).enhance(1.25),
    "darker": lambda picture: ImageEnhance.Brightness(picture).enhance(0.75),
    "less contrast": lambda picture: ImageEnhance.Contrast(picture).enhance(0.8),
    "grey": lambda picture: picture.convert("L").convert("RGB"),
}


def encoded(picture: Pillow.Image, kind: str = "JPEG", **options: object) -> bytes:
    out = BytesIO()
    picture.save(out, kind, **options)
    return out.getvalue()


def photograph(name: str) -> Pillow.Image:
    return Pillow.open(PHOTOGRAPHS / name).convert("RGB")


def apart(one: bytes, other: bytes) -> int:
    return (int.from_bytes(one) ^ int.from_bytes(other)).bit_count()


@pytest.mark.parametrize("how", COPIES)
@pytest.mark.parametrize("quality", [90, 40])
def test_copies_look_alike(how: str, quality: int) -> None:
    differences = {}
    for name in SCENES:
        original = picture_hash((PHOTOGRAPHS / name).read_bytes())
        copy = picture_hash(encoded(COPIES[how](photograph(name)), quality=quality))
        differences[name] = apart(original, copy)
    assert max(differences.values()) <= DEFAULT_BITS, differences


def test_other_scenes_do_not() -> None:
    hashes = {name: picture_hash((PHOTOGRAPHS / name).read_bytes()) for name in SCENES}
    assert min(apart(hashes[one], hashes[other]) for one, other in combinations(SCENES, 2)) > 2 * DEFAULT_BITS


def test_a_picture_that_is_turned_by_its_exif_data_looks_as_it_is_shown() -> None:
    picture, exif = photograph("rocket.jpg"), Pillow.Exif()
    exif[0x0112] = 6
    turned = encoded(picture.transpose(Pillow.Transpose.ROTATE_90), exif=exif)
    assert apart(picture_hash(turned), picture_hash(encoded(picture))) <= DEFAULT_BITS


@pytest.fixture(scope="module")
def workers() -> Iterator[Workers]:
    made = Workers()
    for each in made.start(WORKERS):
        each.result()
    yield made
    made.close()


class Counting(MemorySource):
    """Pictures of three images, one of which is none."""

    def __init__(self) -> None:
        images = [Image(name, name, size_bytes=size) for name, size in (("a", 1), ("b", 2), ("broken", 3))]
        super().__init__(images, {"a": encoded(photograph("rocket.jpg")), "b": encoded(photograph("coins.png")),
                                  "broken": b"no picture"})  # fmt: skip


async def test_each_is_made_once_for_as_long_as_its_bytes_stay(workers: Workers, tmp_path: Path) -> None:
    source, told = Counting(), list[int]()
    hashes = PictureHashes(source, workers, tmp_path / "hashes")
    first = await hashes.of(source.list, lambda: told.append(1))
    assert first == {one: picture_hash(source.contents[one]) for one in ("a", "b")}
    assert len(told) == 3
    source.asked_bytes.clear()
    again = PictureHashes(source, workers, tmp_path / "hashes")
    assert await again.of(source.list[:2], lambda: told.append(1)) == first
    assert not source.asked_bytes
    assert len(told) == 5
    await again.of([Image("a", "a", size_bytes=99)], lambda: None)
    assert source.asked_bytes == ["a"]


async def test_what_was_made_before_a_failure_is_kept(workers: Workers, tmp_path: Path) -> None:
    source = Counting()
    images = [*source.list[:2], *(Image(f"far-{number}", size_bytes=4) for number in range(AT_ONCE * 3))]
    source.broken = {image.id: Unreachable("The service cannot be reached.") for image in images[2:]}
    hashes = PictureHashes(source, workers, tmp_path / "hashes")
    with pytest.raises(Unreachable):
        await hashes.of(images[:2] + images[2:], lambda: None)
    first = await hashes.of(images[:1], lambda: None)
    assert first
    assert source.asked_bytes.count("a") <= 2


def test_hashes_that_were_cut_short_or_have_rotted_are_left_out_and_others_follow_them(tmp_path: Path) -> None:
    path, rows = tmp_path / "hashes", {bytes([n] * 16): bytes([255 - n] * 16) for n in range(5)}
    KeptHashes(path).add(rows)
    whole = path.read_bytes()
    rotted = bytearray(whole)
    rotted[50] ^= 1
    path.write_bytes(bytes(rotted[:-7]))
    kept = KeptHashes(path)
    left = {key: value for key, value in rows.items() if key[0] not in (1, 4)}
    assert kept.of(rows) == left
    kept.add({b"k" * 16: b"v" * 16})
    assert KeptHashes(path).of([*rows, b"k" * 16]) == left | {b"k" * 16: b"v" * 16}
