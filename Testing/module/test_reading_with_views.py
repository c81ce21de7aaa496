"""The views follow the reading: chips, jumps, evidence, and whatever a reader does to the scene meanwhile."""

from __future__ import annotations

import gc
import json
import resource
from pathlib import Path
from typing import Any

import pytest

MOST_GROWN_MB = 60
pytestmark = pytest.mark.opengl


@pytest.fixture
def reader(play: Any, slicer_views: Any, study: Path) -> Any:
    play.start(beside_views=True)
    play.open(study)
    return play


def scene_of(play: Any) -> Any:
    return play.window.study.viewer.scene


def go_to(play: Any, words: str) -> None:
    """Go to the first question that begins with these words."""
    play.window.study.reading.go(
        next(line.key for line in play.reading.lines() if line.question.startswith(words))
    )
    play.arrived()


def test_chips_jump_and_highlight(reader: Any) -> None:
    go_to(reader, "Does the trachea run")
    chips = {chip.key: chip for chip in reader.page.details.chips.buttons}
    assert set(chips) == {"trachea", "esophagus"}
    before = scene_of(reader).evidence_state().slice_ras

    reader.host.click(chips["esophagus"])
    reader.host.click(chips["trachea"])
    esophagus = scene_of(reader).evidence_state().slice_ras
    reader.host.click(chips["esophagus"])

    assert scene_of(reader).evidence_state().slice_ras != esophagus
    assert before is not None


def drawn(play: Any) -> None:
    """Wait until idle moments have nothing left to do."""
    play.until(lambda: not play.window.study.viewer.busy)


def test_chips_say_that_their_surface_is_still_being_made_and_stay_where_they_are(reader: Any) -> None:
    go_to(reader, "Does the trachea run")
    card = reader.page.details
    reader.window.study.viewer.scene._case.shapes._entries.clear()  # as if seen for the first time
    reader.window.study.presenter.show_anatomy()
    assert "dotted" in card.legendLabel.text
    assert all("dotted" in chip.styleSheet for chip in card.chips.buttons)
    assert "3D surface is still being made" in card.chips.buttons[0].toolTip
    before = tuple(card.chips.buttons)
    drawn(reader)
    assert "dotted" not in card.legendLabel.text
    assert all("solid" in chip.styleSheet for chip in card.chips.buttons)
    assert tuple(card.chips.buttons) == before


def test_verdict_given_at_once_says_what_was_not_on_the_screen_yet(reader: Any) -> None:
    go_to(reader, "Does the trachea run")
    study = reader.window.study
    study.viewer.scene._case.shapes._entries.clear()
    study.presenter.show_anatomy()
    study.page.verdict.press("1")  # no turn of the event loop in between

    (verdict,) = reader.verdicts()
    assert set(verdict.viewing.structures) == {"trachea", "esophagus"}
    assert set(verdict.viewing.surfaces_pending) == {"trachea", "esophagus"}
    assert verdict.viewing.slices_pending == ()


def test_regions_come_while_the_event_loop_runs_though_threads_starve(reader: Any) -> None:
    """In Slicer a Python thread that derives a region hardly advances: 8 to 20 s were measured."""
    go_to(reader, "Where is the enlarged mediastinal")
    study = reader.window.study
    scene = study.viewer.scene
    scene._case.regions._derived.clear()
    scene._case.shapes._entries.clear()
    drawn(reader)
    turns = 0
    study.presenter.show_anatomy()
    while study.viewer.scene.evidence_state().slices_pending:
        reader.host.settle(5)
        turns += 1
    assert turns <= 20
    assert "mediastinum" in scene.evidence_state().regions


def test_verdict_carries_what_the_reader_saw(reader: Any) -> None:
    go_to(reader, "Does the trachea run")
    reader.page.views.pictureBox.setChecked(True)
    reader.press("M", "1")

    (verdict,) = reader.verdicts()
    viewing = verdict.viewing
    assert viewing.structures == ("esophagus", "trachea") or viewing.structures == ("trachea", "esophagus")
    assert viewing.layout == "front-back"
    assert viewing.markers == (viewing.slice_ras,)
    assert viewing.window_width_hu > 0
    picture = reader.window.session.files.pictures / f"{viewing.picture_sha256}.png"
    assert picture.read_bytes().startswith(b"\x89PNG")


