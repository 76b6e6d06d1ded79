"""How a change becomes calls of Viam's Data API. No other module knows."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Collection, Sequence
from dataclasses import dataclass, replace
from typing import Protocol

from labeler.client.attempts import Attempt
from labeler.client.channel import Connection
from labeler.client.dataset_delivery import DatasetDelivery, Differs
from labeler.client.reconcile import agrees, find_ours, twins_of
from labeler.client.sending import Sending
from labeler.domain.box import Box
from labeler.domain.edit import BoxChange, DatasetChange, DeletionChange, MembershipChange, TagChange
from labeler.domain.errors import LabelerError, Missing
from labeler.rpc.convert import EDIT_ID
from labeler.rpc.errors import GRPCError, InvalidArgumentError, ServiceFailedError, Status

_TRIES = 10
"""Times that a change is begun anew because others change the image meanwhile, before others go on without it."""
_NO_VERSION = 0
"""No image has this version: a call that asks for it is done only if it was done before."""

_DEFINITE = frozenset(
    {
        Status.INVALID_ARGUMENT, Status.NOT_FOUND, Status.ALREADY_EXISTS, Status.PERMISSION_DENIED,
        Status.FAILED_PRECONDITION, Status.OUT_OF_RANGE, Status.UNIMPLEMENTED,
    }
)  # fmt: skip

Note = Callable[[Attempt], Awaitable[None]]
"""Awaited before a call that changes anything; returns when it is on disk that the call may have been made so."""
Known = Callable[[Collection[str]], Awaitable[Collection[str]]]
"""Says which of a service's boxes the call that is made again cannot have made."""


class Exactness(Protocol):
    """What is known of a service's coordinates."""

    exact: bool | None
    """Whether they come back as they were sent, to the last bit; None where nobody has looked."""

    def note_exact(self, exact: bool) -> None:
        """Keep what was found, for later runs too."""


class _Exact:
    """Of a service that is known to be exact."""

    exact: bool | None = True

    def note_exact(self, exact: bool) -> None:
        raise AssertionError("nobody looks where it is known")


@dataclass(frozen=True, slots=True)
class Delivered:
    """The service has the change; `given_id` names the box or the dataset that was made, else empty."""

    given_id: str = ""


@dataclass(frozen=True, slots=True)
class Conflict:
    """The service has neither what the person saw nor what they made of it, but `theirs`."""

    theirs: Box | None


def is_definite(error: Exception) -> bool:
    """Whether the service said no and did nothing, so that asking again without a change is no use."""
    return isinstance(error, GRPCError) and error.status in _DEFINITE


async def _not_noted(_: Attempt) -> None:
    return None


async def _none_known(_: Collection[str]) -> Collection[str]:
    return ()


