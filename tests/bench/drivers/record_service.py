"""A service of COUNT images that costs nothing: pages made beforehand, so that a client is alone with its work.

Prints its address, and ends with its standard input.
"""

from __future__ import annotations

import asyncio
import json
import sys
from collections.abc import Iterator

import grpc
import grpc.aio

from labeler.rpc.wire.app.data.v1 import data_pb2

PAGE = 1_000


def _page() -> bytes:
    return data_pb2.BinaryDataByFilterResponse(data=_images(), count=PAGE).SerializeToString()


def _images() -> Iterator[data_pb2.BinaryData]:
    for number in range(PAGE):
        image = data_pb2.BinaryData()
        about = image.metadata
        about.id, about.binary_data_id = f"{number:036}", f"{'o' * 36}/{'l' * 36}/{number:036}"
        about.file_name, about.file_ext, about.file_size_bytes = f"camera/{number:08}.jpg", ".jpg", 400_000
        about.time_requested.seconds = about.time_received.seconds = number
        capture = about.capture_metadata
        capture.organization_id, capture.location_id, capture.part_id = "o" * 36, "l" * 36, "p" * 36
        capture.tags.extend(("night", "rain"))
        about.annotations.bboxes.add(id="b" * 36, label="bolt", x_max_normalized=0.5, y_max_normalized=0.5)
        yield image


async def _serve(count: int) -> None:
    page = _page()

    async def answer(request: bytes, _: object) -> bytes:
        asked = data_pb2.BinaryDataByFilterRequest.FromString(request).data_request
        start = int(asked.last or 0)
        # Two messages one after the other are one with the fields of both.
        end = data_pb2.BinaryDataByFilterResponse(last=str(min(start + PAGE, count))).SerializeToString()
        return page + end if start < count else end

    methods: dict[str, grpc.RpcMethodHandler[bytes, bytes]] = {
        "BinaryDataByFilter": grpc.unary_unary_rpc_method_handler(answer)
    }
    server = grpc.aio.server()
    server.add_generic_rpc_handlers((grpc.method_handlers_generic_handler("viam.app.data.v1.DataService", methods),))
    port = server.add_insecure_port("127.0.0.1:0")
    await server.start()
    sys.stdout.write(json.dumps({"listening": f"127.0.0.1:{port}"}) + "\n")
    sys.stdout.flush()
    await asyncio.to_thread(sys.stdin.read)
    await server.stop(None)


if __name__ == "__main__":
    asyncio.run(_serve(int(sys.argv[1])))
