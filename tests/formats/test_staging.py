from __future__ import annotations

from pathlib import Path

import pytest

from labeler.domain.errors import InvalidValue
from labeler.formats.staging import StagedFolder, Stopped


def fill(staged: StagedFolder) -> None:
    staged.begin()
    (staged.work / "data").mkdir()
    (staged.work / "data" / "a.jpg").write_bytes(b"a")
    (staged.work / "list.json").write_text("{}")


def tree(folder: Path) -> set[str]:
    return {path.relative_to(folder).as_posix() for path in folder.rglob("*")}


@pytest.mark.parametrize("is_there", [False, True])
def test_the_folder_appears_at_commit(tmp_path: Path, is_there: bool) -> None:
    out = tmp_path / "deep" / "out"
    if is_there:
        out.mkdir(parents=True)
    staged = StagedFolder(out, "list.json")
    fill(staged)
    assert not (out / "list.json").exists()
    staged.commit()
    assert tree(tmp_path) == {"deep", "deep/out", "deep/out/data", "deep/out/data/a.jpg", "deep/out/list.json"}


@pytest.mark.parametrize("is_there", [False, True])
def test_nothing_is_left_of_what_is_discarded(tmp_path: Path, is_there: bool) -> None:
    out = tmp_path / "out"
    if is_there:
        out.mkdir()
    staged = StagedFolder(out, "list.json")
    fill(staged)
    staged.discard()
    assert tree(tmp_path) == ({"out"} if is_there else set())


def test_commit_can_be_stopped_before_anything_is_in_place(tmp_path: Path) -> None:
    staged = StagedFolder(tmp_path / "out", "list.json")
    fill(staged)
    with pytest.raises(Stopped):
        staged.commit(lambda: True)
    assert not (tmp_path / "out").exists()


def test_a_folder_with_something_in_it_or_a_file_is_refused_and_kept(tmp_path: Path) -> None:
    (tmp_path / "mine.txt").write_text("mine")
    for out in (tmp_path, tmp_path / "mine.txt"):
        with pytest.raises(InvalidValue, match="choose a new or empty folder"):
            StagedFolder(out, "list.json")
    assert tree(tmp_path) == {"mine.txt"}