def test_place_is_marked_only_where_there_is_a_picture(reader: Any, study: Path) -> None:
    button = reader.page.verdict.markButton
    assert button.enabled
    reader.host.close_scene()
    assert not button.enabled
    reader.press("M", "PgDown")
    assert button.enabled


def test_blinded_views_show_the_ct_and_nothing_of_the_anatomy(
    play: Any, slicer_views: Any, study: Path
) -> None:
    text = study.read_text(encoding="utf-8")
    study.write_text(text.replace('mode = "open"', 'mode = "blinded"'), encoding="utf-8")
    play.start(beside_views=True)
    play.open(study)

    assert scene_of(play).evidence_state().structures == ()
    assert scene_of(play).volume_node is not None
    assert not play.page.views.allBox.enabled
    play.press("1")
    assert play.verdicts()[0].aided is False


def test_loading_a_case_shows_its_stages_and_can_be_cancelled(
    play: Any, slicer_views: Any, study: Path
) -> None:
    import slicer

    play.start(beside_views=True)
    shower, page, texts = play.window.study.viewer.display, play.page, []

    def cancel_at_the_second(text: str) -> None:
        page.show_loading(text)
        texts.append(text)
        if "(2/3)" in text:
            page.navigation.loadingButton.click()

    shower._show_stage = cancel_at_the_second
    play.window.open_study(study, "reader-1")
    label = page.navigation.loadingLabel
    play.until(lambda: not shower.busy)

    assert "phantom-01" in next(filter(None, texts))
    assert any("(1/3)" in text for text in texts)
    assert not any("(3/3)" in text for text in texts)
    shower._show_stage = page.show_loading
    assert not shower.busy
    assert not label.visible
    assert not slicer.util.getNodesByClass("vtkMRMLScalarVolumeNode")
    play.press("PgDown")
    assert scene_of(play).volume_node is not None


def test_scene_closed_by_the_reader_comes_back_with_the_next_question(reader: Any) -> None:
    reader.host.close_scene()
    reader.press("1")

    assert len(reader.verdicts()) == 1
    assert scene_of(reader).volume_node is not None
    assert reader.window.study.viewer.case_id == reader.reading.visible().case_id


def test_nodes_deleted_by_the_reader_are_put_back(reader: Any) -> None:
    import slicer

    for name in ("vtkMRMLScalarVolumeNode", "vtkMRMLSegmentationNode"):
        for node in slicer.util.getNodesByClass(name):
            slicer.mrmlScene.RemoveNode(node)
    reader.press("1", "2", "A", "Return")

    assert len(reader.verdicts()) == 2
    assert slicer.util.getNodesByClass("vtkMRMLScalarVolumeNode")


def test_views_are_where_they_were_after_a_restart(reader: Any, study: Path) -> None:
    go_to(reader, "Does the trachea run")
    scene_of(reader).jump_to("esophagus")
    scene_of(reader).set_window("bone")
    reader.window.study.keeper.keep()
    seen = scene_of(reader).evidence_state()
    reader.quit()
    reader.host.close_scene()

    reader.start(beside_views=True)
    reader.open(study)
    again = scene_of(reader).evidence_state()

    assert again.slice_ras == pytest.approx(seen.slice_ras, abs=0.01)
    assert again.window_width_hu == seen.window_width_hu == 1800


def test_closing_the_study_leaves_the_scene_as_it_was(reader: Any) -> None:
    import slicer

    reader.host.click(reader.page.navigation.closeButton)

    for name in ("vtkMRMLScalarVolumeNode", "vtkMRMLSegmentationNode", "vtkMRMLMarkupsFiducialNode"):
        assert not slicer.util.getNodesByClass(name), name


def resident_mb() -> float:
    pages = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[1])
    return pages * resource.getpagesize() / 1e6


