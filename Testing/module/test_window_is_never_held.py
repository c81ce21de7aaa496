"""A watchdog beside the window: no turn of its event loop holds it, whatever is under way.

A turn counts in CPU seconds of the window's thread, which other programs cannot lengthen, and in wall seconds
against `WAITED_S`, which is what waiting for a process or a file would take here.
"""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pytest

ASKING_S = 0.1  # while asking or segmenting
FIRST_SURFACES_S = 0.4  # while a case comes, and for a question that is shown for the first time
WAITED_S = 2.0

# stands in for another program, which is not ours: it works for a while and tells how far it is
SLOW = """\
#!{python}
import json, shutil, sys, time
arguments = sys.argv[1:]
value = lambda name: arguments[arguments.index(name) + 1]
for part in range(12):
    print("Predicting part", part, flush=True)
    time.sleep({seconds} / 12)
shutil.copyfile({mask!r}, value("-o"))
json.dump({{"device": "cpu"}}, open(value("--report"), "w"))
"""


class Held(NamedTuple):
    """The longest turn of the event loop, in CPU seconds of its thread and in wall seconds; and how many."""

    cpu: float
    wall: float
    turns: int


def held_while(busy: Callable[[], bool]) -> Held:
    """Turn the event loop while something is under way."""
    from PySide6 import QtWidgets

    held, end = Held(0.0, 0.0, 0), time.monotonic() + 120
    while busy():
        cpu, wall = time.thread_time(), time.monotonic()
        QtWidgets.QApplication.processEvents()
        cpu, wall = time.thread_time() - cpu, time.monotonic() - wall
        held = Held(max(held.cpu, cpu), max(held.wall, wall), held.turns + 1)
        assert time.monotonic() < end
        time.sleep(0.003)
    return held


@pytest.fixture
def reader(play: Any, slicer_views: Any, study: Path) -> Any:
    play.start(beside_views=True)
    play.open(study)
    play.until(lambda: not play.window.study.asking.running)
    play.host.settle(100)
    return play


@pytest.mark.opengl
def test_asking_a_case_beside_the_views(reader: Any) -> None:
    reader.page.sections["asking"].collapsed = False
    reader.host.settle(50)
    study = reader.window.study
    reader.page.asking.backendCombo.setCurrentText("prior")
    before = time.thread_time()
    study.asking.ask("case")
    assert time.thread_time() - before < ASKING_S
    held = held_while(lambda: study.asking.running)

    assert held.turns > 20
    assert held.cpu < ASKING_S
    assert "Replies of prior: 8" in reader.page.asking.progressLabel.text


@pytest.mark.opengl
def test_segmenting_beside_the_views(
    reader: Any, study: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / "bin"
    folder.mkdir()
    program = folder / "TotalSegmentator"
    mask = study.parent / "masks" / "phantom-01.nii.gz"
    program.write_text(SLOW.format(python=sys.executable, mask=str(mask), seconds=1.5 * WAITED_S))
    program.chmod(0o755)
    monkeypatch.setenv("PATH", f"{folder}{os.pathsep}{os.environ['PATH']}")
    reader.page.sections["masks"].collapsed = False
    reader.window.study.masks.show_state()
    reader.host.settle(50)
    before = time.monotonic()
    reader.window.study.masks.compute()
    assert time.monotonic() - before < WAITED_S, "starting it waits for nothing"
    study, texts = reader.window.study, set()

    def working() -> bool:
        texts.add(reader.page.masks.progressLabel.text)
        return bool(study.masks.running)

    held = held_while(working)

    assert held.cpu < ASKING_S
    assert held.wall < WAITED_S
    assert len([text for text in texts if text.startswith("Predicting part")]) > 3, "progress was seen"


def write_large_case(folder: Path) -> Path:
    """A study of one CT that takes about a second to read: noise cannot be packed, so it is large."""
    import SimpleITK as sitk

    noise = np.random.default_rng(1).integers(-1000, 1000, (160, 420, 420), dtype=np.int16)
    image = sitk.GetImageFromArray(noise)
    image.SetSpacing((0.8, 0.8, 1.5))
    sitk.WriteImage(image, str(folder / "ct.nii.gz"), True, 1)
    (folder / "questions.jsonl").write_text(
        '{"question_id": "q", "case_id": "noise", "text": "Is the spleen on the left?", "reference": ""}\n'
    )
    study = folder / "study.toml"
    study.write_text(
        '[study]\nid = "noise"\ntitle = "Noise"\n[[cases]]\nid = "noise"\nct = "ct.nii.gz"\n'
        '[[questions]]\npath = "questions.jsonl"\n'
    )
    return study


@pytest.mark.opengl
def test_reading_a_large_ct_beside_the_views(play: Any, slicer_views: Any, tmp_path: Path) -> None:
    study = write_large_case(tmp_path)
    play.start(beside_views=True)
    shower, page, texts = play.window.study.viewer.display, play.page, []
    before = time.thread_time()
    play.window.open_study(study, "reader-1")
    assert time.thread_time() - before < FIRST_SURFACES_S

    def coming() -> bool:
        texts.append(page.navigation.loadingLabel.text)
        return bool(shower.busy)

    held = held_while(coming)

    assert play.window.study.viewer.scene.volume_node is not None, play.message
    assert page.navigation.progressBar.format == "No replies to judge yet"
    assert "dashed: this case has no anatomy mask" in page.details.legendLabel.text
    assert held.cpu < FIRST_SURFACES_S
    stages = list(dict.fromkeys(texts))
    assert texts.count("Reading the CT of noise…") > 5, "the window lived while the file was read"
    assert [text[-5:] for text in stages if "/3)" in text] == ["(1/3)", "(2/3)", "(3/3)"]


@pytest.mark.opengl
def test_every_question_seen_for_the_first_time(reader: Any) -> None:
    from PySide6 import QtWidgets

    study, longest, idle = reader.window.study, 0.0, 0.0
    for _ in range(10):  # over the border between two cases
        before = time.thread_time()
        study.reading.next()
        QtWidgets.QApplication.processEvents()
        longest = max(longest, time.thread_time() - before)
        held = held_while(lambda: study.viewer.display.busy or study.viewer.busy)
        idle = max(idle, held.cpu)

    assert longest < FIRST_SURFACES_S
    assert idle < FIRST_SURFACES_S
