"""What readers found of each model, and the accuracy that follows whatever the scorer's bias."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from CTSpatialVQALib.records.judgement import Verdict
from CTSpatialVQALib.records.words import Outcome, Stage, VerdictValue
from CTSpatialVQALib.report.analysis import Analysis, ModelNumbers
from CTSpatialVQALib.report.joined_scores import Asked
from CTSpatialVQALib.report.readings import Readings
from CTSpatialVQALib.statistics.agreement import Agreement, Rating, cohen_kappa
from CTSpatialVQALib.statistics.clusters import Clusters
from CTSpatialVQALib.statistics.prediction_powered import (
    PredictionPowered,
    prediction_powered,
    verdicts_needed,
)

HALF_WIDTH = 0.05  # of the interval that the number of further verdicts is told for
LEAST_READ = 10  # verdicts below which no accuracy is told from them
_RULES, _READERS = "rules", "readers"
_TRUTH = {VerdictValue.CORRECT: 1.0, VerdictValue.INCORRECT: 0.0}


class Finding(NamedTuple):
    """What the readers of one reply find together.

    value : correct, incorrect, or unsure where they are unsure, differ evenly or fault the question
    adjudicated : whether a further verdict settled it
    """

    value: VerdictValue
    error_type: str
    severity: str
    readers: int
    adjudicated: bool


@dataclass(frozen=True)
class ReadersTruth:
    """One model as the readers found it.

    Parameters
    ----------
    counts : correct, incorrect, unsure -> answers
    errors, severities : of the wrong ones
    agreement : Cohen's kappa of rules and readers, on what both decide
    powered : the accuracy from all scores and these verdicts; None with fewer than 10 of them
    needed : further verdicts until its interval is +- 5 points; None where reading all is not enough
    """

    model: str
    counts: Mapping[str, int]
    errors: Mapping[str, int]
    severities: Mapping[str, int]
    adjudicated: int
    agreement: Agreement
    powered: PredictionPowered | None
    needed: int | None

    @property
    def read(self) -> int:
        """Answers that readers judged."""
        return sum(self.counts.values())


def readers_truth(
    analysis: Analysis, readings: Readings, sampled: Collection[str] | None = None
) -> tuple[ReadersTruth, ...]:
    """Every model with everything shown that readers judged.

    Parameters
    ----------
    sampled : question ids drawn for readers; only verdicts on them tell the accuracy. None: none were drawn,
        and all verdicts do
    """
    findings = findings_of(readings)
    every = (_truth(model, findings, analysis.patients, sampled) for model in analysis.full)
    return tuple(truth for truth in every if truth is not None)


def findings_of(readings: Readings) -> dict[str, Finding]:
    """Reply id -> finding: the adjudicated verdict, else what most readers say last (final before blind)."""
    by_reply: dict[str, dict[str, Verdict]] = {}
    for stage in (Stage.BLIND, Stage.FINAL):
        for verdict in readings.of_stage(stage):
            by_reply.setdefault(verdict.reply_id, {})[verdict.reader] = verdict
    findings = {reply_id: _together(list(words.values())) for reply_id, words in by_reply.items()}
    for reply_id, verdict in readings.adjudicated.items():
        readers = len(by_reply.get(reply_id, {}))
        findings[reply_id] = _together([verdict])._replace(readers=readers, adjudicated=True)
    return findings


def _together(verdicts: Sequence[Verdict]) -> Finding:
    wrong = [verdict for verdict in verdicts if verdict.value is VerdictValue.INCORRECT]
    right = sum(verdict.value is VerdictValue.CORRECT for verdict in verdicts)
    value = VerdictValue.UNSURE
    if right != len(wrong):
        value = VerdictValue.CORRECT if right > len(wrong) else VerdictValue.INCORRECT
    is_wrong = value is VerdictValue.INCORRECT
    return Finding(
        value,
        _commonest([str(verdict.error_type) for verdict in wrong if verdict.error_type]) if is_wrong else "",
        _commonest([str(verdict.severity) for verdict in wrong if verdict.severity]) if is_wrong else "",
        len(verdicts),
        adjudicated=False,
    )


def _commonest(words: Sequence[str]) -> str:
    return Counter(words).most_common(1)[0][0] if words else ""


def _truth(
    model: ModelNumbers,
    findings: Mapping[str, Finding],
    patients: Mapping[str, str],
    sampled: Collection[str] | None,
) -> ReadersTruth | None:
    answered = [answer for answer in model.asked.values() if answer.reply.outcome is Outcome.ANSWERED]
    own = {
        answer.reply.reply_id: findings[answer.reply.reply_id]
        for answer in answered
        if answer.reply.reply_id in findings
    }
    if not own:
        return None
    scores = np.array([_automatic(answer) for answer in answered])
    verdicts = np.array([_verdict(answer, own, sampled) for answer in answered])
    clusters = Clusters.of([patients[answer.question.case_id] for answer in answered])
    enough = int((~np.isnan(verdicts)).sum()) >= LEAST_READ
    return ReadersTruth(
        model=model.name,
        counts=_counted([str(finding.value) for finding in own.values()]),
        errors=_counted([finding.error_type for finding in own.values() if finding.error_type]),
        severities=_counted([finding.severity for finding in own.values() if finding.severity]),
        adjudicated=sum(finding.adjudicated for finding in own.values()),
        agreement=_agreement(answered, own, patients),
        powered=prediction_powered(scores, verdicts, clusters) if enough else None,
        needed=verdicts_needed(scores, verdicts, clusters, HALF_WIDTH) if enough else None,
    )


def _counted(words: Sequence[str]) -> dict[str, int]:
    return dict(Counter(words).most_common())


def _automatic(answer: Asked) -> float:
    """1 right, 0 wrong by the scorer; in the middle where it does not decide."""
    return 0.5 if answer.score is None or answer.score.correct is None else float(answer.score.correct)


def _verdict(answer: Asked, findings: Mapping[str, Finding], sampled: Collection[str] | None) -> float:
    finding = findings.get(answer.reply.reply_id)
    if finding is None or (sampled is not None and answer.question.question_id not in sampled):
        return float("nan")
    return _TRUTH.get(finding.value, float("nan"))


def _agreement(
    answered: Sequence[Asked], findings: Mapping[str, Finding], patients: Mapping[str, str]
) -> Agreement:
    ratings = []
    for answer in answered:
        finding = findings.get(answer.reply.reply_id)
        if (
            finding is None
            or finding.value not in _TRUTH
            or answer.score is None
            or answer.score.correct is None
        ):
            continue
        patient = patients[answer.question.case_id]
        ratings.append(Rating(answer.reply.reply_id, _READERS, str(_TRUTH[finding.value] == 1.0), patient))
        ratings.append(Rating(answer.reply.reply_id, _RULES, str(answer.score.correct), patient))
    return cohen_kappa(ratings, _READERS, _RULES)
