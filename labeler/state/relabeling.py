"""Renaming a label on every box of an organization, or merging it into another."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from typing import TYPE_CHECKING

from labeler.domain.amounts import count_text
from labeler.domain.edit import BoxChange
from labeler.domain.filter import Filter
from labeler.domain.image import Image
from labeler.state.prompts import Question
from labeler.state.work import Work

if TYPE_CHECKING:
    from labeler.state.session import Session

_PAGE = 500


def rename_label(session: Session, old: str, new: str) -> None:
    """Look for the boxes with a label, then ask whether to give them another."""
    work = Work(f"Looking for boxes labeled {old}")
    session.run(work, _find_and_ask(session, work, old, new))


async def _find_and_ask(session: Session, work: Work, old: str, new: str) -> None:
    changes: list[BoxChange] = []
    seen: set[str] = set()

    def take(images: list[Image]) -> None:
        fresh = [one for one in images if one.id not in seen and not session.outbox.is_deleted(one.id)]
        seen.update(one.id for one in fresh)
        changes.extend(
            BoxChange(image.id, box, replace(box, label=new))
            for image in map(session.outbox.overlay, fresh)
            for box in image.boxes
            if box.label == old
        )
        work.done = len(changes)
        session.works_changed.emit()

    source, wanted = session.source, Filter(labels=(old,))
    work.total = await source.count(wanted) or 0
    after = ""
    while True:
        page = await source.page(wanted, source.orders[0], after, _PAGE)
        take(list(page.images))
        after = page.next
        if not after:
            break
    # The service does not know yet which of these have the label by an edit that is on its way.
    on_the_way = [image for image in session.library.images if any(box.label == old for box in image.boxes)]
    for start in range(0, len(on_the_way), _PAGE):
        take(on_the_way[start : start + _PAGE])
        await asyncio.sleep(0)
    _ask(session, old, new, changes)


def _ask(session: Session, old: str, new: str, changes: list[BoxChange]) -> None:
    merges = new in session.vocabulary.labels.all
    images = count_text(len({change.image_id for change in changes}))
    boxes = count_text(len(changes), "box")
    done = f"Merged {old} into {new}" if merges else f"Renamed {old} to {new}"

    def accept() -> None:
        title = f"{done}, {boxes}"
        session.vocabulary.rename_label(old, new)
        session.mass.change(title, changes)
        session.said.emit(title)

    whole = "Boxes that others draw meanwhile keep the old label. Undo takes it back."
    session.asked.emit(
        Question(
            f"Merge {old} into {new}?" if merges else f"Rename {old} to {new}?",
            f"{new} becomes the label of {boxes} on {images} of {session.source.title}. {whole}",
            "Merge" if merges else "Rename",
            accept,
        )
    )
