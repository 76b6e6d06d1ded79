"""Colours, fonts and distances: neutral greys, one accent, in a light and a dark theme."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from PySide6.QtCore import Qt
from PySide6.QtGui import QColor, QFont, QFontDatabase, QGuiApplication, QPalette
from PySide6.QtWidgets import QApplication

_ICONS = Path("resources") / "icons"
UNIT = 4
GAP = 8
PADDING = 12
ROW = 28
ICON = 20
RADIUS = 4
FOCUS = 2
"""Distances in px, all multiples of `UNIT` but the width of the focus ring."""
TITLE_PX, BODY_PX, SMALL_PX = 16, 13, 11
"""Sizes of type in px."""


@dataclass(frozen=True, slots=True)
class Colors:
    """The named colours of a theme.

    `text` is for sentences, `quiet` for what is secondary; both can be read on `window`, `panel`, `field`
    and `cell`. `border` separates, `control` outlines what can be operated. `canvas` is what surrounds a
    picture in the editor, with `on_canvas` to write on it; it is the same in both themes, because
    pictures are judged against it. `halo` goes around lines on a picture.
    """

    dark: bool
    window: QColor
    panel: QColor
    field: QColor
    cell: QColor
    text: QColor
    quiet: QColor
    border: QColor
    control: QColor
    accent: QColor
    on_accent: QColor
    selection: QColor
    warning: QColor
    canvas: QColor
    on_canvas: QColor
    quiet_on_canvas: QColor
    accent_on_canvas: QColor
    halo: QColor


def _colors(dark: bool, **values: str) -> Colors:
    return Colors(dark, **{name: QColor(value) for name, value in values.items()})


_ROOM = {
    "canvas": "#404040",
    "on_canvas": "#f0f0f0",
    "quiet_on_canvas": "#c8c8c8",
    "accent_on_canvas": "#6cb4ff",
    "halo": "#b0000000",
}
DARK = _colors(
    True, window="#2a2a2a", panel="#242424", field="#1c1c1c", cell="#323232", text="#e8e8e8", quiet="#bababa",
    border="#3c3c3c", control="#8a8a8a", accent="#5ba8ff", on_accent="#0c0c0c", selection="#4a4a4a",
    warning="#f0b429", **_ROOM,
)  # fmt: skip
LIGHT = _colors(
    False, window="#ececec", panel="#f4f4f4", field="#ffffff", cell="#dedede", text="#1c1c1c", quiet="#525252",
    border="#cfcfcf", control="#7a7a7a", accent="#0a5fb8", on_accent="#ffffff", selection="#c8c8c8",
    warning="#8a4b00", **_ROOM,
)  # fmt: skip

LABEL_COLORS = (
    "#ff3099", "#fffb00", "#b4b6eb", "#87945c", "#f4fbfd", "#c4ffb0", "#c068f1", "#6796a6", "#f1b5ba", "#0fc900",
)  # fmt: skip
"""Colours of labels by place, found by search: each can be seen on the canvas (3:1), and any two differ by 14 or more
(CIEDE2000) for people without red, green or blue cones, by 20 for others. Those told apart best come first."""


def label_color(place: int, dark: bool = True) -> QColor:
    """The colour of the label at a place of `Names`; grey for one that has none (-1). Repeats after the last.

    On pictures and canvas `dark` is True in both themes; False gives a darker tone to be seen on light panels.
    """
    color = QColor("#bdbdbd") if place < 0 else QColor(LABEL_COLORS[place % len(LABEL_COLORS)])
    if dark:
        return color
    while contrast(color, LIGHT.window) < 3:
        color = color.darker(106)
    return color


def text_on(background: QColor) -> QColor:
    """Black or white, whichever reads better on the background."""
    dark, light = QColor("#101010"), QColor("#ffffff")
    return dark if contrast(dark, background) >= contrast(light, background) else light


def contrast(one: QColor, other: QColor) -> float:
    """The contrast ratio of two opaque colours, 1 to 21 (WCAG 2.2, "contrast ratio")."""
    light, dark = sorted((_luminance(one), _luminance(other)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


def _luminance(color: QColor) -> float:
    def linear(part: float) -> float:
        return float(part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4)

    return 0.2126 * linear(color.redF()) + 0.7152 * linear(color.greenF()) + 0.0722 * linear(color.blueF())


def font(pixels: int = BODY_PX, bold: bool = False, tabular: bool = False) -> QFont:
    """The font of the program in a size in px; `tabular` gives all digits one width, for numbers that change."""
    result = QFontDatabase.systemFont(QFontDatabase.SystemFont.GeneralFont)
    result.setPixelSize(pixels)
    if bold:
        result.setWeight(QFont.Weight.DemiBold)
    if tabular:
        result.setFeature(QFont.Tag("tnum"), 1)
    return result


def colors() -> Colors:
    """The colours of the theme in use."""
    window = QGuiApplication.palette().color(QPalette.ColorRole.Window)
    return DARK if window.lightness() < 128 else LIGHT


def palette(theme: Colors) -> QPalette:
    """The theme for Qt's own widgets."""
    role = QPalette.ColorRole
    result = QPalette()
    by_role = {
        role.Window: theme.window, role.WindowText: theme.text, role.Base: theme.field,
        role.AlternateBase: theme.panel, role.Text: theme.text, role.Button: theme.window,
        role.ButtonText: theme.text, role.BrightText: theme.warning, role.ToolTipBase: theme.panel,
        role.ToolTipText: theme.text, role.PlaceholderText: theme.quiet, role.Highlight: theme.accent,
        role.HighlightedText: theme.on_accent, role.Link: theme.accent, role.LinkVisited: theme.accent,
        role.Accent: theme.accent, role.Light: theme.cell, role.Midlight: theme.border, role.Mid: theme.border,
        role.Dark: theme.control, role.Shadow: theme.field,
    }  # fmt: skip
    for which, color in by_role.items():
        result.setColor(which, color)
    faded = QColor(theme.control)
    for which in (role.WindowText, role.Text, role.ButtonText):
        result.setColor(QPalette.ColorGroup.Disabled, which, faded)
    result.setColor(QPalette.ColorGroup.Disabled, role.Highlight, theme.selection)
    return result


