"""Alarms that the published files of one model raise."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from CTSpatialVQALib.language.answer_part import answer_part
from CTSpatialVQALib.records.case import official_patient_id
from CTSpatialVQALib.records.question import Question
from CTSpatialVQALib.reproduction.model_tables import BothJuries
from CTSpatialVQALib.reproduction.published_jury import BATCH, JudgeAndPath
from CTSpatialVQALib.scoring.across_patients import AcrossPatients, Answered, across_patients
from CTSpatialVQALib.scoring.chance import ChanceLevels, rule_scorer
from CTSpatialVQALib.scoring.score_alarms import (
    Alarm,
    contaminated,
    empty_but_right,
    low_agreement,
    no_votes,
    position_effect,
    same_answers,
    self_contradiction,
)
from CTSpatialVQALib.scoring.text_metrics import TextPair, corpus_bleu
from CTSpatialVQALib.statistics.groups import AgainstConstant

_SIGNIFICANT = 0.05


def position_alarms(
    model: str,
    judges: Mapping[str, JudgeAndPath],
    juries: BothJuries,
    questions: Sequence[Question],
    predictions: Mapping[str, str],
) -> list[Alarm]:
    """Alarms about the judges and about how their votes were joined."""
    alarms = _joining(model, juries)
    alarms += low_agreement(juries.by_key.agreement, f"{model}, by key")
    alarms += _rows(model, judges, juries)
    alarms += no_votes(juries.key.jury, model)
    alarms += empty_but_right(predictions, juries.verdict_by_key, juries.key.jury, model)
    for judge, judge_file in judges.items():
        alarms += position_effect(juries.key.jury, judge, BATCH, model)
        alarms += self_contradiction(judge_file.file.votes, f"{model} / {judge}")
    nameless = sum(vote.case_id is None for judge_file in judges.values() for vote in judge_file.file.votes)
    if nameless:
        alarms.append(
            Alarm(
                "votes_without_case",
                "info",
                model,
                f"{nameless} votes do not name their case; they were joined by their texts",
                {"votes": nameless},
            )
        )
    return alarms


def prediction_alarms(
    model: str, questions: Sequence[Question], predictions: Mapping[str, str], juries: BothJuries | None
) -> list[Alarm]:
    """Alarms about the predictions themselves."""
    alarms = contaminated(predictions, model)
    if alarms:
        alarms += _cleaned_bleu(model, questions, predictions)
    alarms += same_answers(_across_patients(questions, predictions, juries), model)
    missing = len(questions) - len(predictions)
    if missing:
        alarms.append(
            Alarm(
                "missing_predictions",
                "warning",
                model,
                f"{missing} questions have no prediction and are left out of the jury",
                {"questions": missing},
            )
        )
    if juries is None:
        blank = sum(not text.strip() for text in predictions.values())
        if blank:
            alarms.append(
                Alarm(
                    "empty_predictions", "warning", model, f"{blank} predictions are blank", {"empty": blank}
                )
            )
    return alarms


def _across_patients(
    questions: Sequence[Question], predictions: Mapping[str, str], juries: BothJuries | None
) -> AcrossPatients | None:
    """Right as the jury found, joined by key; without a jury by rule."""
    answered = [question for question in questions if predictions.get(question.question_id, "").strip()]
    if juries is not None:
        right: Mapping[str, bool | None] = juries.verdict_by_key
    else:
        right = {
            question.question_id: rule_scorer(question, predictions[question.question_id])
            for question in answered
        }
    return across_patients(
        Answered(
            question,
            official_patient_id(question.case_id),
            predictions[question.question_id],
            right.get(question.question_id),
        )
        for question in answered
    )


def baseline_alarms(model: str, by_form: Mapping[str, AgainstConstant], chance: ChanceLevels) -> list[Alarm]:
    """Question forms in which one constant answer is right more often than the model, by rule."""
    return [
        Alarm(
            "below_constant_answer",
            "warning",
            f"{model} / {form.spoken}",
            f"right by rule in {by_form[str(form)].share:.1%} of {level.questions} questions;"
            f" always '{level.majority_answer}' in {level.majority:.1%}",
            {
                "model": by_form[str(form)].share,
                "always": level.majority,
                "p_holm": by_form[str(form)].p_holm,
            },
        )
        for form, level in chance.forms.items()
        if level.enough
        and str(form) in by_form
        and by_form[str(form)].p_holm < _SIGNIFICANT
        and by_form[str(form)].share < by_form[str(form)].constant
    ]


def _joining(model: str, juries: BothJuries) -> list[Alarm]:
    published = juries.by_position
    if published is None or juries.position is None:
        return [
            Alarm(
                "no_order",
                "warning",
                model,
                "the judges' rows do not follow the questions' order: there is no jury by position",
                {},
            )
        ]
    alarms = low_agreement(published.agreement, f"{model}, as published")
    if juries.flips:
        alarms.append(
            Alarm(
                "rows_shifted",
                "error",
                model,
                f"joined by position the jury is {published.accuracy:.2%}, by key"
                f" {juries.by_key.accuracy:.2%}; {juries.flips} verdicts differ",
                {
                    "by_position": published.accuracy,
                    "by_key": juries.by_key.accuracy,
                    "verdicts": juries.flips,
                },
            )
        )
    return alarms


def _rows(model: str, judges: Mapping[str, JudgeAndPath], juries: BothJuries) -> list[Alarm]:
    alarms = []
    for judge, lost in juries.lost.items():
        first_lost = ", ".join(
            f"{question_id} (before row {row})" for question_id, row in list(lost.items())[:5]
        )
        alarms.append(
            Alarm(
                "rows_lost",
                "error",
                f"{model} / {judge}",
                f"{len(lost)} rows are missing from the file: {first_lost}{' ...' if len(lost) > 5 else ''}",
                {"rows": len(lost), "first": min(lost.values())},
            )
        )
    for judge, rows in juries.repeated.items():
        if rows:
            alarms.append(
                Alarm(
                    "repeated_verdicts",
                    "error",
                    f"{model} / {judge}",
                    f"{rows} rows stand in whole batches with one verdict and one reasoning: one unreadable"
                    f" reply, copied to all; as no vote the jury is {juries.without_repeats:.2%}",
                    {"rows": rows, "jury_without": juries.without_repeats},
                )
            )
    return alarms


def _cleaned_bleu(model: str, questions: Sequence[Question], predictions: Mapping[str, str]) -> list[Alarm]:
    predicted = [question for question in questions if question.question_id in predictions]
    raw = corpus_bleu([TextPair(predictions[answer.question_id], answer.reference) for answer in predicted])
    clean = corpus_bleu(
        [
            TextPair(answer_part(predictions[answer.question_id]).text, answer.reference)
            for answer in predicted
        ]
    )
    if raw is None or clean is None:
        return []
    return [
        Alarm(
            "cleaning_changes_bleu",
            "info",
            model,
            f"BLEU {raw:.2f}; {clean:.2f} when each prediction is cut to its first answer",
            {"raw": raw, "cleaned": clean},
        )
    ]
