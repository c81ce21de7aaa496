"""Making or choosing the Python of local models: size and folder first, then processes, then a check."""

from __future__ import annotations

from pathlib import Path

import qt
import slicer
from CTSpatialVQASession import model_environment
from CTSpatialVQASession.model_environment import Step
from slicer.i18n import tr as _

from CTSpatialVQAGui.background_command import CANCELLED, BackgroundCommand
from CTSpatialVQAGui.local_model_panel import LocalModelPanel
from CTSpatialVQAGui.message_area import MessageArea
from CTSpatialVQAGui.settings import Settings
from CTSpatialVQAGui.shown_errors import shows_errors


class LocalModelController:
    """What the section 'Local models' does."""

    def __init__(self, panel: LocalModelPanel, settings: Settings, messages: MessageArea) -> None:
        self._panel, self._settings, self.messages = panel, settings, messages
        self._command = BackgroundCommand(self._step_ended, self._show_line)
        self._steps: list[Step] = []
        self._python: Path | None = None  # the interpreter that the last step checks
        self._step_text, self._checking = "", False
        panel.createButton.clicked.connect(lambda _checked=False: self.create())
        panel.offlineButton.clicked.connect(lambda _checked=False: self.create_offline())
        panel.chooseButton.clicked.connect(lambda _checked=False: self.choose_python())
        panel.cancelButton.clicked.connect(lambda _checked=False: self._command.cancel())

    @property
    def running(self) -> bool:
        """Whether an environment is being made or checked."""
        return self._command.running

    def open(self) -> None:
        """A study was opened."""
        self._panel.show_python(self._settings.local_python)

    def close(self) -> None:
        """The study is closed."""
        self._command.stop()

    @shows_errors
    def create(self) -> None:
        """Make an environment with packages from the network, as pip is set up on this computer."""
        self._create(None)

    @shows_errors
    def create_offline(self) -> None:
        """Make one with packages from a folder."""
        folder = qt.QFileDialog.getExistingDirectory(self._panel.widget, _("Folder with wheels"), "")
        if folder:
            self._create(Path(folder))

    def _create(self, wheels: Path | None) -> None:
        folder = self._settings.folder / "models-environment"
        question = _creation_question(folder, wheels)
        if not slicer.util.confirmYesNoDisplay(question, windowTitle=_("Local models")):
            return
        self._steps = list(model_environment.steps(folder, wheels))
        self._next_step(model_environment.python_of(folder))

    @shows_errors
    def choose_python(self) -> None:
        """Use an interpreter that exists already."""
        path = qt.QFileDialog.getOpenFileName(self._panel.widget, _("Python with torch and transformers"), "")
        if path:
            self._next_step(Path(path))

    def _next_step(self, python: Path) -> None:
        self._python, self._checking = python, not self._steps
        if self._steps:
            text, command = self._steps.pop(0)
        else:
            text = _("Looking into {python}").format(python=python)
            command = tuple(model_environment.look_command(python))
        self._step_text = text
        self._command.start(command, model_environment.environment())
        self._panel.show_progress(text, running=True)

    def _show_line(self, line: str) -> None:
        if line.strip():
            self._panel.show_progress(f"{self._step_text}: {line.strip()[:100]}", running=True)

    @shows_errors
    def _step_ended(self, lines: tuple[str, ...], problem: str) -> None:
        python = self._python
        self._panel.show_progress("", running=False)
        if problem:
            self._steps = []
            if problem == CANCELLED:
                self.messages.note(_("Stopped. The unfinished environment is replaced the next time."))
            else:
                self.messages.problem(_("Local models: {problem}").format(problem=problem))
        elif python is not None and self._checking:
            versions = model_environment.versions(python, lines)
            self._settings.local_python = python
            self.open()
            self.messages.note(_("Local models are ready: {versions}").format(versions=versions))
        elif python is not None:
            self._next_step(python)


def _creation_question(folder: Path, wheels: Path | None) -> str:
    text = _(
        "This makes an environment of Python {version} for local models, apart from Slicer's own:\n\n"
        "{packages}\n\nin {folder}\nIt takes about 1 GB there, and several GB more with libraries for "
        "graphics cards, which the usual build for Linux brings; {free:.0f} GB are free. "
        "The models themselves are not part of it."
    ).format(
        version=model_environment.this_python(),
        packages="\n".join(f"- {requirement}" for requirement in model_environment.REQUIREMENTS),
        folder=folder,
        free=model_environment.free_gb(folder),
    )
    if not model_environment.enough(folder):
        text += "\n\n" + _("That may not be enough.")
    source = (
        _("The packages are downloaded as pip is set up on this computer.")
        if wheels is None
        else _("The packages come from {folder}; nothing is downloaded.").format(folder=wheels)
    )
    return f"{text}\n\n{source} " + _("Do you want that?")
