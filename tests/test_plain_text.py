"""Texts come into the window by one way: what takes a text for markup is used in `ui/plain.py` alone."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.test_architecture import ROOT, imported, modules, relative

TAKE_MARKUP = {
    "QErrorMessage", "QGraphicsTextItem", "QInputDialog", "QLabel", "QMessageBox", "QProgressDialog", "QSplashScreen",
    "QStaticText", "QSystemTrayIcon", "QTextBrowser", "QTextDocument", "QTextEdit", "QToolTip", "QWhatsThis",
    "QWizardPage", "QWebEngineView", "QQuickWidget", "QQuickView", "QQmlApplicationEngine",
}  # fmt: skip
"""Classes of Qt that guess whether a text is HTML (Qt.TextFormat.AutoText), or that show HTML."""
CALLS = {"setToolTip", "setWhatsThis", "setHtml", "setMarkdown", "insertHtml", "addRow", "setTextFormat", "showText"}
"""Methods that do so with the text that they are given."""
ROLES = {"ToolTipRole", "WhatsThisRole", "AutoText", "RichText", "MarkdownText"}
ALLOWED = ROOT / "labeler" / "ui" / "plain.py"
OF_CSV = {"csv", "pandas"}
"""What writes tables that spreadsheets calculate. Who needs one has to neutralise the cells (OWASP, CSV injection)."""


def is_harmless(node: ast.expr) -> bool:
    """Whether an argument is a text of ours, or no text: a widget or layout made by a class."""
    made = isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id[:1].isupper()
    return isinstance(node, ast.Constant) or made


def faults(path: Path, source: str) -> Iterator[str]:
    """Where a module lets a text be taken for markup."""
    for node in ast.walk(ast.parse(source)):
        names: list[str] = []
        if isinstance(node, ast.ImportFrom):
            names = [alias.name for alias in node.names]
        elif isinstance(node, ast.Attribute):
            names = [node.attr]
        elif isinstance(node, ast.Name):
            names = [node.id]
        for name in names:
            if name in TAKE_MARKUP | ROLES:
                yield f"{path.name}:{getattr(node, 'lineno', 0)} uses {name}"
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr in CALLS:
            for given in node.args[:1]:
                if not is_harmless(given):
                    yield f"{path.name}:{node.lineno} gives {ast.unparse(given)} to {node.func.attr}"


def test_no_text_from_outside_can_be_taken_for_markup() -> None:
    paths = [path for path in modules("labeler") if path != ALLOWED]
    assert [fault for path in paths for fault in faults(path, path.read_text("utf-8"))] == []


@pytest.mark.parametrize(
    "source",
    [
        "from PySide6.QtWidgets import QLabel",
        "from PySide6 import QtWidgets\nQtWidgets.QMessageBox.warning(None, 'a', text)",
        "from PySide6.QtWidgets import QTextBrowser as Browser",
        "cell.setToolTip(image.file_name)",
        "cell.setToolTip(f'<b>{name}</b>')",
        "item.setData(Qt.ItemDataRole.ToolTipRole, name)",
        "form.addRow(title, line)",
        "label.setTextFormat(kind)",
        "label.setTextFormat(Qt.TextFormat.RichText)",
    ],
)
def test_each_way_to_markup_is_found(source: str) -> None:
    assert list(faults(Path("module.py"), source))


@pytest.mark.parametrize("source", ["cell.setToolTip('')", "form.addRow('Key', line)", "form.addRow(PlainLabel(a), b)"])
def test_texts_of_ours_are_let_be(source: str) -> None:
    assert not list(faults(Path("module.py"), source))


def test_nobody_writes_tables_whose_cells_a_spreadsheet_would_calculate() -> None:
    writers = [path for path in modules("labeler") if imported(path) & OF_CSV]
    assert relative(writers) == []
