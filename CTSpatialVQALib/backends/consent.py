"""May this leave the machine? What a backend must be told before it sends anything to another host."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple


class Destination(NamedTuple):
    """Where a backend would send something, and what.

    Parameters
    ----------
    host : name or address with port, as consent is recorded for it
    leaves : what would leave, one short phrase each ("pixels of 8 axial slices", "the question's text")
    """

    host: str
    leaves: tuple[str, ...]


Consent = Callable[[Destination], bool]


def nobody_consented(_destination: Destination) -> bool:
    """The answer where nobody was asked: no."""
    return False
