"""What are the words of a text, where do they stand, and how are they spelt in the lexicon?"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from functools import lru_cache
from typing import NamedTuple

_TOKEN = re.compile(r"[^\W\d_]+\d*|\d+(?:[.,]\d+)*(?:st|nd|rd|th)?|[^\w\s]")
_DASHES = str.maketrans("–—−", "---")
_POSSESSIVE = re.compile(r"['’]s\b")
# words that end in s and are no plurals; the rest of the list is caught by the endings below
_NO_PLURAL = frozenset(
    {"pons", "lens", "psoas", "gas", "has", "is", "was", "does", "this", "its", "as", "his", "yes"}
)
# shorter words with one letter wrong are other words too often: `around`, `ventral`, `antrum`
_LONG = 11
_KEEPS_S = ("ss", "us", "is")

_WORDS_KEPT = 20_000  # a few thousand words make all reports


class Token(NamedTuple):
    """One word, number or sign: `word` is its lexicon spelling, `plural` whether an s was taken off."""

    word: str
    start: int
    end: int
    plural: bool = False


class Spelling:
    """How words are spelt in the lexicon: listed forms, plurals, and long words with one letter wrong.

    Parameters
    ----------
    forms : written form -> the lexicon's form, both in lower case
    """

    def __init__(self, forms: Mapping[str, str]) -> None:
        self._forms = forms
        self._known: frozenset[str] = frozenset()
        self._shortened: dict[str, set[str]] = {}
        self._spelt: dict[str, str] = {}

    def learn(self, words: Iterable[str]) -> None:
        """Let `words` be recognised with a letter missing, too many, wrong or in its neighbour's place."""
        self._known = frozenset([*words, *self._forms])
        self._spelt.clear()
        _tokens.cache_clear()
        for word in self._known:
            if len(word) >= _LONG - 1:  # the one letter may be one too many
                for shorter in _shortened(word):
                    self._shortened.setdefault(shorter, set()).add(word)

    def of(self, word: str) -> str:
        """The lexicon's spelling of a lower-case word; the word itself where there is none."""
        found = self._spelt.get(word)
        if found is None:
            if len(self._spelt) >= _WORDS_KEPT:
                self._spelt.clear()
            found = self._spelt[word] = self._spelling_of(word)
        return found

    def _spelling_of(self, word: str) -> str:
        if word in self._forms:
            return self._forms[word]
        bare = word[:-1] if _is_plural(word) else word
        spelt = self._forms.get(bare, bare)
        return self._corrected(spelt) if len(spelt) >= _LONG and spelt not in self._known else spelt

    def _corrected(self, word: str) -> str:
        near = {one for shorter in _shortened(word) for one in self._shortened.get(shorter, ())}
        # the first letter decides between opposites: `asymmetrical` is no `symmetrical`
        same = {self._forms.get(one, one) for one in near if one[0] == word[0]}
        return same.pop() if len(same) == 1 else word


def tokenise(text: str, spelling: Spelling) -> list[Token]:
    """Cut `text` into tokens, their words in the lexicon's spelling."""
    return list(_tokens(text, spelling))


# places, sides and words of one text are asked for one after the other
@lru_cache(maxsize=4_000)
def _tokens(text: str, spelling: Spelling) -> tuple[Token, ...]:
    # a possessive is blanked, not removed, so that positions stay those of the text
    plain = _POSSESSIVE.sub("  ", text.translate(_DASHES))
    return tuple(_token(found, spelling) for found in _TOKEN.finditer(plain))


def _is_plural(word: str) -> bool:
    return len(word) > 3 and word.endswith("s") and not word.endswith(_KEEPS_S) and word not in _NO_PLURAL


def _shortened(word: str) -> set[str]:
    return {word, *(word[:at] + word[at + 1 :] for at in range(len(word)))}


def _token(found: re.Match[str], spelling: Spelling) -> Token:
    written = found.group().lower()
    word = spelling.of(written)
    return Token(word, found.start(), found.end(), plural=word != written and written[-1] in "sei")
