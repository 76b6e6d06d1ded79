"""What a service knows beyond Viam's Data API that makes delivery and following exact."""

from __future__ import annotations

from dataclasses import dataclass

from labeler.client.attempts import Attempt, age_of
from labeler.client.channel import Connection
from labeler.rpc.errors import UnimplementedError
from labeler.rpc.wire.labeler.v1 import labeler_pb2

DESCRIBE = "/labeler.v1.LabelerService/Describe"
_SURE = 0.5
"""The part of the time that a service remembers an edit id in which it is relied on."""


@dataclass(frozen=True, slots=True)
class Offers:
    """`edit_id_seconds`: how long an edit id is remembered, 0 for not at all. `versions`: whether changes of boxes
    can be bound to an image's version. `follows`: whether changes are told as they happen, and by whom.
    """

    edit_id_seconds: float = 0.0
    versions: bool = False
    follows: bool = False

    @classmethod
    def of(cls, described: labeler_pb2.DescribeResponse | None) -> Offers:
        if described is None:
            return cls()
        return cls(float(described.edit_id_seconds), described.versions, described.follows)

    def remembers(self, attempt: Attempt | None) -> bool:
        """Whether the service still knows if it has done what was sent then."""
        if attempt is None or not attempt.edit_id:
            return False
        return 0 <= age_of(attempt.edit_id) < self.edit_id_seconds * _SURE


async def offers_of(connection: Connection) -> Offers:
    """Ask the service. Raises GRPCError."""
    try:
        described = await connection.unary(DESCRIBE, labeler_pb2.DescribeRequest(), labeler_pb2.DescribeResponse)
    except UnimplementedError:
        return Offers()
    return Offers.of(described)
