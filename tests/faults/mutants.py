"""Breaks of the code that keeps labels safe, each with the tests that must notice it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Mutant:
    module: str
    before: str
    after: str
    tests: str


_FULL, _NORMAL = "synchronous = FULL", "synchronous = NORMAL"
_OUTBOX = "tests/client_desktop/test_outbox.py::"
_BLOBS = "tests/server/blobs/test_blobs_files.py::"
_HANDLE = "tests/test_sqlite_handle.py::"
_CATALOG = "tests/server/catalog/test_catalog_sqlite.py::"
_TOGETHER = "tests/server/catalog/test_catalog_together.py::"
_DELIVER = "tests/client_desktop/test_deliver.py::"
_IN_ORDER = f"{_BLOBS}test_everything_is_on_disk_in_order_before_a_put_returns"
_IN_FACT = f"{_BLOBS}test_a_blob_and_all_names_on_its_way_are_forced_to_disk"
_DISK_FAILS = f"{_OUTBOX}test_a_disk_that_fails_is_said_and_the_edit_is_kept_until_it_works"
_REPLACED = "tests/test_disk.py::test_what_takes_the_place_of_a_file_is_on_disk_first_and_its_name_after"

MUTANTS: Mapping[str, Mutant] = {
    "no sync of edits": Mutant(
        "labeler.client.outbox_rows", _FULL, _NORMAL, f"{_OUTBOX}test_the_file_is_written_through_to_the_disk"
    ),
    "no sync of the catalog": Mutant(
        "labeler.server.sqlite.database", _FULL, _NORMAL, f"{_CATALOG}test_settings_that_keep_what_was_confirmed"
    ),
    "no sync of accounts": Mutant(
        "labeler.server.accounts", "synchronous=FULL", "synchronous=NORMAL",
        "tests/server/test_accounts.py::test_settings_that_keep_what_was_confirmed",
    ),
    "no sync of a blob": Mutant("labeler.server.files", "        os.fsync(file.fileno())\n", "", _IN_FACT),
    "no sync of a blob's folder": Mutant(
        "labeler.server.files", "        self._system.sync_folder(target.parent)\n", "", _IN_ORDER
    ),
    "no sync of the folder of a new folder": Mutant(
        "labeler.server.files", "        self._system.sync_folder(folder.parent)\n", "", _IN_ORDER
    ),
    "no sync of the folder of the folders of blobs": Mutant(
        "labeler.server.files", "        self._system.sync_folder(self._folder)\n", "", _IN_ORDER
    ),
    "no sync of any folder": Mutant("labeler.disk", "        os.fsync(descriptor)\n", "        pass\n", _IN_FACT),
    "a blob gets its name before it is on disk": Mutant(
        "labeler.server.files", "        self._system.sync_file(file)\n", "", _IN_ORDER
    ),
    "a folder taken for synced whoever made it": Mutant(
        "labeler.server.files", "if self._has_folders and wanted.is_dir():", "if wanted.is_dir():",
        f"{_BLOBS}test_a_put_whose_step_fails_is_not_confirmed",
    ),
    "a damaged blob of the right length kept": Mutant(
        "labeler.server.files", "is_whole = _digest_of(target) == blob.digest",
        "is_whole = target.exists() and target.stat().st_size == blob.size",
        f"{_BLOBS}test_a_damaged_blob_is_told_and_a_put_mends_it",
    ),
    "an error of the disk swallowed by the blobs": Mutant(
        "labeler.server.files",
        "            raise storage_failed(self._folder, error.errno or 0, error.strerror or str(error)) from error",
        "            pass", f"{_BLOBS}test_a_put_whose_step_fails_is_not_confirmed",
    ),
    "an edit acknowledged early": Mutant(
        "labeler.client.writer", "                self._commit(self._unwritten)\n",
        "                self._tell(_end, tuple(self._unwritten))\n                self._commit(self._unwritten)\n",
        _DISK_FAILS,
    ),
    "an error of the disk swallowed by the writer": Mutant(
        "labeler.client.writer", "self._stopping.wait(self._retry_seconds)\n                continue", "pass",
        _DISK_FAILS,
    ),
    "sent before it is noted on disk": Mutant(
        "labeler.client.ledger", "await self.rows.mark_sent(", "self.rows.mark_sent(",
        f"{_DELIVER}test_nothing_is_sent_before_it_is_on_disk_that_it_may_be",
    ),
    "not noted that it was sent": Mutant(
        "labeler.client.deliver", "        await note(attempt)\n", "",
        f"{_DELIVER}test_a_reply_lost_by_the_end_of_the_program_adds_one_box",
    ),
    "a connection used again after an error of the disk": Mutant(
        "labeler.sqlite_handle", "            self.close()\n        return failure", "        return failure",
        f"{_HANDLE}test_after_a_failure_the_log_is_on_disk_anew_before_anything_is_committed",
    ),
    "the log trusted after an error of the disk": Mutant(
        "labeler.sqlite_handle", "_write_again(Path(connection.filename_wal))", "pass",
        f"{_HANDLE}test_after_a_failure_the_log_is_on_disk_anew_before_anything_is_committed",
    ),
    "a file not checked after an error of the disk": Mutant(
        "labeler.sqlite_handle", 'connection.pragma("quick_check", 1)', '"ok"',
        f"{_HANDLE}test_after_a_failure_a_damaged_file_is_not_written_to",
    ),
    "an error of the disk swallowed by the handle": Mutant(
        "labeler.sqlite_handle", "            raise failure from error\n", "            return\n",
        f"{_HANDLE}test_a_full_disk_is_told_and_work_goes_on_when_there_is_room",
    ),
    "a transaction that is not undone": Mutant(
        "labeler.sqlite_handle", 'execute("ROLLBACK")\n            except', 'execute("COMMIT")\n            except',
        f"{_HANDLE}test_another_error_undoes_the_transaction_and_nothing_else",
    ),
    "a change answered before its transaction is on disk": Mutant(
        "labeler.server.sqlite.writer", "                        self._do(connection, one)\n",
        "                        self._do(connection, one)\n                        one.answer.set_result(0)\n",
        f"{_TOGETHER}test_a_disk_that_fails_confirms_none_of_them",
    ),
    "a refused change that stays in the transaction of others": Mutant(
        "labeler.server.sqlite.writer", 'connection.execute("ROLLBACK TO one")', "pass",
        f"{_TOGETHER}test_one_that_is_refused_takes_no_other_along",
    ),
    "a disk that fails beneath one of several changes told to it alone": Mutant(
        "labeler.server.sqlite.writer", "if not connection.in_transaction or (", "if False and (",
        f"{_TOGETHER}test_a_disk_that_fails_in_the_midst_confirms_none_of_them",
    ),
    "no sync of a file that replaces another": Mutant(
        "labeler.disk", "        os.fsync(file.fileno())\n", "", _REPLACED
    ),
    "no sync of the name of a file that replaces another": Mutant(
        "labeler.disk", "        sync(path.parent)\n", "        pass\n", _REPLACED
    ),
    "bytes that an upload has just put removed": Mutant(
        "labeler.server.housekeeping", "now - _LONGEST_UPLOAD", "now",
        "tests/server/test_housekeeping.py::test_bytes_that_an_upload_has_just_put_stay",
    ),
}  # fmt: skip
