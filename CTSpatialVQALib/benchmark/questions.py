"""Reading question files: the official CT-SpatialVQA formats and our own."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Literal, NamedTuple

from pydantic import ValidationError

from CTSpatialVQALib.benchmark.columns import with_our_names
from CTSpatialVQALib.benchmark.jsonfiles import iter_jsonl, load_json, text_column
from CTSpatialVQALib.benchmark.notes import ReadingNote, noted
from CTSpatialVQALib.benchmark.tables import is_table, iter_rows, named_column
from CTSpatialVQALib.errors import BadInput, shown
from CTSpatialVQALib.records.base import bad_input_from
from CTSpatialVQALib.records.question import Question, official_question_id, question_sha256
from CTSpatialVQALib.records.words import Category

QuestionFormat = Literal["auto", "own-jsonl", "table", "official-json", "official-jsonl"]

# Two pairs of the published file carry the category without its parenthesis.
_CATEGORY_SPELLINGS = {str(category): category for category in Category} | {
    str(category).split(" (")[0]: category for category in Category
}


class QuestionFile(NamedTuple):
    """What a question file holds, and what was unusual about it."""

    questions: tuple[Question, ...]
    notes: tuple[ReadingNote, ...]


def read_questions(path: Path, file_format: QuestionFormat = "auto") -> QuestionFile:
    """Read a question file.

    Parameters
    ----------
    file_format : `official-json` is the published dict of cases, with or without categories;
        `official-jsonl` its flat form; `own-jsonl` one Question record per line; `table` CSV, TSV or XLSX
        with columns as in `columns.ALIASES`; `auto` decides by suffix and content

    Raises
    ------
    BadInput
        For a broken file, a missing column or a question id that stands twice, naming the place.
    """
    chosen = _format_of(path) if file_format == "auto" else file_format
    counts: Counter[str] = Counter()
    if chosen == "official-json":
        questions_read = _official_json(path, counts)
    elif chosen == "official-jsonl":
        questions_read = _official_jsonl(path)
    elif chosen == "table":
        questions_read = _table(path)
    else:
        questions_read = _own_jsonl(path)
    questions = tuple(_each_id_once(path, questions_read))
    if not questions:
        raise BadInput(path, expected="at least one question", came="none", remedy="Check the file")
    return QuestionFile(questions, noted(counts, path))


def _format_of(path: Path) -> QuestionFormat:
    if is_table(path):
        return "table"
    if path.suffix != ".jsonl":
        return "official-json"
    first = next(iter_jsonl(path), None)
    ours = first is None or {"text", "id", "question_id"} & first.value.keys()
    return "own-jsonl" if ours else "official-jsonl"


def _official_json(path: Path, counts: Counter[str]) -> Iterator[Question]:
    content = load_json(path)
    if not isinstance(content, dict):
        raise BadInput(
            path,
            expected="an object of case ids",
            came=type(content).__name__,
            remedy="Give the published question file, or JSON Lines with the suffix .jsonl",
        )
    for case_id, entry in content.items():
        pairs = entry.get("qa_pairs") if isinstance(entry, dict) else None
        if not isinstance(pairs, list):
            raise BadInput(
                f"{path}: {shown(case_id)}",
                expected="a list 'qa_pairs'",
                came=shown(entry),
                remedy="Correct the entry",
            )
        for index, pair in enumerate(pairs):
            where = f"{path}: {case_id}: pair {index}"
            yield _official(pair, where, case_id, index, _categories(pair, where, counts))


def _official_jsonl(path: Path) -> Iterator[Question]:
    position: Counter[str] = Counter()  # the official id counts the pairs of a case in file order
    for number, row in iter_jsonl(path):
        where = f"{path}: line {number}"
        case_id = text_column(row, "case_id", where)
        yield _official(row, where, case_id, position[case_id], ())
        position[case_id] += 1


def _own_jsonl(path: Path) -> Iterator[Question]:
    for number, row in iter_jsonl(path):
        fields = with_our_names(row, ("question_id", "case_id", "question", "reference"))
        if "question" in fields:
            fields["text"] = fields.pop("question")
        yield _question(fields, f"{path}: line {number}")


def _table(path: Path) -> Iterator[Question]:
    """A row is one question; without an id it gets one from its case and its text, never from its place."""
    for number, row in iter_rows(path):
        where = f"{path}: line {number}"
        cells = with_our_names(row)
        text, reference = (named_column(cells, name, where) for name in ("question", "reference"))
        case_id = named_column(cells, "case_id", where)
        labels = [label.strip() for label in str(cells.get("category", "")).split(";") if label.strip()]
        own_id = f"{case_id}::{question_sha256(text, reference)[:12]}"
        fields = {
            "question_id": cells.get("question_id") or own_id,
            "case_id": case_id,
            "text": text,
            "reference": reference,
            "categories": _categories({"category": labels}, where, Counter()),
        }
        yield _question(fields, where)


def _official(
    row: object, where: str, case_id: str, index: int, categories: tuple[Category, ...]
) -> Question:
    return _question(
        {
            "question_id": official_question_id(case_id, index),
            "case_id": case_id,
            "text": text_column(row, "question", where),
            "reference": text_column(row, "answer", where),
            "categories": categories,
        },
        where,
    )


def _question(row: dict[str, Any], where: str) -> Question:
    try:
        return Question.model_validate(row)
    except ValidationError as error:
        raise bad_input_from(error, where, "question", Question) from error


def _categories(pair: object, where: str, counts: Counter[str]) -> tuple[Category, ...]:
    if not isinstance(pair, dict) or "category" not in pair:
        return ()
    labels = pair["category"]
    if not isinstance(labels, list) or not all(isinstance(label, str) for label in labels):
        raise BadInput(where, expected="a list of categories", came=shown(labels), remedy="Correct it")
    counts["pairs without a category"] += not labels
    counts["categories in another spelling"] += sum(
        label in _CATEGORY_SPELLINGS and label not in {str(category) for category in Category}
        for label in labels
    )
    unknown = [label for label in labels if label not in _CATEGORY_SPELLINGS]
    if unknown:
        raise BadInput(
            where,
            expected="one of the six categories",
            came=shown(unknown[0]),
            remedy="Use the benchmark's category names",
        )
    return tuple(dict.fromkeys(_CATEGORY_SPELLINGS[label] for label in labels))


def _each_id_once(path: Path, questions: Iterator[Question]) -> Iterator[Question]:
    seen: set[str] = set()
    for question in questions:
        if question.question_id in seen:
            raise BadInput(
                path,
                expected="each question id once",
                came=f"{question.question_id} twice",
                remedy="Give every question an id of its own",
            )
        seen.add(question.question_id)
        yield question
