"""A rival's window, offscreen: started on a folder, then shown picture after picture by its own "next image".

NAME FOLDER COUNT THINK_MS: prints JSON. Runs in the rival's own environment; imports nothing of the labeler.
"""

import importlib
import json
import os
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

WIDTH, HEIGHT = 1600, 1000
PATIENCE = 10.0


@dataclass
class Program:
    """A rival's window, and what to ask it."""

    window: Any
    canvas: Any
    next: Callable[[], Any]
    path: Callable[[], Any]


def _labelme(folder: str, _: Any) -> Program:
    window = importlib.import_module("labelme._app").MainWindow(file_or_dir=folder)
    canvas = importlib.import_module("labelme._widgets._canvas").Canvas
    return Program(window, canvas, window._open_next_image, lambda: window._image_path)


def _labelimg(folder: str, _: Any) -> Program:
    program: Any = importlib.import_module("labelImg.labelImg")
    classes = str(Path(program.__file__).parent / "data" / "predefined_classes.txt")
    window = program.MainWindow(folder, classes, None)
    return Program(
        window, importlib.import_module("libs.canvas").Canvas, window.open_next_image, lambda: window.file_path
    )


def _x_anylabeling(folder: str, application: Any) -> Program:
    config: Any = importlib.import_module("anylabeling.config")
    home = str(Path.home())
    config.set_work_directory(home)
    config.current_config_file = str(Path(home) / ".xanylabelingrc")
    settings = config.get_config(config.current_config_file, {}, show_msg=False)
    importlib.import_module("anylabeling.resources.resources")
    importlib.import_module("anylabeling.views.labeling.utils.theme").init_theme("light")
    window = importlib.import_module("anylabeling.views.mainwindow").MainWindow(
        application, config=settings, filename=folder
    )
    view = window.labeling_widget.view
    canvas = importlib.import_module("anylabeling.views.labeling.widgets.canvas").Canvas
    return Program(window, canvas, view.open_next_image, lambda: view.filename)


PROGRAMS = {
    "labelme": ("PySide6", "labelme._widgets._canvas", _labelme),
    "labelImg": ("PyQt5", "libs.canvas", _labelimg),
    "X-AnyLabeling": ("PyQt6", "anylabeling.views.labeling.widgets.canvas", _x_anylabeling),
}


def memory_mib(process: int) -> float:
    """MiB of a process and its children, what is shared counted in parts (PSS)."""
    found = 0.0
    try:
        lines = Path(f"/proc/{process}/smaps_rollup").read_text().splitlines()
        found = sum(int(line.split()[1]) for line in lines if line.startswith("Pss:")) / 1_024
        children = [
            one for path in Path(f"/proc/{process}/task").glob("*/children") for one in path.read_text().split()
        ]
    except OSError:
        return found
    return found + sum(memory_mib(int(child)) for child in children)


def _measure(name: str, folder: str, count: int, think: float) -> dict[str, Any]:
    binding, canvas_module, make = PROGRAMS[name]
    started = float(os.environ["BENCH_STARTED"])
    widgets = importlib.import_module(f"{binding}.QtWidgets")
    application = widgets.QApplication([name])
    painted: list[float] = []
    canvas = importlib.import_module(canvas_module).Canvas
    original = canvas.paintEvent

    def paint_event(self: Any, event: Any) -> None:
        original(self, event)
        painted.append(time.monotonic())

    canvas.paintEvent = paint_event
    program = make(folder, application)
    window = program.window
    window.resize(WIDTH, HEIGHT)
    window.show()
    application.processEvents()
    shown = time.monotonic()

    def step(move: Callable[[], Any]) -> float:
        """ms from asking for another picture until it is painted."""
        before, start = program.path(), time.monotonic()
        painted.clear()
        move()
        while program.path() == before or not painted or painted[-1] < start:
            if time.monotonic() - start > PATIENCE:
                raise TimeoutError(f"no other picture than {before}")
            application.processEvents()
        return (painted[-1] - start) * 1_000

    while program.path() is None and time.monotonic() - shown < 1:
        application.processEvents()
    if program.path() is None:
        step(program.next)
    while not painted:
        application.processEvents()
    found: dict[str, Any] = {
        "window": (shown - started) * 1_000,
        "picture": (painted[-1] - started) * 1_000,
        "next": [],
    }
    for _ in range(count):
        until = time.monotonic() + think / 1_000
        while think and time.monotonic() < until:
            application.processEvents()
            time.sleep(0.001)
        found["next"].append(step(program.next))
    found["memory"] = memory_mib(os.getpid())
    return found


if __name__ == "__main__":
    wanted, pictures, steps, pause = sys.argv[1:]
    print(json.dumps(_measure(wanted, pictures, int(steps), float(pause))), flush=True)  # noqa: T201
    os._exit(0)  # Its threads and questions on closing are not measured.
