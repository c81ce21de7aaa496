"""Report sections: shares by spatial category and by question form, with chance and corrected tests."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import NamedTuple

from CTSpatialVQALib.records.words import Category, QuestionForm
from CTSpatialVQALib.report.analysis import Analysis, FormShare, ModelNumbers
from CTSpatialVQALib.report.plots import (
    Band,
    Column,
    Dot,
    DotPlot,
    Figure,
    Rule,
    RuleStyle,
    Section,
    Table,
    Words,
    share_axis,
)
from CTSpatialVQALib.report.text_format import grouped, interval_cell, p_text, percent, points
from CTSpatialVQALib.scoring.chance import LEAST_QUESTIONS, FormChance
from CTSpatialVQALib.statistics.clusters import INTERVAL_NAME
from CTSpatialVQALib.statistics.groups import GroupShare

SIGNIFICANT = 0.05


class _Entry(NamedTuple):
    """One model's share in one group."""

    model: ModelNumbers
    share: GroupShare


def categories_section(analysis: Analysis) -> Section | None:
    """Shares by spatial category; None where no asked question has one."""
    entries = {str(category): _entries(analysis, str(category), _categories) for category in Category}
    bands = tuple(_band(name, shares, _category_words) for name, shares in entries.items() if shares)
    if not bands:
        return None
    figure = Figure(
        name="categories",
        title="Share of right answers by spatial category",
        description=_described(bands),
        how_to_read="Marks and lines as above. \u25b2 better, \u25bc worse than the same model on its"
        " other questions (p < 0.05 over patients, Holm-corrected for the number of categories).",
        plot=DotPlot(share_axis(), bands),
        table=Table(
            "By category",
            _CATEGORY_COLUMNS,
            tuple(_category_row(share) for entry in entries.values() for share in entry),
        ),
    )
    words = Words(
        "A question with several categories counts in each of them, so the categories add up to more than the"
        " number of questions. Each category is compared with all questions outside it."
    )
    return Section("categories", "By spatial category", (words, figure))


def forms_section(analysis: Analysis) -> Section | None:
    """Shares by question form with the form's own chance levels; None where nothing is decided."""
    bands, rows = [], []
    for form in QuestionForm:
        entries = _entries(analysis, form, _forms)
        chance = analysis.chance.forms.get(form) if analysis.chance else None
        if entries:
            band = _band(form.spoken, entries, _form_words)
            bands.append(band._replace(rules=_chance_rules(chance)))
        rows += _form_rows(analysis, form, chance)
    if not bands:
        return None
    figure = Figure(
        name="forms",
        title="Share of right answers by type of question",
        description=_described(bands),
        how_to_read="Marks and lines as above. Dotted line: answering at random. Dashed line: always"
        " giving the"
        " most successful constant answer, which is named. A model to the left of the dashed line would do"
        " better by always giving that answer.",
        plot=DotPlot(share_axis(), tuple(bands)),
        table=Table("By type of question", _FORM_COLUMNS, tuple(rows)),
    )
    words = Words(
        "An accuracy means little until it is compared with what is reached without looking at the image."
        " Each"
        " type of question has its own chance level, scored by the same rules as the models. The best"
        " constant"
        " answer is compared with each model question by question, over patients, Holm-corrected for the"
        f" number of types; with fewer than {LEAST_QUESTIONS} questions it is neither drawn nor compared."
    )
    return Section(
        "forms", "By type of question, compared with chance", (words, figure, _constants(analysis))
    )


def _entries(
    analysis: Analysis, group: str, shares: Callable[[ModelNumbers], Iterable[GroupShare]]
) -> list[_Entry]:
    return [
        _Entry(model, share) for model in analysis.full for share in shares(model) if share.group == group
    ]


def _categories(model: ModelNumbers) -> Iterable[GroupShare]:
    return model.categories


def _forms(model: ModelNumbers) -> Iterable[GroupShare]:
    return [form.share for form in model.forms]


