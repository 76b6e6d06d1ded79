"""Frames of our grid at many images, and of our canvas at many boxes, offscreen.

grid COUNT STEPS FOLDER or canvas BOXES STEPS FOLDER: prints JSON. The images are in memory and their pictures are
photographs of the folder, so that what is measured is the window alone.
"""

from __future__ import annotations

import asyncio
import json
import os
import random
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import qasync
from PySide6.QtCore import QPoint, QPointF, Qt
from PySide6.QtGui import QWheelEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QWidget

from labeler.domain.box import Box
from labeler.domain.image import Image
from labeler.robot import NO_KEYS, Robot, until
from labeler.server.sqlite.catalog import SqliteCatalog
from tests.bench.catalogs import LABELS
from tests.bench.drivers.rival_viewer import HEIGHT, WIDTH, memory_mib
