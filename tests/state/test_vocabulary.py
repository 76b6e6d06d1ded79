"""A label keeps its digit and colour: as the organization has them, and without it as this machine has."""

from __future__ import annotations

from pathlib import Path

from labeler.domain.box import Box
from labeler.domain.errors import Unreachable
from labeler.domain.image import Image
from labeler.domain.vocabulary import NameOrder
from labeler.state.session import Session
from labeler.state.settings import Settings
from tests.memory_source import MemoryOutbox, MemorySource, make_session, no_export, settled


def labeled(*labels: str) -> Image:
    boxes = (Box(label, label, 0.1, 0.1, 0.2, 0.2) for label in labels)
    return Image("image-1", "1.png", boxes=tuple(boxes))


async def started(source: MemorySource, folder: Path) -> Session:
    session, _ = make_session(source, folder)
    session.start()
    await session.vocabulary.read()
    return session


async def test_two_machines_give_a_label_the_same_digit(tmp_path: Path) -> None:
    source = MemorySource([labeled("nut", "bolt")])
    source.kept_names = NameOrder(("washer", "nut"))
    one, other = await started(source, tmp_path), await started(source, tmp_path)
    await settled(one)
    assert source.kept_names == NameOrder(("washer", "nut", "bolt"))
    one.vocabulary.labels.choose("anchor")
    other.vocabulary.labels.choose("screw")
    await settled(one)
    assert source.kept_names == NameOrder(("washer", "nut", "bolt", "anchor", "screw"))
    await one.vocabulary.read()
    await other.vocabulary.read()
    digits = [[each.vocabulary.labels.of_digit(digit) for digit in "12345"] for each in (one, other)]
    assert digits == [["washer", "nut", "bolt", "anchor", "screw"]] * 2
    assert one.vocabulary.labels.current == "anchor"
    await one.close()
    await other.close()


async def test_a_renamed_label_keeps_its_digit_for_all_and_undone_has_it_again(tmp_path: Path) -> None:
    source = MemorySource([labeled("nut", "bolt", "gear")])
    source.kept_names = NameOrder(("nut", "bolt", "gear"))
    one, other = await started(source, tmp_path), await started(source, tmp_path)

    async def read() -> list[tuple[str, ...]]:
        for each in (one, other, one):
            await each.vocabulary.read()
            await settled(each)
        return [each.vocabulary.labels.all for each in (one, other)]

    one.vocabulary.rename_label("bolt", "screw")
    source.list = [labeled("nut", "screw", "gear")]
    assert await read() == [("nut", "screw", "gear")] * 2
    one.vocabulary.labels.add(["axle"])
    assert await read() == [("nut", "screw", "gear", "axle")] * 2
    assert source.kept_names.labels == ("nut", "screw", "gear", "axle")

    source.list = [labeled("nut", "bolt", "gear")]
    found = await read()
    assert [labels[:3] for labels in found] == [("nut", "bolt", "gear")] * 2
    assert source.kept_names.labels == ("nut", "bolt", "gear", "axle")
    await one.close()
    await other.close()


async def test_an_old_label_that_somebody_draws_again_goes_to_the_end(tmp_path: Path) -> None:
    source = MemorySource([labeled("nut", "bolt")])
    source.kept_names = NameOrder(("screw", "nut"), (), {"bolt": "screw"})
    session = await started(source, tmp_path)
    await settled(session)
    assert session.vocabulary.labels.all == ("screw", "nut", "bolt")
    assert source.kept_names == NameOrder(("screw", "nut", "bolt"))
    await session.close()


async def test_where_nothing_is_kept_the_machine_keeps_the_order(tmp_path: Path) -> None:
    source = MemorySource([labeled("nut", "bolt")])
    session = await started(source, tmp_path)
    session.vocabulary.labels.choose("anchor")
    await session.close()
    assert session.vocabulary.labels.all == ("bolt", "nut", "anchor")
    assert source.kept_names is None
    again = Session(source, MemoryOutbox(source), session.settings, no_export)
    source.list = [labeled("axle", "nut")]
    again.start()
    await again.vocabulary.read()
    assert again.vocabulary.labels.all == ("bolt", "nut", "anchor", "axle")
    await again.close()


async def test_what_was_named_offline_goes_behind_what_others_named_meanwhile(tmp_path: Path) -> None:
    source = MemorySource([labeled("nut")])
    source.kept_names = NameOrder(("nut",))
    session = await started(source, tmp_path)
    source.unreachable = Unreachable("away")
    session.vocabulary.labels.choose("mine")
    session.vocabulary.tags.choose("my tag")
    await settled(session)
    assert session.vocabulary.labels.all == ("nut", "mine")
    source.unreachable = None
    source.kept_names = NameOrder(("nut", "theirs"))
    await session.vocabulary.read()
    await settled(session)
    assert source.kept_names == NameOrder(("nut", "theirs", "mine"), ("my tag",))
    assert list(session.vocabulary.labels.all) == ["nut", "theirs", "mine"]
    await session.close()


async def test_a_name_that_the_service_does_not_take_is_offered_once(tmp_path: Path) -> None:
    source = Choosy([labeled("nut")])
    source.kept_names = NameOrder()
    session = await started(source, tmp_path)
    session.vocabulary.tags.choose("refused")
    await settled(session)
    assert source.offered == [NameOrder(("nut",), ("refused",))]
    session.vocabulary.tags.choose("taken")
    await settled(session)
    assert source.kept_names == NameOrder(("nut",), ("taken",))
    assert source.offered[-1] == NameOrder((), ("taken",))
    assert list(session.vocabulary.tags.all) == ["taken", "refused"]
    await session.close()


class Choosy(MemorySource):
    """Leaves one name out."""

    offered: list[NameOrder]

    def __init__(self, images: list[Image]) -> None:
        super().__init__(images)
        self.offered = []

    async def add_names(self, names: NameOrder) -> NameOrder:
        self.offered.append(names)
        taken = NameOrder(names.labels, tuple(tag for tag in names.tags if tag != "refused"))
        return await super().add_names(taken)


async def test_settings_hold_the_organizations_order(tmp_path: Path) -> None:
    source = MemorySource([labeled("nut", "bolt")])
    source.kept_names = NameOrder(("washer", "nut"))
    session = await started(source, tmp_path)
    await session.close()
    session.settings.write(session.settings.text())
    kept = Settings.read(tmp_path / "settings.toml")
    assert kept.get(f"{session.settings_key}.labels") == ["washer", "nut", "bolt"]
