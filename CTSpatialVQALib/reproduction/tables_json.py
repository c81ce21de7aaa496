"""The reproduction as plain values, for `reproduce --json`: fractions, BLEU 0 to 100, null for no value."""

from __future__ import annotations

from collections.abc import Mapping

from CTSpatialVQALib.reproduction.model_tables import BothJuries, JuryFigures, explained
from CTSpatialVQALib.reproduction.published_numbers import Check
from CTSpatialVQALib.reproduction.published_tables import Baselines, ModelResult, Reproduction, RuleAccuracy
from CTSpatialVQALib.scoring.jury import JuryTally
from CTSpatialVQALib.scoring.score_alarms import Alarm
from CTSpatialVQALib.statistics.agreement import Agreement
from CTSpatialVQALib.statistics.clusters import INTERVAL_METHOD, Accuracy
from CTSpatialVQALib.statistics.groups import GroupShare
from CTSpatialVQALib.statistics.paired_tests import Paired

Plain = dict[str, object]


def plain_reproduction(reproduction: Reproduction) -> Plain:
    """Everything, as one JSON object."""
    return {
        "models": {name: _model(result) for name, result in reproduction.models.items()},
        "alarms": [_alarm(alarm) for alarm in reproduction.alarms],
        "comparisons": [_pair(comparison) for comparison in reproduction.comparisons],
        "baselines": None if reproduction.baselines is None else _baselines(reproduction.baselines),
        "questions": reproduction.questions,
        "patients": reproduction.patients,
        "missing": list(reproduction.missing),
    }


def _model(result: ModelResult) -> Plain:
    metrics = result.metrics
    return {
        "jury": None if result.juries is None else _jury(result.juries, result.jury_accuracy),
        "categories": _categories(result),
        "bleu": metrics.bleu,
        "rouge1": metrics.rouge1,
        "rouge2": metrics.rouge2,
        "rougeL": metrics.rouge_l,
        "meteor": metrics.meteor,
        "sbert": metrics.sbert,
        "text_pairs": metrics.pairs,
        "empty_predictions": metrics.empty,
        "not_available": dict(metrics.unavailable),
        "rules": None if result.rules is None else _rules(result.rules),
        "predictions": result.predictions,
        "checks": [_check(check) for check in result.checks],
        "explanation": None if result.juries is None else explained(result.model, result.juries),
        "notes": list(result.notes),
    }


def _jury(juries: BothJuries, accuracy: Accuracy | None) -> Plain:
    by_position, key = juries.by_position, juries.by_key
    return {
        "by_position": None if by_position is None else by_position.accuracy,
        "by_key": key.accuracy,
        "by_key_without_repeats": juries.without_repeats,
        "rules_without_repeats": _tallies(juries.rules_without_repeats),
        "verdicts_that_differ": juries.flips,
        "position": None if by_position is None else _figures(by_position),
        "key": _figures(key),
        "intervals": None if accuracy is None else _accuracy(accuracy),
        "rows_lost": {judge: dict(lost) for judge, lost in juries.lost.items()},
        "rows_repeated": dict(juries.repeated),
    }


def _figures(figures: JuryFigures) -> Plain:
    return {
        "accuracy": figures.accuracy,
        "answers": figures.answers,
        "judges": dict(figures.judges),
        "rules": _tallies(figures.rules),
        "agreement": {name: _agreement(coefficient) for name, coefficient in figures.agreement.items()},
    }


def _tallies(rules: Mapping[str, JuryTally]) -> Plain:
    return {name: {**tally._asdict(), "share": tally.share} for name, tally in rules.items()}


def _agreement(agreement: Agreement) -> Plain:
    return {
        "kappa": agreement.value,
        "ac1": agreement.ac1,
        "interval": agreement.interval,
        "answers": agreement.items,
    }


def _accuracy(accuracy: Accuracy) -> Plain:
    return {
        "share": accuracy.share,
        "right": accuracy.right,
        "questions": accuracy.questions,
        "patients": accuracy.patients,
        "interval_95": accuracy.interval,
        "interval_method": f"{INTERVAL_METHOD}, over patients",
        "design_effect": accuracy.design_effect,
    }


def _categories(result: ModelResult) -> Plain:
    published = result.published_categories
    return {
        share.group: {"by_position": published.get(share.group), "by_key": share.share, **_group(share)}
        for share in result.by_category
    }


def _group(share: GroupShare) -> Plain:
    return {
        "right": share.right,
        "questions": share.questions,
        "interval_95": share.interval,
        "design_effect": share.design_effect,
        "versus_rest": share.versus_rest,
        "p": share.p,
        "p_holm": share.p_holm,
    }


def _rules(accuracy: RuleAccuracy) -> Plain:
    return {
        "share": accuracy.share,
        "right": accuracy.right,
        "undecided": accuracy.undecided,
        "by_form": {
            form: {
                "share": share.share,
                "questions": share.questions,
                "best_constant": share.constant,
                "p_against_best_constant": share.p,
                "p_holm": share.p_holm,
            }
            for form, share in accuracy.by_form.items()
        },
    }


def _check(check: Check) -> Plain:
    return {"what": check.what, "published": check.published, "ours": check.ours, "equal": check.equal}


def _alarm(alarm: Alarm) -> Plain:
    numbers: Mapping[str, float] = alarm.numbers
    return {
        "code": alarm.code,
        "severity": alarm.severity,
        "about": alarm.about,
        "message": alarm.message,
        "numbers": dict(numbers),
    }


def _pair(pair: Paired) -> Plain:
    return pair._asdict()


def _baselines(baselines: Baselines) -> Plain:
    return {
        "uniform_chance": baselines.chance.uniform,
        "majority_answer": baselines.chance.majority,
        "prior": _rules(baselines.prior),
        "forms": {
            str(form): {
                "questions": level.questions,
                "uniform": level.uniform,
                "majority": level.majority,
                "majority_answer": level.majority_answer,
                "always": dict(level.always),
            }
            for form, level in baselines.chance.forms.items()
        },
    }
