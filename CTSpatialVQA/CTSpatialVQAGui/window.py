"""What is in the module's window? The page to open something, or the page of the open study."""

import qt
import slicer
from CTSpatialVQADesk.desk import Desk
from CTSpatialVQADesk.picked import write_picked_study
from slicer.i18n import tr as _

from CTSpatialVQAGui import looks
from CTSpatialVQAGui.conductor import Conductor
from CTSpatialVQAGui.message_area import MessageArea
from CTSpatialVQAGui.open_panel import OpenPanel
from CTSpatialVQAGui.settings import Settings
from CTSpatialVQAGui.shortcuts import window_of
from CTSpatialVQAGui.telling import telling
from CTSpatialVQAGui.work import Work
from CTSpatialVQALib import __version__
from CTSpatialVQALib.processes import library_environment, python_command
from CTSpatialVQALib.records.base import sha256_of


class ReadingWindow:
    """Everything below the module's first lines.

    Parameters
    ----------
    demo_size : of the demo study's phantoms: `demo`, or `tiny` for a quick look
    """

    def __init__(self, demo_size="demo"):
        self.demo_size = demo_size
        self.settings, self.messages = Settings(), MessageArea()
        self.conductor = Conductor(self.messages, self.settings, self._show_open_page)
        self.open = OpenPanel(self, self.settings, self.messages)
        self.widget = qt.QWidget()
        column = looks.plain_column(self.widget)
        for one in (self.messages, self.open, self.conductor.page):
            column.addWidget(one.widget)
        column.addStretch(1)
        self._demo = Work(self._demo_written, self._demo_progress)
        self._demo_reader = ""
        self._shown_in = None
        self._show_open_page()

    @property
    def desk(self):
        """The open study, or None."""
        return self.conductor.desk

    def _show_open_page(self):
        self.open.widget.setVisible(True)
        self.conductor.page.widget.setVisible(False)
        self.open.show()

    # opening

    @telling
    def open_study(self, path, reader):
        """Open a study file; one that is open already is closed first."""
        if self.desk is not None and (self.desk.study.path, self.desk.reader) == (path, reader):
            self.conductor.close()  # its log is locked by ourselves
        desk = Desk.for_reader(path, reader, software=_software())
        self.conductor.close()
        self.settings.reader = reader
        self.settings.add_recent(path)
        self.messages.clear()
        self.open.widget.setVisible(False)
        self.conductor.page.widget.setVisible(True)
        self.conductor.open(desk)
        if self._shown_in is not None:
            self.conductor.enter(self._shown_in)

    @telling
    def open_demo(self, reader):
        """Make the phantom patients, unless they are there, and open their study."""
        self._demo_reader = reader or "reader-1"
        study = self._demo_folder / "study.toml"
        if study.is_file():
            self.open_study(study, self._demo_reader)
            return
        self.open.busy(_("Making five phantom patients…"))
        self._demo.start(
            python_command("CTSpatialVQALib.demo", str(self._demo_folder), "--size", self.demo_size),
            library_environment(),
        )

    @property
    def _demo_folder(self):
        return self.settings.folder / f"demo-{self.demo_size}-{__version__}"

    def _demo_progress(self, line):
        if line:
            self.open.busy(line)

    def _demo_written(self, lines, problem):
        self.open.busy("")
        if problem == "cancelled":
            self.messages.note(_("Stopped; press 'Demo case' to go on."))
        elif problem:
            self.messages.problem(problem)
        else:
            self.open_study(self._demo_folder / "study.toml", self._demo_reader)

    def cancel_opening(self):
        """Stop making the demo."""
        self._demo.cancel()

    @telling
    def open_picked(self, picked, reader):
        """Make a study of what was picked, and open it; the same choice is the same study."""
        chosen = [str(one) for one in picked]
        folder = self.settings.folder / f"picked-{sha256_of(chosen)[:12]}"
        self.open_study(write_picked_study(folder, picked), reader)

    # the module's life

    def enter(self):
        """The module is shown."""
        self._shown_in = window_of(self.widget)
        self.conductor.enter(self._shown_in)

    def exit(self):
        """Another module is shown."""
        self._shown_in = None
        self.conductor.exit()

    def scene_closed(self):
        """The scene was closed."""
        self.conductor.scene_closed()

    def close(self):
        """The window goes."""
        self._demo.stop()
        self.conductor.close()


def _software():
    return {"Slicer": f"{slicer.app.applicationVersion}", "module": __version__}
