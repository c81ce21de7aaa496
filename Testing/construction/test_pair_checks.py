"""Each flaw is found where it is, and not where it only looks like it."""

from __future__ import annotations

import pytest

from CTSpatialVQALib.construction.candidate_pairs import Candidate, Evidence
from CTSpatialVQALib.construction.duplicates import study_of
from CTSpatialVQALib.construction.pair_checks import check_all, with_reports
from CTSpatialVQALib.construction.pair_flaws import Flaw
from CTSpatialVQALib.construction.report_checks import report_findings
from CTSpatialVQALib.construction.word_checks import word_findings
from CTSpatialVQALib.records.text import Span
from Testing.construction.samples import candidate, question, report, reports


def flaws(text: str, answer: str) -> set[Flaw]:
    return {finding.flaw for finding in word_findings(question(text, answer))}


@pytest.mark.parametrize(
    ("text", "answer", "flaw"),
    [
        ("The nodule in the right lung", "Upper lobe.", Flaw.NOT_A_QUESTION),
        ("Where is the nodule?", "  ", Flaw.NO_ANSWER),
        ("Is there any fluid around the lungs?", "No.", Flaw.NORMALITY),
        ("What is the condition of the spleen?", "It is unremarkable.", Flaw.NORMALITY),
        ("Are the airways patent?", "Yes, they are.", Flaw.NORMALITY),
        ("How many cysts are there?", "Three.", Flaw.NOT_SPATIAL),
        ("What is the diameter of the aneurysm?", "52 mm.", Flaw.NOT_SPATIAL),
        ("What kind of hernia is seen?", "A sliding one.", Flaw.NOT_SPATIAL),
        ("Where is the nodule of the left lower lobe?", "In the left lower lobe.", Flaw.LEAKED),
        ("Where is the mass and what is its size?", "Left lung, 3 cm.", Flaw.SEVERAL_FACTS),
        ("Is there a bulla, and if so, where?", "In the left apex.", Flaw.SEVERAL_FACTS),
        ("Where is the stable nodule?", "In the left lung.", Flaw.PRIOR_EXAMINATION),
        ("Which side has fluid?", "Left, as in the previous examination.", Flaw.PRIOR_EXAMINATION),
        ("Which lobe is named in the report?", "The left lower lobe.", Flaw.SPEAKS_OF_REPORT),
    ],
)
def test_a_flaw_is_found(text: str, answer: str, flaw: Flaw) -> None:
    assert flaw in flaws(text, answer)


@pytest.mark.parametrize(
    ("text", "answer"),
    [
        ("On which side is the spiculated nodule?", "On the right."),
        ("Does the mass cross the midline?", "No."),
        ("Is the bulla in the right lung?", "No, it is in the left lung."),
        ("Is the bulla in the left or in the right lung?", "In the left lung."),
        ("Which lung and lobe hold the bulla?", "Left lower lobe."),
        ("How far is the nodule from the pleura?", "8 mm."),
        ("Where are the clips of the previous operation?", "Beside the left hilum."),
        ("Is the opacity central or peripheral?", "Peripheral."),
        ("Which structure lies directly behind the trachea?", "The esophagus, behind it in the midline."),
    ],
)
def test_a_good_pair_has_no_flaw(text: str, answer: str) -> None:
    assert flaws(text, answer) == set()


def of_report(one: Candidate) -> set[Flaw]:
    return {finding.flaw for finding in report_findings(one, report("case-1"))}


def test_a_side_or_lobe_against_the_report_is_found() -> None:
    assert of_report(candidate("On which side is the spiculated nodule?", "Left.")) == {
        Flaw.SIDE_NOT_IN_REPORT
    }
    assert of_report(candidate("Where is the thin-walled bulla?", "In the left upper lobe.")) == {
        Flaw.LOBE_NOT_IN_REPORT
    }


@pytest.mark.parametrize(
    ("text", "answer"),
    [
        ("On which side is the spiculated nodule?", "Right."),
        ("Where is the thin-walled bulla?", "In the lower lobe."),
        ("Is the spiculated nodule on the left?", "No."),
        ("Which lung holds the spiculated nodule?", "The right lung."),
    ],
)
def test_what_the_report_bears_out_is_not_found(text: str, answer: str) -> None:
    assert of_report(candidate(text, answer)) == set()


