"""Runs of images, and how far taking in paths has come."""

from __future__ import annotations

from dataclasses import dataclass

from labeler.domain.image import Image


@dataclass(frozen=True, slots=True)
class Page:
    """A run of images in library order. `next` asks for what follows; empty after the last page."""

    images: tuple[Image, ...]
    next: str


@dataclass(frozen=True, slots=True)
class Told:
    """Images that others changed, added or deleted. `position` is what has been told up to here."""

    ids: tuple[str, ...]
    position: str


@dataclass(frozen=True, slots=True)
class OpenProgress:
    """How far opening paths has come; counts are totals so far, `refused` is what is new since the last."""

    found: int = 0
    opened: int = 0
    already_there: int = 0
    digested: int = 0
    listed: bool = False
    component_names: tuple[str, ...] = ()
    refused: tuple[tuple[str, str], ...] = ()
