"""Telling the key of what a person does by mouse again and again, once."""

from __future__ import annotations

from labeler.actions.keymap import Keymap
from labeler.state.session import Session

TIMES = 3
_COUNTS = "by_mouse"


class Tips:
    """Counts what is done by mouse, in the settings; the third time it says the key, and never again."""

    def __init__(self, session: Session, keymap: Keymap) -> None:
        self._session, self._keymap = session, keymap
        session.done_by_mouse.connect(self._count)

    def _count(self, name: str) -> None:
        settings = self._session.settings
        counts = dict(settings.get(_COUNTS, {}))
        keys = self._keymap.keys_of(name)
        if not keys or counts.get(name, 0) >= TIMES:
            return
        counts[name] = counts.get(name, 0) + 1
        settings.set(_COUNTS, counts)
        self._session.saver.save_soon()
        if counts[name] == TIMES:
            self._session.said.emit(f"{self._keymap.action(name).title}: next time press {keys[0]}")
