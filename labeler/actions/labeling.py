"""Tags, datasets, and deleting images."""

from __future__ import annotations

from collections.abc import Callable

from labeler.actions.action import Action, Where, has_image
from labeler.domain.amounts import count_text
from labeler.domain.edit import MembershipChange, TagChange
from labeler.domain.image import Choice
from labeler.domain.trash import TRASH_AGE
from labeler.state import datasets, deleting
from labeler.state.names import DIGITS
from labeler.state.prompts import Prompt, Question, Request
from labeler.state.session import Session


def toggle_tag(session: Session, tag: str) -> None:
    """Put the tag on all target images, or, where all have it, take it off."""
    images = session.targets()
    puts_on = any(tag not in image.tags for image in images)
    title = f"{'Tagged' if puts_on else 'Untagged'} {tag}, {count_text(len(images))}"
    session.vocabulary.tags.add([tag])
    session.mass.edit(title, images, lambda i: TagChange(i.id, tag, puts_on) if puts_on != (tag in i.tags) else None)
    session.said.emit(title)


def _suggest_tags(session: Session, text: str) -> tuple[Choice, ...]:
    names = session.vocabulary.tags.starting_with(text.strip())
    return tuple(Choice(name, f"{name}   {session.vocabulary.tags.digit_of(name)}".rstrip()) for name in names)


def tag(session: Session) -> None:
    """Tag the image, or all selected images. A tag that all of them have is taken off."""
    count = len(session.targets())

    def accept(text: str) -> None:
        toggle_tag(session, session.vocabulary.tags.meant_by(text))

    session.prompted.emit(
        Prompt(
            f"Tag {count_text(count)}",
            accept,
            suggest=lambda text: _suggest_tags(session, text),
            check=lambda text: "" if text.strip() else "Type a tag",
            hint="Enter puts the tag on; where all have it, takes it off",
        )
    )


def _dataset_named(session: Session, name: str) -> str | None:
    return session.vocabulary.dataset_id(name)


def _suggest_datasets(session: Session, text: str) -> tuple[Choice, ...]:
    wanted = text.strip().casefold()
    found = [dataset for dataset in session.vocabulary.datasets if wanted in dataset.name.casefold()]
    return tuple(
        Choice(dataset.name, dataset.name if dataset.images is None else f"{dataset.name}   {dataset.images:,}")
        for dataset in found
    )


def add_to_dataset(session: Session) -> None:
    """Put the image, or all selected images, into a dataset. A name that is new makes a dataset."""
    images = session.targets()

    def put(dataset_id: str, name: str) -> None:
        title = f"Added {count_text(len(images))} to {name}"
        session.mass.edit(
            title, images, lambda i: None if dataset_id in i.dataset_ids else MembershipChange(i.id, dataset_id, True)
        )
        session.said.emit(title)

    def accept(text: str) -> None:
        name = text if _dataset_named(session, text) else text.strip()
        put(_dataset_named(session, name) or datasets.make(session, name), name)

    session.prompted.emit(
        Prompt(
            f"Add {count_text(len(images))} to dataset",
            accept,
            suggest=lambda text: _suggest_datasets(session, text),
            check=lambda text: "" if text.strip() else "Type the name of a dataset",
            hint="A name that is new makes a dataset",
        )
    )


def remove_from_dataset(session: Session) -> None:
    """Take the image, or all selected images, out of a dataset. The images stay."""
    images = session.targets()
    used = {dataset_id for image in images for dataset_id in image.dataset_ids}

    def accept(name: str) -> None:
        dataset_id = str(_dataset_named(session, name))
        members = [image for image in images if dataset_id in image.dataset_ids]
        title = f"Removed {count_text(len(members))} from {name}"
        session.mass.edit(title, members, lambda i: MembershipChange(i.id, dataset_id, False))
        session.said.emit(title)

    if not used:
        session.said.emit("Not in a dataset")
        return
    session.prompted.emit(
        Prompt(
            f"Remove {count_text(len(images))} from dataset",
            accept,
            suggest=lambda text: tuple(
                choice for choice in _suggest_datasets(session, text) if _dataset_named(session, choice.value) in used
            ),
            check=lambda text: "" if _dataset_named(session, text) in used else "Choose one of the datasets shown",
            only_choices=True,
        )
    )


