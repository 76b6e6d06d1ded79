"""A data service as the desktop sees it: a library of images of one organization.

Our own services answer `labeler.v1` (orders by name, choices with counts, opening paths); any other is
used through Viam's API alone, and what that cannot say is finished here.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator, Mapping, Sequence
from contextlib import aclosing
from dataclasses import replace
from pathlib import Path
from typing import Self

from labeler.client.calls import BYTES_TIMEOUT, DATA, DATASET
from labeler.client.channel import Connection
from labeler.client.endpoint import host_of
from labeler.client.follow import follow
from labeler.client.large_bytes import large_bytes
from labeler.client.local_list import keeps
from labeler.client.offers import Offers
from labeler.client.plain_choices import APP, PlainChoices, side_by_side
from labeler.client.trash import Trash
from labeler.client.vocabulary import add_names, kept_names, rename_label
from labeler.domain.datasets import by_name
from labeler.domain.edit import is_local
from labeler.domain.errors import Missing, Refused
from labeler.domain.filter import Filter, Order
from labeler.domain.image import Choice, Dataset, Image
from labeler.domain.library import OpenProgress, Page, Told
from labeler.domain.text import check_text
from labeler.domain.trash import TrashPage
from labeler.domain.vocabulary import NameOrder
from labeler.rpc.convert import ORDER_TO, dataset_from, filter_to, image_from, is_exact
from labeler.rpc.errors import ExhaustedError, GRPCError, RefusedError, UnimplementedError
from labeler.rpc.wire.app.data.v1 import data_pb2
from labeler.rpc.wire.app.dataset.v1 import dataset_pb2
from labeler.rpc.wire.app.v1 import app_pb2
from labeler.rpc.wire.labeler.v1 import labeler_pb2

LABELER = "/labeler.v1.LabelerService/"
PLAIN_PAGE = 100
"""Images in a page of a plain service, at most: what Viam's own programs ask for (viam-api.md, paging)."""
BY_IDS = 100
NOTHING = Page((), "")
"""What is in a dataset that the service has still to make."""
OPEN_TIMEOUT = 24 * 3600.0
"""Seconds that reading a folder may take."""

_FIELDS = {
    labeler_pb2.CHOICE_FIELD_LOCATION: "location_ids",
    labeler_pb2.CHOICE_FIELD_ROBOT: "robot_id",
    labeler_pb2.CHOICE_FIELD_PART: "part_id",
    labeler_pb2.CHOICE_FIELD_COMPONENT_TYPE: "component_type",
    labeler_pb2.CHOICE_FIELD_COMPONENT_NAME: "component_name",
    labeler_pb2.CHOICE_FIELD_METHOD: "method",
    labeler_pb2.CHOICE_FIELD_MIME_TYPE: "mime_types",
    labeler_pb2.CHOICE_FIELD_TAG: "tags",
    labeler_pb2.CHOICE_FIELD_LABEL: "labels",
    labeler_pb2.CHOICE_FIELD_DATASET: "dataset_id",
}
_SORT = {Order.NEWEST: data_pb2.ORDER_DESCENDING, Order.OLDEST: data_pb2.ORDER_ASCENDING}