def icon_folder() -> Path:
    """Where the drawings are: in an installed package, or in a checkout."""
    package = Path(__file__).resolve().parent.parent
    return next((place for place in (package, package.parent) if (place / _ICONS).is_dir()), package) / _ICONS


def _check_mark(theme: Colors) -> str:
    name = "check-black.svg" if theme.dark else "check-white.svg"
    return (icon_folder() / "marks" / name).as_posix()


def style_sheet(theme: Colors) -> str:
    """What Fusion draws too faintly or in its own measures: focus, tooltips, rows, the line between panels."""
    return f"""
    QToolTip {{ color: {theme.text.name()}; background: {theme.panel.name()};
        border: 1px solid {theme.control.name()}; padding: {UNIT}px; }}
    QLineEdit, QDateTimeEdit {{ min-height: {ROW - 4}px; padding: 0 {GAP - 2}px; background: {theme.field.name()};
        border: 1px solid {theme.control.name()}; border-radius: {RADIUS}px; }}
    QLineEdit:focus, QDateTimeEdit:focus {{ border: {FOCUS}px solid {theme.accent.name()};
        padding: 0 {GAP - 3}px; }}
    QScrollBar:vertical {{ background: transparent; width: {PADDING}px; margin: 0; }}
    QScrollBar:horizontal {{ background: transparent; height: {PADDING}px; margin: 0; }}
    QScrollBar::handle {{ background: {theme.control.name()}; border-radius: {UNIT}px; margin: 2px; }}
    QScrollBar::handle:vertical {{ min-height: {ROW}px; }}
    QScrollBar::handle:horizontal {{ min-width: {ROW}px; }}
    QScrollBar::handle:disabled {{ background: transparent; }}
    QScrollBar::handle:hover {{ background: {theme.quiet.name()}; }}
    QScrollBar::add-line, QScrollBar::sub-line {{ width: 0; height: 0; }}
    QScrollBar::add-page, QScrollBar::sub-page {{ background: transparent; }}
    QCheckBox::indicator {{ width: 14px; height: 14px; border: 1px solid {theme.control.name()};
        border-radius: 3px; background: {theme.field.name()}; }}
    QCheckBox::indicator:checked {{ background: {theme.accent.name()}; border-color: {theme.accent.name()};
        image: url("{_check_mark(theme)}"); }}
    QCheckBox::indicator:focus {{ border: {FOCUS}px solid {theme.accent.name()}; width: 12px; height: 12px; }}
    QSplitter::handle {{ background: {theme.border.name()}; }}
    QMenu {{ background: {theme.panel.name()}; border: 1px solid {theme.control.name()}; padding: {UNIT}px 0; }}
    QMenu::item {{ min-height: {ROW - 4}px; padding: 2px {PADDING * 2}px; }}
    QMenu::item:selected {{ background: {theme.accent.name()}; color: {theme.on_accent.name()}; }}
    QMenu::item:disabled {{ color: {theme.control.name()}; }}
    QMenu::separator {{ height: 1px; background: {theme.border.name()}; margin: {UNIT}px 0; }}
    """


def apply_theme(app: QApplication, name: str) -> Colors:
    """Dress the program: "light", "dark", or "system" for the one that the desktop asks for."""
    dark = name == "dark"
    if name == "system":
        dark = app.styleHints().colorScheme() is Qt.ColorScheme.Dark
    theme = DARK if dark else LIGHT
    if app.style().objectName() != "fusion":
        app.setStyle("Fusion")
    app.setFont(font())
    app.setPalette(palette(theme))
    app.setStyleSheet(style_sheet(theme))
    return theme
