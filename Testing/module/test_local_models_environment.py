"""Local models get a Python of their own: made from here after asking, or chosen; no network is used here."""

from __future__ import annotations

import sys
import time
import tomllib
import zipfile
from pathlib import Path
from typing import Any

import pytest


def write_wheel(folder: Path, name: str, version: str, module: str) -> None:
    """The smallest package that pip installs; it stands for a large one."""
    info = f"{name}-{version}.dist-info"
    files = {
        f"{module}.py": "",
        f"{info}/METADATA": f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n",
        f"{info}/WHEEL": "Wheel-Version: 1.0\nGenerator: test\nRoot-Is-Purelib: true\nTag: py3-none-any\n",
    }
    record = "".join(f"{path},,\n" for path in (*files, f"{info}/RECORD"))
    with zipfile.ZipFile(folder / f"{name}-{version}-py3-none-any.whl", "w") as wheel:
        for path, text in {**files, f"{info}/RECORD": record}.items():
            wheel.writestr(path, text)


@pytest.fixture
def wheels(tmp_path: Path) -> Path:
    folder = tmp_path / "wheels"
    folder.mkdir()
    for name, version in (("torch", "2.9"), ("transformers", "5.0"), ("accelerate", "1.9")):
        write_wheel(folder, name, version, name)
    write_wheel(folder, "pillow", "11.0", "PIL")
    return folder


@pytest.fixture
def reader(play: Any, study: Path) -> Any:
    play.start()
    play.open(study)
    play.until(lambda: not play.window.study.asking.running)
    play.page.sections["local"].collapsed = False
    play.host.settle()
    return play


def yes() -> int:
    import qt

    return int(qt.QMessageBox.Yes)


def no() -> int:
    import qt

    return int(qt.QMessageBox.No)


def environment_ready(play: Any) -> None:
    play.until(lambda: not play.window.study.local_models.running, seconds=120)


def test_requirements_are_those_of_the_library(root: Path) -> None:
    from CTSpatialVQASession.model_environment import REQUIREMENTS

    project = tomllib.loads((root / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    pillow = [requirement for requirement in project["dependencies"] if requirement.startswith("pillow")]
    assert sorted(REQUIREMENTS) == sorted(project["optional-dependencies"]["local"] + pillow)


def test_environment_is_made_from_wheels_and_asking_uses_it(
    reader: Any, wheels: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    reader.host.answer(str(wheels), yes())
    reader.host.click(reader.page.local.offlineButton)
    assert reader.page.local.cancelButton.visible
    assert not reader.page.local.createButton.enabled
    environment_ready(reader)

    question = " ".join(message.text for message in reader.host.messages)
    for part in ("about 1 GB", "GB are free", "torch>=2.3", "nothing is downloaded"):
        assert part in question
    assert "Local models are ready: torch 2.9, transformers 5.0, pillow 11.0" in reader.message
    python = reader.window.settings.local_python
    assert Path(python).is_file()
    assert python != sys.executable
    assert reader.page.local.pythonLine.text == python
    from CTSpatialVQASession.model_run import RunRequest

    from CTSpatialVQALib.backends.local_options import local_options

    for name, value in RunRequest(("m",), local_python=python).environment().items():
        monkeypatch.setenv(name, value)
    assert local_options("m", {}).python == python


def test_nothing_is_made_without_a_yes(reader: Any) -> None:
    reader.host.answer(no())
    reader.host.click(reader.page.local.createButton)

    assert not reader.window.study.local_models.running
    assert not (reader.window.settings.folder / "models-environment").exists()


def test_what_is_missing_among_the_wheels_is_told(reader: Any, wheels: Path) -> None:
    next(wheels.glob("transformers-*")).unlink()
    reader.host.answer(str(wheels), yes())
    reader.host.click(reader.page.local.offlineButton)
    environment_ready(reader)

    assert "transformers" in reader.message
    assert reader.window.settings.local_python == ""
    assert reader.page.local.createButton.enabled


def test_making_is_stopped(reader: Any, wheels: Path) -> None:
    reader.host.answer(str(wheels), yes())
    reader.host.click(reader.page.local.offlineButton)
    reader.host.click(reader.page.local.cancelButton)
    environment_ready(reader)

    assert "Stopped" in reader.message
    assert reader.window.settings.local_python == ""


def test_python_that_lacks_torch_is_refused_and_a_good_one_taken(reader: Any, tmp_path: Path) -> None:
    lacking = tmp_path / "lacking"
    lacking.write_text('#!/bin/sh\necho \'{"torch": null, "transformers": "5.0", "pillow": "11"}\'\n')
    good = tmp_path / "good"
    good.write_text('#!/bin/sh\necho \'{"torch": "2.9", "transformers": "5.0", "pillow": "11"}\'\n')
    for program in (lacking, good):
        program.chmod(0o755)
        reader.host.answer(str(program))
        reader.host.click(reader.page.local.chooseButton)
        environment_ready(reader)
        assert ("lacks torch" in reader.message) == (program is lacking)
    assert reader.window.settings.local_python == str(good)


def test_window_is_not_held_meanwhile(reader: Any, tmp_path: Path) -> None:
    slow = tmp_path / "slow"
    slow.write_text('#!/bin/sh\nsleep 3\necho \'{"torch": "2.9", "transformers": "5.0", "pillow": "11"}\'\n')
    slow.chmod(0o755)
    reader.host.answer(str(slow))
    before = time.monotonic()
    reader.host.click(reader.page.local.chooseButton)
    assert time.monotonic() - before < 2
    reader.press("1")
    assert reader.window.study.local_models.running
    assert len(reader.verdicts()) == 1
    reader.quit()
