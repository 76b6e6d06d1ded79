"""Write what labeling costs into the README: does every flow on the real window, offscreen, as the test does.

python packaging/generate_effort.py
"""

from __future__ import annotations

import os
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).parent.parent
README = ROOT / "README.md"
BEGIN, END = "<!-- effort -->", "<!-- /effort -->"


def readme(text: str, tables: str) -> str:
    """The README's text with its tables renewed."""
    before, _, rest = text.partition(BEGIN)
    _, _, after = rest.partition(END)
    return f"{before}{BEGIN}\n{tables}\n{END}{after}"


def main() -> None:
    os.environ["QT_QPA_PLATFORM"] = "offscreen"
    sys.path.insert(0, str(ROOT))
    import qasync
    from PySide6.QtWidgets import QApplication

    from labeler.samples import write_samples
    from tests.walks import accuracy, effort

    application = QApplication(["labeler"])
    application.setQuitOnLastWindowClosed(False)
    with tempfile.TemporaryDirectory() as name, qasync.QEventLoop(application) as loop:
        home = Path(name)
        os.environ["XDG_CONFIG_HOME"] = str(home / "config")
        samples = write_samples(home / "samples", of_line=2)
        costs = loop.run_until_complete(effort.measure(home / "library", samples))
    tables = f"{effort.table(costs)}\n\n{accuracy.table(accuracy.measure())}"
    README.write_text(readme(README.read_text(encoding="utf-8"), tables), encoding="utf-8")


if __name__ == "__main__":
    main()
