"""Binary data: pages by filter, images by id, all of them as iterators, and deleting them."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Sequence
from contextlib import aclosing

from labeler.client import arguments, downloads
from labeler.client.calls import BYTES_TIMEOUT, Calls
from labeler.client.messages import BinaryData, BinaryID, BinaryMetadata, Filter, Order
from labeler.client.prefetch import in_order
from labeler.client.requests import data_request
from labeler.rpc.errors import GRPCError, InvalidCallError, NotFoundError, RefusedError
from labeler.rpc.wire.app.data.v1 import data_pb2

Ids = Sequence[BinaryID] | Sequence[str]

_CALLS, _CALLS_HERE = 4, 2
"""How many calls the images that are asked for ahead are spread over at least, where there is a line between, and where
there is none: then what a call itself costs counts for more than that a service works on several at once."""
_CALL_BYTES = 4 << 20
"""The most bytes of images that one call asks for, several together; a larger answer holds up the event loop."""


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
        """All pages of a filter, one call each, until an empty one. Raises GRPCError.

        While a page is used the next one is asked for: two are in memory at most. To leave before the end, use
        `contextlib.aclosing`, which ends the call under way.
        """

        async def after(last: str) -> tuple[list[BinaryData], str]:
            page, _, following = await self.binary_data_by_filter(
                filter, page_size, sort_order, last, include_binary_data, False, include_internal_data
            )
            return page, following

        last, asked = "", asyncio.create_task(after(""))
        try:
            while True:
                page, following = await asked
                is_last = not page or following in ("", last)
                if not is_last:
                    last, asked = following, asyncio.create_task(after(following))
                if page:
                    yield page
                if is_last:
                    return
        finally:
            asked.cancel()
            await asyncio.gather(asked, return_exceptions=True)

    async def images(
        self,
        filter: Filter | None = None,  # noqa: A002
        sort_order: Order.ValueType | None = None,
        in_flight: int = 8,
        page_size: int = 100,
    ) -> AsyncGenerator[BinaryData, None]:
        """All images of a filter with their bytes, in order, at most `in_flight` of them asked for ahead.

        One call asks for a few of them where their sizes are known and small. An image that was deleted meanwhile
        is passed over. To leave before the end, use `contextlib.aclosing`, which ends the calls under way.
        Raises GRPCError.
        """
        if arguments.whole("in_flight", in_flight) == 0:
            raise InvalidCallError("in_flight", "is 0; it must be at least 1")
        at_once = max(1, in_flight // (_CALLS_HERE if self._connection.endpoint.is_loopback else _CALLS))
        found = self._metadata_of_all(filter, sort_order, page_size, at_once)
        async with aclosing(in_order(found, self._images_of, in_flight, len)) as fetched:
            async for images in fetched:
                for image in images:
                    if isinstance(image, GRPCError):
                        raise image
                    yield image

    async def _metadata_of_all(
        self,
        filter: Filter | None,  # noqa: A002
        sort_order: Order.ValueType | None,
        page_size: int,
        at_once: int,
    ) -> AsyncGenerator[list[BinaryMetadata], None]:
        """The metadata of all images of a filter, in order, as many together as one call can ask for."""
        async with aclosing(self.binary_data_pages(filter, sort_order, page_size)) as pages:
            async for page in pages:
                together: list[BinaryMetadata] = []
                size = 0
                for image in page:
                    one = image.metadata
                    # What is not known to be small goes alone.
                    needs = one.file_size_bytes if one.binary_data_id and one.file_size_bytes else _CALL_BYTES
                    if together and (len(together) == at_once or size + needs > _CALL_BYTES):
                        yield together
                        together, size = [], 0
                    together.append(one)
                    size += needs
                yield together

    async def _images_of(self, found: Sequence[BinaryMetadata]) -> list[BinaryData | GRPCError]:
        """The images, without those that are gone; in the place of one that the service refuses, why."""
        try:
            return [*await self.binary_data_by_ids(_ids_of(found))]
        except NotFoundError:
            if len(found) == 1:
                return []
        except RefusedError as error:
            if len(found) == 1:
                return [error]
        return [image for one in found for image in await self._images_of([one])]

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


def _ids_of(found: Sequence[BinaryMetadata]) -> Ids:
    if all(one.binary_data_id for one in found):
        return [one.binary_data_id for one in found]
    return [
        BinaryID(
            file_id=one.id,
            organization_id=one.capture_metadata.organization_id,
            location_id=one.capture_metadata.location_id,
        )
        for one in found
    ]
