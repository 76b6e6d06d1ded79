"""A machine that lacks what Qt needs gets one sentence and exit code 3, before Qt is loaded."""

from __future__ import annotations

import ctypes
import os
import subprocess
import sys

import pytest

from labeler.preflight import EVERYWHERE, FOR_X11, missing_for_desktop, missing_libraries

linux_only = pytest.mark.skipif(sys.platform != "linux", reason="other systems bring what Qt needs")


@pytest.fixture
def lacking(monkeypatch: pytest.MonkeyPatch) -> set[str]:
    """Sonames that the loader shall not find; all others it finds."""
    sonames: set[str] = set()

    def load(soname: str) -> None:
        if soname in sonames:
            raise OSError(f"{soname}: cannot open shared object file")

    monkeypatch.setattr(ctypes, "CDLL", load)
    return sonames


@linux_only
def test_desktop_without_display_says_so_and_loads_no_qt() -> None:
    environment = {name: value for name, value in os.environ.items() if name != "QT_QPA_PLATFORM"}
    run = subprocess.run(
        [sys.executable, "-X", "importtime", "-m", "labeler"],
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    said = [line for line in run.stderr.splitlines() if not line.startswith("import time:")]
    assert run.returncode == 3
    assert len(said) == 1
    assert said[0].startswith("labeler: There is no display")
    assert "PySide6" not in run.stderr


@linux_only
def test_missing_library_is_named_with_its_packages(lacking: set[str]) -> None:
    lacking |= {"libEGL.so.1", "libxcb-cursor.so.0"}
    sentence = missing_for_desktop("xcb")
    assert sentence is not None
    assert "lacks libEGL.so.1, libxcb-cursor.so.0;" in sentence
    assert "apt-get install libegl1 libxcb-cursor0`" in sentence
    assert "dnf install libglvnd-egl xcb-util-cursor`" in sentence


@linux_only
def test_package_of_several_libraries_is_named_once(lacking: set[str]) -> None:
    lacking |= {"libglib-2.0.so.0", "libgthread-2.0.so.0"}
    assert str(missing_for_desktop("offscreen")).count("libglib2.0-0") == 1


@linux_only
def test_offscreen_needs_nothing_of_x11(lacking: set[str]) -> None:
    lacking |= {library.soname for library in FOR_X11}
    assert missing_for_desktop("offscreen") is None
    assert missing_for_desktop("offscreen:size=1024x700") is None
    assert missing_for_desktop("xcb") is not None


@linux_only
def test_one_complete_display_system_is_enough(lacking: set[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DISPLAY", ":0")
    monkeypatch.setenv("WAYLAND_DISPLAY", "wayland-0")
    lacking.add("libwayland-cursor.so.0")
    assert missing_for_desktop("") is None
    lacking.add("libxcb-icccm.so.4")
    assert "libwayland-cursor0" in str(missing_for_desktop(""))


@linux_only
def test_this_machine_can_show_windows_offscreen() -> None:
    assert missing_libraries(EVERYWHERE) == []
    assert missing_for_desktop("offscreen") is None


@pytest.mark.parametrize("system", ["win32", "darwin"])
def test_other_systems_bring_what_qt_needs(system: str, lacking: set[str], monkeypatch: pytest.MonkeyPatch) -> None:
    lacking |= {library.soname for library in EVERYWHERE}
    monkeypatch.setattr(sys, "platform", system)
    assert missing_for_desktop("") is None
