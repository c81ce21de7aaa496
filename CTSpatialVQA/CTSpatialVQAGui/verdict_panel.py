"""What does the reader say of the reply? Four keys, a chooser for two of them, a comment, undo and marker."""

import qt
from slicer.i18n import tr as _

from CTSpatialVQAGui import looks, wording
from CTSpatialVQAGui.chooser import Chooser
from CTSpatialVQALib.reading.keys import FLOWS, judgement_of

DRAFT_AFTER_MS = 400


class VerdictPanel:
    """Buttons 1 to 4, the chooser below them, and the comment.

    Parameters
    ----------
    deeds : what the panel asks for: judge(judgement), draft(text), undo(), mark(), choosing(on), answer(text)
    """

    def __init__(self, deeds):
        self._deeds = deeds
        self.widget, column = looks.card()
        self.stageLabel = looks.text_label("stageLabel", selectable=False)
        self.buttons = {key: self._verdict_button(key, flow) for key, flow in FLOWS.items()}
        grid = qt.QGridLayout()
        grid.setSpacing(looks.SPACING)
        for place, one in enumerate(self.buttons.values()):
            grid.addWidget(one, place // 2, place % 2)
        self.chooser = Chooser(self.save, self.cancel)
        self.commentEdit = qt.QPlainTextEdit()
        self.commentEdit.setObjectName("commentEdit")
        self.commentEdit.setTabChangesFocus(True)
        self.commentEdit.setMaximumHeight(56)
        self.answerButton = looks.button("answerButton", _("Save my answer"))
        self.undoButton = looks.button("undoButton", looks.with_key(_("Undo"), "U"), _("Take back the last"))
        self.markButton = looks.button("markButton", looks.with_key(_("Mark place"), "M"))
        self.markButton.setToolTip(_("Put a point where the slices meet, as evidence"))
        column.addWidget(self.stageLabel)
        column.addLayout(grid)
        column.addWidget(self.chooser.widget)
        column.addWidget(self.commentEdit)
        column.addWidget(self.answerButton)
        column.addLayout(looks.row_of(self.markButton, self.undoButton))
        self._draft = qt.QTimer()
        self._draft.setSingleShot(True)
        self._draft.setInterval(DRAFT_AFTER_MS)
        self._draft.timeout.connect(self.keep_draft)
        self.commentEdit.textChanged.connect(self._draft.start)
        self.answerButton.clicked.connect(self.answer)
        self.undoButton.clicked.connect(deeds.undo)
        self.markButton.clicked.connect(deeds.mark)
        self.follow_font(self.widget.font)

    def _verdict_button(self, key, flow):
        made = looks.button(f"verdict{key}Button", f"{key}   {wording.verdict(flow.value)}")
        made.setStyleSheet(looks.VERDICT_BUTTON)
        made.setCheckable(True)
        made.clicked.connect(lambda _checked=False: self.press(key))
        return made

    def follow_font(self, base):
        """Take sizes from Slicer's font."""
        looks.scale_font(self.stageLabel, base, looks.SMALL_SCALE)
        self.chooser.follow_font(base)

    @property
    def choosing(self):
        """Whether the chooser is open."""
        return self.chooser.key is not None

    def _light(self):
        """Only the key whose chooser is open stands out: a verdict that stands is told in words."""
        for key, one in self.buttons.items():
            one.setChecked(key == self.chooser.key)

    def show(self, visible, draft, standing, correcting):
        """Make ready for an item.

        Parameters
        ----------
        standing : the verdict that stands at this stage, or the reader's own answer; None where there is none
        correcting : a verdict is being given anew
        """
        self.chooser.close()
        self._light()
        for one in self.buttons.values():
            one.setVisible(not visible.answers_himself)
            one.setEnabled(visible.stage is not None)
        self.answerButton.setVisible(visible.answers_himself)
        self.stageLabel.setText(_asked(visible, standing, correcting))
        hint = _("Your answer") if visible.answers_himself else _("Comment, kept with the verdict  [C]")
        self.commentEdit.setPlaceholderText(hint)
        self._set_comment(draft)

    def _set_comment(self, text):
        if self.commentEdit.plainText != text:
            blocked = self.commentEdit.blockSignals(True)
            self.commentEdit.setPlainText(text)
            self.commentEdit.blockSignals(blocked)
        self._draft.stop()

    def press(self, key):
        """A verdict key: saves at once, or opens the chooser."""
        if not self.buttons[key].enabled or not self.buttons[key].visible:
            return
        self.keep_draft()
        if FLOWS[key].saves_at_once:
            self._deeds.judge(judgement_of(key))
            self._light()
            return
        self.chooser.open(key)
        self._light()
        self._deeds.choosing(True)

    def save(self):
        """Enter: what was chosen becomes the verdict; nothing happens while something is missing."""
        if self.choosing and self.chooser.complete:
            self.keep_draft()
            self._deeds.judge(judgement_of(self.chooser.key, self.chooser.letters))

    def cancel(self):
        """Esc: no verdict after all."""
        if self.choosing:
            self.chooser.close()
            self._light()
            self._deeds.choosing(False)

    def keep_draft(self):
        """What was typed is kept now."""
        self._draft.stop()
        self._deeds.draft(self.commentEdit.plainText)

    def answer(self):
        """The reader's own answer (unaided reading)."""
        self._draft.stop()
        self._deeds.answer(self.commentEdit.plainText)

    def stop(self):
        """The window goes."""
        self._draft.stop()


def _asked(visible, standing, correcting):
    if visible.answers_himself:
        return _("Answer the question yourself.") + (f" {_('Answered before.')}" if standing else "")
    if visible.stage is None:
        return _("There is nothing to judge here.")
    asked = _("Blind verdict") if visible.stage == "blind" else _("Verdict")
    if correcting:
        return _("{stage}: give it anew; the old one stands until then.").format(stage=asked)
    if standing is not None:
        said = wording.verdict(standing.value)
        if standing.error_type is not None:
            said = f"{said}, {wording.error_type(standing.error_type)}"
        return _("{stage} given: {verdict}").format(stage=asked, verdict=said)
    return _("{stage}: is the reply right?").format(stage=asked)
