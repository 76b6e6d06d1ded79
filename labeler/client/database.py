"""The database behind the tabular data."""

from __future__ import annotations

from labeler.client import arguments
from labeler.client.calls import Calls
from labeler.rpc.wire.app.data.v1 import data_pb2


class DatabaseCalls(Calls):
    """The database behind the tabular data."""

    async def get_database_connection(self, organization_id: str) -> str:
        """The host name of the organization's database. Raises GRPCError."""
        request = data_pb2.GetDatabaseConnectionRequest(
            organization_id=arguments.text("organization_id", organization_id)
        )
        response = await self._data("GetDatabaseConnection", request, data_pb2.GetDatabaseConnectionResponse)
        return response.hostname

    async def configure_database_user(self, organization_id: str, password: str) -> None:
        """Set the password of the organization's database user, making the user where there is none.

        Raises GRPCError.
        """
        request = data_pb2.ConfigureDatabaseUserRequest(
            organization_id=arguments.text("organization_id", organization_id),
            password=arguments.text("password", password),
        )
        await self._data("ConfigureDatabaseUser", request, data_pb2.ConfigureDatabaseUserResponse)
