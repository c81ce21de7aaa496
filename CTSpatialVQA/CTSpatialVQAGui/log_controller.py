"""Verifying and exporting the log: a process does it, the section shows what came of it."""

from __future__ import annotations

import json

import qt
from slicer.i18n import tr as _

from CTSpatialVQAGui.background_command import BackgroundCommand
from CTSpatialVQAGui.message_area import MessageArea
from CTSpatialVQAGui.open_study import OpenStudy
from CTSpatialVQAGui.reading_page import ReadingPage
from CTSpatialVQAGui.shown_errors import shows_errors


class LogController:
    """What the section 'Log and export' does."""

    def __init__(self, study: OpenStudy, page: ReadingPage, messages: MessageArea) -> None:
        self._study, self._page, self._panel, self.messages = study, page, page.log, messages
        self._verification = BackgroundCommand(self._verified)
        self._export = BackgroundCommand(self._exported)
        page.log.verifyButton.clicked.connect(lambda _checked=False: self.verify())
        page.log.on_export = self.export

    @property
    def exporting(self) -> bool:
        """Whether an export runs."""
        return self._export.running

    def open(self) -> None:
        """A study was opened."""
        self._panel.show_log(self._study.required.files.log)

    def close(self) -> None:
        """The study is closed."""
        self._verification.stop()
        self._export.stop()

    @shows_errors
    def verify(self) -> None:
        """Does every record hold?"""
        self._page.verdict.keep_draft()
        self._panel.show_result(_("Verifying…"))
        self._verification.run("verify", str(self._study.required.files.log), "--json")

    def _verified(self, lines: tuple[str, ...], problem: str) -> None:
        try:
            result = json.loads("\n".join(lines))
        except json.JSONDecodeError:
            self.messages.problem(problem)
            return
        if result["ok"]:
            text = _("The log holds: {records} records, {trust}. Anchor to keep elsewhere:")
            self._panel.show_result(text.format(**result), str(result["anchor"]))
        else:
            self._panel.show_result(_("The log is BROKEN: {problem}").format(problem=result["problem"]))

    @shows_errors
    def export(self, export_format: str) -> None:
        """Write the verdicts into a file, without names of readers or patients."""
        self._page.verdict.keep_draft()
        log = self._study.required.files.log
        path = qt.QFileDialog.getSaveFileName(
            self._page.widget,
            _("Export the log"),
            str(log.with_suffix(f".{export_format}")),
            f"(*.{export_format})",
        )
        if path:
            self._panel.show_result(_("Exporting…"))
            self._export.run("export", str(log), "--format", export_format, "--out", path)

    def _exported(self, lines: tuple[str, ...], problem: str) -> None:
        if problem:
            self._panel.show_result("")
            self.messages.problem(problem)
        else:
            self._panel.show_result(_("Exported: {what}").format(what=" ".join(lines)))
