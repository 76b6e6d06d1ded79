"""The order of labels and tags only grows, whoever adds to it."""

from __future__ import annotations

import asyncio
from pathlib import Path

import apsw
import pytest

from labeler.domain.errors import InvalidValue
from labeler.domain.vocabulary import NameOrder
from labeler.rpc.convert import membership_tag
from labeler.server.catalog import Catalog
from labeler.server.sqlite import SqliteCatalog
from tests.server.dying_migrations import version_files

ORG, OTHER = "org-a", "org-b"


async def test_new_names_go_to_the_end_and_none_moves(catalog: Catalog) -> None:
    assert await catalog.vocabulary(ORG) == NameOrder()
    first = await catalog.add_names(ORG, NameOrder(("nut", "bolt", "nut"), ("night",)))
    assert first == NameOrder(("nut", "bolt"), ("night",))
    second = await catalog.add_names(ORG, NameOrder(("anchor", "bolt", "Nut"), ()))
    assert second == NameOrder(("nut", "bolt", "anchor", "Nut"), ("night",))
    assert await catalog.vocabulary(ORG) == second
    assert await catalog.vocabulary(OTHER) == NameOrder()


async def test_those_who_add_at_once_end_with_the_same(catalog: Catalog) -> None:
    names = [f"name {number}" for number in range(20)]
    added = [NameOrder(tuple(names[start:] + names[:start]), (f"tag {start % 5}",)) for start in range(20)]
    answers = await asyncio.gather(*(catalog.add_names(ORG, one) for one in added))
    end = await catalog.vocabulary(ORG)
    assert sorted(end.labels) == sorted(names)
    assert sorted(end.tags) == [f"tag {number}" for number in range(5)]
    assert all(end.labels[: len(one.labels)] == one.labels for one in answers)
    assert all(end.tags[: len(one.tags)] == one.tags for one in answers)


@pytest.mark.parametrize("names", [NameOrder((" ",)), NameOrder((), ("",)), NameOrder((), (membership_tag("x"),))])
async def test_what_nothing_can_be_named_is_refused_with_all_that_came_along(
    catalog: Catalog, names: NameOrder
) -> None:
    with pytest.raises(InvalidValue, match=r"labels|tags"):
        await catalog.add_names(ORG, NameOrder(("bolt", *names.labels), ("night", *names.tags)))
    assert await catalog.vocabulary(ORG) == NameOrder()


async def test_a_renamed_label_keeps_its_place_and_can_have_it_back(catalog: Catalog) -> None:
    await catalog.add_names(ORG, NameOrder(("bolt", "nut", "gear")))
    renamed = await catalog.rename_label(ORG, "bolt", "screw")
    assert renamed == NameOrder(("screw", "nut", "gear"), (), {"bolt": "screw"})
    again = await catalog.rename_label(ORG, "screw", "hex screw")
    assert again == NameOrder(("hex screw", "nut", "gear"), (), {"bolt": "hex screw", "screw": "hex screw"})
    back = await catalog.rename_label(ORG, "hex screw", "bolt")
    assert back == NameOrder(("bolt", "nut", "gear"), (), {"screw": "bolt", "hex screw": "bolt"})
    grown = await catalog.add_names(ORG, NameOrder(("screw",)))
    assert grown == NameOrder(("bolt", "nut", "gear", "screw"), (), {"hex screw": "bolt"})
    assert await catalog.vocabulary(ORG) == grown


async def test_merging_moves_no_label(catalog: Catalog) -> None:
    names = await catalog.add_names(ORG, NameOrder(("bolt", "nut"), ("night",)))
    assert await catalog.rename_label(ORG, "bolt", "nut") == names
    assert await catalog.rename_label(ORG, "not there", "new") == names
    assert await catalog.rename_label(ORG, "night", "day") == names
    with pytest.raises(InvalidValue, match="name"):
        await catalog.rename_label(ORG, "bolt", " ")
    await catalog.add_names(OTHER, NameOrder(("bolt",)))
    await catalog.rename_label(OTHER, "bolt", "screw")
    assert await catalog.vocabulary(ORG) == names


async def test_a_catalog_of_before_gets_it_and_keeps_it(tmp_path: Path) -> None:
    path = tmp_path / "catalog.db"
    old = apsw.Connection(str(path))
    for sql in version_files("labeler.server.sqlite.migrations")[:2]:
        old.execute(sql).fetchall()
    old.pragma("user_version", 2)
    old.close()
    for labels in (("bolt",), ("anchor", "bolt")):
        catalog = SqliteCatalog(path)
        await catalog.add_names(ORG, NameOrder(labels))
        found = await catalog.vocabulary(ORG)
        await catalog.close()
    assert found.labels == ("bolt", "anchor")
