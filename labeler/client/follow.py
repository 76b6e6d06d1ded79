"""What others change, as our own services tell it while it happens."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator
from contextlib import aclosing

from labeler.client.channel import Connection
from labeler.domain.library import Told
from labeler.rpc.convert import CLIENT
from labeler.rpc.errors import DeadlineExceededError, Status, UnavailableError
from labeler.rpc.wire.labeler.v1 import labeler_pb2

_FOLLOW = "/labeler.v1.LabelerService/Follow"
_LONGEST = 3600.0
"""Seconds of one call, so that each has a deadline."""
SILENCE = 40.0
"""Seconds without a response, of which there is one every 15, after which the service is taken for gone."""


async def follow(connection: Connection, position: str) -> AsyncGenerator[Told, None]:
    """Tell what is changed by others than calls over this connection; `ImageSource.follow` says more."""
    request = labeler_pb2.FollowRequest(position=position)
    responses = connection.stream_in(
        _FOLLOW, request, labeler_pb2.FollowResponse, timeout=_LONGEST, metadata={CLIENT: connection.name}
    )
    async with aclosing(responses):
        while True:
            try:
                async with asyncio.timeout(SILENCE):
                    response = await anext(responses, None)
            except DeadlineExceededError:
                return
            except TimeoutError:
                text = f"{connection.endpoint.target} does not say anything any more."
                raise UnavailableError(Status.UNAVAILABLE, text, _FOLLOW, text) from None
            if response is None:
                return
            yield Told(tuple(response.binary_data_ids), response.position)
