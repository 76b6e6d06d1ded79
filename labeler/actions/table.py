"""The one table of actions. Menus, keys, palette, help and tests read it."""

from __future__ import annotations

from labeler.actions import (
    alike,
    along,
    boxes,
    copying,
    jumping,
    labeling,
    looking,
    measuring,
    moving,
    program,
    proposing,
    relabeling,
    undoing,
)
from labeler.actions.action import Action

ACTIONS: tuple[Action, ...] = (
    *program.ACTIONS,
    *along.ACTIONS,
    *moving.ACTIONS,
    *jumping.ACTIONS,
    *undoing.ACTIONS,
    *labeling.ACTIONS,
    *boxes.ACTIONS,
    *copying.ACTIONS,
    *looking.ACTIONS,
    *measuring.ACTIONS,
    *proposing.ACTIONS,
    *relabeling.ACTIONS,
    *alike.ACTIONS,
)
BY_NAME = {action.name: action for action in ACTIONS}
