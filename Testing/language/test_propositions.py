"""Propositions on an own sample: each clause with polarity, certainty, frame and the values it says."""

from __future__ import annotations

import pytest

from CTSpatialVQALib.language.clauses import clauses_in
from CTSpatialVQALib.language.propositions import parse_claims, propositions_in
from CTSpatialVQALib.records.words import Certainty, Dimension, Frame, Polarity

Said = list[tuple[str, str, str]]


def said(text: str) -> set[tuple[str, str, str]]:
    """(polarity, dimension, value) of every proposition."""
    return {(str(one.polarity), str(one.dimension), one.value) for one in propositions_in(text)}


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Left, not right.", [("affirmed", "side", "left"), ("negated", "side", "right")]),
        ("Neither the left nor the right kidney is enlarged.", [("negated", "side", "left")]),
        ("All lobes except the RUL.", [("negated", "lobe", "upper_lobe_right")]),
        ("The left lower lobe shows no nodule, the right lower lobe does.",
         [("negated", "side", "left"), ("affirmed", "side", "right")]),
        ("The nodule is no longer in the left lower lobe but in the left upper lobe.",
         [("negated", "lobe", "lower_lobe_left"), ("affirmed", "lobe", "upper_lobe_left")]),
        ("A nodule without calcification in the left upper lobe.", [("affirmed", "lobe", "upper_lobe_left")]),
        ("Rather than the left, the right lung is affected.",
         [("negated", "side", "left"), ("affirmed", "side", "right")]),
        ("Nodule of 1,5 cm at Th 8.", [("affirmed", "size", "1.5 cm"), ("affirmed", "level", "T8")]),
        ("Effusion: none. Left lower lobe consolidation.",
         [("negated", "presence", ""), ("affirmed", "lobe", "lower_lobe_left")]),
        ("The trachea lies in front of the esophagus.", [("affirmed", "relation", "in front of")]),
        ("Station 4R node.", [("affirmed", "side", "right")]),
        ("Left pleural effusion has resolved.", [("negated", "side", "left")]),
    ],
)  # fmt: skip
def test_each_dimension_has_its_own_value_and_polarity(text: str, expected: Said) -> None:
    assert set(expected) <= said(text)


@pytest.mark.parametrize(
    ("text", "certainty", "frame"),
    [
        (
            "Pulmonary embolism cannot be excluded in the right lower lobe.",
            Certainty.UNCERTAIN,
            Frame.PATIENT,
        ),
        ("Probably in the left lung.", Certainty.LIKELY, Frame.PATIENT),
        ("It lies on the left side of the image.", Certainty.STATED, Frame.VIEWER),
        ("It lies on the patient's left.", Certainty.STATED, Frame.PATIENT),
        ("It can be seen in the left lung.", Certainty.STATED, Frame.PATIENT),
        ("It may be in the left lung.", Certainty.UNCERTAIN, Frame.PATIENT),
    ],
)
def test_doubt_and_whose_left_it_is_are_kept(text: str, certainty: Certainty, frame: Frame) -> None:
    for one in propositions_in(text):
        assert (one.certainty, one.frame) == (certainty, frame)
    assert propositions_in(text)


def test_what_is_usual_or_unknown_says_nothing_of_the_patient() -> None:
    assert propositions_in("Typically it lies on the left.") == ()
    (claim,) = parse_claims("I cannot determine the side.")
    assert claim.no_answer == "cannot_determine"
    assert claim.propositions == ()


def test_a_relation_keeps_its_landmark() -> None:
    (relation,) = (one for one in propositions_in("The node lies behind the trachea.")
                   if one.dimension is Dimension.RELATION)  # fmt: skip
    assert relation.landmark is not None
    assert relation.landmark.structures == ("trachea",)


@pytest.mark.parametrize(
    "text",
    [
        "The right side is clear; the finding is on the left.",
        "Lt. lung clear, e.g. no nodule. Rt. lung: 1.5 cm nodule (RUL).",
        "No. It lies - as far as I see - on the left, which is unusual.",
    ],
)
def test_clauses_stand_where_they_say(text: str) -> None:
    for clause in clauses_in(text):
        assert text[clause.start : clause.end] == clause.words
    for one in propositions_in(text):
        assert 0 <= one.span.start < one.span.end <= len(text)


def test_a_denial_ends_where_a_new_subject_begins() -> None:
    first, second = clauses_in("There is no nodule on the left, and the right lung shows one.")
    assert first.polarity is Polarity.NEGATED
    assert second.polarity is Polarity.AFFIRMED


@pytest.mark.parametrize(
    "part", ["(", "not ", ", and ", "x. ", "except ", "left or right ", "i.e. ", "a " * 9]
)
def test_long_texts_are_read_in_time_that_grows_with_their_length(part: str) -> None:
    assert len(clauses_in(part * (60_000 // len(part)))) <= 60_000
