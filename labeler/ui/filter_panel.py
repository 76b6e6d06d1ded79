"""The filter panel: what there is to choose from, with counts."""

from __future__ import annotations

from dataclasses import replace
from functools import partial

from PySide6.QtCore import Qt
from PySide6.QtWidgets import (
    QAbstractButton,
    QCheckBox,
    QComboBox,
    QFormLayout,
    QFrame,
    QLineEdit,
    QScrollArea,
    QSizePolicy,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from labeler.domain.errors import InvalidValue
from labeler.domain.filter import Filter, Order, Tagged, filter_text, parse_time
from labeler.domain.image import Choice
from labeler.state.progress import FilterProgress
from labeler.state.session import Session
from labeler.ui.plain import PlainLabel, menu_text, row_text

MANY = ("tags", "labels", "mime_types", "location_ids")
SECTIONS: tuple[tuple[str, str], ...] = (
    ("dataset_id", "Datasets"), ("tags", "Tags"), ("labels", "Box labels"), ("component_name", "Component"),
    ("robot_id", "Machine"), ("part_id", "Part"), ("location_ids", "Location"), ("method", "Method"),
    ("component_type", "Component type"), ("mime_types", "Kind of file"),
)  # fmt: skip
SHOWN = 8
ORDER_TITLES = {
    Order.NAME: "By name", Order.NAME_DESCENDING: "By name, from the end", Order.NEWEST: "Newest first",
    Order.OLDEST: "Oldest first",
}  # fmt: skip
TAGGED_TITLES = {Tagged.ANY: "Tagged or not", Tagged.TAGGED: "Tagged", Tagged.UNTAGGED: "Untagged"}


def chosen_in(wanted: Filter, name: str) -> tuple[str, ...]:
    """The values that the filter asks for in a field."""
    held = getattr(wanted, name)
    if name == "tags":
        return (*held, *wanted.all_tags)
    return held if isinstance(held, tuple) else (held,) if held else ()


def with_choice(wanted: Filter, name: str, value: str, is_on: bool) -> Filter:
    """The filter with a value asked for, or no longer; fields that take one value change to it."""
    if name not in MANY:
        return replace(wanted, **{name: value if is_on else ""})  # type: ignore[arg-type]
    others = tuple(one for one in getattr(wanted, name) if one != value)
    changed = replace(wanted, **{name: (*others, value) if is_on else others})  # type: ignore[arg-type]
    if name != "tags":
        return changed
    both = tuple(one for one in wanted.all_tags if one != value)
    return replace(changed, all_tags=both, tagged=Tagged.ANY if is_on else wanted.tagged)


class Section(QWidget):
    """One field: a title that folds it, and a check box for each value, the first ones at once."""

    def __init__(self, session: Session, name: str, title: str) -> None:
        super().__init__()
        self._session, self._name = session, name
        self._all = False
        self._is_open: bool | None = None
        self._title = QToolButton()
        self._title.setText(title)
        self._title.setAutoRaise(True)
        self._title.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextBesideIcon)
        self._title.clicked.connect(self._toggle_fold)
        self._rows = QWidget()
        self._list = QVBoxLayout(self._rows)
        self._list.setContentsMargins(8, 0, 0, 0)
        self._list.setSpacing(0)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(0)
        layout.addWidget(self._title)
        layout.addWidget(self._rows)
        self._last: QWidget = self._title
        self._shown: tuple[object, ...] = ()

    def _toggle_fold(self) -> None:
        self._fold(not self._rows.isVisibleTo(self))

    def _fold(self, is_open: bool) -> None:
        self._is_open = is_open
        self._show_rows(is_open)

    def _show_rows(self, is_open: bool) -> None:
        self._rows.setVisible(is_open)
        self._title.setArrowType(Qt.ArrowType.DownArrow if is_open else Qt.ArrowType.RightArrow)

    def show_choices(self, choices: tuple[Choice, ...], chosen: tuple[str, ...]) -> None:
        """Show values with counts; what is chosen comes first, also where no image has it."""
        known = {choice.value for choice in choices}
        missing = [Choice(value, value, 0) for value in chosen if value not in known]
        ordered = [*missing, *sorted(choices, key=lambda choice: choice.value not in chosen)]
        shown = ordered if self._all else ordered[:SHOWN]
        state = (tuple(shown), chosen, len(ordered))
        self.setVisible(bool(ordered))
        # A field with one value only does not narrow anything: it stays folded until it is asked for.
        self._show_rows(self._is_open if self._is_open is not None else bool(chosen) or len(ordered) > 1)
        if state == self._shown:
            return
        self._shown = state
        focused = self._focused()
        self._empty()
        for choice in shown:
            self._add(self._box(choice, choice.value in chosen))
        if len(ordered) > SHOWN:
            more = QToolButton()
            more.setText("Fewer" if self._all else f"All {len(ordered):,}")
            more.clicked.connect(self._toggle_all)
            self._add(more)
        if focused is not None:
            self._focus(focused)

    def _empty(self) -> None:
        while item := self._list.takeAt(0):
            if widget := item.widget():
                widget.hide()
                widget.deleteLater()
        self._last = self._title

    def _box(self, choice: Choice, is_chosen: bool) -> QCheckBox:
        count = "" if choice.count is None else f"   {choice.count:,}"
        box = QCheckBox(menu_text(_short(row_text(choice.title)) + count))
        box.setObjectName(choice.value)
        box.setChecked(is_chosen)
        box.setAccessibleName(f"{self._title.text()}: {choice.title}{count}")
        box.setMinimumHeight(24)
        box.toggled.connect(partial(self._toggled, choice.value))
        return box

    def _add(self, button: QAbstractButton) -> None:
        """Put a button below the others, and after them for Tab, which else comes to new ones last."""
        self._list.addWidget(button)
        QWidget.setTabOrder(self._last, button)
        self._last = button

    def _focused(self) -> str | None:
        """The value whose box has the keyboard, empty for the button below them; None where neither has."""
        return next((one.objectName() for one in self._buttons() if one.hasFocus()), None)

    def _focus(self, value: str) -> None:
        """Give the keyboard to the box of a value, else to the first one."""
        buttons = self._buttons()
        for button in [*(one for one in buttons if one.objectName() == value), *buttons][:1]:
            button.setFocus()

    def _buttons(self) -> list[QAbstractButton]:
        widgets = [item.widget() for row in range(self._list.count()) if (item := self._list.itemAt(row))]
        return [one for one in widgets if isinstance(one, QAbstractButton)]

    def _toggle_all(self) -> None:
        self._all = not self._all
        self._shown = ()
        self._session.vocabulary.changed.emit()

    def _toggled(self, value: str, is_on: bool) -> None:
        session = self._session
        session.show(with_choice(session.library.filter, self._name, value, is_on))


