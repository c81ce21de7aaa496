"""Claims on an own sample: polarity, sides, levels, depth, centricity, containment, extent, numbers."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from CTSpatialVQALib.language.claims import (
    centricities_in,
    depths_in,
    extents_in,
    first_side,
    lateral_set,
    levels_in,
    numbers_in,
    sides_in,
    yes_no_of,
)
from CTSpatialVQALib.language.propositions import parse_claims, polarity_of
from CTSpatialVQALib.records.words import Centricity, Depth, Level, Polarity, Side

NO, YES = Polarity.NEGATED, Polarity.AFFIRMED


@pytest.mark.parametrize(
    ("text", "polarities"),
    [
        ("There is fluid in the right pleural space.", [YES]),
        ("There is no fluid in the right pleural space.", [NO]),
        ("The nodes are not enlarged.", [NO]),
        ("Neither kidney holds a stone.", [NO]),
        ("Absence of fluid.", [NO]),
        ("The lungs are free of nodules.", [NO]),
        ("The liver is normal.", [NO]),
        ("The heights are preserved.", [NO]),
        ("The liver is not normal.", [YES]),
        ("The liver is abnormal.", [YES]),
        ("The atrium is larger than normal.", [YES]),
        ("A nodule on the right, but none on the left.", [YES, NO]),
        ("A nodule without calcification.", [YES, NO]),
        ("No fluid; a nodule in the left lung.", [NO, YES]),
        ("Not only the left lung is affected.", [YES]),
        ("The fluid isn't loculated.", [NO]),
        ("No, it lies in the left lung.", [YES]),
        ("Yes, there is no fluid.", [NO]),
        ("No.", [NO]),
        ("Yes", [YES]),
        ("", []),
    ],
)
def test_each_statement_has_its_own_polarity(text: str, polarities: list[Polarity]) -> None:
    assert [claim.polarity for claim in parse_claims(text)] == polarities


@pytest.mark.parametrize(
    ("text", "sides"),
    [
        ("on the right", {Side.RIGHT}),
        ("left-sided fluid", {Side.LEFT}),
        ("both lungs", {Side.BILATERAL}),
        ("bilaterally", {Side.BILATERAL}),
        ("right and left", {Side.LEFT, Side.RIGHT}),
        ("in the midline", {Side.MIDLINE}),
        ("RUL", {Side.RIGHT}),
        ("the left anterior descending artery", set()),
        ("the left ventricle", set()),
        ("the left atrium is wide", set()),
        ("the right-hand edge of the picture", set()),
        ("the left lobe of the liver", set()),
        ("calcified left coronary artery, right lung clear", {Side.RIGHT}),
        ("upright", set()),
        ("at a right angle", set()),
        ("a left shift", set()),
        ("the right heart", set()),
        ("the left descending coronary artery", set()),
        ("both the upper and lower lobes of the right lung", {Side.RIGHT}),
        ("both upper lobes", {Side.BILATERAL}),
    ],
)
def test_sides_are_the_patient_s_and_not_parts_of_names(text: str, sides: set[Side]) -> None:
    assert sides_in(text) == sides


def test_bilateral_and_left_and_right_are_the_same_set() -> None:
    assert lateral_set("bilateral") == lateral_set("left and right") == {Side.LEFT, Side.RIGHT}
    assert lateral_set("midline") == frozenset()


def test_the_first_side_is_the_one_named_first() -> None:
    assert first_side("thicker on the left than on the right") is Side.LEFT
    assert first_side("both sides, more on the right") is Side.BILATERAL
    assert first_side("somewhere") is None


@pytest.mark.parametrize(
    ("text", "levels"),
    [
        ("the upper lobe", {Level.UPPER}),
        ("upper and lower lobes", {Level.UPPER, Level.LOWER}),
        ("the middle lobe", {Level.MIDDLE}),
        ("a posterobasal nodule", {Level.LOWER}),
        ("the lung apex", {Level.UPPER}),
        ("the superior segment of the lower lobe", {Level.LOWER}),
        ("the superior vena cava", set()),
        ("the upper abdomen", set()),
        ("the upper part of the abdomen", set()),
        ("in the midline", set()),
    ],
)
def test_levels_are_lobes_and_zones(text: str, levels: set[Level]) -> None:
    assert levels_in(text) == levels


def test_what_crosses_the_midline_is_not_central() -> None:
    assert centricities_in("in the midline") == {Centricity.CENTRAL}
    assert centricities_in("no crossing of the midline") == frozenset()


@pytest.mark.parametrize(
    ("text", "depths"),
    [
        ("the anterior chest wall", {Depth.ANTERIOR}),
        ("behind the heart", {Depth.POSTERIOR}),
        ("anterolateral", {Depth.ANTERIOR}),
        ("the anterior-posterior diameter", set()),
        ("left anterior descending artery", set()),
        ("the dorsal vertebrae", set()),
    ],
)
def test_depth_is_front_or_back(text: str, depths: set[Depth]) -> None:
    assert depths_in(text) == depths


def test_one_statement_carries_all_its_dimensions() -> None:
    (claim,) = parse_claims("A 12 x 8 mm subpleural nodule within the anterior right upper lobe, solitary")
    assert claim.structures == ("lung_upper_lobe_right",)
    assert claim.sides == {Side.RIGHT}
    assert claim.levels == {Level.UPPER}
    assert claim.depths == {Depth.ANTERIOR}
    assert claim.centricity is Centricity.PERIPHERAL
    assert (claim.containment, claim.extent) == ("within", "focal")
    assert [(number.value, number.unit) for number in claim.numbers] == [(12.0, "mm"), (8.0, "mm")]
    assert claim.regions == ("subpleural",)


def test_the_span_of_a_claim_gives_its_words() -> None:
    text = "No fluid on the left; a nodule of 3.5 mm, on the right."
    for claim in parse_claims(text):
        assert text[claim.span.start : claim.span.end] == claim.words
    assert [claim.words for claim in parse_claims(text)][1] == "a nodule of 3.5 mm, on the right"


@pytest.mark.parametrize(
    ("text", "numbers"),
    [
        ("4.5 cm", [(4.5, "cm")]),
        ("8x6 mm", [(8.0, "mm"), (6.0, "mm")]),
        ("a 3-mm nodule", [(3.0, "mm")]),
        ("-20 HU", [(-20.0, "HU")]),
        ("fluid-20 HU", [(20.0, "HU")]),
        ("5x6 mm", [(5.0, "mm"), (6.0, "mm")]),
        ("3 and 4 mm", [(3.0, "mm"), (4.0, "mm")]),
        ("3-4 mm", [(3.0, "mm"), (4.0, "mm")]),
        ("3, 4 and 5 cm", [(3.0, "cm"), (4.0, "cm"), (5.0, "cm")]),
        ("3 nodules of 4 mm", [(3.0, ""), (4.0, "mm")]),
        ("10 ml in 3 places", [(10.0, "ml"), (3.0, "")]),
        ("T4-T6", []),
        ("1/2 of the lung", [(0.5, "")]),
        ("4,5 millimetres", [(4.5, "mm")]),
        ("the vertebra T4 and the 5th rib", []),
        ("two nodules", []),
    ],
)
def test_numbers_keep_their_unit(text: str, numbers: list[tuple[float, str]]) -> None:
    assert [(number.value, number.unit) for number in numbers_in(text)] == numbers


@pytest.mark.parametrize(
    ("text", "containment"),
    [
        ("between the aorta and the trachea", "between"),
        ("adjacent to the pleura", "adjacent"),
        ("around the kidney", "around"),
        ("in the liver", "within"),
        ("right", None),
    ],
)
def test_containment_is_named(text: str, containment: str | None) -> None:
    assert parse_claims(text)[0].containment == containment


def test_extent_is_focal_or_diffuse() -> None:
    assert extents_in("widespread and scattered") == {"diffuse"}
    assert extents_in("confined to one spot") == {"focal"}
    assert parse_claims("extending to the hilum")[0].extent == "extending"


@pytest.mark.parametrize(
    ("text", "answer"),
    [("Yes, on the left", True), (" no.", False), ("Nodule", None), ("None", None), ("Yesterday", None)],
)
def test_yes_and_no_stand_at_the_start(text: str, answer: bool | None) -> None:
    assert yes_no_of(text) is answer


@pytest.mark.parametrize(
    ("text", "polarity"),
    [("No, it is on the left", NO), ("Yes, no fluid", YES), ("No fluid", NO), ("Fluid", YES), ("  ", None)],
)
def test_a_leading_yes_or_no_decides_for_the_whole(text: str, polarity: Polarity | None) -> None:
    assert polarity_of(text) is polarity


@given(st.text(max_size=80))
def test_any_text_can_be_parsed(text: str) -> None:
    for claim in parse_claims(text):
        assert text[claim.span.start : claim.span.end] == claim.words
