"""What happens when local models get a Python? Size and folder said first, then processes, then a look."""

from pathlib import Path

import qt
import slicer
from CTSpatialVQADesk import model_environment
from slicer.i18n import tr as _

from CTSpatialVQAGui.telling import telling
from CTSpatialVQAGui.work import Work


class LocalDeeds:
    """Deeds about the environment of local models. Mixed into the conductor."""

    def _begin_local(self):
        self._making = Work(self._step_ended, self._step_said)
        self._steps, self._looked_at = [], None

    def _show_local(self):
        self.page.local.show_python(self.settings.local_python)

    @telling
    def create_environment(self, _checked=False):
        """Make one with packages from the network, as pip is set up here."""
        self._create(None)

    @telling
    def create_environment_offline(self, _checked=False):
        """Make one with packages from a folder."""
        folder = qt.QFileDialog.getExistingDirectory(self.page.widget, _("Folder with wheels"), "")
        if folder:
            self._create(Path(folder))

    def _create(self, wheels):
        folder = self.settings.folder / "models-environment"
        if not slicer.util.confirmYesNoDisplay(_what_is_made(folder, wheels), windowTitle=_("Local models")):
            return
        self._steps = list(model_environment.steps(folder, wheels))
        self._looked_at = model_environment.python_of(folder)
        self._next_step()

    @telling
    def choose_python(self, _checked=False):
        """Use an interpreter that is there already."""
        path = qt.QFileDialog.getOpenFileName(self.page.widget, _("Python with torch and transformers"), "")
        if path:
            self._looked_at = Path(path)
            self._next_step()

    def _next_step(self):
        if self._steps:
            step = self._steps.pop(0)
            told, command = step.told, step.command
        else:
            told = _("Looking into {python}").format(python=self._looked_at)
            command = model_environment.look_command(self._looked_at)
        self._step_told = told
        self._making.start(command, model_environment.environment())
        self.page.local.show_progress(told, running=True)

    def _step_said(self, line):
        if line.strip():
            self.page.local.show_progress(f"{self._step_told}: {line.strip()[:100]}", running=True)

    @telling
    def _step_ended(self, lines, problem):
        looked = not self._steps and self._step_told[:1] not in "12"
        self.page.local.show_progress("", running=False)
        if problem:
            self._steps = []
            if problem == "cancelled":
                self.messages.note(_("Stopped. The unfinished environment is replaced the next time."))
            else:
                self.messages.problem(_("Local models: {problem}").format(problem=problem))
        elif looked:
            found = model_environment.versions(self._looked_at, lines)
            self.settings.local_python = self._looked_at
            self._show_local()
            self.messages.note(_("Local models are ready: {found}").format(found=found))
        else:
            self._next_step()

    def cancel_environment(self, _checked=False):
        """Stop what is being made."""
        self._making.cancel()

    def _stop_local(self):
        self._making.stop()


def _what_is_made(folder, wheels):
    told = _(
        "This makes an environment of Python {version} for local models, apart from Slicer's own:\n\n"
        "{packages}\n\nin {folder}\nIt takes about 1 GB there, and several GB more with libraries for "
        "graphics cards, which the usual build for Linux brings; {free:.0f} GB are free. "
        "The models themselves are not part of it."
    ).format(
        version=model_environment.this_python(),
        packages="\n".join(f"- {one}" for one in model_environment.REQUIREMENTS),
        folder=folder,
        free=model_environment.free_gb(folder),
    )
    if not model_environment.enough(folder):
        told += "\n\n" + _("That may not be enough.")
    source = (
        _("The packages are downloaded as pip is set up on this computer.")
        if wheels is None
        else _("The packages come from {folder}; nothing is downloaded.").format(folder=wheels)
    )
    return f"{told}\n\n{source} " + _("Do you want that?")
