"""Do the reference answers, which come from the shapes, hold in the label volume as measured here?"""

from __future__ import annotations

import re
from collections import Counter

import numpy as np
import pytest
from scipy import ndimage

from CTSpatialVQALib.demo.phantom import Finding
from CTSpatialVQALib.demo.questions import Asked, asked_of, questions_of
from CTSpatialVQALib.records.words import Category, QuestionForm, Side
from Testing.demo.measured import Measured

LOBES = [f"lung_{level}_lobe_{side}" for side in ("left", "right") for level in ("upper", "middle", "lower")]


def _asked(patients: list[Measured], slug: str) -> list[tuple[Measured, Asked]]:
    found = [
        (one, asked)
        for one in patients
        for asked in asked_of(one.phantom, f"case-{one.phantom.index}")
        if asked.slug == slug
    ]
    assert found, slug
    return found


def _findings(patients: list[Measured], kind: str) -> list[tuple[Measured, Finding]]:
    found = [(one, finding) for one in patients for finding in one.phantom.findings if finding.kind == kind]
    assert found, kind
    return found


def _other(side: str) -> str:
    return "left" if side == "right" else "right"


def _body_heights(one: Measured) -> dict[str, float]:
    """Height S of the middle of each vertebral body: what lies in front of the spinal cord."""
    heights = {}
    for name in one.value_of:
        if name.startswith("vertebrae_"):
            places = one.places(name)
            in_front = places[places[:, 1] > places[:, 1].max() - 20]
            heights[name.removeprefix("vertebrae_")] = float(
                np.ptp(in_front[:, 2]) / 2 + in_front[:, 2].min()
            )
    return heights


def _level(one: Measured, s: float) -> str:
    heights = _body_heights(one)
    return min(heights, key=lambda name: abs(heights[name] - s))


def test_every_patient_is_asked_seven_to_nine_questions_with_its_own_ids(patients: list[Measured]) -> None:
    questions = [
        question for one in patients for question in questions_of(one.phantom, f"p{one.phantom.index}")
    ]

    assert len(questions) >= 36
    assert all(7 <= n <= 9 for n in Counter(question.case_id for question in questions).values())
    assert len({question.question_id for question in questions}) == len(questions)
    assert all(question.question_id.startswith(question.case_id + "::") for question in questions)


def test_all_categories_and_all_forms_are_asked(patients: list[Measured]) -> None:
    questions = [question for one in patients for question in questions_of(one.phantom, "case")]

    assert {category for question in questions for category in question.categories} == set(Category)
    assert {question.form for question in questions} == set(QuestionForm)
    assert any(len(question.categories) > 1 for question in questions)


def test_nodules_are_solid_and_lie_in_the_lobe_of_the_reference(patients: list[Measured]) -> None:
    for one, nodule in _findings(patients, "nodule"):
        assert one.label_at(nodule.centre_ras) == nodule.structure
        assert one.hu_at(nodule.centre_ras) > -200
    for one, asked in _asked(patients, "nodule-lobe"):
        nodule = next(finding for finding in one.phantom.findings if finding.kind == "nodule")
        _, level, _, side = (one.label_at(nodule.centre_ras) or "").split("_")
        assert asked.question.reference == f"In the {side} {level} lobe."


def test_both_nodules_of_the_second_patient_are_named(patients: list[Measured]) -> None:
    for _, asked in _asked(patients, "nodule-lobes"):
        assert asked.question.reference == "The left lower lobe and the right middle lobe."


def test_the_size_of_a_nodule_is_the_size_in_the_volume(patients: list[Measured]) -> None:
    for one, asked in _asked(patients, "nodule-size"):
        nodule = next(finding for finding in one.phantom.findings if finding.kind == "nodule")
        i, j, k = np.rint(one.phantom.grid.to_index(nodule.centre_ras)).astype(int)
        across = one.phantom.hu[i, j - 20 : j + 21, k] > -400
        size = (across[20:].argmin() + across[20::-1].argmin() - 1) * one.phantom.grid.spacing_mm[1]
        assert size == pytest.approx(float(asked.question.reference.removesuffix(" mm.")), abs=4)


