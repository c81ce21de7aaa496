"""The CTSpatialVQA module of 3D Slicer: a window onto CTSpatialVQALib, with no knowledge of its own.

Loading it needs nothing but Slicer: no package is imported or installed, no network is used and nothing
is written before the user asks for something.
"""

import importlib.util
import sys
from pathlib import Path

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


class CTSpatialVQA(ScriptedLoadableModule):
    """What Slicer shows of the module before it is opened."""

    def __init__(self, parent):
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

    def offerSampleData(self):
        """Let the demo case stand among Slicer's sample data; it is made here, not downloaded."""
        _make_importable()
        from CTSpatialVQADesk.sample_data import offer

        offer(self.resourcePath("Icons/CTSpatialVQA.png"))


class CTSpatialVQAWidget(ScriptedLoadableModuleWidget, VTKObservationMixin):
    """The module's window: the reading, or what is missing for it."""

    def __init__(self, parent=None):
        ScriptedLoadableModuleWidget.__init__(self, parent)
        VTKObservationMixin.__init__(self)
        self.window = None
        self.entered = False

    def setup(self):
        """Build the window; called once, when the module is first opened."""
        ScriptedLoadableModuleWidget.setup(self)
        self.logic = CTSpatialVQALogic()
        panel = slicer.util.loadUI(self.resourcePath("UI/CTSpatialVQA.ui"))
        panel.setMRMLScene(slicer.mrmlScene)
        self.layout.addWidget(panel)
        self.ui = slicer.util.childWidgetVariables(panel)
        self.ui.checkButton.clicked.connect(self.onCheck)
        self.ui.installButton.clicked.connect(self.onInstall)
        self.ui.offlineButton.clicked.connect(self.onInstallOffline)
        self.addObserver(slicer.mrmlScene, slicer.mrmlScene.EndCloseEvent, self.onSceneClosed)
        self.onCheck()

    def onCheck(self):
        """Look for the library and its packages; with everything there, show the reading."""
        version, states = self.logic.libraryVersion(), self.logic.packageStates()
        self.ui.versionValue.setText(version or _("not found"))
        self.ui.packagesValue.setText("\n".join(_in_words(state) for state in states))
        self.ui.stateLabel.setText(_verdict(version, states))
        complete = version is not None and all(state.usable for state in states)
        for button in (self.ui.installButton, self.ui.offlineButton):
            button.setVisible(version is not None and not complete)
        if not complete:
            self.ui.installationButton.collapsed = False
        elif self.window is None:
            self.showReading()

    def showReading(self):
        """Put the reading into the window."""
        self.ui.installationButton.collapsed = True
        self.window = self.logic.makeWindow()
        self.ui.readingHolder.layout().addWidget(self.window.widget)
        if self.entered:
            self.window.enter()

    def onInstall(self):
        """Install what is missing; Slicer asks first and shows the progress."""
        missing = [state.package.requirement for state in self.logic.packageStates() if not state.usable]
        self.install(missing)

    def onInstallOffline(self):
        """Install from a folder of wheels, for a computer without a network."""
        import qt

        folder = qt.QFileDialog.getExistingDirectory(self.ui.installationButton, _("Folder with wheels"), "")
        if folder:
            wheels = self.logic.wheelsIn(folder)
            if wheels:
                self.install(wheels)
            else:
                told = _("{folder} holds no wheels for this Python. Download them for Python {version}.")
                version = f"{sys.version_info.major}.{sys.version_info.minor}"
                self.ui.stateLabel.setText(told.format(folder=folder, version=version))

    def install(self, requirements):
        """Install, then look again; why it did not come about is told."""
        try:
            self.logic.install(requirements)
        except RuntimeError as error:
            self.ui.stateLabel.setText(_("Nothing was installed: {reason}").format(reason=error))
            return
        self.onCheck()

    def enter(self):
        """The module is shown: its keys work."""
        self.entered = True
        if self.window is not None:
            self.window.enter()

    def exit(self):
        """Another module is shown."""
        self.entered = False
        if self.window is not None:
            self.window.exit()

    def onSceneClosed(self, _caller, _event):
        """The reader closed the scene."""
        if self.window is not None:
            self.window.scene_closed()

    def onReload(self):
        """Load the module's file and the files of its window anew (developer mode)."""
        self.cleanup()
        for name in [one for one in sys.modules if one.startswith(("CTSpatialVQAGui", "CTSpatialVQADesk"))]:
            del sys.modules[name]
        ScriptedLoadableModuleWidget.onReload(self)

    def cleanup(self):
        """Slicer closes, or the module is loaded anew: end the session; everything is on disk."""
        self.removeObservers()
        if self.window is not None:
            self.window.close()
            self.window = None


