"""What does the geometry say of a statement: supported, contradicted, or not to be decided?"""

from __future__ import annotations

from collections.abc import Iterable
from enum import StrEnum
from typing import NamedTuple


class Standing(StrEnum):
    """How a reply stands against the measured anatomy."""

    SUPPORTED = "supported"
    CONTRADICTED = "contradicted"
    UNDECIDABLE = "undecidable"


class GeometryVerdict(NamedTuple):
    """How one reply, or one statement of it, stands.

    Parameters
    ----------
    measured : in words and millimetres what was measured, or why nothing was
    said : what the reply says, in the words of the check
    """

    standing: Standing
    measured: str
    said: str = ""

    @property
    def reason(self) -> str:
        """The measurement, and what the reply says where it says something else."""
        contradicted = self.standing is Standing.CONTRADICTED
        return f"the reply says {self.said}; {self.measured}" if contradicted else self.measured

    def __str__(self) -> str:
        """As the reader sees it: `contradicted: the reply says right; ...`."""
        return f"{self.standing}: {self.reason}"

    def denied(self) -> GeometryVerdict:
        """The verdict on the denial of what was said."""
        turned = {Standing.SUPPORTED: Standing.CONTRADICTED, Standing.CONTRADICTED: Standing.SUPPORTED}
        return self._replace(standing=turned.get(self.standing, self.standing), said=f"not {self.said}")


def undecidable(why: str) -> GeometryVerdict:
    """Nothing can be said, for this reason."""
    return GeometryVerdict(Standing.UNDECIDABLE, why)


def judged(holds: bool, measured: str, said: str) -> GeometryVerdict:
    """A statement against a clear measurement."""
    return GeometryVerdict(Standing.SUPPORTED if holds else Standing.CONTRADICTED, measured, said)


def together(verdicts: Iterable[GeometryVerdict], *, otherwise: str) -> GeometryVerdict:
    """One contradiction contradicts; without any, one undecided statement leaves the whole undecided."""
    found = tuple(verdicts)
    for standing in (Standing.CONTRADICTED, Standing.UNDECIDABLE):
        for one in found:
            if one.standing is standing:
                return one
    return found[0] if found else undecidable(otherwise)
