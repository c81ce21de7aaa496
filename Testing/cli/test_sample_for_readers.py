"""A random part for readers: drawn by seed, read, and told first in the report."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from CTSpatialVQALib.audit.events import verdict_given
from CTSpatialVQALib.audit.log import AuditLog
from CTSpatialVQALib.backends.run_store import RunStore
from CTSpatialVQALib.errors import BadInput
from CTSpatialVQALib.reading.readers_sample import FILE_NAME, draw_sample, read_sample
from CTSpatialVQALib.records.base import utc_now
from CTSpatialVQALib.records.event import Actor
from CTSpatialVQALib.records.judgement import Verdict
from CTSpatialVQALib.records.question import Question
from CTSpatialVQALib.records.reply import Reply
from CTSpatialVQALib.records.words import ErrorType, QuestionForm, Stage, VerdictValue

Command = Callable[..., Any]
QUESTIONS = 60


@pytest.fixture
def run_folder(tmp_path: Path, command: Command) -> Path:
    """A run of recorded answers about 30 patients, every third one wrong, with 24 drawn for readers."""
    folder = tmp_path / "study"
    folder.mkdir()
    questions, predictions = [], []
    for at in range(QUESTIONS):
        key = {"question_id": f"c{at // 2}::{at}"}
        text = "On which side is it?" if at % 2 else "Is there an effusion?"
        reference = "left" if at % 2 else "no"
        said = reference if at % 3 else ("right" if at % 2 else "yes")
        questions.append({**key, "case_id": f"c{at // 2}", "text": text, "reference": reference})
        predictions.append({**key, "prediction": said})
    for file, rows in (("q.jsonl", questions), ("p.jsonl", predictions)):
        (folder / file).write_text("".join(json.dumps(row) + "\n" for row in rows), "utf-8")
    study = "[study]\nid = 's'\n[[questions]]\npath = 'q.jsonl'\nadd_cases = true\n"
    recorded = "[[backends]]\nname = 'm'\nkind = 'recorded'\npath = 'p.jsonl'\n"
    (folder / "study.toml").write_text(study + recorded, "utf-8")
    told = command(
        "run", folder / "study.toml", "--out", tmp_path / "run", "--sample-for-readers", "24", "--json"
    )
    assert told.code == 0
    return tmp_path / "run"


def drawn(run_folder: Path) -> list[Reply]:
    with RunStore(run_folder / "readers.store") as store:
        return list(store.replies())


def reader_log(path: Path, replies: list[Reply], wrong: set[str]) -> Path:
    """A reader who finds these answers wrong and all others right."""
    with AuditLog.open(path, Actor(id="reader-1")) as log:
        for reply in replies:
            is_wrong = reply.reply_id in wrong
            verdict = Verdict(
                reader="reader-1",
                reply_id=reply.reply_id,
                question_id=reply.key.question_id,
                question_sha256=reply.key.question_sha256,
                stage=Stage.FINAL,
                value=VerdictValue.INCORRECT if is_wrong else VerdictValue.CORRECT,
                error_type=ErrorType.OTHER if is_wrong else None,
                severity="minor" if is_wrong else None,
                aided=False,
                given_utc=utc_now(),
            )
            log.append(*verdict_given(verdict))
    return path


def test_the_drawn_answers_lie_in_a_store_of_their_own(run_folder: Path) -> None:
    sample = read_sample(run_folder)
    assert sample is not None
    assert (len(sample.questions), sample.of) == (24, QUESTIONS)
    assert {reply.key.question_id for reply in drawn(run_folder)} == set(sample.questions)
    # both forms have half of the questions, and so half of the sample
    assert sorted(sample.strata.values()) == [12, 12]


def test_the_report_says_first_what_the_readers_found(
    run_folder: Path, command: Command, tmp_path: Path
) -> None:
    replies = drawn(run_folder)
    right = [reply for reply in replies if int(reply.key.question_id.split("::")[1]) % 3]
    wrong = {reply.reply_id for reply in replies} - {reply.reply_id for reply in right[:-2]}
    log = reader_log(tmp_path / "reader.sqlite", replies, wrong)
    told = command("report", run_folder, "--log", log, "--out", tmp_path / "report.html")
    assert told.code == 0
    page = (tmp_path / "report.html").read_text("utf-8").replace("\u00a0", " ")
    assert page.index("<b>Readers.</b>") < page.index("decided answers are right")
    assert "whatever the bias of the automatic scores" in page
    assert "random part of all" not in page  # they were drawn
    assert page.index('id="readers"') < page.index('id="alarms"')
    numbers = json.loads(re.search(r'id="report-data"[^>]*>(.*?)</script>', page, re.DOTALL)[1])
    (truth,) = numbers["numbers"]["readers"]
    assert truth["counts"] == {"correct": len(right) - 2, "incorrect": len(wrong)}
    powered = truth["powered"]
    assert (powered["read"], powered["answers"]) == (24, QUESTIONS)
    # the rules find 40 of 60 right; the readers two fewer of 24
    assert powered["scorer"] == pytest.approx(40 / 60)
    assert powered["correction"] == pytest.approx(-2 / 24)
    assert powered["interval"]["low"] < powered["value"] < powered["interval"]["high"]


def test_without_a_draw_the_report_says_on_what_its_accuracy_rests(
    run_folder: Path, command: Command, tmp_path: Path
) -> None:
    log = reader_log(tmp_path / "reader.sqlite", drawn(run_folder), set())
    (run_folder / FILE_NAME).unlink()
    assert command("report", run_folder, "--log", log, "--out", tmp_path / "report.html").code == 0
    page = (tmp_path / "report.html").read_text("utf-8")
    assert "if the answers read are a random part of all" in page


def test_verdicts_beside_the_drawn_part_do_not_count_for_the_accuracy(
    run_folder: Path, command: Command, tmp_path: Path
) -> None:
    with RunStore(run_folder / "run.store") as store:
        every = list(store.replies())
    log = reader_log(tmp_path / "reader.sqlite", every, set())
    assert command("report", run_folder, "--log", log, "--out", tmp_path / "report.html").code == 0
    page = (tmp_path / "report.html").read_text("utf-8")
    numbers = json.loads(re.search(r'id="report-data"[^>]*>(.*?)</script>', page, re.DOTALL)[1])
    (truth,) = numbers["numbers"]["readers"]
    assert (sum(truth["counts"].values()), truth["powered"]["read"]) == (QUESTIONS, 24)


def test_numbers_by_readers_are_the_readers(run_folder: Path, command: Command, tmp_path: Path) -> None:
    replies = drawn(run_folder)
    log = reader_log(tmp_path / "reader.sqlite", replies, {replies[0].reply_id})
    out = tmp_path / "report.html"
    told = command("report", run_folder, "--log", log, "--out", out, "--score-by", "readers")
    assert told.code == 0
    numbers = json.loads(
        re.search(r'id="report-data"[^>]*>(.*?)</script>', out.read_text("utf-8"), re.DOTALL)[1]
    )
    (model,) = numbers["numbers"]["models"]
    assert (model["accuracy"]["right"], model["accuracy"]["questions"]) == (23, 24)
    refused = command("report", run_folder, "--out", out, "--score-by", "jury")
    assert refused.code == 2
    assert "two judges at least" in refused.err


def asked(number: int, form: QuestionForm) -> Question:
    return Question(question_id=f"c::{number}", case_id="c", text="?", reference="x", form=form)


def test_a_draw_depends_on_seed_and_ids_and_on_nothing_else() -> None:
    questions = [asked(at, QuestionForm.YES_NO if at < 70 else QuestionForm.WHERE) for at in range(100)]
    first = draw_sample(questions, 20, 1)
    assert first == draw_sample(questions[::-1], 20, 1)
    assert first.questions != draw_sample(questions, 20, 2).questions
    assert first.strata == {"yes_no": 14, "where": 6}
    assert len(draw_sample(questions, 500, 1).questions) == 100
    with pytest.raises(BadInput, match="at least one"):
        draw_sample([], 5, 1)
