"""Whatever a client sends instead of a message, the service answers with a status that says so, and goes on."""

from __future__ import annotations

import asyncio
import random
import re
from collections import Counter
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import grpc
import grpc.aio
import pytest
from google.protobuf.descriptor import MethodDescriptor
from google.protobuf.message import DecodeError, Message
from google.protobuf.message_factory import GetMessageClass

from labeler.client.writing import written
from labeler.rpc.errors import GRPCError
from labeler.rpc.wire.app.data.v1 import data_pb2, data_pb2_grpc
from labeler.server.data_directory import read_announcement
from tests.faults.mutations import mutants_of_stream
from tests.server.served import Served, bearer
from tests.server.worlds import METHODS, World, path_of

AT_ONCE = 8
"""As many as may sign in at the same time from one address."""
RUN_QUERIES = 0.05
"""The part of the valid queries that are sent: each runs in a process of its own, and has a test of its own."""
WARM_UP = 0.2
"""The part of the calls after which the memory is measured first."""
MOST_GROWTH = 50 << 20
ENOUGH = 10
"""Wrong answers after which the rest is left out."""
_STILL_ANSWERING = 0.2
"""Seconds after which a stream of answers that goes on is taken for a good one."""
NOT_MAPPED = {
    grpc.StatusCode.UNKNOWN,
    grpc.StatusCode.INTERNAL,
    grpc.StatusCode.UNAVAILABLE,
    grpc.StatusCode.CANCELLED,
    grpc.StatusCode.DATA_LOSS,
}
_WORDS_OF_DESTRUCTION = re.compile("Delete|Purge|Remove")


def memory_of(served: Served) -> int:
    """Bytes in memory."""
    status = Path(f"/proc/{served.process.pid}/status").read_text()
    return int(status.partition("VmRSS:")[2].split()[0]) << 10


class Attack:
    """Sends mutants of every RPC's messages, and counts the answers."""

    def __init__(self, channel: grpc.aio.Channel, world: World, dice: random.Random, folder: Path, token: str) -> None:
        self._channel: Any = channel
        self._world = world
        self._dice = dice
        self._folder = folder
        self._token_of_this_machine = token
        self.queries: Counter[str] = Counter()
        self.sent: Counter[str] = Counter()
        self.codes: Counter[str] = Counter()
        self.wrong: list[str] = []

    async def run(self, count: int) -> None:
        """Send so many mutants to each RPC; those that take away what others need come last."""
        methods = sorted(
            METHODS, key=lambda method: (bool(_WORDS_OF_DESTRUCTION.search(method.name)), method.full_name)
        )
        for method in methods:
            turns = asyncio.Semaphore(AT_ONCE)

            async def one(mutants: list[bytes], method: MethodDescriptor = method, turns: Any = turns) -> None:
                async with turns:
                    # Its failures fill the pipe to which the service writes them, and it waits for who reads.
                    if len(self.wrong) < ENOUGH:
                        await self._send(method, mutants)

            async with asyncio.TaskGroup() as group:
                for _ in range(count):
                    group.create_task(one(self._mutants(method)))

    def _mutants(self, method: MethodDescriptor) -> list[bytes]:
        while True:
            mutants = mutants_of_stream(self._seeds(method), self._dice)
            if not method.client_streaming:
                mutants = mutants[:1] or [b""]
            if self._is_affordable(method, mutants):
                return mutants

    def _seeds(self, method: MethodDescriptor) -> list[Message]:
        seeds: list[Any] = self._world.messages(method)
        if method.name == "OpenPaths":
            seeds[0].paths[:] = [f"{self._folder}/a", f"{self._folder}/b"]
        return seeds

    def _is_affordable(self, method: MethodDescriptor, mutants: list[bytes]) -> bool:
        """Whether it may be sent: queries that run, each in a process of its own, are few of all."""
        if method.name not in ("TabularDataBySQL", "TabularDataByMQL"):
            return method.name != "OpenPaths" or self._is_harmless(mutants[0])
        if _is_unparsable(method, mutants[0]):
            return True
        asked: Any = GetMessageClass(method.input_type).FromString(mutants[0])
        if asked.organization_id != self._world.key["organization_id"]:
            return True
        self.queries[method.name] += 1
        return self.queries[method.name] <= 5 or self._dice.random() < RUN_QUERIES

    def _is_harmless(self, mutant: bytes) -> bool:
        """Whether it does not make the service read all of this machine's disk."""
        return b"/" not in mutant.replace(bytes(self._folder) + b"/", b"")

    async def _send(self, method: MethodDescriptor, mutants: list[bytes]) -> None:
        code, text = await self._answer(method, mutants)
        self.sent[method.full_name] += 1
        self.codes[code.name] += 1
        expected = grpc.StatusCode.INVALID_ARGUMENT if _is_unparsable(method, mutants[0] if mutants else b"") else None
        if code in NOT_MAPPED or (expected and code not in (expected, grpc.StatusCode.UNIMPLEMENTED)):
            self.wrong.append(f"{method.full_name}: {code.name} {text} for {mutants[0][:200]!r}")

    async def _answer(self, method: MethodDescriptor, mutants: list[bytes]) -> tuple[grpc.StatusCode, str]:
        # Only this machine's user opens paths.
        token = self._token_of_this_machine if method.name == "OpenPaths" else self._world.token
        metadata = () if method.name == "Authenticate" else bearer(token)
        try:
            if method.server_streaming:
                await self._read(self._channel.unary_stream(path_of(method))(mutants[0], metadata=metadata))
            elif method.client_streaming:
                await written(self._channel.stream_unary(path_of(method))(metadata=metadata), _each(mutants), "", "")
            else:
                await self._channel.unary_unary(path_of(method))(mutants[0], metadata=metadata)
        except grpc.aio.AioRpcError as error:
            return error.code(), error.details() or ""
        except GRPCError as error:
            return grpc.StatusCode[error.status.name], error.message
        return grpc.StatusCode.OK, ""

    async def _read(self, call: Any) -> None:
        try:
            async with asyncio.timeout(_STILL_ANSWERING):
                while await call.read() is not grpc.aio.EOF:
                    pass
        except TimeoutError:
            call.cancel()


