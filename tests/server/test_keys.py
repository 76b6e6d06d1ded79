"""`labeler keys` as a person and a script use it."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from labeler.cli import main


def run(capsys: pytest.CaptureFixture[str], *arguments: str) -> tuple[int, str, str]:
    code = main(["keys", *arguments])
    return code, *capsys.readouterr()


def test_create_prints_the_six_ids_as_json(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    code, out, _ = run(capsys, "create", "--data", str(tmp_path), "--organization", "Acme", "--json")
    assert code == 0
    assert list(json.loads(out)) == ["organization_id", "location_id", "robot_id", "part_id", "api_key_id", "api_key"]


def test_create_for_people_shows_the_key_and_that_it_is_shown_once(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    _, out, _ = run(capsys, "create", "--data", str(tmp_path))
    assert "api_key " in out
    assert "not shown again" in out


def test_list_shows_keys_without_secrets(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert "keys create" in run(capsys, "list", "--data", str(tmp_path))[1]
    made = json.loads(run(capsys, "create", "--data", str(tmp_path), "--organization", "Acme", "--json")[1])
    text = run(capsys, "list", "--data", str(tmp_path))[1]
    assert made["api_key_id"] in text
    assert "Acme" in text
    assert made["api_key"] not in text
    (row,) = json.loads(run(capsys, "list", "--data", str(tmp_path), "--json")[1])
    assert (row["api_key_id"], row["revoked"]) == (made["api_key_id"], None)


def test_revoke_marks_the_key_and_refuses_an_unknown_one(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    made = json.loads(run(capsys, "create", "--data", str(tmp_path), "--json")[1])
    assert run(capsys, "revoke", made["api_key_id"], "--data", str(tmp_path))[0] == 0
    (row,) = json.loads(run(capsys, "list", "--data", str(tmp_path), "--json")[1])
    assert row["revoked"]
    code, _, err = run(capsys, "revoke", "nobody", "--data", str(tmp_path))
    assert code == 1
    assert "nobody" in err
