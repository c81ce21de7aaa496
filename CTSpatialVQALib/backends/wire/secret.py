"""A server's key in memory, and the striking of it from whatever a server sends back."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, NamedTuple, TypeVar

import numpy as np
from numpy.typing import NDArray

from CTSpatialVQALib.errors import BadInput

STRUCK = "[key]"
SHORTEST_LEAK = 5  # characters of a key in a row that are struck; fewer tell nothing of it
# What manuals of local servers put where a key must stand and none is checked. They are words of ordinary
# answers ("the pleural space is empty"), and keep nothing from anybody.
PLACEHOLDERS = frozenset(
    {"empty", "none", "null", "ollama", "lm-studio", "dummy", "no-key", "not-needed", "sk-no-key-required"}
)

_Text = TypeVar("_Text", str, bytes)
Codes = NDArray[Any]  # one unsigned integer for each character or byte

_LETTERS_AND_DIGITS = np.zeros(128, dtype=bool)
_LETTERS_AND_DIGITS[[ord(c) for c in "0123456789abcdefghijklmnopqrstuvwxyz"]] = True
_FULL_WIDTH = (0xFF01, 0xFF5E)  # the same signs as 0x21 to 0x7E, as wide as Chinese ones
_FULL_WIDTH_OFFSET = 0xFEE0


class Secret:
    """A key in memory. `str` and `repr` do not show it.

    Struck is every run of five or more of its characters, whatever their case, and whatever signs that are
    not its own stand between them: a key that was cut, lowered or split is struck as a whole one is.

    Parameters
    ----------
    key : as it stands in the environment; white space around it is dropped
    where : named in the error

    Raises
    ------
    BadInput
        If it cannot stand in a header: blank, or with characters other than visible ASCII. Without the key.
    """

    __slots__ = ("_key", "_patterns")

    def __init__(self, key: str, *, where: str = "key") -> None:
        self._key = key.strip()
        if not self._key or not all("!" <= character <= "~" for character in self._key):
            raise BadInput(
                where,
                expected="a key of visible ASCII characters",
                came="a blank one" if not self._key else "one with other characters in it",
                remedy="Correct the environment variable that holds it",
            )
        self._patterns = () if self._key.lower() in PLACEHOLDERS else _patterns(self._key.lower())

    def __repr__(self) -> str:
        return "Secret()"

    def __reduce__(self) -> str:
        raise TypeError("a key is not to be written anywhere")

    def revealed(self) -> str:
        """The key itself, for the one header that carries it."""
        return self._key

    def struck_from(self, text: str) -> str:
        """`text` with each part of the key replaced."""
        if not self._patterns or len(text) < SHORTEST_LEAK:
            return text
        spans = _spans(_codes(text), self._patterns)
        return "".join(_replaced(text, spans, STRUCK)) if spans else text

    def struck_from_bytes(self, data: bytes) -> bytes:
        """`data` with each part of the key replaced; for what has no encoding yet."""
        if not self._patterns or not data:
            return data
        spans = _spans(np.frombuffer(data, dtype=np.uint8), self._patterns)
        return b"".join(_replaced(data, spans, STRUCK.encode())) if spans else data

    def occurs_in(self, text: str) -> bool:
        """Whether a part of the key stands in `text`."""
        return bool(self._patterns) and bool(_spans(_codes(text), self._patterns))


class _Pattern(NamedTuple):
    """The key's characters that count, and each run of them that is struck.

    Parameters
    ----------
    counts : by ASCII code, whether a character is looked at; all others are passed over
    runs : lower case, `SHORTEST_LEAK` bytes each
    """

    counts: NDArray[np.bool_]
    runs: tuple[bytes, ...]


class _Span(NamedTuple):
    start: int
    stop: int


def _codes(text: str) -> Codes:
    return np.frombuffer(text.encode("utf-32-le", "surrogatepass"), dtype="<u4")


def _patterns(key: str) -> tuple[_Pattern, ...]:
    """The key as it is, and its letters and digits alone: then any sign may stand between them."""
    own = _LETTERS_AND_DIGITS.copy()
    own[[ord(character) for character in key]] = True
    patterns = [
        _Pattern(counts, _runs("".join(character for character in key if counts[ord(character)])))
        for counts in (own, _LETTERS_AND_DIGITS)
    ]
    return tuple(pattern for pattern in patterns if pattern.runs)


def _runs(text: str) -> tuple[bytes, ...]:
    starts = range(len(text) - SHORTEST_LEAK + 1)
    return tuple({text[at : at + SHORTEST_LEAK].encode() for at in starts})


def _spans(codes: Codes, patterns: tuple[_Pattern, ...]) -> list[_Span]:
    """Where parts of the key stand, in order and apart from each other."""
    plain = _lowered(codes)
    changes = np.zeros(len(codes) + 1, dtype=np.int64)  # +1 where a run begins, -1 behind its end
    for pattern in patterns:
        places = np.flatnonzero(pattern.counts[plain])
        text = plain[places]
        packed = text.tobytes()
        if any(run in packed for run in pattern.runs):  # nearly always none is; the rest is slower
            starts = np.flatnonzero(
                np.isin(_numbers(text), [_numbers(_bytes(run))[0] for run in pattern.runs])
            )
            changes[places[starts]] += 1
            changes[places[starts + SHORTEST_LEAK - 1] + 1] -= 1
    edges = np.flatnonzero(np.diff(np.cumsum(changes) > 0, prepend=False))
    return [_Span(start, stop) for start, stop in edges.reshape(-1, 2).tolist()]


def _bytes(text: bytes) -> NDArray[np.uint8]:
    return np.frombuffer(text, dtype=np.uint8)


def _numbers(text: NDArray[np.uint8]) -> NDArray[np.uint64]:
    """Each run of `SHORTEST_LEAK` characters as one number, so that all are compared at once."""
    count = len(text) - SHORTEST_LEAK + 1
    numbers = np.zeros(count, dtype=np.uint64)
    for at in range(SHORTEST_LEAK):
        numbers = (numbers << np.uint64(8)) | text[at : at + count]
    return numbers


def _lowered(codes: Codes) -> NDArray[np.uint8]:
    """ASCII in lower case, full-width signs as their ASCII ones; 0 for any other character."""
    wide = (codes >= _FULL_WIDTH[0]) & (codes <= _FULL_WIDTH[1])
    ascii_codes = np.where(wide, codes - _FULL_WIDTH_OFFSET, codes) if wide.any() else codes
    plain = np.where(ascii_codes < 128, ascii_codes, 0).astype(np.uint8)
    capital = (plain >= ord("A")) & (plain <= ord("Z"))
    return np.where(capital, plain + 32, plain).astype(np.uint8)


def _replaced(text: _Text, spans: list[_Span], by: _Text) -> Iterator[_Text]:
    at = 0
    for span in spans:
        yield text[at : span.start]
        yield by
        at = span.stop
    yield text[at:]
