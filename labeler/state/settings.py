"""What the program remembers between runs, as one TOML file that a person can edit."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import tomli_w

from labeler.disk import make_folder, replacing
from labeler.domain.errors import LabelerError


class Settings:
    """Tables of values by name. Reading and writing touch the disk: not for the event loop's thread."""

    def __init__(self, path: Path, values: Mapping[str, Any]) -> None:
        self.path = path
        self._values = dict(values)

    @classmethod
    def read(cls, path: Path) -> Settings:
        """The settings of a file; empty where there is none. Raises LabelerError for one that is not TOML."""
        try:
            text = path.read_text(encoding="utf-8")
        except FileNotFoundError:
            return cls(path, {})
        try:
            return cls(path, tomllib.loads(text))
        except tomllib.TOMLDecodeError as error:
            raise LabelerError(f"{path} is not valid TOML: {error}. Mend it, or move it away.") from None

    def get(self, name: str, default: Any = None) -> Any:
        """The value at a dotted name ("window.theme"), or the default."""
        value: Any = self._values
        for part in name.split("."):
            if not isinstance(value, dict) or part not in value:
                return default
            value = value[part]
        return value

    def set(self, name: str, value: Any) -> None:
        """Put a value at a dotted name; it is on disk after `write`."""
        *tables, last = name.split(".")
        table = self._values
        for part in tables:
            table = table.setdefault(part, {})
        table[last] = value

    def text(self) -> str:
        return tomli_w.dumps(self._values)

    def write(self, text: str) -> None:
        """Replace the file by `text` (see `text()`), whole or not at all."""
        make_folder(self.path.parent)
        with replacing(self.path) as file:
            file.write(text.encode())
