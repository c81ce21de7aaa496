"""The CTSpatialVQA module of 3D Slicer: a window onto CTSpatialVQALib, with no knowledge of its own.

Loading it needs nothing but Slicer: no package is imported or installed, no network is used and nothing
is written before the user asks for something.
"""

from __future__ import annotations

import importlib.util
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import slicer
from slicer.i18n import tr as _
from slicer.i18n import translate
from slicer.ScriptedLoadableModule import (
    ScriptedLoadableModule,
    ScriptedLoadableModuleLogic,
    ScriptedLoadableModuleTest,
    ScriptedLoadableModuleWidget,
)
from slicer.util import VTKObservationMixin

if TYPE_CHECKING:
    from CTSpatialVQAGui.reading_window import ReadingWindow
    from CTSpatialVQASession.reader_session import ReaderSession
    from CTSpatialVQASession.required_packages import PackageState


class CTSpatialVQA(ScriptedLoadableModule):
    """What Slicer shows of the module before it is opened."""

    def __init__(self, parent: Any) -> None:
        ScriptedLoadableModule.__init__(self, parent)
        self.parent.title = _("CTSpatialVQA")
        self.parent.categories = [translate("qSlicerAbstractCoreModule", "Informatics")]
        self.parent.dependencies = []
        self.parent.contributors = ["The CTSpatialVQA contributors"]
        self.parent.helpText = _(
            "Audits how vision-language models reason about space in CT. Questions, answers and verdicts "
            'follow the <a href="{link}">CT-SpatialVQA</a> benchmark. '
            "<b>Research use only; not for diagnosis or treatment.</b>"
        ).format(link="https://arxiv.org/abs/2605.08787")
        self.parent.acknowledgementText = _(
            "The anatomical structures carry the names of TotalSegmentator's classes; "
            "the questions' format is that of the CT-SpatialVQA benchmark."
        )
        slicer.app.connect("startupCompleted()", self.offerSampleData)

    def offerSampleData(self) -> None:
        """Let the demo case stand among Slicer's sample data; it is made here, not downloaded."""
        _make_importable()
        from CTSpatialVQASession.sample_data import offer

        offer(self.resourcePath("Icons/CTSpatialVQA.png"))


