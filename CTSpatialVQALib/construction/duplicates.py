"""Pairs that stand in a benchmark more than once: in a case, a reconstruction, elsewhere."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Hashable, Mapping, Sequence
from typing import NamedTuple

from CTSpatialVQALib.construction.candidate_pairs import Candidate
from CTSpatialVQALib.construction.pair_flaws import Finding, Flaw
from CTSpatialVQALib.language.claims import denies
from CTSpatialVQALib.language.content_words import content
from CTSpatialVQALib.records.base import normalised
from CTSpatialVQALib.records.question import Question

_STUDY = re.compile(r"^((?:valid|train)_\d+_[a-z]+)_\d+(?:\.nii\.gz)?$")


class _Words(NamedTuple):
    """What a pair says, however it is worded."""

    question: frozenset[str]
    answer: Hashable
    denies: bool


def study_of(case_id: str) -> str:
    """The study in `valid_<patient>_<study>_<reconstruction>`; any other case is its own study."""
    match = _STUDY.match(case_id)
    return match.group(1) if match else case_id


def duplicate_findings(candidates: Sequence[Candidate]) -> dict[str, list[Finding]]:
    """Pair id -> its duplicates; of each group the first in order is not one.

    Two pairs are the same where question and answer have the same content words and deny alike, so that
    another order or another article makes no new pair.
    """
    findings: dict[str, list[Finding]] = defaultdict(list)
    first: dict[Hashable, Candidate] = {}
    for candidate in candidates:
        words = _words(candidate.question)
        for flaw, place in _places(candidate).items():
            before = first.setdefault((flaw, place, words), candidate)
            same_case = before.question.case_id == candidate.question.case_id
            if before is not candidate and same_case == (flaw is Flaw.DUPLICATE_IN_CASE):
                findings[candidate.pair_id].append(Finding(flaw, f"as {before.pair_id}"))
    return dict(findings)


def shared_with_another_case(questions: Sequence[Question]) -> int:
    """How many questions have exactly the text and answer of a question about another case."""
    cases: dict[str, set[str]] = defaultdict(set)
    for question in questions:
        cases[question.question_sha256].add(question.case_id)
    return sum(len(cases[question.question_sha256]) > 1 for question in questions)


def same_report(report_ids: Mapping[str, str]) -> dict[str, tuple[str, ...]]:
    """Report id -> its cases, where several cases have the same report.

    Parameters
    ----------
    report_ids : case id -> report id
    """
    cases: dict[str, list[str]] = defaultdict(list)
    for case_id, report_id in report_ids.items():
        cases[report_id].append(case_id)
    return {report_id: tuple(ids) for report_id, ids in cases.items() if len(ids) > 1}


def _places(candidate: Candidate) -> dict[Flaw, str]:
    """Where a second pair with the same words would be a duplicate, and of which kind."""
    case_id = candidate.question.case_id
    places = {Flaw.DUPLICATE_IN_CASE: case_id, Flaw.OTHER_RECONSTRUCTION: study_of(case_id)}
    if candidate.report_id is not None:
        places[Flaw.REPEATED_REPORT] = candidate.report_id
    return places


def _words(question: Question) -> _Words:
    answer = content(question.reference) or normalised(question.reference)
    return _Words(content(question.text), answer, denies(question.reference))
