"""What was unusual about a file without making it wrong: counted and said, never passed over."""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from typing import NamedTuple


class ReadingNote(NamedTuple):
    """How often something unusual occurred in a file."""

    file: str
    what: str
    times: int

    def __str__(self) -> str:
        """As it stands in messages and reports."""
        return f"{self.file}: {self.what}: {self.times}"


def noted(counts: Counter[str], path: Path) -> tuple[ReadingNote, ...]:
    """One note for each thing that occurred; files are named without their folder."""
    return tuple(ReadingNote(path.name, what, count) for what, count in counts.items() if count)