def _short(text: str, most: int = 22) -> str:
    return text if len(text) <= most else "…" + text[-(most - 1) :]


class FilterPanel(QScrollArea):
    """Everything a filter can ask for."""

    def __init__(self, session: Session) -> None:
        super().__init__()
        self._session = session
        self.setObjectName("filter")
        self.setAccessibleName("Filter")
        self.setWidgetResizable(True)
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setFixedWidth(260)
        page = QWidget()
        layout = QVBoxLayout(page)
        layout.setContentsMargins(12, 12, 12, 12)
        layout.setSpacing(8)
        self.text = QLineEdit()
        self.text.setPlaceholderText("Filter:  tag:night label:bolt")
        self.text.setAccessibleName("Filter as text")
        self.text.setClearButtonEnabled(True)
        self.text.returnPressed.connect(self._typed)
        self._matches, self._labeled = PlainLabel(), PlainLabel()
        self._wrong = PlainLabel(wraps=True)
        self._wrong.hide()
        self.order = QComboBox()
        self.order.setAccessibleName("Order")
        self.tagged = QComboBox()
        self.tagged.setAccessibleName("Tagged or not")
        for state, title in TAGGED_TITLES.items():
            self.tagged.addItem(title, state)
        self.order.activated.connect(self._order_chosen)
        self.tagged.activated.connect(self._tagged_chosen)
        for widget in (self.text, self._wrong, self._matches, self._labeled, self.order, self.tagged):
            layout.addWidget(widget)
        self._sections = {name: Section(session, name, title) for name, title in SECTIONS}
        for section in self._sections.values():
            layout.addWidget(section)
        self.after, self.before = self._times(layout)
        layout.addStretch(1)
        page.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)
        self.setWidget(page)
        session.filter_changed.connect(self.refresh)
        session.vocabulary.changed.connect(self.refresh)
        for signal in (session.library.grown, session.library.reset):
            signal.connect(self._count)
        self._labeled.setAccessibleDescription("Images with a tag or a box, as the service counts them")
        self._progress = FilterProgress(session)
        self._progress.changed.connect(self._count_labeled)
        self.refresh()
        self._count_labeled()

    def _times(self, layout: QVBoxLayout) -> tuple[QLineEdit, QLineEdit]:
        form = QFormLayout()
        form.setSpacing(8)
        after, before = self._time("Captured after"), self._time("Captured before")
        form.addRow("After", after)
        form.addRow("Before", before)
        layout.addLayout(form)
        return after, before

    def _time(self, name: str) -> QLineEdit:
        line = QLineEdit()
        line.setPlaceholderText("YYYY-MM-DD")
        line.setAccessibleName(name)
        line.editingFinished.connect(self._times_typed)
        return line

    def refresh(self) -> None:
        """Show the session's filter and what can be chosen."""
        session, wanted = self._session, self._session.library.filter
        self._tell("")
        if not self.text.hasFocus() or not self.text.isModified():
            self.text.setText(session.filter_text)
            self.text.setCursorPosition(0)
        self.order.clear()
        for order in session.source.orders:
            self.order.addItem(ORDER_TITLES[order], order)
        self.order.setCurrentIndex(max(0, self.order.findData(session.library.order)))
        self.tagged.setCurrentIndex(self.tagged.findData(wanted.tagged))
        for name, section in self._sections.items():
            choices = session.vocabulary.choices.get(name, ())
            if name == "dataset_id":
                counts = {choice.value: choice.count for choice in choices}
                choices = tuple(Choice(d.id, d.name, counts.get(d.id, d.images)) for d in session.vocabulary.datasets)
            section.show_choices(choices, chosen_in(wanted, name))
        for line, time in ((self.after, wanted.start), (self.before, wanted.end)):
            if not line.hasFocus():
                line.setText(filter_text(Filter(start=time)).removeprefix("after:").strip('"') if time else "")
        self._count()

    def _count(self) -> None:
        library = self._session.library
        more = "" if library.size_is_known else " or more"
        noun = "image" if library.size == 1 else "images"
        self._matches.setText(f"{library.size:,}{more} {noun}")

    def _count_labeled(self) -> None:
        progress = self._progress.progress
        self._labeled.setVisible(progress is not None and progress.total > 0)
        self._labeled.setText(progress.text if progress else "")

    def _tell(self, wrong: str) -> None:
        self._wrong.setText(wrong)
        self._wrong.setVisible(bool(wrong))

    def _typed(self) -> None:
        try:
            self._session.show_text(self.text.text())
        except InvalidValue as error:
            self._tell(str(error))
        else:
            self.text.setModified(False)

    def _order_chosen(self) -> None:
        self._session.show(self._session.library.filter, self.order.currentData())

    def _tagged_chosen(self) -> None:
        tagged = self.tagged.currentData()
        wanted = replace(self._session.library.filter, tagged=tagged)
        self._session.show(wanted if tagged is Tagged.ANY else replace(wanted, tags=(), all_tags=()))

    def _times_typed(self) -> None:
        try:
            start = parse_time(self.after.text().strip()) if self.after.text().strip() else None
            end = parse_time(self.before.text().strip()) if self.before.text().strip() else None
        except InvalidValue as error:
            self._tell(str(error))
            return
        wanted = self._session.library.filter
        if (start, end) != (wanted.start, wanted.end):
            self._session.show(replace(wanted, start=start, end=end))
