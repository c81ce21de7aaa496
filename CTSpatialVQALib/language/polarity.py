"""Does a text affirm or deny? Denials, statements of normality, and a leading yes or no."""

from __future__ import annotations

import re

from CTSpatialVQALib.records.words import Polarity

_DENIES = re.compile(
    r"\b(?:no|not|none|neither|nor|never|without|absent|absence|cannot|free of|free from|negative for)\b"
    r"|\black(?:s|ing)?\b"
    r"|n['’]t\b",
    re.IGNORECASE,
)
# a denial that denies nothing: "not only", "no change in the effusion"
_EMPTY_DENIAL = re.compile(r"\b(?:not only|not necessarily|no longer|nodes? no\b|no\.\s*\d)", re.IGNORECASE)
_NORMAL = re.compile(
    r"\b(?:normal|unremarkable|natural|preserved|intact|within normal limits|patent|open|regular)\b",
    re.IGNORECASE,
)
_NOT_NORMAL = re.compile(
    r"\b(?:not|no longer|isn['’]t|aren['’]t|neither)\s+(?:\w+\s+){0,2}?"
    r"(?:normal|unremarkable|natural|preserved|intact|patent|open)\b"
    r"|\babnormal\b|\b(?:than|above|below) normal\b|\bnormal(?:ly)? (?:dose|sized lesion)\b",
    re.IGNORECASE,
)
_LEADING = re.compile(r"^\W*(yes|no)\b(?!\s+\w*(?:\.\d))", re.IGNORECASE)


def yes_no_of(text: str) -> bool | None:
    """True or False where a text begins with yes or no, otherwise None."""
    found = _LEADING.match(text)
    return None if found is None else found.group(1).lower() == "yes"


def denies(text: str) -> bool:
    """Whether a text holds a denial (`no`, `not`, `without` ...)."""
    return bool(_DENIES.search(_EMPTY_DENIAL.sub(" ", text)))


def says_normal(text: str) -> bool:
    """Whether a text calls something normal (and not `not normal`)."""
    return bool(_NORMAL.search(_NOT_NORMAL.sub(" ", text)))


def statement_polarity(words: str) -> Polarity:
    """Whether one statement affirms or denies; `the liver is normal` denies a finding there."""
    if _NOT_NORMAL.search(words):
        return Polarity.AFFIRMED
    return Polarity.NEGATED if denies(words) or says_normal(words) else Polarity.AFFIRMED
