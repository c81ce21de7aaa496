"""Counts per backend: failures stand by themselves and are never counted as wrong."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from types import MappingProxyType

from CTSpatialVQALib.records.judgement import Score
from CTSpatialVQALib.records.question import Question
from CTSpatialVQALib.records.reply import Reply
from CTSpatialVQALib.records.words import Category, Outcome, QuestionForm
from CTSpatialVQALib.report.joined_scores import Asked, join
from CTSpatialVQALib.report.page_data import BackendSummary, GroupRow, Standing, Tally
from CTSpatialVQALib.report.text_format import form_name
from CTSpatialVQALib.statistics.clusters import Accuracy, Clusters, accuracy

NO_CATEGORY = "no category"
_NOTHING: Mapping[str, str] = MappingProxyType({})


def summarise(
    questions: Iterable[Question],
    replies: Iterable[Reply],
    scores: Iterable[Score],
    *,
    descriptions: Mapping[str, str] = _NOTHING,
    patients: Mapping[str, str] = _NOTHING,
) -> tuple[BackendSummary, ...]:
    """One summary per backend and probe, backends in the order in which they first reply.

    Parameters
    ----------
    questions : all questions of the study, also those that were not asked
    scores : at most one per reply, all with a reply_id
    descriptions : backend name -> one sentence about it
    patients : case id -> patient id; a case that is missing is its own patient

    Raises
    ------
    BadInput
        If questions, replies and scores do not belong together; see `report.joined.join`.
    """
    joined = join(questions, replies, scores)
    return tuple(
        _summary(name, tuple(asked.values()), len(joined.questions), descriptions, patients)
        for name, asked in joined.asked.items()
    )


def tally_of(asked: Iterable[Asked]) -> Tally:
    """Count how the answers stand."""
    found = Counter(one.standing for one in asked)
    return Tally(
        right=found[Standing.RIGHT],
        wrong=found[Standing.WRONG],
        undecided=found[Standing.UNDECIDED],
        failed=found[Standing.FAILED],
    )


def accuracy_of(asked: Iterable[Asked], patients: Mapping[str, str]) -> Accuracy | None:
    """Share of right answers among the decided ones, with its interval over patients; None without any.

    Parameters
    ----------
    patients : case id -> patient id; a case that is missing is its own patient
    """
    decided = [one for one in asked if one.standing in (Standing.RIGHT, Standing.WRONG)]
    if not decided:
        return None
    cases = [one.question.case_id for one in decided]
    clusters = Clusters.of([patients.get(case_id, case_id) for case_id in cases])
    return accuracy([one.standing is Standing.RIGHT for one in decided], clusters)


def _summary(
    name: str,
    asked: tuple[Asked, ...],
    questions: int,
    descriptions: Mapping[str, str],
    patients: Mapping[str, str],
) -> BackendSummary:
    share = accuracy_of(asked, patients)
    backend = asked[0].reply.key.backend
    failed = Counter(one.reply.outcome for one in asked if one.standing is Standing.FAILED)
    errors = Counter(one.score.error_type for one in asked if one.score and one.score.error_type)
    return BackendSummary(
        name=name,
        probe=str(asked[0].reply.key.probe),
        description=descriptions.get(name, descriptions.get(backend, "")),
        tally=tally_of(asked),
        failed_by_outcome={str(outcome): failed[outcome] for outcome in Outcome if failed[outcome]},
        errors={str(error): count for error, count in errors.most_common()},
        unscored=sum(one.score is None and one.standing is Standing.UNDECIDED for one in asked),
        not_asked=questions - len(asked),
        by_category=_by_category(asked),
        by_form=_by_form(asked),
        interval=share and share.interval,
        patients=share.patients if share else 0,
    )


def _by_category(asked: tuple[Asked, ...]) -> tuple[GroupRow, ...]:
    """Rows in the benchmark's order; an item with several categories counts once in each."""
    rows = [
        GroupRow(str(category), tally_of(one for one in asked if category in one.question.categories))
        for category in Category
    ]
    rows.append(GroupRow(NO_CATEGORY, tally_of(one for one in asked if not one.question.categories)))
    return tuple(row for row in rows if row.tally.asked)


def _by_form(asked: tuple[Asked, ...]) -> tuple[GroupRow, ...]:
    forms: tuple[QuestionForm | None, ...] = (*QuestionForm, None)
    rows = [
        GroupRow(form_name(form), tally_of(one for one in asked if one.question.form == form))
        for form in forms
    ]
    return tuple(row for row in rows if row.tally.asked)
