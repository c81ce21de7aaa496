"""Answers to be scored: rows of a file, or the replies of a run."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from pathlib import Path
from typing import NamedTuple

from CTSpatialVQALib.backends.run_store import RunStore
from CTSpatialVQALib.benchmark.columns import with_our_names
from CTSpatialVQALib.benchmark.jsonfiles import id_column
from CTSpatialVQALib.benchmark.tables import iter_rows, named_column
from CTSpatialVQALib.cli.demo_job import RunFolder
from CTSpatialVQALib.errors import BadInput, shown
from CTSpatialVQALib.judging.prompt import JudgedText
from CTSpatialVQALib.language.answer_part import answer_part
from CTSpatialVQALib.records.case import official_patient_id
from CTSpatialVQALib.records.judgement import Score
from CTSpatialVQALib.records.words import Outcome
from CTSpatialVQALib.scoring.rules import score_answer


class Row(NamedTuple):
    """One answer.

    row_id : as the caller knows it: the row's id, or the reply's in a run
    about : what else a row of a run says of itself
    """

    row_id: str
    question_id: str
    question: str
    reference: str
    answer: str
    reply_id: str | None = None
    about: Mapping[str, str] = {}

    @property
    def patient(self) -> str:
        """The patient, as far as the question's id tells it."""
        return official_patient_id(self.question_id.partition("::")[0])

    def judged_text(self, *, clean: bool) -> JudgedText:
        """What a judge is to be shown."""
        cleaned = answer_part(self.answer).text if clean else ""
        return JudgedText(
            self.row_id, self.question_id, self.question, self.reference, cleaned or self.answer.strip()
        )

    def rule_score(self, *, clean: bool, strict: bool) -> Score:
        """By rule."""
        return score_answer(
            self.question,
            self.reference,
            self.answer,
            question_id=self.question_id,
            reply_id=self.reply_id,
            clean=clean,
            strict=strict,
        )


class Rows(NamedTuple):
    """What is to be scored, and what is no answer and so is not.

    failed : outcome -> how many
    run : the run they come from, if they do
    """

    rows: tuple[Row, ...]
    failed: Counter[Outcome]
    run: RunFolder | None


def read_rows(path: Path) -> Rows:
    """The rows of a JSON Lines, CSV, TSV or XLSX file, or the replies of a run's folder.

    Raises
    ------
    BadInput
        For a broken line, a missing column, an id that stands twice, or a folder without a run.
    """
    return _of_run(RunFolder(path)) if path.is_dir() else _of_file(path)


def _of_file(path: Path) -> Rows:
    rows: dict[str, Row] = {}
    for number, line in iter_rows(path):
        where = f"{path}: line {number}"
        value = with_our_names(line)
        row_id = id_column(line if "id" in line else value, "id" if "id" in line else "question_id", where)
        columns = (named_column(value, name, where) for name in ("question", "reference", "prediction"))
        question, reference, answer = columns
        if row_id in rows:
            raise BadInput(
                where, expected="each id once", came=f"{shown(row_id)} again", remedy="Keep one of the rows"
            )
        rows[row_id] = Row(row_id, row_id, question, reference, answer)
    if not rows:
        raise BadInput(path, expected="at least one row", came="an empty file", remedy="Check the file")
    answered = tuple(row for row in rows.values() if row.answer.strip())
    blank = len(rows) - len(answered)
    return Rows(answered, Counter({Outcome.EMPTY: blank} if blank else {}), None)


def _of_run(folder: RunFolder) -> Rows:
    if not folder.store.is_file():
        raise BadInput(
            folder.path,
            expected="a JSON Lines file, or the folder of a run with run.store in it",
            came="a folder without",
            remedy="Give the folder that `run --out` wrote",
        )
    with RunStore(folder.store, read_only=True) as store:
        questions = {question.question_id: question for question in store.questions()}
        replies = list(store.replies())
    rows = []
    for reply in replies:
        if reply.answer is not None:
            question = questions[reply.key.question_id]
            about = {"question_id": question.question_id, "backend": reply.key.backend}
            about |= {"probe": str(reply.key.probe)}
            rows.append(
                Row(
                    reply.reply_id,
                    question.question_id,
                    question.text,
                    question.reference,
                    reply.answer,
                    reply.reply_id,
                    about,
                )
            )
    return Rows(tuple(rows), Counter(reply.outcome for reply in replies if reply.answer is None), folder)
