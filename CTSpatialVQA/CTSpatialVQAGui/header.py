"""Where is the reader? Study and progress, and the way to the next question."""

import qt
from slicer.i18n import tr as _

from CTSpatialVQAGui import looks, wording


class Header:
    """The line with study, reader and mode, the progress, and the buttons that move.

    Parameters
    ----------
    deeds : previous(), next(), next_unanswered(), flag(), reveal(), close_study()
    """

    def __init__(self, deeds):
        self.widget = qt.QWidget()
        column = looks.plain_column(self.widget)
        self.studyLabel = looks.text_label("studyLabel")
        self.closeButton = looks.button("closeStudyButton", _("Close"), _("Close this study"))
        self.progressBar = qt.QProgressBar()
        self.progressBar.setObjectName("progressBar")
        self.previousButton = looks.button("previousButton", looks.with_key(_("◀ Previous"), "PgUp"))
        self.nextButton = looks.button("nextButton", looks.with_key(_("Next ▶"), "PgDown"))
        self.openButton = looks.button("nextUnansweredButton", looks.with_key(_("Next unanswered"), "N"))
        self.flagButton = looks.button("flagButton", looks.with_key(_("⚑ Flag"), "F"), "", True)
        self.flagButton.setToolTip(_("Mark this question to come back to"))
        self.revealButton = looks.button("revealButton", looks.with_key(_("Reveal this case"), "R"))
        self.revealButton.setToolTip(_("Show reference, overlay and model names of this case, for good"))
        head = looks.row_of(self.studyLabel, self.closeButton)
        head.setStretch(0, 1)
        column.addLayout(head)
        column.addWidget(self.progressBar)
        column.addLayout(looks.row_of(self.previousButton, self.nextButton))
        column.addLayout(looks.row_of(self.openButton, self.flagButton))
        column.addWidget(self.revealButton)
        self.closeButton.clicked.connect(deeds.close_study)
        self.previousButton.clicked.connect(deeds.previous)
        self.nextButton.clicked.connect(deeds.next)
        self.openButton.clicked.connect(deeds.next_unanswered)
        self.flagButton.clicked.connect(deeds.flag)
        self.revealButton.clicked.connect(deeds.reveal)

    def show_study(self, desk):
        """Say whose reading of what this is."""
        told = _("{study}  ·  {reader}  ·  {mode}").format(
            study=desk.study.title, reader=desk.reader, mode=wording.mode(desk.study.reading.mode)
        )
        self.studyLabel.setText(told)

    def show(self, progress, visible, flagged):
        """Show how far the reading is, and what may be done here."""
        self.progressBar.setRange(0, max(progress.total, 1))
        self.progressBar.setValue(progress.done)
        told = _("{done} of {total}").format(done=progress.done, total=progress.total)
        if not progress.total:
            told = _("No replies to judge yet")
        if progress.flagged:
            told += f"  ·  ⚑ {progress.flagged}"
        self.progressBar.setFormat(told)
        self.flagButton.setChecked(flagged)
        self.flagButton.setEnabled(visible.key is not None)
        self.revealButton.setVisible(visible.can_reveal)
