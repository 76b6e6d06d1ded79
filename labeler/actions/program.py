"""The program itself: palette, help, filter, files, connections."""

from __future__ import annotations

from labeler.actions.action import Action, has_images
from labeler.domain.errors import InvalidValue
from labeler.domain.filter import WORDS, Order
from labeler.domain.image import Choice
from labeler.state.prompts import Prompt, Request
from labeler.state.session import Session


def palette(session: Session) -> None:
    """Find an action by its name and run it."""
    session.requested.emit(Request.PALETTE)


def help_here(session: Session) -> None:
    """Show the keys for where you are."""
    session.requested.emit(Request.HELP)


def filter_by_text(session: Session) -> None:
    """Filter by typing: tag:night without:blurred label:bolt after:2024-05-01."""

    def check(text: str) -> str:
        try:
            session.parse_filter(text)
        except InvalidValue as error:
            return str(error)
        return ""

    session.prompted.emit(
        Prompt(
            "Filter",
            session.show_text,
            suggest=lambda text: _suggest_filter(session, text),
            check=check,
            text=session.filter_text,
            hint="tag:night,day  label:bolt  after:2024-05-01  dataset:name  untagged; empty shows all",
        )
    )


def _suggest_filter(session: Session, text: str) -> tuple[Choice, ...]:
    """Completions of the last term of the text."""
    start, _, last = text.rpartition(" ")
    start = start + " " if start else ""
    word, colon, value = last.partition(":")
    if not colon:
        words = [f"{name}:" for name in WORDS if name.startswith(word)] + [
            name for name in ("tagged", "untagged") if name.startswith(word)
        ]
        return tuple(Choice(start + name, name) for name in words) if last else ()
    names = session.vocabulary.choices.get(WORDS.get(word, ""), ())
    if word == "dataset":
        names = tuple(Choice(dataset.name, dataset.name, dataset.images) for dataset in session.vocabulary.datasets)
    *before, begun = value.split(",")
    prefix = start + word + ":" + "".join(one + "," for one in before)
    return tuple(
        Choice(prefix + (f'"{name.value}"' if " " in name.value else name.value), f"{name.title}   {_count(name)}")
        for name in names
        if begun.casefold().strip('"') in name.value.casefold()
    )


def _count(choice: Choice) -> str:
    return "" if choice.count is None else f"{choice.count:,}"


def show_all(session: Session) -> None:
    """Show all images, without a filter."""
    session.show_text("")


def change_order(session: Session) -> None:
    """Change the order: by name, newest first, oldest first."""
    orders = session.source.orders
    order = (
        orders[(orders.index(session.library.order) + 1) % len(orders)]
        if session.library.order in orders
        else orders[0]
    )
    session.show(session.library.filter, order)
    titles = {
        Order.NEWEST: "newest first",
        Order.OLDEST: "oldest first",
        Order.NAME: "by name",
        Order.NAME_DESCENDING: "by name, from the end",
    }
    session.said.emit(f"Order: {titles[order]}")


def reload(session: Session) -> None:
    """Read the images of the filter and their pictures again."""
    session.read_again()


def open_folder(session: Session) -> None:
    """Open a folder of images, without copying them."""
    session.requested.emit(Request.OPEN_FOLDER)


def open_files(session: Session) -> None:
    """Open image files, without copying them."""
    session.requested.emit(Request.OPEN_FILES)


def export(session: Session) -> None:
    """Export the images of the filter with what is on them."""
    session.requested.emit(Request.EXPORT)


def datasets(session: Session) -> None:
    """Create, rename and delete datasets."""
    session.requested.emit(Request.DATASETS)


def pending(session: Session) -> None:
    """Show changes that were not accepted and conflicts, and decide about each."""
    session.requested.emit(Request.PENDING)


def connect(session: Session) -> None:
    """Work on this computer, on a server, or on app.viam.com."""
    session.requested.emit(Request.CONNECT)


def toggle_filter(session: Session) -> None:
    """Show or hide the filter panel."""
    session.requested.emit(Request.TOGGLE_FILTER)


def toggle_inspector(session: Session) -> None:
    """Show or hide the inspector."""
    session.requested.emit(Request.TOGGLE_INSPECTOR)


def toggle_filmstrip(session: Session) -> None:
    """Show or hide the row of neighbouring images under the editor."""
    session.requested.emit(Request.TOGGLE_FILMSTRIP)


def next_panel(session: Session) -> None:
    """Give the keyboard to the next panel: pictures, filter, inspector."""
    session.requested.emit(Request.NEXT_PANEL)


def change_theme(session: Session) -> None:
    """Change between light, dark and the system's theme."""
    session.requested.emit(Request.THEME)


def full_screen(session: Session) -> None:
    """Fill the screen, or stop filling it."""
    session.requested.emit(Request.FULL_SCREEN)


def keyboard(session: Session) -> None:
    """Show a keyboard with what each key does now; so does holding Ctrl alone for a moment."""
    session.requested.emit(Request.KEYBOARD)


def change_keys(session: Session) -> None:
    """Give other keys to actions, or take those of another program."""
    session.requested.emit(Request.CHANGE_KEYS)


def show_log(session: Session) -> None:
    """Show where the log file is."""
    session.requested.emit(Request.SHOW_LOG)


def quit_program(session: Session) -> None:
    """Quit. Everything labeled is on disk already."""
    session.requested.emit(Request.QUIT)


ACTIONS = (
    Action("file.open_folder", "Open folder", open_folder, ("Ctrl+I", "Ctrl+O"), "File/open"),
    Action("file.open_files", "Open files", open_files, ("Ctrl+Shift+O",), "File/open"),
    Action("file.export", "Export", export, ("Ctrl+E",), "File/export", when=has_images),
    Action("file.connect", "Connect", connect, ("Ctrl+L",), "File/connect"),
    Action("file.datasets", "Datasets", datasets, ("Ctrl+D",), "File/connect"),
    Action("file.pending", "Not accepted and conflicts", pending, ("Ctrl+J",), "File/connect"),
    Action("program.quit", "Quit", quit_program, ("Ctrl+Q",), "File/quit"),
    Action("filter.text", "Filter", filter_by_text, ("/",), "Go/filter"),
    Action("filter.clear", "Show all images", show_all, ("Ctrl+Shift+F",), "Go/filter"),
    Action("filter.order", "Change order", change_order, ("Ctrl+R",), "Go/filter"),
    Action("filter.reload", "Read again", reload, ("F5",), "Go/filter"),
    Action("view.filter", "Filter panel", toggle_filter, ("F2",), "View/panels"),
    Action("view.inspector", "Inspector", toggle_inspector, ("F3",), "View/panels"),
    Action("view.filmstrip", "Filmstrip", toggle_filmstrip, ("F4",), "View/panels"),
    Action("view.next_panel", "Next panel", next_panel, ("F6",), "View/panels"),
    Action("view.theme", "Change theme", change_theme, ("F9",), "View/window"),
    Action("view.full_screen", "Full screen", full_screen, ("F11",), "View/window"),
    Action("help.palette", "Command palette", palette, ("Ctrl+K", ":"), "Help"),
    Action("help.keys", "Keys for where you are", help_here, ("?", "F1"), "Help"),
    Action("help.keyboard", "Keyboard", keyboard, ("Shift+F1",), "Help"),
    Action("help.change_keys", "Change keys", change_keys, ("Ctrl+Shift+K",), "Help"),
    Action("help.log", "Log file", show_log, (), "Help"),
)
