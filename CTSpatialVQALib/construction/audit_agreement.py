"""Agreement of annotators: kappa with intervals, and the pairs on which they differ."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from functools import partial
from itertools import combinations
from typing import NamedTuple

from pydantic import JsonValue

from CTSpatialVQALib.construction.audit_answers import Aspect, AuditAnswers, answers_of_verdict
from CTSpatialVQALib.reading.study_log import StudyLog
from CTSpatialVQALib.records.question import Question
from CTSpatialVQALib.records.words import Stage
from CTSpatialVQALib.statistics.agreement import (
    USUAL,
    Agreement,
    Bootstrap,
    Rating,
    cohen_kappa,
    fleiss_kappa,
    krippendorff_alpha,
    per_category,
)


class AspectAgreement(NamedTuple):
    """Agreement on one of the three questions.

    fleiss : over the pairs that all annotators answered; alpha : over all pairs that two or more answered
    cohen : "a / b" -> over the pairs that both answered; categories : Fleiss' kappa of each category
    """

    fleiss: Agreement
    alpha: Agreement
    cohen: Mapping[str, Agreement]
    categories: Mapping[str, Agreement]


class Difference(NamedTuple):
    """A pair on which annotators differ: reader -> answers, and the questions they differ in."""

    pair_id: str
    question: str
    answer: str
    answers: Mapping[str, AuditAnswers]
    aspects: tuple[Aspect, ...]


@dataclass(frozen=True)
class AuditResult:
    """What an audit found.

    Parameters
    ----------
    answered : reader -> how many pairs
    several : pairs that two or more annotators answered
    unsure : answers left open, in no coefficient
    answers : pair id -> reader -> answers
    settled : pair id -> what the adjudicator decided
    """

    answered: Mapping[str, int]
    several: int
    unsure: int
    answers: Mapping[str, Mapping[str, AuditAnswers]]
    settled: Mapping[str, AuditAnswers]
    agreement: Mapping[Aspect, AspectAgreement]
    differences: tuple[Difference, ...]

    def verdict_on(self, pair_id: str) -> AuditAnswers | None:
        """What holds of a pair: adjudicated, else by majority (an equal split is a no); None: unaudited."""
        if pair_id in self.settled:
            return self.settled[pair_id]
        several = tuple(self.answers.get(pair_id, {}).values())
        if not several:
            return None
        return AuditAnswers(
            *(2 * sum(answers.of(aspect) for answers in several) > len(several) for aspect in Aspect)
        )

    def as_json(self) -> dict[str, JsonValue]:
        """As plain values; the answers by pair id, so that a release can be made from them."""
        return {
            "answered": dict(self.answered),
            "answered_by_several": self.several,
            "unsure": self.unsure,
            "agreement": {str(aspect): _plain(agreement) for aspect, agreement in self.agreement.items()},
            "differences": [
                {
                    "pair_id": difference.pair_id,
                    "question": difference.question,
                    "answer": difference.answer,
                    "aspects": [str(aspect) for aspect in difference.aspects],
                    "given": {
                        reader: dict(answers._asdict()) for reader, answers in difference.answers.items()
                    },
                }
                for difference in self.differences
            ],
        }


def audit_result(
    logs: Iterable[StudyLog],
    questions: Sequence[Question],
    patients: Mapping[str, str],
    *,
    bootstrap: Bootstrap = USUAL,
) -> AuditResult:
    """Gather the annotators' answers from their logs, or from a merged one, and compare them.

    Parameters
    ----------
    patients : case id -> patient id; intervals draw whole patients
    """
    by_id = {question.question_id: question for question in questions}
    by_reader: dict[str, dict[str, AuditAnswers]] = {}
    settled: dict[str, AuditAnswers] = {}
    unsure = 0
    for log in logs:
        for final in log.of_stage(Stage.FINAL):
            verdict = final.verdict
            answers = answers_of_verdict(verdict)
            if verdict.question_id not in by_id:
                continue
            unsure += answers is None
            if answers is not None:
                by_reader.setdefault(verdict.question_id, {})[verdict.reader] = answers
        for verdict in log.adjudicated.values():
            decided = answers_of_verdict(verdict)
            if decided is not None:
                settled[verdict.question_id] = decided
    counts: dict[str, int] = {}
    for several in by_reader.values():
        for reader in several:
            counts[reader] = counts.get(reader, 0) + 1
    return AuditResult(
        answered=dict(sorted(counts.items())),
        several=sum(len(several) > 1 for several in by_reader.values()),
        unsure=unsure,
        answers=by_reader,
        settled=settled,
        agreement={aspect: _agreement(aspect, by_reader, by_id, patients, bootstrap) for aspect in Aspect},
        differences=tuple(_differences(by_reader, by_id)),
    )


def _agreement(
    aspect: Aspect,
    answered: Mapping[str, Mapping[str, AuditAnswers]],
    questions: Mapping[str, Question],
    patients: Mapping[str, str],
    bootstrap: Bootstrap,
) -> AspectAgreement:
    ratings = [
        Rating(pair_id, reader, str(answers.of(aspect)), patients[questions[pair_id].case_id])
        for pair_id, several in answered.items()
        for reader, answers in several.items()
    ]
    categories = {
        pair_id: [str(category) for category in questions[pair_id].categories] for pair_id in answered
    }
    readers = sorted({rating.rater for rating in ratings})
    fleiss = partial(fleiss_kappa, bootstrap=bootstrap)
    return AspectAgreement(
        fleiss=fleiss(ratings),
        alpha=krippendorff_alpha(ratings, bootstrap=bootstrap),
        cohen={
            f"{first} / {second}": cohen_kappa(ratings, first, second, bootstrap=bootstrap)
            for first, second in combinations(readers, 2)
        },
        categories=per_category(ratings, categories, fleiss),
    )


def _differences(
    answered: Mapping[str, Mapping[str, AuditAnswers]], questions: Mapping[str, Question]
) -> Iterable[Difference]:
    for pair_id in sorted(answered):
        several = answered[pair_id]
        aspects = tuple(
            aspect for aspect in Aspect if len({answers.of(aspect) for answers in several.values()}) > 1
        )
        if aspects:
            question = questions[pair_id]
            yield Difference(pair_id, question.text, question.reference, dict(several), aspects)


def _plain(agreement: AspectAgreement) -> dict[str, JsonValue]:
    return {
        "fleiss": asdict(agreement.fleiss),
        "alpha": asdict(agreement.alpha),
        "cohen": {pair: asdict(value) for pair, value in agreement.cohen.items()},
        "categories": {name: asdict(value) for name, value in agreement.categories.items()},
    }
