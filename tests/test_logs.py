"""What nobody expected is written down and told, and the program goes on."""

from __future__ import annotations

import asyncio
import logging
import sys
from pathlib import Path

import pytest

from labeler.logs import LogFile, log_path, report_unexpected


def test_the_log_file_has_what_was_logged(tmp_path: Path) -> None:
    file = LogFile(tmp_path / "state" / "labeler.log")
    logging.getLogger("labeler.test").info("opened %s", "a folder")
    file.close()
    logging.getLogger("labeler.test").info("after closing")
    text = (tmp_path / "state" / "labeler.log").read_text(encoding="utf-8")
    assert "INFO labeler.test: opened a folder" in text
    assert "after closing" not in text


def test_the_log_file_is_in_the_state_directory(own_home: Path) -> None:
    assert own_home in log_path().parents


@pytest.mark.logs("unexpected: ZeroDivisionError")
def test_an_error_in_a_slot_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "excepthook", sys.excepthook)
    told: list[str] = []
    loop = asyncio.new_event_loop()
    try:
        report_unexpected(told.append, loop)
        error = ZeroDivisionError("division by zero")
        sys.excepthook(ZeroDivisionError, error, None)
    finally:
        loop.close()
    assert len(told) == 1
    assert "division by zero" in told[0]
    assert str(log_path()) in told[0]


@pytest.mark.logs("unexpected: lost")
async def test_an_error_nobody_awaited_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "excepthook", sys.excepthook)
    told: list[str] = []
    loop = asyncio.get_running_loop()
    report_unexpected(told.append, loop)
    loop.call_exception_handler({"message": "lost", "exception": RuntimeError("lost")})
    loop.set_exception_handler(None)
    assert "lost" in told[0]


def test_nothing_that_is_logged_acts_or_begins_a_line(tmp_path: Path) -> None:
    file = LogFile(tmp_path / "labeler.log")
    forged = "night\n2026-01-01 00:00:00,000 1 CRITICAL labeler: all is lost\x1b[2J\u202e"
    logging.getLogger("labeler.test").info("tagged %s", forged)
    try:
        raise ValueError(forged)
    except ValueError:
        logging.getLogger("labeler.test").info("failed", exc_info=True, stack_info=True)
    file.close()
    lines = (tmp_path / "labeler.log").read_text(encoding="utf-8").split("\n")
    starts = [line for line in lines if line and not line.startswith("  | ")]
    assert len(starts) == 2
    assert "night\\n2026" in starts[0]
    assert any("all is lost\\x1b[2J\\u202e" in line for line in lines if line.startswith("  | "))
    assert not any(sign in line for line in lines for sign in "\x1b\u202e\r")
