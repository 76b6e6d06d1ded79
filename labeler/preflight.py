"""What Qt needs of the machine, looked for before Qt is loaded.

Qt ends the process with a core dump when a system library or the display is missing, and names the wrong library.
This names the right ones and the packages that bring them. It needs nothing but the standard library, so that

    python3 labeler/preflight.py

prints the missing packages of apt, one to a line, on a machine that has nothing installed yet: those for the display
that is there, or for none.
"""

from __future__ import annotations

import ctypes
import os
import sys
from collections.abc import Iterable
from dataclasses import dataclass

EXIT_CODE = 3


@dataclass(frozen=True, slots=True)
class Library:
    """A shared library that Qt links to or loads, and the packages that bring it."""

    soname: str
    apt: str
    dnf: str


EVERYWHERE = (
    Library("libGL.so.1", "libgl1", "libglvnd-glx"),
    Library("libEGL.so.1", "libegl1", "libglvnd-egl"),
    Library("libX11.so.6", "libx11-6", "libX11"),
    Library("libxkbcommon.so.0", "libxkbcommon0", "libxkbcommon"),
    Library("libfontconfig.so.1", "libfontconfig1", "fontconfig"),
    Library("libfreetype.so.6", "libfreetype6", "freetype"),
    Library("libdbus-1.so.3", "libdbus-1-3", "dbus-libs"),
    Library("libglib-2.0.so.0", "libglib2.0-0", "glib2"),
    Library("libgthread-2.0.so.0", "libglib2.0-0", "glib2"),
)
FOR_X11 = (
    Library("libX11-xcb.so.1", "libx11-xcb1", "libX11-xcb"),
    Library("libxkbcommon-x11.so.0", "libxkbcommon-x11-0", "libxkbcommon-x11"),
    Library("libxcb-cursor.so.0", "libxcb-cursor0", "xcb-util-cursor"),
    Library("libxcb-icccm.so.4", "libxcb-icccm4", "xcb-util-wm"),
    Library("libxcb-image.so.0", "libxcb-image0", "xcb-util-image"),
    Library("libxcb-keysyms.so.1", "libxcb-keysyms1", "xcb-util-keysyms"),
    Library("libxcb-render-util.so.0", "libxcb-render-util0", "xcb-util-renderutil"),
    Library("libxcb-util.so.1", "libxcb-util1", "xcb-util"),
    Library("libxcb-randr.so.0", "libxcb-randr0", "libxcb"),
    Library("libxcb-render.so.0", "libxcb-render0", "libxcb"),
    Library("libxcb-shape.so.0", "libxcb-shape0", "libxcb"),
    Library("libxcb-shm.so.0", "libxcb-shm0", "libxcb"),
    Library("libxcb-sync.so.1", "libxcb-sync1", "libxcb"),
    Library("libxcb-xfixes.so.0", "libxcb-xfixes0", "libxcb"),
    Library("libxcb-xkb.so.1", "libxcb-xkb1", "libxcb"),
)
FOR_WAYLAND = (
    Library("libwayland-client.so.0", "libwayland-client0", "libwayland-client"),
    Library("libwayland-cursor.so.0", "libwayland-cursor0", "libwayland-cursor"),
    Library("libwayland-egl.so.1", "libwayland-egl1", "libwayland-egl"),
)
PLATFORM_LIBRARIES = {"xcb": EVERYWHERE + FOR_X11, "wayland": EVERYWHERE + FOR_WAYLAND}


def _loads(soname: str) -> bool:
    try:
        ctypes.CDLL(soname)
    except OSError:
        return False
    return True


def missing_libraries(libraries: Iterable[Library]) -> list[Library]:
    """Those that the loader does not find, in the order given."""
    return [library for library in libraries if not _loads(library.soname)]


def _sentence(missing: list[Library]) -> str:
    sonames = ", ".join(library.soname for library in missing)
    apt = " ".join(dict.fromkeys(library.apt for library in missing))
    dnf = " ".join(dict.fromkeys(library.dnf for library in missing))
    return (
        f"Qt cannot start: this machine lacks {sonames}; "
        f"install with `apt-get install {apt}` (Debian, Ubuntu) or `dnf install {dnf}` (Fedora)."
    )


def _possible_platforms(platform_name: str) -> list[str]:
    """Qt's platform plugins that may serve here, the wanted one first; `platform_name` as in QT_QPA_PLATFORM."""
    if platform_name:
        return [name.partition(":")[0].removesuffix("-egl") for name in platform_name.split(";") if name]
    platforms = []
    if os.environ.get("WAYLAND_DISPLAY"):
        platforms.append("wayland")
    if os.environ.get("DISPLAY"):
        platforms.append("xcb")
    return platforms


def missing_for_desktop(platform_name: str) -> str | None:
    """One sentence about why Qt cannot show a window here, with what to do; None when it can.

    `platform_name` is the value of QT_QPA_PLATFORM, "" where it is unset. Loads the libraries it looks for, a few
    milliseconds of work. Systems other than Linux bring what Qt needs, so the answer there is None.
    """
    if not sys.platform.startswith("linux"):
        return None
    platforms = _possible_platforms(platform_name)
    if not platforms:
        return (
            "There is no display: neither DISPLAY nor WAYLAND_DISPLAY is set. "
            "Start labeler from a desktop session, or use `labeler serve`, `import` and `export`, which need none."
        )
    lacking = [missing_libraries(PLATFORM_LIBRARIES.get(platform, EVERYWHERE)) for platform in platforms]
    return _sentence(lacking[0]) if all(lacking) else None


def _print_missing_packages() -> None:
    platforms = _possible_platforms(os.environ.get("QT_QPA_PLATFORM", "")) or ["offscreen"]
    wanted = [library for platform in platforms for library in PLATFORM_LIBRARIES.get(platform, EVERYWHERE)]
    missing = missing_libraries(dict.fromkeys(wanted)) if sys.platform.startswith("linux") else []
    for package in dict.fromkeys(library.apt for library in missing):
        print(package)  # noqa: T201


if __name__ == "__main__":
    _print_missing_packages()