class CTSpatialVQALogic(ScriptedLoadableModuleLogic):
    """What the window asks; knows no widget."""

    def libraryVersion(self):
        """Version of CTSpatialVQALib, or None where it is not installed."""
        _make_importable()
        if importlib.util.find_spec("CTSpatialVQALib") is None:
            return None
        from CTSpatialVQALib import __version__

        return __version__

    def packageStates(self):
        """Every needed package with its version, found without importing it."""
        _make_importable()
        from CTSpatialVQADesk.installing import states

        return states()

    def wheelsIn(self, folder):
        """The wheels of a folder as requirements."""
        from CTSpatialVQADesk.installing import wheels_in

        return wheels_in(Path(folder))

    def install(self, requirements):
        """Install through Slicer; RuntimeError where it was declined or failed."""
        import slicer.packaging
        from CTSpatialVQADesk.installing import constraints_file

        pinned = constraints_file(Path(slicer.app.temporaryPath))
        slicer.packaging.pip_ensure(list(requirements), requester="CTSpatialVQA", constraints=str(pinned))
        importlib.invalidate_caches()

    def openStudy(self, path, reader):
        """A study opened for a reader, for use from scripts: its `reading` does all that the window does."""
        _make_importable()
        from CTSpatialVQADesk.desk import Desk

        return Desk.for_reader(Path(path), reader)

    def makeWindow(self):
        """The reading's window; everything it needs must be installed."""
        from CTSpatialVQAGui.window import ReadingWindow

        return ReadingWindow()


class CTSpatialVQATest(ScriptedLoadableModuleTest):
    """The self-test that Slicer's developer tools run inside the application."""

    def setUp(self):
        """Start from an empty scene."""
        slicer.mrmlScene.Clear()

    def runTest(self):
        """Run every test; Slicer calls this one."""
        self.setUp()
        self.test_library_and_resources_are_found()
        self.test_absent_package_has_no_version()
        self.test_tiny_demo_is_read_by_a_reader()

    def test_library_and_resources_are_found(self):
        """The library is importable and finds its resources from where it is installed."""
        self.assertIsNotNone(CTSpatialVQALogic().libraryVersion())
        from CTSpatialVQALib.resources import resource

        self.assertTrue(resource("anatomy/structures.csv").is_file())

    def test_absent_package_has_no_version(self):
        """A package that nobody has is reported as absent, not as an error."""
        _make_importable()
        from CTSpatialVQADesk.installing import NeededPackage, states

        nobody = NeededPackage("ctspatialvqa_no_such_module", "ctspatialvqa-none", "1")
        self.assertIsNone(states([nobody])[0].version)

    def test_tiny_demo_is_read_by_a_reader(self):
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
            desk = CTSpatialVQALogic().openStudy(path, "self-test")
            desk.reading.next_unanswered()
            desk.reading.judge(judgement_of("2", "A"))
            self.assertEqual(desk.reading.progress.done, 1)
            desk.close()
            self.assertTrue(verify(desk.places.log).holds)
        self.delayDisplay(_("A demo study was read and its log holds."))


def _make_importable():
    # Installed, library and window lie beside this file and Slicer has put that folder on sys.path already;
    # in a source checkout the library lies one folder up, and that checkout must win over an installed copy.
    here = Path(__file__).resolve().parent
    roots = [here.parent] if (here.parent / "CTSpatialVQALib" / "__init__.py").is_file() else []
    for root in (here, *roots):
        if str(root) not in sys.path:
            sys.path.insert(0, str(root))


def _in_words(state):
    told = f"{state.package.distribution} {state.version or _('is missing')}"
    if state.version is None or state.usable:
        return told
    return _("{package} is too old, {version} is needed").format(package=told, version=state.package.at_least)


def _verdict(version, states):
    if version is None:
        return _("The library CTSpatialVQALib is not installed; install the extension again.")
    missing = [state.package.distribution for state in states if not state.usable]
    if missing:
        return _("Missing Python packages: {names}.").format(names=", ".join(missing))
    return _("Everything the library needs is installed.")
