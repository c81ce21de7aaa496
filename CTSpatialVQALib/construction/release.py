"""Release of a benchmark: questions in two formats, splits, marks, data sheet and checksums."""

from __future__ import annotations

import json
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

from pydantic import JsonValue

from CTSpatialVQALib.benchmark.questions import read_questions
from CTSpatialVQALib.construction.candidate_pairs import Candidate
from CTSpatialVQALib.construction.data_sheet import Sheet, sheet_text
from CTSpatialVQALib.construction.duplicates import same_report, study_of
from CTSpatialVQALib.construction.pair_flaws import Flaw
from CTSpatialVQALib.errors import BadInput, WorkFailed
from CTSpatialVQALib.files import sha256_of_file, write_text
from CTSpatialVQALib.reading.assignment import dealt_order
from CTSpatialVQALib.records.base import canonical_json
from CTSpatialVQALib.records.question import official_question_id
from CTSpatialVQALib.records.schemas import schema_text

OFFICIAL, OFFICIAL_LINES, OWN = "questions_official.json", "questions_official.jsonl", "questions.jsonl"
PROVENANCE, SPLITS, SHEET = "provenance.jsonl", "splits.json", "DATASHEET.md"
SCHEMA, SUMS = "question.schema.json", "SHA256SUMS"


class Split(NamedTuple):
    """A part of the benchmark: its name and its share of the patients."""

    name: str
    share: float


@dataclass(frozen=True)
class Released:
    """What was written: pairs, cases and patients, and the sizes of the splits in pairs."""

    folder: Path
    pairs: int
    cases: int
    patients: int
    splits: Mapping[str, int]
    marked: Mapping[str, int]


def _write_public(target: Path, text: str) -> None:
    """A release is made to be passed on."""
    write_text(target, text, private=False)


def release(
    folder: Path,
    candidates: Sequence[Candidate],
    sheet: Sheet,
    *,
    splits: Sequence[Split] = (Split("test", 1.0),),
    seed: int = 0,
    with_evidence: bool = False,
) -> Released:
    """Write the release into `folder`, and read both question files back.

    Pairs get the official ids `<case>::<index>`, counted within their case in the order of `candidates`; the
    provenance file says which pair had which id before.

    Parameters
    ----------
    with_evidence : also the reports' words that pairs rest on; they are patients' text, so not by default

    Raises
    ------
    BadInput
        If there are no pairs, or the shares of the splits do not add up to 1.
    WorkFailed
        If a file cannot be written, or does not come back as it was written.
    """
    _check(candidates, splits)
    numbered = _numbered(candidates)
    dealt = _dealt({candidate.patient_id for candidate in candidates}, splits, seed)
    _write_questions(folder, numbered)
    rows = (_provenance(pair, dealt, with_evidence) for pair in numbered)
    _write_public(folder / PROVENANCE, "".join(canonical_json(row) + "\n" for row in rows))
    _write_public(folder / SPLITS, _indented(_splits(numbered, dealt, splits, seed)))
    _write_public(folder / SCHEMA, schema_text("question"))
    marked = Counter(mark.flaw for candidate in candidates for mark in candidate.marks)
    _write_public(folder / SHEET, sheet_text(sheet, candidates, marked))
    _read_back(folder, numbered)
    names = (OFFICIAL, OFFICIAL_LINES, OWN, PROVENANCE, SPLITS, SCHEMA, SHEET)
    _write_public(folder / SUMS, "".join(f"{sha256_of_file(folder / name)}  {name}\n" for name in names))
    return Released(
        folder,
        len(candidates),
        len({candidate.question.case_id for candidate in candidates}),
        len({candidate.patient_id for candidate in candidates}),
        dict(Counter(dealt[candidate.patient_id] for candidate in candidates)),
        dict(marked),
    )


class _Numbered(NamedTuple):
    """A pair under the id that it is published with."""

    candidate: Candidate
    question_id: str


def _check(candidates: Sequence[Candidate], splits: Sequence[Split]) -> None:
    if not candidates:
        raise BadInput("release", expected="at least one pair", came="none", remedy="Give validated pairs")
    names = [split.name for split in splits]
    if len(set(names)) < len(names) or abs(sum(split.share for split in splits) - 1) > 1e-9:
        raise BadInput(
            "splits",
            expected="names of their own with shares that add up to 1",
            came=", ".join(f"{split.name}={split.share:g}" for split in splits),
            remedy="Correct them",
        )


