"""Which structures a question's picture shows, given what the mask separates."""

from __future__ import annotations

from pathlib import Path

from CTSpatialVQALib.benchmark.study import load_study
from CTSpatialVQALib.demo.phantom import make_patient
from CTSpatialVQALib.demo.study import write_demo_study
from CTSpatialVQALib.records.case import Case
from CTSpatialVQALib.records.question import Question
from CTSpatialVQALib.report.evidence import UNREADABLE, named_structures, picture_questions
from CTSpatialVQALib.scene.opengl import OpenGLState
from CTSpatialVQALib.volumes.anatomy_mask import AnatomyMask


def mask_of(*names: str) -> AnatomyMask:
    phantom = make_patient(0, "tiny")
    labels = phantom.labels.copy(order="K")
    labels[...] = 0
    for value, _ in enumerate(names, start=1):
        labels[value, 0, 0] = value
    return AnatomyMask(labels, phantom.grid, dict(enumerate(names, start=1)))


def test_question_and_reference_name_what_is_shown() -> None:
    question = Question(
        question_id="q", case_id="c", text="Where is the nodule?", reference="In the right upper lobe."
    )
    assert named_structures(question) == ("lung_upper_lobe_right",)


def test_a_lobe_that_the_mask_does_not_separate_is_shown_as_its_lung() -> None:
    lungs = mask_of("lung_left", "lung_right")
    lobes = ("lung_upper_lobe_left", "lung_lower_lobe_left")
    assert lungs.as_separated(lobes) == ("lung_left",)
    assert mask_of(*lobes).as_separated(lobes) == lobes


def test_what_the_mask_lacks_altogether_stays_named() -> None:
    assert mask_of("liver").as_separated(("pancreas", "liver")) == ("pancreas", "liver")


def test_questions_about_the_same_anatomy_share_one_picture(tmp_path: Path) -> None:
    study = load_study(write_demo_study(tmp_path, "tiny"))
    case = next(iter(study.cases.values()))
    texts = ("Is the liver large?", "Where is the liver?", "Where is the spleen?")
    questions = [Question(question_id=text, case_id=case.case_id, text=text, reference="") for text in texts]
    shown = picture_questions(questions, study.cases, OpenGLState(False, "not asked"))
    first, second, other = (shown[text].picture for text in texts)
    assert first is second
    assert first.png
    assert other.png != first.png


def test_a_damaged_ct_costs_its_own_pictures_only_and_its_path_stays_here(tmp_path: Path) -> None:
    damaged = tmp_path / "ct.nii.gz"
    damaged.write_bytes(b"no CT")
    cases = {"a": Case(case_id="a", patient_id="a", ct=damaged), "b": Case(case_id="b", patient_id="b")}
    questions = [Question(question_id=case, case_id=case, text="Where?", reference="Left.") for case in cases]
    pictures = picture_questions(questions, cases, OpenGLState(False, "not asked"))
    assert set(pictures) == {"a", "b"}
    assert pictures["a"].picture.note == UNREADABLE
    assert pictures["b"].picture.note not in ("", UNREADABLE)
