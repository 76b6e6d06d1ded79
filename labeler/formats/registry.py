"""The formats by the names that people give them."""

from __future__ import annotations

from pathlib import Path

from labeler.formats.coco import CocoWriter, read_coco
from labeler.formats.layout import Format
from labeler.formats.viam import ViamWriter, read_viam

FORMATS = {
    "coco": Format("COCO", "annotations.json", CocoWriter, read_coco),
    "viam": Format("Viam dataset", "dataset.jsonl", ViamWriter, read_viam),
}


def format_of(folder: Path) -> Format | None:
    """The format that a folder is an export of; None for any other folder."""
    return next((one for one in FORMATS.values() if (folder / one.manifest).is_file()), None)
