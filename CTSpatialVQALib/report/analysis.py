"""Every number of the report, computed once from replies, scores and patients."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, fields
from itertools import combinations
from typing import NamedTuple

import numpy as np

from CTSpatialVQALib.records.judgement import Score
from CTSpatialVQALib.records.question import Question
from CTSpatialVQALib.records.reply import Reply
from CTSpatialVQALib.records.words import Category, Probe, QuestionForm
from CTSpatialVQALib.report.embedded import plain
from CTSpatialVQALib.report.joined_scores import Asked, join
from CTSpatialVQALib.report.page_data import Standing, Tally
from CTSpatialVQALib.report.summary import accuracy_of, tally_of
from CTSpatialVQALib.scoring.chance import (
    LEAST_QUESTIONS,
    ChanceLevels,
    FormChance,
    chance_levels,
    form_of,
)
from CTSpatialVQALib.scoring.probe_analysis import ModelLook, looks_at_the_image
from CTSpatialVQALib.statistics.clusters import Accuracy, Clusters
from CTSpatialVQALib.statistics.groups import (
    AgainstConstant,
    GroupShare,
    against_constants,
    group_shares,
    membership,
)
from CTSpatialVQALib.statistics.paired_tests import Comparison, Paired, corrected
from CTSpatialVQALib.statistics.power import questions_for_difference, questions_for_half_width

HALF_WIDTH = 0.02  # of the interval that the power table asks for


class FormShare(NamedTuple):
    """One form's share, held against the best constant answer; None where there are too few questions."""

    share: GroupShare
    chance: FormChance | None
    against: AgainstConstant | None


@dataclass(frozen=True)
class ModelNumbers:
    """One backend under one probe.

    Parameters
    ----------
    series : number of its mark in all figures; probes share the mark of their backend
    blind : whether it is the image-blind baseline
    asked : by question id
    accuracy, needed : None where nothing is decided; `needed` questions make the interval +- 2 points
    """

    name: str
    backend: str
    probe: Probe
    series: int
    blind: bool
    asked: Mapping[str, Asked]
    tally: Tally
    accuracy: Accuracy | None
    categories: tuple[GroupShare, ...]
    forms: tuple[FormShare, ...]
    needed: int | None

    def numbers(self) -> dict[str, object]:
        """All of it as plain data, without the replies."""
        left_out = ("asked", "series", "tally", "forms")
        numbers = {
            field.name: plain(getattr(self, field.name))
            for field in fields(self)
            if field.name not in left_out
        }
        return {**numbers, "forms": [_form_numbers(form) for form in self.forms]}


class PairNumbers(NamedTuple):
    """Two models on the questions that are decided for both; `needed` to find this difference again."""

    paired: Paired
    discordant: float
    needed: int | None


@dataclass(frozen=True)
class Analysis:
    """All numbers of a report.

    Parameters
    ----------
    patients : case id -> patient id
    chance : None if nothing was asked
    """

    questions: Mapping[str, Question]
    patients: Mapping[str, str]
    models: tuple[ModelNumbers, ...] = ()
    pairs: tuple[PairNumbers, ...] = ()
    chance: ChanceLevels | None = None
    looks: tuple[ModelLook, ...] = ()

    @property
    def full(self) -> tuple[ModelNumbers, ...]:
        """The models with everything shown."""
        return tuple(model for model in self.models if model.probe is Probe.FULL)

    def numbers(self) -> dict[str, object]:
        """All of it as plain data, without the replies."""
        return {
            "models": [model.numbers() for model in self.models],
            "pairs": plain(self.pairs),
            "chance": self.chance and _chance_numbers(self.chance),
            "probes": plain(self.looks),
        }

    @property
    def blind(self) -> ModelNumbers | None:
        """The image-blind baseline, if it was asked."""
        return next((model for model in self.full if model.blind), None)


def analyse(
    questions: Iterable[Question],
    replies: Iterable[Reply],
    scores: Iterable[Score],
    patients: Mapping[str, str],
) -> Analysis:
    """Ask `scoring` for every number of the report.

    Parameters
    ----------
    patients : case id -> patient id; a case that is missing is its own patient

    Raises
    ------
    BadInput
        If questions, replies and scores do not belong together; see `report.joined.join`.
    """
    replies, scores = tuple(replies), tuple(scores)
    joined = join(questions, replies, scores)
    patients = {
        question.case_id: patients.get(question.case_id, question.case_id)
        for question in joined.questions.values()
    }
    reached = {key for answers in joined.asked.values() for key in answers}
    about = [question for key, question in joined.questions.items() if key in reached]
    chance = chance_levels(about, patients) if about else None
    series = {name: at for at, name in enumerate(dict.fromkeys(map(_settings, joined.asked)))}
    models = tuple(
        _model(name, answers, patients, chance, series[_settings(name)])
        for name, answers in joined.asked.items()
    )
    return Analysis(
        questions=joined.questions,
        patients=patients,
        models=models,
        pairs=_pairs([model for model in models if model.probe is Probe.FULL], patients),
        chance=chance,
        looks=_looks(models, joined.questions, scores, patients),
    )


def right_and_wrong(answers: Iterable[Asked]) -> list[Asked]:
    """Those that the scorer decided."""
    return [answer for answer in answers if answer.standing in (Standing.RIGHT, Standing.WRONG)]


def _settings(name: str) -> str:
    """The shown name without its probe."""
    return name.rsplit(" · ", 1)[0] if name.rsplit(" · ", 1)[-1] in set(Probe) else name


def is_blind(reply: Reply) -> bool:
    """Whether a reply is of the image-blind nearest-neighbour baseline, whatever its name."""
    return reply.key.contract == "none" and "pool_sha256" in reply.key.parameters


