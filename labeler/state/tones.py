"""How bright a picture is shown; never written to it."""

from __future__ import annotations

from dataclasses import dataclass, replace

MOST = 8


@dataclass(frozen=True, slots=True)
class Tones:
    """Steps of brightness, contrast and gamma, each in [-MOST, MOST]; 0 shows the picture as it is."""

    brightness: int = 0
    contrast: int = 0
    gamma: int = 0

    @property
    def is_neutral(self) -> bool:
        return self == Tones()

    def changed(self, name: str, by: int) -> Tones:
        """With one of the three steps changed, as far as it goes."""
        return replace(self, **{name: min(max(getattr(self, name) + by, -MOST), MOST)})

    def table(self) -> tuple[int, ...]:
        """What each value from 0 to 255 of a channel is shown as.

        value' = 255 * ((value / 255 - 0.5) * 2^(contrast / 4) + 0.5 + brightness / 16)^(1 / 2^(gamma / 4)), clamped.
        """
        slope, shift, power = 2 ** (self.contrast / 4), self.brightness / 16, 1 / 2 ** (self.gamma / 4)
        linear = (min(max((value / 255 - 0.5) * slope + 0.5 + shift, 0.0), 1.0) for value in range(256))
        return tuple(round(255 * value**power) for value in linear)

    def __str__(self) -> str:
        parts = (("brightness", self.brightness), ("contrast", self.contrast), ("gamma", self.gamma))
        return ", ".join(f"{name} {value:+d}" for name, value in parts if value) or "as it is"
