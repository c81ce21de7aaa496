"""Validation of pairs: the findings of all checks, put to a rule and counted as a flow."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from pydantic import JsonValue

from CTSpatialVQALib.construction.candidate_pairs import Candidate, Mark
from CTSpatialVQALib.construction.pair_flaws import MARKED, Finding, Flaw, plain_findings
from CTSpatialVQALib.errors import BadInput

REPORT, JUDGE, AUDIT = "its report", "judging model", "audit"
# The order of the flow: a pair counts at the first stage that excludes it.
STAGES: Mapping[str, tuple[Flaw, ...]] = {
    "its words": (
        Flaw.NOT_A_QUESTION,
        Flaw.NO_ANSWER,
        Flaw.NORMALITY,
        Flaw.NOT_SPATIAL,
        Flaw.LEAKED,
        Flaw.SEVERAL_FACTS,
        Flaw.PRIOR_EXAMINATION,
        Flaw.SPEAKS_OF_REPORT,
    ),
    "duplicates": (Flaw.DUPLICATE_IN_CASE, Flaw.OTHER_RECONSTRUCTION, Flaw.REPEATED_REPORT),
    REPORT: (
        Flaw.NO_REPORT,
        Flaw.EVIDENCE_NOT_FOUND,
        Flaw.NOT_IN_REPORT,
        Flaw.SIDE_NOT_IN_REPORT,
        Flaw.LOBE_NOT_IN_REPORT,
    ),
    "answered blind": (Flaw.BLIND,),
    JUDGE: (
        Flaw.NOT_JUDGED,
        Flaw.JUDGED_UNSUPPORTED,
        Flaw.JUDGED_NOT_SPATIAL,
        Flaw.JUDGED_AMBIGUOUS,
        Flaw.JUDGED_WORDY,
    ),
    AUDIT: (Flaw.REJECTED_BY_AUDIT,),
}
_PLACE = {flaw: at for at, flaw in enumerate(flaw for flaws in STAGES.values() for flaw in flaws)}


class Excluded(NamedTuple):
    """A pair that stays out: the first reason in the order of the flow, and all findings."""

    candidate: Candidate
    reason: Flaw
    findings: tuple[Finding, ...]

    def as_row(self) -> dict[str, JsonValue]:
        """As it stands in the file of exclusions."""
        question = self.candidate.question
        return {
            "pair_id": self.candidate.pair_id,
            "case_id": question.case_id,
            "question": question.text,
            "answer": question.reference,
            "reason": str(self.reason),
            "findings": [dict(finding) for finding in plain_findings(self.findings)],
        }


class Stage(NamedTuple):
    """One stage of the flow: how many pairs came to it, and how many went out for which reason."""

    name: str
    entered: int
    excluded: Mapping[str, int]
    left: int


@dataclass(frozen=True)
class Policy:
    """Which flaws exclude a pair; the others are noted on it."""

    excluding: frozenset[Flaw] = frozenset(Flaw) - MARKED

    @classmethod
    def of(cls, exclude: Iterable[str] = (), mark: Iterable[str] = ()) -> Policy:
        """The usual one, with flaws named by the user moved over.

        Raises
        ------
        BadInput
            For a name that is no flaw, or one that is named both ways.
        """
        out, noted = {_flaw(name) for name in exclude}, {_flaw(name) for name in mark}
        if out & noted:
            raise BadInput(
                "flaws",
                expected="each flaw to exclude or to mark",
                came=f"{sorted(out & noted)[0]} both ways",
                remedy="Name it once",
            )
        return cls((cls().excluding | out) - noted)


@dataclass(frozen=True)
class Validated:
    """What stays and what goes; `flow` counts it stage by stage."""

    kept: tuple[Candidate, ...]
    excluded: tuple[Excluded, ...]
    flow: tuple[Stage, ...]

    def summary(self) -> dict[str, JsonValue]:
        """Counts as plain values."""
        return {
            "entered": len(self.kept) + len(self.excluded),
            "kept": len(self.kept),
            "excluded": len(self.excluded),
            "marked": dict(Counter(mark.flaw for candidate in self.kept for mark in candidate.marks)),
            "flow": [{**stage._asdict(), "excluded": dict(stage.excluded)} for stage in self.flow],
        }


def validated(
    candidates: Sequence[Candidate],
    findings: Mapping[str, Sequence[Finding]],
    policy: Policy,
    *,
    skipped: Iterable[str] = (),
) -> Validated:
    """Put the findings to the policy: out with its reasons, or in with its marks.

    Parameters
    ----------
    findings : by pair id, of all checks together
    skipped : names of stages that were not gone through; they do not stand in the flow
    """
    kept: list[Candidate] = []
    excluded: list[Excluded] = []
    for candidate in candidates:
        of_candidate = tuple(findings.get(candidate.pair_id, ()))
        reasons = sorted(
            (finding.flaw for finding in of_candidate if finding.flaw in policy.excluding),
            key=_PLACE.__getitem__,
        )
        if reasons:
            excluded.append(Excluded(candidate, reasons[0], of_candidate))
        else:
            kept.append(_marked(candidate, of_candidate))
    return Validated(tuple(kept), tuple(excluded), _flow(len(candidates), excluded, frozenset(skipped)))


def survivors(
    candidates: Sequence[Candidate], findings: Mapping[str, Sequence[Finding]], policy: Policy
) -> tuple[Candidate, ...]:
    """The candidates that no finding excludes so far."""
    return tuple(
        candidate
        for candidate in candidates
        if not any(finding.flaw in policy.excluding for finding in findings.get(candidate.pair_id, ()))
    )


def joined(*parts: Mapping[str, Sequence[Finding]]) -> dict[str, tuple[Finding, ...]]:
    """The findings of several checks, by pair id."""
    findings: dict[str, tuple[Finding, ...]] = {}
    for part in parts:
        for pair_id, several in part.items():
            findings[pair_id] = (*findings.get(pair_id, ()), *several)
    return findings


def _marked(candidate: Candidate, findings: Sequence[Finding]) -> Candidate:
    marks = dict.fromkeys((*candidate.marks, *(Mark(flaw=item.flaw, why=item.why) for item in findings)))
    return candidate.model_copy(update={"marks": tuple(marks)})


def _flow(entered: int, excluded: Sequence[Excluded], skipped: frozenset[str]) -> tuple[Stage, ...]:
    reasons = Counter(exclusion.reason for exclusion in excluded)
    stages = []
    for name, flaws in STAGES.items():
        if name in skipped:
            continue
        out = {str(flaw): reasons[flaw] for flaw in flaws if reasons[flaw]}
        left = entered - sum(out.values())
        stages.append(Stage(name, entered, out, left))
        entered = left
    return tuple(stages)


def _flaw(name: str) -> Flaw:
    try:
        return Flaw(name)
    except ValueError:
        raise BadInput(
            "flaws", expected=f"one of {', '.join(Flaw)}", came=name, remedy="Correct the name"
        ) from None
