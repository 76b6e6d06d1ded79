"""The images of `viam.app.data.v1.DataService`: found, read, deleted."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime

from labeler.domain.filter import Order
from labeler.memory import keep_freed
from labeler.rpc.convert import time_into
from labeler.rpc.wire.app.data.v1 import data_pb2
from labeler.server.accounts import Caller
from labeler.server.blobs import BlobStore
from labeler.server.catalog import Catalog, ImageRecord
from labeler.server.content import Content
from labeler.server.errors import invalid, too_large
from labeler.server.labeling_rpcs import LabelingRpcs
from labeler.server.metadata import UriOf, fill_metadata, filter_for, image_id, image_ids

DEFAULT_LIMIT = 50
LARGEST_LIMIT = 1_000
PAGE_BYTES = 24 << 20
"""A page with bytes ends when they reach this."""
MESSAGE_BYTES = 60 << 20
"""The most bytes of images in one answer; messages of 64 MiB are accepted on both sides."""
_URL_MINUTES = 15
_MOST_URL_MINUTES = 7 * 24 * 60

SignUrl = Callable[[str, int, str], tuple[str, datetime]]
"""From an image's id, minutes and the id of the key that asks to a URL that needs no key, and when it ends."""

_ORDERS = {data_pb2.ORDER_ASCENDING: Order.OLDEST}


class DataService(LabelingRpcs):
    """RPCs by name; each takes the request and who calls."""

    def __init__(self, catalog: Catalog, blobs: BlobStore, sign_url: SignUrl, uri_of: UriOf) -> None:
        super().__init__(catalog)
        keep_freed()
        self._content = Content(blobs)
        self._sign_url = sign_url
        self._uri_of = uri_of

    async def BinaryDataByFilter(
        self, request: data_pb2.BinaryDataByFilterRequest, caller: Caller
    ) -> data_pb2.BinaryDataByFilterResponse:
        asked = request.data_request
        wanted = filter_for(asked.filter, caller.organization_id)
        if wanted is None:
            return data_pb2.BinaryDataByFilterResponse(last=asked.last)
        if request.count_only:
            total = await self._catalog.count(caller.organization_id, wanted)
            return data_pb2.BinaryDataByFilterResponse(count=total.images, total_size_bytes=total.size_bytes)
        order = _ORDERS.get(asked.sort_order, Order.NEWEST)
        limit = min(asked.limit or DEFAULT_LIMIT, LARGEST_LIMIT)
        page = await self._catalog.page(caller.organization_id, wanted, order, asked.last, limit)
        fitting = _fitting(page.images) if request.include_binary else len(page.images)
        if fitting < len(page.images):
            # Asked again rather than cut, since the place where a page ends is the catalog's to write.
            page = await self._catalog.page(caller.organization_id, wanted, order, asked.last, fitting)
        response = data_pb2.BinaryDataByFilterResponse(
            count=len(page.images),
            last=page.last,
            total_size_bytes=sum(record.size_bytes for record in page.images),
        )
        for record in page.images:
            await self._fill(response.data.add(), record, request.include_binary)
        return response

    async def BinaryDataByIDs(
        self, request: data_pb2.BinaryDataByIDsRequest, caller: Caller
    ) -> data_pb2.BinaryDataByIDsResponse:
        ids = image_ids(request.binary_data_ids, request.binary_ids)
        records = await self._catalog.images(caller.organization_id, ids)
        if request.include_binary and (size := sum(record.size_bytes for record in records)) > MESSAGE_BYTES:
            raise too_large(f"{size} bytes do not fit one answer; ask for fewer, or fetch metadata.uri")
        response = data_pb2.BinaryDataByIDsResponse(count=len(records))
        for record in records:
            await self._fill(response.data.add(), record, request.include_binary)
        return response

    async def _fill(self, message: data_pb2.BinaryData, record: ImageRecord, include_binary: bool) -> None:
        if include_binary:
            if record.size_bytes > MESSAGE_BYTES:
                raise too_large(f"{record.id} has {record.size_bytes} bytes; fetch its metadata.uri")
            message.binary = await self._content.read(record)
        fill_metadata(message.metadata, record, self._uri_of)

    async def DeleteBinaryDataByFilter(
        self, request: data_pb2.DeleteBinaryDataByFilterRequest, caller: Caller
    ) -> data_pb2.DeleteBinaryDataByFilterResponse:
        wanted = filter_for(request.filter, caller.organization_id)
        deleted = (
            0 if wanted is None else await self._catalog.delete_images(caller.organization_id, wanted, caller.terms)
        )
        return data_pb2.DeleteBinaryDataByFilterResponse(deleted_count=deleted)

    async def DeleteBinaryDataByIDs(
        self, request: data_pb2.DeleteBinaryDataByIDsRequest, caller: Caller
    ) -> data_pb2.DeleteBinaryDataByIDsResponse:
        ids = image_ids(request.binary_data_ids, request.binary_ids)
        deleted = await self._catalog.delete_images(caller.organization_id, ids, caller.terms)
        return data_pb2.DeleteBinaryDataByIDsResponse(deleted_count=deleted)

    async def CreateBinaryDataSignedURL(
        self, request: data_pb2.CreateBinaryDataSignedURLRequest, caller: Caller
    ) -> data_pb2.CreateBinaryDataSignedURLResponse:
        one = image_id(request.binary_data_id, data_pb2.BinaryID())
        minutes = request.expiration_minutes if request.HasField("expiration_minutes") else _URL_MINUTES
        if not 1 <= minutes <= _MOST_URL_MINUTES:
            raise invalid("expiration_minutes", f"{minutes} is outside 1 to {_MOST_URL_MINUTES}")
        (record,) = await self._catalog.images(caller.organization_id, [one])
        url, expires = self._sign_url(record.id, minutes, caller.key_id)
        response = data_pb2.CreateBinaryDataSignedURLResponse(signed_url=url)
        time_into(response.expires_at, expires)
        return response


def _fitting(records: Sequence[ImageRecord]) -> int:
    """How many of the records, at least one, have bytes for one page."""
    total = 0
    for at, record in enumerate(records):
        total += record.size_bytes
        if at and total > PAGE_BYTES:
            return at
    return len(records)
