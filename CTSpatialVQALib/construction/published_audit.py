"""Figures of the published human audit: counts, and kappa where two judged one pair."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, NamedTuple

from pydantic import JsonValue

from CTSpatialVQALib.benchmark.jsonfiles import load_json
from CTSpatialVQALib.benchmark.questions import read_questions
from CTSpatialVQALib.errors import BadInput, shown
from CTSpatialVQALib.records.case import official_patient_id
from CTSpatialVQALib.records.question import official_question_id
from CTSpatialVQALib.statistics.agreement import Agreement, Rating, cohen_kappa, fleiss_kappa

ASSIGNMENTS = "human_eval_assignments.json"
PROGRESS = "human_eval_progress.json"
DISAGREEMENTS = "human_eval_gemini_human_disagreements.json"
PAIRS = "spatial_qa_output_full.json"
HUMANS, MODEL = "annotators", "model"
_ASPECTS = ("spatial", "relevant")


class _Reading(NamedTuple):
    """One annotator's answers about the pair at a place of a case; None where one was left open."""

    annotator: str
    case_id: str
    place: int
    answers: Mapping[str, bool | None]

    @property
    def item(self) -> str:
        """The pair, by case and place: the snapshot names it in no other way."""
        return official_question_id(self.case_id, self.place)


@dataclass(frozen=True)
class PublishedAudit:
    """What the snapshot holds.

    Parameters
    ----------
    dealt : pairs of the cases that were dealt out; answered : those that somebody answered
    by_several : pairs that two or more annotators answered
    between_annotators : aspect -> Fleiss' kappa, whose value is None where no pair has two annotators
    with_model : aspect -> Cohen's kappa of the annotators, taken as one, with the judging model
    repeated_entries : entries of the list of disagreements that stand in it a second time
    elsewhere : entries, each once, out of `entries`, whose question is not the one at that place of the
        published pairs: annotators saw another version of the pairs
    other_lengths : audited cases that have another number of pairs in the published file
    """

    dealt: int
    answered: int
    annotators: Mapping[str, int]
    by_several: int
    shares: Mapping[str, float]
    between_annotators: Mapping[str, Agreement]
    with_model: Mapping[str, Agreement]
    entries: int
    repeated_entries: int
    elsewhere: int
    other_lengths: int

    def as_json(self) -> dict[str, JsonValue]:
        """As plain values."""
        return asdict(self)


def read_published_audit(folder: Path) -> PublishedAudit:
    """Read the published files of the human audit and compute what they allow.

    The annotators' file names a pair by case and place only. The model's judgement is known through the list
    of disagreements: where a pair is not in it, model and annotator agree. That holds if the list was made
    from this very snapshot, which the files do not say.

    Raises
    ------
    BadInput
        If a file is missing or not of the published form, or the list contradicts the annotators.
    """
    readings = _readings(folder / PROGRESS)
    listed = _entries(folder / DISAGREEMENTS, {reading.item: reading for reading in readings})
    entries = list(dict.fromkeys(listed))
    texts = {question.question_id: question.text for question in read_questions(folder / PAIRS).questions}
    pairs = Counter(question_id.partition("::")[0] for question_id in texts)
    shown = Counter(reading.case_id for reading in readings)
    answered = [
        reading for reading in readings if any(value is not None for value in reading.answers.values())
    ]
    by_aspect = {
        aspect: [reading for reading in answered if reading.answers[aspect] is not None]
        for aspect in _ASPECTS
    }
    return PublishedAudit(
        dealt=sum(shown[case_id] or pairs[case_id] for case_id in _dealt(folder / ASSIGNMENTS)),
        answered=len(answered),
        annotators=dict(sorted(Counter(reading.annotator for reading in answered).items())),
        by_several=sum(count > 1 for count in Counter(reading.item for reading in answered).values()),
        shares={
            aspect: sum(bool(reading.answers[aspect]) for reading in several) / max(1, len(several))
            for aspect, several in by_aspect.items()
        },
        between_annotators={
            aspect: fleiss_kappa(_ratings(several, aspect)) for aspect, several in by_aspect.items()
        },
        with_model={aspect: _with_model(several, aspect, entries) for aspect, several in by_aspect.items()},
        entries=len(entries),
        repeated_entries=len(listed) - len(entries),
        elsewhere=sum(texts.get(entry.item) != entry.question for entry in entries),
        other_lengths=sum(pairs[case_id] != count for case_id, count in shown.items()),
    )


class _Entry(NamedTuple):
    """One line of the list of disagreements."""

    item: str
    aspect: str
    question: str


def _dealt(path: Path) -> set[str]:
    content = load_json(path)
    try:
        return {case_id for cases in _table(content).values() for case_id in cases}
    except TypeError as error:
        raise _not_published(path, error) from error


def _readings(path: Path) -> list[_Reading]:
    content = load_json(path)
    readings: list[_Reading] = []
    try:
        for annotator, cases in _table(content).items():
            for case_id, entry in _table(cases).items():
                for place, answer in enumerate(entry["answers"]):
                    values = {aspect: (answer or {}).get(aspect) for aspect in _ASPECTS}
                    readings.append(_Reading(annotator, case_id, place, values))
    except (KeyError, TypeError, AttributeError) as error:
        raise _not_published(path, error) from error
    return readings


def _entries(path: Path, readings: Mapping[str, _Reading]) -> list[_Entry]:
    content = load_json(path)
    entries: list[_Entry] = []
    try:
        for row in content if isinstance(content, list) else []:
            item = official_question_id(row["case"], row["index"] - 1)  # places there count from 1
            if readings[item].answers[row["type"]] is not row["human"] or row["human"] is row["gemini"]:
                raise BadInput(
                    f"{path}: {item}",
                    expected="what the annotator said, and another judgement of the model",
                    came=shown(row),
                    remedy="Give files of one snapshot",
                )
            entries.append(_Entry(item, row["type"], row["question"]))
    except (KeyError, TypeError) as error:
        raise _not_published(path, error) from error
    return entries


def _ratings(readings: list[_Reading], aspect: str) -> list[Rating]:
    return [
        Rating(
            reading.item,
            reading.annotator,
            str(reading.answers[aspect]),
            official_patient_id(reading.case_id),
        )
        for reading in readings
    ]


def _with_model(readings: list[_Reading], aspect: str, entries: list[_Entry]) -> Agreement:
    differs = {entry.item for entry in entries if entry.aspect == aspect}
    ratings = []
    for reading in readings:
        answer, patient = bool(reading.answers[aspect]), official_patient_id(reading.case_id)
        ratings.append(Rating(reading.item, HUMANS, str(answer), patient))
        ratings.append(Rating(reading.item, MODEL, str(answer != (reading.item in differs)), patient))
    return cohen_kappa(ratings, HUMANS, MODEL)


def _table(value: object) -> Mapping[str, Any]:
    if not isinstance(value, dict):
        raise TypeError(f"{type(value).__name__} instead of an object")
    return value


def _not_published(path: Path, error: Exception) -> BadInput:
    return BadInput(
        path,
        expected="a file of the published audit",
        came=shown(str(error)),
        remedy="Give the folder with the files as they were published",
    )
