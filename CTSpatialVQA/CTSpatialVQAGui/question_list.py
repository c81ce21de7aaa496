"""What is there to read? Every question with its state; a double click or Enter goes there."""

import qt
from slicer.i18n import tr as _

from CTSpatialVQAGui import looks, wording
from CTSpatialVQALib.reading.progress import Standing

COLUMNS = 3


class QuestionList:
    """The list of the reading's items. Rows are filled once and changed one by one."""

    def __init__(self, on_go):
        self._on_go = on_go
        self._keys = []
        self._current = None
        self._shown = []
        self._hidden = set()
        self.widget = qt.QWidget()
        column = looks.plain_column(self.widget)
        self.openOnlyBox = qt.QCheckBox(_("Only what is open or flagged"))
        self.openOnlyBox.setObjectName("openOnlyBox")
        self.tree = qt.QTreeWidget()
        self.tree.setObjectName("questionTree")
        self.tree.setColumnCount(COLUMNS)
        self.tree.setHeaderLabels(["", _("Case"), _("Question")])
        self.tree.setRootIsDecorated(False)
        self.tree.setUniformRowHeights(True)
        self.tree.setMinimumHeight(180)
        column.addWidget(self.openOnlyBox)
        column.addWidget(self.tree)
        self.tree.itemActivated.connect(self._go)
        self.tree.itemClicked.connect(self._go)
        self.openOnlyBox.toggled.connect(self._filter)

    def show(self, lines, current):
        """Show the lines; only what changed is touched."""
        keys = [line.key for line in lines]
        fresh = keys != self._keys
        if fresh:
            self._fill(lines)
        for place, line in enumerate(lines):
            if self._shown[place] != line:
                self._write(place, line)
        for column in range(COLUMNS - 1 if fresh else 0):
            self.tree.resizeColumnToContents(column)
        self._current = current
        if current in self._keys:
            item = self.tree.topLevelItem(self._keys.index(current))
            blocked = self.tree.blockSignals(True)
            self.tree.setCurrentItem(item)
            self.tree.blockSignals(blocked)
        self._filter()

    def _fill(self, lines):
        self.tree.clear()
        self._hidden = set()
        self._keys = [line.key for line in lines]
        self._shown = [None] * len(lines)
        for _line in lines:
            self.tree.addTopLevelItem(qt.QTreeWidgetItem())

        for column in range(COLUMNS - 1):
            self.tree.resizeColumnToContents(column)

    def _write(self, place, line):
        item = self.tree.topLevelItem(place)
        signs = wording.mark(line.standing) + ("⚑" if line.flagged else "") + ("✎" if line.has_draft else "")
        item.setText(0, f"{line.number} {signs}")
        item.setText(1, line.case_id)
        item.setText(2, line.question)
        item.setToolTip(0, wording.standing(line.standing))
        item.setToolTip(2, line.question)
        self._shown[place] = line

    def _go(self, item, _column=0):
        key = self._keys[self.tree.indexOfTopLevelItem(item)]
        if key != self._current:  # a double click tells of two clicks and an activation
            self._on_go(key)

    def _filter(self, _on=False):
        """Hide and show only what changes: a study has thousands of rows."""
        wanted = set()
        if self.openOnlyBox.checked:
            keep = (Standing.OPEN, Standing.CORRECTING)
            lines = enumerate(self._shown)
            wanted = {place for place, line in lines if line.standing not in keep and not line.flagged}
        for place in wanted ^ self._hidden:
            self.tree.topLevelItem(place).setHidden(place in wanted)
        self._hidden = wanted
