"""The order of names that the labeler's own service keeps for an organization; others have none."""

from __future__ import annotations

from labeler.client.channel import Connection
from labeler.domain.text import is_text
from labeler.domain.vocabulary import NameOrder
from labeler.rpc.convert import MEMBERSHIP_PREFIX
from labeler.rpc.errors import UnimplementedError
from labeler.rpc.wire.labeler.v1 import labeler_pb2

AT_ONCE = 1_000
"""Names of a kind in one call, as the service allows."""
_SERVICE = "/labeler.v1.LabelerService/"


async def kept_names(connection: Connection) -> NameOrder | None:
    """All names of the key's organization; None of a service that keeps none. Raises GRPCError."""
    try:
        response = await connection.unary(
            _SERVICE + "GetVocabulary", labeler_pb2.GetVocabularyRequest(), labeler_pb2.GetVocabularyResponse
        )
    except UnimplementedError:
        return None
    return _order(response)


async def rename_label(connection: Connection, label: str, name: str) -> NameOrder | None:
    """Give a label's place to a new name; returns all. None of a service that does not do it. Raises GRPCError."""
    if not (_can_be(label) and _can_be(name)):
        return None
    try:
        response = await connection.unary(
            _SERVICE + "RenameLabel",
            labeler_pb2.RenameLabelRequest(label=label, name=name),
            labeler_pb2.RenameLabelResponse,
        )
    except UnimplementedError:
        return None
    return _order(response)


async def add_names(connection: Connection, names: NameOrder) -> NameOrder:
    """Put those that are new behind the others; returns all. Names that nothing can have are left out.

    Raises GRPCError.
    """
    names = NameOrder(
        tuple(filter(_can_be, names.labels)),
        tuple(tag for tag in names.tags if _can_be(tag) and not tag.startswith(MEMBERSHIP_PREFIX)),
    )
    kept = NameOrder()
    for start in range(0, max(len(names.labels), len(names.tags), 1), AT_ONCE):
        part = slice(start, start + AT_ONCE)
        response = await connection.unary(
            _SERVICE + "PutVocabulary",
            labeler_pb2.PutVocabularyRequest(labels=names.labels[part], tags=names.tags[part]),
            labeler_pb2.PutVocabularyResponse,
        )
        kept = _order(response)
    return kept


def _order(
    response: labeler_pb2.GetVocabularyResponse | labeler_pb2.PutVocabularyResponse | labeler_pb2.RenameLabelResponse,
) -> NameOrder:
    return NameOrder(tuple(response.labels), tuple(response.tags), dict(response.renamed_labels))


def _can_be(name: str) -> bool:
    return bool(name.strip()) and is_text(name)
