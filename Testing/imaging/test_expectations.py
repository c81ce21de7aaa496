"""Which answers must change under a probe is told from the texts."""

from __future__ import annotations

import pytest

from CTSpatialVQALib.imaging.probe_expectations import Expected, swapped_sides, when_mirrored, when_other_case


@pytest.mark.parametrize(
    ("text", "swapped"),
    [
        ("On the left side.", "On the right side."),
        ("The RUL and the LLL", "The LUL and the RLL"),
        ("Left-sided effusion in the RIGHT chest", "Right-sided effusion in the LEFT chest"),
        ("The RML is collapsed", "The left middle lobe is collapsed"),
        ("The left atrium lies to the left", "The left atrium lies to the right"),
        ("Both lungs are clear.", "Both lungs are clear."),
    ],
)
def test_places_change_side_and_names_do_not(text: str, swapped: str) -> None:
    assert swapped_sides(text) == swapped


@pytest.mark.parametrize(
    ("question", "reference", "expected"),
    [
        ("On which side is the nodule?", "In the right upper lobe.", Expected.CHANGES),
        ("Is the liver enlarged?", "No, it is normal.", Expected.STAYS),
        ("Where is fluid?", "In both pleural cavities.", Expected.STAYS),
        ("Where is it?", "The left kidney is small; the right lung is collapsed.", Expected.CHANGES),
        ("Where is fluid?", "On the right and on the left.", Expected.OPEN),
        ("Is there a nodule in the left lung?", "Yes.", Expected.OPEN),
    ],
)
def test_what_mirroring_does_to_an_answer(question: str, reference: str, expected: Expected) -> None:
    assert when_mirrored(question, reference).asked_unchanged is expected


def test_the_mirrored_question_fits_the_mirrored_patient() -> None:
    mirrored = when_mirrored("Which lobe of the left lung holds it?", "The LUL.")
    assert mirrored.question == "Which lobe of the right lung holds it?"
    assert mirrored.reference == "The RUL."


@pytest.mark.parametrize(
    ("reference", "other", "expected"),
    [
        ("6 mm", None, Expected.CHANGES),
        ("On the left.", None, Expected.OPEN),
        ("No lesion above 5 mm.", None, Expected.OPEN),
        ("On the left.", "On the right side.", Expected.CHANGES),
        ("On the left.", "Left.", Expected.STAYS),
    ],
)
def test_what_another_patient_does_to_an_answer(
    reference: str, other: str | None, expected: Expected
) -> None:
    assert when_other_case(reference, other) is expected
