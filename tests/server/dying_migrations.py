"""A program that opens databases in processes that die, at each step once, and tells what they left.

    python -m tests.server.dying_migrations FOLDER PACKAGE VERSION statements|writes

opens a database of the migrations in PACKAGE ("accounts": the accounts) that is at VERSION, again and again: each
time the process is gone at the next statement, or in the middle of the next write, sync, truncation or deletion.
"""

from __future__ import annotations

import json
import os
import shutil
import signal
import sys
from collections.abc import Callable
from functools import partial
from importlib import resources
from pathlib import Path
from typing import Any

import apsw

from labeler.server.accounts import Accounts
from labeler.server.sqlite.database import Database, migrate

ROWS = 300
_EXIT_DONE = 17
State = tuple[int, tuple[tuple[str, str], ...], tuple[tuple[str, int], ...]]
"""The version, what the schema holds, and the rows of each table."""


class Steps:
    """Counts down to the step at which the process is killed."""

    def __init__(self, last: int) -> None:
        self.left = last

    def next(self) -> bool:
        """Whether this is the one."""
        self.left -= 1
        return self.left == 0


def die() -> None:
    os.kill(os.getpid(), signal.SIGKILL)


class DyingFile(apsw.VFSFile):
    def __init__(self, steps: Steps, base: str, name: Any, flags: list[int]) -> None:
        self._steps = steps
        super().__init__(base, name, flags)

    def xWrite(self, data: Any, offset: int) -> None:  # noqa: N802
        if self._steps.next():
            super().xWrite(bytes(data)[: len(data) // 2], offset)
            die()
        super().xWrite(data, offset)

    def xSync(self, flags: int) -> None:  # noqa: N802
        if self._steps.next():
            die()
        super().xSync(flags)

    def xTruncate(self, size: int) -> None:  # noqa: N802
        if self._steps.next():
            die()
        super().xTruncate(size)


class DyingVfs(apsw.VFS):
    """The system's files, in the hands of a process that dies at a step."""

    def __init__(self, steps: Steps) -> None:
        self._steps, self._base = steps, apsw.vfs_names()[0]
        super().__init__("dying", self._base, makedefault=True)

    def xOpen(self, name: Any, flags: list[int]) -> DyingFile:  # noqa: N802
        return DyingFile(self._steps, self._base, name, flags)

    def xDelete(self, name: str, sync: bool) -> None:  # noqa: N802
        if self._steps.next():
            die()
        super().xDelete(name, sync)


def version_files(package: str) -> list[str]:
    names = sorted(one.name for one in resources.files(package).iterdir() if one.name.endswith(".sql"))
    return [resources.files(package).joinpath(name).read_text("utf-8") for name in names]


def make_old(path: Path, package: str, version: int) -> None:
    """A database as the version left it, with rows where the tests' own migrations made a table for them."""
    if not version:
        return
    connection = apsw.Connection(str(path))
    connection.execute("PRAGMA journal_mode = WAL").fetchall()
    for sql in version_files(package)[:version]:
        connection.execute(sql).fetchall()
    connection.pragma("user_version", version)
    if package == "own_migrations":
        connection.executemany("INSERT INTO thing VALUES (?, ?)", [(number, "x" * 200) for number in range(ROWS)])
    connection.close()


def open_all(path: Path, package: str) -> None:
    if package == "accounts":
        Accounts(path.parent).close()
    else:
        Database(path, package).close_now()


def by_statement(path: Path, package: str, steps: Steps) -> None:
    connection = apsw.Connection(str(path))

    def trace(_cursor: object, _sql: str, _bindings: object) -> bool:
        if steps.next():
            die()
        return True

    connection.exec_trace = trace
    migrate(connection, package, path)
    connection.close()


def by_write(path: Path, package: str, steps: Steps) -> None:
    vfs = DyingVfs(steps)
    open_all(path, package)
    vfs.unregister()


def state(path: Path) -> State:
    if not path.exists():
        return (0, (), ())
    connection = apsw.Connection(str(path))
    try:
        if (damage := connection.pragma("integrity_check")) != "ok":
            raise AssertionError(damage)
        schema = tuple(sorted((str(kind), str(name)) for kind, name in connection.execute(
            "SELECT type, name FROM sqlite_schema"
        )))  # fmt: skip
        tables = [name for kind, name in schema if kind == "table"]
        rows = tuple((name, int(connection.execute(f'SELECT count(*) FROM "{name}"').get)) for name in tables)
        return (int(connection.pragma("user_version")), schema, rows)
    finally:
        connection.close()


def in_a_child(work: Callable[[], None]) -> bool:
    """Whether the work was done; else the process was killed in it."""
    child = os.fork()
    if not child:
        try:
            work()
            os._exit(_EXIT_DONE)
        except BaseException as error:
            sys.stderr.write(repr(error))
            os._exit(1)
    _, status = os.waitpid(child, 0)
    if os.WIFSIGNALED(status) and os.WTERMSIG(status) == signal.SIGKILL:
        return False
    if os.WEXITSTATUS(status) != _EXIT_DONE:
        raise AssertionError(f"the process ended by {status}")
    return True


def main(folder: Path, package: str, version: int, how: str) -> dict[str, Any]:
    name = "accounts.db" if package == "accounts" else "some.db"

    template = folder / "old"
    template.mkdir()
    make_old(template / name, package, version)

    def fresh(place: str) -> Path:
        return Path(shutil.copytree(template, folder / place)) / name

    whole = fresh("whole")
    old = state(whole)
    open_all(whole, package)
    new = state(whole)
    seen = {"old": 0, "new": 0}
    step, done = 0, False
    while not done:
        step += 1
        path, steps = fresh(str(step)), Steps(step)
        done = in_a_child(partial(by_write if how == "writes" else by_statement, path, package, steps))
        left = state(path)
        if left not in (old, new):
            raise AssertionError(f"step {step} left {left}")
        seen["new" if left == new else "old"] += 1
        open_all(path, package)
        if state(path) != new:
            raise AssertionError(f"after step {step} the next start made {state(path)}")
    return {"deaths": step - 1, **seen, "rows": dict(new[2])}


if __name__ == "__main__":
    place, package_name, at, what = sys.argv[1:]
    print(json.dumps(main(Path(place), package_name, int(at), what)))  # noqa: T201
