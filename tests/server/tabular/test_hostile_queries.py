"""Hostile SQL and MQL: nothing outside is read or written, nothing of others is seen, and every query ends."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from pathlib import Path
from typing import Any

import bson
import grpc
import pytest

from labeler.rpc.wire.app.data.v1 import data_pb2
from labeler.server.errors import RpcError
from labeler.server.tabular import sandbox
from tests.conftest import ROOT
from tests.server.tabular.hostile import HARMLESS_SQL, REFUSED_MQL, REFUSED_SQL, STOPPED_MQL, STOPPED_SQL

SECRET = "a-secret-of-this-machine"
THEIR_SECRET = "a-secret-of-another-organization"
INVALID = grpc.StatusCode.INVALID_ARGUMENT
STOPPED = {grpc.StatusCode.DEADLINE_EXCEEDED, grpc.StatusCode.RESOURCE_EXHAUSTED}
Outcome = tuple[grpc.StatusCode, str]
Ask = Callable[[Any], Awaitable[Sequence[bytes]]]


class Outside:
    """What a query must not reach: a file, a folder to write to, a server."""

    def __init__(self, folder: Path, url: str) -> None:
        self.folder = folder
        self.file = folder / "secret.csv"
        self.file.write_text(f"a,b\n{SECRET},1\n")
        self._url = url
        self.connections = 0

    def connected(self, _: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections += 1
        writer.close()

    def named(self, query: str) -> str:
        for word, value in (("FILE", self.file), ("FOLDER", self.folder), ("URL", self._url), ("THEIRS", "theirs")):
            query = query.replace(word, str(value))
        return query

    def check(self) -> None:
        assert [path.name for path in self.folder.iterdir()] == [self.file.name]
        assert self.file.read_text() == f"a,b\n{SECRET},1\n"
        assert not self.connections


@pytest.fixture
async def outside(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    folder = tmp_path / "outside"
    folder.mkdir()
    # Where the workers are started, too, with the program that is tested.
    monkeypatch.chdir(folder)
    monkeypatch.setenv("PYTHONPATH", str(ROOT))
    found: list[Outside] = []
    server = await asyncio.start_server(lambda *ends: found[0].connected(*ends), "127.0.0.1", 0)
    found.append(Outside(folder, f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"))
    yield found[0]
    server.close()
    found[0].check()


@pytest.fixture
async def readings(ours: Any, theirs: Any) -> None:
    await ours.upload(*({"t": number, "text": "a" * 60 + "!"} for number in range(20)))
    await theirs.upload({"t": THEIR_SECRET}, component_name=THEIR_SECRET)


async def outcomes(ask: Ask, queries: Sequence[Any]) -> list[Outcome]:
    """What each query is answered, in their order."""

    async def one(query: Any) -> Outcome:
        try:
            rows = await ask(query)
        except RpcError as error:
            found = (error.code, error.message)
        else:
            found = (grpc.StatusCode.OK, repr([bson.decode(row) for row in rows]))
        for secret in (SECRET, THEIR_SECRET, ".duckdb", "labeler-query-", "Traceback"):
            assert secret not in found[1].replace(repr(query)[1:-1], ""), (query, found[1][:1_000])
        return found

    return list(await asyncio.gather(*map(one, queries)))


def sql_of(one: Any, outside: Outside) -> Ask:
    async def ask(query: str) -> Sequence[bytes]:
        request = data_pb2.TabularDataBySQLRequest(organization_id="ours", sql_query=outside.named(query))
        answer = await one.service.TabularDataBySQL(request, one.caller)
        return list(answer.raw_data)

    return ask


def mql_of(one: Any) -> Ask:
    async def ask(stages: Sequence[Any]) -> Sequence[bytes]:
        binary = [stage if isinstance(stage, bytes) else bson.encode(stage) for stage in stages]
        request = data_pb2.TabularDataByMQLRequest(organization_id="ours", mql_binary=binary)
        answer = await one.service.TabularDataByMQL(request, one.caller)
        return list(answer.raw_data)

    return ask


async def all_rows(ours: Any, theirs: Any) -> list[Any]:
    return [
        await one.service.TabularDataByFilter(data_pb2.TabularDataByFilterRequest(), one.caller)
        for one in (ours, theirs)
    ]


def wrong(queries: Sequence[Any], found: Sequence[Outcome], expected: set[grpc.StatusCode]) -> list[str]:
    return [
        f"{str(query)[:150]}: {code.name} {text[:300]}"
        for query, (code, text) in zip(queries, found, strict=True)
        if code not in expected
    ]


@pytest.fixture
def measured(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """Seconds that each query ran, as the service measures them: from its start to the end of its process."""
    found: list[float] = []
    monkeypatch.setattr(sandbox, "note_seconds", found.append)
    return found


def test_there_are_200_of_them() -> None:
    assert len({*REFUSED_SQL, *STOPPED_SQL, *HARMLESS_SQL}) + len(REFUSED_MQL) + len(STOPPED_MQL) >= 200


@pytest.mark.usefixtures("readings")
async def test_hostile_sql_neither_reads_nor_writes_outside(ours: Any, theirs: Any, outside: Outside) -> None:
    before = await all_rows(ours, theirs)
    refused = await outcomes(sql_of(ours, outside), REFUSED_SQL)
    harmless = await outcomes(sql_of(ours, outside), HARMLESS_SQL)
    print(f"{len(refused)} refused, {len(harmless)} harmless")  # noqa: T201
    assert not wrong(REFUSED_SQL, refused, {INVALID})
    assert not wrong(HARMLESS_SQL, harmless, {grpc.StatusCode.OK, INVALID})
    assert await all_rows(ours, theirs) == before


@pytest.mark.usefixtures("readings")
async def test_runaway_queries_are_ended_and_the_next_one_runs(
    ours: Any, outside: Outside, measured: list[float]
) -> None:
    found = await outcomes(sql_of(ours, outside), STOPPED_SQL)
    assert not wrong(STOPPED_SQL, found, STOPPED)
    by_mql = await outcomes(mql_of(ours), STOPPED_MQL)
    assert not wrong(STOPPED_MQL, by_mql, STOPPED)
    for code, text in (*found, *by_mql):
        assert code is not grpc.StatusCode.DEADLINE_EXCEEDED or "took longer than 1 s and was ended" in text
    print(f"{len(measured)} queries ran, the longest for {max(measured):.3f} s")  # noqa: T201
    assert len(measured) >= len(STOPPED_SQL) + len(STOPPED_MQL)
    # One in twenty may be late on a machine that is busy with something else.
    assert sorted(measured)[int(len(measured) * 0.95) - 1] <= 1.1
    assert [bson.decode(row) for row in await sql_of(ours, outside)("SELECT count(*) AS n FROM readings")] == [
        {"n": 20}
    ]


@pytest.mark.usefixtures("readings", "outside")
async def test_hostile_mql_is_refused(ours: Any, theirs: Any) -> None:
    before = await all_rows(ours, theirs)
    deep = b"\x05\x00\x00\x00\x00"
    for _ in range(20_000):
        deep = (len(deep) + 8).to_bytes(4, "little") + b"\x03a\x00" + deep + b"\x00"
    match = (len(deep) + 13).to_bytes(4, "little") + b"\x03$match\x00" + deep + b"\x00"
    broken = [[match], [b""], [b"\xff" * 50], [bson.encode({"$match": {}})[:-3]], [b"\x05\x00\x00\x00\x00"]]
    pipelines: list[Any] = [*REFUSED_MQL, *broken]
    found = await outcomes(mql_of(ours), pipelines)
    print(f"{len(found)} refused")  # noqa: T201
    assert not wrong(pipelines, found, {INVALID})
    assert await all_rows(ours, theirs) == before