class CTSpatialVQAWidget(ScriptedLoadableModuleWidget, VTKObservationMixin):
    """The module's window: the reading, or what is missing for it."""

    def __init__(self, parent: Any = None) -> None:
        ScriptedLoadableModuleWidget.__init__(self, parent)
        VTKObservationMixin.__init__(self)
        self.window: ReadingWindow | None = None
        self.entered = False

    def setup(self) -> None:
        """Build the window; called when the module is first opened, and after a reload."""
        ScriptedLoadableModuleWidget.setup(self)
        self.logic = CTSpatialVQALogic()
        panel = slicer.util.loadUI(self.resourcePath("UI/CTSpatialVQA.ui"))
        panel.setMRMLScene(slicer.mrmlScene)
        self.layout.addWidget(panel)
        self.ui = slicer.util.childWidgetVariables(panel)
        self.ui.readingHolder.setVisible(False)  # it takes all the height that Slicer leaves
        self.ui.checkButton.clicked.connect(self.onCheck)
        self.ui.installButton.clicked.connect(self.onInstall)
        self.ui.offlineButton.clicked.connect(self.onInstallOffline)
        self.addObserver(slicer.mrmlScene, slicer.mrmlScene.EndCloseEvent, self.onSceneClosed)
        self.onCheck()
        if self.parent.visible:  # a reload while the module is shown: Slicer does not call `enter` then
            self.enter()

    def onCheck(self) -> None:
        """Look for the library and its packages; when nothing is missing, show the reading."""
        version, states = self.logic.libraryVersion(), self.logic.packageStates()
        self.ui.versionValue.setText(version or _("not found"))
        self.ui.packagesValue.setText("\n".join(_package_text(state) for state in states))
        self.ui.stateLabel.setText(_summary(version, states))
        complete = version is not None and all(state.usable for state in states)
        for button in (self.ui.installButton, self.ui.offlineButton):
            button.setVisible(version is not None and not complete)
        if not complete:
            self.ui.installationButton.collapsed = False
        elif self.window is None:
            self.showReading()

    def showReading(self) -> None:
        """Put the reading into the window."""
        self.ui.installationButton.collapsed = True
        self.window = self.logic.makeWindow()
        self.ui.readingHolder.layout().addWidget(self.window.widget)
        self.ui.readingHolder.setVisible(True)
        self.window.on_study = self.onStudy
        if self.entered:
            self.window.enter()

    def onStudy(self, opened: bool) -> None:
        """While a study is read, the height belongs to it."""
        self.ui.installationButton.setVisible(not opened)

    def onInstall(self) -> None:
        """Install what is missing; Slicer asks first and shows the progress."""
        missing = [state.package.requirement for state in self.logic.packageStates() if not state.usable]
        self.install(missing)

    def onInstallOffline(self) -> None:
        """Install from a folder of wheels, for a computer without a network."""
        import qt

        folder = qt.QFileDialog.getExistingDirectory(self.ui.installationButton, _("Folder with wheels"), "")
        if folder:
            wheels = self.logic.wheelsIn(folder)
            if wheels:
                self.install(wheels)
            else:
                text = _("{folder} holds no wheels for this Python. Download them for Python {version}.")
                version = f"{sys.version_info.major}.{sys.version_info.minor}"
                self.ui.stateLabel.setText(text.format(folder=folder, version=version))

    def install(self, requirements: Sequence[str]) -> None:
        """Install, then look again; a failure is shown with its reason."""
        try:
            self.logic.install(requirements)
        except RuntimeError as error:
            self.ui.stateLabel.setText(_("Nothing was installed: {reason}").format(reason=error))
            return
        self.onCheck()

    def enter(self) -> None:
        """The module is shown: its keys work."""
        self.entered = True
        if self.window is not None:
            self.window.enter()

    def exit(self) -> None:
        """Another module is shown."""
        self.entered = False
        if self.window is not None:
            self.window.exit()

    def onSceneClosed(self, _caller: Any, _event: Any) -> None:
        """The reader closed the scene."""
        if self.window is not None:
            self.window.scene_closed()

    def onReload(self) -> None:
        """Load the module's file and the files of its window anew (developer mode)."""
        self.cleanup()
        for name in [
            name for name in sys.modules if name.startswith(("CTSpatialVQAGui", "CTSpatialVQASession"))
        ]:
            del sys.modules[name]
        ScriptedLoadableModuleWidget.onReload(self)

    def cleanup(self) -> None:
        """Slicer closes, or the module is loaded anew: end the session; everything is on disk."""
        self.removeObservers()
        if self.window is not None:
            self.window.close()
            self.window = None


class CTSpatialVQALogic(ScriptedLoadableModuleLogic):
    """What the window needs of Slicer and the library; knows no widget."""

    def libraryVersion(self) -> str | None:
        """Version of CTSpatialVQALib, or None where it is not installed."""
        _make_importable()
        if importlib.util.find_spec("CTSpatialVQALib") is None:
            return None
        from CTSpatialVQALib import __version__

        return __version__

    def packageStates(self) -> tuple[PackageState, ...]:
        """Every required package with its version, found without importing it."""
        _make_importable()
        from CTSpatialVQASession.required_packages import package_states

        return package_states()

    def wheelsIn(self, folder: str) -> tuple[str, ...]:
        """The wheels of a folder as requirements."""
        from CTSpatialVQASession.required_packages import wheels_in

        return wheels_in(Path(folder))

    def install(self, requirements: Sequence[str]) -> None:
        """Install through Slicer; RuntimeError where it was declined or failed."""
        import slicer.packaging
        from CTSpatialVQASession.required_packages import constraints_file

        pinned = constraints_file(Path(slicer.app.temporaryPath))
        slicer.packaging.pip_ensure(list(requirements), requester="CTSpatialVQA", constraints=str(pinned))
        importlib.invalidate_caches()

    def openStudy(self, path: Path, reader: str) -> ReaderSession:
        """A study opened for a reader, for use from scripts: its `reading` does all that the window does."""
        _make_importable()
        from CTSpatialVQASession.reader_session import ReaderSession

        return ReaderSession.for_reader(Path(path), reader)

    def makeWindow(self) -> ReadingWindow:
        """The reading's window; everything it needs must be installed."""
        from CTSpatialVQAGui.reading_window import ReadingWindow

        return ReadingWindow()


