"""Datasets and which images are in them."""

from __future__ import annotations

from collections.abc import Sequence

from labeler.client import arguments
from labeler.client.binary_data import Ids
from labeler.client.calls import DATASET, Calls
from labeler.client.messages import Dataset, DatasetType
from labeler.rpc.wire.app.data.v1 import data_pb2
from labeler.rpc.wire.app.dataset.v1 import dataset_pb2


class DatasetCalls(Calls):
    """Datasets and which images are in them."""

    async def create_dataset(
        self,
        name: str,
        organization_id: str,
        type: DatasetType.ValueType | None = None,  # noqa: A002 - viam-sdk's name
    ) -> str:
        """Make a dataset; its id. Raises GRPCError."""
        request = dataset_pb2.CreateDatasetRequest(
            name=arguments.text("name", name), organization_id=arguments.text("organization_id", organization_id)
        )
        if type is not None:
            request.type = _dataset_type("type", type)
        response = await self._connection.unary(DATASET + "CreateDataset", request, dataset_pb2.CreateDatasetResponse)
        return response.id

    async def list_dataset_by_ids(self, ids: Sequence[str]) -> list[Dataset]:
        """The datasets with these ids. Raises GRPCError."""
        request = dataset_pb2.ListDatasetsByIDsRequest(ids=arguments.nonempty_texts("ids", ids))
        response = await self._connection.unary(
            DATASET + "ListDatasetsByIDs", request, dataset_pb2.ListDatasetsByIDsResponse
        )
        return list(response.datasets)

    async def list_datasets_by_organization_id(
        self, organization_id: str, dataset_type: DatasetType.ValueType | None = None
    ) -> list[Dataset]:
        """The datasets of an organization. Raises GRPCError."""
        request = dataset_pb2.ListDatasetsByOrganizationIDRequest(
            organization_id=arguments.text("organization_id", organization_id)
        )
        if dataset_type is not None:
            request.type = _dataset_type("dataset_type", dataset_type)
        response = await self._connection.unary(
            DATASET + "ListDatasetsByOrganizationID", request, dataset_pb2.ListDatasetsByOrganizationIDResponse
        )
        return list(response.datasets)

    async def rename_dataset(self, id: str, name: str) -> None:  # noqa: A002
        """Give a dataset another name. Raises GRPCError."""
        request = dataset_pb2.RenameDatasetRequest(id=arguments.text("id", id), name=arguments.text("name", name))
        await self._connection.unary(DATASET + "RenameDataset", request, dataset_pb2.RenameDatasetResponse)

    async def delete_dataset(self, id: str) -> None:  # noqa: A002
        """Delete a dataset; its images stay. Raises GRPCError."""
        request = dataset_pb2.DeleteDatasetRequest(id=arguments.text("id", id))
        await self._connection.unary(DATASET + "DeleteDataset", request, dataset_pb2.DeleteDatasetResponse)

    async def add_binary_data_to_dataset_by_ids(self, binary_ids: Ids, dataset_id: str) -> None:
        """Put images into a dataset. Raises GRPCError, also where `binary_ids` is empty."""
        request = data_pb2.AddBinaryDataToDatasetByIDsRequest(
            **arguments.ids("binary_ids", binary_ids), dataset_id=arguments.text("dataset_id", dataset_id)
        )
        await self._data("AddBinaryDataToDatasetByIDs", request, data_pb2.AddBinaryDataToDatasetByIDsResponse)

    async def remove_binary_data_from_dataset_by_ids(self, binary_ids: Ids, dataset_id: str) -> None:
        """Take images out of a dataset. Raises GRPCError, also where `binary_ids` is empty."""
        request = data_pb2.RemoveBinaryDataFromDatasetByIDsRequest(
            **arguments.ids("binary_ids", binary_ids), dataset_id=arguments.text("dataset_id", dataset_id)
        )
        await self._data("RemoveBinaryDataFromDatasetByIDs", request, data_pb2.RemoveBinaryDataFromDatasetByIDsResponse)


def _dataset_type(name: str, value: DatasetType.ValueType) -> DatasetType.ValueType:
    arguments.enum_number(name, value, DatasetType.values())
    return value
