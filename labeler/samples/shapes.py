"""Machine parts as signed distances and heights, from which a camera's view is shaded.

Lengths are pixels. Coordinates u and v have their origin in the middle of the part, before rotation.
A distance is negative inside. Heights are how far the surface rises above the part's top plane.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

Plane = NDArray[np.floating[Any]]


@dataclass(frozen=True, slots=True)
class Surface:
    """What a part is like at each pixel of its patch.

    `grain` is a coordinate whose lines of equal value are the lines that the tool left.
    """

    distance: Plane
    height: Plane
    grain: Plane


def _box(u: Plane, v: Plane, half_u: float, half_v: float, rounding: float) -> Plane:
    off_u, off_v = np.abs(u) - half_u + rounding, np.abs(v) - half_v + rounding
    outside = np.hypot(np.maximum(off_u, 0), np.maximum(off_v, 0))
    return outside + np.minimum(np.maximum(off_u, off_v), 0) - rounding


def _bevel(distance: Plane, width: float) -> Plane:
    """A rounded edge of the width, flat within."""
    depth = np.clip(-distance / width, 0, 1)
    rounded: Plane = width * np.sqrt(1 - (1 - depth) ** 2)
    return rounded


def washer(u: Plane, v: Plane, size: float) -> Surface:
    radius = np.hypot(u, v)
    distance = np.maximum(radius - size, 0.5 * size - radius)
    return Surface(distance, _bevel(distance, 0.07 * size), radius)


def nut(u: Plane, v: Plane, size: float) -> Surface:
    radius = np.hypot(u, v)
    flats = np.maximum(np.abs(u), np.abs(u) * 0.5 + np.abs(v) * np.sqrt(0.75)) - 0.88 * size
    hole = 0.5 * size - radius
    distance = np.maximum(flats, hole)
    chamfer = -0.55 * np.maximum(radius - 0.8 * size, 0)
    thread = -0.8 * np.clip((0.62 * size - radius) / (0.12 * size), 0, 1) * 0.12 * size
    return Surface(distance, _bevel(distance, 0.05 * size) + chamfer + thread, radius)


def gear(u: Plane, v: Plane, size: float) -> Surface:
    radius, angle = np.hypot(u, v), np.arctan2(v, u)
    teeth = round(14 + size / 12)
    outline = size * (0.9 + 0.09 * np.tanh(3.2 * np.cos(teeth * angle)))
    bore = 0.2 * size - radius
    spoke = np.mod(angle, 2 * np.pi / 5) - np.pi / 5
    lightening = 0.115 * size - np.hypot(radius * np.cos(spoke) - 0.56 * size, radius * np.sin(spoke))
    keyway = -_box(u - 0.2 * size, v, 0.09 * size, 0.06 * size, 1)
    distance = np.maximum(np.maximum((radius - outline) * 0.8, bore), np.maximum(lightening, keyway))
    hub = 0.07 * size * np.clip((0.38 * size - radius) / (0.04 * size), 0, 1)
    rim = 0.05 * size * np.clip((radius - 0.74 * size) / (0.04 * size), 0, 1)
    return Surface(distance, _bevel(distance, 0.045 * size) + hub + rim, radius)


def bolt(u: Plane, v: Plane, size: float) -> Surface:
    """Lying on its side: a hexagon head to the left, a shaft with a thread to the right."""
    head = _box(u + 0.8 * size, v, 0.2 * size, 0.42 * size, 0.06 * size)
    shaft_half = 0.2 * size
    shaft = _box(u - 0.2 * size, v, 0.82 * size, shaft_half, 0.07 * size)
    distance = np.minimum(head, shaft)
    round_shaft = np.sqrt(np.maximum(shaft_half**2 - np.minimum(np.abs(v), shaft_half) ** 2, 0))
    pitch = max(0.075 * size, 4.5)
    on_thread = np.clip((u + 0.05 * size) / 3, 0, 1)
    thread = on_thread * 0.24 * pitch * np.sin(2 * np.pi * (u + 0.16 * v) / pitch)
    facets = 0.34 * size - 0.6 * np.maximum(np.abs(v) - 0.21 * size, 0)
    facets = facets - 0.5 * np.maximum(np.abs(u + 0.8 * size) - 0.15 * size, 0)
    height = np.where(head < 0, facets, round_shaft + thread)
    return Surface(distance, height.astype(np.float32), np.where(head < 0, u, v).astype(np.float32))


def bracket(u: Plane, v: Plane, size: float) -> Surface:
    """A flat angle: two arms with rounded corners, two round holes and a slot."""
    upright = _box(u + 0.5 * size, v, 0.3 * size, 0.8 * size, 0.1 * size)
    foot = _box(u, v - 0.5 * size, 0.8 * size, 0.3 * size, 0.1 * size)
    hole = 0.13 * size - np.hypot(u + 0.5 * size, v + 0.5 * size)
    corner_hole = 0.13 * size - np.hypot(u + 0.5 * size, v - 0.5 * size)
    slot = -_box(u - 0.4 * size, v - 0.5 * size, 0.2 * size, 0.1 * size, 0.1 * size)
    body = np.minimum(upright, foot)
    distance = np.maximum(np.maximum(body, hole), np.maximum(slot, corner_hole))
    step = 0.02 * size * np.clip((np.abs(v - 0.12 * size) - 0.03 * size) / (0.04 * size), 0, 1)
    return Surface(distance, _bevel(distance, 0.045 * size) + step, u)


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of part: its outline, its reach (half its longest side, in sizes) and how it looks.

    `sizes` is the range of its size in pixels; `colors` are linear red, green, blue of its finishes.
    """

    label: str
    shape: Callable[[Plane, Plane, float], Surface]
    reach: float
    sizes: tuple[int, int]
    colors: tuple[tuple[float, float, float], ...]
    gloss: float


KINDS = (
    Kind("bolt", bolt, 1.15, (62, 96), ((0.42, 0.42, 0.43), (0.13, 0.13, 0.14), (0.50, 0.46, 0.36)), 0.75),
    Kind("nut", nut, 1.05, (34, 52), ((0.60, 0.45, 0.20), (0.47, 0.47, 0.48), (0.15, 0.15, 0.16)), 0.7),
    Kind("washer", washer, 1.05, (30, 48), ((0.56, 0.57, 0.58), (0.40, 0.40, 0.39)), 0.9),
    Kind("gear", gear, 1.05, (66, 112), ((0.30, 0.30, 0.31), (0.20, 0.20, 0.20), (0.55, 0.53, 0.46)), 0.6),
    Kind("bracket", bracket, 1.2, (70, 104), ((0.50, 0.51, 0.52), (0.08, 0.08, 0.085), (0.55, 0.20, 0.05)), 0.35),
)
