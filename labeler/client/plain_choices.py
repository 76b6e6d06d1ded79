"""What a filter could be set to on a service that only speaks Viam's API."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import TypeVar

from labeler.client.calls import DATA
from labeler.client.channel import Connection
from labeler.domain.filter import Filter
from labeler.domain.image import Choice
from labeler.rpc.convert import MEMBERSHIP_PREFIX, filter_to
from labeler.rpc.errors import RefusedError
from labeler.rpc.wire.app.data.v1 import data_pb2
from labeler.rpc.wire.app.v1 import app_pb2

APP = "/viam.app.v1.AppService/"
AT_ONCE = 8
"""Calls under way at the same time."""
_Item = TypeVar("_Item")
_Result = TypeVar("_Result")


async def side_by_side(
    call: Callable[[_Item], Awaitable[_Result]], items: Sequence[_Item], at_once: int = AT_ONCE
) -> list[_Result]:
    """The results of a call for each item, in their order; a few calls at a time. The first failure ends all."""
    free = asyncio.Semaphore(at_once)

    async def one(item: _Item) -> _Result:
        async with free:
            return await call(item)

    tasks = [asyncio.ensure_future(one(item)) for item in items]
    try:
        return list(await asyncio.gather(*tasks))
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


class PlainChoices:
    """Choices of one organization. Locations, machines and parts are asked for once, parts only of a chosen machine."""

    def __init__(self, connection: Connection, organization_id: str) -> None:
        self._connection, self._organization_id = connection, organization_id
        self._places: tuple[tuple[Choice, ...], tuple[Choice, ...]] | None = None
        self._parts: dict[str, tuple[Choice, ...]] = {}

    async def read(self, wanted: Filter) -> Mapping[str, tuple[Choice, ...]]:
        """Tags, labels, locations and machines of the whole organization; parts of the chosen machine."""
        everything = filter_to(Filter(), [self._organization_id] if self._organization_id else [])
        locations, robots = await self._read_places()
        return {
            "tags": await self._tags(everything),
            "labels": await self._labels(everything),
            "location_ids": locations,
            "robot_id": robots,
            "part_id": await self._read_parts(wanted.robot_id),
        }

    async def _tags(self, wanted: data_pb2.Filter) -> tuple[Choice, ...]:
        request = data_pb2.TagsByFilterRequest(filter=wanted)
        response = await self._connection.unary(DATA + "TagsByFilter", request, data_pb2.TagsByFilterResponse)
        return tuple(Choice(tag, tag) for tag in response.tags if not tag.startswith(MEMBERSHIP_PREFIX))

    async def _labels(self, wanted: data_pb2.Filter) -> tuple[Choice, ...]:
        request = data_pb2.BoundingBoxLabelsByFilterRequest(filter=wanted)
        response = await self._connection.unary(
            DATA + "BoundingBoxLabelsByFilter", request, data_pb2.BoundingBoxLabelsByFilterResponse
        )
        return tuple(Choice(label, label) for label in response.labels)

    async def _read_places(self) -> tuple[tuple[Choice, ...], tuple[Choice, ...]]:
        if self._places is None:
            try:
                self._places = await self._ask_places()
            except RefusedError:
                # A key for data alone may not list machines; the filter takes typed ids then.
                self._places = (), ()
        return self._places

    async def _ask_places(self) -> tuple[tuple[Choice, ...], tuple[Choice, ...]]:
        request = app_pb2.ListLocationsRequest(organization_id=self._organization_id)
        found = await self._connection.unary(APP + "ListLocations", request, app_pb2.ListLocationsResponse)
        locations = tuple(Choice(one.id, one.name or one.id) for one in found.locations)

        async def robots_at(location: Choice) -> list[Choice]:
            request = app_pb2.ListRobotsRequest(location_id=location.value)
            response = await self._connection.unary(APP + "ListRobots", request, app_pb2.ListRobotsResponse)
            return [Choice(one.id, one.name or one.id) for one in response.robots]

        robots = await side_by_side(robots_at, locations)
        return locations, tuple(robot for some in robots for robot in some)

    async def _read_parts(self, robot_id: str) -> tuple[Choice, ...]:
        if not robot_id:
            return ()
        if robot_id not in self._parts:
            request = app_pb2.GetRobotPartsRequest(robot_id=robot_id)
            try:
                response = await self._connection.unary(APP + "GetRobotParts", request, app_pb2.GetRobotPartsResponse)
            except RefusedError:
                return ()
            self._parts[robot_id] = tuple(Choice(one.id, one.name or one.id) for one in response.parts)
        return self._parts[robot_id]
