"""Text from elsewhere with nothing hidden in it: for terminals, messages, JSON lines, tables and pages."""

from __future__ import annotations

import json
import re
import unicodedata

# The two joiners are part of ordinary words in several scripts; neither moves a cursor nor reorders text.
_JOINERS = frozenset("\u200c\u200d")
_PAGE_KEPT = _JOINERS | frozenset("\n\t")
# Line ends of other systems, and the two separators that Unicode defines as line ends.
_LINE_END = re.compile("\r\n?|\u2028|\u2029")
_SPACE_CATEGORY = "Zs"  # spaces of any width, which `str.isprintable` does not count as printable


def visible(text: str) -> str:
    """`text` with every control, format and other unprintable character spelled out.

    `[U+202E]` stands for a bidirectional override, `[U+001B]` for the escape that begins a terminal's
    commands, `[U+D800]` for half of a surrogate pair. Line ends become newlines, which stay, as do tabs,
    joiners and spaces.
    """
    if text.isprintable():
        return text
    return "".join(_spelled_out(character, _PAGE_KEPT) for character in _LINE_END.sub("\n", text))


def visible_line(text: str) -> str:
    """`visible` for one line: a line end is spelled out too, so that no text can begin a line of its own."""
    if text.isprintable():
        return text
    return "".join(_spelled_out(character, _JOINERS) for character in text)


def json_line(value: object) -> str:
    r"""JSON (RFC 8259) on one line; unprintable characters stand as `\u` escapes, which any reader undoes.

    Raises
    ------
    ValueError
        If `value` holds NaN or an infinity.
    """
    text = json.dumps(value, ensure_ascii=False, allow_nan=False)
    if text.isprintable():
        return text
    return "".join(
        character if character.isprintable() or character in _JOINERS else json.dumps(character)[1:-1]
        for character in text
    )


def _spelled_out(character: str, kept: frozenset[str]) -> str:
    if character.isprintable() or character in kept or unicodedata.category(character) == _SPACE_CATEGORY:
        return character
    return f"[U+{ord(character):04X}]"
