from __future__ import annotations

import pytest

from labeler.formats.names import Names, safe_name


@pytest.mark.parametrize(
    ("hostile", "safe"),
    [
        ("../../etc/passwd", "etc/passwd"),
        ("/etc/passwd", "etc/passwd"),
        ("..\\..\\boot.ini", "boot.ini"),
        ("C:\\photos\\a.jpg", "C_/photos/a.jpg"),
        ("a/./b//c.jpg", "a/b/c.jpg"),
        ("CON", "_CON"),
        ("aux.jpg", "_aux.jpg"),
        ("com1.tar.gz", "_com1.tar.gz"),
        ("console.jpg", "console.jpg"),
        ("name. . ", "name"),
        ("dir./a.jpg", "dir/a.jpg"),
        ('a<b>:"|?*\n\x00.jpg', "a_b________.jpg"),
        ("", "image"),
        ("...", "image"),
        ("e\u0301.jpg", "\u00e9.jpg"),
        ("\udcff.jpg", "_.jpg"),
    ],
)
def test_a_hostile_name_becomes_one_that_every_system_can_hold(hostile: str, safe: str) -> None:
    assert safe_name(hostile) == safe


def test_a_long_name_is_cut_and_keeps_its_extension() -> None:
    name = safe_name("ü" * 300 + ".jpeg")
    assert len(name.encode()) <= 120
    assert name.endswith("ü.jpeg")


def test_a_long_path_loses_its_folders() -> None:
    assert safe_name("/".join(["folder" * 5] * 10) + "/a.jpg") == "a.jpg"


def test_names_that_differ_in_case_or_composition_only_are_told_apart() -> None:
    names = Names()
    assert [names.take(name) for name in ("A/x.jpg", "a/X.JPG", "a/x.jpg")] == ["A/x.jpg", "a/X-2.JPG", "a/x-3.jpg"]
    assert [names.take(name) for name in ("\u00e9", "e\u0301", ".hidden", ".hidden")] == [
        "\u00e9", "\u00e9-2", ".hidden", ".hidden-2",
    ]  # fmt: skip


def test_a_suffixed_name_does_not_take_one_that_is_given() -> None:
    names = Names()
    assert [names.take(name) for name in ("a-2.jpg", "a.jpg", "a.jpg")] == ["a-2.jpg", "a.jpg", "a-3.jpg"]


def test_no_file_takes_the_name_of_a_folder_or_the_other_way_round() -> None:
    names = Names()
    given = ["a/b.jpg", "a", "c", "c/d.jpg", "C/e/f.jpg"]
    assert [names.take(name) for name in given] == ["a/b.jpg", "a-2", "c", "c-2/d.jpg", "C-2/e/f.jpg"]


def test_names_of_sidecars_are_kept_free() -> None:
    names = Names(sidecars=(".json",))
    assert [names.take(name) for name in ("a", "a.json")] == ["a", "a-2.json"]
