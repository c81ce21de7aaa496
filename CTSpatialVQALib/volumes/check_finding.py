"""Findings of a check about a file or a body, for people and programs alike."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Literal, NamedTuple

Severity = Literal["error", "warning", "info"]
_ORDER: tuple[Severity, ...] = ("error", "warning", "info")


class Finding(NamedTuple):
    """One result of a check; `code` is stable and meant for programs, `message` for people."""

    code: str
    severity: Severity
    message: str


def by_severity(findings: Iterable[Finding]) -> tuple[Finding, ...]:
    """Each finding once, errors first, otherwise in their order."""
    return tuple(sorted(dict.fromkeys(findings), key=lambda finding: _ORDER.index(finding.severity)))
