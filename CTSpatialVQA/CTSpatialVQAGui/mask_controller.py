"""Another anatomy mask for the case: from a file, from a node, or computed in a process."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import qt
from CTSpatialVQASession.reader_session import ReaderSession
from CTSpatialVQASession.reading_files import mask_target
from slicer.i18n import tr as _

from CTSpatialVQAGui.background_command import CANCELLED, BackgroundCommand
from CTSpatialVQAGui.mask_panel import MaskPanel
from CTSpatialVQAGui.message_area import MessageArea
from CTSpatialVQAGui.node_files import file_of
from CTSpatialVQAGui.open_study import OpenStudy
from CTSpatialVQAGui.question_presenter import QuestionPresenter
from CTSpatialVQAGui.shown_errors import shows_errors
from CTSpatialVQAGui.viewer import Viewer
from CTSpatialVQALib.anatomy import totalsegmentator
from CTSpatialVQALib.errors import BadInput


class MaskController:
    """What the section 'Anatomy mask' does."""

    def __init__(
        self,
        study: OpenStudy,
        panel: MaskPanel,
        presenter: QuestionPresenter,
        viewer: Viewer,
        messages: MessageArea,
    ) -> None:
        self._study, self._panel, self._presenter = study, panel, presenter
        self._viewer, self.messages = viewer, messages
        self._segmentation = BackgroundCommand(self._computed, self._show_line)
        self._job: totalsegmentator.SegmentingJob | None = None
        self._job_case_id = ""
        panel.fileButton.clicked.connect(lambda _checked=False: self.take_file())
        panel.computeButton.clicked.connect(lambda _checked=False: self.compute())
        panel.cancelButton.clicked.connect(lambda _checked=False: self._segmentation.cancel())
        panel.on_node = self.take_node

    @property
    def running(self) -> bool:
        """Whether TotalSegmentator runs."""
        return self._segmentation.running

    def close(self) -> None:
        """The study is closed."""
        self._segmentation.stop()

    def show_state(self) -> None:
        """Say which mask the present case has, and whether one can be computed."""
        session = self._study.session
        item = None if session is None else session.item
        if session is None or item is None:
            return
        case = session.masks.applied(session.study.cases[item.case_id])
        if case.mask is None:
            text = _("This case has no anatomy mask: questions can be read, nothing is outlined.")
        else:
            text = _("Mask: {name}").format(name=case.mask.name)
        self._panel.show_state(text)
        program = totalsegmentator.find()
        version = program.version if program.usable and case.ct is not None else None
        self._panel.show_installed(version, "" if program.usable else program.remedy)
        if not self._segmentation.running:
            self._panel.show_progress("", running=False)

    @shows_errors
    def take_file(self) -> None:
        """Choose a mask for the case."""
        path = qt.QFileDialog.getOpenFileName(
            self._panel.widget, _("Anatomy mask"), "", "(*.nii *.nii.gz *.nrrd *.mha)"
        )
        if path:
            self._use(self._case_id(self._study.required), Path(path))

    @shows_errors
    def take_node(self, node: Any) -> None:
        """Take a segmentation of the scene."""
        session = self._study.required
        mask = file_of(node, session.files.log.parent / "masks")
        if mask is None:
            raise BadInput(
                _("segmentation"),
                expected=_("one of the scene"),
                came=_("none"),
                remedy=_("Choose one"),
            )
        self._use(self._case_id(session), mask)

    def _case_id(self, session: ReaderSession) -> str:
        if session.item is None:
            raise BadInput(
                _("question"),
                expected=_("one that is shown"),
                came=_("none"),
                remedy=_("Choose one in the list of questions"),
            )
        return session.item.case_id

    def _use(self, case_id: str, mask: Path) -> None:
        session = self._study.required
        session.masks.add(case_id, mask)
        session.forget_case()
        self._viewer.forget_case()
        self._presenter.arrive()

    @shows_errors
    def compute(self) -> None:
        """Let TotalSegmentator segment the CT."""
        session = self._study.required
        case_id = self._case_id(session)
        ct = session.study.cases[case_id].ct
        target = mask_target(session.files, case_id)
        target.parent.mkdir(parents=True, exist_ok=True)
        self._job = totalsegmentator.job(totalsegmentator.find(), ct, target, fast=self._panel.fast)
        self._job_case_id = case_id
        self._segmentation.start(self._job.command)
        self._panel.show_progress(_("TotalSegmentator is starting…"), running=True)

    def _show_line(self, line: str) -> None:
        text = line or self._segmentation.last_message
        if text:
            self._panel.show_progress(text, running=True)

    @shows_errors
    def _computed(self, _lines: tuple[str, ...], problem: str) -> None:
        self._panel.show_progress("", running=False)
        if problem == CANCELLED:
            self.messages.note(_("Segmentation was stopped."))
        elif problem:
            self.messages.problem(_("TotalSegmentator: {problem}").format(problem=problem))
        elif self._job is not None:
            summary = totalsegmentator.read_report(self._job)
            self._use(self._job_case_id, self._job.mask)
            self.messages.note(summary)
        self.show_state()
