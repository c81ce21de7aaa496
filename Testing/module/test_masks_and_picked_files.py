"""A case gets its CT, mask and questions from wherever they are: scene, disk, or TotalSegmentator."""

from __future__ import annotations

import os
import shutil
import sys
from pathlib import Path
from typing import Any

import pytest
import SimpleITK as sitk

# stands in for another program, which is not ours: it copies a mask, or works for ever
FAKE = """\
#!{python}
import json, shutil, subprocess, sys, time
arguments = sys.argv[1:]
value = lambda name: arguments[arguments.index(name) + 1]
print("Predicting part 1 of 2 ...", flush=True)
if {forever}:
    child = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)"])
    open(value("-o") + ".pid", "w").write(str(child.pid))
    time.sleep(600)
assert "--ml" in arguments
shutil.copyfile({mask!r}, value("-o"))
json.dump({{"device": "cpu"}}, open(value("--report"), "w"))
"""


@pytest.fixture
def study_without_masks(study: Path) -> Path:
    lines = study.read_text(encoding="utf-8").splitlines()
    study.write_text(
        "\n".join(line for line in lines if not line.startswith("mask")) + "\n", encoding="utf-8"
    )
    return study


@pytest.fixture
def segmenter(tmp_path: Path, study: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    """Puts a small program called TotalSegmentator on the PATH."""

    def put(*, forever: bool = False) -> None:
        folder = tmp_path / "bin"
        folder.mkdir()
        mask = tmp_path / "phantom-01.nii.gz"
        shutil.copyfile(study.parent / "masks" / mask.name, mask)
        program = folder / "TotalSegmentator"
        program.write_text(FAKE.format(python=sys.executable, mask=str(mask), forever=forever))
        program.chmod(0o755)
        monkeypatch.setenv("PATH", f"{folder}{os.pathsep}{os.environ['PATH']}")

    return put


def begin(play: Any, study: Path) -> None:
    play.start()
    play.open(study)
    play.page.sections["masks"].collapsed = False
    play.until(lambda: not play.window.study.asking.running)
    play.host.settle()


def alive(pid: int) -> bool:
    stat = Path(f"/proc/{pid}/stat")
    return stat.is_file() and stat.read_text().rpartition(")")[2].split()[0] != "Z"


def test_without_a_mask_reading_works_and_the_way_to_one_is_told(
    play: Any, study_without_masks: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from CTSpatialVQALib.anatomy import totalsegmentator

    monkeypatch.setattr(totalsegmentator.shutil, "which", lambda *_given, **_more: None)
    begin(play, study_without_masks)

    assert "no anatomy mask" in play.page.masks.stateLabel.text
    assert not play.page.masks.computeButton.enabled
    assert "Extensions Manager" in play.page.masks.howLabel.text
    play.press("1")
    assert len(play.verdicts()) == 1


def test_mask_from_a_file_is_used_and_remembered(play: Any, study_without_masks: Path) -> None:
    begin(play, study_without_masks)
    play.host.answer(str(study_without_masks.parent / "masks" / "phantom-01.nii.gz"))
    play.host.click(play.page.masks.fileButton)
    play.arrived()
    assert play.window.session.case().mask.has("heart")
    play.quit()

    play.start()
    play.open(study_without_masks)
    assert play.page.masks.stateLabel.text == "Mask: phantom-01.nii.gz"


def test_totalsegmentator_segments_while_the_reader_reads(
    play: Any, study_without_masks: Path, segmenter: Any
) -> None:
    segmenter()
    begin(play, study_without_masks)
    assert play.page.masks.computeButton.enabled
    play.host.click(play.page.masks.computeButton)
    play.press("1")
    play.until(lambda: not play.window.study.masks.running)

    assert "device cpu" in play.message
    assert play.window.session.masks.applied(play.window.session.study.cases["phantom-01"]).mask is not None
    assert len(play.verdicts()) == 1


def test_stopping_totalsegmentator_ends_what_it_started(
    play: Any, study_without_masks: Path, segmenter: Any
) -> None:
    segmenter(forever=True)
    begin(play, study_without_masks)
    play.host.click(play.page.masks.computeButton)
    pid_file = study_without_masks.parent / "readings" / "masks" / "phantom-01.nii.gz.pid"
    play.until(lambda: pid_file.is_file() and pid_file.read_text() != "")
    pid = int(pid_file.read_text())
    assert alive(pid)
    assert "Predicting part 1" in play.page.masks.progressLabel.text or play.page.masks.cancelButton.visible

    play.host.click(play.page.masks.cancelButton)
    play.until(lambda: not play.window.study.masks.running)
    play.until(lambda: not alive(pid))
    assert "stopped" in play.message


def test_files_picked_by_hand_become_a_study(play: Any, study: Path) -> None:
    play.start()
    folder, panel = study.parent, play.window.open.pick
    play.window.open.pickButton.collapsed = False
    play.window.open.readerEdit.setText("reader-1")
    play.host.settle()
    for button, path in (
        (panel.ctFileButton, folder / "ct" / "phantom-02.nii.gz"),
        (panel.maskFileButton, folder / "masks" / "phantom-02.nii.gz"),
        (panel.questionsButton, folder / "questions.jsonl"),
    ):
        play.host.answer(str(path))
        play.host.click(button)
    panel.caseCombo.setCurrentText("phantom-02")
    play.host.click(panel.startButton)
    play.arrived()

    session = play.window.session
    assert session.study.cases["phantom-02"].ct == (folder / "ct" / "phantom-02.nii.gz").resolve()
    assert session.study.cases["phantom-01"].ct is None
    assert len(session.reading.plan.items) == 40


def test_nodes_of_the_scene_become_a_study(play: Any, study: Path) -> None:
    import slicer

    play.start()
    volume = slicer.util.loadVolume(str(study.parent / "ct" / "phantom-01.nii.gz"))
    panel = play.window.open.pick
    panel.ctCombo.setCurrentNode(volume)
    play.window.open.pickButton.collapsed = False
    play.window.open.readerEdit.setText("reader-1")
    play.host.answer(str(study.parent / "questions.jsonl"))
    play.host.settle()
    play.host.click(panel.questionsButton)
    play.host.click(panel.startButton)
    play.arrived()

    assert (
        play.window.session.study.cases["phantom-01"].ct == (study.parent / "ct/phantom-01.nii.gz").resolve()
    )


def test_nodes_that_were_changed_are_saved_first_without_their_names(play: Any, study: Path) -> None:
    import slicer

    play.start()
    volume = slicer.util.loadVolume(str(study.parent / "ct" / "phantom-01.nii.gz"), {"name": "Doe^Jane"})
    mask = slicer.util.loadVolume(
        str(study.parent / "masks" / "phantom-01.nii.gz"), {"labelmap": True, "name": "Doe^Jane mask"}
    )
    for node in (volume, mask):
        slicer.util.arrayFromVolumeModified(node)
    panel = play.window.open.pick
    panel.ctCombo.setCurrentNode(volume)
    panel.maskCombo.setCurrentNode(mask)
    play.window.open.pickButton.collapsed = False
    play.window.open.readerEdit.setText("reader-1")
    play.host.answer(str(study.parent / "questions.jsonl"))
    play.host.settle()
    play.host.click(panel.questionsButton)
    play.host.click(panel.startButton)
    play.arrived()

    case = play.window.session.study.cases["phantom-01"]
    assert play.message == ""
    for path in (case.ct, case.mask):
        assert path.is_file()
        assert path.parent.name == "from-scene"
        assert "Doe" not in path.name


def test_picking_without_questions_says_what_is_missing(play: Any) -> None:
    play.start()
    play.window.open.pickButton.collapsed = False
    play.host.settle()
    play.host.click(play.window.open.pick.startButton)

    assert "Choose one with the button beside 'Questions'" in play.message


def test_demo_case_stands_among_the_sample_data_and_is_made_here(
    slicer_host: Any, module_file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    import SampleData
    from CTSpatialVQASession import sample_data
    from slicerhost import sampledata

    slicer_host.load(module_file)
    (source,) = sampledata.registered[sample_data.CATEGORY]
    monkeypatch.setattr("CTSpatialVQALib.demo.phantom.make_patient.__defaults__", ("tiny",))
    volume, mask = SampleData.SampleDataLogic().downloadFromSource(source)

    assert volume.GetName() == source.sampleName == sample_data.SAMPLE
    assert mask.IsA("vtkMRMLLabelMapVolumeNode")
    assert volume.GetImageData().GetDimensions() == mask.GetImageData().GetDimensions()


def test_sample_data_without_addresses_is_refused_as_in_slicer(slicer_host: Any) -> None:
    import SampleData

    with pytest.raises(TypeError, match="uris"):
        SampleData.SampleDataLogic.registerCustomSampleDataSource(
            category="c", sampleName="s", customDownloader=print
        )


def test_a_case_whose_mask_does_not_fit_is_told_when_it_is_opened(play: Any, study: Path) -> None:
    """Its CT was mirrored, its mask was not."""
    path = study.parent / "ct" / "phantom-01.nii.gz"
    image = sitk.ReadImage(str(path))
    mirrored = sitk.GetImageFromArray(sitk.GetArrayFromImage(image)[:, :, ::-1])
    mirrored.CopyInformation(image)
    sitk.WriteImage(mirrored, str(path))
    play.start()
    play.open(study)
    play.until(lambda: "does not fit this CT" in play.window.messages.text)
    assert "phantom-01" in play.window.messages.text
