"""The inspector: what is on the image in front, and where it comes from."""

from __future__ import annotations

from PySide6.QtCore import QSize, Qt
from PySide6.QtGui import QIcon, QPixmap
from PySide6.QtWidgets import (
    QFrame,
    QGridLayout,
    QListWidget,
    QScrollArea,
    QSizePolicy,
    QVBoxLayout,
    QWidget,
)

from labeler.domain.box import Box
from labeler.domain.image import Image
from labeler.domain.saving import SaveState
from labeler.state.session import Session
from labeler.ui import theme
from labeler.ui.plain import PlainLabel, row_text

STATE_TEXT = {
    SaveState.SAVING: "Saving",
    SaveState.SAVED_HERE: "Saved here, to be delivered",
    SaveState.DELIVERED: "Saved",
    SaveState.CONFLICT: "In conflict: the service has something else",
    SaveState.REFUSED: "Not accepted by the service",
}


def _heading(text: str) -> PlainLabel:
    label = PlainLabel(text)
    font = label.font()
    font.setBold(True)
    label.setFont(font)
    return label


def box_text(box: Box, size: tuple[int, int] | None) -> str:
    """The label and the size of a box, in px where the picture's size is known."""
    width, height = box.x_max - box.x_min, box.y_max - box.y_min
    if size is None:
        return f"{box.label}   {width:.1%} x {height:.1%}"
    return f"{box.label}   {round(width * size[0])} x {round(height * size[1])} px"


