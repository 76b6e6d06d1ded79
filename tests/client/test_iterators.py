"""All pages and all images: in order, a bounded number ahead, nothing left running."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator
from contextlib import aclosing
from typing import Any

import pytest
from grpclib.const import Status as SdkStatus
from grpclib.exceptions import GRPCError as SdkError
from viam.gen.app.data.v1 import data_pb2 as sdk_data

from labeler.client import DataClient, ExhaustedError, Filter, InvalidCallError, Order, UnavailableError
from labeler.client.prefetch import in_order
from tests.contract.sdk_server import SdkServer


class Library:
    """Pages of images, and images that come when they are let through."""

    def __init__(self, sdk: SdkServer, count: int, held: bool = False, size: int = 0) -> None:
        self.names = [f"i{number}" for number in range(count)]
        self.sizes = dict.fromkeys(self.names, size)
        self.calls: list[list[str]] = []
        self.open: set[str] = set()
        self.most_open = 0
        self.changed = asyncio.Condition()
        self.gates = {name: asyncio.Event() for name in self.names}
        if not held:
            for gate in self.gates.values():
                gate.set()
        self.gone: set[str] = set()
        self.refused: set[str] = set()
        sdk.answers["BinaryDataByFilter"] = self.page
        sdk.answers["BinaryDataByIDs"] = self.image

    def page(self, requests: list[Any]) -> sdk_data.BinaryDataByFilterResponse:
        asked = requests[0].data_request
        first = int(asked.last or 0)
        names = self.names[first : first + (asked.limit or 50)]
        found = [sdk_data.BinaryData(metadata=self.metadata(name)) for name in names]
        return sdk_data.BinaryDataByFilterResponse(data=found, count=len(found), last=str(first + len(found)))

    def metadata(self, name: str) -> sdk_data.BinaryMetadata:
        return sdk_data.BinaryMetadata(binary_data_id=name, file_size_bytes=self.sizes[name])

    async def image(self, requests: list[Any]) -> Any:
        names = list(requests[0].binary_data_ids)
        assert requests[0].include_binary
        self.calls.append(names)
        await self.note(self.open.update, names)
        self.most_open = max(self.most_open, len(self.open))
        try:
            for name in names:
                await self.gates[name].wait()
        finally:
            await self.note(self.open.difference_update, names)
        if self.gone.intersection(names):
            return SdkError(SdkStatus.NOT_FOUND, "no such image")
        if self.refused.intersection(names):
            return SdkError(SdkStatus.RESOURCE_EXHAUSTED, "too large")
        found = [sdk_data.BinaryData(binary=name.encode(), metadata=self.metadata(name)) for name in names]
        return sdk_data.BinaryDataByIDsResponse(data=found, count=len(found))

    async def note(self, change: Any, names: list[str]) -> None:
        async with self.changed:
            change(names)
            self.changed.notify_all()

    async def until_open(self, *names: str) -> None:
        async with asyncio.timeout(20), self.changed:  # rather than hang where a call is left open
            await self.changed.wait_for(lambda: self.open == set(names))


async def test_all_pages(sdk: SdkServer, data: DataClient) -> None:
    Library(sdk, 7)
    shown = Filter(dataset_id="d")
    pages = [page async for page in data.binary_data_pages(shown, Order.ORDER_ASCENDING, page_size=3)]
    assert [[each.metadata.binary_data_id for each in page] for page in pages] == [
        ["i0", "i1", "i2"], ["i3", "i4", "i5"], ["i6"],
    ]  # fmt: skip
    requests = [request for (request,) in sdk.requests["BinaryDataByFilter"]]
    assert [request.data_request.last for request in requests] == ["", "3", "6", "7"]
    assert {request.data_request.filter.dataset_id for request in requests} == {"d"}
    assert {request.data_request.sort_order for request in requests} == {sdk_data.ORDER_ASCENDING}
    assert not any(request.include_binary for request in requests)


async def test_the_next_page_is_asked_for_while_one_is_used(sdk: SdkServer, data: DataClient) -> None:
    library = Library(sdk, 9)
    asked: asyncio.Queue[str] = asyncio.Queue()

    def page(requests: list[Any]) -> sdk_data.BinaryDataByFilterResponse:
        asked.put_nowait(requests[0].data_request.last)
        return library.page(requests)

    sdk.answers["BinaryDataByFilter"] = page
    async with asyncio.timeout(20), aclosing(data.binary_data_pages(page_size=3)) as pages:
        async for _ in pages:
            assert [await asked.get(), await asked.get()] == ["", "3"]
            break
    assert asked.empty()


async def test_leaving_early_ends_the_call_for_the_next_page(sdk: SdkServer, data: DataClient) -> None:
    library, began, never = Library(sdk, 9), asyncio.Event(), asyncio.Event()
    ended: asyncio.Future[None] = asyncio.get_running_loop().create_future()

    async def page(requests: list[Any]) -> sdk_data.BinaryDataByFilterResponse:
        if requests[0].data_request.last:
            began.set()
            try:
                await never.wait()
            finally:
                ended.set_result(None)
        return library.page(requests)

    sdk.answers["BinaryDataByFilter"] = page
    async with asyncio.timeout(20):  # rather than hang where the call is left open
        async with aclosing(data.binary_data_pages(page_size=3)) as pages:
            async for _ in pages:
                await began.wait()
                break
        await ended


async def test_a_page_that_fails_is_told_after_the_one_before_it(sdk: SdkServer, data: DataClient) -> None:
    library = Library(sdk, 9)

    def page(requests: list[Any]) -> Any:
        failing = requests[0].data_request.last == "3"
        return SdkError(SdkStatus.UNAVAILABLE, "busy") if failing else library.page(requests)

    sdk.answers["BinaryDataByFilter"] = page
    async with aclosing(data.binary_data_pages(page_size=3)) as pages:
        assert len(await anext(pages)) == 3
        with pytest.raises(UnavailableError, match="busy"):
            await anext(pages)


@pytest.mark.parametrize("last", ["", "same"])
async def test_a_service_that_does_not_go_on_ends_the_pages(sdk: SdkServer, data: DataClient, last: str) -> None:
    sdk.answers["BinaryDataByFilter"] = sdk_data.BinaryDataByFilterResponse(data=[sdk_data.BinaryData()], last=last)
    assert len([page async for page in data.binary_data_pages()]) == (1 if last == "" else 2)


async def test_all_images_in_order(sdk: SdkServer, data: DataClient) -> None:
    library = Library(sdk, 25)
    library.gone = {"i3"}
    found = [image.binary.decode() async for image in data.images(in_flight=4, page_size=10)]
    assert found == [name for name in library.names if name != "i3"]
    assert library.most_open <= 4


async def test_images_that_come_out_of_order_are_given_in_order(sdk: SdkServer, data: DataClient) -> None:
    library = Library(sdk, 4, held=True)
    async with aclosing(data.images(in_flight=3)) as images:
        first = asyncio.ensure_future(anext(images))
        await library.until_open("i0", "i1", "i2")
        library.gates["i2"].set()
        library.gates["i1"].set()
        await library.until_open("i0")
        assert not first.done()
        for gate in library.gates.values():
            gate.set()
        rest = [(await first).binary, *[image.binary async for image in images]]
    assert rest == [b"i0", b"i1", b"i2", b"i3"]
    assert library.most_open == 3


async def test_leaving_early_ends_the_calls_under_way(sdk: SdkServer, data: DataClient) -> None:
    library = Library(sdk, 20, held=True)
    library.gates["i0"].set()
    tasks = asyncio.all_tasks()
    async with aclosing(data.images(in_flight=5)) as images:
        async for image in images:
            assert image.binary == b"i0"
            break
    await library.until_open()
    ours = {task for task in asyncio.all_tasks() - tasks if "labeler" in str(task.get_coro())}
    assert ours == set()
    assert len(sdk.requests["BinaryDataByIDs"]) <= 5


async def test_cancelling_ends_the_calls_under_way(sdk: SdkServer, data: DataClient) -> None:
    library = Library(sdk, 20, held=True)

    async def take_all() -> None:
        async for _ in data.images(in_flight=2):
            pass

    taking = asyncio.create_task(take_all())
    await library.until_open("i0", "i1")
    taking.cancel()
    with pytest.raises(asyncio.CancelledError):
        await taking
    await library.until_open()


async def test_a_failure_is_raised_where_its_image_would_be(sdk: SdkServer, data: DataClient) -> None:
    Library(sdk, 3)
    usual: Any = sdk.answers["BinaryDataByIDs"]

    async def failing(requests: list[Any]) -> Any:
        if requests[0].binary_data_ids[0] == "i1":
            return SdkError(SdkStatus.UNAVAILABLE, "busy")
        return await usual(requests)

    sdk.answers["BinaryDataByIDs"] = failing
    async with aclosing(data.images(in_flight=3)) as images:
        assert (await anext(images)).binary == b"i0"
        with pytest.raises(UnavailableError, match="busy"):
            await anext(images)


async def test_small_images_come_several_in_a_call(sdk: SdkServer, data: DataClient) -> None:
    library = Library(sdk, 25, size=100_000)
    library.sizes |= {"i4": 5_000_000, "i5": 0}
    library.gone = {"i2", "i9"}
    found = [image.binary.decode() async for image in data.images(in_flight=7, page_size=10)]
    assert found == [name for name in library.names if name not in library.gone]
    assert library.most_open <= 7
    together = [["i0", "i1", "i2"], ["i3"], ["i4"], ["i5"], ["i6", "i7", "i8"], ["i9"]]
    again = [["i0"], ["i1"], ["i2"]]
    assert sorted(call for call in library.calls if len(call[0]) == 2) == sorted(together + again)


@pytest.mark.parametrize("size", [0, 100])
async def test_as_many_as_were_asked_for_are_under_way(sdk: SdkServer, data: DataClient, size: int) -> None:
    library = Library(sdk, 40, held=True, size=size)
    async with asyncio.timeout(20), aclosing(data.images(in_flight=8)) as images:
        first = asyncio.ensure_future(anext(images))
        await library.until_open(*library.names[:8])
        for gate in library.gates.values():
            gate.set()
        assert (await first).binary == b"i0"
    assert library.most_open == 8


async def test_several_together_count_as_so_many_in_flight() -> None:
    begun: list[int] = []
    taken = 0

    async def weights() -> AsyncGenerator[int, None]:
        for weight in (3, 1, 1, 1, 3, 9, 2):
            yield weight

    async def fetch(weight: int) -> int:
        begun.append(weight)
        assert sum(begun) - taken <= 7 or sum(begun) - taken == weight
        return weight

    async with aclosing(in_order(weights(), fetch, 7, lambda weight: weight)) as fetched:
        async for weight in fetched:
            taken += weight
    assert begun == [3, 1, 1, 1, 3, 9, 2]


async def test_a_call_asks_for_no_more_bytes_than_are_soon_taken_in(sdk: SdkServer, data: DataClient) -> None:
    library = Library(sdk, 6, size=2_000_000)
    assert len([image async for image in data.images(in_flight=8)]) == 6
    assert library.calls == [["i0", "i1"], ["i2", "i3"], ["i4", "i5"]]


async def test_an_image_that_is_refused_is_told_where_it_would_be(sdk: SdkServer, data: DataClient) -> None:
    library = Library(sdk, 8, size=100)
    library.refused = {"i2"}
    async with aclosing(data.images(in_flight=8)) as images:
        assert [(await anext(images)).binary, (await anext(images)).binary] == [b"i0", b"i1"]
        with pytest.raises(ExhaustedError, match="too large"):
            await anext(images)


async def test_at_least_one_in_flight(data: DataClient) -> None:
    with pytest.raises(InvalidCallError, match=r"^in_flight is 0"):
        await anext(data.images(in_flight=0))
