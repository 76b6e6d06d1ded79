"""The service cannot be reached: what is labeled waits on this computer, and quitting says so."""

from __future__ import annotations

from pathlib import Path

from labeler.client.channel import Connection
from labeler.client.endpoint import PLAINTEXT, Endpoint
from labeler.domain.geometry import Point
from labeler.robot import until
from labeler.samples import SampleSet
from labeler.ui.dialogs import QuestionDialog
from tests.walks.conftest import Walk
from tests.walks.person import at_work


def test_quitting_says_what_is_not_delivered(walk: Walk, library: Path, samples: SampleSet) -> None:
    async def offline() -> None:
        async with at_work(library, samples.folder, 6) as person:
            nobody = await Connection.open(Endpoint("127.0.0.1:1", PLAINTEXT, token="x"))
            await person.desktop.place.outbox.start(nobody)
            await person.edit()
            await person.draw(Point(0.25, 0.25), Point(0.5, 0.5))
            counts = person.session.outbox
            await until(lambda: counts.counts.problem and counts.counts.waiting, "the service missed")
            await person.key("Ctrl+Q")
            question = person.dialog()
            assert isinstance(question, QuestionDialog)
            (text,) = [one for one in person.texts(question) if "not delivered" in one]
            assert text.startswith("1 edit is saved on this computer but not delivered (offline).")
            await person.key("Esc")
            assert not person.desktop.closed.is_set()
            await person.key("Ctrl+Q", "Enter")
            await person.desktop.closed.wait()
            nobody.close()

    async def again() -> None:
        async with at_work(library) as person:
            await person.shown(6)
            await person.saved()
            (image,) = await person.at_service(0)
            assert len(image.boxes) == 1
            await person.key("Ctrl+Q")
            await person.desktop.closed.wait()

    walk(offline())
    walk(again())