class Calls:
    """The calls that deliver changes of an organization over one connection. All raise errors of `labeler.rpc.errors`.

    `attempt` is how a change was sent by an earlier call that may have done it, None where there was none.
    """

    def __init__(self, connection: Connection, exactness: Exactness | None = None, organization_id: str = "") -> None:
        self._sending, self._exactness = Sending(connection), exactness or _Exact()
        self._datasets = DatasetDelivery(self._sending, organization_id)
        self.deleting = self._sending.deleting
        self.restored = self._sending.restored

    async def set_on_images(
        self,
        change: TagChange | MembershipChange | DeletionChange,
        image_ids: Sequence[str],
        attempt: Attempt | None = None,
        note: Note = _not_noted,
    ) -> None:
        """Make the tag, the membership or the deletion of the change so on all the images."""
        ids = sorted(image_ids)  # in one order, so that the same images are the same request
        if attempt is not None and (await self._sending.offers()).remembers(attempt):
            try:
                await self._sending.set_on_images(change, ids, attempt)
            except InvalidArgumentError as error:
                # These are not the images of then. Told once more, they are as they should be.
                if not _is_of_another(error):
                    raise
            else:
                return
        await self._sending.set_on_images(change, ids, await self._noted(note))

    async def dataset(
        self, change: DatasetChange, attempt: Attempt | None = None, note: Note = _not_noted
    ) -> Delivered | Differs:
        """Make, rename or delete a dataset."""
        if change.before is None:
            return Delivered(await self._datasets.make(change.after or "", attempt, lambda: self._noted(note)))
        differs = await self._datasets.change(change, lambda: self._noted(note))
        return differs or Delivered()

    async def box(
        self, change: BoxChange, attempt: Attempt | None = None, known: Known = _none_known, note: Note = _not_noted
    ) -> Delivered | Conflict:
        """Add, change or remove a box."""
        if change.before is None:
            assert change.after is not None  # noqa: S101 - a change has at least one side
            return await self._add(change.image_id, change.after, attempt, known, note)
        return await self._replace(change, change.before, attempt, note)

    async def _noted(self, note: Note, twins: int | None = None) -> Attempt:
        attempt = await self._sending.new_attempt(twins)
        await note(attempt)
        return attempt

    async def _add(self, image_id: str, box: Box, attempt: Attempt | None, known: Known, note: Note) -> Delivered:
        offers = await self._sending.offers()
        if attempt is not None and offers.remembers(attempt):
            try:
                return Delivered(await self._sending.add_box(image_id, box, attempt))
            except InvalidArgumentError as error:
                if not _is_of_another(error):
                    raise
        is_proof = bool(offers.edit_id_seconds or self._exactness.exact)
        boxes = await self._sending.boxes(image_id) if attempt is not None or not is_proof else ()
        if attempt is not None:
            not_ours = await known([one.id for one in boxes])
            if (ours := find_ours(box, boxes, not_ours, attempt.twins)) is not None:
                return Delivered(ours.id)
        new = await self._noted(note, None if is_proof else len(twins_of(box, boxes)))
        given_id = await self._sending.add_box(image_id, box, new)
        if not is_proof and self._exactness.exact is None:
            await self._look_at(image_id, replace(box, id=given_id))
        return Delivered(given_id)

    async def _look_at(self, image_id: str, sent: Box) -> None:
        """Find out from a box of ours whether the service keeps coordinates exactly."""
        try:
            kept, _ = await self._sending.box(image_id, sent.id)
        except LabelerError:
            return  # the next box will tell
        if kept is not None and agrees(kept, sent):
            self._exactness.note_exact(kept.rect == sent.rect)

    async def _replace(
        self, change: BoxChange, before: Box, attempt: Attempt | None, note: Note
    ) -> Delivered | Conflict:
        """Change or remove a box, if it is still as the person saw it."""
        image_id, after = change.image_id, change.after
        if attempt is not None and await self._was_done(image_id, before, after, attempt):
            return Delivered()
        for _ in range(_TRIES):
            try:
                theirs, version = await self._sending.box(image_id, before.id)
            except Missing:
                if after is None:
                    return Delivered()
                raise
            if _is_done(theirs, after):
                return Delivered()
            if theirs is None or not agrees(theirs, before):
                return Conflict(theirs)
            attempt = await self._noted(note)
            try:
                await self._sending.replace_box(image_id, before, after, attempt, version)
            except Missing:
                return Delivered() if after is None else Conflict(None)
            except ServiceFailedError as error:
                if version is None or error.status is not Status.ABORTED:
                    raise
            else:
                return Delivered()
        text = "Others change the image all the time."
        raise ServiceFailedError(Status.ABORTED, text, text=text)

    async def _was_done(self, image_id: str, before: Box, after: Box | None, attempt: Attempt) -> bool:
        """Whether the service says that it has done what was sent then; nothing is done now."""
        offers = await self._sending.offers()
        if not offers.versions or not offers.remembers(attempt):
            return False
        try:
            await self._sending.replace_box(image_id, before, after, attempt, _NO_VERSION)
        except (Missing, InvalidArgumentError):
            return False
        except ServiceFailedError as error:
            if error.status is not Status.ABORTED:
                raise
            return False
        return True


def _is_of_another(error: InvalidArgumentError) -> bool:
    """Whether the service remembers another request under this edit id."""
    return EDIT_ID in error.message


def _is_done(theirs: Box | None, after: Box | None) -> bool:
    if theirs is None or after is None:
        return theirs is after
    return agrees(theirs, after) and after.confidence in (None, theirs.confidence)
