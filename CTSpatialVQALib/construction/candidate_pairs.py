"""Candidates: a question with its reference answer, what it rests on and who proposed it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Literal

from pydantic import JsonValue, ValidationError

from CTSpatialVQALib.benchmark.jsonfiles import iter_jsonl
from CTSpatialVQALib.benchmark.questions import read_questions
from CTSpatialVQALib.errors import BadInput
from CTSpatialVQALib.files import write_text
from CTSpatialVQALib.language.grounding import ground
from CTSpatialVQALib.records.base import Identifier, Record, Sha256, bad_input_from, canonical_json, sha256_of
from CTSpatialVQALib.records.case import official_patient_id
from CTSpatialVQALib.records.question import Question, question_sha256
from CTSpatialVQALib.records.text import Span

Section = Literal["findings", "impression"]


class Evidence(Record):
    """Words of a report on which a pair rests, and where they stand in it."""

    section: Section
    span: Span
    words: str


class Origin(Record):
    """Who proposed a pair, asked with what.

    Parameters
    ----------
    prompt_sha256 : of the prompt's file, so that another wording of the prompt is another origin
    request_sha256 : of the whole request; under it the reply stands in the store
    """

    model: str
    model_version: str
    prompt: str
    prompt_sha256: Sha256
    request_sha256: Sha256


class Mark(Record):
    """A flaw that is noted and does not exclude."""

    flaw: str
    why: str


class Candidate(Record):
    """A pair on its way into a benchmark. Its id is `question.question_id`.

    Parameters
    ----------
    report_id : of the report's text; cases with the same report share it
    structures, regions : what question and answer together point at
    marks : what was noted and did not exclude it
    """

    question: Question
    patient_id: Identifier
    report_id: Identifier | None = None
    structures: tuple[str, ...] = ()
    regions: tuple[str, ...] = ()
    evidence: Evidence | None = None
    origin: Origin | None = None
    marks: tuple[Mark, ...] = ()

    @property
    def pair_id(self) -> str:
        """The id of the pair."""
        return self.question.question_id


def pair_id(case_id: str, text: str, answer: str) -> str:
    """The id of a pair: a hash of its case and its texts as they are compared."""
    return "q-" + sha256_of([case_id, question_sha256(text, answer)])[:20]


def candidate_of(question: Question, *, patient_id: str | None = None) -> Candidate:
    """A candidate for a question that another file holds."""
    named = ground(question.text, question.reference)
    return Candidate(
        question=question,
        patient_id=patient_id or official_patient_id(question.case_id),
        structures=named.answer_structures,
        regions=named.answer_regions,
    )


def read_candidates(path: Path) -> tuple[Candidate, ...]:
    """The candidates in a file of ours, or one for each question of any question file.

    Raises
    ------
    BadInput
        If the file is neither, or an id stands twice.
    """
    if not _is_ours(path):
        return tuple(candidate_of(question) for question in read_questions(path).questions)
    by_id: dict[str, Candidate] = {}
    for number, row in iter_jsonl(path):
        candidate = _candidate(row, f"{path}: line {number}")
        if candidate.pair_id in by_id:
            raise BadInput(
                f"{path}: line {number}",
                expected="each pair once",
                came=f"{candidate.pair_id} again",
                remedy="Keep one of the two lines",
            )
        by_id[candidate.pair_id] = candidate
    return tuple(by_id.values())


def write_candidates(path: Path, candidates: Iterable[Candidate]) -> None:
    """One line of JSON per candidate, the file whole or not at all."""
    write_text(path, "".join(candidate.to_json() + "\n" for candidate in candidates), private=True)


def write_rows(path: Path, rows: Iterable[Mapping[str, JsonValue]]) -> None:
    """One line of canonical JSON per row, the file whole or not at all, for its owner only."""
    write_text(path, "".join(canonical_json(dict(row)) + "\n" for row in rows), private=True)


def _is_ours(path: Path) -> bool:
    if path.suffix != ".jsonl":
        return False
    first = next(iter_jsonl(path), None)
    return first is None or isinstance(first.value.get("question"), dict)


def _candidate(row: Mapping[str, object], where: str) -> Candidate:
    try:
        return Candidate.model_validate(row)
    except ValidationError as error:
        raise bad_input_from(error, where, "candidate") from error
