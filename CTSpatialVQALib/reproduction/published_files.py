"""The published files in a folder, found by name wherever they lie, and which are missing."""

from __future__ import annotations

import csv
import math
import re
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import NamedTuple

from CTSpatialVQALib.benchmark.jsonfiles import load_json
from CTSpatialVQALib.errors import BadInput, shown

_PREDICTIONS = re.compile(r"(?P<model>.+?)_predictions(?:_full)?\.jsonl")
_JUDGE = re.compile(r"(?P<model>.+)_(?P<judge>[A-Za-z0-9.\-]+)_eval(?:_full)?\.jsonl?")
# The first one found is used: only the first carries the categories.
_QUESTIONS = (
    "spatial_qa_filtered_full_with_categories.json",
    "spatial_qa_filtered_full.json",
    "spatial_qa_filtered_full_nifti.jsonl",
)
_MATRIX = "correctness_matrix_avg3.csv"
_ACCURACY = "llm_jury_accuracy.json"
_CATEGORIES = "category_performance.csv"
_METRICS = "text_metrics_summary.csv"


class ModelFiles(NamedTuple):
    """One model's predictions, and its judges' files by the judge's name."""

    predictions: Path
    judges: Mapping[str, Path]


class PublishedFiles(NamedTuple):
    """The published tables; None where the file is not there."""

    matrix: Path | None
    accuracy: Path | None
    categories: Path | None
    metrics: Path | None


class FoundFiles(NamedTuple):
    """What a folder holds; `missing` says in words what was looked for and not found."""

    questions: Path
    models: Mapping[str, ModelFiles]
    published: PublishedFiles
    missing: tuple[str, ...]


class PublishedAccuracy(NamedTuple):
    """A row of the published jury table."""

    answers: int
    accuracy: float


def find_files(folder: Path) -> FoundFiles:
    """Look through `folder` and the folders in it.

    Raises
    ------
    BadInput
        If there is no such folder, no question file, no predictions, or two files of one name.
    """
    if not folder.is_dir():
        came = "a file" if folder.exists() else "nothing"
        raise BadInput(folder, expected="a folder", came=came, remedy="Give the folder of published files")
    by_name = _by_name(folder)
    questions = next((by_name[name] for name in _QUESTIONS if name in by_name), None)
    if questions is None:
        raise BadInput(
            folder,
            expected=f"a question file ({', '.join(_QUESTIONS)})",
            came="none of them",
            remedy="Give the folder with the published benchmark",
        )
    models, missing = _models(by_name, folder)
    published = PublishedFiles(*(by_name.get(name) for name in (_MATRIX, _ACCURACY, _CATEGORIES, _METRICS)))
    missing += [
        f"no {name}: nothing to compare with"
        for name in (_MATRIX, _ACCURACY, _CATEGORIES, _METRICS)
        if name not in by_name
    ]
    if questions.name != _QUESTIONS[0]:
        missing.append(f"no {_QUESTIONS[0]}: no category table")
    return FoundFiles(questions, models, published, tuple(missing))


def read_matrix(path: Path) -> dict[str, dict[str, float | None]]:
    """Model -> question id -> published score, None where the cell is blank."""
    matrix: dict[str, dict[str, float | None]] = {}
    for where, row in _table(path, "question_id"):
        for model, cell in row.items():
            if model != "question_id":
                scores = matrix.setdefault(model, {})
                if row["question_id"] in scores:
                    raise BadInput(
                        where,
                        expected="each question id once",
                        came=f"{shown(row['question_id'])} again",
                        remedy="Keep one of the rows",
                    )
                scores[row["question_id"]] = _number(cell, where) if cell else None
    return matrix


def read_accuracies(path: Path) -> dict[str, PublishedAccuracy]:
    """Model -> published jury accuracy, a fraction."""
    content = load_json(path)
    accuracies: dict[str, PublishedAccuracy] = {}
    for at, row in enumerate(content if isinstance(content, list) else [content]):
        match row:
            case {"model": str(model), "count": int(count), "llm_jury_accuracy": float(accuracy)}:
                accuracies[model] = PublishedAccuracy(count, accuracy)
            case _:
                raise BadInput(
                    f"{path}: row {at}",
                    expected="model, count and llm_jury_accuracy",
                    came=shown(row),
                    remedy="Give the table as published",
                )
    return accuracies


