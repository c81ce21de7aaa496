"""Reading JSON and JSON Lines from outside: bounded, strict about encoding, every problem with its line."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any, BinaryIO, NamedTuple, NoReturn

from pydantic import TypeAdapter, ValidationError

from CTSpatialVQALib.errors import BadInput, shown
from CTSpatialVQALib.files import require_regular_file
from CTSpatialVQALib.records.base import Identifier

MAX_FILE_BYTES = 2 * 1024**3
MAX_LINE_CHARACTERS = 4 * 1024**2
_ID: TypeAdapter[str] = TypeAdapter(Identifier)


class Line(NamedTuple):
    """One JSON object of a JSON Lines file and where it stands."""

    number: int
    value: dict[str, Any]


class _RepeatedKey(ValueError):
    """A key stands twice in one object; `json` alone would silently keep the last."""


def load_json(path: Path) -> object:
    """The content of a JSON file.

    Raises
    ------
    BadInput
        If the file is missing, too large, not UTF-8, not JSON, or holds a key twice in one object.
    """
    text = _text(path)
    try:
        content: object = json.loads(text, object_pairs_hook=_unique, parse_constant=_no_constant)
    except json.JSONDecodeError as error:
        raise BadInput(
            f"{path}: line {error.lineno}, column {error.colno}",
            expected="JSON",
            came=error.msg,
            remedy="The file may be cut off; fetch or export it again",
        ) from error
    except _RepeatedKey as error:
        raise BadInput(
            path, expected="JSON with each key once", came=str(error), remedy="Remove the repetition"
        ) from error
    except (ValueError, RecursionError) as error:  # NaN, a number of thousands of digits, nested too deeply
        raise BadInput(path, expected="JSON", came=str(error), remedy="Correct the file") from error
    return content


def iter_jsonl(path: Path) -> Iterator[Line]:
    """The objects of a JSON Lines file; empty lines are passed over.

    Raises
    ------
    BadInput
        Naming the line, for anything that is not one JSON object of at most 4 million characters.
    """
    _check_file(path)
    with path.open("rb") as stream:
        for number, raw in enumerate(_bounded_lines(stream, path), start=1):
            if raw.strip():
                yield Line(number, _object(raw, f"{path}: line {number}"))


def text_column(row: object, name: str, where: str) -> str:
    """The text in column `name` of a row.

    Raises
    ------
    BadInput
        If the row is no object, or the column is missing or is not text.
    """
    value = row.get(name) if isinstance(row, dict) else None
    if not isinstance(value, str):
        raise BadInput(
            where,
            expected=f"the text column '{name}'",
            came=shown(value) if isinstance(row, dict) and name in row else "nothing",
            remedy=f"Add '{name}'",
        )
    return value


def id_column(row: object, name: str, where: str) -> str:
    """The id in column `name` of a row: printable text of 1 to 200 characters.

    Raises
    ------
    BadInput
        If the row is no object, or the column is missing or is no id.
    """
    value = text_column(row, name, where)
    try:
        return _ID.validate_python(value)
    except ValidationError as error:
        raise BadInput(
            f"{where}: {name}",
            expected="an id of 1 to 200 printable characters without spaces at its ends",
            came=shown(value),
            remedy="Correct the id",
        ) from error


def _bounded_lines(stream: BinaryIO, path: Path) -> Iterator[bytes]:
    number = 0
    while raw := stream.readline(MAX_LINE_CHARACTERS + 1):
        number += 1
        if len(raw) > MAX_LINE_CHARACTERS:
            raise BadInput(
                f"{path}: line {number}",
                expected=f"at most {MAX_LINE_CHARACTERS:,} bytes in a line",
                came="a longer line",
                remedy="Check that the file has one object per line",
            )
        yield raw


def _object(raw: bytes, where: str) -> dict[str, Any]:
    try:
        value = json.loads(raw.decode("utf-8-sig"), object_pairs_hook=_unique, parse_constant=_no_constant)
    except UnicodeDecodeError as error:
        raise BadInput(
            where,
            expected="UTF-8 text",
            came=f"byte {error.object[error.start]:#04x}",
            remedy="Save the file as UTF-8",
        ) from error
    except (ValueError, RecursionError) as error:
        raise BadInput(
            where,
            expected="one JSON object",
            came=shown(raw[:60].decode("utf-8", "replace")),
            remedy="Correct or remove the line; the file may be cut off",
        ) from error
    if not isinstance(value, dict):
        raise BadInput(
            where,
            expected="one JSON object",
            came=type(value).__name__,
            remedy="Write one object with named columns per line",
        )
    return value


def _check_file(path: Path) -> None:
    require_regular_file(path, expected="a file")
    if path.stat().st_size > MAX_FILE_BYTES:
        raise BadInput(
            path, expected="a file under 2 GiB", came="a larger one", remedy="Split the file into parts"
        )


def _text(path: Path) -> str:
    _check_file(path)
    try:
        return path.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError as error:
        raise BadInput(
            f"{path}: byte {error.start}",
            expected="UTF-8 text",
            came=f"byte {error.object[error.start]:#04x}",
            remedy="Save the file as UTF-8",
        ) from error


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    values = dict(pairs)
    if len(values) != len(pairs):
        seen: set[str] = set()
        for key, _ in pairs:
            if key in seen:
                raise _RepeatedKey(f"the key {shown(key)} twice")
            seen.add(key)
    return values


def _no_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is not JSON")
