"""Changes just delivered, for images that were read from the service a moment before."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable

from labeler.client.pending import DATASETS, Subject, subject_of
from labeler.client.reconcile import agrees
from labeler.domain.edit import BoxChange, Change, DatasetChange, DeletionChange
from labeler.domain.image import Image

KEPT_SECONDS = 10.0
"""How long an answer can be on its way and still be shown with what was delivered meanwhile."""


class Recent:
    """Changes that the service has confirmed in the last seconds, by image.

    A page that was read before a change was delivered can arrive after it was confirmed. Without this
    the box would be gone from the screen until the next read, and look lost.
    """

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._order: deque[tuple[float, Change]] = deque()
        self._by_image: dict[str, deque[Change]] = {}

    def add(self, change: Change) -> None:
        self._forget_old()
        self._order.append((self._clock() + KEPT_SECONDS, change))
        self._by_image.setdefault(change.image_id, deque()).append(change)

    def overlay(self, image: Image) -> Image:
        """The image with these changes made, where it is still as it was before them."""
        self._forget_old()
        for change in self._by_image.get(image.id, ()):
            if not isinstance(change, BoxChange) or _is_before(image, change):
                image = change.apply(image)
        return image

    @property
    def of_datasets(self) -> list[DatasetChange]:
        """What was done to datasets, in order."""
        self._forget_old()
        return [change for change in self._by_image.get(DATASETS, ()) if isinstance(change, DatasetChange)]

    def is_deleted(self, image_id: str) -> bool | None:
        """Whether these changes deleted an image or brought it back; None where they did neither."""
        self._forget_old()
        changes = (change for change in self._by_image.get(image_id, ()) if isinstance(change, DeletionChange))
        return next((change.after for change in reversed(tuple(changes))), None)

    def forget(self, image_id: str, subject: Subject) -> None:
        """Show changes of a subject no more: the service was seen to have gone on from them."""
        stale = {id(change) for change in self._by_image.get(image_id, ()) if subject_of(change) == subject}
        if stale:
            self._order = deque(one for one in self._order if id(one[1]) not in stale)
            left = deque(change for change in self._by_image.pop(image_id) if id(change) not in stale)
            if left:
                self._by_image[image_id] = left

    def _forget_old(self) -> None:
        now = self._clock()
        while self._order and self._order[0][0] <= now:
            _, change = self._order.popleft()
            changes = self._by_image[change.image_id]
            changes.popleft()
            if not changes:
                del self._by_image[change.image_id]


def _is_before(image: Image, change: BoxChange) -> bool:
    target = change.after or change.before
    return target is not None and agrees(image.box(target.id), change.before)
