"""The service of a data directory on this machine, started as a child or found running."""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import signal
import stat
import subprocess
import sys
from pathlib import Path

import pytest

from labeler.client.channel import PLAINTEXT, Connection, Endpoint
from labeler.domain.errors import LabelerError, NotSignedIn, Unreachable
from labeler.local import open_local
from labeler.rpc.wire.app.data.v1 import data_pb2
from labeler.rpc.wire.labeler.v1 import labeler_pb2
from labeler.server.data_directory import read_announcement
from labeler.service_child import ServiceChild
from tests.conftest import child_processes, command_line

SERVICE = "/labeler.v1.LabelerService/"
JPEG = b"\xff\xd8\xff\xe0 a small picture, as far as its first bytes tell"


def run(*arguments: str) -> subprocess.Popen[str]:
    """A Python process whose output can be read."""
    return subprocess.Popen([sys.executable, *arguments], stdout=subprocess.PIPE, text=True)


async def describe(endpoint: Endpoint) -> labeler_pb2.DescribeResponse:
    async with await Connection.open(endpoint) as connection:
        request = labeler_pb2.DescribeRequest()
        return await connection.unary(SERVICE + "Describe", request, labeler_pb2.DescribeResponse)


async def open_paths(endpoint: Endpoint, *paths: Path) -> labeler_pb2.OpenPathsProgress:
    """The last progress of opening."""
    async with await Connection.open(endpoint) as connection:
        request = labeler_pb2.OpenPathsRequest(paths=map(str, paths))
        calls = connection.stream_in(SERVICE + "OpenPaths", request, labeler_pb2.OpenPathsProgress)
        return [each async for each in calls][-1]


async def listed(endpoint: Endpoint) -> list[labeler_pb2.ImageRecord]:
    async with await Connection.open(endpoint) as connection:
        request = labeler_pb2.ListImagesRequest(order=labeler_pb2.IMAGE_ORDER_NAME)
        answer = await connection.unary(SERVICE + "ListImages", request, labeler_pb2.ListImagesResponse)
    return list(answer.images)


def services() -> list[int]:
    """The processes of services that this one started."""
    return [pid for pid in child_processes() if "serve" in command_line(pid)]


async def test_a_folder_goes_in_and_is_there_at_the_next_start(tmp_path: Path) -> None:
    photos, data = tmp_path / "photos", tmp_path / "data"
    photos.mkdir()
    for name in ("2.jpg", "10.jpg"):
        (photos / name).write_bytes(JPEG + name.encode())
    async with open_local(data) as service:
        assert service.started_here
        assert (await describe(service.endpoint)).opens_paths
        assert (await open_paths(service.endpoint, photos)).digested == 2
    (photos / "10.jpg").unlink()
    async with open_local(data) as service:
        images = await listed(service.endpoint)
        assert [one.metadata.file_name for one in images] == ["2.jpg", "10.jpg"]
        assert [one.problem.partition(":")[0] for one in images] == ["", "The file is gone"]
        assert [one.metadata.uri for one in images] == ["", ""]
        async with await Connection.open(service.endpoint) as connection:
            choices = await connection.unary(
                SERVICE + "ListChoices", labeler_pb2.ListChoicesRequest(), labeler_pb2.ListChoicesResponse
            )
            wanted = data_pb2.BinaryDataByIDsRequest(
                binary_data_ids=[images[0].metadata.binary_data_id], include_binary=True
            )
            answer = await connection.unary(
                "/viam.app.data.v1.DataService/BinaryDataByIDs", wanted, data_pb2.BinaryDataByIDsResponse
            )
    assert answer.data[0].binary == JPEG + b"2.jpg"
    titles = {one.field: (one.title, one.count) for one in choices.choices}
    assert titles[labeler_pb2.CHOICE_FIELD_LOCATION] == ("Home", 2)
    assert titles[labeler_pb2.CHOICE_FIELD_COMPONENT_NAME] == (str(photos), 2)


async def test_who_comes_second_uses_the_service_of_the_first(tmp_path: Path) -> None:
    async with open_local(tmp_path) as first:
        async with open_local(tmp_path) as second:
            assert not second.started_here
            assert second.endpoint.target == first.endpoint.target
            assert (await describe(second.endpoint)).opens_paths
        assert (await describe(first.endpoint)).version


async def test_two_that_start_at_once_share_one_service(tmp_path: Path) -> None:
    ready = [asyncio.Event(), asyncio.Event()]
    everybody = asyncio.Event()

    async def use(number: int) -> tuple[bool, str]:
        async with open_local(tmp_path) as service:
            ready[number].set()
            await everybody.wait()
            return service.started_here, (await describe(service.endpoint)).organization_id

    users = [asyncio.create_task(use(number)) for number in (0, 1)]
    for event in ready:
        await event.wait()
    everybody.set()
    (one, here), (other, there) = await asyncio.gather(*users, return_exceptions=False)
    assert one != other
    assert here == there


async def test_a_child_that_starts_already_is_the_service_and_ends_with_the_block(tmp_path: Path) -> None:
    child = ServiceChild(tmp_path)
    child.begin()
    async with open_local(tmp_path, begun=child) as service:
        assert service.started_here
        assert len(services()) == 1
        assert (await describe(service.endpoint)).opens_paths
    assert services() == []


async def test_no_child_begins_where_a_service_is_announced(tmp_path: Path) -> None:
    async with open_local(tmp_path) as first:
        child = ServiceChild(tmp_path)
        child.begin()
        async with open_local(tmp_path, begun=child) as second:
            assert (second.started_here, len(services())) == (False, 1)
            assert second.endpoint.target == first.endpoint.target


