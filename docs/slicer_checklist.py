"""Checklist for a real 3D Slicer: plays the module there and prints what holds (docs/slicer-checklist.md).

In Slicer's Python console: exec(open(r"/where/it/lies/docs/slicer_checklist.py", encoding="utf-8").read())
It uses phantoms only, writes into a temporary folder, and closes the scene.
"""

from __future__ import annotations

import os
import platform
import sys
import tempfile
import time
import traceback
from collections.abc import Callable
from pathlib import Path
from typing import Any

import qt
import slicer

NAME = "CTSpatialVQA"
PATIENCE_S = 90.0
LARGE_FONT = 1.5


class Skipped(Exception):  # not an error: this check does not apply
    """A check that cannot be made in this Slicer, with its reason."""


class Report:
    """Lines as they come, printed and kept for the file."""

    def __init__(self) -> None:
        self.lines: list[str] = []
        self.failed = 0

    def say(self, text: str) -> None:
        """One line."""
        self.lines.append(text)
        print(text, flush=True)

    def check(self, name: str, step: Callable[[], object]) -> None:
        """Run one step; whatever it raises is a line of the report, and the next step goes on."""
        self.say(f"...   {name}")  # the last line before a crash names the step
        try:
            detail = step()
        except Skipped as reason:
            self.say(f"skip  {name}: {reason}")
        except Exception as error:  # noqa: BLE001  # a report of everything that goes wrong is its purpose
            self.failed += 1
            place = traceback.extract_tb(error.__traceback__)[-1]
            problem = f"{type(error).__name__}: {error}"
            self.say(f"FAIL  {name}: {problem} ({Path(place.filename).name}:{place.lineno})")
        else:
            self.say(f"ok    {name}" + (f": {detail}" if detail else ""))


def wait(happened: Callable[[], object], text: str) -> float:
    """Let Slicer's event loop run until something happened; seconds that took."""
    began = time.monotonic()
    while not happened():
        slicer.app.processEvents()
        time.sleep(0.005)
        if time.monotonic() - began > PATIENCE_S:
            raise AssertionError(f"did not happen within {PATIENCE_S:.0f} s: {text}")
    return time.monotonic() - began


