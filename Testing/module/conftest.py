"""Tests of the Slicer module run on the host, in a process of their own."""

from __future__ import annotations

import shutil
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

HOST = Path(__file__).resolve().parent.parent / "host"
MODULE = Path(__file__).resolve().parents[2] / "CTSpatialVQA"
for folder in (HOST, MODULE):
    if str(folder) not in sys.path:
        sys.path.insert(0, str(folder))

from slicerhost import childtests  # noqa: E402  # found through the lines above
from slicerhost.fixtures import *  # noqa: E402, F403
from slicerhost.fixtures import _started_host, _started_qt  # noqa: E402, F401  # what the others need

pytest_runtest_protocol = childtests.protocol_for(Path(__file__).resolve().parent)
NAME = "CTSpatialVQA"


class Play:
    """A reader before the module: opens studies, presses keys, clicks, and looks."""

    def __init__(self, host: Any, module_file: Path, folder: Path) -> None:
        import qt

        self.host, self._module_file, self._folder = host, module_file, folder
        qt.QSettings().setValue("CTSpatialVQA/folder", str(folder))
        self.beside_views = False

    def start(self, *, beside_views: bool = False, size: tuple[int, int] | None = None) -> None:
        """Load the module and open it; again after `quit`, as when Slicer is started anew.

        Parameters
        ----------
        size : of the main window that the panel stands in, without views
        """
        self.beside_views = beside_views
        if not beside_views:
            self.host.without_views()
        self.host.load(self._module_file)
        if size is not None:
            self.widget = self.host.open_beside_blank(NAME, *size)
        else:
            opening = self.host.open_beside_views if beside_views else self.host.open
            self.widget = opening(NAME)
        self.window.demo_size = "tiny"

    def quit(self) -> None:
        """Leave the application."""
        self.host.unload(NAME)

    @property
    def window(self) -> Any:
        return self.widget.window

    @property
    def page(self) -> Any:
        return self.window.study.page

    @property
    def reading(self) -> Any:
        return self.window.session.reading

    @property
    def message(self) -> str:
        return str(self.window.messages.text)

    def open(self, study: Path, reader: str = "reader-1") -> None:
        """Open a study and wait until its case is shown."""
        self.window.open_study(study, reader)
        self.arrived()

    def arrived(self) -> None:
        """Wait until the case of the question is shown."""
        self.until(lambda: not self.window.study.viewer.display.busy)

    def until(self, happened: Callable[[], bool], seconds: float = 60.0) -> None:
        """Let the event loop run until something happened; long, because a loaded machine is slow."""
        import time

        end = time.monotonic() + seconds
        while not happened():
            assert time.monotonic() < end, "it did not happen"
            self.host.settle(10)

    def press(self, *keys: str) -> None:
        """Press keys one after the other, wherever the keyboard is."""
        for key in keys:
            focus = self._focus()
            self.host.press(focus if focus is not None else self.host.window(NAME), key)
            self.arrived()

    def _focus(self) -> Any:
        import slicer

        return slicer.app.focusWidget()

    def verdicts(self) -> list[Any]:
        """The verdicts of the log, in their order."""
        from CTSpatialVQALib.records.judgement import Verdict

        records = list(self.window.session.log.records())
        return [
            Verdict.model_validate(r.event.payload["verdict"])
            for r in records
            if "verdict" in r.event.payload
        ]

    def events(self) -> list[str]:
        """The kinds of the log's events."""
        return [str(record.event.kind) for record in self.window.session.log.records()]


@pytest.fixture(scope="session")
def _tiny_study(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The tiny demo study with the flawed model's answers beside it."""
    from CTSpatialVQALib.benchmark.study import load_study
    from CTSpatialVQALib.cli.backend_factory import backends_of
    from CTSpatialVQALib.cli.demo_job import RunFolder, ask_study
    from CTSpatialVQALib.demo.study import write_demo_study

    folder = tmp_path_factory.mktemp("tiny")
    study = load_study(write_demo_study(folder, "tiny"))
    ask_study(study, backends_of(study, ["demo-flawed"]), RunFolder(folder / "run"), study.reading.probes)
    return folder


@pytest.fixture
def study(_tiny_study: Path, tmp_path: Path) -> Path:
    """A study file of one's own: five tiny phantoms, 40 questions, 38 answers."""
    copy = tmp_path / "study"
    shutil.copytree(_tiny_study, copy)
    return copy / "study.toml"


@pytest.fixture
def play(slicer_host: Any, module_file: Path, tmp_path: Path) -> Play:
    """A reader, before an application without views."""
    return Play(slicer_host, module_file, tmp_path / "settings-folder")
