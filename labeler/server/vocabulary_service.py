"""labeler.v1: the order of an organization's labels and tags."""

from __future__ import annotations

from labeler.domain.vocabulary import NameOrder
from labeler.rpc.wire.labeler.v1 import labeler_pb2
from labeler.server.accounts import Caller
from labeler.server.catalog import Catalog
from labeler.server.errors import invalid
from labeler.server.labeler_service import LARGEST_LIMIT


class VocabularyService:
    """RPCs by name; each takes the request and who calls."""

    def __init__(self, catalog: Catalog) -> None:
        self._catalog = catalog

    async def GetVocabulary(
        self, _request: labeler_pb2.GetVocabularyRequest, caller: Caller
    ) -> labeler_pb2.GetVocabularyResponse:
        names = await self._catalog.vocabulary(caller.organization_id)
        return labeler_pb2.GetVocabularyResponse(labels=names.labels, tags=names.tags, renamed_labels=names.renamed)

    async def PutVocabulary(
        self, request: labeler_pb2.PutVocabularyRequest, caller: Caller
    ) -> labeler_pb2.PutVocabularyResponse:
        for field, given in (("labels", request.labels), ("tags", request.tags)):
            if len(given) > LARGEST_LIMIT:
                raise invalid(field, f"more than {LARGEST_LIMIT:,} were given")
        new = NameOrder(tuple(request.labels), tuple(request.tags))
        names = await self._catalog.add_names(caller.organization_id, new)
        return labeler_pb2.PutVocabularyResponse(labels=names.labels, tags=names.tags, renamed_labels=names.renamed)

    async def RenameLabel(
        self, request: labeler_pb2.RenameLabelRequest, caller: Caller
    ) -> labeler_pb2.RenameLabelResponse:
        names = await self._catalog.rename_label(caller.organization_id, request.label, request.name)
        return labeler_pb2.RenameLabelResponse(labels=names.labels, tags=names.tags, renamed_labels=names.renamed)