class CTSpatialVQATest(ScriptedLoadableModuleTest):
    """The self-test that Slicer's developer tools run inside the application."""

    def setUp(self) -> None:
        """Start from an empty scene."""
        slicer.mrmlScene.Clear()

    def runTest(self) -> None:
        """Run every test; called by Slicer."""
        self.setUp()
        self.test_library_and_resources_are_found()
        self.test_absent_package_has_no_version()
        self.test_tiny_demo_is_read_by_a_reader()

    def test_library_and_resources_are_found(self) -> None:
        """The library is importable and finds its resources from where it is installed."""
        self.assertIsNotNone(CTSpatialVQALogic().libraryVersion())
        from CTSpatialVQALib.resources import resource

        self.assertTrue(resource("anatomy/structures.csv").is_file())

    def test_absent_package_has_no_version(self) -> None:
        """A package that nobody has is reported as absent, not as an error."""
        _make_importable()
        from CTSpatialVQASession.required_packages import RequiredPackage, package_states

        absent = RequiredPackage("ctspatialvqa_no_such_module", "ctspatialvqa-none", "1")
        self.assertIsNone(package_states([absent])[0].version)

    def test_tiny_demo_is_read_by_a_reader(self) -> None:
        """A demo study is made, opened, judged, and its log holds."""
        missing = [
            state.package.distribution for state in CTSpatialVQALogic().packageStates() if not state.usable
        ]
        if missing:
            self.delayDisplay(_("skipped, not installed: {names}").format(names=", ".join(missing)))
            return
        import tempfile

        from CTSpatialVQALib.audit.verify import verify
        from CTSpatialVQALib.benchmark.study import load_study
        from CTSpatialVQALib.cli.backend_factory import backends_of
        from CTSpatialVQALib.cli.demo_job import RunFolder, ask_study
        from CTSpatialVQALib.demo.study import write_demo_study
        from CTSpatialVQALib.reading.keys import judgement_of

        with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder:
            path = write_demo_study(Path(folder), "tiny")
            study = load_study(path)
            run = RunFolder(Path(folder) / "run")
            ask_study(study, backends_of(study, ["demo-flawed"]), run, study.reading.probes)
            session = CTSpatialVQALogic().openStudy(path, "self-test")
            session.reading.next_unanswered()
            session.reading.judge(judgement_of("2", "A"))
            self.assertEqual(session.reading.progress.done, 1)
            session.close()
            self.assertTrue(verify(session.files.log).holds)
        self.delayDisplay(_("A demo study was read and its log holds."))


def _make_importable() -> None:
    # Installed, library and window lie beside this file and Slicer has put that folder on sys.path already;
    # in a source checkout the library lies one folder up, and that checkout must win over an installed copy.
    folder = Path(__file__).resolve().parent
    roots = [folder.parent] if (folder.parent / "CTSpatialVQALib" / "__init__.py").is_file() else []
    for root in (folder, *roots):
        if str(root) not in sys.path:
            sys.path.insert(0, str(root))


def _package_text(state: PackageState) -> str:
    text = f"{state.package.distribution} {state.version or _('is missing')}"
    if state.version is None or state.usable:
        return text
    return _("{package} is too old, {version} is needed").format(package=text, version=state.package.at_least)


def _summary(version: str | None, states: Sequence[PackageState]) -> str:
    if version is None:
        return _("The library CTSpatialVQALib is not installed; install the extension again.")
    missing = [state.package.distribution for state in states if not state.usable]
    if missing:
        return _("Missing Python packages: {names}.").format(names=", ".join(missing))
    return _("Everything the library needs is installed.")
