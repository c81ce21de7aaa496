"""The anatomy backend answers from geometry, says the measured reason, and declines what it cannot see."""

from __future__ import annotations

from CTSpatialVQALib.backends.anatomy_backend import AnatomyBackend
from CTSpatialVQALib.backends.case_data import CaseData
from CTSpatialVQALib.records.case import Case
from CTSpatialVQALib.records.question import Question
from CTSpatialVQALib.records.words import Outcome, Probe

QUESTION = Question(question_id="q", case_id="body", text="Where is the liver?", reference="right")


def ask(text: str, case: Case, probe: Probe = Probe.FULL) -> tuple[Outcome, str, str]:
    question = Question(question_id="q", case_id="body", text=text, reference="")
    answer = AnatomyBackend().ask(question, CaseData(case), probe)
    return answer.outcome, answer.text, answer.detail or answer.basis


def test_an_answer_comes_with_its_measured_reason(body: Case) -> None:
    outcome, said, basis = ask("Which kidney lies lower?", body)
    assert (outcome, said) == (Outcome.ANSWERED, "The right kidney.")
    assert basis == "the right kidney lies 12 mm below the left kidney"


def test_what_no_mask_can_show_is_refused_with_the_reason(body: Case) -> None:
    outcome, said, reason = ask("In which lobe is the nodule?", body)
    assert (outcome, said) == (Outcome.REFUSED, "")
    assert "nodule" in reason


def test_declared_situs_inversus_is_taken_from_the_case(body: Case) -> None:
    declared = body.model_copy(update={"situs_inversus": True})  # the boxes lie on the usual sides
    outcome, _, reason = ask("On which side is the spleen?", declared)
    assert outcome is Outcome.REFUSED
    assert "situs inversus is declared" in reason


def test_without_a_mask_nothing_is_answered(body: Case) -> None:
    bare = body.model_copy(update={"mask": None})
    outcome, _, reason = ask("On which side is the spleen?", bare)
    assert outcome is Outcome.REFUSED
    assert "no anatomy mask" in reason


def test_a_probe_is_never_answered_as_if_it_were_the_full_presentation(body: Case) -> None:
    assert ask("On which side is the spleen?", body, Probe.MIRRORED)[0] is Outcome.REFUSED


def test_presentation_changes_with_the_mask(body: Case) -> None:
    backend = AnatomyBackend()
    with_mask = backend.presentation(QUESTION, CaseData(body), Probe.FULL)
    without = backend.presentation(QUESTION, CaseData(body.model_copy(update={"mask": None})), Probe.FULL)
    assert with_mask.sha256 != without.sha256
    assert with_mask.spacing_mm == (4.0, 4.0, 4.0)
