"""Counts per backend: failures stand by themselves and are never counted as wrong."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from types import MappingProxyType

from CTSpatialVQALib.records.judgement import Score
from CTSpatialVQALib.records.question import Question
from CTSpatialVQALib.records.reply import Reply
from CTSpatialVQALib.records.words import Category, NoAnswer, Outcome, QuestionForm, VerdictClass
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
        _summary(name, tuple(answers.values()), len(joined.questions), descriptions, patients)
        for name, answers in joined.asked.items()
    )


def tally_of(answers: Iterable[Asked]) -> Tally:
    """Count how the answers stand."""
    standings = Counter(answer.standing for answer in answers)
    return Tally(
        right=standings[Standing.RIGHT],
        wrong=standings[Standing.WRONG],
        undecided=standings[Standing.UNDECIDED],
        failed=standings[Standing.FAILED],
    )


def accuracy_of(answers: Iterable[Asked], patients: Mapping[str, str]) -> Accuracy | None:
    """Share of right answers among the decided ones, with its interval over patients; None without any.

    Parameters
    ----------
    patients : case id -> patient id; a case that is missing is its own patient
    """
    decided = [answer for answer in answers if answer.standing in (Standing.RIGHT, Standing.WRONG)]
    if not decided:
        return None
    cases = [answer.question.case_id for answer in decided]
    clusters = Clusters.of([patients.get(case_id, case_id) for case_id in cases])
    return accuracy([answer.standing is Standing.RIGHT for answer in decided], clusters)


def _summary(
    name: str,
    answers: tuple[Asked, ...],
    questions: int,
    descriptions: Mapping[str, str],
    patients: Mapping[str, str],
) -> BackendSummary:
    share = accuracy_of(answers, patients)
    backend = answers[0].reply.key.backend
    failed = Counter(answer.failure for answer in answers if answer.standing is Standing.FAILED)
    silent = sum(answer.silent for answer in answers)
    classes = Counter(
        answer.score.verdict_class for answer in answers if answer.score and answer.score.verdict_class
    )
    tally = tally_of(answers)
    errors = Counter(
        answer.score.error_type for answer in answers if answer.score and answer.score.error_type
    )
    return BackendSummary(
        name=name,
        probe=str(answers[0].reply.key.probe),
        description=descriptions.get(name, descriptions.get(backend, "")),
        tally=tally,
        failed_by_outcome={str(name): failed[name] for name in (*NoAnswer, *Outcome) if failed[name]},
        classes={
            str(verdict_class): classes[verdict_class]
            for verdict_class in (VerdictClass.COARSER, VerdictClass.FINER)
            if classes[verdict_class]
        },
        silent=silent,
        errors={str(error): count for error, count in errors.most_common()},
        unscored=sum(answer.score is None and answer.standing is Standing.UNDECIDED for answer in answers),
        not_asked=questions - len(answers),
        by_category=_by_category(answers),
        by_form=_by_form(answers),
        interval=share and share.interval,
        patients=share.patients if share else 0,
    )


def _by_category(answers: tuple[Asked, ...]) -> tuple[GroupRow, ...]:
    """Rows in the benchmark's order; an item with several categories counts once in each."""
    rows = [
        GroupRow(
            str(category), tally_of(answer for answer in answers if category in answer.question.categories)
        )
        for category in Category
    ]
    rows.append(
        GroupRow(NO_CATEGORY, tally_of(answer for answer in answers if not answer.question.categories))
    )
    return tuple(row for row in rows if row.tally.asked)


def _by_form(answers: tuple[Asked, ...]) -> tuple[GroupRow, ...]:
    forms: tuple[QuestionForm | None, ...] = (*QuestionForm, None)
    rows = [
        GroupRow(form_name(form), tally_of(answer for answer in answers if answer.question.form == form))
        for form in forms
    ]
    return tuple(row for row in rows if row.tally.asked)
