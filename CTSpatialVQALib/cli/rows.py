"""Columns of a row from a JSON Lines file."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from CTSpatialVQALib.errors import BadInput, shown


def text_column(row: Mapping[str, Any], name: str, where: str) -> str:
    """The text in column `name`.

    Raises
    ------
    BadInput
        If it is missing or is not text.
    """
    value = row.get(name)
    if not isinstance(value, str):
        raise BadInput(
            where,
            expected=f"the text column '{name}'",
            came=shown(value) if name in row else "nothing",
            remedy=f"Add '{name}'",
        )
    return value
