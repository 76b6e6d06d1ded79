"""The floor of a start: an empty PySide6 window, with gRPC imported."""

from __future__ import annotations

import importlib
import json
import os
import time

from PySide6.QtWidgets import QApplication, QMainWindow

from tests.bench.drivers.rival_viewer import HEIGHT, WIDTH, memory_mib

if __name__ == "__main__":
    importlib.import_module("grpc.aio")
    application = QApplication(["bare"])
    window = QMainWindow()
    window.resize(WIDTH, HEIGHT)
    window.show()
    application.processEvents()
    ms = (time.monotonic() - float(os.environ["BENCH_STARTED"])) * 1_000
    print(json.dumps({"window": ms, "memory": memory_mib(os.getpid())}))  # noqa: T201
