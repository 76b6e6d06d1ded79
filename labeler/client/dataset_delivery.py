"""How changes of datasets become calls of Viam's API. Names are unique in an organization: they tell what was done."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import dataclass

from labeler.client.attempts import Attempt
from labeler.client.calls import DATA, DATASET
from labeler.client.sending import Sending
from labeler.domain.amounts import count_text
from labeler.domain.edit import DatasetChange
from labeler.domain.errors import Missing
from labeler.domain.filter import Filter
from labeler.rpc.convert import filter_to
from labeler.rpc.errors import AlreadyExistsError
from labeler.rpc.wire.app.data.v1 import data_pb2
from labeler.rpc.wire.app.dataset.v1 import dataset_pb2

NewAttempt = Callable[[], Awaitable[Attempt]]
"""Notes on disk that the call may have been made, and says how it is to be sent."""


@dataclass(frozen=True, slots=True)
class Differs:
    """The dataset is not what the person saw; `problem` says in which way."""

    problem: str


class DatasetDelivery:
    """The calls of one organization. All raise errors of `labeler.rpc.errors`."""

    def __init__(self, sending: Sending, organization_id: str) -> None:
        self._sending, self._organization_id = sending, organization_id

    async def make(self, name: str, attempt: Attempt | None, noted: NewAttempt) -> str:
        """Make a dataset; returns its id. One of this name that is there already is taken for it.

        `attempt`: an earlier call may have made it.
        """
        if attempt is not None and (there := await self._id_of(name)):
            return there
        request = dataset_pb2.CreateDatasetRequest(name=name, organization_id=self._organization_id)
        new = await noted()
        try:
            made = await self._sending.call(DATASET + "CreateDataset", request, dataset_pb2.CreateDatasetResponse, new)
        except AlreadyExistsError:
            there = await self._id_of(name)
            if not there:
                raise
            return there
        return made.id

    async def change(self, change: DatasetChange, noted: NewAttempt) -> Differs | None:
        """Rename or delete a dataset, if it is still as the person saw it."""
        name = await self._name_of(change.dataset_id)
        if name == change.after:
            return None
        if not change.anyway and (differs := await self._difference(change, name)) is not None:
            return differs
        attempt = await noted()
        if change.after is not None:
            renaming = dataset_pb2.RenameDatasetRequest(id=change.dataset_id, name=change.after)
            await self._sending.call(DATASET + "RenameDataset", renaming, dataset_pb2.RenameDatasetResponse, attempt)
            return None
        deletion = dataset_pb2.DeleteDatasetRequest(id=change.dataset_id)
        with suppress(Missing):
            await self._sending.call(DATASET + "DeleteDataset", deletion, dataset_pb2.DeleteDatasetResponse, attempt)
        return None

    async def _difference(self, change: DatasetChange, name: str | None) -> Differs | None:
        done = "deleted" if change.after is None else "renamed"
        if name is None:
            return Differs(f"Somebody else deleted the dataset \u201c{change.before}\u201d, which you {done}.")
        if name != change.before:
            return Differs(f"Somebody else renamed the dataset \u201c{change.before}\u201d to \u201c{name}\u201d.")
        if change.after is None and (images := await self._size_of(change.dataset_id)):
            return Differs(
                f"Somebody else put {count_text(images)} into the dataset \u201c{name}\u201d, which you {done}."
            )
        return None

    async def _id_of(self, name: str) -> str:
        """The id of the dataset with a name; empty where there is none."""
        response = await self._sending.ask(
            DATASET + "ListDatasetsByOrganizationID",
            dataset_pb2.ListDatasetsByOrganizationIDRequest(organization_id=self._organization_id),
            dataset_pb2.ListDatasetsByOrganizationIDResponse,
        )
        return next((one.id for one in response.datasets if one.name == name), "")

    async def _name_of(self, dataset_id: str) -> str | None:
        """The name of a dataset; None where it is not there."""
        request = dataset_pb2.ListDatasetsByIDsRequest(ids=[dataset_id])
        try:
            response = await self._sending.ask(
                DATASET + "ListDatasetsByIDs", request, dataset_pb2.ListDatasetsByIDsResponse
            )
        except Missing:
            return None
        return next((one.name for one in response.datasets if one.id == dataset_id), None)

    async def _size_of(self, dataset_id: str) -> int:
        """How many images are in a dataset."""
        wanted = filter_to(Filter(dataset_id=dataset_id), [self._organization_id] if self._organization_id else [])
        request = data_pb2.BinaryDataByFilterRequest(data_request=data_pb2.DataRequest(filter=wanted), count_only=True)
        response = await self._sending.ask(DATA + "BinaryDataByFilter", request, data_pb2.BinaryDataByFilterResponse)
        return response.count
