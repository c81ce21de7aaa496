"""Reading prediction files, the published ones and our own, joined to the questions by key."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from CTSpatialVQALib.benchmark.alignment import PairKey, case_id_of_image, pair_key, pair_keys
from CTSpatialVQALib.benchmark.columns import with_our_names
from CTSpatialVQALib.benchmark.jsonfiles import Line, text_column
from CTSpatialVQALib.benchmark.notes import ReadingNote, noted
from CTSpatialVQALib.benchmark.tables import iter_rows, named_column
from CTSpatialVQALib.errors import BadInput, shown
from CTSpatialVQALib.records.question import Question


class PredictionFile(NamedTuple):
    """Question id -> predicted text (possibly empty), and what was unusual about the file."""

    predictions: Mapping[str, str]
    notes: tuple[ReadingNote, ...]


def read_predictions(path: Path, questions: Sequence[Question]) -> PredictionFile:
    """Read a file of predictions (JSON Lines, CSV, TSV, XLSX) and join it to `questions`.

    A row names its question by `question_id` and perhaps `question_sha256` (our own files), or by `case_id`
    or `image_path` together with `question` and `reference` (the published files call it `answer`). Rows
    about questions that are not asked are counted and left out.

    Raises
    ------
    BadInput
        For a broken line, a missing column, two different predictions for one question, a row whose
        text is not that of the question it names, or a file in which no row fits any question.
    """
    reader = _Reader(path, questions)
    for line in iter_rows(path):
        reader.take(line)
    return reader.result()


class _Reader:
    """Collects rows by question id and counts what is unusual."""

    def __init__(self, path: Path, questions: Sequence[Question]) -> None:
        self.path = path
        self.by_id = {question.question_id: question for question in questions}
        self.by_pair = pair_keys(questions)
        self.found: dict[str, str] = {}
        self.counts: Counter[str] = Counter()

    def take(self, line: Line) -> None:
        where = f"{self.path}: line {line.number}"
        row = with_our_names(line.value)
        prediction = named_column(row, "prediction", where)
        question = self._question_of(row, where)
        if question is None:
            self.counts["rows about questions that are not asked"] += 1
            return
        earlier = self.found.setdefault(question.question_id, prediction)
        if earlier != prediction:
            raise BadInput(
                where,
                expected=f"one prediction for {question.question_id}",
                came="a second, different one",
                remedy="Keep one of the two rows",
            )
        self.counts["empty predictions"] += not prediction.strip()

    def result(self) -> PredictionFile:
        if not self.found:
            raise BadInput(
                self.path,
                expected="predictions for the study's questions",
                came="none that fits any question",
                remedy="Give the predictions that were made for these questions",
            )
        self.counts["questions without a prediction"] = len(self.by_id) - len(self.found)
        return PredictionFile(self.found, noted(self.counts, self.path))

    def _question_of(self, row: Mapping[str, Any], where: str) -> Question | None:
        if row.get("question_id", "") != "":
            return self._by_id(row, where)
        return self.by_pair.get(self._pair(row, where))

    def _by_id(self, row: Mapping[str, Any], where: str) -> Question | None:
        question = self.by_id.get(text_column(row, "question_id", where))
        sha256 = row.get("question_sha256") or None
        if question is not None and sha256 is not None and sha256 != question.question_sha256:
            raise BadInput(
                where,
                expected=f"the text of {question.question_id} as in the question file",
                came=f"another text (hash {shown(sha256)})",
                remedy="Use predictions made for this version of the questions",
            )
        return question

    def _pair(self, row: Mapping[str, Any], where: str) -> PairKey:
        case_id = row.get("case_id")
        if not isinstance(case_id, str) or not case_id:
            case_id = case_id_of_image(text_column(row, "image_path", where))
            self.counts["case ids taken from the image path"] += 1
        return pair_key(case_id, named_column(row, "question", where), named_column(row, "reference", where))
