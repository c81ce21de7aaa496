"""Multiple-choice letters: `(B)` and the text of the option it stands for."""

from __future__ import annotations

import re
from functools import lru_cache

# `A) right upper lobe B) left lower lobe`, `(A) ... (B) ...`, `A. ...`, one per line or in a row
_OPTION = re.compile(
    r"(?:^|[\s,;?:])\(?([A-H])[).:]\s*(.+?)(?=\s*[,;]?\s*(?:^|\s)\(?[A-H][).:]\s|\s*$)", re.DOTALL
)
_LETTER = re.compile(
    r"^\W*(?:(?:the )?(?:correct |right |best )?(?:option|choice|"
    r"answer)(?: is)?\s*:?\s*)?\(?([A-H])\)?(?:\s*[).:]\s*(?P<text>.*))?\W*$",
    re.DOTALL,
)


@lru_cache(maxsize=10_000)
def options_of(question: str) -> dict[str, str]:
    """Letter -> text of the options that a question offers; empty unless it offers at least A and B."""
    found = {letter: text.strip(" .,;") for letter, text in _OPTION.findall(question)}
    return found if {"A", "B"} <= set(found) else {}


def with_option_text(question: str, answer: str) -> str:
    """The text of the option that an answer names by its letter alone; other answers as they are."""
    offered = options_of(question)
    chosen = _LETTER.match(answer) if offered else None
    if chosen is None or chosen.group(1) not in offered:
        return answer
    return chosen.group("text") or offered[chosen.group(1)]
