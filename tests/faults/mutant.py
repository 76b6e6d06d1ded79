"""A plugin for pytest that breaks one module of the program as it is imported.

MUTANT='["labeler.disk", "before", "after"]' python -m pytest -p tests.faults.mutant ...
"""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Sequence
from importlib.machinery import ModuleSpec, PathFinder, SourceFileLoader
from types import CodeType, ModuleType


class Broken(SourceFileLoader):
    """Loads a module with one text in place of another."""

    def __init__(self, name: str, path: str, before: str, after: str) -> None:
        super().__init__(name, path)
        self._before, self._after = before, after

    def get_code(self, fullname: str) -> CodeType:
        source = self.get_data(self.path).decode().replace(self._before, self._after)
        return compile(source, self.path, "exec", dont_inherit=True)


class Breaker:
    """Finds the module, before anybody else does."""

    def __init__(self, module: str, before: str, after: str) -> None:
        self._module, self._before, self._after = module, before, after

    def find_spec(
        self, fullname: str, path: Sequence[str] | None = None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        if fullname != self._module:
            return None
        spec = PathFinder.find_spec(fullname, path, target)
        if spec is not None and spec.origin is not None:
            spec.loader = Broken(fullname, spec.origin, self._before, self._after)
        return spec


sys.meta_path.insert(0, Breaker(*json.loads(os.environ["MUTANT"])))
