"""Cells that are safe to open in a spreadsheet program: no formula, no character that steers a terminal."""

from __future__ import annotations

import re
from collections.abc import Sequence

from CTSpatialVQALib.escaping import visible
from CTSpatialVQALib.report.verdict_table import as_text

# OWASP, "CSV Injection": what a program takes for the start of a formula, with the full-width forms that
# some locales accept
_FORMULA_STARTS = frozenset("=+-@\t\r\n＝＋－＠")  # noqa: RUF001

# a cell (after the separator) whose first character may begin a formula or hide one
_NOT_PLAIN = re.compile("\0[^0-9A-Za-z\0]")


def safe_row(cells: Sequence[str]) -> Sequence[str]:
    """The cells, each as `safe_cell` makes it.

    A printable cell that begins with an ASCII letter or digit, or is empty, stays as it is; one search over
    the row tells whether there is any other, and only then each cell is looked at.
    """
    try:
        joined = "\0" + "\0".join(cells)
    except TypeError:  # a record that another program wrote
        return safe_row([as_text(cell) for cell in cells])
    plain = _NOT_PLAIN.search(joined) is None and "".join(cells).isprintable()
    return cells if plain else [safe_cell(cell) for cell in cells]


def csv_line(cells: Sequence[str]) -> str:
    """A line of CSV (RFC 4180) with every cell in quotes; to ask each whether it needs them takes longer."""
    inner = '","'.join(cells)
    if inner.count('"') != 2 * len(cells) - 2:
        inner = '","'.join([cell.replace('"', '""') for cell in cells])
    return f'"{inner}"\r\n'


def safe_cell(text: str) -> str:
    """`text` with hidden characters spelled out, and an apostrophe in front where it would be computed.

    White space and joiners before the sign are looked through, because some programs strip them.
    """
    if text.isprintable() and text[:1].isalnum():  # nearly every cell
        return text
    cell = visible(text)
    first_seen = next((sign for sign in text if sign.isprintable() and not sign.isspace()), "")
    return "'" + cell if text[:1] in _FORMULA_STARTS or first_seen in _FORMULA_STARTS else cell
