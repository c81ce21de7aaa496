"""Reading of tables: CSV as spreadsheets write it, tab-separated text, XLSX, and JSON Lines."""

from __future__ import annotations

import codecs
import csv
import io
import warnings
import zipfile
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any
from xml.etree.ElementTree import ParseError

from CTSpatialVQALib.benchmark.columns import names_of, plain_name
from CTSpatialVQALib.benchmark.jsonfiles import MAX_FILE_BYTES, Line, iter_jsonl
from CTSpatialVQALib.errors import BadInput, shown
from CTSpatialVQALib.files import kind_of_file
from CTSpatialVQALib.optional_packages import require_package

TABLE_SUFFIXES = frozenset({".csv", ".tsv", ".tab", ".txt", ".xlsx", ".xlsm"})
_WORKBOOK_SUFFIXES = frozenset({".xlsx", ".xlsm"})
_OTHER_SPREADSHEETS = frozenset({".xls", ".xlsb", ".ods", ".numbers"})
# Excel writes comma or semicolon by the computer's language, and tabs as "Unicode text"
_DELIMITERS = ",;\t"
_SAVE_AGAIN = "Save it as XLSX or as CSV UTF-8"
_MAX_COLUMNS = 1000
_MAX_CELL_CHARACTERS = 1024**2
_MAX_UNPACKED_BYTES = 512 * 1024**2  # of a workbook, so that a small file cannot fill the memory
_MOST_HEADINGS_SHOWN = 8

Cells = tuple[int, Sequence[str]]


def is_table(path: Path) -> bool:
    """Whether the name of the file is that of a table (and not of JSON)."""
    suffix = path.suffix.lower()
    if suffix in _OTHER_SPREADSHEETS:
        raise BadInput(
            path,
            expected="CSV, TSV or XLSX",
            came=f"a {suffix} file",
            remedy="Save it as XLSX or as CSV UTF-8",
        )
    return suffix in TABLE_SUFFIXES


def iter_rows(path: Path) -> Iterator[Line]:
    """The rows of a table or of a JSON Lines file, by column name; empty rows are passed over.

    Of a table the first row with text names the columns, in the spelling of `columns.plain_name`; every cell
    is text, and of a workbook the first sheet with rows is read.

    Raises
    ------
    BadInput
        Naming the line, for anything that is no such table.
    WorkFailed
        If a workbook is to be read and openpyxl is not installed.
    """
    if not is_table(path):
        yield from iter_jsonl(path)
        return
    _require_file(path)
    rows = _workbook_rows(path) if path.suffix.lower() in _WORKBOOK_SUFFIXES else _text_rows(path)
    yield from _named(path, rows)


def named_column(cells: Mapping[str, Any], name: str, where: str) -> str:
    """The text in the column that we call `name`.

    Raises
    ------
    BadInput
        If there is none; it names the columns that there are.
    """
    value = cells.get(name)
    if isinstance(value, str):
        return value
    if name in cells:
        raise BadInput(
            where,
            expected=f"text in the column {names_of(name)}",
            came=shown(value),
            remedy="Write it as text",
        )
    columns = ", ".join(shown(column, 30) for column in list(cells)[:_MOST_HEADINGS_SHOWN])
    raise BadInput(
        where,
        expected=f"a column {names_of(name)}",
        came=f"columns {columns}" if columns else "no columns",
        remedy=f"Add '{name}'",
    )


def _require_file(path: Path) -> None:
    kind = kind_of_file(path)
    if kind != "a file":
        raise BadInput(path, expected="a file", came=kind, remedy="Check the path")
    if path.stat().st_size > MAX_FILE_BYTES:
        raise BadInput(path, expected="a file under 2 GiB", came="a larger one", remedy="Split it into parts")


def _named(path: Path, rows: Iterable[Cells]) -> Iterator[Line]:
    names: list[str] | None = None
    for number, raw in rows:
        cells = [cell.strip() for cell in raw]
        if not any(cells):
            continue
        if names is None:
            names = _headings(path, number, cells)
            continue
        surplus = [cell for cell in cells[len(names) :] if cell]
        if surplus:
            raise BadInput(
                f"{path}: line {number}",
                expected=f"{len(names)} columns as in the first line",
                came=f"more: {shown(surplus[0])}",
                remedy="Put text that holds the separator into double quotes",
            )
        yield Line(number, {name: cell for name, cell in zip(names, cells, strict=False) if name})


