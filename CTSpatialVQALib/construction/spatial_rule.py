"""Rule that tells whether a question asks for a place, from its words and its reference answer."""

from __future__ import annotations

import re

from CTSpatialVQALib.language.claims import (
    centricities_in,
    denies,
    depths_in,
    extents_in,
    levels_in,
    says_normal,
    sides_in,
    yes_no_of,
)
from CTSpatialVQALib.language.grounding import read_anatomy
from CTSpatialVQALib.records.words import QuestionForm

# a number that is a place, or a question that asks for a place beside its number
_DISTANCE = re.compile(r"\b(?:distance|how far|apart|where)\b|\b(?:in|on|at) (?:which|what)\b", re.IGNORECASE)
_RELATION = re.compile(
    r"\b(?:adjacent|vicinity|near|beside|close to|next to|neighbou?r\w*|abut\w*|contact\w*|touch\w*|between"
    r"|around|surround\w*|encas\w+|inside|outside|beyond|within|cross\w*|exten[dst]\w*|reach\w*|spread\w*"
    r"|invad\w*|confined|limited to|above|below|beneath|behind|in front|posterior|anterior|superior to"
    r"|inferior to|medial\w*|symmetric\w*|unilateral\w*|bilateral\w*|both|same side|opposite|midline"
    r"|displac\w*|deviat\w*|located|lies?|situated|junction|adjoin\w*|throughout|all (?:\w+ )?lobes)\b",
    re.IGNORECASE,
)
# asks whether a thing is there at all: "Are there any lymph nodes in both axillae?"
_PRESENCE = re.compile(
    r"^\W*(?:[^,?]*, )?(?:is|are|was|were) (?:there|any)\b"
    r"|^\W*(?:is|are|was|were|has|have) [^,?]*\b(?:detected|observed|seen|found|present|noted|identified)\b",
    re.IGNORECASE,
)
# asks where nothing is: "In which regions were no enlarged nodes detected?"
_NOTHING_ASKED = re.compile(
    r"\b(?:not (?:\w+ )?(?:detected|observed|seen|found|present|evaluated)|absent"
    r"|(?:described|reported|noted|found) (?:to be |as )?(?:open|normal|patent|natural))\b",
    re.IGNORECASE,
)
_LEADING_NO = re.compile(r"^\W*no\s*(?:[,.;:]\s*|$)", re.IGNORECASE)
# asks which thing it is, not where: "Which vessels are enlarged?"
_IDENTIFIES = re.compile(r"^\W*(?:which|what)\b", re.IGNORECASE)
_NEIGHBOUR_ASKED = re.compile(
    r"^\W*(?:which|what) (?:\w+ ){0,3}?(?:structures?|organs?|vessels?|bones?|muscles?|arter\w+|veins?)\b",
    re.IGNORECASE,
)
_PLACE_ASKED = re.compile(
    r"\bwhere\b|\bdirection|\btowards?\b|\blocat\w+|\bposition\w*|\brelati(?:on|ve)\w*|\borientation"
    r"|\blateral(?:ity|ly)"
    r"|\b(?:in|on|at|to|within|around|from|near|along|of|behind|above|below) (?:which|what)\b"
    r"|\b(?:side|lobes?|segments?|level|zones?|part|parts|(?:sub)?regions?|area|areas|portion|portions|aspect"
    r"|surface|quadrant|compartment|station|stations|boundar\w+|extent|distribut\w+)\b",
    re.IGNORECASE,
)
_NORMAL_ASKED = re.compile(
    r"\b(?:normal|unremarkable|natural|preserved|intact|patent|open|regular|clear)\b", re.IGNORECASE
)


def says_only_normal(question: str, answer: str) -> bool:
    """Whether the answer only denies a finding or calls something normal.

    `No` to a question about a place (`Does it cross the midline?`) is a statement about the place, and so is
    `No, it lies on the right.`
    """
    leading = yes_no_of(answer)
    if leading is None and _NOTHING_ASKED.search(question):
        return True
    if leading is True:
        return bool(_NORMAL_ASKED.search(question)) and not denies(question)
    if not (leading is False or denies(answer) or says_normal(answer)):
        return False
    if leading is None:
        return True
    remainder = _LEADING_NO.sub("", answer)
    if remainder.strip():
        return denies(remainder) or says_normal(remainder) or not place_words_in(remainder)
    return bool(_PRESENCE.search(question) or _NORMAL_ASKED.search(question)) or not _RELATION.search(
        question
    )


def place_words_in(text: str) -> bool:
    """Whether a text says a side, level, depth, centricity or extent."""
    return bool(
        sides_in(text)
        or levels_in(text)
        or depths_in(text)
        or centricities_in(text)
        or extents_in(text)
        or _RELATION.search(text)
    )


def asks_for_place(question: str, answer: str, form: QuestionForm) -> bool:
    """Whether a question is spatial: it asks where, on which side, how far, or how things lie.

    A statement of normality, a bare presence and a size are not. Readers themselves differ on single
    questions; docs/construction.md says how often this rule and the annotators of the public benchmark do.
    """
    if says_only_normal(question, answer):
        return False
    if form is QuestionForm.MEASUREMENT:
        return bool(_DISTANCE.search(question))
    if form in (QuestionForm.LATERALITY, QuestionForm.LEVEL_LOBE):
        return True
    if form in (QuestionForm.YES_NO, QuestionForm.CHOICE):
        return place_words_in(question) or place_words_in(answer) or bool(_PLACE_ASKED.search(question))
    return _open_question(question, answer)


def _open_question(question: str, answer: str) -> bool:
    if _NEIGHBOUR_ASKED.match(question) and _RELATION.search(question):
        return True  # "Which structure lies behind the trachea?"
    if _IDENTIFIES.match(question) and not _PLACE_ASKED.search(question):
        return place_words_in(answer) and not place_words_in(question)
    named = read_anatomy(answer)
    return place_words_in(answer) or bool(named.structures or named.regions)
