"""Which structures a question's picture shows, given what the mask separates."""

from __future__ import annotations

from CTSpatialVQALib.anatomy.masks import AnatomyMask
from CTSpatialVQALib.demo.phantom import make_patient
from CTSpatialVQALib.records.question import Question
from CTSpatialVQALib.report.evidence import named_structures, shown_structures


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
    assert shown_structures(lobes, lungs) == ("lung_left",)
    assert shown_structures(lobes, mask_of(*lobes)) == lobes


def test_what_the_mask_lacks_altogether_stays_named() -> None:
    assert shown_structures(("pancreas", "liver"), mask_of("liver")) == ("pancreas", "liver")
    assert shown_structures(("pancreas",), None) == ("pancreas",)
