"""Lengths of questions, references and replies in words, as the benchmark's paper counts them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from statistics import fmean, quantiles
from typing import NamedTuple

from CTSpatialVQALib.report.analysis import Analysis

MOST_BINS = 60  # the last bin holds all longer texts


class Counted(NamedTuple):
    """The words of the texts of one kind.

    lengths : one per text, in rising order; words are what white space separates
    """

    what: str
    lengths: tuple[int, ...]

    @property
    def mean(self) -> float:
        """Mean number of words."""
        return fmean(self.lengths)

    @property
    def quartiles(self) -> tuple[float, float, float]:
        """First quartile, median, third quartile."""
        if len(self.lengths) == 1:
            return (float(self.lengths[0]),) * 3
        low, middle, high = quantiles(self.lengths, n=4, method="inclusive")
        return low, middle, high

    def bins(self, most: int) -> tuple[int, ...]:
        """How many texts have 1, 2, ... words; the last bin holds all longer ones."""
        counts = Counter(min(length, most) for length in self.lengths)
        return tuple(counts[words] for words in range(1, most + 1))


def count_words(analysis: Analysis) -> tuple[Counted, ...]:
    """Of the questions, their references and each model's answers; kinds without a text are left out."""
    reached = {key for model in analysis.models for key in model.asked}
    questions = [question for key, question in analysis.questions.items() if key in reached]
    kinds = [
        _counted("questions", (question.text for question in questions)),
        _counted("reference answers", (question.reference for question in questions)),
        *(
            _counted(
                f"answers of {model.name}",
                (answer.reply.answer for answer in model.asked.values() if answer.reply.answer is not None),
            )
            for model in analysis.models
        ),
    ]
    return tuple(kind for kind in kinds if kind.lengths)


def bins_for(counted: Iterable[Counted]) -> int:
    """So many bins that nothing but very long texts is put together."""
    longest = max((kind.lengths[-1] for kind in counted), default=1)
    return min(MOST_BINS, max(10, longest))


def _counted(what: str, texts: Iterable[str]) -> Counted:
    return Counted(what, tuple(sorted(length for text in texts if (length := len(text.split())))))