def _headings(path: Path, number: int, cells: Sequence[str]) -> list[str]:
    names = [plain_name(cell) for cell in cells]
    repeated = {name for name in names if name and names.count(name) > 1}
    if repeated or len(names) > _MAX_COLUMNS:
        came = f"{shown(sorted(repeated)[0])} twice" if repeated else f"{len(names)} columns"
        raise BadInput(
            f"{path}: line {number}",
            expected="each column name once in the first line",
            came=came,
            remedy="Name the columns, for example id,question,reference,prediction",
        )
    return names


def _text_rows(path: Path) -> Iterator[Cells]:
    text = decoded(path)
    lines = text.splitlines(keepends=True)
    first = next((line for line in lines if line.strip()), "")
    skipped = first.strip().lower().startswith("sep=")  # Excel's own line for the separator
    heading = next((line for line in lines if line.strip() and line != first), "") if skipped else first
    delimiter = first.strip()[4:5] if skipped else _delimiter_of(heading)
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter or ",", strict=True)
    before = csv.field_size_limit(_MAX_CELL_CHARACTERS)
    try:
        for cells in reader:
            if not (skipped and reader.line_num == 1):
                yield reader.line_num, cells
    except csv.Error as error:
        raise BadInput(
            f"{path}: line {reader.line_num}",
            expected="a table with one separator and closed double quotes",
            came=str(error),
            remedy="Save it again as CSV UTF-8",
        ) from error
    finally:
        csv.field_size_limit(before)


def _delimiter_of(heading: str) -> str:
    """The separator that makes most columns of the first line; quoted text does not count."""
    counts = {mark: len(next(csv.reader([heading], delimiter=mark), [])) for mark in _DELIMITERS}
    return max(_DELIMITERS, key=lambda mark: counts[mark])


def decoded(path: Path) -> str:
    """The text of a file in UTF-8, in UTF-16 with its mark, or else in Excel's Western code page 1252.

    Raises
    ------
    BadInput
        If it is none of these.
    """
    raw = path.read_bytes()
    if raw.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        encodings = ["utf-16"]
    else:
        encodings = ["utf-8-sig", "cp1252"]
    for encoding in encodings:
        try:
            text = raw.decode(encoding)
        except UnicodeDecodeError:
            continue
        if "\0" not in text:
            return text
    raise BadInput(
        path, expected="a table as text", came="another kind of file", remedy="Save it as CSV UTF-8"
    )


def _workbook_rows(path: Path) -> Iterator[Cells]:
    openpyxl = require_package("openpyxl", "Reading an XLSX file")
    try:
        with zipfile.ZipFile(path) as packed:
            if sum(entry.file_size for entry in packed.infolist()) > _MAX_UNPACKED_BYTES:
                raise _no_workbook(path, "more than 512 MiB when unpacked")
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of features that do not concern the cells' values
            book = openpyxl.load_workbook(path, read_only=True, data_only=True)
            try:
                for sheet in book.worksheets:
                    rows = [_cells(row) for row in sheet.iter_rows(max_col=_MAX_COLUMNS, values_only=True)]
                    if any(cell.strip() for row in rows for cell in row):
                        yield from enumerate(rows, start=1)
                        return
            finally:
                book.close()
    except (zipfile.BadZipFile, KeyError, ValueError, TypeError, ParseError, EOFError) as error:
        raise _no_workbook(path, type(error).__name__) from error


def _no_workbook(path: Path, came: str) -> BadInput:
    return BadInput(
        path,
        expected="an XLSX workbook",
        came=f"another file ({came})",
        remedy="Save it as XLSX or as CSV UTF-8",
    )


def _cells(row: Iterable[object]) -> list[str]:
    return [_cell_text(value) for value in row]


def _cell_text(value: object) -> str:
    if value is None:
        return ""
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return str(value)
