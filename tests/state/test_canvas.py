"""The canvas without a screen."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace

import pytest

from labeler.domain.box import Box
from labeler.domain.edit import BoxChange
from labeler.domain.geometry import Handle, Point
from labeler.domain.image import Image
from labeler.state.canvas import Canvas
from labeler.state.pointer import Tool

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
        self.canvas.viewport.set_room(1048, 1048)
        self.canvas.show(self.image)
        self.canvas.viewport.set_picture_size(1000, 1000)

    def commit(self, title: str, changes: Sequence[BoxChange], merge: str) -> None:
        for change in changes:
            self.changes.append((title, change, merge))
            self.image = change.apply(self.image)
        self.canvas.show(self.image)

    def at(self, x: float, y: float) -> Point:
        assert self.canvas.view
        return self.canvas.view.point_to_widget(Point(x, y))

    def drag(self, start: tuple[float, float], end: tuple[float, float]) -> None:
        self.canvas.pointer.press(self.at(*start))
        self.canvas.pointer.hover(self.at(*end))
        self.canvas.pointer.release(self.at(*end))


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
    assert bench.canvas.selection.primary == change.after.id


def test_a_box_too_small_to_see_is_not_made(bench: Bench) -> None:
    bench.canvas.zoom(8, bench.at(0, 0))
    bench.drag((0.01, 0.01), (0.012, 0.05))
    assert bench.changes == []
    assert bench.said == ["Too small for a box: it needs at least 3 x 3 px"]


def test_clicks_on_one_spot_reach_inner_then_outer_boxes(bench: Bench) -> None:
    chosen = []
    for _ in range(3):
        bench.canvas.pointer.press(bench.at(0.5, 0.5), select=True)
        bench.canvas.pointer.release(bench.at(0.5, 0.5))
        chosen.append(bench.canvas.selection.primary)
    assert chosen == ["inner", "outer", "inner"]


def test_the_select_tool_moves_a_box_and_keeps_it_inside(bench: Bench) -> None:
    bench.canvas.pointer.tool = Tool.SELECT
    bench.drag((0.5, 0.5), (0.5, 2.0))
    title, change, _ = bench.changes[-1]
    assert change.after
    assert title == "Moved bolt"
    assert (change.after.y_min, change.after.y_max) == pytest.approx((0.8, 1.0))


def test_escape_gives_up_drag_and_drawing_without_a_change(bench: Bench) -> None:
    bench.canvas.select("inner")
    bench.canvas.pointer.press(bench.at(0.5, 0.5))
    bench.canvas.pointer.hover(bench.at(0.7, 0.7))
    assert bench.canvas.cancel()
    bench.canvas.pointer.release(bench.at(0.7, 0.7))
    assert bench.image.boxes == (OUTER, INNER)
    assert bench.changes == []
    assert bench.canvas.cancel()
    assert bench.canvas.selection.primary == ""
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
    assert (bench.image.boxes, bench.canvas.selection.primary) == ((INNER,), "inner")
    bench.canvas.delete()
    assert (bench.image.boxes, bench.canvas.selection.primary) == ((), "")


def test_a_box_deleted_elsewhere_is_no_longer_selected(bench: Bench) -> None:
    bench.canvas.select("inner")
    bench.canvas.show(replace(bench.image, boxes=(OUTER,)))
    assert bench.canvas.selection.primary == ""


def test_fit_shows_the_whole_picture_then_its_actual_size(bench: Bench) -> None:
    bench.canvas.viewport.set_picture_size(4000, 2000)
    assert bench.canvas.view
    assert bench.canvas.view.scale == pytest.approx(0.25)
    bench.canvas.viewport.fit()
    assert bench.canvas.view.scale == 1
    bench.canvas.viewport.set_room(500, 500)
    assert bench.canvas.view.scale == 1
    bench.canvas.viewport.fit()
    assert bench.canvas.view.width * bench.canvas.view.scale == pytest.approx(452)


def test_zoom_keeps_what_is_under_the_pointer(bench: Bench) -> None:
    assert bench.canvas.view
    at = bench.at(0.3, 0.7)
    for factor in (1.7, 3.0, 0.1):
        bench.canvas.zoom(factor, at)
        found = bench.canvas.view.to_image(at)
        assert (found.x, found.y) == pytest.approx((0.3, 0.7))


def test_several_boxes_are_relabeled_moved_and_deleted_together(bench: Bench) -> None:
    canvas = bench.canvas
    canvas.select_all()
    canvas.relabel("screw")
    assert [box.label for box in bench.image.boxes] == ["screw", "screw"]
    assert {title for title, _, _ in bench.changes} == {"Relabeled 2 boxes to screw"}
    canvas.nudge(-1000, 0)
    assert [box.x_min for box in bench.image.boxes] == pytest.approx([0.0, 0.3])
    canvas.delete()
    assert bench.image.boxes == ()
    assert not canvas.selection


def test_boxes_are_added_to_the_selection_and_taken_out_one_at_a_time(bench: Bench) -> None:
    canvas = bench.canvas
    canvas.select("outer")
    canvas.select_also_under(bench.at(0.5, 0.5))
    assert canvas.selection.primary == "inner"
    assert [box.id for box in canvas.selected_boxes] == ["outer", "inner"]
    canvas.select_also_under(bench.at(0.5, 0.5))
    assert [box.id for box in canvas.selected_boxes] == ["outer"]


def test_a_locked_box_cannot_be_held_moved_relabeled_or_deleted(bench: Bench) -> None:
    canvas = bench.canvas
    canvas.select("inner")
    canvas.visibility.toggle_locked(canvas.selected_boxes)
    canvas.nudge(5, 0)
    canvas.nudge_edge(5, 0)
    canvas.relabel("screw")
    canvas.delete()
    assert bench.image.boxes == (OUTER, INNER)
    canvas.pointer.tool = Tool.SELECT
    bench.drag((0.5, 0.5), (0.6, 0.6))
    moved = bench.image.box("outer")
    assert moved is not None
    assert moved.x_min == pytest.approx(0.2)
    assert bench.image.box("inner") == INNER


def test_hidden_boxes_are_neither_shown_nor_reached(bench: Bench) -> None:
    canvas = bench.canvas
    canvas.visibility.toggle_hidden([INNER])
    canvas.select_under(bench.at(0.5, 0.5))
    assert canvas.selection.primary == "outer"
    canvas.visibility.show_all()
    canvas.visibility.only_label = "bolt"
    assert canvas.boxes == (INNER,)
    canvas.select_next(1)
    assert canvas.selection.primary == "inner"


def test_four_extreme_points_in_any_order_make_a_box(bench: Bench) -> None:
    canvas = bench.canvas
    canvas.pointer.tool = Tool.EXTREMES
    for point in ((0.3, 0.2), (0.2, 0.3), (0.35, 0.5), (0.5, 0.4)):
        assert len(bench.changes) == 0
        canvas.pointer.press(bench.at(*point))
        canvas.pointer.release(bench.at(*point))
    (_, change, _) = bench.changes[-1]
    assert change.after
    rect = change.after.rect
    assert (rect.left, rect.top, rect.right, rect.bottom) == pytest.approx((0.2, 0.2, 0.5, 0.5))


def test_escape_gives_up_the_extreme_points_so_far(bench: Bench) -> None:
    canvas = bench.canvas
    canvas.pointer.tool = Tool.EXTREMES
    canvas.pointer.press(bench.at(0.3, 0.2))
    assert canvas.cancel()
    assert canvas.pointer.extremes == ()


def test_zooming_to_a_box_puts_it_in_the_middle_with_room_around(bench: Bench) -> None:
    canvas = bench.canvas
    canvas.viewport.zoom_to(INNER.rect)
    seen = canvas.viewport.seen()
    assert seen is not None
    assert (seen.center.x, seen.center.y) == pytest.approx((0.5, 0.5))
    assert seen.width == pytest.approx(3 * INNER.rect.width)


def test_pictures_of_one_size_share_a_zoom_also_after_others(bench: Bench) -> None:
    viewport = bench.canvas.viewport
    viewport.zoom(2.0)
    zoomed = viewport.view
    viewport.set_picture_size(1000, 1000)
    assert viewport.view == zoomed
    viewport.set_picture_size(640, 480)
    assert viewport.view is not None
    assert viewport.view.to_image(Point(0, 0)).x < 0
    viewport.set_picture_size(1000, 1000)
    assert viewport.view == zoomed
