"""`ctspatialvqa report` over one run and several: merged by key, with readers' logs and figure files."""

from __future__ import annotations

import json
import re
import xml.etree.ElementTree as ET
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from CTSpatialVQALib.audit.events import question_answered_by_reader, scored, verdict_given
from CTSpatialVQALib.audit.log import AuditLog
from CTSpatialVQALib.backends.run_store import RunStore
from CTSpatialVQALib.cli.demo_job import PROGRAM, RunFolder, with_forms
from CTSpatialVQALib.reading.human_control import own_reply
from CTSpatialVQALib.reading.visible import ShownCt
from CTSpatialVQALib.records.event import Actor
from CTSpatialVQALib.records.judgement import Score
from CTSpatialVQALib.records.question import Question
from CTSpatialVQALib.records.reply import Reply
from CTSpatialVQALib.records.words import Outcome, VerdictValue
from Testing.report.export_samples import verdict
from Testing.report.story import Story

Command = Callable[..., Any]
NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)


def _folder(path: Path, story: Story, **about: str) -> Path:
    folder = RunFolder(path)
    with RunStore(folder.store) as store:
        store.put_questions(with_forms(story.questions.values()))
        store.put(story.replies)
        store.describe({"study_id": "told", "study_title": "Told", **about})
    with AuditLog.open(folder.log, PROGRAM):
        pass
    return path


def _story(*backends: str, answer: str = "In the liver.", outcome: Outcome = Outcome.ANSWERED) -> Story:
    story = Story()
    for at in range(4):
        story.question(f"q{at}", case_id=f"valid_{at // 2}_a_1.nii.gz")
        for backend in backends:
            story.reply(f"q{at}", backend, answer=answer, outcome=outcome)
    return story


def _embedded(report: Path) -> dict[str, Any]:
    block = re.search(r'id="report-data">(.*?)</script>', report.read_text("utf-8"), re.DOTALL)
    assert block is not None
    found: dict[str, Any] = json.loads(block.group(1))
    return found


def _notes(report: Path) -> str:
    return " ".join(re.findall(r'<p class="note"><bdi>(.*?)</bdi>', report.read_text("utf-8")))


def test_runs_of_two_models_stand_side_by_side(tmp_path: Path, command: Command) -> None:
    one = _folder(tmp_path / "one", _story("a"))
    two = _folder(tmp_path / "two", _story("b", answer="In the spleen."))
    assert command("report", one, two, "--out", tmp_path / "both.html").code == 0
    numbers = _embedded(tmp_path / "both.html")["numbers"]
    assert [model["name"] for model in numbers["models"]] == ["a", "b"]
    assert numbers["pairs"][0]["paired"]["questions"] == 4
    assert numbers["models"][0]["accuracy"]["patients"] == 2  # the id of a public case names its patient


def test_the_same_askings_count_once_and_are_named(tmp_path: Path, command: Command) -> None:
    one, two = (_folder(tmp_path / name, _story("a")) for name in ("one", "two"))
    assert command("report", one, two).code == 0
    report = one / "report.html"
    assert _embedded(report)["backends"][0]["asked"] == 4
    assert "4 askings of a stood in two runs and counted once." in _notes(report)


def test_an_answer_stands_before_a_failure_of_another_run(tmp_path: Path, command: Command) -> None:
    one = _folder(tmp_path / "one", _story("a", outcome=Outcome.TIMEOUT))
    two = _folder(tmp_path / "two", _story("a"))
    assert command("report", one, two).code == 0
    assert _embedded(one / "report.html")["backends"][0]["failed"] == 0


def test_what_two_runs_answer_differently_is_told(tmp_path: Path, command: Command) -> None:
    one = _folder(tmp_path / "one", _story("a"))
    two = _folder(tmp_path / "two", _story("a", answer="In the spleen."), study_id="another")
    assert command("report", one, two).code == 0
    notes = _notes(one / "report.html")
    assert "4 askings of a came out differently in a later named run; the earlier named run stands." in notes
    assert "The runs are of different studies: told, another." in notes
    assert _embedded(one / "report.html")["backends"][0]["right"] == 4


def test_another_text_under_the_same_id_is_refused(tmp_path: Path, command: Command) -> None:
    one = _folder(tmp_path / "one", _story("a"))
    changed = Story()
    changed.question("q0", case_id="valid_0_a_1.nii.gz", text="Where was it before?")
    two = _folder(tmp_path / "two", changed)
    ran = command("report", one, two)
    assert ran.code == 2
    assert "q0: expected the same text as in the other runs" in ran.err
    assert not (one / "report.html").exists()


