"""What a check has to say about a file or a body, in a form that people and programs can both read."""

from __future__ import annotations

from typing import Literal, NamedTuple

Severity = Literal["error", "warning", "info"]


class Finding(NamedTuple):
    """One result of a check; `code` is stable and meant for programs, `message` for people."""

    code: str
    severity: Severity
    message: str
