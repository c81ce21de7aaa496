"""A run asks each question once, keeps failures as outcomes and goes on where it was stopped."""

from __future__ import annotations

import os
import signal
import sqlite3
import subprocess
import sys
import time
from collections.abc import Mapping
from pathlib import Path

import pytest

from CTSpatialVQALib.backends.backend import NOTHING_SHA256, Answer, spoken
from CTSpatialVQALib.backends.case_data import CaseData
from CTSpatialVQALib.backends.recorded import RecordedBackend
from CTSpatialVQALib.backends.run_store import RunStore
from CTSpatialVQALib.backends.runner import Watchers, run_questions
from CTSpatialVQALib.errors import BadInput, WorkFailed
from CTSpatialVQALib.records.case import Case
from CTSpatialVQALib.records.question import Question
from CTSpatialVQALib.records.reply import Presentation, Reply
from CTSpatialVQALib.records.words import Outcome, Probe

CASES = {name: Case(case_id=name, patient_id=name) for name in ("a", "b")}
QUESTIONS = tuple(
    Question(question_id=f"{case}::{n}", case_id=case, text=f"{case} {n}?", reference="left")
    for n in range(3)
    for case in CASES
)


class Scripted:
    """A backend of the test's own: says what the script has for a question, and counts."""

    description = "scripted"
    version = "1"
    in_flight = 1

    def __init__(self, script: Mapping[str, Answer | Exception]) -> None:
        self.name = "scripted"
        self.parameters: Mapping[str, object] = {}
        self.script = script
        self.asked: list[str] = []

    def presentation(self, question: Question, case: CaseData, probe: Probe) -> Presentation:
        return Presentation(contract="none", version="1", probe=probe, content_sha256=NOTHING_SHA256)

    def prompt(self, question: Question) -> str:
        return question.text

    def ask(self, question: Question, case: CaseData, probe: Probe) -> Answer:
        self.asked.append(question.question_id)
        said = self.script.get(question.question_id, spoken("Left."))
        if isinstance(said, BaseException):
            raise said
        return said


@pytest.fixture
def recorded(tmp_path: Path) -> RecordedBackend:
    source = tmp_path / "source.jsonl"
    source.write_text("x", "utf-8")
    return RecordedBackend("r", {"a::0": "Left.", "a::1": "  "}, source)


def replies_of(path: Path) -> dict[str, Reply]:
    with RunStore(path) as store:
        return {reply.key.question_id: reply for reply in store.replies()}


def test_every_question_has_one_reply_under_its_own_id(tmp_path: Path) -> None:
    with RunStore(tmp_path / "run.store") as store:
        result = run_questions(QUESTIONS, CASES, [Scripted({})], store)
    assert result.outcomes == {Outcome.ANSWERED: 6}
    assert replies_of(tmp_path / "run.store").keys() == {question.question_id for question in QUESTIONS}


def test_recorded_texts_become_answers_blank_ones_empty_and_missing_ones_no_answer(
    recorded: RecordedBackend, tmp_path: Path
) -> None:
    with RunStore(tmp_path / "run.store") as store:
        run_questions(QUESTIONS, CASES, [recorded], store)
    replies = replies_of(tmp_path / "run.store")
    assert (replies["a::0"].outcome, replies["a::0"].answer) == (Outcome.ANSWERED, "Left.")
    assert (replies["a::1"].outcome, replies["a::1"].answer) == (Outcome.EMPTY, None)
    assert (replies["a::2"].outcome, replies["a::2"].answer) == (Outcome.CANCELLED, None)


@pytest.mark.parametrize(
    ("failure", "outcome"),
    [(MemoryError(), Outcome.OUT_OF_MEMORY), (WorkFailed("the server is gone"), Outcome.TRANSPORT_ERROR)],
)
def test_a_failure_is_an_outcome_and_the_next_question_is_asked(
    failure: Exception, outcome: Outcome, tmp_path: Path
) -> None:
    with RunStore(tmp_path / "run.store") as store:
        result = run_questions(QUESTIONS, CASES, [Scripted({"a::0": failure})], store)
    assert result.outcomes == {outcome: 1, Outcome.ANSWERED: 5}
    assert replies_of(tmp_path / "run.store")["a::0"].answer is None


def test_resume_asks_transient_failures_again_and_nothing_else(tmp_path: Path) -> None:
    first = Scripted({"a::0": WorkFailed("gone"), "a::1": Answer(Outcome.REFUSED, detail="no")})
    second = Scripted({})
    with RunStore(tmp_path / "run.store") as store:
        run_questions(QUESTIONS, CASES, [first], store)
        result = run_questions(QUESTIONS, CASES, [second], store)
    assert second.asked == ["a::0"]
    assert result.already_there == 5
    replies = replies_of(tmp_path / "run.store")
    assert replies["a::0"].outcome is Outcome.ANSWERED
    assert replies["a::1"].outcome is Outcome.REFUSED


