"""Boxes: labeled rectangles on an image."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

from labeler.domain.errors import InvalidValue
from labeler.domain.geometry import Rect
from labeler.domain.text import check_text


@dataclass(frozen=True, slots=True)
class Box:
    """A labeled bounding box.

    Corners are fractions of the displayed image (EXIF orientation applied), x to the right and y down
    from the top left, each in [0, 1] with min < max. `confidence` is in [0, 1] for a box that a model
    proposed, 1 once somebody accepted it, and None for one that a person drew. `id` names the box on its
    service; a box that the service has not confirmed has an id of this machine (see `edit.new_id`).
    """

    id: str
    label: str
    x_min: float
    y_min: float
    x_max: float
    y_max: float
    confidence: float | None = None

    @property
    def is_proposal(self) -> bool:
        """Whether nobody has accepted the box yet."""
        return self.confidence is not None and self.confidence < 1

    @property
    def rect(self) -> Rect:
        return Rect(self.x_min, self.y_min, self.x_max, self.y_max)

    def with_rect(self, rect: Rect) -> Box:
        return replace(self, x_min=rect.left, y_min=rect.top, x_max=rect.right, y_max=rect.bottom)

    def same_value(self, other: Box) -> bool:
        """Whether both say the same of the image; ids are not compared."""
        return (self.label, self.rect, self.confidence) == (other.label, other.rect, other.confidence)


def check_box(box: Box) -> None:
    """Raise InvalidValue, naming the field, unless every service would take the box."""
    check_text("label", box.label)
    if not box.label.strip():
        raise InvalidValue("label: a box needs a label that is not empty")
    for name in ("x_min", "y_min", "x_max", "y_max"):
        value = getattr(box, name)
        if not (math.isfinite(value) and 0 <= value <= 1):
            raise InvalidValue(f"{name}: {value} is outside [0, 1]")
    for axis in ("x", "y"):
        low, high = getattr(box, f"{axis}_min"), getattr(box, f"{axis}_max")
        if low >= high:
            raise InvalidValue(f"{axis}_min: {low} is not less than {axis}_max {high}")
    if box.confidence is not None and not (math.isfinite(box.confidence) and 0 <= box.confidence <= 1):
        raise InvalidValue(f"confidence: {box.confidence} is outside [0, 1]")
