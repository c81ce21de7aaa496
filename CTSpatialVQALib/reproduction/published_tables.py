"""The published tables made from the published files, by position as published and by key."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

from CTSpatialVQALib.backends.prior import answer_all
from CTSpatialVQALib.benchmark.predictions import read_predictions
from CTSpatialVQALib.benchmark.questions import read_questions
from CTSpatialVQALib.records.case import official_patient_id
from CTSpatialVQALib.records.question import Question
from CTSpatialVQALib.records.words import Category, QuestionForm
from CTSpatialVQALib.reproduction.model_tables import BothJuries, join_both_ways
from CTSpatialVQALib.reproduction.published_alarms import baseline_alarms, position_alarms, prediction_alarms
from CTSpatialVQALib.reproduction.published_files import ModelFiles, find_files
from CTSpatialVQALib.reproduction.published_jury import category_shares, read_judges
from CTSpatialVQALib.reproduction.published_numbers import Check, Published, check_jury, check_metrics
from CTSpatialVQALib.scoring.chance import ChanceLevels, chance_levels, form_of, rule_scorer
from CTSpatialVQALib.scoring.score_alarms import Alarm
from CTSpatialVQALib.scoring.text_metrics import TextMetrics, TextPair, text_metrics
from CTSpatialVQALib.statistics.clusters import Accuracy, Clusters, accuracy
from CTSpatialVQALib.statistics.groups import (
    AgainstConstant,
    GroupShare,
    against_constants,
    group_shares,
    membership,
)
from CTSpatialVQALib.statistics.paired_tests import Paired, compare_all

Tell = Callable[[str], None]


class RuleAccuracy(NamedTuple):
    """A set of answers under the rule scorer: undecided and blank ones count as not right.

    by_form : against the best constant answer of the form, on the same questions
    """

    right: int
    undecided: int
    share: float
    by_form: Mapping[str, AgainstConstant]


@dataclass(frozen=True)
class ModelResult:
    """What was made of one model's files.

    Parameters
    ----------
    juries : None where there is no judge file
    jury_accuracy : by key, with intervals over patients; None without a jury
    by_category : by key; `published_categories`: category -> share as published, blanks counted as wrong
    rules : under the rule scorer; None where baselines were not asked for
    checks : each published number held against ours
    """

    model: str
    predictions: int
    notes: tuple[str, ...]
    juries: BothJuries | None
    jury_accuracy: Accuracy | None
    by_category: tuple[GroupShare, ...]
    published_categories: Mapping[str, float]
    metrics: TextMetrics
    rules: RuleAccuracy | None
    checks: tuple[Check, ...]


@dataclass(frozen=True)
class Baselines:
    """What needs no model: chance levels by form, and the image-blind prior, under the rule scorer."""

    chance: ChanceLevels
    prior: RuleAccuracy


@dataclass(frozen=True)
class Reproduction:
    """Everything that a folder of published files gives."""

    questions: int
    patients: int
    models: Mapping[str, ModelResult]
    comparisons: tuple[Paired, ...]
    baselines: Baselines | None
    alarms: tuple[Alarm, ...]
    missing: tuple[str, ...]


@dataclass(frozen=True)
class Settings:
    """What to leave out: METEOR and SBERT take most of the time, baselines the rest."""

    meteor: bool = True
    sbert: bool = True
    baselines: bool = True


def reproduce(folder: Path, settings: Settings | None = None, *, tell: Tell = lambda _: None) -> Reproduction:
    """Make the published tables from the files in `folder`, by position and by key, and look for alarms.

    Parameters
    ----------
    tell : called with one line before each longer step

    Raises
    ------
    BadInput
        For files that are missing, broken, ambiguous or of another run; see the readers.
    """
    chosen = settings or Settings()
    files = find_files(folder)
    work = _Work(read_questions(files.questions).questions, Published.read(files.published), chosen)
    baselines = None
    if chosen.baselines:
        tell("baselines: chance levels and the image-blind prior")
        baselines = work.baselines()
    results: dict[str, ModelResult] = {}
    for model, own in files.models.items():
        tell(f"{model}: joining votes, measuring texts")
        results[model] = work.model(model, own, baselines)
    return Reproduction(
        questions=len(work.questions),
        patients=work.clusters.count,
        models=results,
        comparisons=work.comparisons(results),
        baselines=baselines,
        alarms=tuple(work.alarms),
        missing=files.missing,
    )


class _Judged(NamedTuple):
    """Questions with a verdict on every one of some models, and those verdicts."""

    questions: Sequence[Question]
    right: tuple[list[bool], ...]
    clusters: Clusters


class _Work:
    """The questions that all models share, and the alarms found so far."""

    def __init__(self, questions: Sequence[Question], published: Published, settings: Settings) -> None:
        self.questions = questions
        self.published = published
        self.settings = settings
        self.patients = {question.case_id: official_patient_id(question.case_id) for question in questions}
        self.clusters = Clusters.of([self.patients[question.case_id] for question in questions])
        self.alarms: list[Alarm] = []

    def model(self, model: str, files: ModelFiles, baselines: Baselines | None) -> ModelResult:
        """One model's tables; alarms are kept."""
        read = read_predictions(files.predictions, self.questions)
        predictions = read.predictions
        pairs = [
            TextPair(predictions[question.question_id], question.reference)
            for question in self.questions
            if question.question_id in predictions
        ]
        metrics = text_metrics(pairs, meteor=self.settings.meteor, sbert=self.settings.sbert)
        checks = check_metrics(model, metrics, self.published)
        juries = None
        if files.judges:
            judges = read_judges(files.judges)
            juries = join_both_ways(judges, self.questions, predictions, self.patients)
            checks += check_jury(model, juries, self.questions, self.published)
            self.alarms += position_alarms(model, judges, juries, self.questions, predictions)
        self.alarms += prediction_alarms(model, self.questions, predictions, juries)
        judged = self._judged([juries.verdict_by_key] if juries else [])
        rules = None
        if baselines is not None:
            rules = self._rules(predictions, baselines.chance)
            self.alarms += _below_baselines(model, rules, baselines)
        notes = {str(note) for note in (*read.notes, *(juries.notes if juries else ()))}
        return ModelResult(
            model=model,
            predictions=len(predictions),
            notes=tuple(sorted(notes)),
            juries=juries,
            jury_accuracy=None if juries is None else accuracy(judged.right[0], judged.clusters),
            by_category=() if juries is None else self._by_category(judged),
            published_categories={} if juries is None else self._published_categories(juries),
            metrics=metrics,
            rules=rules,
            checks=checks,
        )

    def baselines(self) -> Baselines:
        """Chance and prior; every patient's questions are answered from other patients' only."""
        prior = {key: answer.text for key, answer in answer_all(self.questions, self.patients).items()}
        chance = chance_levels(self.questions, self.patients)
        return Baselines(chance, self._rules(prior, chance))

    def comparisons(self, results: Mapping[str, ModelResult]) -> tuple[Paired, ...]:
        """All pairs of models with a jury, by key, on the questions that all of them answered."""
        verdicts = {name: result.juries.verdict_by_key for name, result in results.items() if result.juries}
        judged = self._judged(list(verdicts.values()))
        return compare_all(dict(zip(verdicts, judged.right, strict=True)), judged.clusters)

    def _judged(self, verdicts: Sequence[Mapping[str, bool]]) -> _Judged:
        common = [
            question
            for question in self.questions
            if all(question.question_id in verdict for verdict in verdicts)
        ]
        return _Judged(
            common,
            tuple([verdict[question.question_id] for question in common] for verdict in verdicts),
            Clusters.of([self.patients[question.case_id] for question in common]),
        )

    def _by_category(self, judged: _Judged) -> tuple[GroupShare, ...]:
        groups = membership(
            [question.categories for question in judged.questions], [str(category) for category in Category]
        )
        return group_shares(judged.right[0], groups, judged.clusters)

    def _published_categories(self, juries: BothJuries) -> dict[str, float]:
        if juries.position is None:
            return {}
        shares = category_shares(juries.verdict_by_position, self.questions)
        return {str(category): share for category, share in shares.items()}

    def _rules(self, answers: Mapping[str, str], chance: ChanceLevels) -> RuleAccuracy:
        scores = [rule_scorer(question, answers.get(question.question_id, "")) for question in self.questions]
        right = scores.count(True)
        return RuleAccuracy(
            right=right,
            undecided=scores.count(None),
            share=right / len(scores),
            by_form=self._against_constants(scores, chance),
        )

    def _against_constants(
        self, scores: Sequence[bool | None], chance: ChanceLevels
    ) -> dict[str, AgainstConstant]:
        of_form: dict[QuestionForm, list[tuple[Question, bool]]] = {form: [] for form in chance.forms}
        for question, score in zip(self.questions, scores, strict=True):
            of_form[form_of(question)].append((question, score is True))
        return against_constants(
            {
                str(form): (
                    [right for _, right in scored],
                    [question.question_id in chance.forms[form].majority_right for question, _ in scored],
                )
                for form, scored in of_form.items()
            },
            {
                str(form): Clusters.of([self.patients[question.case_id] for question, _ in scored])
                for form, scored in of_form.items()
            },
        )


def _below_baselines(model: str, rules: RuleAccuracy, baselines: Baselines) -> list[Alarm]:
    alarms = baseline_alarms(model, rules.by_form, baselines.chance)
    if rules.share < baselines.prior.share:
        alarms.append(
            Alarm(
                "blind_baseline_wins",
                "warning",
                model,
                f"right by rule in {rules.share:.1%}; the nearest questions about other patients, without any"
                f" image, in {baselines.prior.share:.1%}",
                {"model": rules.share, "prior": baselines.prior.share},
            )
        )
    return alarms