def _band(title: str, entries: Sequence[_Entry], words_of: Callable[[GroupShare], str]) -> Band:
    return Band(
        title,
        tuple(
            Dot(model.name, model.series, share.share, share.interval, None, words_of(share))
            for model, share in entries
        ),
    )


def _category_words(share: GroupShare) -> str:
    return f"{sign_of(share)} {_form_words(share)}".strip()


def _form_words(share: GroupShare) -> str:
    return f"{percent(share.share, share.questions)} of {grouped(share.questions)}"


def sign_of(share: GroupShare) -> str:
    """Whether a group is found better or worse than the rest, as a sign; empty where that is open."""
    if share.p_holm is None or share.p_holm >= SIGNIFICANT or share.versus_rest is None:
        return ""
    return "\u25b2" if share.versus_rest > 0 else "\u25bc"


def _chance_rules(chance: FormChance | None) -> tuple[Rule, ...]:
    if chance is None or not chance.enough:
        return ()
    answer = chance.majority_answer
    answer = answer if len(answer) <= 28 else answer[:27].rstrip() + "\u2026"
    return (
        Rule(chance.uniform, f"random {percent(chance.uniform)}", RuleStyle.UNIFORM),
        Rule(chance.majority, f"always \u201c{answer}\u201d {percent(chance.majority)}", RuleStyle.CONSTANT),
    )


def _described(bands: Sequence[Band]) -> str:
    return (
        ". ".join(
            f"{band.title}: " + "; ".join(f"{dot.label} {dot.value_text}" for dot in band.dots)
            for band in bands
        )
        + "."
    )


_SHARE_COLUMNS = (
    Column("Model", False),
    Column("Right / decided"),
    Column("Share"),
    Column(INTERVAL_NAME),
)
_CATEGORY_COLUMNS = (
    Column("Category", False),
    *_SHARE_COLUMNS,
    Column("Minus the rest, points"),
    Column("p"),
    Column("p Holm"),
)
_FORM_COLUMNS = (
    Column("Type", False),
    *_SHARE_COLUMNS,
    Column("Random"),
    Column("Best constant"),
    Column("p Holm against it"),
    Column("Place", False),
)


def _share_cells(entry: _Entry) -> tuple[str, ...]:
    model, share = entry
    size = share.questions
    return (
        model.name,
        f"{grouped(share.right)} / {grouped(size)}",
        percent(share.share, size),
        interval_cell(share.interval, size),
    )


def _category_row(entry: _Entry) -> tuple[str, ...]:
    share = entry.share
    versus = "n/a" if share.versus_rest is None else points(share.versus_rest, share.questions)
    return (share.group, *_share_cells(entry), versus, p_text(share.p), p_text(share.p_holm))


def _form_rows(analysis: Analysis, form: QuestionForm, chance: FormChance | None) -> list[tuple[str, ...]]:
    return [
        (form.spoken, *_share_cells(_Entry(model, form_share.share)), *_chance_cells(form_share, chance))
        for model in analysis.full
        for form_share in model.forms
        if form_share.share.group == form
    ]


def _chance_cells(form: FormShare, chance: FormChance | None) -> tuple[str, ...]:
    if chance is None or form.against is None:
        return ("n/a", "n/a", "n/a", place_of(form))
    return (
        percent(chance.uniform),
        percent(form.against.constant),
        p_text(form.against.p_holm),
        place_of(form),
    )


def place_of(form_share: FormShare) -> str:
    """Where a share lies beside the best constant answer, by the paired test over patients."""
    if form_share.against is None:
        return "too few questions"
    if form_share.against.p_holm >= SIGNIFICANT:
        return "no different from it"
    return "above it" if form_share.against.share > form_share.against.constant else "below it"


def _constants(analysis: Analysis) -> Table:
    forms = analysis.chance.forms.values() if analysis.chance else ()
    return Table(
        "Accuracy of always giving the same answer",
        (Column("Type", False), Column("Always", False), Column("Share right"), Column("Questions")),
        tuple(
            (chance.form.spoken, answer, percent(share, chance.questions), grouped(chance.questions))
            for chance in forms
            for answer, share in chance.always.items()
        ),
        folded=True,
    )
