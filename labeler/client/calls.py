"""What the parts of the data client have in common: the connection and the names of the services."""

from __future__ import annotations

from typing import Final, TypeVar

from google.protobuf.message import Message

from labeler.client.channel import DEFAULT_TIMEOUT, Connection

Response = TypeVar("Response", bound=Message)

DATA: Final = "/viam.app.data.v1.DataService/"
DATASET: Final = "/viam.app.dataset.v1.DatasetService/"
SYNC: Final = "/viam.app.datasync.v1.DataSyncService/"

BYTES_TIMEOUT: Final = 300.0
"""Seconds for a response that carries images or rows of a query."""

_SLOWEST_BYTES_PER_SECOND = 64 * 1024


def upload_timeout(size: int | None) -> float:
    """Seconds that an upload of `size` bytes may take, so that a slow line is not cut off; None is unknown."""
    return 3600.0 if size is None else DEFAULT_TIMEOUT + size / _SLOWEST_BYTES_PER_SECOND


class Calls:
    """Calls over one connection, which belongs to whoever opened it."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    async def _data(
        self,
        name: str,
        request: Message,
        response_type: type[Response],
        timeout: float = DEFAULT_TIMEOUT,  # noqa: ASYNC109 - a deadline of the call
    ) -> Response:
        return await self._connection.unary(DATA + name, request, response_type, timeout=timeout)
