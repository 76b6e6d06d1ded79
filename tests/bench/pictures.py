"""Photographs to measure with: real ones, resized, recompressed, each another."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from PIL import Image

SIZES = {"1080p": (1920, 1080), "12 MP": (4000, 3000), "100 MP": (12240, 8160), "small": (320, 240)}
QUALITY = 90
_PHOTOGRAPHS = ("astronaut", "chelsea", "coffee", "rocket", "cat")


def photographs(folder: Path, size: str, count: int) -> Path:
    """A folder with at least `count` different JPEG files of a size; those that are there are kept."""
    folder.mkdir(parents=True, exist_ok=True)
    missing = [number for number in range(count) if not (folder / name_of(number)).exists()]
    if missing:
        originals = _originals()
        for number in missing:
            picture = _mosaic(originals, SIZES[size], number)
            part = folder / f"{name_of(number)}.part"
            picture.save(part, "JPEG", quality=QUALITY)
            part.replace(folder / name_of(number))
    return folder


def name_of(number: int) -> str:
    return f"photo-{number:05}.jpg"


def _originals() -> list[Image.Image]:
    """Photographs that scikit-image brings along."""
    from skimage import data

    return [Image.fromarray(getattr(data, name)()).convert("RGB") for name in _PHOTOGRAPHS]


def _mosaic(originals: list[Image.Image], size: tuple[int, int], number: int) -> Image.Image:
    """Four photographs side by side, differently cut for each number, with the noise of a sensor."""
    chance = np.random.default_rng(number)
    width, height = size[0] // 2, size[1] // 2
    whole = Image.new("RGB", size)
    for place in range(4):
        original = originals[int(chance.integers(len(originals)))]
        share = chance.uniform(0.5, 1.0)
        wide, high = int(original.width * share), int(original.height * share)
        left, top = int(chance.integers(original.width - wide + 1)), int(chance.integers(original.height - high + 1))
        part = original.resize((width, height), Image.Resampling.BICUBIC, (left, top, left + wide, top + high))
        whole.paste(part, (place % 2 * width, place // 2 * height))
    pixels = np.asarray(whole, dtype=np.int16)
    noise = chance.integers(-2, 3, size=(*pixels.shape[:2], 1), dtype=np.int16)
    return Image.fromarray(np.clip(pixels + noise, 0, 255).astype(np.uint8))
