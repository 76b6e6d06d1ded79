"""What there is to choose from: organizations, locations, machines and their parts."""

from __future__ import annotations

from labeler.rpc.convert import time_into
from labeler.rpc.wire.app.v1 import app_pb2
from labeler.server.accounts import Accounts, Caller
from labeler.server.errors import not_found


class AppService:
    """The RPCs of viam.app.v1.AppService that let a program offer choices instead of asking for ids."""

    def __init__(self, accounts: Accounts) -> None:
        self._accounts = accounts

    async def ListOrganizations(
        self, _request: app_pb2.ListOrganizationsRequest, caller: Caller
    ) -> app_pb2.ListOrganizationsResponse:
        response = app_pb2.ListOrganizationsResponse()
        organization = self._accounts.organization(caller.organization_id)
        if organization is not None:
            message = response.organizations.add(id=organization.id, name=organization.name)
            time_into(message.created_on, organization.created)
        return response

    async def ListLocations(
        self, request: app_pb2.ListLocationsRequest, caller: Caller
    ) -> app_pb2.ListLocationsResponse:
        if request.organization_id != caller.organization_id:
            raise not_found(f"There is no organization {request.organization_id!r}.")
        response = app_pb2.ListLocationsResponse()
        for location in self._accounts.locations(caller.organization_id):
            robots = self._accounts.robots(location.id)
            message = response.locations.add(id=location.id, name=location.name, robot_count=len(robots))
            message.organizations.add(organization_id=caller.organization_id, primary=True)
            time_into(message.created_on, location.created)
        return response

    async def ListRobots(self, request: app_pb2.ListRobotsRequest, caller: Caller) -> app_pb2.ListRobotsResponse:
        if self._accounts.owner_of("location", request.location_id) != caller.organization_id:
            raise not_found(f"There is no location {request.location_id!r}.")
        response = app_pb2.ListRobotsResponse()
        for robot in self._accounts.robots(request.location_id):
            message = response.robots.add(id=robot.id, name=robot.name, location=robot.parent_id)
            time_into(message.created_on, robot.created)
        return response

    async def GetRobotParts(
        self, request: app_pb2.GetRobotPartsRequest, caller: Caller
    ) -> app_pb2.GetRobotPartsResponse:
        if self._accounts.owner_of("robot", request.robot_id) != caller.organization_id:
            raise not_found(f"There is no machine {request.robot_id!r}.")
        response = app_pb2.GetRobotPartsResponse()
        location_id = next(
            part.location_id
            for part in self._accounts.parts(caller.organization_id)
            if part.robot_id == request.robot_id
        )
        for index, part in enumerate(self._accounts.parts_of_robot(request.robot_id)):
            message = response.parts.add(
                id=part.id, name=part.name, robot=part.parent_id, location_id=location_id, main_part=index == 0
            )
            time_into(message.created_on, part.created)
        return response
