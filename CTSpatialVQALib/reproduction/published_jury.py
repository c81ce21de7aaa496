"""The jury as it was published, by place in the lists, and as it should have been, by key."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from itertools import groupby
from pathlib import Path
from typing import NamedTuple

import numpy as np

from CTSpatialVQALib.benchmark.judges import JudgeFile, Vote, align_votes, read_judge
from CTSpatialVQALib.benchmark.notes import ReadingNote
from CTSpatialVQALib.errors import BadInput
from CTSpatialVQALib.records.question import Question
from CTSpatialVQALib.records.words import Category
from CTSpatialVQALib.scoring.jury import JuryVotes, published_verdict, votes_by_id

BATCH = 5  # the published judges were asked about five items in one request

# A file with more votes on other answers than this was made for another run of the model.
_MOST_STRAY_VOTES = 0.1


class Block(NamedTuple):
    """Consecutive rows of a judge file with one verdict and one reasoning."""

    start: int
    length: int


class Placed(NamedTuple):
    """Rows of a file in the order of the questions: the question of each row, and those that were lost.

    lost : question id -> row of the file before which it is missing
    """

    question_ids: tuple[str, ...]
    lost: Mapping[str, int]


class JudgeAndPath(NamedTuple):
    """A judge's votes, and the file they stand in."""

    file: JudgeFile
    path: Path


class PositionJury(NamedTuple):
    """The jury joined by list position.

    named_by : the judge whose rows gave the votes of all judges their questions: the shortest file
    blank : questions that lost their row in that file
    """

    jury: JuryVotes
    named_by: str
    blank: tuple[str, ...]


class KeyJury(NamedTuple):
    """The jury joined by question, reference and prediction, over all questions with a prediction."""

    jury: JuryVotes
    notes: tuple[ReadingNote, ...]


def read_judges(paths: Mapping[str, Path]) -> dict[str, JudgeAndPath]:
    """Read judge files; see `benchmark.judges.read_judge` for what is refused."""
    return {name: JudgeAndPath(read_judge(path), path) for name, path in paths.items()}


def place_rows(votes: Sequence[Vote], questions: Iterable[Question]) -> Placed | None:
    """Find the questions of rows that stand in the questions' order, with gaps; None if they do not."""
    question_ids: list[str] = []
    lost: dict[str, int] = {}
    for question in questions:
        at = len(question_ids)
        if at < len(votes) and votes[at].key.question_sha256 == question.question_sha256:
            question_ids.append(question.question_id)
        else:
            lost[question.question_id] = at
    return Placed(tuple(question_ids), lost) if len(question_ids) == len(votes) else None


def jury_by_position(
    judges: Mapping[str, JudgeAndPath], questions: Sequence[Question]
) -> PositionJury | None:
    """Join votes as the published tables did: the k-th rows of all files are taken for one question.

    Which one is said by the shortest file; where another file had a row at a place that this one lost, all
    later votes of the two speak of different questions. None if the rows do not follow the questions' order.
    """
    named_by = min(judges, key=lambda name: len(judges[name].file.votes))
    placed = place_rows(judges[named_by].file.votes, questions)
    if placed is None:
        return None
    by_judge = {
        name: dict(zip(placed.question_ids, (vote.correct for vote in judge.file.votes), strict=False))
        for name, judge in judges.items()
    }
    return PositionJury(votes_by_id(by_judge, placed.question_ids), named_by, tuple(placed.lost))


def jury_by_key(
    judges: Mapping[str, JudgeAndPath], questions: Sequence[Question], predictions: Mapping[str, str]
) -> KeyJury:
    """Join votes to the questions by what was judged.

    Raises
    ------
    BadInput
        If a tenth of a judge's votes are on other answers: a judge file of another run.
    """
    predicted = [question for question in questions if question.question_id in predictions]
    by_judge: dict[str, Mapping[str, bool | None]] = {}
    notes: list[ReadingNote] = []
    for name, (file, path) in judges.items():
        aligned = align_votes(file, predicted, predictions, path)
        stray = sum(
            note.times
            for note in aligned.notes
            if note.what == "votes on texts that were not asked or predicted"
        )
        if stray > _MOST_STRAY_VOTES * len(file.votes):
            raise BadInput(
                path,
                expected="votes on this model's predictions",
                came=f"{stray} of {len(file.votes)} votes on other texts",
                remedy="Give the judge file of the same run, or leave it out",
            )
        by_judge[name] = aligned.by_question
        notes += [*file.notes, *aligned.notes]
    return KeyJury(votes_by_id(by_judge, [answer.question_id for answer in predicted]), tuple(notes))


def repeated_blocks(votes: Sequence[Vote], batch: int = BATCH) -> tuple[Block, ...]:
    """Whole batches with one verdict and one reasoning: a reply that could not be read, copied to all.

    Judges without stored reasoning show none, since a run of equal verdicts alone is nothing unusual.
    """
    blocks: list[Block] = []
    start = 0
    for (reasoning, _), run in groupby(votes, key=lambda vote: (vote.reasoning, vote.correct)):
        length = len(list(run))
        if reasoning and length >= batch:
            blocks.append(Block(start, length))
        start += length
    return tuple(blocks)


def without_blocks(judge: JudgeAndPath) -> JudgeAndPath:
    """The same judge, with no vote in the rows of repeated blocks."""
    rows = {at for start, length in repeated_blocks(judge.file.votes) for at in range(start, start + length)}
    votes = tuple(
        vote._replace(correct=None) if at in rows else vote for at, vote in enumerate(judge.file.votes)
    )
    return JudgeAndPath(judge.file._replace(votes=votes), judge.path)


def verdicts(jury: JuryVotes) -> dict[str, bool]:
    """Question id -> right by the published rule."""
    return dict(zip(jury.question_ids, map(bool, published_verdict(jury)), strict=True))


def category_shares(verdict: Mapping[str, bool], questions: Iterable[Question]) -> dict[Category, float]:
    """Share right in each category; a question counts once in each of its labels.

    As published: a question without a verdict counts as wrong here, other than in the accuracy.
    """
    right: dict[Category, list[bool]] = {}
    for question in questions:
        for category in question.categories:
            right.setdefault(category, []).append(verdict.get(question.question_id, False))
    return {category: float(np.mean(right[category])) for category in sorted(Category) if category in right}
