"""What happens when the log is verified or exported? A process does it; the window tells what came of it."""

import json
from pathlib import Path

import qt
from slicer.i18n import tr as _

from CTSpatialVQAGui.telling import telling
from CTSpatialVQAGui.work import Work


class LogDeeds:
    """Deeds about the log. Mixed into the conductor."""

    def _begin_log(self):
        self._verifying = Work(self._verified)
        self._exporting = Work(self._exported)

    @telling
    def verify_log(self):
        """Does every record hold?"""
        self.page.verdict.keep_draft()
        self.page.log.tell(_("Verifying…"))
        self._verifying.run("verify", str(self.desk.places.log), "--json")

    def _verified(self, lines, problem):
        try:
            told = json.loads("\n".join(lines))
        except json.JSONDecodeError:
            self.messages.problem(problem)
            return
        if told["ok"]:
            text = _("The log holds: {records} records, {trust}. Anchor to keep elsewhere: {anchor}")
            self.page.log.tell(text.format(**told))
        else:
            self.page.log.tell(_("The log is BROKEN: {problem}").format(problem=told["problem"]))

    @telling
    def export_log(self, export_format):
        """Write the verdicts into a file, without names of readers or patients."""
        self.page.verdict.keep_draft()
        suggested = self.desk.places.log.with_suffix(f".{export_format}")
        path = qt.QFileDialog.getSaveFileName(
            self.page.widget, _("Export the log"), str(suggested), f"(*.{export_format})"
        )
        if path:
            self.page.log.tell(_("Exporting…"))
            self._export_to = Path(path)
            self._exporting.run("export", str(self.desk.places.log), "--format", export_format, "--out", path)

    def _exported(self, lines, problem):
        if problem:
            self.page.log.tell("")
            self.messages.problem(problem)
        else:
            self.page.log.tell(_("Exported: {what}").format(what=" ".join(lines)))

    def _stop_log(self):
        self._verifying.stop()
        self._exporting.stop()
