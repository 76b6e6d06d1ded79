"""Keys mean one thing in each place, and a person can change them."""

from __future__ import annotations

from pathlib import Path

import pytest

from labeler.actions.action import Action, Where, has_box, no_box
from labeler.actions.keymap import Keymap, parse_key
from labeler.actions.table import ACTIONS
from labeler.domain.errors import InvalidValue
from labeler.state.session import Mode, Session
from tests.memory_source import MemorySource, make_session


def nothing(session: Session) -> None:
    """Do nothing."""


@pytest.mark.parametrize(
    ("text", "key"),
    [
        ("d", "d"), ("D", "d"), ("shift".title() + "+d", "Shift+D"), ("Ctrl+k", "Ctrl+K"), ("?", "?"), (":", ":"),
        ("Shift+Ctrl+z", "Ctrl+Shift+Z"), (" F5 ", "F5"), ("Alt+Left", "Alt+Left"), ("Ctrl++", "Ctrl++"), ("é", "é"),
    ],
)  # fmt: skip
def test_a_key_is_written_in_one_way(text: str, key: str) -> None:
    assert parse_key(text) == key


@pytest.mark.parametrize("text", ["", "Hyper+K", "dd", "Ctrl+", "F13", "Ctrl K"])
def test_what_is_no_key_is_refused_with_how_to_write_it(text: str) -> None:
    with pytest.raises(InvalidValue, match="not a key; write it as"):
        parse_key(text)


def test_the_table_has_no_clash() -> None:
    assert Keymap(ACTIONS).clashes() == ()


@pytest.mark.parametrize(
    ("one", "other", "clash"),
    [
        (Where.GRID, Where.GRID, True),
        (Where.ANYWHERE, Where.EDITOR, True),
        (Where.GRID, Where.EDITOR, False),
    ],
)
def test_a_clash_names_both_actions(one: Where, other: Where, clash: bool) -> None:
    rows = (
        Action("a.one", "One", nothing, ("x",), where=one),
        Action("a.other", "Other", nothing, ("X",), where=other),
    )
    if clash:
        with pytest.raises(InvalidValue, match=r"x means both One \(a\.one\) and Other \(a\.other\)"):
            Keymap(rows)
    else:
        assert Keymap(rows).clashes() == ()


def test_actions_that_exclude_each_other_share_a_key(tmp_path: Path) -> None:
    session, _ = make_session(MemorySource(), tmp_path)
    rows = (
        Action("a.one", "One", nothing, ("x",), when=has_box),
        Action("a.other", "Other", nothing, ("x",), when=no_box),
    )
    found = Keymap(rows).find("x", session)
    assert found is not None
    assert found.name == "a.other"


def test_changed_keys_replace_the_defaults(tmp_path: Path) -> None:
    session, _ = make_session(MemorySource(), tmp_path)
    keymap = Keymap(ACTIONS, {"edit.undo": ["F8", "u"]})
    assert keymap.keys_of("edit.undo") == ("F8", "u")
    assert keymap.find("Ctrl+Z", session) is None
    found = keymap.find("u", session)
    assert found is not None
    assert found.name == "edit.undo"


@pytest.mark.parametrize(
    ("changed", "message"),
    [
        ({"edit.undoo": ["u"]}, "edit.undoo: no action has this name"),
        ({"edit.undo": ["uu"]}, "uu: not a key"),
        ({"box.delete": ["q"]}, "q means both Draw boxes .* and Delete box"),
        ({"edit.undo": ["t"]}, "t means both Undo .* and Tag"),
    ],
)
def test_a_wrong_change_is_refused(changed: dict[str, list[str]], message: str) -> None:
    with pytest.raises(InvalidValue, match=message):
        Keymap(ACTIONS, changed)


def test_a_key_that_cannot_be_used_now_is_still_bound(tmp_path: Path) -> None:
    session, _ = make_session(MemorySource(), tmp_path)
    keymap = Keymap(ACTIONS)
    assert keymap.find("x", session) is None
    assert keymap.is_bound("x", Mode.EDITOR)
    assert not keymap.is_bound("x", Mode.GRID)
