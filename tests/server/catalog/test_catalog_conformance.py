"""What every catalog does; run for each implementation."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta

import pytest

from labeler.domain.box import Box
from labeler.domain.errors import InvalidValue, Missing
from labeler.domain.filter import EMPTY, Filter, Order, Tagged
from labeler.rpc.convert import membership_tag
from labeler.server.catalog import (
    BoxPatch,
    Catalog,
    Classification,
    DatasetKind,
    FileReference,
    NameTaken,
    NewImage,
)

ORG, OTHER = "org-a", "org-b"
MakeImage = Callable[..., NewImage]
BOX = Box("mine", "bolt", 0.1, 0.2, 0.3, 0.4, 0.5)
FAR = datetime(2100, 1, 1, tzinfo=UTC)


async def names(catalog: Catalog, wanted: Filter = EMPTY, order: Order = Order.OLDEST, limit: int = 2) -> list[str]:
    """File names of all images of the filter, fetched in small pages."""
    found: list[str] = []
    last = ""
    for _ in range(50):
        page = await catalog.page(ORG, wanted, order, last, limit)
        found += [one.file_name for one in page.images]
        last = page.last
        if not page.more:
            assert (await catalog.page(ORG, wanted, order, last, limit)).images == ()
            return found
    pytest.fail(f"paging does not end: {found}")


async def test_images_come_back_in_the_order_of_the_ids_as_they_were_put(
    catalog: Catalog, make_image: MakeImage
) -> None:
    dataset = await catalog.create_dataset(ORG, "d")
    full = make_image(
        3, robot_name="r", component_name="cam", method="Get", tags=("b", "a"), boxes=(BOX,), dataset_ids=(dataset,),
        classifications=(Classification("", "good", 0.9), Classification("", "bad")), method_parameters=b"\x5a\x00",
    )  # fmt: skip
    ids = await catalog.insert_images(ORG, [make_image(1), full])
    second, first, again = await catalog.images(ORG, [ids[1], ids[0], ids[1]])
    assert again == second
    assert (first.file_name, second.file_name) == ("img1.jpg", "img3.jpg")
    assert second.id == ids[1] == f"{ORG}/loc1234567/{second.file_id}"
    assert len(second.file_id) == 64
    assert second.file_id.isalnum()
    assert second.tags == ("b", "a")
    assert second.dataset_ids == (dataset,)
    assert second.source == full.source
    assert second.method_parameters == full.method_parameters
    assert [(one.label, one.confidence) for one in second.classifications] == [("good", 0.9), ("bad", None)]
    (box,) = second.boxes
    assert box.same_value(BOX)
    assert len(bytes.fromhex(box.id)) == 12
    assert (second.time_requested, second.size_bytes, second.digest) == (full.time_requested, 13, full.digest)


async def test_an_image_is_found_by_the_file_part_of_its_id(catalog: Catalog, make_image: MakeImage) -> None:
    (one,) = await catalog.insert_images(ORG, [make_image()])
    assert (await catalog.images(ORG, [one.rpartition("/")[2]]))[0].id == one


@pytest.mark.parametrize(
    "broken", ["nothing", "", "org-a/loc1234567/nothing", "org-a/other/{file}", "org-b/loc1234567/{file}"]
)
async def test_an_unknown_id_is_missing_by_name(catalog: Catalog, make_image: MakeImage, broken: str) -> None:
    (one,) = await catalog.insert_images(ORG, [make_image()])
    asked = broken.replace("{file}", one.rpartition("/")[2])
    with pytest.raises(Missing, match=asked or "empty"):
        await catalog.images(ORG, [one, asked])


@pytest.mark.parametrize(
    ("order", "expected"),
    [
        (Order.NEWEST, [3, 12, 2, 1]), (Order.OLDEST, [1, 2, 12, 3]),
        (Order.NAME, [1, 2, 3, 12]), (Order.NAME_DESCENDING, [12, 3, 2, 1]),
    ],
)  # fmt: skip
async def test_pages_follow_the_order_ties_by_file_id(
    catalog: Catalog, make_image: MakeImage, order: Order, expected: list[int]
) -> None:
    time = make_image(2).time_requested
    images = [make_image(1), make_image(2), make_image(12, time_requested=time, tags=("t",)), make_image(3)]
    ids = await catalog.insert_images(ORG, images)
    assert list(ids) == sorted(ids)
    assert await names(catalog, order=order, limit=1) == [f"img{number}.jpg" for number in expected]
    assert await names(catalog, order=order, limit=3) == [f"img{number}.jpg" for number in expected]


async def test_names_are_ordered_by_the_value_of_their_numbers_and_folders_stay_together(
    catalog: Catalog, make_image: MakeImage
) -> None:
    files = [("/b", "x1.jpg"), ("/a", "x10.jpg"), ("/a", "x9.jpg"), ("/a", "sub/x1.jpg"), ("/a", "X2.jpg")]
    await catalog.insert_images(
        ORG,
        [make_image(file_name=name, component_type="folder", component_name=folder) for folder, name in files],
    )
    assert await names(catalog, order=Order.NAME) == ["sub/x1.jpg", "X2.jpg", "x9.jpg", "x10.jpg", "x1.jpg"]


async def test_paging_goes_on_when_the_last_image_is_deleted_or_no_longer_matches(
    catalog: Catalog, make_image: MakeImage
) -> None:
    ids = await catalog.insert_images(ORG, [make_image(number, tags=("t",)) for number in range(6)])
    wanted = Filter(tags=("t",))
    page = await catalog.page(ORG, wanted, Order.OLDEST, "", 2)
    await catalog.remove_tags(ORG, ids[:2], ["t"])
    page = await catalog.page(ORG, wanted, Order.OLDEST, page.last, 2)
    assert [one.id for one in page.images] == list(ids[2:4])
    await catalog.delete_images(ORG, ids[2:4])
    page = await catalog.page(ORG, wanted, Order.OLDEST, page.last, 2)
    assert [one.id for one in page.images] == list(ids[4:])
    assert not page.more


async def test_an_empty_page_gives_back_the_place_and_later_images_follow_it(
    catalog: Catalog, make_image: MakeImage
) -> None:
    await catalog.insert_images(ORG, [make_image(1)])
    end = (await catalog.page(ORG, EMPTY, Order.OLDEST, "", 5)).last
    empty = await catalog.page(ORG, EMPTY, Order.OLDEST, end, 5)
    assert (empty.images, empty.last, empty.more) == ((), end, False)
    await catalog.insert_images(ORG, [make_image(2)])
    assert len((await catalog.page(ORG, EMPTY, Order.OLDEST, empty.last, 5)).images) == 1


@pytest.mark.parametrize("last", ["x", "!!!", "bm90IGpzb24", "WzEsMl0", "W10", "eyJhIjoxfQ", "WyJvbGRlc3QiLCIxIiwxXQ"])
async def test_a_last_that_no_page_gave_is_refused(catalog: Catalog, last: str) -> None:
    with pytest.raises(InvalidValue, match=r"^last: "):
        await catalog.page(ORG, EMPTY, Order.OLDEST, last, 2)


async def test_a_last_of_another_order_is_refused(catalog: Catalog, make_image: MakeImage) -> None:
    await catalog.insert_images(ORG, [make_image()])
    last = (await catalog.page(ORG, EMPTY, Order.OLDEST, "", 2)).last
    for order in (Order.NEWEST, Order.NAME):
        with pytest.raises(InvalidValue, match=r"^last: .*order"):
            await catalog.page(ORG, EMPTY, order, last, 2)


async def test_counts_are_of_images_and_bytes(catalog: Catalog, make_image: MakeImage) -> None:
    await catalog.insert_images(ORG, [make_image(number, tags=("a", "b")) for number in range(3)])
    total = await catalog.count(ORG, Filter(tags=("a", "b")))
    assert (total.images, total.size_bytes) == (3, 33)


async def test_interval_starts_inclusive_and_ends_exclusive(catalog: Catalog, make_image: MakeImage) -> None:
    images = [make_image(number) for number in range(4)]
    await catalog.insert_images(ORG, images)
    wanted = Filter(start=images[1].time_requested, end=images[3].time_requested)
    for order in Order:
        assert sorted(await names(catalog, wanted, order)) == ["img1.jpg", "img2.jpg"]


async def test_a_batch_with_an_unknown_id_changes_nothing(catalog: Catalog, make_image: MakeImage) -> None:
    dataset = await catalog.create_dataset(ORG, "d")
    (one,) = await catalog.insert_images(ORG, [make_image(tags=("t",))])
    before = await catalog.images(ORG, [one])
    for change in (
        catalog.add_tags(ORG, [one, "none"], ["u"]),
        catalog.remove_tags(ORG, [one, "none"], ["t"]),
        catalog.delete_images(ORG, [one, "none"]),
        catalog.add_to_dataset(ORG, dataset, [one, "none"]),
        catalog.remove_from_dataset(ORG, dataset, [one, "none"]),
        catalog.restore_images(ORG, ["none"]),
    ):
        with pytest.raises(Missing, match="none"):
            await change
    with pytest.raises(InvalidValue, match="x_min"):
        await catalog.add_boxes(ORG, one, [BOX, Box("", "late", 0.5, 0, 0.5, 1)])
    with pytest.raises(Missing, match="no-dataset"):
        await catalog.insert_images(ORG, [make_image(1), make_image(2, dataset_ids=("no-dataset",))])
    assert await catalog.images(ORG, [one]) == before
    assert await catalog.labels(ORG, EMPTY) == ()
    assert (await catalog.count(ORG, EMPTY)).images == 1


async def test_tags_are_added_once_in_order_and_removal_counts_images(catalog: Catalog, make_image: MakeImage) -> None:
    ids = await catalog.insert_images(ORG, [make_image(number) for number in range(3)])
    await catalog.add_tags(ORG, ids[:2], ["z", "a", "z"])
    await catalog.add_tags(ORG, ids[:2], ["m", "a"])
    assert (await catalog.images(ORG, ids[:1]))[0].tags == ("z", "a", "m")
    assert await catalog.remove_tags(ORG, ids, ["z", "a", "never"]) == 2
    assert await catalog.remove_tags(ORG, ids, ["z"]) == 0
    assert await names(catalog, Filter(tagged=Tagged.TAGGED)) == ["img0.jpg", "img1.jpg"]
    assert await catalog.remove_tags(ORG, Filter(tags=("m",)), ["m"]) == 2
    assert await names(catalog, Filter(tagged=Tagged.UNTAGGED)) == ["img0.jpg", "img1.jpg", "img2.jpg"]
    await catalog.add_tags(ORG, Filter(tagged=Tagged.UNTAGGED), ["all"])
    assert await catalog.tags(ORG, EMPTY) == ("all",)


@pytest.mark.parametrize("tags", [[], [""], ["  "], ["good", ""], [membership_tag("abc")]])
async def test_tags_that_cannot_be(catalog: Catalog, make_image: MakeImage, tags: Sequence[str]) -> None:
    ids = await catalog.insert_images(ORG, [make_image()])
    for change in (catalog.add_tags(ORG, ids, tags), catalog.remove_tags(ORG, ids, tags)):
        with pytest.raises(InvalidValue, match=r"^tags: "):
            await change
    assert await catalog.tags(ORG, EMPTY) == ()


async def test_boxes_are_added_changed_and_removed(catalog: Catalog, make_image: MakeImage) -> None:
    (one,) = await catalog.insert_images(ORG, [make_image()])
    first, second = await catalog.add_boxes(ORG, one, [BOX, BOX])
    assert first != second
    await catalog.update_box(ORG, one, second, BoxPatch(label="nut", x_max=1.0))
    boxes = (await catalog.images(ORG, [one]))[0].boxes
    assert [(box.id, box.label, box.x_max, box.confidence) for box in boxes] == [
        (first, "bolt", 0.3, 0.5), (second, "nut", 1.0, 0.5),
    ]  # fmt: skip
    assert await catalog.labels(ORG, EMPTY) == ("bolt", "nut")
    with pytest.raises(InvalidValue, match=r"^x_min: "):
        await catalog.update_box(ORG, one, second, BoxPatch(x_max=0.05))
    await catalog.remove_box(ORG, one, first)
    assert await catalog.labels(ORG, EMPTY) == ("nut",)
    assert await names(catalog, Filter(labels=("bolt",))) == []
    assert await names(catalog, Filter(labels=("nut", "bolt"))) == ["img0.jpg"]
    for lost in (catalog.remove_box(ORG, one, first), catalog.update_box(ORG, one, first, BoxPatch(label="x"))):
        with pytest.raises(Missing, match=first):
            await lost


async def test_a_label_stays_while_another_box_has_it(catalog: Catalog, make_image: MakeImage) -> None:
    (one,) = await catalog.insert_images(ORG, [make_image()])
    first, second = await catalog.add_boxes(ORG, one, [BOX, BOX])
    await catalog.remove_box(ORG, one, first)
    assert await catalog.labels(ORG, EMPTY) == ("bolt",)
    await catalog.update_box(ORG, one, second, BoxPatch(label="bolt", x_max=0.9))
    assert await catalog.labels(ORG, EMPTY) == ("bolt",)


async def test_a_label_goes_with_the_last_box_that_had_it(catalog: Catalog, make_image: MakeImage) -> None:
    (one,) = await catalog.insert_images(ORG, [make_image()])
    (box,) = await catalog.add_boxes(ORG, one, [BOX])
    await catalog.update_box(ORG, one, box, BoxPatch(label="nut"))
    assert await catalog.labels(ORG, EMPTY) == ("nut",)
    assert await names(catalog, Filter(labels=("bolt",))) == []


async def test_content_of_trash_that_can_still_be_brought_back_is_kept(catalog: Catalog, make_image: MakeImage) -> None:
    first, second = await catalog.insert_images(ORG, [make_image(1), make_image(1)])
    await catalog.delete_images(ORG, [first])
    await catalog.delete_images(ORG, [second])
    later = (await catalog.trash(ORG)).images[0].deleted
    assert await catalog.purge(later) == ()
    assert [one.id for one in (await catalog.trash(ORG)).images] == [second]
    assert await catalog.purge(FAR) == (make_image(1).digest,)


async def test_the_file_part_of_an_id_does_not_reach_into_another_organization(
    catalog: Catalog, make_image: MakeImage
) -> None:
    (own,) = await catalog.insert_images(ORG, [make_image()])
    (theirs,) = await catalog.insert_images(OTHER, [make_image()])
    for organization, image in ((ORG, theirs), (OTHER, own)):
        with pytest.raises(Missing):
            await catalog.delete_images(organization, [image.rpartition("/")[2]])


async def test_deleted_images_wait_in_the_trash_with_all_that_is_on_them(
    catalog: Catalog, make_image: MakeImage
) -> None:
    kept, dropped = await catalog.create_dataset(ORG, "kept"), await catalog.create_dataset(ORG, "dropped")
    full = make_image(1, tags=("t",), boxes=(BOX,), dataset_ids=(kept, dropped))
    ids = await catalog.insert_images(ORG, [full, make_image(2)])
    (before,) = await catalog.images(ORG, ids[:1])
    assert await catalog.delete_images(ORG, Filter(tags=("t",))) == 1
    assert await names(catalog) == ["img2.jpg"]
    assert await catalog.tags(ORG, EMPTY) == await catalog.labels(ORG, EMPTY) == ()
    assert [one.id for one in (await catalog.trash(ORG)).images] == [ids[0]]
    with pytest.raises(Missing):
        await catalog.images(ORG, ids[:1])
    await catalog.delete_dataset(ORG, dropped)
    await catalog.restore_images(ORG, ids[:1])
    (after,) = await catalog.images(ORG, ids[:1])
    assert after.dataset_ids == (kept,)
    assert (after.tags, after.boxes, after.digest) == (before.tags, before.boxes, before.digest)
    assert await names(catalog, Filter(tags=("t",), labels=("bolt",), dataset_id=kept)) == ["img1.jpg"]
    assert (await catalog.trash(ORG)).images == ()


async def test_an_empty_filter_deletes_all_of_the_organization_alone(catalog: Catalog, make_image: MakeImage) -> None:
    await catalog.insert_images(ORG, [make_image(number) for number in range(3)])
    await catalog.insert_images(OTHER, [make_image()])
    assert await catalog.delete_images(ORG, EMPTY) == 3
    assert (await catalog.count(OTHER, EMPTY)).images == 1


async def test_purge_forgets_old_trash_and_names_content_that_nothing_has(
    catalog: Catalog, make_image: MakeImage
) -> None:
    shared, by_file = make_image(1).digest, FileReference("/photos/2.jpg", 5, 7)
    ids = await catalog.insert_images(
        ORG, [make_image(1), make_image(1), make_image(2), make_image(2, reference=by_file), make_image(3)]
    )
    await catalog.delete_images(ORG, [ids[0], ids[2], ids[4]])
    deleted = (await catalog.trash(ORG)).images[0].deleted
    assert await catalog.purge(deleted) == ()
    assert len((await catalog.trash(ORG)).images) == 3
    found = await catalog.purge(deleted + timedelta(seconds=1))
    assert set(found) == {make_image(2).digest, make_image(3).digest}
    assert shared not in found
    assert (await catalog.trash(ORG)).images == ()
    with pytest.raises(Missing):
        await catalog.restore_images(ORG, ids[:1])


async def test_ids_are_not_given_again_after_a_purge(catalog: Catalog, make_image: MakeImage) -> None:
    first = await catalog.insert_images(ORG, [make_image(tags=("old",))])
    await catalog.delete_images(ORG, EMPTY)
    await catalog.purge(FAR)
    second = await catalog.insert_images(ORG, [make_image()])
    assert first[0][:-50] != second[0][:-50]
    assert second > first


async def test_datasets(catalog: Catalog, make_image: MakeImage) -> None:
    ids = await catalog.insert_images(ORG, [make_image(number) for number in range(3)])
    two, one = await catalog.create_dataset(ORG, "two"), await catalog.create_dataset(ORG, "one")
    assert len(bytes.fromhex(one)) == 12
    await catalog.add_to_dataset(ORG, one, ids[:2])
    await catalog.add_to_dataset(ORG, one, ids[1:2])
    await catalog.add_to_dataset(ORG, two, ids[1:])
    listed = await catalog.datasets(ORG)
    assert [(each.name, each.images, each.kind) for each in listed] == [
        ("one", 2, DatasetKind.BINARY), ("two", 2, DatasetKind.BINARY),
    ]  # fmt: skip
    assert listed[0].created.tzinfo is not None
    assert [each.id for each in await catalog.datasets(ORG, [two, one, two])] == [two, one, two]
    merged = await catalog.create_dataset(ORG, "merged", merged=[one, two])
    assert await names(catalog, Filter(dataset_id=merged)) == ["img0.jpg", "img1.jpg", "img2.jpg"]
    await catalog.remove_from_dataset(ORG, one, ids)
    assert await names(catalog, Filter(dataset_id=one)) == []
    await catalog.rename_dataset(ORG, one, "uno")
    await catalog.rename_dataset(ORG, one, "uno")
    await catalog.delete_dataset(ORG, two)
    assert [each.name for each in await catalog.datasets(ORG)] == ["merged", "uno"]
    assert (await catalog.count(ORG, EMPTY)).images == 3
    assert (await catalog.images(ORG, ids[1:2]))[0].dataset_ids == (merged,)


async def test_dataset_names_are_unique_in_an_organization(catalog: Catalog) -> None:
    one = await catalog.create_dataset(ORG, "one")
    await catalog.create_dataset(ORG, "two")
    await catalog.create_dataset(OTHER, "one")
    with pytest.raises(NameTaken, match="one"):
        await catalog.create_dataset(ORG, "one")
    with pytest.raises(NameTaken, match="two"):
        await catalog.rename_dataset(ORG, one, "two")
    for change in (catalog.create_dataset(ORG, " "), catalog.rename_dataset(ORG, one, "")):
        with pytest.raises(InvalidValue, match=r"^name: "):
            await change


async def test_images_do_not_go_into_a_dataset_of_sequences(catalog: Catalog, make_image: MakeImage) -> None:
    dataset = await catalog.create_dataset(ORG, "runs", DatasetKind.SEQUENCE)
    ids = await catalog.insert_images(ORG, [make_image()])
    with pytest.raises(InvalidValue, match=dataset):
        await catalog.add_to_dataset(ORG, dataset, ids)


async def test_membership_is_a_tag_in_filters_alone(catalog: Catalog, make_image: MakeImage) -> None:
    dataset = await catalog.create_dataset(ORG, "d")
    await catalog.insert_images(ORG, [make_image(0, dataset_ids=(dataset,)), make_image(1, tags=("t",)), make_image(2)])
    assert await names(catalog, Filter(tags=(membership_tag(dataset),))) == ["img0.jpg"]
    assert await names(catalog, Filter(tags=("t", membership_tag(dataset)))) == ["img0.jpg", "img1.jpg"]
    assert await names(catalog, Filter(tagged=Tagged.TAGGED)) == ["img1.jpg"]
    assert await catalog.tags(ORG, EMPTY) == ("t",)


async def test_another_organization_has_nothing_of_this_one(catalog: Catalog, make_image: MakeImage) -> None:
    dataset = await catalog.create_dataset(ORG, "d")
    (one,) = await catalog.insert_images(ORG, [make_image(tags=("t",), boxes=(BOX,), dataset_ids=(dataset,))])
    (box,) = (await catalog.images(ORG, [one]))[0].boxes
    (own,) = await catalog.insert_images(OTHER, [make_image()])
    unknown = one[:-1] + ("0" if one[-1] != "0" else "1")
    for ask in (
        lambda which, _: catalog.images(OTHER, [which]),
        lambda which, _: catalog.delete_images(OTHER, [which]),
        lambda which, _: catalog.add_tags(OTHER, [which], ["x"]),
        lambda which, _: catalog.remove_tags(OTHER, [which], ["t"]),
        lambda which, _: catalog.add_boxes(OTHER, which, [BOX]),
        lambda which, _: catalog.update_box(OTHER, which, box.id, BoxPatch(label="x")),
        lambda which, _: catalog.remove_box(OTHER, which, box.id),
        lambda _, into: catalog.add_to_dataset(OTHER, into, [own]),
        lambda _, into: catalog.remove_from_dataset(OTHER, into, [own]),
        lambda _, into: catalog.rename_dataset(OTHER, into, "x"),
        lambda _, into: catalog.delete_dataset(OTHER, into),
        lambda _, into: catalog.datasets(OTHER, [into]),
        lambda _, into: catalog.create_dataset(OTHER, "m", merged=[into]),
        lambda _, into: catalog.insert_images(OTHER, [make_image(dataset_ids=(into,))]),
    ):
        said = []
        for image, into in ((one, dataset), (unknown, "0" * 24)):
            with pytest.raises(Missing) as error:
                await ask(image, into)
            said.append(str(error.value).replace(image, "?").replace(into, "?"))
        assert said[0] == said[1]
    assert (await catalog.count(OTHER, Filter(dataset_id=dataset))).images == 0
    assert (await catalog.count(OTHER, Filter(tags=("t",)))).images == 0
    assert await catalog.tags(OTHER, EMPTY) == await catalog.labels(OTHER, EMPTY) == ()
    assert await catalog.datasets(OTHER) == ()
    assert (await catalog.trash(OTHER)).images == ()


async def test_choices_leave_out_their_own_field(catalog: Catalog, make_image: MakeImage) -> None:
    dataset, empty = await catalog.create_dataset(ORG, "d"), await catalog.create_dataset(ORG, "empty")
    await catalog.insert_images(ORG, [
        make_image(0, component_name="a", robot_id="r1", robot_name="Arm", tags=("x", "y"), dataset_ids=(dataset,)),
        make_image(1, component_name="a", robot_id="r1", robot_name="Arm", tags=("x",), boxes=(BOX, BOX)),
        make_image(2, component_name="b", mime_type="image/png"),
    ])  # fmt: skip
    found = await catalog.choices(ORG, Filter(component_name="a"))
    counts = {name: [(one.value, one.title, one.count) for one in values] for name, values in found.items()}
    assert counts["component_name"] == [("a", "a", 2), ("b", "b", 1)]
    assert counts["tags"] == [("x", "x", 2), ("y", "y", 1)]
    assert counts["labels"] == [("bolt", "bolt", 1)]
    assert counts["robot_id"] == [("r1", "Arm", 2)]
    assert counts["mime_types"] == [("image/jpeg", "image/jpeg", 2)]
    assert counts["dataset_id"] == [(dataset, "d", 1), (empty, "empty", 0)]
    assert counts["location_ids"] == [("loc1234567", "loc1234567", 2)]
    tagged = await catalog.choices(ORG, Filter(tags=("y",)))
    assert [(one.value, one.count) for one in tagged["tags"]] == [("x", 2), ("y", 1)]
    assert [(one.value, one.count) for one in tagged["component_name"]] == [("a", 1)]


async def test_boxes_drawn_after_a_deletion_do_not_keep_an_image_from_the_trash_or_from_coming_back(
    catalog: Catalog, make_image: MakeImage
) -> None:
    boxes = tuple(Box("", label, 0.1, 0.2, 0.3, 0.4) for label in ("c", "a", "b"))
    first, second = await catalog.insert_images(ORG, [make_image(0), make_image(1)])
    drawn = {}
    for one in (first, second):
        await catalog.add_boxes(ORG, one, boxes)
        drawn[one] = (await catalog.images(ORG, [one]))[0].boxes
        assert await catalog.delete_images(ORG, [one]) == 1
    assert await catalog.restore_images(ORG, [second]) == 1
    assert await catalog.restore_images(ORG, [first]) == 1
    for one in (first, second):
        assert (await catalog.images(ORG, [one]))[0].boxes == drawn[one]


async def test_images_by_reference(catalog: Catalog, make_image: MakeImage) -> None:
    file = FileReference("/photos/a.jpg", 100, 1_700_000_000_123_456_789)
    new: list[NewImage] = [make_image(0, digest="", reference=file), make_image(1)]
    one, copied = await catalog.insert_images(ORG, new)
    assert (await catalog.images(ORG, [one]))[0].reference == file
    (known,) = await catalog.references(ORG, ["/photos/a.jpg", "/photos/none.jpg"])
    assert (known.id, known.reference, known.digest) == (one, file, "")
    assert await catalog.references(OTHER, ["/photos/a.jpg"]) == ()
    assert [each.id for each in await catalog.undigested(ORG, 10)] == [one]
    digest = "d" * 64
    assert await catalog.set_digests(ORG, [(one, FileReference(file.path, 99, file.mtime_ns), digest)]) == ()
    assert await catalog.set_digests(OTHER, [(one, file, digest)]) == ()
    assert await catalog.images_with_digest(ORG, [digest]) == {}
    gone = one.rpartition("/")[0] + "/" + "0" * 64
    assert await catalog.set_digests(ORG, [(gone, file, digest), (one, file, digest), (copied, file, digest)]) == (one,)
    assert await catalog.undigested(ORG, 10) == ()
    assert await catalog.images_with_digest(ORG, [digest, new[1].digest, "0" * 63]) == {
        digest: (one,), new[1].digest: (copied,),
    }  # fmt: skip
    moved = FileReference("/photos/b.jpg", 100, file.mtime_ns)
    await catalog.relink(ORG, one, moved, digest)
    assert (await catalog.images(ORG, [one]))[0].reference == moved
    assert await catalog.references(ORG, [file.path]) == ()
    assert (await catalog.references(ORG, [moved.path]))[0].digest == digest


async def test_many_ids_at_once(catalog: Catalog, make_image: MakeImage) -> None:
    ids = await catalog.insert_images(ORG, [make_image(number) for number in range(1_200)])
    await catalog.add_tags(ORG, ids, ["t"])
    assert [one.id for one in await catalog.images(ORG, ids[::-1])] == list(ids[::-1])
    assert len((await catalog.page(ORG, Filter(tags=("t",)), Order.NAME, "", 1_000)).images) == 1_000
    assert await catalog.delete_images(ORG, ids) == 1_200