def test_words_that_are_not_in_the_report_are_found_and_named() -> None:
    (finding,) = report_findings(candidate("Where is the bulla?", "Behind the pancreas."), report("case-1"))
    assert finding.flaw is Flaw.NOT_IN_REPORT
    assert "pancrea" in finding.why


def test_evidence_holds_only_letter_by_letter_at_its_place() -> None:
    words = "A spiculated nodule lies in the right upper lobe."
    there = Evidence(section="findings", span=Span(start=0, end=len(words)), words=words)
    beside = there.model_copy(update={"span": Span(start=1, end=len(words) + 1)})
    elsewhere = there.model_copy(update={"section": "impression"})
    pair = candidate("On which side is the spiculated nodule?", "Right.")
    assert of_report(pair.model_copy(update={"evidence": there})) == set()
    for wrong in (beside, elsewhere):
        assert of_report(pair.model_copy(update={"evidence": wrong})) == {Flaw.EVIDENCE_NOT_FOUND}


def test_a_case_without_a_report_is_told() -> None:
    found = check_all([candidate("Which side?", "Left.", case_id="case-9")], reports(), blind=False)
    assert Flaw.NO_REPORT in {finding.flaw for finding in found.findings["case-9::0"]}


SAME = ("On which side is the nodule?", "On the right.")
REWORDED = ("On what side is the nodule located?", "Right")


def duplicates(*pairs: Candidate) -> dict[str, set[Flaw]]:
    wanted = {Flaw.DUPLICATE_IN_CASE, Flaw.OTHER_RECONSTRUCTION, Flaw.REPEATED_REPORT}
    found = check_all(pairs, None, blind=False).findings
    told = {pair_id: {one.flaw for one in several} & wanted for pair_id, several in found.items()}
    return {pair_id: several for pair_id, several in told.items() if several}


def test_a_reworded_pair_of_a_case_is_a_duplicate_and_the_first_is_not() -> None:
    first, second = candidate(*SAME), candidate(*REWORDED, number=1)
    assert duplicates(first, second) == {"case-1::1": {Flaw.DUPLICATE_IN_CASE}}


def test_another_answer_or_a_denial_is_no_duplicate() -> None:
    other = candidate(SAME[0], "On the left.", number=1)
    yes, no = (
        candidate("Does it touch the rib?", "Yes.", number=2),
        candidate("Does it touch the rib?", "No.", number=3),
    )
    assert duplicates(candidate(*SAME), other, yes, no) == {}


def test_reconstructions_of_a_study_and_repeated_reports_are_told_apart() -> None:
    one = candidate(*SAME, case_id="valid_3_a_1.nii.gz", report_id="r-1")
    reconstruction = candidate(*SAME, case_id="valid_3_a_2.nii.gz", report_id="r-1")
    other_patient = candidate(*SAME, case_id="valid_4_a_1.nii.gz", report_id="r-1")
    stranger = candidate(*SAME, case_id="valid_5_a_1.nii.gz", report_id="r-2")
    assert duplicates(one, reconstruction, other_patient, stranger) == {
        "valid_3_a_2.nii.gz::0": {Flaw.OTHER_RECONSTRUCTION, Flaw.REPEATED_REPORT},
        "valid_4_a_1.nii.gz::0": {Flaw.REPEATED_REPORT},
    }
    assert study_of("valid_3_a_2.nii.gz") == "valid_3_a"
    assert study_of("case-1") == "case-1"


def test_what_both_blind_routes_know_is_found_and_what_one_of_them_knows_is_not() -> None:
    fluid, broken = "Is pleural fluid on the left or on the right?", "Which side shows a broken clavicle?"
    common = [candidate(fluid, "Left.", case_id=f"case-{n}") for n in range(10, 22)]
    rare = [candidate(broken, "Right.", case_id=f"case-{n}") for n in range(30, 38)]
    # the commonest answer is right on it, the prior is not: such clavicles are on the right
    odd = candidate(broken, "Left.", case_id="case-50")
    found = check_all([*common, *rare, odd], None).findings
    blind = {pair_id for pair_id, several in found.items() if Flaw.BLIND in {one.flaw for one in several}}
    assert blind == {one.pair_id for one in common}


def test_one_patient_alone_cannot_be_answered_blind() -> None:
    assert check_all([candidate(*SAME)], None).blind is None


def test_report_and_patient_come_from_the_reports() -> None:
    (one,) = with_reports([candidate(*SAME)], {"case-1": report("case-1", patient_id="p-77")})
    assert (one.patient_id, one.report_id) == ("p-77", report("case-1").report_id)