class ServiceSource:
    """Images of one organization of one service. Make it with `open`; the connection belongs to the caller.

    All calls raise errors of `labeler.rpc.errors`, which are also those of `labeler.domain.errors`.
    """

    def __init__(
        self,
        connection: Connection,
        organization_id: str,
        title: str,
        described: labeler_pb2.DescribeResponse | None = None,
    ) -> None:
        self.connection, self.organization_id, self.title = connection, organization_id, title
        self.along = None
        """Nothing is kept of it; see `KeptSource`."""
        self.described = described
        """What our own services say of themselves, for a source made without asking; None of others."""
        self._is_ours = described is not None
        self.opens_paths = described is not None and described.opens_paths
        by_name = (Order.NAME, Order.NAME_DESCENDING) if self._is_ours else ()
        self.orders: tuple[Order, ...] = (*by_name, Order.NEWEST, Order.OLDEST)
        self._plain_choices = PlainChoices(connection, organization_id)
        self._trash = Trash(connection)

    @classmethod
    async def open(cls, connection: Connection, organization_id: str = "", title: str = "") -> Self:
        """Ask what the service is. Without an organization id it is the key's own.

        Raises Refused if the key is for several organizations and none is named.
        """
        described: labeler_pb2.DescribeResponse | None
        try:
            described = await connection.unary(
                LABELER + "Describe", labeler_pb2.DescribeRequest(), labeler_pb2.DescribeResponse
            )
        except UnimplementedError:
            described = None
        organization_id = organization_id or (described.organization_id if described else "")
        if described is not None and described.opens_paths:
            return cls(connection, organization_id, title or "This computer", described)
        organization_id, name = await _organization(connection, organization_id)
        host = host_of(connection.endpoint.target)
        return cls(connection, organization_id, title or (f"{host}, {name}" if name else host), described)

    async def page(self, wanted: Filter, order: Order, after: str, limit: int) -> Page:
        if is_local(wanted.dataset_id):
            return NOTHING
        page = await (self._our_page if self._is_ours else self._plain_page)(wanted, order, after, limit)
        if is_exact(wanted):
            return page
        rest = Filter(
            tagged=wanted.tagged, tags=wanted.tags, all_tags=wanted.all_tags, without_tags=wanted.without_tags
        )
        return replace(page, images=tuple(image for image in page.images if keeps(rest, image)))

    def jumps(self, wanted: Filter) -> bool:
        return self._is_ours and is_exact(wanted)

    async def page_at(self, wanted: Filter, order: Order, place: int, limit: int) -> Page:
        if is_local(wanted.dataset_id):
            return NOTHING
        return await self._our_page(wanted, order, "", limit, place)

    async def _our_page(self, wanted: Filter, order: Order, after: str, limit: int, start: int = 0) -> Page:
        response = await self.connection.unary(
            LABELER + "ListImages",
            labeler_pb2.ListImagesRequest(
                filter=self._filter(wanted), order=ORDER_TO[order], limit=limit, page_token=after, start=start
            ),
            labeler_pb2.ListImagesResponse,
        )
        images = tuple(image_from(record.metadata, record.problem) for record in response.images)
        return Page(images, response.next_page_token)

    async def _plain_page(self, wanted: Filter, order: Order, after: str, limit: int) -> Page:
        asked = data_pb2.DataRequest(
            filter=self._filter(wanted),
            limit=min(limit, PLAIN_PAGE),
            last=after,
            sort_order=_SORT.get(order, data_pb2.ORDER_DESCENDING),
        )
        response = await self.connection.unary(
            DATA + "BinaryDataByFilter",
            data_pb2.BinaryDataByFilterRequest(data_request=asked, include_binary=False),
            data_pb2.BinaryDataByFilterResponse,
        )
        # An empty page is the end; a short one need not be.
        images = tuple(image_from(data.metadata) for data in response.data)
        return Page(images, response.last if images else "")

    def _filter(self, wanted: Filter) -> data_pb2.Filter:
        return filter_to(wanted, [self.organization_id] if self.organization_id else [])

    async def count(self, wanted: Filter) -> int | None:
        total = await self.total(wanted)
        return None if total is None else total[0]

    async def total(self, wanted: Filter) -> tuple[int, int] | None:
        """How many images match and their pictures' bytes; None where the service cannot tell without reading all."""
        if is_local(wanted.dataset_id):
            return 0, 0
        if not is_exact(wanted):
            return None
        response = await self.connection.unary(
            DATA + "BinaryDataByFilter",
            data_pb2.BinaryDataByFilterRequest(
                data_request=data_pb2.DataRequest(filter=self._filter(wanted)), count_only=True
            ),
            data_pb2.BinaryDataByFilterResponse,
        )
        return response.count, response.total_size_bytes

    async def images(self, ids: Sequence[str]) -> tuple[Image, ...]:
        runs = [ids[start : start + BY_IDS] for start in range(0, len(ids), BY_IDS)]
        found = {image.id: image for images in await side_by_side(self._images, runs) for image in images}
        for one in ids:
            if one not in found:
                raise Missing(f"{one}: the image does not exist any more, or not for this key.")
        return tuple(found[one] for one in ids)

    async def _images(self, ids: Sequence[str]) -> list[Image]:
        response = await self._by_ids(ids, include_binary=False)
        return [image_from(data.metadata) for data in response.data]

    async def _by_ids(self, ids: Sequence[str], include_binary: bool) -> data_pb2.BinaryDataByIDsResponse:
        return await self.connection.unary(
            DATA + "BinaryDataByIDs",
            data_pb2.BinaryDataByIDsRequest(binary_data_ids=ids, include_binary=include_binary),
            data_pb2.BinaryDataByIDsResponse,
            timeout=BYTES_TIMEOUT,
        )

    async def image_bytes(self, image_id: str) -> bytes:
        try:
            response = await self._by_ids([image_id], include_binary=True)
        except GRPCError as error:
            if isinstance(error, ExhaustedError) or "INCLUDE_BINARY_TOO_LARGE" in error.message:
                return await large_bytes(self.connection, image_id)
            raise
        if not response.data:
            raise Missing(f"{image_id}: the image does not exist any more, or not for this key.")
        if not response.data[0].binary:
            raise Refused(f"{image_id}: the service has no bytes of this picture.")
        return response.data[0].binary

    async def choices(self, wanted: Filter) -> Mapping[str, tuple[Choice, ...]]:
        if not self._is_ours:
            return await self._plain_choices.read(wanted)
        found: dict[str, list[Choice]] = {}
        for choice in await self._our_choices(wanted):
            if field := _FIELDS.get(choice.field):
                found.setdefault(field, []).append(Choice(choice.value, choice.title, choice.count))
        return {field: tuple(choices) for field, choices in found.items()}

    async def _our_choices(self, wanted: Filter) -> Sequence[labeler_pb2.Choice]:
        if is_local(wanted.dataset_id):
            return ()
        request = labeler_pb2.ListChoicesRequest(filter=self._filter(wanted))
        response = await self.connection.unary(LABELER + "ListChoices", request, labeler_pb2.ListChoicesResponse)
        return response.choices

    async def datasets(self) -> tuple[Dataset, ...]:
        response = await self.connection.unary(
            DATASET + "ListDatasetsByOrganizationID",
            dataset_pb2.ListDatasetsByOrganizationIDRequest(organization_id=self.organization_id),
            dataset_pb2.ListDatasetsByOrganizationIDResponse,
        )
        # Sequences cannot hold images.
        of_images = (one for one in response.datasets if one.type != dataset_pb2.DATASET_TYPE_SEQUENCE_DATA)
        datasets = by_name(dataset_from(one) for one in of_images)
        sizes = await side_by_side(lambda one: self.count(Filter(dataset_id=one.id)), datasets)
        return tuple(replace(one, images=size) for one, size in zip(datasets, sizes, strict=True))

    async def names(self) -> NameOrder | None:
        return await kept_names(self.connection) if self._is_ours else None

    async def add_names(self, names: NameOrder) -> NameOrder:
        return await add_names(self.connection, names)

    async def rename_label(self, label: str, name: str) -> NameOrder | None:
        return await rename_label(self.connection, label, name) if self._is_ours else None

    @property
    def follows(self) -> bool:
        return Offers.of(self.described).follows

    def follow(self, position: str) -> AsyncGenerator[Told, None]:
        return follow(self.connection, position)

    @property
    def keeps_trash(self) -> bool:
        return self._is_ours

    async def trash(self, after: str) -> TrashPage:
        return await self._trash.page(after)

    async def purge_images(self, ids: Sequence[str]) -> int:
        return await self._trash.purge(ids)

    async def open_paths(self, paths: Sequence[Path], copy: bool) -> AsyncIterator[OpenProgress]:
        absolute = await asyncio.to_thread(lambda: [str(path.absolute()) for path in paths])
        for path in absolute:
            check_text("path", path)
        request = labeler_pb2.OpenPathsRequest(paths=absolute, copy=copy)
        progress = self.connection.stream_in(
            LABELER + "OpenPaths", request, labeler_pb2.OpenPathsProgress, timeout=OPEN_TIMEOUT
        )
        async with aclosing(progress) as messages:
            async for message in messages:
                yield OpenProgress(
                    found=message.found,
                    opened=message.opened,
                    already_there=message.already_there,
                    digested=message.digested,
                    listed=message.listed,
                    component_names=tuple(message.component_names),
                    refused=tuple((one.path, one.reason) for one in message.refused),
                )


async def organizations(connection: Connection) -> dict[str, str]:
    """The names of the organizations that the key is for, by id; none where the service does not tell."""
    try:
        response = await connection.unary(
            APP + "ListOrganizations", app_pb2.ListOrganizationsRequest(), app_pb2.ListOrganizationsResponse
        )
    except RefusedError:
        return {}
    return {one.id: one.name for one in response.organizations}


async def _organization(connection: Connection, organization_id: str) -> tuple[str, str]:
    """The id and the name of the organization; the only one of the key if the id is empty."""
    names = await organizations(connection)
    if organization_id:
        return organization_id, names.get(organization_id, "")
    if len(names) > 1:
        raise Refused(f"The key is for several organizations; name one of: {', '.join(sorted(names.values()))}.")
    return next(iter(names.items()), ("", ""))
