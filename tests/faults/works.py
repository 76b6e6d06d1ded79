"""All work that faults are made beneath, by name."""

from __future__ import annotations

from collections.abc import Mapping

from tests.faults.along_work import AlongWork
from tests.faults.changes_work import (
    AccountsWork,
    DeleteWork,
    MembershipWork,
    MigrationWork,
    PurgeWork,
    RestoreWork,
    TagWork,
)
from tests.faults.work import BlobWork, OutboxWork, ServiceWork, UploadWork, Work

WORKS: Mapping[str, type[Work]] = {
    "outbox": OutboxWork,
    "service": ServiceWork,
    "upload": UploadWork,
    "blobs": BlobWork,
    "tag": TagWork,
    "membership": MembershipWork,
    "delete": DeleteWork,
    "restore": RestoreWork,
    "purge": PurgeWork,
    "accounts": AccountsWork,
    "migration": MigrationWork,
    "along": AlongWork,
}