def _model(
    name: str,
    answers: Mapping[str, Asked],
    patients: Mapping[str, str],
    chance: ChanceLevels | None,
    series: int,
) -> ModelNumbers:
    first = next(iter(answers.values())).reply
    decided = right_and_wrong(answers.values())
    categories = None
    forms: tuple[FormShare, ...] = ()
    share = accuracy_of(answers.values(), patients)
    if decided:
        right = [answer.standing is Standing.RIGHT for answer in decided]
        clusters = _clusters(decided, patients)
        labels = membership(
            [[str(label) for label in answer.question.categories] for answer in decided], map(str, Category)
        )
        categories = group_shares(right, labels, clusters)
        forms = _forms(decided, patients, chance)
    return ModelNumbers(
        name=name,
        backend=first.key.backend,
        probe=first.key.probe,
        series=series,
        blind=is_blind(first),
        asked=answers,
        tally=tally_of(answers.values()),
        accuracy=share,
        categories=categories or (),
        forms=forms,
        needed=_needed(share) if share else None,
    )


def _needed(share: Accuracy) -> int | None:
    """Nothing can be said from a share of 0 or 1, nor from one patient."""
    if not 0 < share.share < 1 or share.patients < 2:
        return None
    return questions_for_half_width(share.share, HALF_WIDTH, design_effect=share.design_effect)


def _forms(
    decided: Sequence[Asked], patients: Mapping[str, str], chance: ChanceLevels | None
) -> tuple[FormShare, ...]:
    """The share of each form beside what its best constant answer is right on, on the same questions."""
    levels = chance.forms if chance else {}
    of_form: dict[QuestionForm, list[Asked]] = {}
    for answer in decided:
        of_form.setdefault(form_of(answer.question), []).append(answer)
    against = against_constants(
        {
            str(form): (
                [answer.standing is Standing.RIGHT for answer in answers],
                [answer.question.question_id in levels[form].majority_right for answer in answers],
            )
            for form, answers in of_form.items()
            if form in levels and len(answers) >= LEAST_QUESTIONS
        },
        {str(form): _clusters(answers, patients) for form, answers in of_form.items()},
    )
    right = [answer.standing is Standing.RIGHT for answer in decided]
    labels = membership([[form_of(answer.question)] for answer in decided], QuestionForm)
    shares = group_shares(right, labels, _clusters(decided, patients))
    return tuple(
        FormShare(share, levels.get(QuestionForm(share.group)), against.get(share.group)) for share in shares
    )


def _form_numbers(form: FormShare) -> dict[str, object]:
    chance = None if form.chance is None else _level_numbers(form.chance)
    return {"share": plain(form.share), "chance": chance, "against": plain(form.against)}


def _chance_numbers(chance: ChanceLevels) -> dict[str, object]:
    levels = {str(form): _level_numbers(level) for form, level in chance.forms.items()}
    return {"forms": levels, "uniform": chance.uniform, "majority": chance.majority}


def _level_numbers(level: FormChance) -> dict[str, object]:
    """Without the ids of the questions that the constant answer is right on."""
    return {key: plain(value) for key, value in level._asdict().items() if key != "majority_right"}


def _clusters(answers: Iterable[Asked], patients: Mapping[str, str]) -> Clusters:
    return Clusters.of([patients[answer.question.case_id] for answer in answers])


def _pairs(models: Sequence[ModelNumbers], patients: Mapping[str, str]) -> tuple[PairNumbers, ...]:
    """Each two models on the questions that both decide; Holm's correction is over all pairs."""
    compared = {
        (first.name, second.name): comparison
        for first, second in combinations(models, 2)
        if (comparison := _comparison(first, second, patients)) is not None
    }
    effects = {model.name: model.accuracy.design_effect for model in models if model.accuracy}
    return tuple(_pair(paired, effects) for paired in corrected(list(compared.values())))


def _comparison(first: ModelNumbers, second: ModelNumbers, patients: Mapping[str, str]) -> Comparison | None:
    of_second = {answer.question.question_id: answer for answer in right_and_wrong(second.asked.values())}
    both = [
        answer for answer in right_and_wrong(first.asked.values()) if answer.question.question_id in of_second
    ]
    if not both:
        return None
    return Comparison.of(
        first.name,
        second.name,
        [answer.standing is Standing.RIGHT for answer in both],
        [of_second[answer.question.question_id].standing is Standing.RIGHT for answer in both],
        _clusters(both, patients),
    )


def _pair(paired: Paired, effects: Mapping[str, float]) -> PairNumbers:
    discordant = (paired.only_first + paired.only_second) / paired.questions
    effect = max(effects[paired.first], effects[paired.second])
    return PairNumbers(paired, discordant, _needed_pair(paired.difference, discordant, effect))


def _needed_pair(difference: float, discordant: float, effect: float) -> int | None:
    if not abs(difference) > 0 or not np.isfinite(effect):
        return None
    return questions_for_difference(difference, discordant, design_effect=effect)


def _looks(
    models: Sequence[ModelNumbers],
    questions: Mapping[str, Question],
    scores: Iterable[Score],
    patients: Mapping[str, str],
) -> tuple[ModelLook, ...]:
    """Each backend by itself, so that two settings of one backend do not meet."""
    groups: dict[int, list[ModelNumbers]] = {}
    for model in models:
        groups.setdefault(model.series, []).append(model)
    scored = {score.reply_id: score for score in scores}
    series_looks: list[ModelLook] = []
    for group in groups.values():
        if group[0].blind:  # it is shown nothing in any case
            continue
        replies = [answer.reply for model in group for answer in model.asked.values()]
        own = [scored[reply.reply_id] for reply in replies if reply.reply_id in scored]
        series_looks += looks_at_the_image(replies, questions.values(), own, patients)
    return tuple(series_looks)
