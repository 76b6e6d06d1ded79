"""Every RPC for everybody: who may call it, and that what belongs to others is as if it did not exist."""

from __future__ import annotations

import asyncio
import itertools
import re
from collections.abc import AsyncIterator, Iterator, Mapping
from dataclasses import replace
from typing import Any

import apsw
import grpc
import grpc.aio
import pytest
from google.protobuf.descriptor import MethodDescriptor

from labeler.client.writing import written
from labeler.rpc.errors import GRPCError
from labeler.rpc.wire.app.data.v1 import data_pb2
from labeler.server.accounts import Accounts
from labeler.server.data_directory import read_announcement
from labeler.server.tokens import sign
from tests.server.conftest import Start
from tests.server.served import Served, bearer, sign_in
from tests.server.worlds import METHODS, World, path_of

pytestmark = pytest.mark.process
Answer = tuple[str, str, bytes]
"""Code, text and the first response of a call."""
Metadata = tuple[tuple[str, str], ...]

OK, MISSING, UNOFFERED = "OK", "NOT_FOUND", "UNIMPLEMENTED"
ROWS: Mapping[str, str] = {
    **dict.fromkeys(
        (
            "TabularDataByFilter", "TabularDataBySQL", "TabularDataByMQL", "ExportTabularData",
            "GetLatestTabularData", "BinaryDataByFilter", "BinaryDataByIDs", "DeleteTabularData",
            "DeleteBinaryDataByFilter", "DeleteBinaryDataByIDs", "AddTagsToBinaryDataByIDs",
            "AddTagsToBinaryDataByFilter", "RemoveTagsFromBinaryDataByIDs", "RemoveTagsFromBinaryDataByFilter",
            "TagsByFilter", "AddBoundingBoxToImageByID", "RemoveBoundingBoxFromImageByID",
            "BoundingBoxLabelsByFilter", "UpdateBoundingBox", "AddBinaryDataToDatasetByIDs",
            "RemoveBinaryDataFromDatasetByIDs", "CreateBinaryDataSignedURL",
            "CreateDataset", "DeleteDataset", "RenameDataset", "ListDatasetsByOrganizationID",
            "ListDatasetsByIDs", "MergeDatasets",
            "DataCaptureUpload", "FileUpload", "StreamingDataCaptureUpload",
            "ListOrganizations", "ListLocations", "GetRobotParts", "ListRobots",
            "Describe", "ListImages", "ReadImages", "Follow", "ListChoices", "ListTrash", "RestoreImages",
            "PurgeImages", "GetVocabulary", "PutVocabulary", "RenameLabel", "Authenticate",
        ),
        OK,
    ),
    **dict.fromkeys(
        (
            "AddSequencesToDataset", "RemoveSequencesFromDataset", "CreateIndex", "ListIndexes", "DeleteIndex",
            "CreateSavedQuery", "UpdateSavedQuery", "GetSavedQuery", "DeleteSavedQuery", "ListSavedQueries",
            "CreateSequence", "GetSequence", "UpdateSequence", "DeleteSequence", "ListSequences",
            "SequencesByDatasetID", "GetSequenceBinaryData", "StartSequenceDatasetExport", "GetSequenceDatasetExport",
        ),
        UNOFFERED,
    ),
    "GetDatabaseConnection": "FAILED_PRECONDITION",
    "ConfigureDatabaseUser": "FAILED_PRECONDITION",
    "OpenPaths": "PERMISSION_DENIED",
}  # fmt: skip
"""What each RPC answers to a key that asks about its own organization."""

NAMED = ("organization_id", "location_id", "robot_id", "part_id", "image", "box", "dataset", "trashed")
MALFORMED = ("../../etc/passwd", "x" * 3_000, "a\0b", "\u202eé", "//", "%s'\"; --", "0" * 24)
BY_NAME = {method.name: method for method in METHODS}
SIGNED_IN = [name for name in BY_NAME if name != "Authenticate"]


