"""Structures by the names that files give them: class names, displayed names and SNOMED CT codes."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping
from functools import cache
from typing import NamedTuple

from CTSpatialVQALib.records.structures import structures


class ConceptCode(NamedTuple):
    """A SNOMED CT code with its modifier (laterality); '' where there is none."""

    value: str
    modifier: str = ""


def structure_named(text: str) -> str | None:
    """The structure that `text` names in any case and with any separators, or None.

    `Liver`, `LUNG-UPPER-LOBE-LEFT` and `left upper lobe of the lung` as the table displays it; nothing is
    guessed from parts of a name.
    """
    if text in structures():
        return text
    return _by_words().get(_words(text))


def structure_coded(code: ConceptCode) -> str | None:
    """The one structure with this code and modifier; None for none, and for codes that several share."""
    return _by_code().get(code)


def same_anatomy(first: str, second: str) -> bool:
    """Whether two names do not contradict each other: equal, or one a part of the other."""
    return first in _with_parents(second) or second in _with_parents(first)


def _with_parents(name: str) -> tuple[str, ...]:
    names = [name]
    while (parent := structures()[names[-1]].parent) is not None:
        names.append(parent)
    return tuple(names)


@cache
def _by_code() -> Mapping[ConceptCode, str]:
    """Codes that stand for exactly one structure (an effusion may be pleural or pericardial)."""
    coded = [
        (ConceptCode(row.code.value, row.modifier.value if row.modifier else ""), row.name)
        for row in structures().values()
    ]
    often = Counter(code for code, _ in coded)
    return {code: name for code, name in coded if often[code] == 1}


@cache
def _by_words() -> Mapping[str, str]:
    displayed = {_words(row.display): row.name for row in structures().values()}
    return displayed | {_words(name): name for name in structures()}


def _words(text: str) -> str:
    """Words and numbers in lower case, whatever stands between them."""
    return " ".join(re.findall(r"[a-z0-9]+", text.casefold()))
