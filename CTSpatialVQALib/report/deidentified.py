"""Pseudonyms under which readers leave the program: the same ones in every export of a log."""

from __future__ import annotations

import re

# what a study lead hands out, and what this module makes; anything else may be a name or a login
_PSEUDONYM = re.compile(r"reader[-_ ]?\d{1,6}(?:-[0-9a-f]{4})?", re.IGNORECASE)


def is_pseudonym(reader: str) -> bool:
    """Whether `reader` says nothing about a person: `reader-1`, `Reader 12`, `reader-1-3f2a`."""
    return _PSEUDONYM.fullmatch(reader) is not None


class Pseudonyms:
    """Reader id -> the name under which he is exported.

    Ids that are pseudonyms stay. Every other becomes `reader-<number>-<mark>`: numbered by first appearance,
    which never changes in a log that only grows, and marked with the beginning of the hash of the log's first
    record, so that exports of two logs can be put side by side. Nothing is computed from the id itself: a
    hash of a name is found again by hashing a list of names.

    Parameters
    ----------
    identified : leave all ids as they are
    """

    def __init__(self, *, identified: bool = False) -> None:
        self.identified = identified
        self._mark = ""
        self._names: dict[str, str] = {}

    def begin(self, first_sha256: str) -> None:
        """Take the mark from the hash of the log's first record."""
        self._mark = first_sha256[:4]

    def of(self, reader: str) -> str:
        """The name to be shown for `reader`; call it in the order of the log."""
        name = self._names.get(reader)
        if name is None:
            name = self._names[reader] = self._new(reader)
        return name

    def _new(self, reader: str) -> str:
        if self.identified or is_pseudonym(reader):
            return reader
        given_out = sum(1 for reader_id, name in self._names.items() if reader_id != name)
        return f"reader-{given_out + 1}-{self._mark}"
