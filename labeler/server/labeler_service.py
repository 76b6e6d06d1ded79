"""labeler.v1: what the desktop asks beyond Viam's Data API."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from pathlib import Path

from labeler import __version__
from labeler.domain.filter import Order
from labeler.rpc.convert import ORDER_FROM
from labeler.rpc.wire.labeler.v1 import labeler_pb2
from labeler.server.accounts import Accounts, Caller
from labeler.server.catalog import Catalog, ImageRecord
from labeler.server.changes import ANSWER_AGE
from labeler.server.content import Content
from labeler.server.errors import invalid, not_found, permission_denied
from labeler.server.metadata import UriOf, filter_for, image_ids, metadata_of
from labeler.server.open_paths import PathOpener

DEFAULT_LIMIT = 100
LARGEST_LIMIT = 1_000

_FIELDS = {
    "location_ids": labeler_pb2.CHOICE_FIELD_LOCATION,
    "robot_id": labeler_pb2.CHOICE_FIELD_ROBOT,
    "part_id": labeler_pb2.CHOICE_FIELD_PART,
    "component_type": labeler_pb2.CHOICE_FIELD_COMPONENT_TYPE,
    "component_name": labeler_pb2.CHOICE_FIELD_COMPONENT_NAME,
    "method": labeler_pb2.CHOICE_FIELD_METHOD,
    "mime_types": labeler_pb2.CHOICE_FIELD_MIME_TYPE,
    "tags": labeler_pb2.CHOICE_FIELD_TAG,
    "labels": labeler_pb2.CHOICE_FIELD_LABEL,
    "dataset_id": labeler_pb2.CHOICE_FIELD_DATASET,
}


class LabelerService:
    """RPCs by name; each takes the request and who calls."""

    def __init__(
        self, catalog: Catalog, content: Content, accounts: Accounts, opener: PathOpener, uri_of: UriOf
    ) -> None:
        self._catalog = catalog
        self._content = content
        self._accounts = accounts
        self._opener = opener
        self._uri_of = uri_of

    async def Describe(self, _request: labeler_pb2.DescribeRequest, caller: Caller) -> labeler_pb2.DescribeResponse:
        response = labeler_pb2.DescribeResponse(
            version=__version__,
            opens_paths=caller.opens_paths,
            organization_id=caller.organization_id,
            edit_id_seconds=int(ANSWER_AGE.total_seconds()),
            versions=True,
            follows=True,
        )
        for part in self._accounts.parts(caller.organization_id)[:1]:
            response.location_id, response.robot_id, response.part_id = part.location_id, part.robot_id, part.part_id
        return response

    async def ListImages(
        self, request: labeler_pb2.ListImagesRequest, caller: Caller
    ) -> labeler_pb2.ListImagesResponse:
        wanted = filter_for(request.filter, caller.organization_id)
        if wanted is None:
            return labeler_pb2.ListImagesResponse()
        order = ORDER_FROM.get(request.order, Order.NEWEST)
        limit = min(request.limit or DEFAULT_LIMIT, LARGEST_LIMIT)
        last: str | None = request.page_token
        if not last and request.start:
            last = await self._catalog.last_before(caller.organization_id, wanted, order, request.start)
            if last is None:
                return labeler_pb2.ListImagesResponse()
        page = await self._catalog.page(caller.organization_id, wanted, order, last or "", limit)
        images = await self._messages(page.images)
        return labeler_pb2.ListImagesResponse(images=images, next_page_token=page.last if page.more else "")

    async def ReadImages(
        self, request: labeler_pb2.ReadImagesRequest, caller: Caller
    ) -> labeler_pb2.ReadImagesResponse:
        ids = image_ids(request.binary_data_ids, ())
        if len(ids) > LARGEST_LIMIT:
            raise invalid("binary_data_ids", f"more than {LARGEST_LIMIT:,} were given")
        records = await self._catalog.images(caller.organization_id, ids)
        return labeler_pb2.ReadImagesResponse(images=await self._messages(records))

    async def _messages(self, records: Sequence[ImageRecord]) -> list[labeler_pb2.ImageRecord]:
        problems = await self._content.problems(records)
        return [
            labeler_pb2.ImageRecord(metadata=metadata_of(record, self._uri_of), problem=problem, version=record.version)
            for record, problem in zip(records, problems, strict=True)
        ]

    async def ListChoices(
        self, request: labeler_pb2.ListChoicesRequest, caller: Caller
    ) -> labeler_pb2.ListChoicesResponse:
        wanted = filter_for(request.filter, caller.organization_id)
        response = labeler_pb2.ListChoicesResponse()
        if wanted is None:
            return response
        names = {one.id: one.name for one in self._accounts.locations(caller.organization_id)}
        for name, choices in (await self._catalog.choices(caller.organization_id, wanted)).items():
            for one in choices if name in _FIELDS else ():
                title = names.get(one.value, one.title) if name == "location_ids" else one.title
                response.choices.add(field=_FIELDS[name], value=one.value, title=title, count=one.count or 0)
        return response

    async def OpenPaths(
        self, request: labeler_pb2.OpenPathsRequest, caller: Caller
    ) -> AsyncIterator[labeler_pb2.OpenPathsProgress]:
        if not caller.opens_paths:
            raise permission_denied("Only the service of this computer opens its files; upload the images instead.")
        if not request.paths:
            raise invalid("paths", "none were given")
        paths = [Path(path) for path in request.paths]
        for path in paths:
            if not path.is_absolute():
                raise invalid("paths", f"{str(path)!r} is not absolute")
        parts = self._accounts.parts(caller.organization_id)
        if not parts:
            raise not_found("The organization has no machine part that images could belong to.")
        progress = self._opener.open(parts[0], paths, copy=request.copy)
        try:
            async for each in progress:
                yield labeler_pb2.OpenPathsProgress(
                    found=each.found,
                    opened=each.opened,
                    already_there=each.already_there,
                    digested=each.digested,
                    listed=each.listed,
                    component_names=each.component_names,
                    refused=[labeler_pb2.RefusedPath(path=path, reason=reason) for path, reason in each.refused],
                )
        finally:
            await progress.aclose()