def read_categories(path: Path) -> dict[str, dict[str, float]]:
    """Category -> model (and `count`) -> percent as published."""
    return {
        row["category"]: {name: _number(cell, where) for name, cell in row.items() if name != "category"}
        for where, row in _table(path, "category")
    }


def read_metrics(path: Path) -> dict[str, dict[str, float]]:
    """Model -> metric -> value; the published names end in `_full`, which is left out."""
    return {
        row["model"].removesuffix("_full"): {
            name: _number(cell, where) for name, cell in row.items() if name != "model"
        }
        for where, row in _table(path, "model")
    }


def _by_name(folder: Path) -> dict[str, Path]:
    by_name: dict[str, Path] = {}
    for path in sorted(folder.rglob("*")):
        if path.suffix not in (".json", ".jsonl", ".csv") or not path.is_file():
            continue
        first = by_name.setdefault(path.name, path)
        if first != path and _is_published(path.name):
            raise BadInput(
                path, expected=f"one file named {path.name}", came=f"another: {first}", remedy="Keep one"
            )
    return by_name


def _is_published(name: str) -> bool:
    return (
        name in (*_QUESTIONS, _MATRIX, _ACCURACY, _CATEGORIES, _METRICS)
        or _PREDICTIONS.fullmatch(name) is not None
        or _JUDGE.fullmatch(name) is not None
    )


def _models(by_name: Mapping[str, Path], folder: Path) -> tuple[dict[str, ModelFiles], list[str]]:
    predictions = {match["model"]: path for match, path in _matching(_PREDICTIONS, by_name)}
    judges: dict[str, dict[str, Path]] = {}
    for match, path in _matching(_JUDGE, by_name):
        own = judges.setdefault(match["model"], {})
        if match["judge"] in own:
            raise BadInput(
                path,
                expected=f"one file of judge {match['judge']} on {match['model']}",
                came=f"also {own[match['judge']].name}",
                remedy="Keep the one that was used",
            )
        own[match["judge"]] = path
    if not predictions:
        raise BadInput(
            folder,
            expected="files named MODEL_predictions_full.jsonl",
            came="none",
            remedy="Give the folder with the published predictions",
        )
    missing = [f"{model}: no judge file, so no jury" for model in predictions if model not in judges]
    missing += [
        f"{model}: {len(own)} judge files but no predictions, so nothing to join them to"
        for model, own in judges.items()
        if model not in predictions
    ]
    return {model: ModelFiles(path, judges.get(model, {})) for model, path in predictions.items()}, missing


def _matching(pattern: re.Pattern[str], by_name: Mapping[str, Path]) -> Iterator[tuple[re.Match[str], Path]]:
    for name, path in by_name.items():
        if match := pattern.fullmatch(name):
            yield match, path


def _table(path: Path, key: str) -> Iterable[tuple[str, dict[str, str]]]:
    """The rows of a CSV table with their places; all have the columns of the first line."""
    try:
        with path.open(encoding="utf-8-sig", newline="") as stream:
            rows = list(csv.DictReader(stream, restkey="", strict=True))
    except (UnicodeDecodeError, csv.Error) as error:
        raise BadInput(
            path, expected="a UTF-8 CSV table", came=str(error), remedy="Save it again as CSV"
        ) from error
    if not rows or key not in rows[0]:
        raise BadInput(path, expected=f"a column '{key}'", came="none", remedy="Give the table as published")
    for number, row in enumerate(rows, start=2):
        where = f"{path}: line {number}"
        if "" in row or None in row.values():
            raise BadInput(
                where, expected=f"{len(rows[0])} cells", came="another number", remedy="Correct it"
            )
        yield where, row


def _number(cell: str, where: str) -> float:
    try:
        number = float(cell)
    except ValueError:
        number = math.nan
    if not math.isfinite(number):
        raise BadInput(where, expected="a number", came=shown(cell), remedy="Correct the cell")
    return number
