"""What is dropped on the window is opened."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import QMimeData, QUrl

from labeler.ui.window import dropped_paths


def test_files_and_folders_are_taken_and_links_are_not(tmp_path: Path) -> None:
    data = QMimeData()
    data.setUrls([QUrl.fromLocalFile(str(tmp_path)), QUrl("https://example.com/a.jpg")])
    assert dropped_paths(data) == [tmp_path]
