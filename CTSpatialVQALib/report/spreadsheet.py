"""How is text kept from becoming a formula? Cells that are safe to open in a spreadsheet program."""

from __future__ import annotations

import re
from collections.abc import Sequence

from CTSpatialVQALib.report.verdict_table import as_text

# OWASP, "CSV Injection": what a program takes for the start of a formula, with the full-width forms that
# some locales accept
_FORMULA_STARTS = frozenset("=+-@\t\r\n＝＋－＠")  # noqa: RUF001

_NOT_PLAIN = re.compile("\0[^0-9A-Za-z\0]")


def safe_row(cells: Sequence[str]) -> Sequence[str]:
    """The cells, each as `safe_cell` makes it.

    A cell that begins with an ASCII letter or digit, or is empty, stays as it is; one search over the row
    tells whether there is any other, and only then each cell is looked at.
    """
    try:
        joined = "\0" + "\0".join(cells)
    except TypeError:  # a record that another program wrote
        return safe_row([as_text(cell) for cell in cells])
    return cells if _NOT_PLAIN.search(joined) is None else [safe_cell(cell) for cell in cells]


def csv_line(cells: Sequence[str]) -> str:
    """A line of CSV (RFC 4180) with every cell in quotes; to ask each whether it needs them takes longer."""
    inner = '","'.join(cells)
    if inner.count('"') != 2 * len(cells) - 2:
        inner = '","'.join([cell.replace('"', '""') for cell in cells])
    return f'"{inner}"\r\n'


def safe_cell(text: str) -> str:
    """`text`, with an apostrophe in front where a spreadsheet program would compute it.

    White space and invisible characters before the sign are looked through, because some programs strip them.
    """
    if not text or text[0].isalnum():  # nearly every cell
        return text
    first_seen = next((one for one in text if one.isprintable() and not one.isspace()), "")
    return "'" + text if text[0] in _FORMULA_STARTS or first_seen in _FORMULA_STARTS else text
