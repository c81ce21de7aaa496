"""Reading the published judge files; what they cannot say about themselves is counted."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from itertools import repeat
from pathlib import Path
from typing import NamedTuple

from CTSpatialVQALib.benchmark.jsonfiles import iter_jsonl, load_json, text_column
from CTSpatialVQALib.benchmark.notes import ReadingNote, noted
from CTSpatialVQALib.errors import BadInput, shown
from CTSpatialVQALib.records.base import normalised
from CTSpatialVQALib.records.question import Question, question_sha256


class VoteKey(NamedTuple):
    """What a judge was asked about: question with reference answer, and the prediction."""

    question_sha256: str
    prediction: str


class Vote(NamedTuple):
    """One judge's verdict on one prediction; `correct` is None where there is no vote."""

    key: VoteKey
    case_id: str | None
    correct: bool | None
    reasoning: str


class JudgeFile(NamedTuple):
    """All votes of one judge on one model, in file order, and what was unusual about the file."""

    votes: tuple[Vote, ...]
    notes: tuple[ReadingNote, ...]


class AlignedVotes(NamedTuple):
    """Question id -> the judge's vote, None where there is none; and how many are missing and why."""

    by_question: Mapping[str, bool | None]
    notes: tuple[ReadingNote, ...]


def vote_key(question: str, reference: str, prediction: str) -> VoteKey:
    """The key under which votes are joined: the texts as they are compared, never a list position."""
    return VoteKey(question_sha256(question, reference), normalised(prediction))


def read_judge(path: Path) -> JudgeFile:
    """Read a judge file: a JSON list, or JSON Lines, of question, answer, prediction and is_correct.

    Raises
    ------
    BadInput
        For a broken file, a missing column, or a vote that is neither true, false nor null.
    """
    counts: Counter[str] = Counter()
    votes = tuple(_vote(row, f"{path}: row {at}", counts) for at, row in enumerate(_rows(path)))
    if not votes:
        raise BadInput(path, expected="at least one vote", came="none", remedy="Check the file")
    counts["contradicting votes on identical texts"] = _contradictions(votes)
    return JudgeFile(votes, noted(counts, path))


def align_votes(
    judge: JudgeFile, questions: Iterable[Question], predictions: Mapping[str, str], path: Path
) -> AlignedVotes:
    """Join one judge's votes to the questions by question, reference and prediction.

    Where several cases share all three texts and each has its vote, the votes are dealt among them in
    file order: the texts are identical, so only the sum over them has a meaning. Where votes on such
    texts were lost, every one of them gets the majority, and a tie is no vote.
    """
    keys = {
        question.question_id: vote_key(question.text, question.reference, predictions[question.question_id])
        for question in questions
        if question.question_id in predictions
    }
    questions_of_key = Counter(keys.values())
    votes_of_key = Counter(vote.key for vote in judge.votes)
    dealt = _dealt(judge.votes, questions_of_key, votes_of_key)
    counts: Counter[str] = Counter()
    counts["questions without a vote"] = sum(key not in votes_of_key for key in keys.values())
    counts["rows lost from the file"] = sum((questions_of_key - votes_of_key).values())
    counts["votes on texts that were not asked or predicted"] = sum(
        (votes_of_key - questions_of_key).values()
    )
    aligned = {question_id: next(dealt[key]) if key in dealt else None for question_id, key in keys.items()}
    return AlignedVotes(aligned, noted(counts, path))


def _dealt(
    votes: Iterable[Vote], questions_of_key: Counter[VoteKey], votes_of_key: Counter[VoteKey]
) -> dict[VoteKey, Iterator[bool | None]]:
    by_vote_key: dict[VoteKey, list[bool | None]] = {}
    for vote in votes:
        by_vote_key.setdefault(vote.key, []).append(vote.correct)
    return {
        key: iter(values) if questions_of_key[key] == votes_of_key[key] else repeat(_majority(values))
        for key, values in by_vote_key.items()
    }


def _majority(votes: list[bool | None]) -> bool | None:
    balance = votes.count(True) - votes.count(False)
    return None if balance == 0 else balance > 0


def _rows(path: Path) -> Iterable[object]:
    if path.suffix == ".jsonl":
        return (line.value for line in iter_jsonl(path))
    content = load_json(path)
    if not isinstance(content, list):
        raise BadInput(
            path,
            expected="a list of votes",
            came=type(content).__name__,
            remedy="Give a judge file as published",
        )
    return content


def _vote(row: object, where: str, counts: Counter[str]) -> Vote:
    if not isinstance(row, dict):
        raise BadInput(where, expected="an object", came=shown(row), remedy="Correct the row")
    question, answer, prediction = (
        text_column(row, name, where) for name in ("question", "answer", "prediction")
    )
    correct = row.get("is_correct")
    if not (correct is None or isinstance(correct, bool)):
        raise BadInput(
            where,
            expected="true, false or null in 'is_correct'",
            came=shown(correct),
            remedy="Correct the vote; it is not guessed",
        )
    case_id = row.get("case_id")
    counts["votes without a case id"] += case_id is None
    counts["rows without a vote"] += correct is None
    return Vote(
        key=vote_key(question, answer, prediction),
        case_id=case_id if isinstance(case_id, str) else None,
        correct=correct,
        reasoning=str(row.get("reasoning") or ""),
    )


def _contradictions(votes: Iterable[Vote]) -> int:
    """Number of texts on which the judge said both true and false."""
    by_vote_key: dict[VoteKey, set[bool]] = {}
    for vote in votes:
        if vote.correct is not None:
            by_vote_key.setdefault(vote.key, set()).add(vote.correct)
    return sum(len(values) == 2 for values in by_vote_key.values())
