"""One slim row: the way through the questions, the progress, flag and close."""

from __future__ import annotations

import qt
from CTSpatialVQASession.reader_session import ReaderSession
from slicer.i18n import tr as _

from CTSpatialVQAGui import labels, widgets
from CTSpatialVQALib.reading.progress import Progress
from CTSpatialVQALib.reading.visible import Visible


class NavigationBar:
    """Buttons that move, with the progress between them; below, what is being loaded."""

    def __init__(self) -> None:
        self.widget = qt.QWidget()
        column = widgets.plain_column(self.widget)
        self.previousButton = widgets.small_button("previousButton", "◀", _("Previous question [PgUp]"))
        self.nextButton = widgets.small_button("nextButton", "▶", _("Next question [PgDown]"))
        self.openButton = widgets.small_button("nextUnansweredButton", _("Next open"))
        self.openButton.setToolTip(_("Next question without a verdict [N]"))
        self.progressBar = qt.QProgressBar()
        self.progressBar.setObjectName("progressBar")
        self.progressBar.setMinimumWidth(1)
        self.flagButton = widgets.small_button("flagButton", "⚑", "", True)
        self.flagButton.setToolTip(_("Flag this question, to come back to it [F]"))
        self.closeButton = widgets.small_button("closeStudyButton", "×", _("Close this study"))
        row = widgets.row_of(
            self.previousButton,
            self.nextButton,
            self.openButton,
            self.progressBar,
            self.flagButton,
            self.closeButton,
        )
        row.setStretch(3, 1)
        self.loadingLabel = widgets.text_label("loadingLabel", selectable=False)
        self.loadingButton = widgets.small_button("cancelLoadingButton", _("Cancel"))
        self.loadingButton.setToolTip(_("Read this question without pictures"))
        loading = widgets.row_of(self.loadingLabel, self.loadingButton)
        loading.setStretch(0, 1)
        column.addLayout(row)
        column.addLayout(loading)
        self.show_loading("")

    def width_needed(self) -> int:
        """The width of the buttons with a readable progress between them, in pixels."""
        progress = qt.QFontMetrics(self.progressBar.font).boundingRect(_("138 of 138 replies")).width()
        buttons = (
            self.previousButton,
            self.nextButton,
            self.openButton,
            self.flagButton,
            self.closeButton,
        )
        return int(progress) + sum(int(button.sizeHint.width()) + widgets.SPACING for button in buttons)

    def show_study(self, session: ReaderSession) -> None:
        """Say whose reading of what this is."""
        text = _("{study}, read by {reader} ({mode})").format(
            study=session.study.title,
            reader=session.reader,
            mode=labels.mode(session.study.reading.mode),
        )
        self.progressBar.setToolTip(text)
        self.closeButton.setToolTip(_("Close this study: {study}").format(study=text))

    def show(self, progress: Progress, questions: int, visible: Visible, flagged: bool) -> None:
        """Show how far the reading is, and what may be done.

        Parameters
        ----------
        questions : how many are in the list, those without a reply included
        """
        self.progressBar.setRange(0, max(progress.total, 1))
        self.progressBar.setValue(progress.done)
        self.progressBar.setFormat(progress_text(progress, questions, visible))
        self.flagButton.setChecked(flagged)
        self.flagButton.setEnabled(visible.key is not None)

    def show_loading(self, text: str) -> None:
        """Say what is being loaded; empty for nothing."""
        self.loadingLabel.setText(text)
        for widget in (self.loadingLabel, self.loadingButton):
            widget.setVisible(bool(text))


def progress_text(progress: Progress, questions: int, visible: Visible) -> str:
    """How far the reading is; where not every question has a reply, it says that replies are counted."""
    if not progress.total:
        return _("No replies to judge yet")
    counts = {"done": progress.done, "total": progress.total}
    if visible.answers_himself:
        text = _("{done} of {total} answered").format(**counts)
    elif progress.total < questions:
        text = _("{done} of {total} replies").format(**counts)
    else:
        text = _("{done} of {total} judged").format(**counts)
    return text + (f"  ⚑{progress.flagged}" if progress.flagged else "")
