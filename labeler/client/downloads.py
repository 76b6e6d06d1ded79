"""Downloads into a file: all of it in the place of what was there, or what was there untouched."""

from __future__ import annotations

import asyncio
import contextlib
import gzip
import json
import os
import zipfile
import zlib
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import IO, Any

from google.protobuf import json_format
from google.protobuf.message import Message

from labeler.client.messages import BinaryData, BinaryMetadata
from labeler.client.tabular_row import TabularData
from labeler.disk import replacing
from labeler.formats.names import Names
from labeler.formats.viam import file_name_for_download
from labeler.rpc.convert import image_from
from labeler.rpc.wire.pool import POOL

Destination = str | os.PathLike[str]


async def checked(dest: object) -> Path | None:
    """The path of a `dest` argument, if there is one and its folder exists. Raises before anything is asked for."""
    if dest is None:
        return None
    if not isinstance(dest, str | os.PathLike):
        raise TypeError(f"dest must be a path, not {type(dest).__name__}")
    path = Path(os.fsdecode(dest))
    await asyncio.to_thread(_check_place, path)
    return path


def _check_place(path: Path) -> None:
    if path.is_dir():
        raise IsADirectoryError(f"dest is a folder: {path}. Name a file in it.")
    if not path.parent.is_dir():
        raise FileNotFoundError(f"dest is in a folder that does not exist: {path.parent}")


async def write_rows(path: Path, rows: Sequence[TabularData]) -> None:
    """JSON Lines: {"data", "metadata", "timeRequested", "timeReceived"}, metadata as protojson has it."""

    def write(file: IO[bytes]) -> None:
        for row in rows:
            record = {
                "data": row.data,
                "metadata": _as_json(row.metadata),
                "timeRequested": row.time_requested and row.time_requested.isoformat() + "Z",
                "timeReceived": row.time_received and row.time_received.isoformat() + "Z",
            }
            file.write(json.dumps(record, ensure_ascii=False).encode(errors="replace") + b"\n")

    await asyncio.to_thread(_replace, path, write)


async def write_images(path: Path, images: Sequence[BinaryData]) -> None:
    """The bytes where it is one image; else a ZIP laid out as `viam data export` lays out its folder."""
    if len(images) == 1:
        await asyncio.to_thread(_replace, path, lambda file: file.write(images[0].binary))
    else:
        await asyncio.to_thread(_replace, path, lambda file: _write_zip(file, images))


def _replace(path: Path, write: Callable[[IO[bytes]], object]) -> None:
    with replacing(path) as file:
        write(file)


def _write_zip(file: IO[bytes], images: Sequence[BinaryData]) -> None:
    names = Names(sidecars=(".json",))
    with zipfile.ZipFile(file, "w", zipfile.ZIP_STORED) as archive:
        for image in images:
            name = names.take(_file_name(image.metadata))
            archive.writestr(f"data/{name}", _unpacked(image))
            record = _as_json(image.metadata) | {"fileName": name}
            archive.writestr(f"metadata/{name}.json", json.dumps(record, ensure_ascii=False).encode(errors="replace"))


def _file_name(metadata: BinaryMetadata) -> str:
    """Viam's name of the file; its extension is `file_ext` where there is one, whatever the mime type says."""
    named = BinaryMetadata.FromString(metadata.SerializeToString())
    named.ClearField("annotations")
    extension = metadata.file_ext.removesuffix(".gz")
    if extension:
        named.capture_metadata.ClearField("mime_type")
    name = file_name_for_download(image_from(named))
    return name if name.endswith(extension) else name + extension


def _unpacked(image: BinaryData) -> bytes:
    """The bytes, out of gzip where the extension says so, as Viam's export has them."""
    if image.metadata.file_ext.endswith(".gz"):
        with contextlib.suppress(OSError, EOFError, zlib.error):
            return gzip.decompress(image.binary)
    return image.binary


def _as_json(message: Message) -> dict[str, Any]:
    """The message as protojson; method parameters of a type that this client does not know are left out."""
    try:
        return json_format.MessageToDict(message, descriptor_pool=POOL)
    except (TypeError, KeyError, json_format.Error):
        known = type(message).FromString(message.SerializeToString())
        capture = known.capture_metadata if isinstance(known, BinaryMetadata) else known
        capture.ClearField("method_parameters")
        return json_format.MessageToDict(known, descriptor_pool=POOL)
