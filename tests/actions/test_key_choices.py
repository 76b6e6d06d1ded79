"""Presets of other programs' keys, and a person's own over them, kept in the settings."""

from __future__ import annotations

from pathlib import Path

import pytest

from labeler.actions.key_choices import KeyChoices, read_keymap
from labeler.actions.keymap import Keymap, parse_key
from labeler.actions.presets import PRESETS
from labeler.actions.table import ACTIONS, BY_NAME
from labeler.domain.errors import InvalidValue
from labeler.state.settings import Settings

OTHERS = [name for name in PRESETS if name != "labeler"]


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return Settings(tmp_path / "settings.toml", {})


def choices(settings: Settings, keymap: Keymap | None = None) -> KeyChoices:
    return KeyChoices(keymap or Keymap(ACTIONS), settings, lambda: settings.write(settings.text()))


@pytest.mark.parametrize("name", PRESETS)
def test_a_preset_is_free_of_clashes_and_leaves_no_action_without_a_key(name: str) -> None:
    keymap = Keymap(ACTIONS, PRESETS[name].keys)
    assert keymap.clashes() == ()
    assert [one.name for one in keymap.actions if not one.keys and BY_NAME[one.name].keys] == []


@pytest.mark.parametrize("name", OTHERS)
def test_a_preset_says_only_what_differs(name: str) -> None:
    same = [one for one, keys in PRESETS[name].keys.items() if tuple(map(parse_key, BY_NAME[one].keys)) == keys]
    assert same == []


@pytest.mark.parametrize(
    ("preset", "action", "key"),
    [
        ("labelme", "image.next", "d"),
        ("labelme", "tool.draw", "Ctrl+R"),
        ("labelme", "label.choose", "Ctrl+E"),
        ("labelme", "file.open_folder", "Ctrl+U"),
        ("x-anylabeling", "tool.draw", "r"),
        ("x-anylabeling", "view.hide_selected", "s"),
        ("x-anylabeling", "image.next_unlabeled", "Ctrl+Shift+D"),
        ("cvat", "image.next", "f"),
        ("cvat", "image.previous", "d"),
        ("cvat", "tool.draw", "n"),
        ("cvat", "label.3", "Ctrl+3"),
        ("cvat", "box.lock", "l"),
        ("vi", "edit.undo", "u"),
        ("vi", "edit.redo", "Ctrl+R"),
        ("vi", "box.move_left", "h"),
        ("vi", "grid.select_range", "v"),
    ],
)
def test_a_preset_has_the_other_programs_keys(preset: str, action: str, key: str) -> None:
    assert key in Keymap(ACTIONS, PRESETS[preset].keys).keys_of(action)


def test_a_key_is_given_and_kept(settings: Settings) -> None:
    mine = choices(settings)
    mine.give("edit.undo", "F8")
    assert mine.keymap.keys_of("edit.undo") == ("F8",)
    mine.give("edit.undo", "Alt+u", also=True)
    assert mine.is_own("edit.undo")
    again = Settings.read(settings.path)
    assert read_keymap(ACTIONS, again).keys_of("edit.undo") == ("F8", "Alt+U")


def test_a_key_that_is_given_is_taken_from_those_it_would_also_mean(settings: Settings) -> None:
    mine = choices(settings)
    assert [one.name for one in mine.keymap.rivals("edit.undo", "d")] == ["image.next"]
    mine.give("edit.undo", "d")
    assert mine.keymap.keys_of("image.next") == ()
    assert [one.name for one in mine.reset("image.next")] == ["edit.undo"]
    assert mine.keymap.keys_of("image.next") == ()
    assert mine.reset("edit.undo") == ()
    assert mine.reset("image.next") == ()
    assert settings.get("keys") == {}
    assert mine.keymap.keys_of("image.next") == ("d",)


def test_an_action_can_be_without_a_key_until_all_is_reset(settings: Settings) -> None:
    mine = choices(settings)
    mine.use_preset("cvat")
    mine.take_all("tool.draw")
    assert mine.keymap.keys_of("tool.draw") == ()
    mine.reset_all()
    assert mine.keymap.keys_of("tool.draw") == ("n", "q")
    assert settings.get("key_preset") == "cvat"


def test_own_keys_survive_another_preset_but_for_those_that_clash(settings: Settings) -> None:
    mine = choices(settings)
    mine.give("edit.undo", "F8")
    mine.give("box.stamp", "j")
    assert mine.use_preset("cvat") == ("Stamp the last size",)
    assert mine.keymap.keys_of("edit.undo") == ("F8",)
    assert mine.keymap.keys_of("image.next") == ("f",)
    assert read_keymap(ACTIONS, Settings.read(settings.path)).keys_of("edit.undo") == ("F8",)


def test_what_shows_keys_hears_of_a_change(settings: Settings) -> None:
    mine, heard = choices(settings), []
    mine.keymap.changed.connect(lambda: heard.append(mine.keymap.keys_of("edit.undo")))
    mine.give("edit.undo", "F8")
    assert heard == [("F8",)]


def test_names_in_the_file_need_no_quotes(tmp_path: Path) -> None:
    path = tmp_path / "settings.toml"
    path.write_text('[keys]\nedit.undo = "F8"\n"edit.redo" = ["F10"]\n')
    keymap = read_keymap(ACTIONS, Settings.read(path))
    assert keymap.keys_of("edit.undo") == ("F8",)
    assert keymap.keys_of("edit.redo") == ("F10",)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ('key_preset = "emacs"', "emacs: no preset of keys has this name; there are labeler, labelme"),
        ("[keys]\nedit.undo = 3", r'edit.undo: keys are written as \["Ctrl\+Z", "u"\], not as 3'),
        ('[keys]\nedit.undo = ["d"]', r"d means both Next image \(image.next\) and Undo \(edit.undo\)"),
        ('key_preset = "cvat"\n[keys]\nedit.undo = ["n"]', r"n means both Undo \(edit.undo\) and Draw boxes"),
        ('[keys]\nedit.undoo = ["F8"]', "edit.undoo: no action has this name"),
    ],
)
def test_what_is_wrong_in_the_file_is_named(tmp_path: Path, text: str, message: str) -> None:
    path = tmp_path / "settings.toml"
    path.write_text(text)
    with pytest.raises(InvalidValue, match=message):
        read_keymap(ACTIONS, Settings.read(path))


def test_a_file_that_cannot_be_used_is_mended_by_the_first_change(settings: Settings) -> None:
    settings.set("keys", {"edit.undo": ["d"]})
    mine = choices(settings)
    assert mine.keymap.keys_of("edit.undo") == ("Ctrl+Z",)
    mine.give("edit.undo", "F8")
    assert settings.get("keys") == {"edit.undo": ["F8"]}
