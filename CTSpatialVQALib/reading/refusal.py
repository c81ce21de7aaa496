"""The error for every step that the rules of a reading do not allow."""

from __future__ import annotations

from CTSpatialVQALib.errors import BadInput


class NotAllowed(BadInput):
    """The step is not allowed now; nothing was recorded and the state is what it was."""

    def __init__(self, step: str, *, expected: str, came: str, remedy: str) -> None:
        super().__init__(step, expected=expected, came=came, remedy=remedy)
