"""What do the statistics say about these replies? Every number of the report, asked of `scoring` once."""

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
from CTSpatialVQALib.report.summary import tally_of
from CTSpatialVQALib.scoring.chance import ChanceLevels, FormChance, chance_levels, form_of
from CTSpatialVQALib.scoring.probe_analysis import ModelLook, looks_at_the_image
from CTSpatialVQALib.statistics.clusters import Accuracy, Clusters, accuracy
from CTSpatialVQALib.statistics.groups import (
    AgainstChance,
    GroupShare,
    against_chance,
    group_shares,
    membership,
)
from CTSpatialVQALib.statistics.intervals import Interval
from CTSpatialVQALib.statistics.paired_tests import Paired, compare_all, holm
from CTSpatialVQALib.statistics.power import questions_for_difference, questions_for_half_width

HALF_WIDTH = 0.02  # of the interval that the power table asks for


class FormShare(NamedTuple):
    """One form's share, held against the best constant answer; None where there is no chance level."""

    share: GroupShare
    chance: FormChance | None
    against: AgainstChance | None


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
        left_out = ("asked", "series", "tally")
        return {one.name: plain(getattr(self, one.name)) for one in fields(self) if one.name not in left_out}


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
            "chance": plain(self.chance),
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
    reached = {key for asked in joined.asked.values() for key in asked}
    about = [question for key, question in joined.questions.items() if key in reached]
    chance = chance_levels(about, patients) if about else None
    series = {name: at for at, name in enumerate(dict.fromkeys(map(_settings, joined.asked)))}
    models = tuple(
        _model(name, asked, patients, chance, series[_settings(name)]) for name, asked in joined.asked.items()
    )
    return Analysis(
        questions=joined.questions,
        patients=patients,
        models=models,
        pairs=_pairs([model for model in models if model.probe is Probe.FULL], patients),
        chance=chance,
        looks=_looks(models, joined.questions, scores, patients),
    )


def cautious(found: Accuracy | GroupShare) -> Interval:
    """The interval to be told in words: the wider one of Wilson's and that over patients.

    Over a handful of patients, or where all answers are right, the latter can be far too narrow.
    """
    return max(found.wilson, found.clustered, key=lambda interval: interval.high - interval.low)


def right_and_wrong(asked: Iterable[Asked]) -> list[Asked]:
    """Those that the scorer decided."""
    return [one for one in asked if one.standing in (Standing.RIGHT, Standing.WRONG)]


def _settings(name: str) -> str:
    """The shown name without its probe."""
    return name.rsplit(" · ", 1)[0] if name.rsplit(" · ", 1)[-1] in set(Probe) else name


def is_blind(reply: Reply) -> bool:
    """Whether a reply is of the image-blind nearest-neighbour baseline, whatever its name."""
    return reply.key.contract == "none" and "pool_sha256" in reply.key.parameters


def _model(
    name: str,
    asked: Mapping[str, Asked],
    patients: Mapping[str, str],
    chance: ChanceLevels | None,
    series: int,
) -> ModelNumbers:
    first = next(iter(asked.values())).reply
    decided = right_and_wrong(asked.values())
    found = categories = None
    forms: tuple[FormShare, ...] = ()
    if decided:
        right = [one.standing is Standing.RIGHT for one in decided]
        clusters = _clusters(decided, patients)
        found = accuracy(right, clusters)
        labels = membership(
            [[str(label) for label in one.question.categories] for one in decided], map(str, Category)
        )
        categories = group_shares(right, labels, clusters)
        forms = _forms(decided, right, clusters, chance)
    return ModelNumbers(
        name=name,
        backend=first.key.backend,
        probe=first.key.probe,
        series=series,
        blind=is_blind(first),
        asked=asked,
        tally=tally_of(asked.values()),
        accuracy=found,
        categories=categories or (),
        forms=forms,
        needed=_needed(found) if found else None,
    )


def _needed(found: Accuracy) -> int | None:
    """Nothing can be said from a share of 0 or 1, nor from one patient."""
    if not 0 < found.share < 1 or found.patients < 2:
        return None
    return questions_for_half_width(found.share, HALF_WIDTH, design_effect=max(1.0, found.design_effect))


def _forms(
    decided: Sequence[Asked], right: Sequence[bool], clusters: Clusters, chance: ChanceLevels | None
) -> tuple[FormShare, ...]:
    labels = membership([[form_of(one.question)] for one in decided], QuestionForm)
    levels = chance.forms if chance else {}
    return tuple(
        _form(share, levels.get(QuestionForm(share.group))) for share in group_shares(right, labels, clusters)
    )


def _form(share: GroupShare, chance: FormChance | None) -> FormShare:
    if chance is None:
        return FormShare(share, None, None)
    return FormShare(share, chance, against_chance(share.right, share.questions, chance.majority))


def _clusters(asked: Iterable[Asked], patients: Mapping[str, str]) -> Clusters:
    return Clusters.of([patients[one.question.case_id] for one in asked])


def _pairs(models: Sequence[ModelNumbers], patients: Mapping[str, str]) -> tuple[PairNumbers, ...]:
    """Each two models on the questions that both decide; Holm's correction is over all pairs."""
    found = [
        pair for one, other in combinations(models, 2) if (pair := _pair(one, other, patients)) is not None
    ]
    corrected = holm([pair.paired.p_clustered for pair in found])
    return tuple(
        pair._replace(paired=pair.paired._replace(p_holm=p_value))
        for pair, p_value in zip(found, corrected, strict=True)
    )


def _pair(one: ModelNumbers, other: ModelNumbers, patients: Mapping[str, str]) -> PairNumbers | None:
    second = {each.question.question_id: each for each in right_and_wrong(other.asked.values())}
    both = [each for each in right_and_wrong(one.asked.values()) if each.question.question_id in second]
    if not both:
        return None
    right = {
        one.name: [each.standing is Standing.RIGHT for each in both],
        other.name: [second[each.question.question_id].standing is Standing.RIGHT for each in both],
    }
    (paired,) = compare_all(right, _clusters(both, patients))
    discordant = (paired.only_first + paired.only_second) / paired.questions
    effects = [model.accuracy.design_effect for model in (one, other) if model.accuracy]
    return PairNumbers(paired, discordant, _needed_pair(paired.difference, discordant, max(1.0, *effects)))


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
    found: list[ModelLook] = []
    for group in groups.values():
        if group[0].blind:  # it is shown nothing in any case
            continue
        replies = [one.reply for model in group for one in model.asked.values()]
        own = [scored[reply.reply_id] for reply in replies if reply.reply_id in scored]
        found += looks_at_the_image(replies, questions.values(), own, patients)
    return tuple(found)