def delete_images(session: Session) -> None:
    """Delete the selected images at their service, after asking. They can be brought back from its trash."""
    images = session.targets()
    session.asked.emit(
        Question(
            f"Delete {count_text(len(images))}?",
            _what_deleting_means(session, len(images)),
            f"Delete {count_text(len(images))}",
            lambda: deleting.delete_images(session, images),
            danger=not session.source.keeps_trash,
        )
    )


def _what_deleting_means(session: Session, count: int) -> str:
    """Where the images are deleted, what becomes of them, and of the files they were opened from."""
    where = session.source.title
    they, stay, them = ("The image is", "stays", "it") if count == 1 else (f"{count_text(count)} are", "stay", "them")
    if not session.source.keeps_trash:
        return (
            f"{they} deleted at {where} for good, with all boxes and tags. {where} has no trash: "
            f"this cannot be undone, and nobody can restore {them}."
        )
    text = (
        f"{they} deleted at {where} with all boxes, tags and datasets, and {stay} in its trash for "
        f"{TRASH_AGE.days} days. Undo or the trash brings {them} back."
    )
    files = " Files that were opened from a folder stay where they are."
    return text + (files if session.source.opens_paths else "")


def show_trash(session: Session) -> None:
    """Show the deleted images that can be brought back, to restore them or to remove them for good."""
    session.requested.emit(Request.TRASH)


def has_trash(session: Session) -> bool:
    return session.source.keeps_trash


def _digit(digit: str) -> Callable[[Session], None]:
    def run(session: Session) -> None:
        _with_digit(session, digit)

    run.__doc__ = f"Put tag number {digit} on the selected images, and go on. Where all have it, take it off."
    return run


def _with_digit(session: Session, digit: str) -> None:
    name = session.vocabulary.tags.of_digit(digit)
    if name is None:
        session.said.emit(f"No tag has the number {digit} yet; t makes one")
        return
    was_single = not session.grid.selected
    toggle_tag(session, name)
    if was_single and session.settings.get(_ADVANCE, True) and session.index + 1 < session.library.size:
        session.step(1)


_ADVANCE = "grid.advance"


def toggle_advance(session: Session) -> None:
    """Choose whether a digit in the grid tags the image and goes on to the next one, or stays on it."""
    goes_on = not session.settings.get(_ADVANCE, True)
    session.settings.set(_ADVANCE, goes_on)
    session.saver.save_soon()
    session.said.emit("A digit tags and goes on" if goes_on else "A digit tags and stays")


ACTIONS = (
    Action("image.tag", "Tag", tag, ("t",), "Edit/images", when=has_image),
    Action("image.add_to_dataset", "Add to dataset", add_to_dataset, ("b",), "Edit/images", when=has_image),
    Action(
        "image.remove_from_dataset", "Remove from dataset", remove_from_dataset, ("Shift+B",), "Edit/images",
        when=has_image,
    ),
    Action("grid.advance", "Go on after a digit, or stay", toggle_advance, ("Ctrl+Alt+G",), "Edit/images", Where.GRID),
    Action("image.delete", "Delete images", delete_images, ("Delete",), "Edit/delete", Where.GRID, has_image),
    Action("image.trash", "Trash", show_trash, ("Ctrl+T",), "Edit/delete", when=has_trash),
    *(
        Action(f"grid.tag_{digit}", f"Tag number {digit}", _digit(digit), (digit,), "", Where.GRID, has_image)
        for digit in DIGITS[:9]
    ),
)  # fmt: skip
