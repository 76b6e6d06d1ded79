"""Binary data: pages by filter, images by id, all of them as iterators, and deleting them."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Sequence
from contextlib import aclosing

from labeler.client import arguments, downloads
from labeler.client.calls import BYTES_TIMEOUT, Calls
from labeler.client.messages import BinaryData, BinaryID, BinaryMetadata, Filter, Order
from labeler.client.prefetch import in_order
from labeler.client.requests import data_request
from labeler.rpc.errors import InvalidCallError, NotFoundError
from labeler.rpc.wire.app.data.v1 import data_pb2

Ids = Sequence[BinaryID] | Sequence[str]


class BinaryDataCalls(Calls):
    """Pages by filter, images by id, all of them as iterators, and deleting them."""

    async def binary_data_by_filter(
        self,
        filter: Filter | None = None,  # noqa: A002 - the reference's name
        limit: int | None = None,
        sort_order: Order.ValueType | None = None,
        last: str | None = None,
        include_binary_data: bool = True,
        count_only: bool = False,
        include_internal_data: bool = False,
        dest: downloads.Destination | None = None,
        *,
        include_file_data: bool | None = None,
    ) -> tuple[list[BinaryData], int, str]:
        """One page of images, the count, and what to give as `last` for the next page.

        With `count_only` the page is empty and the count is of all. `include_file_data` is the older name of
        `include_binary_data`. `dest` names a file that becomes the bytes where the page is one image, else a
        ZIP in the layout of Viam's export. Raises GRPCError.
        """
        if include_file_data is not None:
            include_binary_data = arguments.flag("include_file_data", include_file_data)
        request = data_pb2.BinaryDataByFilterRequest(
            data_request=data_request(filter, limit, sort_order, last),
            include_binary=arguments.flag("include_binary_data", include_binary_data),
            count_only=arguments.flag("count_only", count_only),
            include_internal_data=arguments.flag("include_internal_data", include_internal_data),
        )
        path = await downloads.checked(dest)
        if path and (count_only or not include_binary_data):
            raise InvalidCallError("dest", "asks for a download, but include_binary_data or count_only for no bytes")
        response = await self._data("BinaryDataByFilter", request, data_pb2.BinaryDataByFilterResponse, BYTES_TIMEOUT)
        images = list(response.data)
        if path:
            await downloads.write_images(path, images)
        return images, response.count, response.last

    async def binary_data_by_ids(
        self,
        binary_ids: Ids,
        dest: downloads.Destination | None = None,
        include_binary_data: bool = True,
    ) -> list[BinaryData]:
        """The images with these ids, in their order. `dest` as in `binary_data_by_filter`. Raises GRPCError."""
        request = data_pb2.BinaryDataByIDsRequest(
            **arguments.ids("binary_ids", binary_ids),
            include_binary=arguments.flag("include_binary_data", include_binary_data),
        )
        path = await downloads.checked(dest)
        if path and not include_binary_data:
            raise InvalidCallError("dest", "asks for a download, but include_binary_data for no bytes")
        response = await self._data("BinaryDataByIDs", request, data_pb2.BinaryDataByIDsResponse, BYTES_TIMEOUT)
        images = list(response.data)
        if path:
            await downloads.write_images(path, images)
        return images

    async def binary_data_pages(
        self,
        filter: Filter | None = None,  # noqa: A002
        sort_order: Order.ValueType | None = None,
        page_size: int = 100,
        include_binary_data: bool = False,
        include_internal_data: bool = False,
    ) -> AsyncGenerator[list[BinaryData], None]:
        """All pages of a filter, one call each, until an empty one. Raises GRPCError."""
        last = ""
        while True:
            page, _, following = await self.binary_data_by_filter(
                filter, page_size, sort_order, last, include_binary_data, False, include_internal_data
            )
            if page:
                yield page
            if not page or following in ("", last):
                return
            last = following

    async def images(
        self,
        filter: Filter | None = None,  # noqa: A002
        sort_order: Order.ValueType | None = None,
        in_flight: int = 8,
        page_size: int = 100,
    ) -> AsyncGenerator[BinaryData, None]:
        """All images of a filter with their bytes, in order, at most `in_flight` of them asked for ahead.

        An image that was deleted meanwhile is passed over. To leave before the end, use
        `contextlib.aclosing`, which ends the calls under way. Raises GRPCError.
        """
        if arguments.whole("in_flight", in_flight) == 0:
            raise InvalidCallError("in_flight", "is 0; it must be at least 1")
        found = self._metadata_of_all(filter, sort_order, page_size)
        async with aclosing(in_order(found, self._image_of, in_flight)) as fetched:
            async for image in fetched:
                if image is not None:
                    yield image

    async def _metadata_of_all(
        self,
        filter: Filter | None,  # noqa: A002
        sort_order: Order.ValueType | None,
        page_size: int,
    ) -> AsyncGenerator[BinaryMetadata, None]:
        async with aclosing(self.binary_data_pages(filter, sort_order, page_size)) as pages:
            async for page in pages:
                for image in page:
                    yield image.metadata

    async def _image_of(self, metadata: BinaryMetadata) -> BinaryData | None:
        capture = metadata.capture_metadata
        ids: Ids = [metadata.binary_data_id]
        if not metadata.binary_data_id:
            organization_id, location_id = capture.organization_id, capture.location_id
            ids = [BinaryID(file_id=metadata.id, organization_id=organization_id, location_id=location_id)]
        try:
            found = await self.binary_data_by_ids(ids)
        except NotFoundError:
            return None
        return found[0] if found else None

    async def delete_binary_data_by_filter(self, filter: Filter | None) -> int:  # noqa: A002
        """Delete all images of a filter; how many were deleted. No filter or an empty one deletes everything.

        Raises GRPCError.
        """
        request = data_pb2.DeleteBinaryDataByFilterRequest(filter=arguments.optional_message("filter", filter, Filter))
        response = await self._data("DeleteBinaryDataByFilter", request, data_pb2.DeleteBinaryDataByFilterResponse)
        return response.deleted_count

    async def delete_binary_data_by_ids(self, binary_ids: Ids) -> int:
        """Delete the images with these ids; how many were deleted. Raises GRPCError."""
        request = data_pb2.DeleteBinaryDataByIDsRequest(**arguments.ids("binary_ids", binary_ids))
        response = await self._data("DeleteBinaryDataByIDs", request, data_pb2.DeleteBinaryDataByIDsResponse)
        return response.deleted_count