async def _each(messages: list[bytes]) -> AsyncIterator[Any]:
    for message in messages:
        yield message


def _is_unparsable(method: MethodDescriptor, message: bytes) -> bool:
    try:
        GetMessageClass(method.input_type).FromString(message)
    except DecodeError:
        return True
    return False


@pytest.mark.process
@pytest.mark.parametrize("count", [500, pytest.param(10_000, marks=pytest.mark.long)])
async def test_every_rpc_survives_mutated_messages(tmp_path: Path, count: int) -> None:
    limits = ("--requests-per-second", "1000000")
    served = await asyncio.to_thread(Served, tmp_path / "data", "--insecure", "--listen", "127.0.0.1:0", *limits)
    async with served.channel() as channel:
        world = await World.make(served, channel, "Ours")
        calm = await World.make(served, channel, "Others")
        announcement = read_announcement(served.data)
        assert announcement is not None
        attack = Attack(channel, world, random.Random(3), tmp_path, announcement.token)
        await attack.run(round(count * WARM_UP))
        before = memory_of(served)
        await attack.run(count - round(count * WARM_UP))
        growth = memory_of(served) - before
        request = data_pb2.BinaryDataByIDsRequest(binary_data_ids=[calm.image], include_binary=True)
        answer = await data_pb2_grpc.DataServiceStub(channel).BinaryDataByIDs(request, metadata=bearer(calm.token))
    print(  # noqa: T201
        f"{attack.sent.total()} mutants of {len(attack.sent)} RPCs, {growth >> 20} MiB more memory", dict(attack.codes)
    )
    assert not attack.wrong, "\n".join(attack.wrong)
    assert set(attack.sent) == {method.full_name for method in METHODS}
    assert min(attack.sent.values()) >= count
    assert growth < MOST_GROWTH
    assert [box.label for box in answer.data[0].metadata.annotations.bboxes] == ["cat"]
    assert served.stop() == (0, "", "")