def test_another_prompt_under_the_same_name_is_refused_by_name(tmp_path: Path, command: Command) -> None:
    story = _story("a")
    story.reply("q0", "a", key={"prompt_sha256": "1" * 64})
    ran = command("report", _folder(tmp_path / "one", story))
    assert ran.code == 2
    assert "replies of a: expected one reply per question, but found two replies to 'q0'" in ran.err


def test_every_figure_is_written_as_a_file(tmp_path: Path, command: Command) -> None:
    one = _folder(tmp_path / "one", _story("a", "b"))
    assert command("report", one, "--svg", tmp_path / "figures").code == 0
    files = {path.stem for path in (tmp_path / "figures").iterdir()}
    page = (one / "report.html").read_text("utf-8")
    assert files == set(re.findall(r'<figure class="plot-of panel" id="figure-([a-z-]+)"', page))
    assert {"accuracy", "forms", "words"} <= files
    for path in (tmp_path / "figures").iterdir():
        ET.fromstring(path.read_text("utf-8"))


def _reader_log(path: Path, reader: str, replies: list[Reply]) -> Path:
    with AuditLog.open(path, Actor(id=reader)) as log:
        for reply in replies:
            log.append(*verdict_given(verdict(reply, VerdictValue.CORRECT, reader=reader)))
    return path


def test_readers_logs_and_judges_votes_are_told(tmp_path: Path, command: Command) -> None:
    story = _story("a")
    one = _folder(tmp_path / "one", story)
    logs = [_reader_log(tmp_path / f"{name}.sqlite", name, story.replies) for name in ("reader-1", "Dr. Who")]
    with AuditLog.open(one / "audit.sqlite", PROGRAM) as log:
        for reply in story.replies:
            vote = {"question_id": reply.key.question_id, "reply_id": reply.reply_id, "correct": True}
            log.append(*scored(Score.model_validate({**vote, "by": "judge gpt 1 (p1 00)", "reason": "r"})))
    assert command("report", one, "--log", logs[0], "--log", logs[1]).code == 0
    page = (one / "report.html").read_text("utf-8")
    assert "2 readers gave 8 verdicts (blind stage)" in page
    assert "1 judge gave 4 votes." in page
    assert "judge gpt 1 (p1 00)" in page
    assert "Dr. Who" not in page
    assert page.count("<h4>Readers</h4>") == 4


def _answered_by(path: Path, reader: str, story: Story, answer: str) -> Path:
    questions = list(story.questions.values())
    with AuditLog.open(path, Actor(id=reader)) as log:
        for question, said in zip(questions * 2, ["In the aorta."] * 4 + [answer] * 4, strict=True):
            own = own_reply(question, said, reader=reader, saw=ShownCt.NONE, shown_utc=NOON, given_utc=NOON)
            log.append(*question_answered_by_reader(own, question))
        second = own_reply(
            questions[0], answer, reader=reader, saw=ShownCt.NONE, shown_utc=NOON, given_utc=NOON, occasion=2
        )
        log.append(*question_answered_by_reader(second, questions[0]))
        changed = questions[0].model_copy(update={"text": "Where else?"})
        of_another = Question.model_validate(changed.model_dump(exclude={"question_sha256"}))
        other = own_reply(of_another, answer, reader=reader, saw=ShownCt.NONE, shown_utc=NOON, given_utc=NOON)
        log.append(*question_answered_by_reader(other, of_another))
    return path


def test_a_reader_who_answered_himself_stands_beside_the_models(tmp_path: Path, command: Command) -> None:
    story = _story("a", answer="In the spleen.")
    one = _folder(tmp_path / "one", story)
    logs = [
        _answered_by(tmp_path / f"{name}.sqlite", name, story, "In the liver.")
        for name in ("reader-1", "Dr. Who")
    ]
    assert command("report", one, "--log", logs[0], "--log", logs[1]).code == 0
    page = (one / "report.html").read_text("utf-8")
    models = {model["name"]: model for model in _embedded(one / "report.html")["backends"]}
    assert models["a"]["right"] == 0
    own = models["reader-1 · text_only"]
    assert (own["right"], own["asked"]) == (4, 4), "the last answer to each question, and each question once"
    assert len(models) == 3
    assert "human control" in page
    assert "Dr. Who" not in page


def test_a_folder_without_a_run_is_refused(tmp_path: Path, command: Command) -> None:
    ran = command("report", tmp_path)
    assert ran.code == 2
    assert "expected the folder of a run" in ran.err


def test_a_report_is_recorded_in_the_log_it_tells(tmp_path: Path, command: Command) -> None:
    one = _folder(tmp_path / "one", _story("a"))
    assert command("report", one).code == 0
    with AuditLog.open(one / "audit.sqlite", PROGRAM) as log:
        (event,) = [record.event for record in log.records() if record.event.kind == "export_made"]
    assert event.payload["format"] == "html"
    assert event.payload["count"] == 4