def settle(seconds: float = 0.3) -> None:
    """Let Slicer's event loop run for a while."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        slicer.app.processEvents()
        time.sleep(0.005)


def in_sight(widget: Any) -> bool:
    """Whether nothing of the widget is hidden, clipped or scrolled away."""
    if not widget.visible or widget.height < 8:
        return False
    ancestor = widget.parentWidget()
    while ancestor is not None:
        corner = widget.mapTo(ancestor, qt.QPoint(0, 0))
        inside = corner.x() >= 0 and corner.x() + widget.width <= ancestor.width
        inside = inside and corner.y() >= 0 and corner.y() + widget.height <= ancestor.height
        if not inside:
            return False
        ancestor = None if ancestor.isWindow() else ancestor.parentWidget()
    return True


class Checklist:
    """The steps, in their order; each returns a detail for its line."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.width = 0

    @property
    def widget(self) -> Any:
        """The module's widget, made when the module was first shown."""
        return getattr(slicer.modules, f"{NAME}Widget")

    @property
    def window(self) -> Any:
        """The reading window."""
        return self.widget.window

    @property
    def page(self) -> Any:
        """The page of the open study."""
        return self.window.study.page

    def idle(self) -> bool:
        """Whether nothing is on its way."""
        study = self.window.study
        return not (study.viewer.display.busy or study.viewer.busy or study.asking.running)

    def application(self) -> str:
        """What this is."""
        font, version = slicer.app.font(), slicer.app.applicationVersion
        python = f"Python {platform.python_version()}, {platform.platform()}"
        return (
            f"{slicer.app.applicationName} {version}, {python}, font {font.family()} {font.pointSizeF():.1f}"
        )

    def module(self) -> str:
        """It is found, described and shown."""
        module = getattr(slicer.modules, NAME.lower())
        assert module.title == NAME
        assert "Research use only" in module.helpText
        if hasattr(slicer.util.mainWindow(), "moduleSelector"):
            slicer.util.selectModule(NAME)
        settle()
        missing = [
            state.package.requirement for state in self.widget.logic.packageStates() if not state.usable
        ]
        assert self.window is not None, (
            f"missing: {missing}; press 'Install what is missing', then run this again"
        )
        return f"panel {self.widget.parent.width} x {self.widget.parent.height}"

    def sample_data(self) -> str:
        """The phantom stands among the sample data."""
        sources = getattr(slicer.modules, "sampleDataSources", None)
        if sources is None:
            raise Skipped("this application has no Sample Data module")
        return f"{len(sources[NAME])} sample"

    def study(self) -> str:
        """A tiny demo study is made, opened and drawn."""
        from CTSpatialVQALib.benchmark.study import load_study
        from CTSpatialVQALib.cli.backend_factory import backends_of
        from CTSpatialVQALib.cli.demo_job import RunFolder, ask_study
        from CTSpatialVQALib.demo.study import write_demo_study

        path = write_demo_study(self.folder, "tiny")
        study = load_study(path)
        backends = backends_of(study, ["demo-flawed"])
        ask_study(study, backends, RunFolder(self.folder / "run"), study.reading.probes)
        self.window.open_study(path, "checklist")
        seconds = wait(self.idle, "the first case is shown")
        assert self.window.session is not None, self.window.messages.text
        self.width = self.widget.parent.width
        return f"drawn after {seconds:.1f} s"

    def question_in_sight(self) -> str:
        """Question, reply and keys need no scrolling."""
        page = self.page
        parts = [page.question.questionLabel, page.question.replyLabel, *page.verdict.buttons.values()]
        hidden = [part.objectName for part in parts if not in_sight(part)]
        assert not hidden, f"not in sight: {hidden}"
        return f"page {page.widget.width} x {page.widget.height}"

    def chooser_in_sight(self) -> str:
        """Neither do the choices and Save; the panel keeps its width."""
        for key in ("2", "4"):
            self.page.verdict.press(key)
            settle()
            chooser = self.page.verdict.chooser
            parts = [*chooser.buttons.values(), chooser.saveButton, self.page.question.questionLabel]
            hidden = [part.objectName for part in parts if not in_sight(part)]
            assert not hidden, f"after key {key} not in sight: {hidden}"
            assert self.widget.parent.width == self.width, "the panel changed its width"
            self.page.verdict.cancel()
        return f"width {self.width}"

    def chips_replaced(self) -> str:
        """Chips of one question take the place of another's: this crashed Slicer once."""
        slowest, seen = 0.0, 0
        for turn in range(20):
            began = time.monotonic()
            self.window.study.reading.next() if turn < 10 else self.window.study.reading.previous()
            wait(self.idle, "the next question is drawn")
            slowest = max(slowest, time.monotonic() - began)
            seen += len(self.page.details.chips.buttons)
        return f"{seen} chips, slowest question {slowest:.2f} s until everything is drawn (aim: 0.6 s)"

    def verdicts(self) -> str:
        """Keys 1 and 2 A Enter give verdicts, and they are in the log."""
        self.window.study.reading.next_unanswered()
        wait(self.idle, "a question is shown")
        before = self.window.session.reading.progress.done
        self.page.verdict.press("1")
        wait(self.idle, "the question after it is shown")
        self.page.verdict.press("2")
        self.page.verdict.chooser.press("A")
        self.page.verdict.save()
        wait(self.idle, "the next question is shown")
        assert self.window.session.reading.progress.done == before + 2
        return str(self.window.session.reading.progress)

    def sides(self) -> str:
        """The patient's left is on the right of the axial view, and the spleen is left."""
        if self.window.study.viewer.scene is None:
            raise Skipped("this application has no views")
        self.window.study.reading.go(self.window.session.reading.lines()[0].key)
        wait(self.idle, "the first patient is shown")
        self.window.study.viewer.jump_to("spleen")
        right_mm = self.window.study.viewer.viewing().slice_ras[0]
        assert right_mm < 0, f"the spleen lies on the patient's left, not at R {right_mm:.0f} mm"
        red = slicer.mrmlScene.GetNodeByID("vtkMRMLSliceNodeRed").GetSliceToRAS()
        assert red.GetElement(0, 0) < 0, (
            "the axial view does not have the patient's left on the viewer's right"
        )
        return f"spleen {-right_mm:.0f} mm left"

    def nodes_and_files(self) -> str:
        """A volume is loaded and saved through Slicer, and a node becomes the mask of the case."""
        case = self.window.session.study.cases["phantom-01"]
        volume = slicer.util.loadVolume(str(case.ct))
        mask = slicer.util.loadVolume(str(case.mask), {"labelmap": True})
        target = self.folder / "saved volume.nrrd"
        assert slicer.util.saveNode(volume, str(target))
        self.window.study.masks.take_node(mask)
        wait(self.idle, "the case is shown with its new mask")
        assert self.window.messages.text == "", self.window.messages.text
        for node in (volume, mask):
            slicer.mrmlScene.RemoveNode(node)
        return self.page.masks.stateLabel.text

    def exports(self) -> str:
        """The log holds; child processes of Slicer's Python export it."""
        from CTSpatialVQALib.audit.verify import verify
        from CTSpatialVQALib.processes import ChildProcess, library_environment, python_command

        log = self.window.session.files.log
        assert verify(log).holds
        for export_format in ("csv", "html"):
            target = self.folder / f"Urteile größer.{export_format}"
            options = ("--format", export_format, "--out", str(target))
            command = python_command("CTSpatialVQALib.cli.main", "export", str(log), *options)
            with ChildProcess(command, environment=library_environment()) as child:
                wait(lambda running=child: running.exit_code is not None, "the export ends")
                assert child.exit_code == 0, child.said()
            assert target.stat().st_size > 100
        return f"run by {Path(sys.executable).name}"

    def asking(self) -> str:
        """A model is asked in a process while the event loop runs."""
        self.page.asking.backendCombo.setCurrentText("prior")
        self.window.study.asking.ask("case")
        seconds = wait(lambda: not self.window.study.asking.running, "replies come")
        assert "Replies of prior" in self.page.asking.progressLabel.text
        return f"{self.page.asking.progressLabel.text} after {seconds:.1f} s"

    def process_tree(self) -> None:
        """Stopping a program ends all it started (Windows: taskkill)."""
        from CTSpatialVQALib.processes import ChildProcess

        mark = self.folder / "grandchild lives"
        inner = f"import time, pathlib\nwhile 1: pathlib.Path({str(mark)!r}).write_text(str(time.time())); time.sleep(.1)"
        outer = f"import subprocess, sys, time\nsubprocess.Popen([sys.executable, '-c', {inner!r}])\ntime.sleep(600)"
        with ChildProcess([sys.executable, "-c", outer]) as child:
            wait(mark.is_file, "the program's own child runs")
            child.cancel()
        settle(1.0)
        last = mark.read_text()
        settle(1.0)
        assert mark.read_text() == last, "a process that the stopped program had started goes on"

    def open_file_replaced(self) -> str:
        """A file that is open cannot be replaced on Windows: that is told, and the file stays."""
        from CTSpatialVQALib.errors import WorkFailed
        from CTSpatialVQALib.files import write_text

        target = self.folder / "open.txt"
        target.write_text("old")
        if os.name != "nt":
            raise Skipped("only Windows refuses this")
        with target.open("r+b"):
            try:
                write_text(target, "new")
            except WorkFailed as error:
                return str(error)
        raise AssertionError("an open file was replaced")

    def long_paths(self) -> str:
        """A path of about 250 characters, with blanks and umlauts."""
        from CTSpatialVQALib.files import write_text

        folder = self.folder / "Prüfung größerer Fälle"
        name = "ü" * max(1, min(110, 245 - len(str(folder)))) + ".txt"  # 255 bytes are the limit elsewhere
        write_text(folder / name, "x")
        return f"{len(str(folder / name))} characters"

    def scene_closed(self) -> str:
        """The scene is closed and nodes are deleted under the reading; it goes on."""
        slicer.mrmlScene.Clear(0)
        settle()
        assert not self.page.verdict.markButton.enabled, "a place can be marked in an empty view"
        self.window.study.reading.next()
        wait(self.idle, "the case is back")
        for node in slicer.util.getNodesByClass("vtkMRMLSegmentationNode"):
            slicer.mrmlScene.RemoveNode(node)
        self.window.study.reading.next()
        wait(self.idle, "the outlines are back")
        return f"{slicer.mrmlScene.GetNumberOfNodes()} nodes"

    def threads(self) -> str:
        """How far a Python thread comes while only the event loop runs."""
        import threading

        counts, stop = [0], threading.Event()

        def count() -> None:
            while not stop.is_set():
                counts[0] += 1

        threading.Thread(target=count, daemon=True).start()
        time.sleep(0.5)
        free = counts[0]
        loop = qt.QEventLoop()
        qt.QTimer.singleShot(500, loop.quit)
        loop.exec_()
        stop.set()
        return f"{100 * (counts[0] - free) / max(free, 1):.1f} % of its speed"

    def large_font(self) -> str:
        """With fonts of 150 percent everything is still in sight."""
        usual = slicer.app.font()
        large = qt.QFont(usual)
        large.setPointSizeF(LARGE_FONT * usual.pointSizeF())
        qt.QApplication.setFont(large)
        try:
            self.window.enter()
            settle(0.5)
            self.width = self.widget.parent.width
            self.question_in_sight()
            return self.chooser_in_sight()
        finally:
            qt.QApplication.setFont(usual)
            self.window.enter()
            settle(0.5)

    def reloaded(self) -> str:
        """After a reload the keys work, without leaving the module."""
        study = self.window.session.study.path
        slicer.util.reloadScriptedModule(NAME)
        settle()
        self.window.open_study(study, "checklist")
        wait(self.idle, "the case is shown again")
        assert self.window.study.keys.installed, "the keys are off"
        return str(self.window.session.reading.progress)

    def self_test(self) -> None:
        """The module's own test."""
        slicer.selfTests[NAME]()

    def closed(self) -> None:
        """Closing the study leaves nothing in the scene."""
        self.window.study.close_study()
        settle()
        left = [node.GetName() for node in slicer.util.getNodesByClass("vtkMRMLSegmentationNode")]
        assert not left, f"left: {left}"


STEPS = (
    "application module sample_data study question_in_sight chooser_in_sight chips_replaced verdicts sides "
    "nodes_and_files exports asking process_tree open_file_replaced long_paths scene_closed threads large_font "
    "reloaded self_test closed"
).split()


def run(folder: Path) -> Report:
    """Every step; the report is printed and written into `folder`."""
    report, checklist = Report(), Checklist(folder)
    for name in STEPS:
        report.check(name.replace("_", " "), getattr(checklist, name))
    report.say(f"{len(STEPS)} checks, {report.failed} failed")
    target = folder / "ctspatialvqa-checklist.txt"
    lines = [line for line in report.lines if not line.startswith("...")]
    target.write_text("\n".join(lines) + "\n", encoding="utf-8")
    print(f"Send this file back: {target}")
    return report


checklist_report = run(Path(tempfile.mkdtemp(prefix="ctspatialvqa checklist ")))
