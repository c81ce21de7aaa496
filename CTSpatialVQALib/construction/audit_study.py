"""Audit of pairs as a study: each pair's answer is a reply to judge, like any other."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

from CTSpatialVQALib.backends.backend import reply_key
from CTSpatialVQALib.backends.case_data import CaseData
from CTSpatialVQALib.backends.recorded import RecordedBackend
from CTSpatialVQALib.benchmark.predictions import read_predictions
from CTSpatialVQALib.benchmark.study import Study
from CTSpatialVQALib.construction.candidate_pairs import Candidate
from CTSpatialVQALib.construction.reports import Report
from CTSpatialVQALib.errors import BadInput
from CTSpatialVQALib.files import write_text
from CTSpatialVQALib.records.base import canonical_json, sha256_of, utc_now
from CTSpatialVQALib.records.reply import Reply
from CTSpatialVQALib.records.study import AssignmentRules
from CTSpatialVQALib.records.words import Outcome, Probe

BACKEND = "proposed-answer"
STUDY_FILE, QUESTIONS_FILE, ANSWERS_FILE = "study.toml", "questions.jsonl", "proposed.jsonl"


class AuditRules(NamedTuple):
    """Who audits, and how many cases everyone audits.

    Parameters
    ----------
    readers : pseudonyms
    overlap : share of the cases that all of them audit; without it no agreement can be told
    """

    readers: tuple[str, ...]
    overlap: float = 0.2
    seed: int = 0


def write_audit_study(
    folder: Path, candidates: Sequence[Candidate], reports: Mapping[str, Report], rules: AuditRules
) -> Path:
    """Write a study whose replies are the proposed answers, and return its `study.toml`.

    The same pairs, readers and seed give the same study. The Slicer module opens it like any study; a line
    `ct = ...` added to a case shows its CT.

    Raises
    ------
    BadInput
        If there are no pairs, several readers without an overlap, or an overlap that leaves a reader nothing.
    WorkFailed
        If it cannot be written.
    """
    _check(candidates, rules)
    questions = "".join(candidate.question.to_json() + "\n" for candidate in candidates)
    write_text(folder / QUESTIONS_FILE, questions, private=True)
    write_text(
        folder / ANSWERS_FILE, "".join(_answer_row(candidate) for candidate in candidates), private=True
    )
    cases = {candidate.question.case_id: candidate.patient_id for candidate in candidates}
    parts = [_head(sha256_of([candidate.question.question_sha256 for candidate in candidates]))]
    for case_id, patient_id in cases.items():
        report = reports.get(case_id)
        if report is not None:
            write_text(folder / _report_path(report), _report_text(report), private=True)
        parts.append(_case(case_id, patient_id, report))
    parts.append(f'[[questions]]\npath = "{QUESTIONS_FILE}"\nformat = "own-jsonl"\n')
    parts.append(f'[[backends]]\nname = "{BACKEND}"\nkind = "recorded"\npath = "{ANSWERS_FILE}"\n')
    parts.append(_reading(rules))
    study = folder / STUDY_FILE
    write_text(study, "\n".join(parts), private=True)
    return study


def proposed_replies(study: Study) -> tuple[Reply, ...]:
    """The replies to audit, with the ids that asking the study's backend gives them.

    Raises
    ------
    BadInput
        If the study is not one that `write_audit_study` wrote.
    """
    source = study.backend_files.get(BACKEND)
    if source is None:
        raise BadInput(
            study.path,
            expected=f"a study for an audit, with the backend '{BACKEND}'",
            came="one without it",
            remedy="Make one with build audit study",
        )
    backend = RecordedBackend(BACKEND, read_predictions(source, study.questions).predictions, source)
    cases = {case_id: CaseData(case) for case_id, case in study.cases.items()}
    now = utc_now()
    replies = []
    for question in study.questions:
        case = cases[question.case_id]
        answer = backend.ask(question, case, Probe.FULL)
        key = reply_key(backend, question, case, Probe.FULL)
        replies.append(
            Reply(
                reply_id=key.reply_id,
                key=key,
                case_id=question.case_id,
                outcome=answer.outcome,
                answer=answer.text if answer.outcome is Outcome.ANSWERED else None,
                raw=answer.text,
                detail=answer.detail,
                started_utc=now,
                duration_s=0.0,
            )
        )
    return tuple(replies)


def _check(candidates: Sequence[Candidate], rules: AuditRules) -> None:
    AssignmentRules(readers=rules.readers)  # each once, at least one
    if not candidates:
        raise BadInput("audit", expected="at least one pair", came="none", remedy="Give pairs to audit")
    cases = len({candidate.question.case_id for candidate in candidates})
    if len(rules.readers) > 1 and not 0 < rules.overlap <= 1:
        raise BadInput(
            "overlap",
            expected="a share over 0 of the cases that all readers audit",
            came=str(rules.overlap),
            remedy="Without pairs in common no agreement can be told; 0.2 is usual",
        )
    if cases < len(rules.readers):
        raise BadInput(
            "audit",
            expected=f"at least a case per reader ({len(rules.readers)})",
            came=f"{cases} cases",
            remedy="Give more pairs, or fewer readers",
        )


def _answer_row(candidate: Candidate) -> str:
    row = {
        "question_id": candidate.pair_id,
        "question_sha256": candidate.question.question_sha256,
        "prediction": candidate.question.reference,
    }
    return canonical_json(row) + "\n"


def _head(pairs_sha256: str) -> str:
    return f'[study]\nid = "audit-{pairs_sha256[:16]}"\ntitle = "Audit of question pairs"\n'


def _case(case_id: str, patient_id: str, report: Report | None) -> str:
    lines = ["[[cases]]", f"id = {_quoted(case_id)}", f"patient = {_quoted(patient_id)}"]
    if report is not None:
        lines.append(f'report = "{_report_path(report)}"')
    return "\n".join(lines) + "\n"


def _reading(rules: AuditRules) -> str:
    lines = ["[reading]", 'mode = "open"', f"seed = {rules.seed}", ""]
    lines += ["[reading.assignment]", f"readers = [{', '.join(map(_quoted, rules.readers))}]"]
    if len(rules.readers) > 1:
        lines += ['scheme = "split"', 'unit = "case"', f"overlap = {float(rules.overlap)}"]
    return "\n".join(lines) + "\n"


def _report_path(report: Report) -> str:
    """By the hash of its text: a case id never becomes a path."""
    return f"reports/{report.report_id}.txt"


def _report_text(report: Report) -> str:
    return f"FINDINGS:\n{report.findings}\n\nIMPRESSION:\n{report.impression}\n"


def _quoted(text: str) -> str:
    """A TOML basic string; ids are printable, so JSON's escapes are TOML's."""
    return json.dumps(text, ensure_ascii=False)
