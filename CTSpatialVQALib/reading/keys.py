"""Keys of a verdict and what each leads to, as data: buttons, help and shortcuts say the same."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType

from CTSpatialVQALib.errors import shown
from CTSpatialVQALib.reading.refusal import NotAllowed
from CTSpatialVQALib.records.base import Record
from CTSpatialVQALib.records.words import ErrorType, QuestionFault, Severity, VerdictValue


class Judgement(Record):
    """What a reader chose, before it becomes a verdict; the rules of `Verdict` hold for it."""

    value: VerdictValue
    error_type: ErrorType | None = None
    severity: Severity | None = None
    faults: tuple[QuestionFault, ...] = ()


CORRECT = Judgement(value=VerdictValue.CORRECT)
UNSURE = Judgement(value=VerdictValue.UNSURE)


@dataclass(frozen=True)
class Flow:
    """What follows a verdict key.

    Parameters
    ----------
    error_types, severities, faults : letter -> word for the chooser, all letters of one flow differ; empty
        where it is not asked. One error type must be chosen, a severity may, and one or several faults.
    """

    value: VerdictValue
    error_types: Mapping[str, ErrorType] = field(default_factory=dict)
    severities: Mapping[str, Severity] = field(default_factory=dict)
    faults: Mapping[str, QuestionFault] = field(default_factory=dict)

    @property
    def saves_at_once(self) -> bool:
        """Whether the key alone is the whole verdict."""
        return not (self.error_types or self.faults)


FLOWS: Mapping[str, Flow] = MappingProxyType(
    {
        "1": Flow(VerdictValue.CORRECT),
        "2": Flow(
            VerdictValue.INCORRECT,
            error_types=MappingProxyType(dict(zip("ABCDEFGHIJ", ErrorType, strict=True))),
            severities=MappingProxyType(dict(zip("XYZ", Severity, strict=True))),
        ),
        "3": Flow(VerdictValue.UNSURE),
        "4": Flow(
            VerdictValue.QUESTION_FAULTY,
            faults=MappingProxyType(dict(zip("ABCD", QuestionFault, strict=True))),
        ),
    }
)


def judgement_of(key: str, letters: str = "") -> Judgement:
    """The judgement of a verdict key and the letters chosen after it, e.g. `2`, `AY`.

    Raises
    ------
    NotAllowed
        If there is no such key, a letter means nothing there, or an error type or fault is missing.
    """
    flow = FLOWS.get(key)
    if flow is None:
        raise _refusal(f"a verdict key ({', '.join(FLOWS)})", key)
    chosen = list(dict.fromkeys(letters.upper()))
    errors = [flow.error_types[letter] for letter in chosen if letter in flow.error_types]
    severities = [flow.severities[letter] for letter in chosen if letter in flow.severities]
    faults = [flow.faults[letter] for letter in chosen if letter in flow.faults]
    all_known = len(errors) + len(severities) + len(faults) == len(chosen)
    if not all_known or len(errors) != bool(flow.error_types) or len(severities) > 1:
        raise _refusal(
            "one error type, at most one severity" if flow.error_types else "known letters", letters
        )
    if flow.faults and not faults:
        raise _refusal("at least one fault of the question", letters)
    return Judgement(
        value=flow.value,
        error_type=errors[0] if errors else None,
        severity=severities[0] if severities else None,
        faults=tuple(faults),
    )


def _refusal(expected: str, came: str) -> NotAllowed:
    return NotAllowed("verdict", expected=expected, came=shown(came), remedy="Choose from the letters shown")
