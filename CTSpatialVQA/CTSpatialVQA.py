"""The CTSpatialVQA module of 3D Slicer: a window onto CTSpatialVQALib, with no knowledge of its own.

Loading it needs nothing but Slicer: no package is imported or installed, no network is used and nothing
is written before the user asks for something.
"""

import importlib.metadata
import importlib.util
import sys
from pathlib import Path
from typing import NamedTuple

import slicer
from slicer.i18n import tr as _
from slicer.i18n import translate
from slicer.ScriptedLoadableModule import (
    ScriptedLoadableModule,
    ScriptedLoadableModuleLogic,
    ScriptedLoadableModuleTest,
    ScriptedLoadableModuleWidget,
)


class NeededPackage(NamedTuple):
    """A Python package the library uses: the name it is imported by, and the name it is installed by."""

    module: str
    distribution: str


class PackageState(NamedTuple):
    """A needed package and the version found, or None where it is absent."""

    package: NeededPackage
    version: str | None


NEEDED_PACKAGES = (
    NeededPackage("numpy", "numpy"),
    NeededPackage("scipy", "scipy"),
    NeededPackage("SimpleITK", "SimpleITK"),
    NeededPackage("pydantic", "pydantic"),
    NeededPackage("requests", "requests"),
)


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


class CTSpatialVQAWidget(ScriptedLoadableModuleWidget):
    """The module's window: says what is installed and what is missing."""

    def setup(self):
        """Build the window; called once, when the module is first opened."""
        ScriptedLoadableModuleWidget.setup(self)
        self.logic = CTSpatialVQALogic()
        panel = slicer.util.loadUI(self.resourcePath("UI/CTSpatialVQA.ui"))
        self.layout.addWidget(panel)
        self.ui = slicer.util.childWidgetVariables(panel)
        self.ui.checkButton.clicked.connect(self.onCheck)
        self.onCheck()

    def onCheck(self, _checked=False):
        """Look again for the library and its packages, and say what is there."""
        version = self.logic.libraryVersion()
        self.ui.versionValue.setText(version or _("not found"))
        states = self.logic.packageStates()
        self.ui.packagesValue.setText("\n".join(_in_words(state) for state in states))
        self.ui.stateLabel.setText(_verdict(version, states))


class CTSpatialVQALogic(ScriptedLoadableModuleLogic):
    """What the window asks; knows no widget."""

    def libraryVersion(self):
        """Version of CTSpatialVQALib, or None where it is not installed."""
        _make_library_importable()
        if importlib.util.find_spec("CTSpatialVQALib") is None:
            return None
        from CTSpatialVQALib import __version__

        return __version__

    def packageStates(self):
        """Every needed package with its version, found without importing it."""
        return tuple(PackageState(package, _version_of(package)) for package in NEEDED_PACKAGES)


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
        self.test_records_work_where_pydantic_is_installed()

    def test_library_and_resources_are_found(self):
        """The library is importable and finds its resources from where it is installed."""
        self.assertIsNotNone(CTSpatialVQALogic().libraryVersion())
        from CTSpatialVQALib.resources import resource

        self.assertTrue(resource("anatomy/structures.csv").is_file())

    def test_absent_package_has_no_version(self):
        """A package that nobody has is reported as absent, not as an error."""
        self.assertIsNone(_version_of(NeededPackage("ctspatialvqa_no_such_module", "ctspatialvqa-none")))

    def test_records_work_where_pydantic_is_installed(self):
        """A question gets its hash and round-trips through JSON."""
        if importlib.util.find_spec("pydantic") is None:
            self.delayDisplay(_("pydantic is not installed: the records were not tested"))
            return
        from CTSpatialVQALib.records.question import Question

        question = Question(question_id="q", case_id="c", text="Where is the liver?", reference="right")
        self.assertEqual(Question.from_json(question.to_json()), question)


def _make_library_importable():
    # Installed, the library lies beside this file and Slicer has put that folder on sys.path already;
    # in a source checkout it lies one folder up, and that checkout must win over an installed copy.
    root = Path(__file__).resolve().parent.parent
    if (root / "CTSpatialVQALib" / "__init__.py").is_file() and str(root) not in sys.path:
        sys.path.insert(0, str(root))


def _version_of(package):
    if importlib.util.find_spec(package.module) is None:
        return None
    try:
        return importlib.metadata.version(package.distribution)
    except importlib.metadata.PackageNotFoundError:
        return _("version unknown")


def _in_words(state):
    return f"{state.package.distribution} {state.version or _('is missing')}"


def _verdict(version, states):
    if version is None:
        return _("The library CTSpatialVQALib is not installed; install the extension again.")
    missing = [state.package.distribution for state in states if state.version is None]
    if missing:
        return _("Missing Python packages: {names}.").format(names=", ".join(missing))
    return _("Everything the library needs is installed.")