def test_a_nodule_abuts_the_pleura_exactly_where_the_reference_says_so(patients: list[Measured]) -> None:
    answers = set()
    for one, asked in _asked(patients, "nodule-pleura"):
        nodule = next(finding for finding in one.phantom.findings if finding.kind == "nodule")
        lungs = np.pad(one.voxels(*LOBES), 1)
        i, j, k = np.rint(one.phantom.grid.to_index(nodule.centre_ras)).astype(int) + 1
        around = lungs[i - 20 : i + 21, j - 20 : j + 21, k - 20 : k + 21]
        depth = ndimage.distance_transform_edt(around, one.phantom.grid.spacing_mm)[20, 20, 20]
        gap = depth - nodule.diameter_mm / 2
        assert abs(gap) > 2, "too close to call for a reader"
        assert ("abuts" in asked.question.reference) == (gap < 0)
        answers.add(asked.question.reference)
    assert len(answers) == 2


def test_pleural_fluid_has_taken_the_place_of_the_lung_on_its_side_only(patients: list[Measured]) -> None:
    for one, fluid in _findings(patients, "effusion"):
        r, a, s = fluid.centre_ras
        assert one.label_at((r, a, s)) is None
        assert -20 < one.hu_at((r, a, s)) < 45
        assert one.hu_at((2 * one.midline - r, a + 14, s + 8)) < -600
        assert fluid.side == ("right" if r > one.midline else "left")
    for one, asked in _asked(patients, "effusion-side"):
        fluid = next(finding for finding in one.phantom.findings if finding.kind == "effusion")
        assert asked.question.reference == f"On the {fluid.side} side."


def test_where_no_fluid_is_there_the_lungs_reach_the_back(patients: list[Measured]) -> None:
    for one, asked in _asked(patients, "effusion-present"):
        assert asked.question.reference == "No."
        back = [one.places(f"lung_lower_lobe_{side}")[:, 1].min() for side in ("left", "right")]
        assert abs(back[0] - back[1]) < 10
        assert max(back) < one.centre("vertebrae_T8")[1] - 10


def test_fluid_that_stays_behind_leaves_lung_in_front_of_it(patients: list[Measured]) -> None:
    for one, _ in _asked(patients, "effusion-extent"):
        fluid = next(finding for finding in one.phantom.findings if finding.kind == "effusion")
        r, a, s = fluid.centre_ras
        assert one.label_at((r, a + 60, s + 35)) in LOBES


def test_the_renal_cyst_is_at_the_named_pole_of_the_named_kidney(patients: list[Measured]) -> None:
    for one, asked in _asked(patients, "renal-cyst"):
        name = next(name for name in one.value_of if name.startswith("kidney_cyst"))
        side, cyst = one.side(name), one.centre(name)
        pole = "upper" if cyst[2] > one.centre(f"kidney_{side}")[2] else "lower"
        assert asked.question.reference == f"At the {pole} pole of the {side} kidney."
        assert np.median(one.hu_of(name)) < 25


def test_the_lymph_node_lies_beside_the_trachea(patients: list[Measured]) -> None:
    for one, asked in _asked(patients, "lymph-node"):
        node = next(finding for finding in one.phantom.findings if finding.kind == "lymph_node")
        trachea = one.places("trachea")
        near = trachea[np.abs(trachea[:, 2] - node.centre_ras.s) < 4].mean(axis=0)
        away = node.centre_ras.r - near[0]
        assert 10 < abs(away) < 30
        assert asked.question.reference == f"In the {'right' if away > 0 else 'left'} paratracheal region."
        assert 20 < one.hu_at(node.centre_ras) < 100
        assert one.label_at(node.centre_ras) is None


def test_the_goitre_is_as_big_and_as_low_as_the_reference_says(patients: list[Measured]) -> None:
    for one, asked in _asked(patients, "goitre-extent"):
        places = one.places("thyroid_gland")
        assert asked.question.reference.endswith(f"to the level of {_level(one, places[:, 2].min())}.")
        assert places[:, 2].min() < one.places("sternum")[:, 2].max() + 10
    for one, asked in _asked(patients, "goitre-side"):
        right = one.places("thyroid_gland")[:, 0] > one.centre("trachea")[0]
        assert asked.question.reference == f"The {'right' if right.mean() > 0.5 else 'left'} side."


def test_the_heart_lies_on_the_side_of_the_reference(patients: list[Measured]) -> None:
    for one, asked in _asked(patients, "heart-side"):
        share = (one.places("heart")[:, 0] > one.midline).mean()
        assert abs(share - 0.5) > 0.1
        assert asked.question.reference == f"On the {'right' if share > 0.5 else 'left'} side."


