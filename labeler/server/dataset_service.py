"""`viam.app.dataset.v1.DatasetService`: datasets themselves; what is in them is DataService's."""

from __future__ import annotations

from labeler.rpc.convert import time_into
from labeler.rpc.wire.app.dataset.v1 import dataset_pb2
from labeler.server.accounts import Caller
from labeler.server.catalog import Catalog, DatasetKind, DatasetRecord
from labeler.server.errors import invalid, not_found


class DatasetService:
    """RPCs by name; each takes the request and who calls."""

    def __init__(self, catalog: Catalog) -> None:
        self._catalog = catalog

    async def CreateDataset(
        self, request: dataset_pb2.CreateDatasetRequest, caller: Caller
    ) -> dataset_pb2.CreateDatasetResponse:
        _check_organization(request.organization_id, caller)
        made = await self._catalog.create_dataset(
            caller.organization_id, request.name, _kind(request.type), (), caller.terms
        )
        return dataset_pb2.CreateDatasetResponse(id=made)

    async def MergeDatasets(
        self, request: dataset_pb2.MergeDatasetsRequest, caller: Caller
    ) -> dataset_pb2.MergeDatasetsResponse:
        _check_organization(request.organization_id, caller)
        if not request.dataset_ids:
            raise invalid("dataset_ids", "none were given")
        made = await self._catalog.create_dataset(
            caller.organization_id, request.name, merged=request.dataset_ids, terms=caller.terms
        )
        return dataset_pb2.MergeDatasetsResponse(dataset_id=made)

    async def ListDatasetsByIDs(
        self, request: dataset_pb2.ListDatasetsByIDsRequest, caller: Caller
    ) -> dataset_pb2.ListDatasetsByIDsResponse:
        if not request.ids:
            raise invalid("ids", "none were given")
        found = await self._catalog.datasets(caller.organization_id, request.ids)
        return dataset_pb2.ListDatasetsByIDsResponse(datasets=[_message(one) for one in found])

    async def ListDatasetsByOrganizationID(
        self, request: dataset_pb2.ListDatasetsByOrganizationIDRequest, caller: Caller
    ) -> dataset_pb2.ListDatasetsByOrganizationIDResponse:
        _check_organization(request.organization_id, caller)
        found = await self._catalog.datasets(caller.organization_id)
        if request.HasField("type"):
            found = tuple(one for one in found if one.kind is _kind(request.type))
        return dataset_pb2.ListDatasetsByOrganizationIDResponse(datasets=[_message(one) for one in found])

    async def RenameDataset(
        self, request: dataset_pb2.RenameDatasetRequest, caller: Caller
    ) -> dataset_pb2.RenameDatasetResponse:
        await self._catalog.rename_dataset(caller.organization_id, _id(request.id), request.name, caller.terms)
        return dataset_pb2.RenameDatasetResponse()

    async def DeleteDataset(
        self, request: dataset_pb2.DeleteDatasetRequest, caller: Caller
    ) -> dataset_pb2.DeleteDatasetResponse:
        await self._catalog.delete_dataset(caller.organization_id, _id(request.id), caller.terms)
        return dataset_pb2.DeleteDatasetResponse()


def _id(given: str) -> str:
    if not given:
        raise invalid("id", "none was given")
    return given


def _check_organization(given: str, caller: Caller) -> None:
    if not given:
        raise invalid("organization_id", "none was given")
    if given != caller.organization_id:
        raise not_found(f"{given}: there is no such organization here.")


def _kind(number: int) -> DatasetKind:
    try:
        return DatasetKind(number)
    except ValueError:
        raise invalid("type", f"{number} is no type of dataset") from None


def _message(record: DatasetRecord) -> dataset_pb2.Dataset:
    message = dataset_pb2.Dataset(id=record.id, name=record.name, organization_id=record.organization_id)
    message.type = (
        dataset_pb2.DATASET_TYPE_SEQUENCE_DATA
        if record.kind is DatasetKind.SEQUENCE
        else dataset_pb2.DATASET_TYPE_BINARY_DATA
    )
    time_into(message.time_created, record.created)
    return message
