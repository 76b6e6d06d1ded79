"""Making, renaming and deleting datasets, as edits like any other."""

from __future__ import annotations

from typing import TYPE_CHECKING

from labeler.domain.edit import DatasetChange, MembershipChange, new_id
from labeler.domain.filter import Filter
from labeler.domain.image import Dataset
from labeler.state.work import Work

if TYPE_CHECKING:
    from labeler.state.session import Session

_PAGE = 1_000


def name_problem(session: Session, name: str, dataset: Dataset | None = None) -> str:
    """Why a new dataset, or this one, cannot have the name; empty where it can."""
    if not name.strip():
        return "Type the name of a dataset"
    taken = session.vocabulary.dataset_id(name)
    is_free = taken is None or (dataset is not None and taken == dataset.id)
    return "" if is_free else f"There is a dataset {name} already. Choose another name."


def make(session: Session, name: str) -> str:
    """Make a dataset; returns the id that it has on this machine."""
    dataset_id = new_id()
    _edit(session, f"Created dataset {name}", DatasetChange(dataset_id, None, name))
    return dataset_id


def rename(session: Session, dataset: Dataset, name: str) -> None:
    """Give a dataset another name."""
    _edit(session, f"Renamed dataset {dataset.name} to {name}", DatasetChange(dataset.id, dataset.name, name))


def _edit(session: Session, title: str, change: DatasetChange) -> None:
    session.mass.change(title, [change])
    session.said.emit(title)


def delete(session: Session, dataset: Dataset) -> None:
    """Take all images out of a dataset and delete it, as one edit; the images stay."""
    along = session.source.along
    if along is not None and along.offline and session.outbox.dataset_id_now(dataset.id) == dataset.id:
        session.failed.emit(
            f"The dataset {dataset.name} cannot be deleted offline: only the service knows which images are in it. "
            f"Delete it when {session.source.title} can be reached."
        )
        return
    work = Work(f"Deleting dataset {dataset.name}", total=dataset.images or 0)
    session.run(work, _delete(session, work, dataset))


async def _delete(session: Session, work: Work, dataset: Dataset) -> None:
    members = dict.fromkeys(await _members(session, work, dataset.id), True)
    members.update(session.outbox.members_of(dataset.id))
    out = [MembershipChange(image_id, dataset.id, False) for image_id, is_in in members.items() if is_in]
    title = f"Deleted dataset {dataset.name}"
    session.mass.change(title, [*out, DatasetChange(dataset.id, dataset.name, None)])
    session.said.emit(title)


async def _members(session: Session, work: Work, dataset_id: str) -> list[str]:
    """Ids of the images that the service has in a dataset."""
    found: list[str] = []
    after, wanted = "", Filter(dataset_id=dataset_id)
    while True:
        page = await session.source.page(wanted, session.source.orders[0], after, _PAGE)
        found += (image.id for image in page.images)
        work.done, after = len(found), page.next
        session.works_changed.emit()
        if not after:
            return found
