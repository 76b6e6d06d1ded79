"""What an organization has: locations, machines and their parts, so that ids can be chosen, not typed."""

from __future__ import annotations

from typing import Final

from labeler.client import arguments
from labeler.client.calls import Calls
from labeler.client.messages import Location, Organization, Robot, RobotPart
from labeler.rpc.wire.app.v1 import app_pb2

_APP: Final = "/viam.app.v1.AppService/"


class AppClient(Calls):
    """Organizations, locations, machines and parts that the key may see. Every call may raise GRPCError."""

    async def list_organizations(self) -> list[Organization]:
        """The organizations of the key."""
        request = app_pb2.ListOrganizationsRequest()
        response = await self._connection.unary(_APP + "ListOrganizations", request, app_pb2.ListOrganizationsResponse)
        return list(response.organizations)

    async def list_locations(self, organization_id: str) -> list[Location]:
        """The locations of an organization."""
        request = app_pb2.ListLocationsRequest(organization_id=arguments.text("organization_id", organization_id))
        response = await self._connection.unary(_APP + "ListLocations", request, app_pb2.ListLocationsResponse)
        return list(response.locations)

    async def list_robots(self, location_id: str) -> list[Robot]:
        """The machines of a location."""
        request = app_pb2.ListRobotsRequest(location_id=arguments.text("location_id", location_id))
        response = await self._connection.unary(_APP + "ListRobots", request, app_pb2.ListRobotsResponse)
        return list(response.robots)

    async def get_robot_parts(self, robot_id: str) -> list[RobotPart]:
        """The parts of a machine."""
        request = app_pb2.GetRobotPartsRequest(robot_id=arguments.text("robot_id", robot_id))
        response = await self._connection.unary(_APP + "GetRobotParts", request, app_pb2.GetRobotPartsResponse)
        return list(response.parts)
