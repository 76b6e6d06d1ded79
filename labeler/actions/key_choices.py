"""What a person chose about keys: a preset, and keys of their own over it; kept in the settings.

In the settings file:

    key_preset = "cvat"

    [keys]
    "edit.undo" = ["Ctrl+Z", "u"]
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any

from labeler.actions.action import Action
from labeler.actions.keymap import Keymap, parse_key
from labeler.actions.presets import PRESETS
from labeler.domain.errors import InvalidValue
from labeler.state.settings import Settings

PRESET, KEYS = "key_preset", "keys"
DEFAULT = next(iter(PRESETS))
Own = dict[str, tuple[str, ...]]


def keys_in(table: Mapping[str, Any], before: str = "") -> Own:
    """Keys by the names of actions, of a table of the settings, quoted names or not. Raises InvalidValue."""
    result: Own = {}
    for part, value in table.items():
        name = before + part
        if isinstance(value, dict):
            result |= keys_in(value, name + ".")
        elif isinstance(value, str):
            result[name] = (value,)
        elif isinstance(value, list) and all(isinstance(key, str) for key in value):
            result[name] = tuple(value)
        else:
            raise InvalidValue(f'{name}: keys are written as ["Ctrl+Z", "u"], not as {value!r}')
    return result


def read_keymap(actions: Iterable[Action], settings: Settings) -> Keymap:
    """The keymap that the settings ask for. Raises InvalidValue."""
    return Keymap(actions, {**_preset(settings.get(PRESET, DEFAULT)), **keys_in(settings.get(KEYS, {}))})


def _preset(name: str) -> Mapping[str, tuple[str, ...]]:
    if name not in PRESETS:
        raise InvalidValue(f"{name}: no preset of keys has this name; there are {', '.join(PRESETS)}")
    return PRESETS[name].keys


class KeyChoices:
    """Changes the keymap and the settings together; `save` is called after each change.

    Settings that cannot be used are replaced by the first change, as the keymap has none of them.
    """

    def __init__(self, keymap: Keymap, settings: Settings, save: Callable[[], None]) -> None:
        self.keymap, self._settings, self._save = keymap, settings, save
        self.preset, self._own = DEFAULT, Own()
        try:
            preset, own = str(settings.get(PRESET, DEFAULT)), keys_in(settings.get(KEYS, {}))
            keymap.use({**_preset(preset), **own})
        except InvalidValue:
            return
        self.preset, self._own = preset, own

    def is_own(self, name: str) -> bool:
        """Whether the person gave other keys to the action than the preset does."""
        return name in self._own

    def give(self, name: str, key: str, *, also: bool = False) -> None:
        """Give an action the key, instead of its others or besides them, and take it from all that it would mean too.

        Raises InvalidValue for what is not a key.
        """
        key = parse_key(key)
        taken = {
            rival.name: tuple(one for one in self.keymap.keys_of(rival.name) if one != key)
            for rival in self.keymap.rivals(name, key)
        }
        others = [one for one in self.keymap.keys_of(name) if one != key] if also else []
        self._change({**self._own, **taken, name: (*others, key)}, self.preset)

    def take_all(self, name: str) -> None:
        """Leave an action without a key; the palette and the menus still have it."""
        self._change({**self._own, name: ()}, self.preset)

    def reset(self, name: str) -> tuple[Action, ...]:
        """Give an action the preset's keys again; returns those that have them now, if so nothing is changed."""
        keys = _preset(self.preset).get(name, self.keymap.default_keys(name))
        rivals = tuple(dict.fromkeys(rival for key in keys for rival in self.keymap.rivals(name, key)))
        if not rivals:
            self._change({one: keys for one, keys in self._own.items() if one != name}, self.preset)
        return rivals

    def reset_all(self) -> None:
        """Give all actions the preset's keys again."""
        self._change({}, self.preset)

    def use_preset(self, preset: str) -> tuple[str, ...]:
        """Take another preset; own keys stay but for those that would clash, whose titles are returned."""
        own, dropped = Own(), []
        for name, keys in self._own.items():
            try:
                Keymap(self.keymap.actions, {**self._defaults(), **_preset(preset), **own, name: keys})
            except InvalidValue:
                dropped.append(self.keymap.action(name).title)
            else:
                own[name] = keys
        self._change(own, preset)
        return tuple(dropped)

    def _defaults(self) -> Own:
        return {action.name: self.keymap.default_keys(action.name) for action in self.keymap.actions}

    def _change(self, own: Own, preset: str) -> None:
        self.keymap.use({**_preset(preset), **own})
        self._own, self.preset = own, preset
        self._settings.set(PRESET, preset)
        self._settings.set(KEYS, {name: list(keys) for name, keys in own.items()})
        self._save()
