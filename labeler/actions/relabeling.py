"""Labels over all images: renaming and merging them, and checking their boxes."""

from __future__ import annotations

from dataclasses import replace

from labeler.actions.action import Action
from labeler.domain.image import Choice
from labeler.state.prompts import Prompt, Request
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


def check(session: Session) -> None:
    """Show all boxes of one label on the images of the filter side by side, to mend wrong ones with one key each."""

    def accept(label: str) -> None:
        if session.library.filter.labels != (label,):
            session.show(replace(session.library.filter, labels=(label,)))
        session.requested.emit(Request.CROPS)

    asked = session.library.filter.labels
    session.prompted.emit(
        Prompt(
            "Check all boxes of label",
            accept,
            suggest=lambda text: _suggest(session, text),
            check=lambda text: "" if text in session.vocabulary.labels.all else "Choose one of the labels",
            text=asked[0] if len(asked) == 1 else "",
            only_choices=True,
        )
    )


def _has_labels(session: Session) -> bool:
    return bool(session.vocabulary.labels.all)


ACTIONS = (
    Action("label.rename", "Rename or merge label", rename, ("Ctrl+Alt+L",), "Edit/labels", when=_has_labels),
    Action("label.check", "Check boxes of a label", check, ("Ctrl+Alt+V",), "View/labels", when=_has_labels),
)
