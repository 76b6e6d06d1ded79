"""A catalog of the first version, with what is in it, goes on with versions."""

from __future__ import annotations

from importlib import resources
from pathlib import Path

import apsw
import pytest

from labeler.domain.box import Box
from labeler.server.changes import ChangedMeanwhile, Terms
from labeler.server.sqlite.catalog import MIGRATIONS, SqliteCatalog

ORG = "org"
ROWS = """
    INSERT INTO organization VALUES (1, 'org');
    INSERT INTO source VALUES (1, 1, 'loc', '', '', '', '', '', '', '', '');
    INSERT INTO image VALUES (1, 1, 1, 'one', 0, 0, '', 'a.png', '.png', 1, 'x', NULL, NULL, NULL, NULL, '[]', 0);
    INSERT INTO image VALUES (2, 1, 1, 'two', 0, 0, '', 'b.png', '.png', 1, 'y', NULL, NULL, NULL, NULL, '[]', 0);
    INSERT INTO label VALUES (1, 1, 'bolt');
    INSERT INTO box VALUES (1, 1, 'box', 1, 0.1, 0.1, 0.5, 0.5, NULL);
    INSERT INTO image_label VALUES (1, 0, 1, '');
    INSERT INTO trash_image
    VALUES (3, 1, 1, 'old', 0, 0, '', 'c.png', '.png', 1, 'z', NULL, NULL, NULL, NULL, '[]', 0, 1);
    UPDATE last_image SET number = 3;
    PRAGMA user_version = 1;
"""


async def test_what_is_in_a_catalog_of_the_first_version_has_a_version(tmp_path: Path) -> None:
    old = apsw.Connection(str(tmp_path / "catalog.db"))
    old.execute(resources.files(MIGRATIONS).joinpath("0001_catalog.sql").read_text("utf-8")).fetchall()
    old.execute(ROWS).fetchall()
    old.close()
    catalog = SqliteCatalog(tmp_path / "catalog.db")
    one, two = await catalog.images(ORG, ["one", "two"])
    assert (one.version, two.version, [box.label for box in one.boxes]) == (1, 1, ["bolt"])
    start = (await catalog.changed(ORG, "", 0)).position
    with pytest.raises(ChangedMeanwhile):
        await catalog.remove_box(ORG, "one", "box", Terms(if_match=2))
    await catalog.remove_box(ORG, "one", "box", Terms(if_match=1))
    await catalog.add_boxes(ORG, "two", [Box("", "nut", 0, 0, 1, 1)])
    await catalog.restore_images(ORG, ["old"])
    found = await catalog.changed(ORG, start, 10)
    assert found.ids == ("org/loc/one", "org/loc/two", "org/loc/old")
    versions = [image.version for image in await catalog.images(ORG, ["one", "two", "old"])]
    assert versions == sorted(set(versions)) != [1, 1, 1]
    await catalog.close()
