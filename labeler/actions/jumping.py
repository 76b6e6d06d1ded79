"""Going far: to a number, a percent or a date; to a kept view; on to the next image when one is done."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime

from labeler.actions.action import Action, has_image, has_images
from labeler.actions.labeling import toggle_tag
from labeler.domain.errors import InvalidValue
from labeler.domain.filter import Order, parse_time
from labeler.domain.image import Choice
from labeler.state.finding import go_to_next, is_unlabeled
from labeler.state.names import DIGITS
from labeler.state.prompts import Prompt
from labeler.state.session import Session

_PERCENT = re.compile(r"(\d{1,3}(?:\.\d+)?)\s*%")
PLACES = "A number, a percent as 50%, or a date as 2026-03-01"


def place_in(text: str, size: int) -> int | datetime:
    """The index that a number ("350", the first is 1) or a percent ("50%") means among `size` images, or the date.

    Raises InvalidValue.
    """
    text = text.strip().replace(",", "")
    if not text:
        return size - 1
    if text.isdecimal():
        if not 1 <= int(text) <= size:
            raise InvalidValue(f"A number from 1 to {size:,}")
        return int(text) - 1
    if match := _PERCENT.fullmatch(text):
        if float(match[1]) > 100:
            raise InvalidValue("A percent from 0% to 100%")
        return min(int(float(match[1]) / 100 * size), size - 1)
    try:
        return parse_time(text)
    except InvalidValue:
        raise InvalidValue(PLACES) from None


def go_to_place(session: Session) -> None:
    """Go to the image with a number, to a percent of the list, or to a date; nothing typed goes to the last."""

    def check(text: str) -> str:
        try:
            place_in(text, session.library.size)
        except InvalidValue as error:
            return str(error)
        return ""

    def accept(text: str) -> None:
        place = place_in(text, session.library.size)
        if isinstance(place, int):
            session.go_to(place)
        else:
            session.tasks.start(_go_to_date(session, place))

    session.prompted.emit(Prompt("Go to", accept, check=check, hint=f"{PLACES}; Enter alone goes to the last"))


async def _go_to_date(session: Session, date: datetime) -> None:
    """Go to the first image of the order that was taken at the date or after it; oldest first in an order by name."""
    library = session.library
    if library.order not in (Order.NEWEST, Order.OLDEST):
        session.show(library.filter, Order.OLDEST)
        await library.loaded()
    wanted = library.filter
    if library.order is Order.NEWEST:
        start = max(wanted.start, date) if wanted.start else date
        later = await session.source.count(replace(wanted, start=start))
        index = None if later is None else later - 1
    else:
        end = min(wanted.end, date) if wanted.end else date
        index = await session.source.count(replace(wanted, end=end))
    if index is None:
        session.said.emit(f"{session.source.title} does not count the images before a date")
    else:
        session.go_to(index)
        session.said.emit(f"{date:%Y-%m-%d %H:%M}: image {session.index + 1:,} of {library.size:,}")


def save_view(session: Session) -> None:
    """Keep the filter, the order and the size of thumbnails under a name."""
    session.prompted.emit(
        Prompt(
            "Keep this view as",
            lambda name: session.views.save(name.strip()),
            suggest=lambda text: _views(session, text),
            check=lambda text: "" if text.strip() else "Type a name",
        )
    )


def open_view(session: Session) -> None:
    """Show what was kept under a name."""
    _ask_for_view(session, "View", session.views.open)


def delete_view(session: Session) -> None:
    """Forget a view that was kept under a name."""
    _ask_for_view(session, "Forget view", session.views.delete)


def _ask_for_view(session: Session, title: str, accept: Callable[[str], None]) -> None:
    session.prompted.emit(
        Prompt(
            title,
            accept,
            suggest=lambda text: _views(session, text),
            check=lambda text: "" if text in session.views.names else "Choose one of the views",
            only_choices=True,
        )
    )


def _views(session: Session, text: str) -> tuple[Choice, ...]:
    names = session.views.names
    keys = {name: f"   Ctrl+{digit}" for digit, name in zip(DIGITS, names, strict=False)}
    return tuple(
        Choice(name, f"{name}{keys.get(name, '')}") for name in names if text.strip().casefold() in name.casefold()
    )


def has_views(session: Session) -> bool:
    return bool(session.views.names)


def _view_digit(digit: str) -> Callable[[Session], None]:
    def run(session: Session) -> None:
        names, place = session.views.names, DIGITS.index(digit)
        if place < len(names):
            session.views.open(names[place])
        else:
            session.said.emit(f"No view has the number {digit} yet; Ctrl+Shift+S keeps one")

    run.__doc__ = f"Show view number {digit}."
    return run


def mark_done(session: Session) -> None:
    """Put the tag for images that are done on the image, or take it off."""
    toggle_tag(session, session.done_tag)


def done_and_next(session: Session) -> None:
    """Put the tag for images that are done on the image, and go to the next one without labels."""
    image = session.current
    if image is None:
        return
    if session.done_tag not in image.tags:
        toggle_tag(session, session.done_tag)
    go_to_next(session, 1, is_unlabeled, "unlabeled image")


def choose_done_tag(session: Session) -> None:
    """Choose the tag that marks an image as done."""
    session.prompted.emit(
        Prompt(
            "Tag for images that are done",
            lambda text: session.set_done_tag(text.strip()),
            suggest=lambda text: tuple(
                Choice(name, name) for name in session.vocabulary.tags.starting_with(text.strip())
            ),
            check=lambda text: "" if text.strip() else "Type a tag",
            text=session.done_tag,
        )
    )


ACTIONS = (
    Action("grid.go_to", "Go to number, percent or date", go_to_place, ("Shift+G",), "Go/ends", when=has_images),
    Action("done.next", "Done and next unlabeled", done_and_next, ("m",), "Edit/done", when=has_image),
    Action("done.mark", "Mark as done", mark_done, ("Shift+M",), "Edit/done", when=has_image),
    Action("done.tag", "Tag for done images", choose_done_tag, (), "Edit/done"),
    Action("view.save", "Keep view", save_view, ("Ctrl+Shift+S",), "Go/views"),
    Action("view.open", "Open view", open_view, ("Ctrl+Shift+V",), "Go/views", when=has_views),
    Action("view.delete", "Forget view", delete_view, (), "Go/views", when=has_views),
    *(
        Action(f"view.open_{digit}", f"View number {digit}", _view_digit(digit), (f"Ctrl+{digit}",), "", when=has_views)
        for digit in DIGITS
    ),
)  # fmt: skip