def test_another_probe_or_version_is_another_asking(tmp_path: Path) -> None:
    newer = Scripted({})
    newer.version = "2"
    with RunStore(tmp_path / "run.store") as store:
        run_questions(QUESTIONS, CASES, [Scripted({})], store, probes=[Probe.FULL, Probe.MIRRORED])
        assert len(list(store.replies())) == 12
        run_questions(QUESTIONS, CASES, [newer], store)
        assert len(list(store.replies())) == 18


def test_replies_are_on_disk_before_they_are_passed_on(tmp_path: Path) -> None:
    path = tmp_path / "run.store"
    seen = []

    def keep(replies: object) -> None:
        with sqlite3.connect(path) as other:
            seen.append(other.execute("SELECT count(*) FROM replies").fetchone()[0])

    with RunStore(path) as store:
        run_questions(QUESTIONS, CASES, [Scripted({})], store, watchers=Watchers(keep=keep))
    assert seen[-1] == 6


def test_what_was_answered_before_a_backend_refuses_to_be_asked_is_kept(tmp_path: Path) -> None:
    script = {"b::0": BadInput("server", expected="consent", came="none", remedy="Agree")}
    with RunStore(tmp_path / "run.store") as store, pytest.raises(BadInput):
        run_questions(QUESTIONS, CASES, [Scripted(script)], store)
    kept = replies_of(tmp_path / "run.store")
    assert {"a::0", "a::1", "a::2"} <= kept.keys()
    assert "b::0" not in kept


def test_a_settled_reply_is_never_replaced(tmp_path: Path) -> None:
    with RunStore(tmp_path / "run.store") as store:
        run_questions(QUESTIONS[:1], CASES, [Scripted({})], store)
        kept = next(store.replies())
        store.put([kept.model_copy(update={"answer": "Right.", "raw": "Right."})])
        assert next(store.replies()) == kept


def test_changed_text_under_a_known_id_is_refused(tmp_path: Path) -> None:
    changed = Question(question_id="a::0", case_id="a", text="Another?", reference="left")
    with RunStore(tmp_path / "run.store") as store:
        store.put_questions(QUESTIONS)
        with pytest.raises(BadInput, match="a::0"):
            store.put_questions([changed])
        assert list(store.questions()) == list(QUESTIONS)


@pytest.mark.parametrize(
    "content", [b"not a database at all, but long enough to be read", b"SQLite format 3\0"]
)
def test_a_file_that_is_no_run_store_is_refused_and_left_alone(content: bytes, tmp_path: Path) -> None:
    path = tmp_path / "run.store"
    path.write_bytes(content)
    with pytest.raises(BadInput, match="run store"):
        RunStore(path)
    assert path.read_bytes() == content


def test_another_programs_database_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "run.store"
    with sqlite3.connect(path) as other:
        other.execute("CREATE TABLE replies (x)")
    with pytest.raises(BadInput, match="run store"):
        RunStore(path)


def test_store_is_for_its_owner_only(tmp_path: Path) -> None:
    with RunStore(tmp_path / "run.store") as store:
        run_questions(QUESTIONS, CASES, [Scripted({})], store)
        assert {path.stat().st_mode & 0o777 for path in tmp_path.glob("run.store*")} == {0o600}


RUN_SLOWLY = """
import sys, time
from pathlib import Path
from CTSpatialVQALib.backends import runner
from CTSpatialVQALib.backends.recorded import RecordedBackend
from CTSpatialVQALib.backends.run_store import RunStore
from CTSpatialVQALib.records.case import Case
from CTSpatialVQALib.records.question import Question

class Slow(RecordedBackend):
    def ask(self, *asked):
        time.sleep(0.002)
        return super().ask(*asked)

path = Path(sys.argv[1])
questions = [Question(question_id=f"c::{n}", case_id="c", text=f"{n}?", reference="x") for n in range(300)]
backend = Slow("slow", {question.question_id: "x" for question in questions}, Path(sys.argv[2]))
runner.FLUSH_ALONE_S = 0.0
print("ready", flush=True)
with RunStore(path) as store:
    result = runner.run_questions(questions, {"c": Case(case_id="c", patient_id="c")}, [backend], store)
print(result.outcomes.total(), result.already_there)
"""


def test_killed_at_any_moment_and_resumed_every_question_is_answered_once(tmp_path: Path) -> None:
    source = tmp_path / "source.jsonl"
    source.write_text("x", "utf-8")
    command = [sys.executable, "-c", RUN_SLOWLY, str(tmp_path / "run.store"), str(source)]
    for delay in (0.0, 0.01, 0.15, 0.3):
        with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as child:
            assert child.stdout is not None
            assert child.stdout.readline() == "ready\n"
            time.sleep(delay)
            os.kill(child.pid, signal.SIGKILL)
    before = len(replies_of(tmp_path / "run.store"))
    assert 0 < before < 300
    done = subprocess.run(command, capture_output=True, text=True, check=True).stdout.split()
    assert [int(number) for number in done[1:]] == [300 - before, before]
    assert len(replies_of(tmp_path / "run.store")) == 300