class Bench:
    """A service with two organizations."""

    def __init__(self, served: Served, channel: grpc.aio.Channel, ours: World, theirs: World) -> None:
        self.served = served
        self.channel: Any = channel
        self.ours = ours
        self.theirs = theirs

    async def ask(self, method: MethodDescriptor, world: World, metadata: Metadata, old_ids: bool = False) -> Answer:
        messages = [_in_old_form(one) if old_ids else one for one in world.messages(method)]
        sent = [one.SerializeToString() for one in messages]
        path = path_of(method)
        try:
            if method.client_streaming:
                return OK, "", await written(self.channel.stream_unary(path)(metadata=metadata), _each(sent), "", "")
            if not method.server_streaming:
                return OK, "", await self.channel.unary_unary(path)(sent[0], metadata=metadata)
            call = self.channel.unary_stream(path)(sent[0], metadata=metadata)
            first = await call.read()
            call.cancel()
        except grpc.aio.AioRpcError as error:
            return error.code().name, error.details() or "", b""
        except GRPCError as error:
            return error.status.name, error.message, b""
        return OK, "", b"" if first is grpc.aio.EOF else first

    def rows(self) -> list[Any]:
        """All that is in the service's databases, but the number of changes, which says nothing of anybody's."""
        return list(itertools.chain.from_iterable(map(self._rows_of, ("catalog.db", "readings.db", "accounts.db"))))

    def _rows_of(self, name: str) -> Iterator[Any]:
        database = apsw.Connection(str(self.served.data / name), flags=apsw.SQLITE_OPEN_READONLY)
        try:
            tables = "SELECT name FROM sqlite_master WHERE type = 'table' AND name != 'last_change' ORDER BY name"
            for (table,) in list(database.execute(tables)):
                yield from database.execute(f'SELECT ?, * FROM "{table}"', (table,))
        finally:
            database.close()


async def _each(messages: list[bytes]) -> AsyncIterator[Any]:
    for message in messages:
        yield message


def _in_old_form(message: Any) -> Any:
    """The message with its images named in three parts, as before there were `binary_data_ids`."""
    fields = message.DESCRIPTOR.fields_by_name
    for new, old in (("binary_data_id", "binary_id"), ("binary_data_ids", "binary_ids")):
        if old in fields and getattr(message, new):
            given = getattr(message, new)
            for one in [given] if new == "binary_data_id" else list(given):
                organization, location, file = one.split("/") if one.count("/") == 2 else (one, one, one)
                parts = data_pb2.BinaryID(organization_id=organization, location_id=location, file_id=file)
                getattr(message, old).MergeFrom(parts if new == "binary_data_id" else [parts])
            message.ClearField(new)
    return message


@pytest.fixture(scope="module")
def served(serve_module: Start) -> Served:
    return serve_module("--insecure", "--listen", "127.0.0.1:0")


@pytest.fixture
async def bench(served: Served) -> AsyncIterator[Bench]:
    async with served.channel() as channel:
        ours, theirs = await World.make(served, channel, "Ours"), await World.make(served, channel, "Theirs")
        yield Bench(served, channel, ours, theirs)


def test_every_rpc_has_a_row() -> None:
    assert set(ROWS) == set(BY_NAME), "each RPC needs a row here, and what it answers to others"
    assert len(BY_NAME) == len(METHODS)


async def test_a_key_may_call_all_rpcs_about_its_own_organization(bench: Bench) -> None:
    found, again = {}, {}
    for name, method in BY_NAME.items():
        ours = await World.make(bench.served, bench.channel, "Ours")
        found[name] = (await bench.ask(method, ours, () if name == "Authenticate" else bearer(ours.token)))[0]
        colleague = await bench.served.new_key("Ours")
        who = bearer(await sign_in(bench.channel, colleague))
        ours = await World.make(bench.served, bench.channel, "Ours")
        again[name] = (await bench.ask(method, ours, () if name == "Authenticate" else who))[0]
    assert found == ROWS
    assert again == ROWS


async def test_this_machines_user_may_call_all_rpcs_and_open_paths(bench: Bench) -> None:
    announcement = read_announcement(bench.served.data)
    assert announcement is not None
    found = {}
    for name in SIGNED_IN:
        ours = await World.make(bench.served, bench.channel, "Ours")
        found[name] = (await bench.ask(BY_NAME[name], ours, bearer(announcement.token)))[0]
    assert found == {**{name: ROWS[name] for name in SIGNED_IN}, "OpenPaths": OK}


