"""The bar at the panel's foot: four verdict keys, the chooser of two of them, the comment, undo and mark."""

from __future__ import annotations

from collections.abc import Callable

import qt
from slicer.i18n import tr as _

from CTSpatialVQAGui import labels, widgets
from CTSpatialVQAGui.chooser import Chooser
from CTSpatialVQALib.reading.keys import FLOWS, Judgement, judgement_of
from CTSpatialVQALib.reading.visible import Visible
from CTSpatialVQALib.records.judgement import Verdict
from CTSpatialVQALib.records.reply import Reply

DRAFT_AFTER_MS = 400
COMMENT_LINES, ANSWER_LINES = 1, 3


class VerdictPanel:
    """Buttons 1 to 4 in one row, the chooser below them, and the comment; always visible.

    `on_judge`, `on_draft`, `on_answer` and `on_choosing` are set by the controller.
    """

    def __init__(self) -> None:
        self.on_judge: Callable[[Judgement], object] = lambda judgement: None
        self.on_draft: Callable[[str], object] = lambda text: None
        self.on_answer: Callable[[str], object] = lambda text: None
        self.on_choosing: Callable[[bool], object] = lambda opened: None
        self.widget = qt.QFrame()
        self.widget.setObjectName("verdictBar")
        self.widget.setStyleSheet(widgets.BAR)
        self.stageLabel = widgets.text_label("stageLabel", selectable=False)
        self.revealButton = widgets.button("revealButton", widgets.with_key(_("Reveal this case"), "R"))
        self.revealButton.setToolTip(_("Show reference, overlay and model names of this case, for good"))
        self.buttons = {key: self._verdict_button(key) for key in FLOWS}
        self.chooser = Chooser(self.save, self.cancel)
        self.commentEdit = qt.QPlainTextEdit()
        self.commentEdit.setObjectName("commentEdit")
        self.commentEdit.setTabChangesFocus(True)
        self.answerButton = widgets.button("answerButton", _("Save my answer"))
        self.undoButton = widgets.small_button("undoButton", widgets.with_key(_("Undo"), "U"))
        self.undoButton.setToolTip(_("Take back the last verdict, to give it anew"))
        self.markButton = widgets.small_button("markButton", widgets.with_key(_("Mark"), "M"))
        self.markButton.setToolTip(_("Put a point where the slices meet, as evidence"))
        self._arrange()
        self._draft = qt.QTimer()
        self._draft.setSingleShot(True)
        self._draft.setInterval(DRAFT_AFTER_MS)
        self._draft.timeout.connect(self.keep_draft)
        self.commentEdit.textChanged.connect(self._draft.start)
        self.answerButton.clicked.connect(lambda _checked=False: self.answer())
        self.follow_font(self.widget.font)

    def _arrange(self) -> None:
        column = qt.QVBoxLayout(self.widget)
        column.setContentsMargins(0, 3, 0, 0)
        column.setSpacing(3)
        self._tools = qt.QWidget()
        tools = qt.QHBoxLayout(self._tools)
        tools.setContentsMargins(0, 0, 0, 0)
        tools.setSpacing(widgets.SPACING)
        tools.addWidget(self.commentEdit, 1)
        tools.addWidget(self.markButton)
        tools.addWidget(self.undoButton)
        column.addWidget(self.stageLabel)
        column.addWidget(self.revealButton)
        column.addLayout(widgets.row_of(*self.buttons.values()))
        column.addWidget(self.chooser.widget)
        column.addWidget(self._tools)
        column.addWidget(self.answerButton)

    def _verdict_button(self, key: str) -> qt.QPushButton:
        value = FLOWS[key].value
        button = widgets.button(f"verdict{key}Button", f"{key} {labels.verdict_key(value)}")
        button.setToolTip(labels.verdict(value))
        button.setStyleSheet(widgets.VERDICT_BUTTON)
        button.setCheckable(True)
        button.clicked.connect(lambda _checked=False: self.press(key))
        return button

    def follow_font(self, base: qt.QFont) -> None:
        """Take sizes from Slicer's font."""
        widgets.scale_font(self.stageLabel, base, widgets.SMALL_SCALE)
        self._set_comment_lines(COMMENT_LINES)

    def _set_comment_lines(self, lines: int) -> None:
        edit = self.commentEdit
        margins = 2 * round(edit.document().documentMargin) + 2 * int(edit.frameWidth)
        edit.setFixedHeight(lines * qt.QFontMetrics(edit.font).lineSpacing() + margins + 2)

    def width_needed(self) -> int:
        """The width in which keys and choices can be read, in pixels."""
        key = max(int(button.sizeHint.width()) for button in self.buttons.values())
        keys = len(self.buttons) * (key + widgets.SPACING)
        return max(keys, int(self.widget.minimumSizeHint.width()), self.chooser.width_needed())

    @property
    def choosing(self) -> bool:
        """Whether the chooser is open."""
        return self.chooser.key is not None

    def _refresh_choosing(self) -> None:
        """Only the key whose chooser is open stands out; the comment makes room for the choices."""
        for key, button in self.buttons.items():
            button.setChecked(key == self.chooser.key)
        for widget in (self._tools, self.stageLabel):
            widget.setVisible(not self.choosing)

    def show(
        self, visible: Visible, draft: str, standing: Verdict | Reply | None, correcting: bool, can_mark: bool
    ) -> None:
        """Make ready for an item.

        Parameters
        ----------
        standing : the verdict that stands at this stage, or the reader's own answer; None where there is none
        correcting : a verdict is being given anew
        can_mark : there is a picture in which a place can be marked
        """
        self.chooser.close()
        self._refresh_choosing()
        for button in self.buttons.values():
            button.setVisible(not visible.answers_himself)
            button.setEnabled(visible.stage is not None)
        self.answerButton.setVisible(visible.answers_himself)
        self.revealButton.setVisible(visible.can_reveal)
        self.show_can_mark(can_mark)
        self.stageLabel.setText(_stage_text(visible, standing, correcting))
        self._set_comment_lines(ANSWER_LINES if visible.answers_himself else COMMENT_LINES)
        hint = _("Your answer") if visible.answers_himself else _("Comment [C]")
        self.commentEdit.setPlaceholderText(hint)
        self._set_comment(draft)

    def show_can_mark(self, possible: bool) -> None:
        """Offer the marking of a place, or do not."""
        self.markButton.setEnabled(possible)

    def _set_comment(self, text: str) -> None:
        if self.commentEdit.plainText != text:
            blocked = self.commentEdit.blockSignals(True)
            self.commentEdit.setPlainText(text)
            self.commentEdit.blockSignals(blocked)
        self._draft.stop()

    def press(self, key: str) -> None:
        """A verdict key: saves at once, or opens the chooser."""
        if not self.buttons[key].enabled or not self.buttons[key].visible:
            return
        self.keep_draft()
        if FLOWS[key].saves_at_once:
            self.on_judge(judgement_of(key))
            self._refresh_choosing()
            return
        self.chooser.open(key)
        self._refresh_choosing()
        self.on_choosing(True)

    def save(self) -> None:
        """Enter: what was chosen becomes the verdict; nothing happens while something is missing."""
        if self.chooser.key is not None and self.chooser.complete:
            self.keep_draft()
            self.on_judge(judgement_of(self.chooser.key, self.chooser.letters))

    def cancel(self) -> None:
        """Esc: no verdict after all."""
        if self.choosing:
            self.chooser.close()
            self._refresh_choosing()
            self.on_choosing(False)

    def keep_draft(self) -> None:
        """Keep now what was typed."""
        self._draft.stop()
        self.on_draft(str(self.commentEdit.plainText))

    def answer(self) -> None:
        """The reader's own answer (unaided reading)."""
        self._draft.stop()
        self.on_answer(str(self.commentEdit.plainText))

    def stop(self) -> None:
        """The study is closed."""
        self._draft.stop()


def _stage_text(visible: Visible, standing: Verdict | Reply | None, correcting: bool) -> str:
    if visible.answers_himself:
        return _("Answer the question yourself.") + (f" {_('Answered before.')}" if standing else "")
    if visible.stage is None:
        return _("There is nothing to judge here.")
    stage = _("Blind verdict") if visible.stage == "blind" else _("Verdict")
    if correcting:
        return _("{stage}: give it anew; the old one stands until then.").format(stage=stage)
    if isinstance(standing, Verdict):
        verdict = labels.verdict(standing.value)
        if standing.error_type is not None:
            verdict = f"{verdict}, {labels.error_type(standing.error_type)}"
        return _("{stage} given: {verdict}").format(stage=stage, verdict=verdict)
    return _("{stage}: is the reply right?").format(stage=stage)
