"""The list of questions, searched and filtered; a click or Enter goes to one."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Any

import qt
from CTSpatialVQASession.question_rows import QuestionRow, RowFilter
from slicer.i18n import tr as _

from CTSpatialVQAGui import labels, widgets
from CTSpatialVQALib.reading.plan import ItemKey
from CTSpatialVQALib.reading.progress import Standing
from CTSpatialVQALib.records.words import Category, ErrorType

COLUMNS = 3
LEAST_ROWS_HEIGHT = 130
NEEDS_SOMETHING = (Standing.OPEN, Standing.CORRECTING)


class ChoiceFilter:
    """A combo box of the values that occur in the list, the first entry standing for all of them."""

    def __init__(self, name: str, all_text: str, on_change: Callable[[], object]) -> None:
        self._all_text = all_text
        self._values: list[Any] = []
        self.combo = widgets.short_combo(name)
        self.combo.setToolTip(all_text)
        self.offer([])
        self.combo.currentIndexChanged.connect(lambda _index=0: on_change())

    def offer(self, choices: Iterable[tuple[Any, str]]) -> None:
        """Offer (value, text) pairs; the chosen one stays if it is among them."""
        choices = list(choices)
        values = [value for value, _text in choices]
        if values == self._values and self.combo.count:
            return
        chosen, self._values = self.value, values
        blocked = self.combo.blockSignals(True)
        self.combo.clear()
        self.combo.addItem(self._all_text)
        for _value, text in choices:
            self.combo.addItem(text)
        self.combo.setCurrentIndex(values.index(chosen) + 1 if chosen in values else 0)
        self.combo.blockSignals(blocked)

    @property
    def value(self) -> Any:
        """The chosen value; None for all."""
        index = int(self.combo.currentIndex)
        return self._values[index - 1] if 0 < index <= len(self._values) else None

    def choose(self, value: Any) -> None:
        """Choose one of the offered values; None for all."""
        self.combo.setCurrentIndex(self._values.index(value) + 1 if value in self._values else 0)


class QuestionList:
    """The list of the reading's items. Rows are filled once and changed one by one."""

    def __init__(self) -> None:
        self.on_go: Callable[[ItemKey], object] = lambda key: None
        self._keys: list[ItemKey] = []
        self._current: ItemKey | None = None
        self._rows: list[QuestionRow | None] = []
        self._hidden: set[int] = set()
        self.widget = qt.QWidget()
        column = widgets.plain_column(self.widget)
        self.searchEdit = qt.QLineEdit()
        self.searchEdit.setObjectName("questionSearchEdit")
        self.searchEdit.setPlaceholderText(_("Search in questions and cases"))
        self.searchEdit.setClearButtonEnabled(True)
        self.caseFilter = ChoiceFilter("caseFilterCombo", _("All cases"), self._filter)
        self.stateFilter = ChoiceFilter("stateFilterCombo", _("All states"), self._filter)
        self.categoryFilter = ChoiceFilter("categoryFilterCombo", _("All categories"), self._filter)
        self.modelFilter = ChoiceFilter("modelFilterCombo", _("All models"), self._filter)
        self.errorFilter = ChoiceFilter("errorFilterCombo", _("All errors"), self._filter)
        self.flaggedBox = qt.QCheckBox(_("flagged only"))
        self.flaggedBox.setObjectName("flaggedOnlyBox")
        self.countLabel = widgets.text_label("questionCountLabel", selectable=False)
        self.tree = self._tree()
        column.addWidget(self.searchEdit)
        column.addLayout(self._filters())
        column.addWidget(self.countLabel)
        column.addWidget(self.tree)
        self.searchEdit.textChanged.connect(self._filter)
        self.flaggedBox.toggled.connect(self._filter)

    def _filters(self) -> qt.QGridLayout:
        grid = qt.QGridLayout()
        grid.setSpacing(widgets.SPACING)
        cells = (
            self.caseFilter.combo,
            self.stateFilter.combo,
            self.categoryFilter.combo,
            self.modelFilter.combo,
            self.errorFilter.combo,
            self.flaggedBox,
        )
        for place, cell in enumerate(cells):
            grid.addWidget(cell, place // 2, place % 2)
        return grid

    def _tree(self) -> qt.QTreeWidget:
        tree = qt.QTreeWidget()
        tree.setObjectName("questionTree")
        tree.setColumnCount(COLUMNS)
        tree.setHeaderLabels(["", _("Case"), _("Question")])
        tree.setRootIsDecorated(False)
        tree.setUniformRowHeights(True)
        tree.setMinimumHeight(LEAST_ROWS_HEIGHT)
        tree.itemActivated.connect(self._go)
        tree.itemClicked.connect(self._go)
        return tree

    def show(self, rows: Sequence[QuestionRow], current: ItemKey | None) -> None:
        """Show the rows; only what changed is touched."""
        keys = [row.key for row in rows]
        fresh = keys != self._keys
        if fresh:
            self._fill(keys)
        changed = [place for place, row in enumerate(rows) if self._rows[place] != row]
        for place in changed:
            self._write(place, rows[place])
        for column in range(COLUMNS - 1 if fresh else bool(changed)):
            self.tree.resizeColumnToContents(column)
        self._offer(rows)
        self._current = current
        if current in self._keys:
            item = self.tree.topLevelItem(self._keys.index(current))
            blocked = self.tree.blockSignals(True)
            self.tree.setCurrentItem(item)
            self.tree.blockSignals(blocked)
        self._filter()

    def _fill(self, keys: list[ItemKey]) -> None:
        self.tree.clear()
        self._hidden = set()
        self._keys = keys
        self._rows = [None] * len(keys)
        for _key in keys:
            self.tree.addTopLevelItem(qt.QTreeWidgetItem())

    def _write(self, place: int, row: QuestionRow) -> None:
        line = row.line
        item = self.tree.topLevelItem(place)
        signs = labels.standing_sign(line.standing)
        signs += ("⚑" if line.flagged else "") + ("✎" if line.has_draft else "")
        item.setText(0, f"{line.number} {signs}")
        item.setText(1, line.case_id)
        item.setText(2, line.question)
        item.setToolTip(0, labels.standing(line.standing))
        item.setToolTip(2, line.question)
        self._rows[place] = row

    def _offer(self, rows: Sequence[QuestionRow]) -> None:
        """Let the filters offer what occurs."""
        cases = dict.fromkeys(row.line.case_id for row in rows)
        self.caseFilter.offer((case_id, case_id) for case_id in cases)
        standings = {row.line.standing for row in rows}
        states: list[tuple[tuple[Standing, ...], str]] = [(NEEDS_SOMETHING, _("needs a verdict"))]
        states += [((one,), labels.standing(one)) for one in Standing if one in standings]
        self.stateFilter.offer(states)
        categories = {category for row in rows for category in row.categories}
        self.categoryFilter.offer((one, str(one)) for one in Category if one in categories)
        models = dict.fromkeys(row.model for row in rows if row.model)
        self.modelFilter.offer((model, model) for model in models)
        errors = {row.error_type for row in rows}
        self.errorFilter.offer((error, labels.error_type(error)) for error in ErrorType if error in errors)

    def _go(self, item: qt.QTreeWidgetItem, _column: int = 0) -> None:
        key = self._keys[self.tree.indexOfTopLevelItem(item)]
        if key != self._current:  # a double click brings two clicks and an activation
            self.on_go(key)

    @property
    def filter(self) -> RowFilter:
        """What the reader looks for."""
        return RowFilter(
            text=str(self.searchEdit.text),
            case_id=self.caseFilter.value,
            category=self.categoryFilter.value,
            standings=self.stateFilter.value or (),
            flagged=bool(self.flaggedBox.checked),
            model=self.modelFilter.value,
            error_type=self.errorFilter.value,
        )

    def _filter(self, _value: object = None) -> None:
        """Hide and show only what changes: a study has thousands of rows."""
        row_filter = self.filter
        hidden = {
            place for place, row in enumerate(self._rows) if row is not None and not row_filter.keeps(row)
        }
        for place in hidden ^ self._hidden:
            self.tree.topLevelItem(place).setHidden(place in hidden)
        self._hidden = hidden
        counts = {"shown": len(self._rows) - len(hidden), "all": len(self._rows)}
        self.countLabel.setText(_("{shown} of {all} questions").format(**counts))