async def test_nobody_without_a_valid_token_learns_or_does_anything(bench: Bench) -> None:
    accounts = Accounts(bench.served.data)
    secret = accounts.derived_secret("access token")
    key_id = bench.ours.key["api_key_id"]
    revoked = await bench.served.new_key("Ours")
    its_token = await sign_in(bench.channel, revoked)
    await accounts.revoke_key(revoked["api_key_id"])
    signed_url = sign(accounts.derived_secret("signed URL"), {"image": bench.ours.image, "exp": 9_999_999_999})
    accounts.close()
    strangers: dict[str, Metadata] = {
        "nobody": (),
        "no bearer": (("authorization", f"Basic {bench.ours.token}"),),
        "garbage": bearer("garbage"),
        "garbage of the right form": bearer("e30=.e30="),
        "expired": bearer(sign(secret, {"key": key_id, "exp": 1})),
        "signed with another secret": bearer(sign(b"x" * 32, {"key": key_id, "exp": 9_999_999_999})),
        "changed": bearer(bench.ours.token[:-3] + "abc"),
        "of no key": bearer(sign(secret, {"key": "nobody", "exp": 9_999_999_999})),
        "of a URL": bearer(signed_url),
        "revoked": bearer(its_token),
        "the key itself": bearer(bench.ours.key["api_key"]),
    }
    before, asked = bench.rows(), 0
    nothing = replace(bench.ours, image="x", dataset="x").with_unknown_ids("e")
    for who, name in itertools.product(strangers, SIGNED_IN):
        answers = {await bench.ask(BY_NAME[name], world, strangers[who]) for world in (bench.ours, nothing)}
        asked += 2
        ((code, _, response),) = answers
        assert (code, response) == ("UNAUTHENTICATED", b""), (who, name)
    print(f"{asked} calls of {len(strangers)} strangers")  # noqa: T201
    assert bench.rows() == before


async def test_what_belongs_to_others_is_as_if_it_did_not_exist(bench: Bench) -> None:
    ours, theirs, who = bench.ours, bench.theirs, bearer(bench.theirs.token)
    unknown = [theirs.with_unknown_ids("e"), theirs.with_unknown_ids("f")]
    asked, differing, changing = 0, [], []
    for name, old_ids in itertools.product(SIGNED_IN, (False, True)):
        method = BY_NAME[name]
        plain = theirs.messages(method)
        if old_ids and not any("binary_id" in field for field in plain[0].DESCRIPTOR.fields_by_name):
            continue
        for what in NAMED:
            named = [theirs.naming(world, what) for world in (ours, *unknown)]
            if named[0].messages(method) == plain:
                continue
            before = bench.rows()
            answers = {_without_ids(await bench.ask(method, world, who, old_ids), ours, *unknown) for world in named}
            asked += 3
            if len(answers) > 1:
                differing.append((name, what, old_ids, answers))
            if bench.rows() != before:
                changing.append((name, what, old_ids, answers))
    print(f"{asked} calls that name what is another's or nobody's")  # noqa: T201
    assert asked >= 200
    assert not differing
    assert not changing


def _without_ids(answer: Answer, *worlds: World) -> Answer:
    """The answer with every id of the worlds made the same."""
    code, text, response = answer
    ids = [
        id_
        for world in worlds
        for id_ in (*(world.key[name] for name in NAMED[:4]), world.image, world.box, world.dataset, world.trashed)
    ]
    for part in sorted({part for id_ in ids for part in (id_, *id_.split("/"))}, key=len, reverse=True):
        text, response = text.replace(part, "ID"), response.replace(part.encode(), b"ID")
    return code, re.sub(r"ID(/ID)+", "ID", text), response


async def test_ids_that_are_none_are_refused_or_match_nothing(bench: Bench) -> None:
    theirs, who = bench.theirs, bearer(bench.theirs.token)
    asked, wrong = 0, []
    for name, what, id_ in itertools.product(SIGNED_IN, NAMED, MALFORMED):
        method = BY_NAME[name]
        ids: Any = dict.fromkeys(NAMED[4:], id_)
        of_this_id = replace(theirs, key={**theirs.key, **dict.fromkeys(NAMED[:4], id_)}, **ids)
        malformed = theirs.naming(of_this_id, what)
        if malformed.messages(method) == theirs.messages(method):
            continue
        before = bench.rows()
        code, text, _ = await bench.ask(method, malformed, who)
        asked += 1
        changed = set(bench.rows()) ^ set(before)
        if code not in {OK, MISSING, "INVALID_ARGUMENT", ROWS[name]} or changed:
            wrong.append((name, what, id_[:20], code, text, changed))
    print(f"{asked} calls with malformed ids")  # noqa: T201
    assert asked >= 400
    assert not wrong


async def test_an_answer_to_a_key_holds_nothing_of_another_organization(bench: Bench) -> None:
    hidden = [
        bench.ours.key["organization_id"],
        bench.ours.image,
        bench.ours.dataset,
        bench.ours.box,
        bench.ours.trashed,
    ]
    for name in SIGNED_IN:
        if re.search("Delete|Purge|Remove", name):
            continue
        _, text, response = await bench.ask(BY_NAME[name], bench.theirs, bearer(bench.theirs.token))
        for id_ in hidden:
            assert id_ not in text, name
            assert id_.encode() not in response, name
    assert await asyncio.to_thread(lambda: bench.served.process.poll()) is None
