"""Placeholders: stand-ins in a prompt that small models send back as if they were a reply."""

from __future__ import annotations

import re

# "..." and the single sign, or one lower-case thing in angle brackets, as a value in quotes: `"<the id>"`
_QUOTED = re.compile(r'"\s*(?:\.{3}|\u2026|<[^<>"\n]{1,60}>)\s*"')
_WHOLE = re.compile(r"\s*(?:\.{2,}|\u2026|<[^<>\n]{1,60}>)\s*")


def placeholders_in(prompt: str) -> list[str]:
    """The placeholders of a prompt, each once; described fields have none."""
    return list(dict.fromkeys(_QUOTED.findall(prompt)))


def is_placeholder(value: str) -> bool:
    """Whether a model sent a placeholder back."""
    return _WHOLE.fullmatch(value) is not None
