"""A picture of the keyboard with what each key does now."""

from __future__ import annotations

from collections.abc import Collection

from PySide6.QtCore import QEvent, QRectF, Qt, Signal
from PySide6.QtGui import QFocusEvent, QFontMetrics, QKeyEvent, QMouseEvent, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QWidget

from labeler.actions.keyboard import HELD, ROWS, Cap, meanings
from labeler.actions.keymap import Keymap
from labeler.state.session import Session
from labeler.ui import theme

WIDE = 15
WIDEST, HIGHEST = 1280, 76
"""Of the whole keyboard and of one key, in px."""
MODIFIERS = {
    Qt.Key.Key_Control: "Ctrl", Qt.Key.Key_Alt: "Alt", Qt.Key.Key_Shift: "Shift", Qt.Key.Key_Meta: "Meta",
}  # fmt: skip


class Keyboard(QWidget):
    """Over the pictures, at the bottom. `closed` is emitted when it goes away after it had the keyboard itself."""

    closed = Signal()

    def __init__(self, parent: QWidget, session: Session, keymap: Keymap) -> None:
        super().__init__(parent)
        self._room, self._session, self._keymap = parent, session, keymap
        self.held: frozenset[str] = frozenset()
        self.stays = False
        self.setAccessibleName("Keyboard")
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.hide()

    def show_held(self, held: Collection[str]) -> None:
        """Show what keys do while the modifiers are held."""
        self.held = frozenset(held)
        room = self._room.rect()
        width = min(room.width() - 16, WIDEST)
        height = min((room.height() - 16), 32 + len(ROWS) * HIGHEST)
        self.setGeometry((room.width() - width) // 2, room.height() - height - 8, width, height)
        self.setAccessibleDescription(self.describe())
        self.show()
        self.raise_()
        self.update()

    def stay(self) -> None:
        """Show the keys without a modifier until a key is pressed; modifiers show theirs."""
        self.stays = True
        self.show_held(())
        self.setFocus()

    def dismiss(self) -> None:
        """Go away."""
        if self.isVisible():
            stayed, self.stays = self.stays, False
            self.hide()
            if stayed:
                self.closed.emit()

    def describe(self) -> str:
        """What each key does, in words."""
        found = meanings(self._session, self._keymap, self.held)
        return "; ".join(f"{cap.written(self.held)}: {action.title}" for cap, action in found.items())

    def event(self, event: QEvent) -> bool:
        if event.type() == QEvent.Type.ShortcutOverride:  # else Alt alone goes to the menus
            event.accept()
            return True
        return super().event(event)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        held = MODIFIERS.get(Qt.Key(event.key()))
        if held is None:
            self.dismiss()
        else:
            self.show_held(self.held | {held})

    def keyReleaseEvent(self, event: QKeyEvent) -> None:
        if held := MODIFIERS.get(Qt.Key(event.key())):
            self.show_held(self.held - {held})

    def focusOutEvent(self, event: QFocusEvent) -> None:
        if event.reason() is not Qt.FocusReason.ActiveWindowFocusReason:
            self.dismiss()

    def mousePressEvent(self, event: QMouseEvent) -> None:
        self.dismiss()

    # Painting.

    def paintEvent(self, event: QPaintEvent) -> None:
        colors = theme.colors()
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(QPen(colors.control, 1))
        painter.setBrush(colors.panel)
        painter.drawRoundedRect(QRectF(self.rect()).adjusted(0.5, 0.5, -0.5, -0.5), theme.RADIUS, theme.RADIUS)
        painter.setFont(theme.font(theme.BODY_PX, bold=True))
        painter.setPen(colors.text)
        painter.drawText(12, 20, self.title())
        found = meanings(self._session, self._keymap, self.held)
        for cap, place in self._places():
            action = found.get(cap)
            self._paint_cap(painter, place, cap, action.title if action else "")
        painter.end()

    def title(self) -> str:
        """What is shown, and how other keys can be."""
        where = self._session.mode.value
        held = "+".join(one for one in HELD if one in self.held)
        others = ", ".join(one for one in ("Ctrl", "Shift", "Alt") if one not in self.held)
        return f"Keys in the {where}{' with ' + held if held else ''}     hold also: {others}"

    def _places(self) -> list[tuple[Cap, QRectF]]:
        across, down = (self.width() - 16) / WIDE, (self.height() - 36) / len(ROWS)
        result = []
        for number, row in enumerate(ROWS):
            left = 8.0
            for cap in row:
                result.append((cap, QRectF(left + 1.5, 28 + number * down + 1.5, cap.width * across - 3, down - 3)))
                left += cap.width * across
        return result

    def _paint_cap(self, painter: QPainter, place: QRectF, cap: Cap, title: str) -> None:
        colors = theme.colors()
        is_held = cap.key in self.held
        painter.setPen(QPen(colors.control if title or is_held else colors.border, 1))
        painter.setBrush(colors.accent if is_held else colors.field if title else colors.window)
        painter.drawRoundedRect(place, theme.RADIUS, theme.RADIUS)
        inside = place.adjusted(5, 3, -3, -3)
        sign = cap.shifted if cap.shifted and "Shift" in self.held else cap.key
        painter.setFont(theme.font(theme.BODY_PX, bold=True))
        painter.setPen(colors.on_accent if is_held else colors.text if title else colors.quiet)
        painter.drawText(inside, Qt.AlignmentFlag.AlignTop, sign.upper() if len(sign) == 1 else sign)
        if title:
            small = theme.font(theme.SMALL_PX)
            painter.setFont(small)
            room = inside.adjusted(0, 16, 0, 0)
            painter.drawText(room, _WRAPPED, fitting(title, QFontMetrics(small), room))


_WRAPPED = int(Qt.TextFlag.TextWordWrap | Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignTop)


def fitting(text: str, metrics: QFontMetrics, room: QRectF) -> str:
    """As many words of the text as fit into the room, with an ellipsis where some do not."""
    words = [metrics.elidedText(word, Qt.TextElideMode.ElideRight, int(room.width())) for word in text.split()]
    for count in range(len(words), 0, -1):
        part = " ".join(words[:count]) + ("" if count == len(words) else "\u2026")
        needed = metrics.boundingRect(room.toRect(), _WRAPPED, part)
        if needed.height() <= room.height() and needed.width() <= room.width():
            return part
    return words[0]
