"""Renaming and merging labels over all images."""

from __future__ import annotations

from labeler.actions.action import Action
from labeler.domain.image import Choice
from labeler.state.prompts import Prompt
from labeler.state.relabeling import rename_label
from labeler.state.session import Session


def _suggest(session: Session, text: str) -> tuple[Choice, ...]:
    labels = session.vocabulary.labels
    return tuple(
        Choice(name, f"{name}   {labels.digit_of(name)}".rstrip()) for name in labels.starting_with(text.strip())
    )


def rename(session: Session) -> None:
    """Give every box that has a label another one, on all images, as one change. One that exists takes the boxes in."""

    def accept(old: str) -> None:
        session.prompted.emit(
            Prompt(
                f"Rename {old} to",
                lambda new: rename_label(session, old, session.vocabulary.labels.meant_by(new)),
                suggest=lambda text: tuple(choice for choice in _suggest(session, text) if choice.value != old),
                check=lambda text: "Type another label" if text.strip() in ("", old) else "",
                hint="A label that exists takes the boxes in",
            )
        )

    session.prompted.emit(
        Prompt(
            "Rename label",
            accept,
            suggest=lambda text: _suggest(session, text),
            check=lambda text: "" if text in session.vocabulary.labels.all else "Choose one of the labels",
            only_choices=True,
        )
    )


def _has_labels(session: Session) -> bool:
    return bool(session.vocabulary.labels.all)


ACTIONS = (Action("label.rename", "Rename or merge label", rename, ("Ctrl+Alt+L",), "Edit/labels", when=_has_labels),)