class Inspector(QScrollArea):
    """Boxes, tags, datasets and capture metadata of the image in front."""

    def __init__(self, session: Session) -> None:
        super().__init__()
        self._session = session
        self.setObjectName("inspector")
        self.setAccessibleName("Inspector")
        self.setWidgetResizable(True)
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setFixedWidth(280)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        page = QWidget()
        layout = QVBoxLayout(page)
        layout.setContentsMargins(12, 12, 12, 12)
        layout.setSpacing(8)
        self._name = _heading("")
        self._state = PlainLabel(wraps=True)
        self.boxes = QListWidget()
        self.boxes.setAccessibleName("Boxes")
        self.boxes.setFrameShape(QFrame.Shape.NoFrame)
        self.boxes.setIconSize(QSize(12, 12))
        self.boxes.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.boxes.currentRowChanged.connect(self._row_chosen)
        self.boxes.itemClicked.connect(lambda item: session.done_by_mouse.emit("box.hint"))
        self._boxes_title = _heading("Boxes")
        self._tags, self._datasets = PlainLabel(wraps=True), PlainLabel(wraps=True)
        self._facts = QGridLayout()
        self._facts.setColumnStretch(1, 1)
        self._facts.setHorizontalSpacing(8)
        self._facts.setVerticalSpacing(4)
        for widget in (
            self._name, self._state, self._boxes_title, self.boxes, _heading("Tags"), self._tags,
            _heading("Datasets"), self._datasets, _heading("Capture"),
        ):  # fmt: skip
            layout.addWidget(widget)
        layout.addLayout(self._facts)
        layout.addStretch(1)
        self.setWidget(page)
        self._fact_labels: list[tuple[PlainLabel, PlainLabel]] = []
        self._filling = False
        self._box_ids: list[str] = []
        self._chips: dict[int, QIcon] = {}
        self._shown: object = None
        for signal in (
            session.current_changed, session.pace.rested, session.vocabulary.changed, session.canvas.changed,
        ):  # fmt: skip
            signal.connect(self.refresh)
        session.images_changed.connect(lambda ids: self.refresh())
        session.review.changed.connect(self.refresh)
        self.refresh()

    def refresh(self) -> None:
        """Show the image in front as it is now; while the person hurries on, when they rest."""
        session = self._session
        if not session.pace.is_resting:
            return
        image = session.current
        view = session.canvas.view
        size = (view.width, view.height) if view else None
        state = session.outbox.state_of(image.id) if image else None
        shown = (
            image,
            session.canvas.selection.primary,
            size,
            state,
            session.vocabulary.labels.all,
            session.vocabulary.datasets,
            self._reasons(image),
        )
        if shown == self._shown:
            return
        self._shown = shown
        self._name.setText(image.file_name or image.id if image else "No image")
        self._state.setText("\n".join([STATE_TEXT[state], *self._reasons(image)]) if state else "")
        self._fill_boxes(image, size)
        self._tags.setText("   ".join(image.tags) if image and image.tags else "None   (t)")
        names = [session.vocabulary.dataset_name(one) or one for one in image.dataset_ids] if image else []
        self._datasets.setText("\n".join(names) or "None   (b)")
        self._fill_facts(_facts(image, size, self._location(image)) if image else [])

    def _reasons(self, image: Image | None) -> tuple[str, ...]:
        """Why what was done to the image was not accepted."""
        held = self._session.review.of(image.id) if image else ()
        return tuple(dict.fromkeys(one.problem for one in held))

    def _location(self, image: Image) -> str:
        places = self._session.vocabulary.choices.get("location_ids", ())
        return next((choice.title for choice in places if choice.value == image.location_id), image.location_id)

    def _fill_boxes(self, image: Image | None, size: tuple[int, int] | None) -> None:
        self._filling = True
        self.boxes.clear()
        boxes = image.boxes if image else ()
        self._boxes_title.setText(f"Boxes   {len(boxes)}" if boxes else "Boxes")
        # Items that Qt makes: each that Python makes adds references to None, which nothing takes away again.
        self.boxes.addItems([row_text(box_text(box, size)) for box in boxes])
        self._box_ids = [box.id for box in boxes]
        for row, box in enumerate(boxes):
            self.boxes.item(row).setIcon(self._chip(box.label))
            if box.id == self._session.canvas.selection.primary:
                self.boxes.setCurrentRow(row)
        self.boxes.setVisible(bool(boxes))
        self.boxes.setFixedHeight(min(len(boxes), 10) * 24 + 4)
        self._filling = False

    def _chip(self, label: str) -> QIcon:
        color = theme.label_color(self._session.vocabulary.labels.place_of(label), theme.colors().dark)
        if color.rgba() not in self._chips:
            pixmap = QPixmap(12, 12)
            pixmap.fill(color)
            self._chips[color.rgba()] = QIcon(pixmap)
        return self._chips[color.rgba()]

    def _row_chosen(self, row: int) -> None:
        if not self._filling and row >= 0:
            self._session.canvas.select(self._box_ids[row])

    def _fill_facts(self, facts: list[tuple[str, str]]) -> None:
        while len(self._fact_labels) < len(facts):
            # Of paths and ids the end tells as much as the beginning.
            pair = (PlainLabel(), PlainLabel(ellipsis=Qt.TextElideMode.ElideMiddle))
            pair[0].setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Preferred)
            pair[0].setFixedWidth(80)
            row = len(self._fact_labels)
            self._facts.addWidget(pair[0], row, 0)
            self._facts.addWidget(pair[1], row, 1)
            self._fact_labels.append(pair)
        for place, (name, value) in enumerate(self._fact_labels):
            title, text = facts[place] if place < len(facts) else ("", "")
            name.setText(title)
            value.setText(text)
            value.setAccessibleName(f"{title}: {text}")


def _facts(image: Image, size: tuple[int, int] | None, location: str) -> list[tuple[str, str]]:
    time = image.time_requested
    every = [
        ("Size", f"{size[0]} x {size[1]} px" if size else ""),
        ("File", f"{image.size_bytes / 1024:,.0f} KiB  {image.mime_type}" if image.size_bytes else image.mime_type),
        ("Time", time.astimezone().strftime("%Y-%m-%d %H:%M:%S") if time else ""),
        ("Component", image.component_name),
        ("Type", image.component_type),
        ("Method", image.method),
        ("Machine", image.robot_name or image.robot_id),
        ("Part", image.part_name or image.part_id),
        ("Location", location),
        ("Id", image.id),
    ]
    return [(title, text) for title, text in every if text]
