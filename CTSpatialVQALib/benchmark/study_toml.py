"""Reading a study file: TOML with the mistakes that people make in it named."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from CTSpatialVQALib.errors import BadInput
from CTSpatialVQALib.files import require_regular_file
from CTSpatialVQALib.records.base import bad_input_from
from CTSpatialVQALib.records.study import StudyFile

MAX_STUDY_BYTES = 16 * 1024**2
_LISTS = ("cases", "questions", "backends")
_TABLES = ("study", "reading")
# A backslash inside double quotes that is no escape of TOML: nearly always a Windows path.
_STRAY_BACKSLASH = re.compile(r'"[^"\n]*\\(?![btnfr"\\])[^"\n]*"')
# What tomllib says of an escape that it does not know; "C:\users" reads as the escape \u
_ESCAPE_PROBLEMS = ("Unescaped '\\' in a string", "Invalid hex value")
_ERROR_LINE = re.compile(r"\(at line (\d+)")


def read_study_toml(path: Path) -> StudyFile:
    """The content of a study file.

    Raises
    ------
    BadInput
        Naming the place, if it is no file, not UTF-8, not TOML, or not a study.
    """
    require_regular_file(path, expected="a study file")
    if path.stat().st_size > MAX_STUDY_BYTES:
        raise BadInput(
            path, expected="a study file under 16 MiB", came="a larger file", remedy="Check the path"
        )
    try:
        text = path.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError as error:
        raise BadInput(
            path, expected="UTF-8 text", came=f"byte {error.start}", remedy="Save it as UTF-8"
        ) from error
    content = _parsed(text, path)
    _refuse_wrong_brackets(content, path)
    try:
        return StudyFile.model_validate(content)
    except ValidationError as error:
        raise bad_input_from(error, str(path), "study", StudyFile) from error


def _parsed(text: str, path: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise _not_toml(text, path, str(error)) from error
    except ValueError as error:  # Python reads no number of more than 4300 digits
        raise BadInput(
            path, expected="TOML", came="a number of thousands of digits", remedy="Correct the file"
        ) from error
    except RecursionError as error:
        raise BadInput(
            path, expected="TOML", came="lists nested too deeply", remedy="Correct the file"
        ) from error


def _not_toml(text: str, path: Path, problem: str) -> BadInput:
    match = _ERROR_LINE.search(problem)
    number = int(match[1]) if match else 0
    lines = text.splitlines()
    line = lines[number - 1] if 0 < number <= len(lines) else ""
    if problem.startswith(_ESCAPE_PROBLEMS) and _STRAY_BACKSLASH.search(line):
        return BadInput(
            f"{path}: line {number}",
            expected="a path with / or in single quotes",
            came="a backslash in double quotes",
            remedy="Write 'C:\\data\\ct.nii.gz' or \"C:/data/ct.nii.gz\"",
        )
    return BadInput(path, expected="TOML", came=problem, remedy="Correct that place")


def _refuse_wrong_brackets(content: dict[str, Any], path: Path) -> None:
    """One table where a list of tables belongs, and the other way round."""
    for name in _LISTS:
        if isinstance(content.get(name), dict):
            raise BadInput(
                f"{path}: {name}",
                expected=f"[[{name}]] with two brackets, once for each entry",
                came=f"[{name}]",
                remedy=f"Write [[{name}]]",
            )
    for name in _TABLES:
        if isinstance(content.get(name), list):
            raise BadInput(
                f"{path}: {name}",
                expected=f"[{name}] with one bracket, once",
                came=f"[[{name}]]",
                remedy=f"Write [{name}]",
            )
