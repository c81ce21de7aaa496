"""The module's window: the page to open something, or the page of the open study."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import qt
import slicer
from CTSpatialVQASession.picked_study import PickedFiles, write_picked_study
from CTSpatialVQASession.reader_session import ReaderSession
from slicer.i18n import tr as _

from CTSpatialVQAGui import widgets
from CTSpatialVQAGui.background_command import CANCELLED, BackgroundCommand
from CTSpatialVQAGui.message_area import MessageArea
from CTSpatialVQAGui.open_panel import OpenPanel
from CTSpatialVQAGui.settings import Settings
from CTSpatialVQAGui.shortcuts import window_of
from CTSpatialVQAGui.shown_errors import shows_errors
from CTSpatialVQAGui.study_controller import StudyController
from CTSpatialVQALib import __version__
from CTSpatialVQALib.processes import library_environment, python_command
from CTSpatialVQALib.records.base import sha256_of


class ReadingWindow:
    """Everything below the module's first line.

    Parameters
    ----------
    demo_size : of the demo study's phantoms: `demo`, or `tiny` for a quick look
    """

    def __init__(self, demo_size: str = "demo") -> None:
        self.demo_size = demo_size
        self.on_study: Callable[[bool], object] = lambda opened: None
        self.settings, self.messages = Settings(), MessageArea()
        self.study = StudyController(self.messages, self.settings, self._show_open_page)
        self.open = OpenPanel(self, self.settings, self.messages)
        self.widget = qt.QWidget()
        column = widgets.plain_column(self.widget)
        column.addWidget(self.messages.widget)
        column.addWidget(self.open.widget, 1)
        column.addWidget(self.study.page.widget, 1)
        self.study.page.on_arranged = self._keep_width
        self._demo = BackgroundCommand(self._demo_written, self._show_demo_progress)
        self._demo_reader = ""
        self._shown_in: qt.QWidget | None = None
        self._show_open_page()

    @property
    def session(self) -> ReaderSession | None:
        """The session of the open study, or None."""
        return self.study.session

    def _show_open_page(self) -> None:
        self.open.widget.setVisible(True)
        self.study.page.widget.setVisible(False)
        self.open.show()
        self._keep_width()
        self.on_study(False)

    def _keep_width(self) -> None:
        """The same least width whichever page is shown, so that the views beside it do not jump."""
        self.widget.setMinimumWidth(self.study.page.width_needed())

    # opening

    @shows_errors
    def open_study(self, path: Path, reader: str) -> None:
        """Open a study file; one that is open already is closed first."""
        if self.session is not None and (self.session.study.path, self.session.reader) == (path, reader):
            self.study.close()  # its log is locked by ourselves
        session = ReaderSession.for_reader(path, reader, software=_software())
        self.study.close()
        self.settings.reader = reader
        self.settings.add_recent(path)
        self.messages.clear()
        self.open.widget.setVisible(False)
        self.study.page.widget.setVisible(True)
        self.on_study(True)
        self.study.open(session)
        if self._shown_in is not None:
            self.study.enter(self._shown_in)

    @shows_errors
    def open_demo(self, reader: str) -> None:
        """Make the phantom patients, unless they exist, and open their study."""
        self._demo_reader = reader or "reader-1"
        study = self._demo_folder / "study.toml"
        if study.is_file():
            self.open_study(study, self._demo_reader)
            return
        self.open.show_busy(_("Making five phantom patients…"))
        self._demo.start(
            python_command("CTSpatialVQALib.demo", str(self._demo_folder), "--size", self.demo_size),
            library_environment(),
        )

    @property
    def _demo_folder(self) -> Path:
        return self.settings.folder / f"demo-{self.demo_size}-{__version__}"

    def _show_demo_progress(self, line: str) -> None:
        if line:
            self.open.show_busy(line)

    def _demo_written(self, lines: tuple[str, ...], problem: str) -> None:
        self.open.show_busy("")
        if problem == CANCELLED:
            self.messages.note(_("Stopped; press 'Demo case' to go on."))
        elif problem:
            self.messages.problem(problem)
        else:
            self.open_study(self._demo_folder / "study.toml", self._demo_reader)

    def cancel_opening(self) -> None:
        """Stop making the demo."""
        self._demo.cancel()

    @shows_errors
    def open_picked(self, picked: PickedFiles, reader: str) -> None:
        """Make a study of what was picked, and open it; the same choice is the same study."""
        chosen = [str(part) for part in picked]
        folder = self.settings.folder / f"picked-{sha256_of(chosen)[:12]}"
        self.open_study(write_picked_study(folder, picked), reader)

    # the module's life

    def enter(self) -> None:
        """The module is shown."""
        self._shown_in = window_of(self.widget)
        self.study.enter(self._shown_in)

    def exit(self) -> None:
        """Another module is shown."""
        self._shown_in = None
        self.study.exit()

    def scene_closed(self) -> None:
        """The scene was closed."""
        self.study.scene_closed()

    def close(self) -> None:
        """The window goes."""
        self._demo.stop()
        self.study.close()
        self.study.page.stop()


def _software() -> dict[str, str]:
    return {"Slicer": f"{slicer.app.applicationVersion}", "module": __version__}
