"""Findings of several: what the readers of a reply, or the judges of a jury, find together."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import NamedTuple

from CTSpatialVQALib.records.words import VerdictValue
from CTSpatialVQALib.report.score_choice import majority

Cells = tuple[str, ...]
NO_FINDING: Cells = ("",) * 4  # by, correct, error type, reason


class Reading(NamedTuple):
    """What one reader found of one reply."""

    reader: str
    stage: str
    occasion: int
    adjudicated: bool
    value: str
    error_type: str


def readers_finding(readings: Sequence[Reading]) -> Cells:
    """by, correct, error type and reason of what readers found of one reply; empty where they found nothing.

    An adjudicated verdict counts alone; else each reader's last word (final before blind), where more say
    correct than incorrect, or the other way round. Unsure and faulty decide nothing.
    """
    adjudicated = [reading for reading in readings if reading.adjudicated]
    if adjudicated:
        last = adjudicated[-1]
        return _finding("readers, adjudicated", last.value, last.error_type, "adjudicated")
    words: dict[str, Reading] = {}
    for last_word in sorted(readings, key=lambda reading: (reading.stage == "final", reading.occasion)):
        words[last_word.reader] = last_word
    wrong = [reading for reading in words.values() if reading.value == VerdictValue.INCORRECT]
    right = sum(reading.value == VerdictValue.CORRECT for reading in words.values())
    if len(wrong) == right:
        return NO_FINDING
    agreeing = max(len(wrong), right)
    value = VerdictValue.CORRECT if right > len(wrong) else VerdictValue.INCORRECT
    named = Counter(reading.error_type for reading in wrong if reading.error_type).most_common(1)
    error = named[0][0] if named and value is VerdictValue.INCORRECT else ""
    return _finding("readers", value, error, f"{agreeing} of {len(words)} readers")


def _finding(by: str, value: str, error_type: str, reason: str) -> Cells:
    correct = {VerdictValue.CORRECT: "true", VerdictValue.INCORRECT: "false"}.get(VerdictValue(value))
    return NO_FINDING if correct is None else (by, correct, error_type, reason)


def jury_finding(by_judge: Mapping[str, Cells]) -> Cells:
    """by, correct, error type and reason of the judges' majority; empty where missing votes leave it open."""
    meaning = {"true": True, "false": False}
    votes = {judge: meaning.get(cells[1]) for judge, cells in by_judge.items()}
    decision = majority(list(votes.values())) if len(votes) > 1 else None
    if decision is None:
        return NO_FINDING
    words = {True: "correct", False: "incorrect", None: "no vote"}
    reason = ", ".join(f"{judge}: {words[vote]}" for judge, vote in votes.items())
    return (f"jury majority of {', '.join(votes)}", "true" if decision else "false", "", reason)
