"""Attributes of the real classes that code has used; noted, so that a test can list them."""

from __future__ import annotations

from typing import NamedTuple


class Access(NamedTuple):
    """One attribute of one class."""

    class_name: str
    attribute: str


_noted: set[Access] = set()


def note(class_name: str, attribute: str) -> None:
    """Remember that this attribute was reached."""
    _noted.add(Access(class_name, attribute))


def noted() -> frozenset[Access]:
    """Everything reached since the last `forget`."""
    return frozenset(_noted)


def forget() -> None:
    """Start again."""
    _noted.clear()
