"""Names of columns: one vocabulary for questions, references and predictions, and the names it goes by."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Any

# our name -> what else a file may call it, in the order in which they are looked for
ALIASES: Mapping[str, tuple[str, ...]] = {
    "question_id": ("id", "qid"),
    "case_id": ("case", "case_name", "volume", "volume_name"),
    "question": ("text", "question_text", "prompt"),
    "reference": ("answer", "reference_answer", "ground_truth", "gt", "correct_answer"),
    "prediction": ("predicted_answer", "model_answer", "model_output", "output", "response", "generated"),
    "category": ("categories",),
}
_NOT_A_WORD = re.compile(r"[\W_]+")


def plain_name(name: str) -> str:
    """A heading as it is compared: `Question ID`, `question-id` and `question_id` are one."""
    return _NOT_A_WORD.sub("_", name.strip().casefold()).strip("_")


def with_our_names(row: Mapping[str, Any], names: Iterable[str] = tuple(ALIASES)) -> dict[str, Any]:
    """`row` with these of our names for its columns; a column that has our name already stays as it is."""
    renamed = dict(row)
    for name in names:
        alias_present = next((alias for alias in ALIASES[name] if alias in renamed), None)
        if name not in renamed and alias_present is not None:
            renamed[name] = renamed.pop(alias_present)
    return renamed


def names_of(name: str) -> str:
    """The column as a message names it, with what else it may be called."""
    aliases = ", ".join(f"'{alias}'" for alias in ALIASES.get(name, ())[:2])
    return f"'{name}' (or {aliases})" if aliases else f"'{name}'"
