"""Puts the services of a data directory together."""

from __future__ import annotations

import asyncio
from pathlib import Path

from labeler.rpc.wire.app.data.v1 import data_pb2
from labeler.rpc.wire.app.dataset.v1 import dataset_pb2
from labeler.rpc.wire.app.datasync.v1 import data_sync_pb2
from labeler.rpc.wire.app.v1 import app_pb2
from labeler.rpc.wire.labeler.v1 import labeler_pb2
from labeler.rpc.wire.proto.rpc.v1 import auth_pb2
from labeler.server.accounts import ACCOUNTS_FILE, Accounts
from labeler.server.app_service import AppService
from labeler.server.auth_service import AuthService, Refusals
from labeler.server.content import Content
from labeler.server.data_service import DataService
from labeler.server.dataset_service import DatasetService
from labeler.server.dispatch import Dispatcher
from labeler.server.files import FileBlobs
from labeler.server.follow_service import FollowService
from labeler.server.housekeeping import keep_house
from labeler.server.labeler_service import LabelerService
from labeler.server.limits import Limits
from labeler.server.open_paths import PathOpener
from labeler.server.signed_urls import ImageServer, UrlSigner
from labeler.server.sqlite.catalog import SqliteCatalog
from labeler.server.sqlite.upkeep import Damaged, damage_of
from labeler.server.sync_service import SyncService
from labeler.server.tabular.sandbox import Sandbox
from labeler.server.tabular.service import TabularService
from labeler.server.tabular.sqlite_store import SqliteTabularStore
from labeler.server.tokens import Tokens
from labeler.server.trash_service import TrashService
from labeler.server.vocabulary_service import VocabularyService

CATALOG_FILE = "catalog.db"
READINGS_FILE = "readings.db"
BLOBS_FOLDER = "blobs"


def refuse_damaged(directory: Path) -> None:
    """Raise Damaged if one of the databases that are there is. Reads all of them once."""
    for name in (ACCOUNTS_FILE, CATALOG_FILE, READINGS_FILE):
        path = directory / name
        if path.exists() and (damage := damage_of(path, quick=True)):
            raise Damaged(path, damage[0])


class Services:
    """All that answers calls on one data directory, and what it keeps open."""

    def __init__(
        self, directory: Path, accounts: Accounts, local_tokens: tuple[str, ...], limits: Limits | None = None
    ) -> None:
        limits = limits or Limits()
        refusals = Refusals(limits.failed_sign_ins_per_minute)
        self.catalog = SqliteCatalog(directory / CATALOG_FILE)
        self._blobs = blobs = FileBlobs(directory / BLOBS_FOLDER)
        self._housekeeping: asyncio.Task[None] | None = None
        content = Content(blobs)
        tokens = Tokens(accounts, local_tokens)
        self.signer = UrlSigner(accounts.derived_secret("signed URL"))
        self.images_over_http = ImageServer(self.catalog, content, self.signer, tokens, accounts, refusals)
        readings = SqliteTabularStore(directory / READINGS_FILE)
        self._tabular = TabularService(readings, Sandbox(readings))
        data = DataService(self.catalog, blobs, self.signer.sign_url, self.signer.uri_of)
        sync = SyncService(self.catalog, blobs, accounts, self._tabular)
        opener = PathOpener(self.catalog, blobs)
        desktop = LabelerService(self.catalog, content, accounts, opener, self.signer.uri_of)
        self._following = FollowService(self.catalog)
        self.dispatcher = Dispatcher(tokens.authenticate, limits)
        for module, service, implementations in (
            (data_pb2, "DataService", (data, self._tabular)),
            (dataset_pb2, "DatasetService", (DatasetService(self.catalog),)),
            (data_sync_pb2, "DataSyncService", (sync,)),
            (app_pb2, "AppService", (AppService(accounts),)),
            (
                labeler_pb2,
                "LabelerService",
                (desktop, self._following, TrashService(self.catalog, blobs), VocabularyService(self.catalog)),
            ),
        ):
            self.dispatcher.add(module.DESCRIPTOR.services_by_name[service], implementations)
        signing_in = AuthService(tokens, refusals)
        self.dispatcher.add(auth_pb2.DESCRIPTOR.services_by_name["AuthService"], (signing_in,), is_open=True)

    def start_housekeeping(self) -> None:
        """Begin what a service does for itself; ends with `close`."""
        self._housekeeping = asyncio.create_task(keep_house(self.catalog, self._blobs))

    def stop_streams(self) -> None:
        """End the calls that would last as long as the service."""
        self._following.stop()

    async def close(self) -> None:
        """Finish what was asked and release the files."""
        if self._housekeeping is not None:
            self._housekeeping.cancel()
            await asyncio.wait((self._housekeeping,))
        await self.images_over_http.close()
        await self._tabular.close()
        await self.catalog.close()