@pytest.mark.skipif(not Path("/proc/self/statm").exists(), reason="resident memory is read from /proc")
def test_two_hundred_questions_leave_the_scene_as_large_as_before(reader: Any) -> None:
    import slicer

    def walk(turns: int) -> None:
        for turn in range(turns):
            reader.window.study.reading.next() if turn % 8 < 4 else reader.window.study.reading.previous()
            reader.arrived()

    reader.page.views.keepLayoutBox.setChecked(
        True
    )  # the host takes long to arrange widgets, Slicer does not
    walk(32)  # every question seen: its shapes are made
    reader.host.settle()
    gc.collect()
    memory = resident_mb()
    nodes, widgets = slicer.mrmlScene.GetNumberOfNodes(), len(reader.page.widget.findChildren("QWidget"))
    walk(168)
    reader.host.settle()
    gc.collect()
    assert resident_mb() - memory < MOST_GROWN_MB

    assert slicer.mrmlScene.GetNumberOfNodes() <= nodes
    assert len(reader.page.widget.findChildren("QWidget")) <= widgets + 4
    assert len(reader.events()) > 200


def test_all_structures_and_ct_in_three_d_come_and_go(reader: Any) -> None:
    import slicer

    def segments() -> int:
        return len(slicer.util.getNodesByClass("vtkMRMLSegmentationNode"))

    few = segments()
    reader.page.views.allBox.setChecked(True)
    assert len(scene_of(reader).evidence_state().structures) > 20
    reader.page.views.allBox.setChecked(False)
    assert segments() == few
    reader.page.views.renderingBox.setChecked(True)
    assert slicer.util.getNodesByClass("vtkMRMLVolumeRenderingDisplayNode")
    reader.page.views.renderingBox.setChecked(False)
    assert not slicer.util.getNodesByClass("vtkMRMLVolumeRenderingDisplayNode")


def test_window_preset_is_kept_from_question_to_question(reader: Any) -> None:
    reader.page.sections["views"].collapsed = False
    reader.host.settle()
    reader.page.views.windowButtons["bone"].click()
    reader.press("PgDown")

    assert scene_of(reader).evidence_state().window_width_hu == 1800


def test_unaided_text_only_reader_sees_no_ct(play: Any, slicer_views: Any, study: Path) -> None:
    text = study.read_text(encoding="utf-8")
    unaided = text.replace('mode = "open"', 'mode = "unaided"\nmaterial = "text_only"')
    study.write_text(unaided, encoding="utf-8")
    play.start(beside_views=True)
    play.open(study)

    import slicer

    assert scene_of(play).evidence_state().window_width_hu is None
    assert not play.page.verdict.markButton.enabled
    shown = {
        node.GetBackgroundVolumeID() for node in slicer.util.getNodesByClass("vtkMRMLSliceCompositeNode")
    }
    assert shown == {None}


ABDOMEN = {"a1": "On which side is the spleen?", "a2": "Does the gallbladder touch the liver?"}


@pytest.mark.real_data
def test_real_ct_is_read_with_its_real_mask(
    play: Any, slicer_views: Any, real_data: Path, tmp_path: Path
) -> None:
    from CTSpatialVQASession.picked_study import PickedFiles, write_picked_study

    questions = tmp_path / "questions.jsonl"
    rows = ({"question_id": key, "case_id": "abdomen", "text": text} for key, text in ABDOMEN.items())
    questions.write_text("".join(json.dumps({**row, "reference": ""}) + "\n" for row in rows))
    ct = real_data / "ct" / "example_ct.nii.gz"
    mask = real_data / "ct" / "example_ct_totalsegmentator.nii.gz"
    study = write_picked_study(tmp_path / "picked", PickedFiles(questions, "abdomen", ct, mask))
    play.start(beside_views=True)
    play.open(study)
    play.page.asking.backendCombo.setCurrentText("anatomy")
    play.window.study.asking.ask("all")
    play.until(lambda: not play.window.study.asking.running)
    assert {chip.key for chip in play.page.details.chips.buttons} == {"spleen"}
    play.press("1", "1")

    spleen, gallbladder = play.verdicts()
    assert spleen.viewing.structures == ("spleen",)
    assert spleen.viewing.slice_ras[0] < 0, "the spleen is on the patient's left"
    assert set(gallbladder.viewing.structures) == {"gallbladder", "liver"}
