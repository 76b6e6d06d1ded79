"""The key tables that people read say what the table of actions says."""

from __future__ import annotations

import importlib.util
from pathlib import Path
from types import ModuleType

ROOT = Path(__file__).parent.parent


def generator() -> ModuleType:
    spec = importlib.util.spec_from_file_location("generate_keys", ROOT / "packaging" / "generate_keys.py")
    assert spec
    assert spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_help_page_has_todays_keys() -> None:
    assert (ROOT / "resources" / "help" / "keys.md").read_text(encoding="utf-8") == generator().page()


def test_readme_has_todays_keys() -> None:
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    assert generator().readme(text) == text
