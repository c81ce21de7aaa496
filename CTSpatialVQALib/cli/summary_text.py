"""How the backends did, as a few lines for a terminal or as plain data."""

from __future__ import annotations

from typing import Any

from CTSpatialVQALib.cli.run_folders import Told
from CTSpatialVQALib.report.page_data import BackendSummary
from CTSpatialVQALib.report.text_format import counted
from CTSpatialVQALib.statistics.clusters import INTERVAL_METHOD, INTERVAL_NAME
from CTSpatialVQALib.statistics.intervals import Interval


def summary_lines(told: Told) -> list[str]:
    """One readable line per backend."""
    width = max((len(one.name) for one in told.summary), default=0)
    return [_line(one, width) for one in told.summary]


def _line(one: BackendSummary, width: int) -> str:
    tally = one.tally
    accuracy = "nothing decided"
    if tally.accuracy is not None:
        accuracy = f"{tally.accuracy:.1%} of decided ({interval_text(one.interval, one.patients)})"
    return (
        f"{one.name:{width}}  {tally.right} right, {tally.wrong} wrong, {tally.undecided} undecided,"
        f" {tally.failed} no answer{_outcomes(one)}; {accuracy}"
    )


def interval_text(interval: Interval | None, patients: int) -> str:
    """`95 % CI over 42 patients 31.0 % to 38.4 %`, or why there is none."""
    if interval is None:
        return "no interval: one patient"
    over = INTERVAL_NAME.replace("patients", counted(patients, "patient"))
    return f"{over} {interval.low:.1%} to {interval.high:.1%}"


def _outcomes(one: BackendSummary) -> str:
    """Why there is no answer: a reply cut off wants another setting than a server that is away."""
    told = ", ".join(f"{count} {outcome}" for outcome, count in one.failed_by_outcome.items() if count)
    return f" ({told})" if told else ""


def summary_json(told: Told) -> dict[str, Any]:
    """The same as plain data."""
    return {
        "study": told.study_id,
        "questions": len(told.questions),
        "anchor": told.anchor,
        "backends": {one.name: _plain(one) for one in told.summary},
    }


def _plain(one: BackendSummary) -> dict[str, Any]:
    tally = one.tally
    return {
        "asked": tally.asked,
        "right": tally.right,
        "wrong": tally.wrong,
        "undecided": tally.undecided,
        "failed": dict(one.failed_by_outcome),
        "accuracy_of_decided": tally.accuracy,
        "interval_95": None if one.interval is None else list(one.interval),
        "interval_method": f"{INTERVAL_METHOD}, over patients",
        "patients": one.patients,
        "errors": dict(one.errors),
    }
