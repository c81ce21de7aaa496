"""Percentages, counts, sentences and names as reports show them."""

from __future__ import annotations

from CTSpatialVQALib.records.words import QuestionForm
from CTSpatialVQALib.report.page_data import BackendSummary, Tally
from CTSpatialVQALib.statistics.clusters import INTERVAL_NAME
from CTSpatialVQALib.statistics.intervals import Interval

_MANY = 1000


def spoken(word: str) -> str:
    """A word of the fixed vocabulary as people read it: `laterality_swap` -> `laterality swap`."""
    return word.replace("_", " ")


def standing_name(standing: str) -> str:
    """How an answer stands, as it is shown: a refusal is no failure of the one who asked."""
    return "no answer" if standing == "failed" else standing


def form_name(form: QuestionForm | None) -> str:
    """The shown name of a question form."""
    return "unknown form" if form is None else form.spoken


def percent(fraction: float | None, base: int = 0) -> str:
    """`50 %`; with one decimal only where at least a thousand answers stand behind it."""
    return "n/a" if fraction is None else f"{_number(fraction, base)}\u00a0%"


def percent_range(interval: Interval, base: int = 0) -> str:
    """`35 to 65 %`, never broken at the end of a line."""
    low, high = interval
    return f"{_number(low, base)}\u00a0to\u00a0{_number(high, base)}\u00a0%"


def _number(fraction: float, base: int) -> str:
    return f"{100 * fraction:.{1 if base >= _MANY else 0}f}"


def counted(number: int, noun: str) -> str:
    """`1 question`, `2 questions`, `9077 questions`."""
    return f"{number} {noun}{'' if number == 1 else 's'}"


def accuracy_text(tally: Tally, interval: Interval | None) -> str:
    """`50 % (95 % CI over patients 35 to 65 %)`, or that nothing was decided."""
    if not tally.decided:
        return "no decided answer"
    base = tally.decided
    return f"{percent(tally.accuracy, base)} ({interval_words(interval, base)})"


def interval_words(interval: Interval | None, base: int = 0) -> str:
    """`95 % CI over patients 35 to 65 %`, or why there is none."""
    if interval is None:
        return "one patient, so no interval"
    return f"{INTERVAL_NAME} {percent_range(interval, base)}".replace(" %", "\u00a0%")


def interval_cell(interval: Interval | None, base: int = 0) -> str:
    """`35 to 65 %` for a table whose column says what it is; `one patient` where there is none."""
    return "one patient" if interval is None else percent_range(interval, base)


def summary_sentences(summary: BackendSummary) -> str:
    """What a reader wants to know first about one backend, in two or three sentences after its name."""
    tally = summary.tally
    sentences = [f"answered {tally.answered} of {counted(tally.asked, 'question')}{_result(summary)}."]
    if tally.undecided:
        unscored = f", {summary.unscored} of them for want of a score" if summary.unscored else ""
        sentences.append(
            f"{counted(tally.undecided, 'answer')} could not be decided and "
            f"{'is' if tally.undecided == 1 else 'are'} left out of the accuracy{unscored}."
        )
    if tally.failed:
        sentences.append(_failure_sentence(summary))
    if summary.not_asked:
        sentences.append(f"{counted(summary.not_asked, 'question')} of the study not asked.")
    return " ".join(sentences)


def _result(summary: BackendSummary) -> str:
    tally = summary.tally
    if not tally.decided:
        return "; none of the answers could be decided" if tally.answered else ""
    share = accuracy_text(tally, summary.interval)
    return f"; {tally.right} of {tally.decided} decided answers are right, {share}"


def _failure_sentence(summary: BackendSummary) -> str:
    kinds = ", ".join(f"{count} {spoken(name)}" for name, count in summary.failed_by_outcome.items())
    bounds = summary.tally.failure_bounds
    low, high = bounds if bounds is not None else (0.0, 1.0)
    base = summary.tally.decided + summary.tally.failed
    number = summary.tally.failed
    unanswered = "the unanswered question" if number == 1 else f"the {number} unanswered questions"
    return (
        f"Counting {unanswered} ({kinds}) as wrong gives {percent(low, base)}, as right"
        f" {percent(high, base)}."
    )


def p_text(p_value: float | None) -> str:
    """`0.03`, `< 0.001`; n/a where there is no test."""
    if p_value is None or p_value != p_value:
        return "n/a"
    if p_value < 0.001:
        return "<\u00a00.001"
    return f"{p_value:.3f}" if p_value < 0.1 else f"{p_value:.2f}"


def points(difference: float, base: int = 0) -> str:
    """A difference of shares in points: `+12`, `-0.7`, `0`."""
    digits = 1 if base >= _MANY else 0
    rounded = round(100 * difference, digits)
    return f"{rounded:+.{digits}f}".replace("-", "\u2212") if rounded else "0"


def points_range(interval: Interval, base: int = 0) -> str:
    """`-3 to +5`, in points."""
    return f"{points(interval.low, base)}\u00a0to\u00a0{points(interval.high, base)}"


def grouped(count: int) -> str:
    """A number of things with its thousands apart: `9 077`."""
    return f"{count:,}".replace(",", "\u202f")
