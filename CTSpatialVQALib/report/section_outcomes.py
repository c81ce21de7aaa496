"""Report sections: outcomes, error types, alarms, and lengths of texts."""

from __future__ import annotations

from collections.abc import Sequence

from CTSpatialVQALib.judging.jury_agreement import kappas
from CTSpatialVQALib.records.words import ErrorType, Outcome
from CTSpatialVQALib.report.analysis import Analysis, ModelNumbers
from CTSpatialVQALib.report.page_data import BackendSummary
from CTSpatialVQALib.report.plots import Bars, Column, Figure, Histograms, Section, Table, Words
from CTSpatialVQALib.report.readings import Readings
from CTSpatialVQALib.report.section_groups import place_of
from CTSpatialVQALib.report.text_format import grouped, p_text, percent, spoken
from CTSpatialVQALib.report.word_counts import Counted, bins_for, count_words
from CTSpatialVQALib.scoring.jury import votes_by_id
from CTSpatialVQALib.scoring.score_alarms import (
    Alarm,
    constant_judge,
    contaminated,
    does_not_follow_the_mirror,
    gravest_first,
    low_agreement,
    no_votes,
    same_answers,
)

_MARK = {"error": "\u2716 error", "warning": "\u25b2 warning", "info": "\u2139 info"}


def outcomes_section(summary: Sequence[BackendSummary]) -> Section | None:
    """Every outcome and every error type, model by model; None where nothing was asked."""
    if not summary:
        return None
    names = [Column(model.name) for model in summary]
    outcomes = Table(
        "Outcomes",
        (Column("Outcome", False), *names),
        (
            ("questions asked", *(grouped(model.tally.asked) for model in summary)),
            ("answered, right", *(grouped(model.tally.right) for model in summary)),
            ("answered, wrong", *(grouped(model.tally.wrong) for model in summary)),
            ("answered, undecided", *(grouped(model.tally.undecided) for model in summary)),
            *(
                (spoken(outcome), *(grouped(model.failed_by_outcome.get(outcome, 0)) for model in summary))
                for outcome in Outcome
                if any(model.failed_by_outcome.get(outcome) for model in summary)
            ),
            ("not asked", *(grouped(model.not_asked) for model in summary)),
        ),
    )
    errors = Table(
        "Types of error",
        (Column("Error type", False), *names),
        tuple(
            (spoken(error), *(_of_wrong(model, error) for model in summary))
            for error in ErrorType
            if any(model.errors.get(error) for model in summary)
        ),
    )
    return Section("outcomes", "Outcomes and errors", (outcomes, *((errors,) if errors.rows else ())))


def _of_wrong(model: BackendSummary, error: str) -> str:
    count = model.errors.get(error, 0)
    return f"{grouped(count)} ({percent(count / model.tally.wrong)})" if count else "0"


def alarms_of(analysis: Analysis, readings: Readings) -> tuple[Alarm, ...]:
    """What should make a reader distrust the numbers, gravest first."""
    alarms: list[Alarm] = []
    for model in analysis.full:
        answers = {
            key: answer.reply.answer for key, answer in model.asked.items() if answer.reply.answer is not None
        }
        alarms += contaminated(answers, model.name)
        if not model.blind:
            alarms += _below_constants(model)
    for look in analysis.looks:
        alarms += same_answers(look.across_patients, look.backend)
        alarms += does_not_follow_the_mirror(look.backend, look.mirror and look.mirror.coin)
    alarms += _below_blind(analysis)
    if readings.votes:
        alarms += _judges(analysis, readings)
    return gravest_first(alarms)


def _below_constants(model: ModelNumbers) -> list[Alarm]:
    return [
        Alarm(
            "below_a_constant_answer",
            "warning",
            model.name,
            f"{form.chance.form.spoken}: right in {percent(form.share.share, form.share.questions)}; always"
            f" saying \u201c{form.chance.majority_answer}\u201d is right in"
            f" {percent(form.against.constant, form.share.questions)} (p {p_text(form.against.p_holm)})",
            {"share": form.share.share, "constant": form.against.constant, "p_holm": form.against.p_holm},
        )
        for form in model.forms
        if form.chance is not None and form.against is not None and place_of(form) == "below it"
    ]


