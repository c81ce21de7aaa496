"""How is text kept from becoming a formula? Cells that are safe to open in a spreadsheet program."""

from __future__ import annotations

# OWASP, "CSV Injection": what a program takes for the start of a formula, with the full-width forms that
# some locales accept
_FORMULA_STARTS = frozenset("=+-@\t\r\n＝＋－＠")  # noqa: RUF001


def safe_cell(text: str) -> str:
    """`text`, with an apostrophe in front where a spreadsheet program would compute it.

    White space and invisible characters before the sign are looked through, because some programs strip them.
    """
    if not text or text[0].isalnum():  # nearly every cell
        return text
    first_seen = next((one for one in text if one.isprintable() and not one.isspace()), "")
    return "'" + text if text[0] in _FORMULA_STARTS or first_seen in _FORMULA_STARTS else text
