"""Which parts lie where on which frame, and what is known of them."""

from __future__ import annotations

import math
import os
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TypeVar

import numpy as np
from numpy.random import Generator, default_rng
from numpy.typing import NDArray
from PIL import Image as Pillow

from labeler.domain.box import Box
from labeler.samples.camera import (
    HEIGHT,
    NOISE_UNIT,
    RAIL,
    WIDTH,
    Lens,
    Light,
    Placed,
    add_part,
    add_rails,
    belt,
    develop,
)
from labeler.samples.shapes import KINDS, Plane

Taken = TypeVar("Taken")
SEED = 20240513
LINES = 3
FRAMES_OF_LINE = 20
START = datetime(2024, 5, 13, 6, 42, 10)
LEAST_SEEN = 0.4
"""A part cut off at the border has a box if at least this part of it is in the frame and not covered."""

_LIKELY = (
    (0.36, 0.34, 0.18, 0.06, 0.06),
    (0.10, 0.10, 0.30, 0.42, 0.08),
    (0.20, 0.14, 0.16, 0.14, 0.36),
)
"""For each line, how often each of KINDS lies on it."""


@dataclass(frozen=True, slots=True)
class Frame:
    """A picture as the camera took it, with its boxes in fractions; `taken` is the camera's local time."""

    file_name: str
    taken: datetime
    boxes: tuple[Box, ...]
    picture: Pillow.Image


def _light(line: int, frame: int, rng: Generator) -> Light:
    swing = math.sin(frame / FRAMES_OF_LINE * 2 * math.pi + line * 2)
    around = math.radians(-60 + 70 * line + rng.normal(0, 12))
    gain = 0.95 + 0.30 * swing + rng.normal(0, 0.06)
    if frame % 9 == 7:
        gain *= 0.42
    if frame % 11 == 5:
        gain *= 1.7
    warm = 0.05 * swing + rng.normal(0, 0.015)
    direction = (0.62 * math.cos(around), 0.62 * math.sin(around), 0.785)
    center = (WIDTH * (0.5 + 0.28 * math.cos(around)), HEIGHT * (0.5 + 0.3 * math.sin(around)))
    return Light(direction, gain, center, 0.42 + 0.12 * rng.random(), (1 + warm, 1.0, 1 - 1.2 * warm))


def _lens(frame: int, rng: Generator) -> Lens:
    blur = 3.2 if frame % 10 == 6 else 0.55 + 0.5 * rng.random()
    smear = 4 if frame % 8 == 3 else 0
    return Lens(blur, smear, 0.016 + 0.014 * rng.random() + (0.025 if frame % 9 == 7 else 0))


def _parts(line: int, frame: int, rng: Generator) -> list[Placed]:
    """Parts in the order they lie, lower ones first; some touch or cover others, some leave the frame."""
    if frame == 13:
        return []
    wanted, placed = int(rng.integers(3, 12)), list[Placed]()
    for _ in range(200):
        if len(placed) == wanted:
            break
        kind = KINDS[rng.choice(len(KINDS), p=_LIKELY[line])]
        size = float(rng.uniform(*kind.sizes))
        reach = size * kind.reach
        x, y = (
            float(rng.uniform(-0.3 * reach, WIDTH + 0.3 * reach)),
            float(rng.uniform(RAIL + reach, HEIGHT - RAIL - reach)),
        )
        near = 0.5 if rng.random() < 0.25 else 0.95
        if any(math.hypot(x - one.x, y - one.y) < near * (reach + one.size * one.kind.reach) for one in placed):
            continue
        color = kind.colors[int(rng.integers(len(kind.colors)))]
        placed.append(Placed(kind, x, y, size, float(rng.uniform(0, 2 * math.pi)), color))
    return placed


def _boxes(name: str, parts: list[Placed], places: list[tuple[NDArray[np.bool_], int]]) -> tuple[Box, ...]:
    boxes = []
    covered = np.zeros((HEIGHT, WIDTH), np.bool_)
    for number, (part, (place, area)) in reversed(list(enumerate(zip(parts, places, strict=True), start=1))):
        is_seen = (place & ~covered).sum() >= LEAST_SEEN * area
        covered |= place
        if not is_seen:
            continue
        columns, rows = np.flatnonzero(place.any(0)), np.flatnonzero(place.any(1))
        edges = (columns[0] / WIDTH, rows[0] / HEIGHT, (columns[-1] + 1) / WIDTH, (rows[-1] + 1) / HEIGHT)
        boxes.append(Box(f"{name}#{number}", part.kind.label, *(float(edge) for edge in edges)))
    return tuple(reversed(boxes))


def draw_frame(place: tuple[int, int], ground: Plane, noise: NDArray[np.int16]) -> Frame:
    """The frame of a line and number, both from 0, over the line's ground (`make_ground`)."""
    line, number = place
    rng = default_rng((SEED, line, number))
    name = f"line-{line + 1}/part-{number + 1:03d}.jpg"
    light = _light(line, number, rng)
    start = (number * 437) % (ground.shape[1] - WIDTH)
    frame = ground[:, start : start + WIDTH].copy()
    parts = _parts(line, number, rng)
    places = [add_part(frame, part, light, rng) for part in parts]
    add_rails(frame, default_rng((SEED, line)))
    shift = (int(rng.integers(HEIGHT)), int(rng.integers(WIDTH)))
    picture = develop(frame, light, _lens(number, rng), np.roll(noise, shift, (0, 1)))
    taken = START + timedelta(minutes=11 * line, seconds=4 * number + int(rng.integers(0, 3)))
    return Frame(name, taken, _boxes(name, parts, places), picture)


def make_noise() -> NDArray[np.int16]:
    """The sensor's noise in shape (HEIGHT, WIDTH, 3); frames take it shifted."""
    standard = default_rng(SEED).standard_normal((HEIGHT, WIDTH, 3), dtype=np.float32)
    return np.clip(standard * NOISE_UNIT, -127, 127).astype(np.int16)


def make_ground(line: int) -> Plane:
    """The empty belt of a line."""
    return belt(line, default_rng((SEED, 99, line)))


def take_frames(use: Callable[[Frame], Taken], of_line: int = FRAMES_OF_LINE) -> list[Taken]:
    """What `use` makes of the first `of_line` frames of each line, line by line in the order they were taken.

    They are the same at every call. Frames are drawn and used in a few threads at once.
    """
    noise = make_noise()
    with ThreadPoolExecutor(min(4, os.cpu_count() or 1), "samples") as workers:
        grounds = list(workers.map(make_ground, range(LINES)))
        places = [(line, number) for line in range(LINES) for number in range(of_line)]
        return list(workers.map(lambda place: use(draw_frame(place, grounds[place[0]], noise)), places))
