"""Checks of many pairs without a model: words, report, duplicates, blind routes."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple

from CTSpatialVQALib.construction.blind_routes import BlindTable, blind_table
from CTSpatialVQALib.construction.candidate_pairs import Candidate
from CTSpatialVQALib.construction.duplicates import duplicate_findings
from CTSpatialVQALib.construction.pair_flaws import Finding, Flaw
from CTSpatialVQALib.construction.report_checks import report_findings
from CTSpatialVQALib.construction.reports import Report
from CTSpatialVQALib.construction.word_checks import word_findings


class Checked(NamedTuple):
    """Findings by pair id (none for a pair without any), and the blind routes where they could be asked."""

    findings: Mapping[str, tuple[Finding, ...]]
    blind: BlindTable | None

    def of(self, candidate: Candidate) -> tuple[Finding, ...]:
        """The findings of one pair."""
        return self.findings.get(candidate.pair_id, ())


def check_all(
    candidates: Sequence[Candidate], reports: Mapping[str, Report] | None, *, blind: bool = True
) -> Checked:
    """Every check that needs no model, over all pairs together.

    Parameters
    ----------
    reports : by case id; None where there are none at hand, then nothing is compared with a report
    blind : ask the blind prior and the majority too, which takes most of the time
    """
    findings: dict[str, list[Finding]] = defaultdict(list)
    for candidate in candidates:
        findings[candidate.pair_id] += word_findings(candidate.question)
        if reports is not None:
            findings[candidate.pair_id] += _with_report(candidate, reports.get(candidate.question.case_id))
    for pair_id, several in duplicate_findings(candidates).items():
        findings[pair_id] += several
    table = _blind(candidates) if blind else None
    if table is not None:
        for candidate in candidates:
            findings[candidate.pair_id] += table.findings(candidate.question)
    return Checked({pair_id: tuple(several) for pair_id, several in findings.items() if several}, table)


def with_reports(candidates: Iterable[Candidate], reports: Mapping[str, Report]) -> tuple[Candidate, ...]:
    """The candidates, each with the id of its case's report and the patient that the report names."""
    return tuple(
        candidate
        if candidate.question.case_id not in reports
        else candidate.model_copy(
            update={
                "report_id": reports[candidate.question.case_id].report_id,
                "patient_id": reports[candidate.question.case_id].patient_id,
            }
        )
        for candidate in candidates
    )


def _with_report(candidate: Candidate, report: Report | None) -> Iterable[Finding]:
    if report is None:
        return [Finding(Flaw.NO_REPORT, candidate.question.case_id)]
    return report_findings(candidate, report)


def _blind(candidates: Sequence[Candidate]) -> BlindTable | None:
    patients = {candidate.question.case_id: candidate.patient_id for candidate in candidates}
    return blind_table([candidate.question for candidate in candidates], patients)