def _below_blind(analysis: Analysis) -> list[Alarm]:
    """Models that an image-blind baseline beats on the same questions."""
    blind = analysis.blind
    if blind is None:
        return []
    alarms = []
    for pair in analysis.pairs:
        paired = pair.paired
        if blind.name not in (paired.first, paired.second) or paired.p_holm >= 0.05:
            continue
        model = paired.second if paired.first == blind.name else paired.first
        behind = paired.difference if paired.first == blind.name else -paired.difference
        if behind > 0:
            alarms.append(
                Alarm(
                    "below_the_blind_baseline",
                    "warning",
                    model,
                    f"{blind.name}, which sees no image, is right {100 * behind:.1f} points more often on the"
                    f" same {grouped(paired.questions)} questions (p {p_text(paired.p_holm)})",
                    {"points": 100 * behind, "p_holm": paired.p_holm},
                )
            )
    return alarms


def _judges(analysis: Analysis, readings: Readings) -> list[Alarm]:
    patients = {
        answer.reply.reply_id: analysis.patients[answer.question.case_id]
        for model in analysis.models
        for answer in model.asked.values()
    }
    reply_ids = sorted({reply_id for vote in readings.votes.values() for reply_id in vote})
    jury = votes_by_id(readings.votes, reply_ids)
    alarms = low_agreement(kappas(jury, patients), "judges") + no_votes(jury, "judges")
    for judge, votes in readings.votes.items():
        alarms += constant_judge(judge, votes.values(), "judges")
    return alarms


def alarms_section(alarms: Sequence[Alarm], analysis: Analysis) -> Section | None:
    """The alarms as a table; None where nothing was asked."""
    if not analysis.models:
        return None
    if not alarms:
        return Section(
            "alarms",
            "Alarms",
            (
                Words(
                    "No check of this report raised an alarm. Alarms raised during a run are listed in the"
                    " notes"
                    " above."
                ),
            ),
        )
    table = Table(
        "Reasons to distrust these numbers",
        (
            Column("About", False),
            Column("Severity", False),
            Column("Observation", False),
            Column("Check", False),
        ),
        tuple((alarm.about, _MARK[alarm.severity], alarm.message, spoken(alarm.code)) for alarm in alarms),
    )
    return Section("alarms", "Alarms", (table,))


def words_section(analysis: Analysis) -> Section | None:
    """Histograms of words; None where nothing was asked."""
    counted = count_words(analysis)
    if not counted:
        return None
    most = bins_for(counted)
    figure = Figure(
        name="words",
        title="Words per question, reference and answer",
        description="; ".join(f"{texts.what}: median {texts.quartiles[1]:g} words" for texts in counted)
        + ".",
        how_to_read="Bars: number of texts of that length, each row scaled to its own highest bar; the"
        " last bar"
        " holds all longer texts. Vertical line: the median.",
        plot=Histograms(tuple(_bars(texts, most) for texts in counted), "words"),
        table=Table("Words per text", _WORD_COLUMNS, tuple(map(_word_row, counted))),
    )
    return Section("words", "Length of the texts", (figure,))


def _bars(counted: Counted, most: int) -> Bars:
    median = counted.quartiles[1]
    in_words = f"median {median:g}, mean {counted.mean:.1f}"
    return Bars(counted.what, counted.bins(most), 1, median, in_words, and_more=counted.lengths[-1] > most)


_WORD_COLUMNS = (
    Column("Texts", False),
    *map(Column, ("Number", "Shortest", "First quartile", "Median", "Mean", "Third quartile", "Longest")),
)


def _word_row(counted: Counted) -> tuple[str, ...]:
    low, middle, high = counted.quartiles
    return (
        counted.what,
        grouped(len(counted.lengths)),
        str(counted.lengths[0]),
        f"{low:g}",
        f"{middle:g}",
        f"{counted.mean:.1f}",
        f"{high:g}",
        grouped(counted.lengths[-1]),
    )
