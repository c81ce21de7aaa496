"""One model's jury, joined both ways, and what separates the two."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import NamedTuple

from CTSpatialVQALib.benchmark.judges import JudgeFile
from CTSpatialVQALib.judging.jury_agreement import kappas
from CTSpatialVQALib.records.question import Question
from CTSpatialVQALib.reproduction.published_jury import (
    JudgeAndPath,
    KeyJury,
    Placed,
    PositionJury,
    jury_by_key,
    jury_by_position,
    place_rows,
    repeated_blocks,
    verdicts,
    without_blocks,
)
from CTSpatialVQALib.scoring.jury import (
    JuryRule,
    JuryTally,
    JuryVotes,
    decide,
    published_verdict,
    shares_right,
    tally,
)
from CTSpatialVQALib.statistics.agreement import Agreement, Bootstrap

_DRAWS = Bootstrap(resamples=500)


class JuryFigures(NamedTuple):
    """What is told of one way to join the votes."""

    accuracy: float
    answers: int
    judges: Mapping[str, float]
    agreement: Mapping[str, Agreement]
    rules: Mapping[str, JuryTally]


@dataclass(frozen=True)
class BothJuries:
    """One model's jury by position and by key.

    Parameters
    ----------
    position : None where the rows do not follow the questions' order, so that no place means a question
    clean : by key, with no vote where one reply was copied to a whole batch
    lost : judge -> questions without a row, and the row before which each is missing
    repeated : judge -> rows in batches with one repeated verdict and reasoning
    patients : question id -> patient id
    """

    position: PositionJury | None
    key: KeyJury
    clean: KeyJury
    lost: Mapping[str, Mapping[str, int]]
    repeated: Mapping[str, int]
    patients: Mapping[str, str]

    @cached_property
    def verdict_by_key(self) -> Mapping[str, bool]:
        """Question id -> right by the published rule, votes joined by key."""
        return verdicts(self.key.jury)

    @cached_property
    def verdict_by_position(self) -> Mapping[str, bool]:
        """Question id -> right as published; blanks are missing."""
        return {} if self.position is None else verdicts(self.position.jury)

    @cached_property
    def by_key(self) -> JuryFigures:
        """Figures of the jury joined by key."""
        return self._figures(self.key.jury)

    @cached_property
    def by_position(self) -> JuryFigures | None:
        """Figures of the jury as published."""
        return None if self.position is None else self._figures(self.position.jury)

    @property
    def without_repeats(self) -> float:
        """Accuracy by key with copied votes as no vote."""
        return float(published_verdict(self.clean.jury).mean())

    @property
    def rules_without_repeats(self) -> Mapping[str, JuryTally]:
        """Unanimous, majority and any by key, with copied votes as no vote."""
        return {str(rule): tally(decide(self.clean.jury, rule)) for rule in JuryRule}

    @property
    def flips(self) -> int | None:
        """Verdicts that differ between the two; a blank counts as wrong, as in the category table."""
        if self.position is None:
            return None
        by_position = self.verdict_by_position
        return sum(
            right != by_position.get(question_id, False) for question_id, right in self.verdict_by_key.items()
        )

    @property
    def notes(self) -> tuple[str, ...]:
        """What was unusual about the judge files."""
        return tuple(str(note) for note in self.key.notes)

    def _figures(self, jury: JuryVotes) -> JuryFigures:
        return JuryFigures(
            accuracy=float(published_verdict(jury).mean()),
            answers=len(jury.question_ids),
            judges=shares_right(jury),
            agreement=kappas(jury, self.patients, _DRAWS),
            rules={str(rule): tally(decide(jury, rule)) for rule in JuryRule},
        )


def join_both_ways(
    judges: Mapping[str, JudgeAndPath],
    questions: Sequence[Question],
    predictions: Mapping[str, str],
    patients: Mapping[str, str],
) -> BothJuries:
    """Join a model's judges by position and by key.

    Parameters
    ----------
    patients : case id -> patient id

    Raises
    ------
    BadInput
        For a judge file of another run.
    """
    predicted = [question for question in questions if question.question_id in predictions]
    return BothJuries(
        position=jury_by_position(judges, questions),
        key=jury_by_key(judges, questions, predictions),
        clean=jury_by_key(
            {name: without_blocks(judge) for name, judge in judges.items()}, questions, predictions
        ),
        lost={
            name: placed.lost
            for name, judge in judges.items()
            if (placed := _placed(judge.file, predicted)) is not None and placed.lost
        },
        repeated={
            name: sum(block.length for block in repeated_blocks(judge.file.votes))
            for name, judge in judges.items()
        },
        patients={question.question_id: patients[question.case_id] for question in questions},
    )


def explained(model: str, juries: BothJuries) -> str:
    """Why the two differ, in words."""
    key, published = juries.by_key, juries.by_position
    if published is None or juries.position is None:
        return (
            f"{model}: the judges' rows do not follow the questions' order, so there is no jury by position;"
            f" by key it is {key.accuracy:.2%}."
        )
    copied = ", ".join(f"{count} of {name}" for name, count in juries.repeated.items() if count)
    without_copies = (
        f" Taking copied verdicts ({copied}) as no vote gives {juries.without_repeats:.2%}." if copied else ""
    )
    if not juries.flips:
        share = f"{published.accuracy:.2%}"
        return f"{model}: {share} by position and by key: no row is out of place.{without_copies}"
    lost = next((name for name in juries.lost if name == juries.position.named_by), None)
    where = ""
    if lost is not None:
        rows = sorted(juries.lost[lost].values())
        where = (
            f" The file of {lost} lacks {len(rows)} rows, the first before row {rows[0]} (counted from 0);"
            f" from there on its votes were averaged with the other judges' votes on other questions."
        )
    return (
        f"{model}: {published.accuracy:.2%} as published, joined by list position; {key.accuracy:.2%} joined"
        f" by question, reference and prediction; {juries.flips} verdicts differ.{where}{without_copies}"
    )


def _placed(file: JudgeFile, questions: Sequence[Question]) -> Placed | None:
    return place_rows(file.votes, questions)
