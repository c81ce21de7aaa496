"""How the backends did, as a few lines for a terminal or as plain data."""

from __future__ import annotations

from typing import Any

from CTSpatialVQALib.cli.run_folders import GatheredRuns
from CTSpatialVQALib.report.page_data import BackendSummary
from CTSpatialVQALib.report.text_format import counted
from CTSpatialVQALib.statistics.clusters import INTERVAL_METHOD, INTERVAL_NAME
from CTSpatialVQALib.statistics.intervals import Interval


def summary_lines(gathered: GatheredRuns) -> list[str]:
    """One readable line per backend."""
    width = max((len(backend.name) for backend in gathered.summary), default=0)
    return [_line(backend, width) for backend in gathered.summary]


def _line(summary: BackendSummary, width: int) -> str:
    tally = summary.tally
    accuracy = "nothing decided"
    if tally.accuracy is not None:
        accuracy = f"{tally.accuracy:.1%} of decided ({interval_text(summary.interval, summary.patients)})"
    return (
        f"{summary.name:{width}}  {tally.right} right, {tally.wrong} wrong, {tally.undecided} undecided,"
        f" {tally.failed} no answer{_outcomes(summary)}; {accuracy}"
    )


def interval_text(interval: Interval | None, patients: int) -> str:
    """`95 % CI over 42 patients 31.0 % to 38.4 %`, or why there is none."""
    if interval is None:
        return "no interval: one patient"
    over = INTERVAL_NAME.replace("patients", counted(patients, "patient"))
    return f"{over} {interval.low:.1%} to {interval.high:.1%}"


def _outcomes(summary: BackendSummary) -> str:
    """Why there is no answer: a reply cut off wants another setting than a server that is away."""
    counts = ", ".join(f"{count} {outcome}" for outcome, count in summary.failed_by_outcome.items() if count)
    return f" ({counts})" if counts else ""


def summary_json(gathered: GatheredRuns) -> dict[str, Any]:
    """The same as plain data."""
    return {
        "study": gathered.study_id,
        "questions": len(gathered.questions),
        "anchor": gathered.anchor,
        "backends": {backend.name: _plain(backend) for backend in gathered.summary},
    }


def _plain(summary: BackendSummary) -> dict[str, Any]:
    tally = summary.tally
    return {
        "asked": tally.asked,
        "right": tally.right,
        "wrong": tally.wrong,
        "undecided": tally.undecided,
        "failed": dict(summary.failed_by_outcome),
        "accuracy_of_decided": tally.accuracy,
        "interval_95": None if summary.interval is None else list(summary.interval),
        "interval_method": f"{INTERVAL_METHOD}, over patients",
        "patients": summary.patients,
        "errors": dict(summary.errors),
    }