def test_liver_stomach_and_gallbladder_lie_where_the_references_say(patients: list[Measured]) -> None:
    for one, asked in _asked(patients, "stomach-liver"):
        liver, stomach = one.side("liver"), one.side("stomach")
        expected = f"No, the liver lies on the {liver} and the stomach on the {stomach}."
        assert asked.question.reference == expected
    for one, asked in _asked(patients, "gallbladder"):
        side = one.side("gallbladder")
        assert asked.question.reference == f"In the {side} upper abdomen, below the liver."
        assert one.centre("gallbladder")[2] < one.centre("liver")[2] - 15


def test_the_liver_crosses_the_midline(patients: list[Measured]) -> None:
    for one, asked in _asked(patients, "liver-midline"):
        liver = one.places("liver")[:, 0] > one.midline
        beyond = _other(one.side("liver"))
        share = liver.mean() if beyond == "right" else 1 - liver.mean()
        assert share > 0.05
        assert asked.question.reference == f"Yes, it extends to the {beyond} of the midline."


def test_trachea_esophagus_and_spine_stand_behind_each_other(patients: list[Measured]) -> None:
    for one in patients:
        top = one.places("trachea")[:, 2].max()
        level = [
            places[(places[:, 2] < top - 40) & (places[:, 2] > top - 90)][:, 1].mean()
            for places in (one.places("trachea"), one.places("esophagus"), one.places("spinal_cord"))
        ]
        assert level == sorted(level, reverse=True)
        assert np.diff(level).max() < -8
    assert {asked.question.reference for _, asked in _asked(patients, "trachea-depth")} == {"In front of it."}
    assert {asked.question.reference for _, asked in _asked(patients, "behind-trachea")} == {"The esophagus."}


def test_the_lower_kidney_and_the_distance_of_the_poles_are_those_measured(patients: list[Measured]) -> None:
    for one, asked in _asked(patients, "lower-kidney"):
        heights = {side: one.places(f"kidney_{side}")[:, 2].max() for side in ("left", "right")}
        assert asked.question.reference == f"The {min(heights, key=heights.__getitem__)} kidney."
        assert abs(heights["left"] - heights["right"]) > 6
    for one, asked in _asked(patients, "upper-poles"):
        poles = {}
        for side in ("left", "right"):
            places = one.places(f"kidney_{side}")
            poles[side] = places[places[:, 2] > places[:, 2].max() - 5].mean(axis=0)[0]
        stated = float(re.sub(r"[^0-9]", "", asked.question.reference))
        assert stated == pytest.approx(poles["right"] - poles["left"], abs=6)


def test_the_arch_reaches_the_vertebra_of_the_reference(patients: list[Measured]) -> None:
    for one, asked in _asked(patients, "arch-level"):
        top = one.places("aorta")[:, 2].max()
        assert asked.question.reference == f"At the level of {_level(one, top)}."


def test_arch_and_descending_aorta_run_on_the_side_of_the_reference(patients: list[Measured]) -> None:
    for slug in ("arch-side", "descending-aorta"):
        for one, asked in _asked(patients, slug):
            aorta = one.places("aorta")
            behind = aorta[
                (aorta[:, 2] > aorta[:, 2].max() - 45) & (aorta[:, 1] < one.centre("aorta")[1] - 15)
            ]
            side = "right" if behind[:, 0].mean() > one.midline else "left"
            assert asked.question.reference == f"On the {side} side."


def test_the_higher_dome_is_the_one_above_the_liver(patients: list[Measured]) -> None:
    for one, asked in _asked(patients, "higher-dome"):
        tops = {one.side(name): one.places(name)[:, 2].max() for name in ("stomach", "liver")}
        assert asked.question.reference == f"The {max(tops, key=tops.__getitem__)} dome."


def test_situs_inversus_turns_the_true_answers_round(patients: list[Measured]) -> None:
    references = {asked.slug: asked.question.reference for asked in asked_of(patients[3].phantom, "case")}

    assert references["heart-side"] == "On the right side."
    assert references["stomach-liver"] == "No, the liver lies on the left and the stomach on the right."
    assert references["lower-kidney"] == "The left kidney."
    assert patients[3].phantom.facts.arch_side is Side.RIGHT
