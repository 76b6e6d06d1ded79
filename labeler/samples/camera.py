"""What a camera above a conveyor sees: belt, parts, light, lens and sensor."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray
from PIL import Image as Pillow
from PIL import ImageFilter

from labeler.samples.shapes import Kind, Plane

WIDTH, HEIGHT = 1280, 720
RAIL = 46
"""Pixels of the frame's upper and lower edge that show the conveyor's guide rails."""


@dataclass(frozen=True, slots=True)
class Placed:
    """A part on the belt: middle and size in pixels, turn in radians."""

    kind: Kind
    x: float
    y: float
    size: float
    turn: float
    color: tuple[float, float, float]


@dataclass(frozen=True, slots=True)
class Light:
    """A lamp: direction it comes from, brightness, where on the frame it is brightest, its colour."""

    direction: tuple[float, float, float]
    gain: float
    center: tuple[float, float]
    reach: float
    tint: tuple[float, float, float]


def _filtered(plane: Plane, radius: float | tuple[float, float]) -> Plane:
    low, high = float(np.min(plane)), float(np.max(plane))
    span = max(high - low, 1e-6)
    picture = Pillow.fromarray(((plane - low) * (255 / span)).astype(np.uint8))
    return np.asarray(picture.filter(ImageFilter.GaussianBlur(radius)), np.float32) * (span / 255) + low


def belt(style: int, rng: Generator) -> Plane:
    """A belt of one line, three times as long as the frame, linear RGB in shape (HEIGHT, 3 * WIDTH, 3)."""
    length = 3 * WIDTH
    x, y = np.arange(length, dtype=np.float32)[None, :], np.arange(HEIGHT, dtype=np.float32)[:, None]
    noise = rng.standard_normal((HEIGHT, length), dtype=np.float32)
    grain = _filtered(noise, 0.8)
    clouds = _filtered(_filtered(rng.standard_normal((HEIGHT // 8, length // 8), dtype=np.float32), 5), 2)
    clouds = np.asarray(Pillow.fromarray(clouds).resize((length, HEIGHT), Pillow.Resampling.BICUBIC), np.float32)
    clouds = clouds / float(np.abs(clouds).max())
    streaks = _filtered(rng.standard_normal((HEIGHT, length), dtype=np.float32), (60, 0.7))
    streaks = streaks / float(streaks.std())
    shade = 1 + 0.10 * grain / float(grain.std()) * 0.6 + 0.16 * clouds + 0.035 * streaks
    if style == 0:
        weave = np.sin(2 * np.pi * x / 5.3) * np.sin(2 * np.pi * y / 5.3)
        shade, color = shade + 0.09 * weave, (0.030, 0.075, 0.052)
    elif style == 1:
        ribs = np.maximum(np.sin(2 * np.pi * y / 24), 0) ** 6
        shade, color = shade - 0.20 * ribs, (0.045, 0.046, 0.049)
    else:
        hinge = np.mod(x, 160)
        gap = np.exp(-(((hinge - 80) / 2.2) ** 2)) * (np.mod(y + 20 * (hinge > 80), 40) < 32)
        edge = np.exp(-(((hinge - 84) / 1.6) ** 2))
        shade, color = shade - 0.75 * gap + 0.12 * edge, (0.105, 0.125, 0.150)
    shade = _scratched(shade.astype(np.float32), rng)
    return np.maximum(shade, 0.08)[:, :, None] * np.array(color, np.float32)


def _scratched(shade: Plane, rng: Generator) -> Plane:
    """Thin bright lines along the way the belt runs, and dark spots of oil."""
    height, length = shade.shape
    for _ in range(70):
        start, reach = int(rng.integers(0, length - 200)), int(rng.integers(40, 200))
        row = rng.integers(0, height) + np.arange(reach) * rng.normal(0, 0.06)
        rows = np.clip(row.astype(int), 0, height - 1)
        shade[rows, np.arange(start, start + reach)] += rng.uniform(0.08, 0.4)
    for _ in range(26):
        cx, cy, size = int(rng.integers(60, length - 60)), int(rng.integers(60, height - 60)), rng.uniform(4, 18)
        spot = np.zeros((120, 120), np.float32)
        v, u = np.mgrid[-60:60, -60:60].astype(np.float32)
        for _ in range(7):
            du, dv = rng.normal(0, 0.55 * size, 2)
            spot = np.maximum(
                spot, 1 / (1 + np.exp((np.hypot(u - du, 1.3 * (v - dv)) - size * rng.uniform(0.3, 0.8)) / 3))
            )
        shade[cy - 60 : cy + 60, cx - 60 : cx + 60] *= 1 - rng.uniform(0.08, 0.3) * spot
    return shade


def add_rails(frame: Plane, rng: Generator) -> None:
    """Cover the upper and lower edge with aluminium rails, with slots and the shadow that they cast."""
    for is_lower in (False, True):
        edge = RAIL + int(rng.integers(-3, 3))
        rows = np.arange(edge, dtype=np.float32)
        profile = 0.26 + 0.16 * np.cos(rows / edge * 3.0) + 0.22 * np.exp(-(((rows - edge + 5) / 2.2) ** 2))
        profile -= 0.22 * np.exp(-(((rows - edge * 0.45) / 3.0) ** 4))
        brushed = _filtered(rng.standard_normal((edge, WIDTH), dtype=np.float32), (30, 0.4))
        metal = np.maximum(profile[:, None] + 0.035 * brushed / float(brushed.std()), 0.02)
        shadow = (1 - 0.65 * np.exp(-np.arange(40, dtype=np.float32) / 13))[:, None, None]
        tone = metal[:, :, None] * np.array((0.97, 0.99, 1.0), np.float32)
        if is_lower:
            frame[-edge:], frame[-edge - 40 : -edge] = (
                tone[::-1],
                frame[-edge - 40 : -edge] * (0.5 + 0.5 * shadow[::-1]),
            )
        else:
            frame[:edge], frame[edge : edge + 40] = tone, frame[edge : edge + 40] * shadow


def _shaded(part: Placed, light: Light, u: Plane, v: Plane, rng: Generator) -> tuple[Plane, Plane]:
    """Coverage in [0, 1] and linear RGB of a part on its patch."""
    surface = part.kind.shape(u, v, part.size)
    coverage = np.clip(0.5 - surface.distance, 0, 1)
    lines = np.convolve(rng.standard_normal(2048), np.hanning(11) / 3, "same")
    grain = lines.astype(np.float32)[(surface.grain * 6.8).astype(np.int32) % len(lines)]
    dent = _filtered(rng.standard_normal(u.shape, dtype=np.float32), 5)
    height = _filtered(surface.height, 0.7) + 0.5 * dent / float(dent.std())
    down, right = np.gradient(height)
    length = np.sqrt(right**2 + down**2 + 1)
    normal_x, normal_y, normal_z = -right / length, -down / length, 1 / length
    lx, ly, lz = light.direction
    facing = np.maximum(normal_x * lx + normal_y * ly + normal_z * lz, 0)
    length_of_half = math.hypot(lx, ly, lz + 1)
    mirror = np.maximum((normal_x * lx + normal_y * ly + normal_z * (lz + 1)) / length_of_half, 0)
    for _ in range(5):
        mirror = np.square(mirror)
    room = 0.5 + 0.5 * np.sin(3.4 * normal_y + 2.3 * normal_x + 0.9)
    gloss = part.kind.gloss
    tone = 0.05 + 0.56 * facing * np.sqrt(facing) + gloss * 0.42 * np.square(room) * (1 + 0.06 * grain)
    tone *= 1 + 0.085 * gloss * grain
    speck = rng.standard_normal(u.shape, dtype=np.float32)
    tone *= 1 + 0.03 * speck
    glint = (gloss * 0.55 * mirror)[:, :, None] * np.array(light.tint, np.float32)
    inner_edge = 0.72 + 0.28 * np.clip(-surface.distance / 2.5, 0, 1)
    color = np.array(part.color, np.float32)
    return coverage.astype(np.float32), ((tone * inner_edge)[:, :, None] * color + glint * color * 0.8).astype(
        np.float32
    )


def add_part(frame: Plane, part: Placed, light: Light, rng: Generator) -> tuple[NDArray[np.bool_], int]:
    """Paint a part and its shadow.

    Returns where it is, also where others will cover it, in shape (HEIGHT, WIDTH), and how many pixels
    it has where nothing cuts it off.
    """
    reach = int(part.size * part.kind.reach) + 24
    left, top = int(part.x) - reach, int(part.y) - reach
    ys, xs = np.mgrid[top : top + 2 * reach, left : left + 2 * reach].astype(np.float32)
    cos, sin = math.cos(part.turn), math.sin(part.turn)
    dx, dy = xs - part.x, ys - part.y
    coverage, color = _shaded(part, light, cos * dx + sin * dy, cos * dy - sin * dx, rng)
    shift = (round(-light.direction[1] * 17), round(-light.direction[0] * 17))
    shadow = _filtered(np.roll(coverage, shift, (0, 1)), 4.5) * 0.72
    contact = _filtered(coverage, 2.5) * 0.5
    rows = slice(max(top, 0), min(top + 2 * reach, HEIGHT))
    columns = slice(max(left, 0), min(left + 2 * reach, WIDTH))
    within = (slice(rows.start - top, rows.stop - top), slice(columns.start - left, columns.stop - left))
    seen = coverage[within][:, :, None]
    dark = ((1 - shadow) * (1 - contact))[within][:, :, None]
    frame[rows, columns] = frame[rows, columns] * dark * (1 - seen) + color[within] * seen
    place = np.zeros((HEIGHT, WIDTH), np.bool_)
    place[rows, columns] = seen[:, :, 0] > 0.5
    return place, int((coverage > 0.5).sum())


NOISE_UNIT = 32
_LEVELS, _WHITE = 8192, 4.0
_TONE = (255 * (1 - np.exp(-1.75 * np.arange(_LEVELS) / _LEVELS * _WHITE)) ** (1 / 2.2)).astype(np.uint8)
"""What the sensor gives for light in steps of _WHITE / _LEVELS: a soft shoulder, then gamma 2.2."""
_NOISE_AT = (1.25 - np.arange(256) / 340).astype(np.float32)
"""How much of the noise shows at each grey: more in the shadows, as gamma lifts them."""


@dataclass(frozen=True, slots=True)
class Lens:
    """How the camera sees: blur and smear (along the belt) in pixels, noise as a part of full scale."""

    blur: float
    smear: int
    noise: float


def develop(frame: Plane, light: Light, lens: Lens, noise: NDArray[np.int16]) -> Pillow.Image:
    """The picture that comes out of the camera. `noise` is normal in the frame's shape, NOISE_UNIT its deviation."""
    x = np.arange(WIDTH, dtype=np.float32)[None, :]
    y = np.arange(HEIGHT, dtype=np.float32)[:, None]
    away = np.square((x - light.center[0]) / WIDTH) + np.square((y - light.center[1]) / HEIGHT * 0.7)
    spot = 0.5 + 0.85 * np.exp(-away / light.reach**2)
    corner = 1 - 0.6 * (np.square(x / WIDTH - 0.5) + np.square(y / HEIGHT - 0.5))
    lit = frame * (spot * corner)[:, :, None]
    lit *= np.array(light.tint, np.float32) * (light.gain * _LEVELS / _WHITE)
    np.minimum(lit, _LEVELS - 1, out=lit)
    picture = Pillow.fromarray(_TONE[lit.astype(np.uint16)])
    picture = picture.filter(ImageFilter.BoxBlur((lens.blur + lens.smear, lens.blur)))
    seen = np.asarray(picture)
    strength = (_NOISE_AT * (lens.noise * 255 * 256 / NOISE_UNIT)).astype(np.int16)
    grainy = seen + ((noise * strength[seen]) >> 8)
    return Pillow.fromarray(np.clip(grainy, 0, 255).astype(np.uint8))