def _numbered(candidates: Iterable[Candidate]) -> list[_Numbered]:
    by_case: dict[str, list[Candidate]] = defaultdict(list)
    for candidate in candidates:
        by_case[candidate.question.case_id].append(candidate)
    return [
        _Numbered(candidate, official_question_id(case_id, index))
        for case_id, several in by_case.items()
        for index, candidate in enumerate(several)
    ]


def _write_questions(folder: Path, numbered: Sequence[_Numbered]) -> None:
    cases: dict[str, dict[str, list[Mapping[str, object]]]] = {}
    lines, own = [], []
    for numbered_pair in numbered:
        question = numbered_pair.candidate.question
        pair = {"question": question.text, "answer": question.reference}
        # the published scripts name the volume by `image_path`
        line = {"case_id": question.case_id, "image_path": question.case_id, **pair}
        lines.append(json.dumps(line, ensure_ascii=False) + "\n")
        labelled = {**pair, "category": [str(category) for category in question.categories]}
        cases.setdefault(question.case_id, {"qa_pairs": []})["qa_pairs"].append(labelled)
        own.append(question.model_copy(update={"question_id": numbered_pair.question_id}).to_json() + "\n")
    _write_public(folder / OFFICIAL, _indented(cases))
    _write_public(folder / OFFICIAL_LINES, "".join(lines))
    _write_public(folder / OWN, "".join(own))


def _provenance(numbered: _Numbered, dealt: Mapping[str, str], with_evidence: bool) -> dict[str, JsonValue]:
    candidate = numbered.candidate
    plain = candidate.model_dump(mode="json", exclude={"question", "patient_id"})
    if not with_evidence:  # why a mark was made can quote the report too
        plain["marks"] = [mark.flaw for mark in candidate.marks]
        if plain["evidence"] is not None:
            del plain["evidence"]["words"]
    return {
        "question_id": numbered.question_id,
        "pair_id": candidate.pair_id,
        "question_sha256": candidate.question.question_sha256,
        "patient_id": candidate.patient_id,
        "study_id": study_of(candidate.question.case_id),
        "split": dealt[candidate.patient_id],
        **plain,
    }


def _dealt(patients: Iterable[str], splits: Sequence[Split], seed: int) -> dict[str, str]:
    """Patient -> split, dealt in the order of a hash, so that every computer deals alike."""
    order = dealt_order(patients, seed, "split")
    dealt: dict[str, str] = {}
    begin, share = 0, 0.0
    for split in splits:
        share += split.share
        end = round(share * len(order))
        dealt.update(dict.fromkeys(order[begin:end], split.name))
        begin = end
    return dealt


def _splits(
    numbered: Sequence[_Numbered], dealt: Mapping[str, str], splits: Sequence[Split], seed: int
) -> dict[str, object]:
    """Splits by patient, and the groups of cases that must not be told apart by chance."""
    cases = {pair.candidate.question.case_id: pair.candidate for pair in numbered}
    studies: dict[str, list[str]] = defaultdict(list)
    for case_id in cases:
        studies[study_of(case_id)].append(case_id)
    report_ids = {
        case_id: candidate.report_id
        for case_id, candidate in cases.items()
        if candidate.report_id is not None
    }
    return {
        "by": "patient",
        "seed": seed,
        "splits": {
            split.name: {
                "share": split.share,
                "patients": sorted(patient for patient, name in dealt.items() if name == split.name),
                "cases": sorted(
                    case_id
                    for case_id, candidate in cases.items()
                    if dealt[candidate.patient_id] == split.name
                ),
            }
            for split in splits
        },
        "reconstructions_of_one_study": [list(ids) for ids in studies.values() if len(ids) > 1],
        "cases_with_one_report": [list(ids) for ids in same_report(report_ids).values()],
        "pairs_repeated": {
            str(flaw): [
                pair.question_id for pair in numbered if flaw in {mark.flaw for mark in pair.candidate.marks}
            ]
            for flaw in (Flaw.OTHER_RECONSTRUCTION, Flaw.REPEATED_REPORT)
        },
    }


def _read_back(folder: Path, numbered: Sequence[_Numbered]) -> None:
    expected = {pair.question_id: pair.candidate.question.question_sha256 for pair in numbered}
    for name in (OFFICIAL, OFFICIAL_LINES, OWN):
        questions = read_questions(folder / name).questions
        if {question.question_id: question.question_sha256 for question in questions} != expected:
            raise WorkFailed(f"{folder / name}: what was written does not come back; do not use it")


def _indented(value: object) -> str:
    return json.dumps(value, indent=1, ensure_ascii=False) + "\n"
