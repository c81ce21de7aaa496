"""CTSpatialVQA: audit how vision-language models reason about space in CT. Research use only.

The names in `__all__` are the public face (docs/api.md). Importing the package imports nothing else; what is
behind a name is imported when the name is used first.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from CTSpatialVQALib import statistics
    from CTSpatialVQALib.audit.log import AuditLog
    from CTSpatialVQALib.cli.finished_run import Run
    from CTSpatialVQALib.public import (
        BadInput,
        WorkFailed,
        check_answer,
        claims,
        ground,
        merge,
        open_run,
        open_study,
        prepare,
        read_ct,
        read_mask,
        run,
        score_answer,
        verify,
        write_demo_study,
        write_report,
    )
    from CTSpatialVQALib.reading.session import Reading

__version__ = "0.1.0"

__all__ = [
    "AuditLog",
    "BadInput",
    "Reading",
    "Run",
    "WorkFailed",
    "check_answer",
    "claims",
    "ground",
    "merge",
    "open_run",
    "open_study",
    "prepare",
    "read_ct",
    "read_mask",
    "run",
    "score_answer",
    "statistics",
    "verify",
    "write_demo_study",
    "write_report",
]

_ELSEWHERE = {
    "AuditLog": "CTSpatialVQALib.audit.log",
    "Reading": "CTSpatialVQALib.reading.session",
    "Run": "CTSpatialVQALib.cli.finished_run",
}


def __getattr__(name: str) -> object:
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    if name == "statistics":
        return import_module("CTSpatialVQALib.statistics")
    return getattr(import_module(_ELSEWHERE.get(name, "CTSpatialVQALib.public")), name)


def __dir__() -> list[str]:
    return sorted([*globals(), *__all__])
