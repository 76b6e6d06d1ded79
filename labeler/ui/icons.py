"""The icons of the program: line drawings of one family, in the colours of the theme."""

from __future__ import annotations

from functools import cache

from PySide6.QtCore import QByteArray, Qt
from PySide6.QtGui import QColor, QIcon, QPainter, QPixmap
from PySide6.QtSvg import QSvgRenderer

from labeler.ui import theme

RATIOS = (1, 2, 3)
"""Device px per px for which pixmaps are made."""


def names() -> tuple[str, ...]:
    """The names of all icons."""
    return tuple(sorted(path.stem for path in theme.icon_folder().glob("*.svg")))


@cache
def _drawing(name: str) -> str:
    return (theme.icon_folder() / f"{name}.svg").read_text(encoding="utf-8")


def pixmap(name: str, color: QColor, ratio: int = 1) -> QPixmap:
    """The icon in one colour, `theme.ICON` px wide at `ratio` device px per px."""
    renderer = QSvgRenderer(QByteArray(_drawing(name).replace("currentColor", color.name()).encode()))
    result = QPixmap(theme.ICON * ratio, theme.ICON * ratio)
    result.fill(Qt.GlobalColor.transparent)
    painter = QPainter(result)
    renderer.render(painter)
    painter.end()
    result.setDevicePixelRatio(ratio)
    return result


def icon(name: str, colors: theme.Colors | None = None) -> QIcon:
    """The icon for buttons: in the text's colour, fainter where it is disabled."""
    colors = colors or theme.colors()
    result = QIcon()
    for ratio in RATIOS:
        result.addPixmap(pixmap(name, colors.text, ratio), QIcon.Mode.Normal)
        result.addPixmap(pixmap(name, colors.control, ratio), QIcon.Mode.Disabled)
    return result
