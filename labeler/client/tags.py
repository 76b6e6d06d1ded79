"""Tags of images, and the labels of their boxes, by filter and by id."""

from __future__ import annotations

from collections.abc import Sequence

from labeler.client import arguments
from labeler.client.binary_data import Ids
from labeler.client.calls import Calls
from labeler.client.messages import Filter
from labeler.rpc.wire.app.data.v1 import data_pb2


class TagCalls(Calls):
    """Tags of images by filter and by id."""

    async def add_tags_to_binary_data_by_ids(self, tags: Sequence[str], binary_ids: Ids) -> None:
        """Put each tag on each image. Raises GRPCError, also where `tags` or `binary_ids` is empty."""
        request = data_pb2.AddTagsToBinaryDataByIDsRequest(
            tags=arguments.nonempty_texts("tags", tags), **arguments.ids("binary_ids", binary_ids)
        )
        await self._data("AddTagsToBinaryDataByIDs", request, data_pb2.AddTagsToBinaryDataByIDsResponse)

    async def add_tags_to_binary_data_by_filter(
        self,
        tags: Sequence[str],
        filter: Filter | None = None,  # noqa: A002 - the reference's name
    ) -> None:
        """Put each tag on all images of a filter, on all images without one.

        Raises GRPCError, also where `tags` is empty.
        """
        request = data_pb2.AddTagsToBinaryDataByFilterRequest(
            tags=arguments.nonempty_texts("tags", tags), filter=arguments.optional_message("filter", filter, Filter)
        )
        await self._data("AddTagsToBinaryDataByFilter", request, data_pb2.AddTagsToBinaryDataByFilterResponse)

    async def remove_tags_from_binary_data_by_ids(
        self, tags: Sequence[str], binary_ids: Ids | None = None, *, file_ids: Ids | None = None
    ) -> int:
        """Take the tags off the images; how many images had one. `file_ids` is another name of `binary_ids`.

        Raises GRPCError, also where `tags` or `binary_ids` is empty.
        """
        if (binary_ids is None) == (file_ids is None):
            raise TypeError("binary_ids is needed, under that name or as file_ids")
        name, given = ("binary_ids", binary_ids) if binary_ids is not None else ("file_ids", file_ids)
        request = data_pb2.RemoveTagsFromBinaryDataByIDsRequest(
            tags=arguments.nonempty_texts("tags", tags), **arguments.ids(name, given or [])
        )
        response = await self._data(
            "RemoveTagsFromBinaryDataByIDs", request, data_pb2.RemoveTagsFromBinaryDataByIDsResponse
        )
        return response.deleted_count

    async def remove_tags_from_binary_data_by_filter(
        self,
        tags: Sequence[str],
        filter: Filter | None = None,  # noqa: A002
    ) -> int:
        """Take the tags off all images of a filter, off all images without one; how many images had one.

        Raises GRPCError, also where `tags` is empty.
        """
        request = data_pb2.RemoveTagsFromBinaryDataByFilterRequest(
            tags=arguments.nonempty_texts("tags", tags), filter=arguments.optional_message("filter", filter, Filter)
        )
        response = await self._data(
            "RemoveTagsFromBinaryDataByFilter", request, data_pb2.RemoveTagsFromBinaryDataByFilterResponse
        )
        return response.deleted_count

    async def tags_by_filter(self, filter: Filter | None = None) -> list[str]:  # noqa: A002
        """The tags of all images of a filter, each once. Raises GRPCError."""
        request = data_pb2.TagsByFilterRequest(filter=arguments.optional_message("filter", filter, Filter))
        return list((await self._data("TagsByFilter", request, data_pb2.TagsByFilterResponse)).tags)
