"""Reports and pairs of our own writing that the tests of the construction start from."""

from __future__ import annotations

from CTSpatialVQALib.construction.candidate_pairs import Candidate, candidate_of
from CTSpatialVQALib.construction.reports import Report
from CTSpatialVQALib.records.question import Question
from CTSpatialVQALib.records.words import Category

FINDINGS = {
    "case-1": (
        "A spiculated nodule lies in the right upper lobe. A thin-walled bulla lies in the left lower lobe."
        " The airways are patent. No pleural fluid."
    ),
    "case-2": "A small goitre lies in the left thyroid gland. The spleen is normal.",
    "case-3": "Both kidneys show cysts. The heart is of normal size.",
}


def report(case_id: str, findings: str | None = None, patient_id: str | None = None) -> Report:
    return Report(
        case_id=case_id,
        patient_id=patient_id or f"patient-of-{case_id}",
        findings=FINDINGS[case_id] if findings is None else findings,
        impression="As above.",
    )


def reports() -> dict[str, Report]:
    return {case_id: report(case_id) for case_id in FINDINGS}


def question(
    text: str, answer: str, *, case_id: str = "case-1", number: int = 0, categories: tuple[Category, ...] = ()
) -> Question:
    return Question(
        question_id=f"{case_id}::{number}",
        case_id=case_id,
        text=text,
        reference=answer,
        categories=categories,
    )


def candidate(
    text: str,
    answer: str,
    *,
    case_id: str = "case-1",
    number: int = 0,
    categories: tuple[Category, ...] = (),
    **more: object,
) -> Candidate:
    asked = question(text, answer, case_id=case_id, number=number, categories=categories)
    made = candidate_of(asked, patient_id=f"patient-of-{case_id}")
    return made.model_copy(update=more)
