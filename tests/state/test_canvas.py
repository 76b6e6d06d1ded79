"""The canvas without a screen."""

from __future__ import annotations

from dataclasses import dataclass, field, replace

import pytest

from labeler.domain.box import Box
from labeler.domain.edit import BoxChange
from labeler.domain.geometry import Handle, Point
from labeler.domain.image import Image
from labeler.state.canvas import Canvas, Tool

OUTER = Box("outer", "tray", 0.1, 0.1, 0.9, 0.9)
INNER = Box("inner", "bolt", 0.4, 0.4, 0.6, 0.6)


@dataclass
class Bench:
    """A canvas over one image; changes come back to it as a session would bring them."""

    image: Image = field(default_factory=lambda: Image("a", boxes=(OUTER, INNER)))
    changes: list[tuple[str, BoxChange, str]] = field(default_factory=list)
    said: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.canvas = Canvas(self.commit, self.said.append, lambda: "nut")
        self.canvas.set_room(1048, 1048)
        self.canvas.show(self.image)
        self.canvas.set_picture_size(1000, 1000)

    def commit(self, title: str, change: BoxChange, merge: str) -> None:
        self.changes.append((title, change, merge))
        self.image = change.apply(self.image)
        self.canvas.show(self.image)

    def at(self, x: float, y: float) -> Point:
        assert self.canvas.view
        return self.canvas.view.point_to_widget(Point(x, y))

    def drag(self, start: tuple[float, float], end: tuple[float, float]) -> None:
        self.canvas.press(self.at(*start))
        self.canvas.hover(self.at(*end))
        self.canvas.release(self.at(*end))


@pytest.fixture
def bench() -> Bench:
    return Bench()


def test_a_drag_beyond_the_picture_ends_at_its_edge(bench: Bench) -> None:
    bench.drag((0.95, 0.95), (1.4, 0.5))
    title, change, _ = bench.changes[-1]
    assert change.after
    assert title == "Drew nut"
    rect = change.after.rect
    assert (rect.left, rect.top, rect.right, rect.bottom) == pytest.approx((0.95, 0.5, 1.0, 0.95))
    assert bench.canvas.selected == change.after.id


def test_a_box_too_small_to_see_is_not_made(bench: Bench) -> None:
    bench.canvas.zoom(8, bench.at(0, 0))
    bench.drag((0.01, 0.01), (0.012, 0.05))
    assert bench.changes == []
    assert bench.said == ["Too small for a box: it needs at least 3 x 3 px"]


def test_clicks_on_one_spot_reach_inner_then_outer_boxes(bench: Bench) -> None:
    chosen = []
    for _ in range(3):
        bench.canvas.press(bench.at(0.5, 0.5), select=True)
        bench.canvas.release(bench.at(0.5, 0.5))
        chosen.append(bench.canvas.selected)
    assert chosen == ["inner", "outer", "inner"]


def test_the_select_tool_moves_a_box_and_keeps_it_inside(bench: Bench) -> None:
    bench.canvas.tool = Tool.SELECT
    bench.drag((0.5, 0.5), (0.5, 2.0))
    title, change, _ = bench.changes[-1]
    assert change.after
    assert title == "Moved bolt"
    assert (change.after.y_min, change.after.y_max) == pytest.approx((0.8, 1.0))


def test_escape_gives_up_drag_and_drawing_without_a_change(bench: Bench) -> None:
    bench.canvas.select("inner")
    bench.canvas.press(bench.at(0.5, 0.5))
    bench.canvas.hover(bench.at(0.7, 0.7))
    assert bench.canvas.cancel()
    bench.canvas.release(bench.at(0.7, 0.7))
    assert bench.image.boxes == (OUTER, INNER)
    assert bench.changes == []
    assert bench.canvas.cancel()
    assert bench.canvas.selected == ""
    assert not bench.canvas.cancel()


def test_keys_move_one_edge_along_its_axis_only(bench: Bench) -> None:
    bench.canvas.select("inner")
    bench.canvas.nudge_edge(0, 10)
    assert bench.canvas.edge is Handle.BOTTOM
    bench.canvas.turn_edge(1)
    bench.canvas.nudge_edge(-10, 0)
    box = bench.image.box("inner")
    assert box
    rect = box.rect
    assert (rect.left, rect.top, rect.right, rect.bottom) == pytest.approx((0.39, 0.4, 0.6, 0.61))


def test_deleting_selects_the_next_box(bench: Bench) -> None:
    bench.canvas.select("outer")
    bench.canvas.delete()
    assert (bench.image.boxes, bench.canvas.selected) == ((INNER,), "inner")
    bench.canvas.delete()
    assert (bench.image.boxes, bench.canvas.selected) == ((), "")


def test_a_box_deleted_elsewhere_is_no_longer_selected(bench: Bench) -> None:
    bench.canvas.select("inner")
    bench.canvas.show(replace(bench.image, boxes=(OUTER,)))
    assert bench.canvas.selected == ""


def test_fit_shows_the_whole_picture_then_its_actual_size(bench: Bench) -> None:
    bench.canvas.set_picture_size(4000, 2000)
    assert bench.canvas.view
    assert bench.canvas.view.scale == pytest.approx(0.25)
    bench.canvas.fit()
    assert bench.canvas.view.scale == 1
    bench.canvas.set_room(500, 500)
    assert bench.canvas.view.scale == 1
    bench.canvas.fit()
    assert bench.canvas.view.width * bench.canvas.view.scale == pytest.approx(452)


def test_zoom_keeps_what_is_under_the_pointer(bench: Bench) -> None:
    assert bench.canvas.view
    at = bench.at(0.3, 0.7)
    for factor in (1.7, 3.0, 0.1):
        bench.canvas.zoom(factor, at)
        found = bench.canvas.view.to_image(at)
        assert (found.x, found.y) == pytest.approx((0.3, 0.7))
