"""What are the words of a text, where do they stand, and how are they spelt in the lexicon?"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import NamedTuple

_TOKEN = re.compile(r"[^\W\d_]+\d*|\d+(?:[.,]\d+)*(?:st|nd|rd|th)?|[^\w\s]")
_POSSESSIVE = re.compile(r"['’]s\b")
# words that end in s and are no plurals; the rest of the list is caught by the endings below
_NO_PLURAL = frozenset(
    {"pons", "lens", "psoas", "gas", "has", "is", "was", "does", "this", "its", "as", "his", "yes"}
)
_KEEPS_S = ("ss", "us", "is")


class Token(NamedTuple):
    """One word, number or sign: `word` is its lexicon spelling, `plural` whether an s was taken off."""

    word: str
    start: int
    end: int
    plural: bool = False


def tokenise(text: str, spelling: Mapping[str, str]) -> list[Token]:
    """Cut `text` into tokens; `spelling` maps a written form to the lexicon's form."""
    # a possessive is blanked, not removed, so that positions stay those of the text
    plain = _POSSESSIVE.sub("  ", text)
    return [_token(found, spelling) for found in _TOKEN.finditer(plain)]


def singular(word: str, spelling: Mapping[str, str]) -> str:
    """The lexicon's spelling of a lower-case word."""
    if word in spelling:
        return spelling[word]
    if len(word) > 3 and word.endswith("s") and not word.endswith(_KEEPS_S) and word not in _NO_PLURAL:
        bare = word[:-1]
        return spelling.get(bare, bare)
    return word


def _token(found: re.Match[str], spelling: Mapping[str, str]) -> Token:
    written = found.group().lower()
    word = singular(written, spelling)
    return Token(word, found.start(), found.end(), plural=word != written and written[-1] in "sei")
