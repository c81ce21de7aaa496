"""The reproduction as lines for people at a terminal."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from CTSpatialVQALib.reproduction.model_tables import explained
from CTSpatialVQALib.reproduction.published_tables import Baselines, ModelResult, Reproduction
from CTSpatialVQALib.statistics.paired_tests import Paired


def reproduction_lines(reproduction: Reproduction) -> Iterator[str]:
    """The tables, why they differ, comparisons, baselines and alarms."""
    results = list(reproduction.models.values())
    models = ", ".join(reproduction.models)
    yield f"{reproduction.questions} questions about {reproduction.patients} patients; models: {models}"
    yield ""
    yield from _jury_table(results)
    for result in results:
        if result.juries is not None:
            yield explained(result.model, result.juries)
    yield from _category_table(results)
    yield from _metrics_table(results)
    yield from _checks(results)
    yield from _comparisons(reproduction.comparisons)
    if reproduction.baselines is not None:
        yield from _baselines(reproduction.baselines, results)
    yield ""
    yield f"{len(reproduction.alarms)} alarms:"
    yield from (f"  {alarm.severity}: {alarm.about}: {alarm.message}" for alarm in reproduction.alarms)
    if reproduction.missing:
        yield ""
        yield "Not found:"
        yield from (f"  {name}" for name in reproduction.missing)


def _jury_table(results: Sequence[ModelResult]) -> Iterator[str]:
    rows = []
    for result in results:
        if result.juries is None or result.jury_accuracy is None:
            continue
        by_position, key = result.juries.by_position, result.juries.by_key
        interval = result.jury_accuracy.interval
        rows.append(
            [
                result.model,
                _percent(by_position.accuracy if by_position else None),
                _percent(key.accuracy),
                f"{100 * interval.low:.2f} to {100 * interval.high:.2f}" if interval else "one patient",
                f"{result.jury_accuracy.design_effect:.2f}",
                *(_percent(tally.share) for tally in key.rules.values()),
                _kappa(by_position.agreement if by_position else {}),
                _kappa(key.agreement),
            ]
        )
    if rows:
        heads = "jury, %|by position|by key|95 % CI over patients|design effect|unanimous|majority|any"
        yield from _table([*heads.split("|"), "kappa by position", "kappa by key"], rows)
        yield ""


def _category_table(results: Sequence[ModelResult]) -> Iterator[str]:
    judged = [result for result in results if result.by_category]
    if not judged:
        return
    heads = ["category, % by position / by key", "questions"] + [result.model for result in judged]
    by_model = {result.model: {group.group: group for group in result.by_category} for result in judged}
    rows = [
        [group.group, str(group.questions)]
        + [
            f"{_percent(result.published_categories.get(group.group))} /"
            f" {_percent(by_model[result.model][group.group].share)}"
            for result in judged
        ]
        for group in judged[0].by_category
    ]
    yield ""
    yield from _table(heads, rows)


def _metrics_table(results: Sequence[ModelResult]) -> Iterator[str]:
    rows = [
        [result.model, str(result.metrics.pairs), _plain(result.metrics.bleu, 2)]
        + [
            _plain(value, 4)
            for value in (
                result.metrics.rouge1,
                result.metrics.rouge2,
                result.metrics.rouge_l,
                result.metrics.meteor,
                result.metrics.sbert,
            )
        ]
        for result in results
    ]
    yield ""
    yield from _table("texts|pairs|BLEU|ROUGE-1|ROUGE-2|ROUGE-L|METEOR|SBERT".split("|"), rows)
    why = {f"{name}: {reason}" for result in results for name, reason in result.metrics.unavailable.items()}
    yield from (f"  not available: {line}" for line in sorted(why))


def _checks(results: Sequence[ModelResult]) -> Iterator[str]:
    yield ""
    for result in results:
        compared = [check for check in result.checks if check.equal is not None]
        equal = sum(check.equal is True for check in compared)
        yield f"{result.model}: {equal} of {len(compared)} published numbers reproduced"
        yield from (
            f"  differs: {check.what}: published {check.published}, ours {check.ours}"
            for check in compared
            if not check.equal
        )


def _comparisons(pairs: Iterable[Paired]) -> Iterator[str]:
    rows = [
        [
            f"{pair.first} - {pair.second}",
            f"{100 * pair.difference:+.2f}",
            f"{100 * pair.interval.low:+.2f} to {100 * pair.interval.high:+.2f}",
            f"{pair.only_first} / {pair.only_second}",
            f"{pair.p_clustered:.3g}",
            f"{pair.p_holm:.3g}",
        ]
        for pair in pairs
    ]
    if rows:
        heads = "pair, by key|points|interval, corrected|only one right|p over patients|p Holm"
        yield ""
        yield from _table(heads.split("|"), rows)


def _baselines(baselines: Baselines, results: Sequence[ModelResult]) -> Iterator[str]:
    scored = [(result.model, result.rules) for result in results if result.rules is not None]
    heads = ["right by rule, %", "questions", "uniform", "always the best", "blind prior"]
    rows = [
        [
            form.spoken,
            str(level.questions),
            _percent(level.uniform),
            _percent(level.majority),
            _percent(baselines.prior.by_form[str(form)].share),
            *(_percent(rules.by_form[str(form)].share) for _, rules in scored),
        ]
        for form, level in baselines.chance.forms.items()
    ]
    all_forms = ["all", str(sum(level.questions for level in baselines.chance.forms.values()))]
    all_forms += [
        _percent(share)
        for share in (baselines.chance.uniform, baselines.chance.majority, baselines.prior.share)
    ]
    yield ""
    yield from _table(
        [*heads, *(name for name, _ in scored)],
        [*rows, all_forms + [_percent(rules.share) for _, rules in scored]],
    )


def _table(heads: Sequence[str], rows: Sequence[Sequence[str]]) -> Iterator[str]:
    """Columns as wide as their widest cell; the first to the left, the others to the right."""
    widths = [max(len(row[at]) for row in [heads, *rows]) for at in range(len(heads))]
    for row in [heads, *rows]:
        cells = [
            cell.ljust(width) if at == 0 else cell.rjust(width)
            for at, (cell, width) in enumerate(zip(row, widths, strict=True))
        ]
        yield "  ".join(cells).rstrip()


def _kappa(agreement: object) -> str:
    fleiss = agreement.get("fleiss") if isinstance(agreement, dict) else None
    return "-" if fleiss is None else _plain(fleiss.value, 3)


def _percent(share: float | None) -> str:
    return "-" if share is None else f"{100 * share:.2f}"


def _plain(value: float | None, digits: int) -> str:
    return "-" if value is None else f"{value:.{digits}f}"
