"""A run that is there, as a value with what is in it; in a notebook it shows itself as a table."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from html import escape
from pathlib import Path

from CTSpatialVQALib.cli.run_folders import GatheredRuns
from CTSpatialVQALib.cli.summary_text import summary_lines
from CTSpatialVQALib.records.judgement import Score
from CTSpatialVQALib.records.reply import Reply
from CTSpatialVQALib.report.page_data import BackendSummary

_COLUMNS = ("backend", "right", "wrong", "undecided", "no answer")


@dataclass(frozen=True)
class Run:
    """A run's folder with what is in it: questions, replies and their scores by rule.

    Examples
    --------
    >>> answered = open_run("demo-run")
    >>> len(answered.replies)
    40
    >>> answered.replies[0].outcome
    <Outcome.ANSWERED: 'answered'>
    """

    folder: Path
    gathered: GatheredRuns

    @property
    def replies(self) -> tuple[Reply, ...]:
        """Every reply, answered or not."""
        return self.gathered.replies

    @property
    def scores(self) -> tuple[Score, ...]:
        """The rule scores of the replies that are answers."""
        return self.gathered.scores

    @property
    def summary(self) -> tuple[BackendSummary, ...]:
        """Counts and accuracy of each backend under each probe, with the 95 % interval over patients."""
        return self.gathered.summary

    def __repr__(self) -> str:
        return "\n".join([f"Run in {self.folder}", *summary_lines(self.gathered)])

    def _repr_html_(self) -> str:
        return f"<table>{_row(_COLUMNS, 'th')}{''.join(map(_numbers, self.summary))}</table>"


def _numbers(summary: BackendSummary) -> str:
    tally = summary.tally
    return _row((summary.name, tally.right, tally.wrong, tally.undecided, tally.failed), "td")


def _row(cells: Iterable[object], tag: str) -> str:
    return f"<tr>{''.join(f'<{tag}>{escape(str(cell))}</{tag}>' for cell in cells)}</tr>"
