"""Flaws of a question and its reference answer, and which of them exclude a pair."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from enum import StrEnum
from types import MappingProxyType
from typing import NamedTuple


class Flaw(StrEnum):
    """A reason to leave a pair out, or to mark it."""

    NOT_A_QUESTION = "not_a_question"
    NO_ANSWER = "no_answer"
    NORMALITY = "normality"
    NOT_SPATIAL = "not_spatial"
    LEAKED = "leaked"
    SEVERAL_FACTS = "several_facts"
    PRIOR_EXAMINATION = "prior_examination"
    SPEAKS_OF_REPORT = "speaks_of_report"
    DUPLICATE_IN_CASE = "duplicate_in_case"
    OTHER_RECONSTRUCTION = "other_reconstruction"
    REPEATED_REPORT = "repeated_report"
    BLIND = "blind"
    NO_REPORT = "no_report"
    EVIDENCE_NOT_FOUND = "evidence_not_found"
    NOT_IN_REPORT = "not_in_report"
    SIDE_NOT_IN_REPORT = "side_not_in_report"
    LOBE_NOT_IN_REPORT = "lobe_not_in_report"
    JUDGED_UNSUPPORTED = "judged_unsupported"
    JUDGED_NOT_SPATIAL = "judged_not_spatial"
    JUDGED_AMBIGUOUS = "judged_ambiguous"
    JUDGED_WORDY = "judged_wordy"
    NOT_JUDGED = "not_judged"
    REJECTED_BY_AUDIT = "rejected_by_audit"

    @property
    def meaning(self) -> str:
        """One sentence, as it stands in pages and data sheets."""
        return _MEANINGS[self]


_MEANINGS: Mapping[Flaw, str] = MappingProxyType(
    {
        Flaw.NOT_A_QUESTION: "The text asks nothing.",
        Flaw.NO_ANSWER: "The reference answer is blank.",
        Flaw.NORMALITY: "The answer only denies a finding or calls something normal.",
        Flaw.NOT_SPATIAL: "Neither question nor answer is about where something lies.",
        Flaw.LEAKED: "The question says everything that its answer says.",
        Flaw.SEVERAL_FACTS: "More than one thing is asked, so that an answer can be half right.",
        Flaw.PRIOR_EXAMINATION: "It depends on an earlier examination, which is not shown.",
        Flaw.SPEAKS_OF_REPORT: "It speaks of the report, which is not shown, instead of the image.",
        Flaw.DUPLICATE_IN_CASE: "The case already has a question with the same words and answer.",
        Flaw.OTHER_RECONSTRUCTION: "Another reconstruction of the same study has the same pair.",
        Flaw.REPEATED_REPORT: "A case with the same report has the same pair.",
        Flaw.BLIND: "The blind prior and the commonest answer of its form are both right on it.",
        Flaw.NO_REPORT: "There is no report for its case, so nothing could be checked against it.",
        Flaw.EVIDENCE_NOT_FOUND: "The sentence it is said to rest on is not in the report.",
        Flaw.NOT_IN_REPORT: "Words of the answer are not in the report.",
        Flaw.SIDE_NOT_IN_REPORT: "The report gives this finding another side.",
        Flaw.LOBE_NOT_IN_REPORT: "The report gives this finding another lobe.",
        Flaw.JUDGED_UNSUPPORTED: "The judging model finds no support for the answer in the report.",
        Flaw.JUDGED_NOT_SPATIAL: "The judging model finds the question not spatial.",
        Flaw.JUDGED_AMBIGUOUS: "The judging model finds more than one right answer.",
        Flaw.JUDGED_WORDY: "The judging model finds question or answer longer than needed.",
        Flaw.NOT_JUDGED: "The judging model gave no usable judgement.",
        Flaw.REJECTED_BY_AUDIT: "The people who audited it found it faulty.",
    }
)

# A pair that another case has too is a matter of counting, not of the pair; a question that both blind
# routes answer may still be a good one (decision 0031).
MARKED: frozenset[Flaw] = frozenset(
    {
        Flaw.SPEAKS_OF_REPORT,
        Flaw.OTHER_RECONSTRUCTION,
        Flaw.REPEATED_REPORT,
        Flaw.BLIND,
        Flaw.JUDGED_WORDY,
    }
)


class Finding(NamedTuple):
    """One flaw of one pair, and what it was seen by."""

    flaw: Flaw
    why: str


def plain_findings(findings: Iterable[Finding]) -> list[dict[str, str]]:
    """As it stands in files."""
    return [{"flaw": str(finding.flaw), "why": finding.why} for finding in findings]
