"""Sample images: parts on conveyors as a machine's camera sees them, drawn here, with boxes that are known."""

from __future__ import annotations

import json
import os
import shutil
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from PIL import Image as Pillow
from PIL.ExifTags import IFD, Base

from labeler.domain.box import Box
from labeler.domain.errors import InvalidValue, LabelerError
from labeler.samples.scene import FRAMES_OF_LINE, LINES, Frame, take_frames

TRUTH = "truth.json"
_VERSION = 1
"""Raised when the pictures change, so that older ones are drawn anew."""


@dataclass(frozen=True, slots=True)
class SampleImage:
    """A sample picture. `taken` is the camera's local time, as in its EXIF data."""

    path: Path
    file_name: str
    taken: datetime
    boxes: tuple[Box, ...]


@dataclass(frozen=True, slots=True)
class SampleSet:
    """The folder, to be opened as it is, and its images in natural name order."""

    folder: Path
    images: tuple[SampleImage, ...]


def read_samples(folder: Path) -> SampleSet | None:
    """The samples in a folder; None unless they are complete and of this version."""
    try:
        content = json.loads((folder / TRUTH).read_text(encoding="utf-8"))
        if content["version"] != _VERSION:
            return None
        images = tuple(
            SampleImage(
                folder.joinpath(*record["file_name"].split("/")),
                record["file_name"],
                datetime.fromisoformat(record["taken"]),
                tuple(Box(**box) for box in record["boxes"]),
            )
            for record in content["images"]
        )
    except (OSError, ValueError, KeyError, TypeError):
        return None
    return SampleSet(folder, images) if all(image.path.is_file() for image in images) else None


def _save(folder: Path, frame: Frame) -> dict[str, Any]:
    path = folder.joinpath(*frame.file_name.split("/"))
    path.parent.mkdir(parents=True, exist_ok=True)
    exif = Pillow.Exif()
    stamp = frame.taken.strftime("%Y:%m:%d %H:%M:%S")
    exif[Base.Make], exif[Base.Model], exif[Base.DateTime] = "labeler", "Conveyor camera (drawn)", stamp
    exif.get_ifd(IFD.Exif)[Base.DateTimeOriginal] = stamp
    frame.picture.save(path, "JPEG", quality=86, exif=exif)
    names = ("id", "label", "x_min", "y_min", "x_max", "y_max")
    boxes = [{name: getattr(box, name) for name in names} for box in frame.boxes]
    return {"file_name": frame.file_name, "taken": frame.taken.isoformat(), "boxes": boxes}


def _draw_into(folder: Path, of_line: int) -> None:
    records = take_frames(lambda frame: _save(folder, frame), of_line)
    truth = json.dumps({"version": _VERSION, "images": records}, indent=1)
    (folder / TRUTH).write_text(truth, encoding="utf-8")


def write_samples(folder: Path, of_line: int = FRAMES_OF_LINE) -> SampleSet:
    """Draw the samples into a new or empty folder, with their boxes in `truth.json`; takes seconds.

    `of_line` is how many pictures of each of the three lines are drawn, 1 to 20. The folder is there whole
    or not at all. One that is complete is returned as it is; one of an older version, or with another
    number of pictures, is replaced. Raises InvalidValue if the folder holds anything else.
    """
    found = read_samples(folder)
    if found and len(found.images) == LINES * of_line:
        return found
    target = folder.absolute()
    is_ours = (target / TRUTH).is_file()
    if target.exists() and not is_ours and (not target.is_dir() or any(target.iterdir())):
        raise InvalidValue(f"{folder} is not empty; choose a new or empty folder for the samples")
    work = target.parent / f".{target.name}-{os.getpid()}.partial"
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.rmtree(work, ignore_errors=True)
        work.mkdir()
        _draw_into(work, of_line)
        shutil.rmtree(target, ignore_errors=True)
        work.rename(target)
    except OSError as error:
        if found := read_samples(folder):
            return found
        raise LabelerError(f"The samples could not be written to {folder}: {error}") from error
    finally:
        shutil.rmtree(work, ignore_errors=True)
    found = read_samples(folder)
    if found is None:
        raise LabelerError(f"The samples in {folder} could not be read back; free some space and try again")
    return found


def sample_folder(data_directory: Path) -> SampleSet:
    """The samples of a data directory, drawn on first use."""
    return write_samples(data_directory / "samples")