async def test_of_two_children_that_start_at_once_one_is_the_service_of_both(tmp_path: Path) -> None:
    children = [ServiceChild(tmp_path), ServiceChild(tmp_path)]
    for child in children:
        child.begin()
    async with (
        open_local(tmp_path, begun=children[0]) as first,
        open_local(tmp_path, begun=children[1]) as second,
    ):
        assert {first.started_here, second.started_here} == {True, False}
        assert (await describe(first.endpoint)).organization_id == (await describe(second.endpoint)).organization_id


async def test_only_the_token_of_the_run_is_taken(tmp_path: Path) -> None:
    async with open_local(tmp_path) as service:
        for token in ("", "guess"):
            with pytest.raises(NotSignedIn):
                await describe(Endpoint(service.endpoint.target, PLAINTEXT, token=token))
        if sys.platform != "win32":
            socket = Path(service.endpoint.target.removeprefix("unix:"))
            modes = [stat.S_IMODE(path.stat().st_mode) for path in (socket, socket.parent, tmp_path / "service.json")]
            assert modes == [0o600, 0o700, 0o600]
            assert len(os.fsencode(socket)) < 104
    with pytest.raises(Unreachable):
        await describe(service.endpoint)


@pytest.fixture
def killed(tmp_path: Path) -> Path:
    """A data directory whose service was killed, with its announcement left behind."""
    with run("-m", "labeler", "serve", "--data", str(tmp_path), "--insecure") as process:
        assert process.stdout is not None
        assert json.loads(process.stdout.readline())["listening"]
        process.kill()
    assert (tmp_path / "service.json").exists()
    return tmp_path


async def test_the_announcement_of_a_killed_service_is_passed_over(killed: Path) -> None:
    async with open_local(killed) as service:
        assert service.started_here
        assert (await describe(service.endpoint)).version


@pytest.mark.parametrize("arguments", [["--insecure"], []], ids=["plaintext", "tls"])
async def test_a_service_for_others_is_used_too(tmp_path: Path, arguments: list[str]) -> None:
    with run("-m", "labeler", "serve", "--data", str(tmp_path), *arguments) as process:
        assert process.stdout is not None
        address = json.loads(process.stdout.readline())["listening"]
        async with open_local(tmp_path) as service:
            assert (service.started_here, service.endpoint.target) == (False, address)
            assert (await describe(service.endpoint)).opens_paths
        process.terminate()


async def test_a_service_whose_owner_is_gone_is_not_begun_with(tmp_path: Path) -> None:
    """It would end in a moment, as the pipe that it watches has."""
    with run("-c", "") as gone:
        gone.wait()
    begun: asyncio.Queue[bool] = asyncio.Queue()

    async def second() -> None:
        async with open_local(tmp_path) as service:
            begun.put_nowait(service.started_here)

    async with contextlib.AsyncExitStack() as first:
        await first.enter_async_context(open_local(tmp_path))
        announcement = tmp_path / "service.json"
        fields = json.loads(announcement.read_bytes())
        assert fields["owner"] == os.getpid()
        announcement.write_text(json.dumps(fields | {"owner": gone.pid}))
        beginning = asyncio.create_task(second())
        async with asyncio.timeout(20):
            while begun.empty() and len(services()) < 2:  # noqa: ASYNC110 - processes have no event to wait for
                await asyncio.sleep(0.01)
        await first.aclose()
    await beginning
    assert begun.get_nowait()


async def test_a_directory_that_cannot_be_used_is_told_in_the_services_words(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(LabelerError, match="cannot be used"):
        async with open_local(tmp_path / "file"):
            pass


async def test_the_service_ends_when_the_one_that_started_it_is_killed(tmp_path: Path) -> None:
    script = (
        "import asyncio, sys, pathlib\n"
        "from labeler.local import open_local\n"
        "async def main():\n"
        "    async with open_local(pathlib.Path(sys.argv[1])) as service:\n"
        "        print(service.endpoint.target, flush=True)\n"
        "        await asyncio.Event().wait()\n"
        "asyncio.run(main())\n"
    )
    with run("-c", script, str(tmp_path)) as owner:
        assert owner.stdout is not None
        assert owner.stdout.readline()
        owner.kill()
    async with asyncio.timeout(20):
        while read_announcement(tmp_path) is not None:  # noqa: ASYNC110 - another process's file has no event
            await asyncio.sleep(0.01)
    # The next service gets the directory: the one before has let go of it.
    async with open_local(tmp_path) as service:
        assert service.started_here
        assert (await describe(service.endpoint)).version


async def test_another_service_goes_on_when_one_is_killed(tmp_path: Path) -> None:
    data, moved = tmp_path / "data", asyncio.Queue[Endpoint]()
    async with open_local(data, moved.put_nowait) as service, await Connection.open(service.endpoint) as connection:
        request = labeler_pb2.DescribeRequest()
        organization = (await describe(service.endpoint)).organization_id
        for _ in range(2):
            (pid,) = services()
            os.kill(pid, signal.SIGKILL)
            await asyncio.wait_for(connection.lost(), 30)
            connection.move_to(await asyncio.wait_for(moved.get(), 30))
            answer = await connection.unary(SERVICE + "Describe", request, labeler_pb2.DescribeResponse)
            assert answer.organization_id == organization


async def test_another_service_is_started_when_that_of_another_program_ends(tmp_path: Path) -> None:
    moved = asyncio.Queue[Endpoint]()
    async with contextlib.AsyncExitStack() as first:
        await first.enter_async_context(open_local(tmp_path))
        async with open_local(tmp_path, moved.put_nowait) as second:
            assert not second.started_here
            await first.aclose()
            assert (await describe(await asyncio.wait_for(moved.get(), 30))).opens_paths
