"""A report of tens of thousands of questions: its memory grows by less than what 600 MB for 50,000 allow."""

from __future__ import annotations

import re
import subprocess
import sys
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from CTSpatialVQALib.audit.log import AuditLog
from CTSpatialVQALib.backends.run_store import RunStore
from CTSpatialVQALib.cli.demo_job import PROGRAM, RunFolder, with_forms
from CTSpatialVQALib.records.base import Compactor
from CTSpatialVQALib.records.question import Question
from CTSpatialVQALib.records.reply import Reply, ReplyKey
from CTSpatialVQALib.records.words import Category, Outcome

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="measures a process as POSIX does")
FEW, MANY = 1000, 6000
# 50,000 questions measure 495 MB, 5 KB each; the first thousands also fill bounded caches of the language
MOST_KB_PER_QUESTION = 11.0
MEASURED = """
import re, resource, sys
from pathlib import Path
from CTSpatialVQALib.cli.main import main
code = main(sys.argv[1:])
status = Path("/proc/self/status")
if status.exists():  # ru_maxrss begins with the size of the process that started this one
    print("peak kB", re.search(r"VmHWM:\\s*(\\d+)", status.read_text())[1])
else:
    print("peak kB", resource.getrusage(resource.RUSAGE_SELF).ru_maxrss)
sys.exit(code)
"""


def questions(count: int) -> Iterator[Question]:
    categories = list(Category)
    for number in range(count):
        side = ("left", "right")[number % 2]
        case_id = f"valid_{number // 10}_a_1.nii.gz"
        yield Question(
            question_id=f"{case_id}::{number % 10}",
            case_id=case_id,
            text=f"Which lung has the nodule, seen in image {number}?",
            reference=f"The nodule is in the lower lobe of the {side} lung.",
            categories=(categories[number % len(categories)],),
        )


def reply_to(question: Question, number: int) -> Reply:
    key = ReplyKey(
        question_id=question.question_id,
        question_sha256=question.question_sha256,
        backend="model-a",
        backend_version="1",
        contract="none",
        presentation_sha256="1" * 64,
        prompt_sha256=f"{number:064x}",
    )
    answer = question.reference if number % 3 else "It lies in the upper lobe of the left lung."
    return Reply(
        reply_id=key.reply_id,
        key=key,
        case_id=question.case_id,
        outcome=Outcome.ANSWERED,
        answer=answer,
        raw=answer + " " + "<thinking>" * 20,
        reasoning="First I look at the left lung. " * 100,
        started_utc=datetime(2026, 3, 1, 12, tzinfo=UTC),
        duration_s=1.0,
    )


def peak_kb(folder: Path, count: int) -> int:
    asked = with_forms(questions(count))
    with RunStore(RunFolder(folder).store) as store, AuditLog.open(RunFolder(folder).log, PROGRAM):
        store.put_questions(asked)
        store.put(reply_to(question, number) for number, question in enumerate(asked))
        store.describe({"study_id": "many", "study_title": "Many"})
    command = [sys.executable, "-c", MEASURED, "report", str(folder)]
    ended = subprocess.run(command, capture_output=True, text=True, check=True)
    match = re.search(r"peak kB (\d+)", ended.stdout)
    assert match is not None
    return int(match[1])


def test_memory_grows_little_with_the_number_of_questions(tmp_path: Path) -> None:
    few, many = peak_kb(tmp_path / "few", FEW), peak_kb(tmp_path / "many", MANY)
    assert (many - few) / (MANY - FEW) < MOST_KB_PER_QUESTION
    assert few < 300_000


def test_a_compacted_record_is_equal_to_the_record() -> None:
    compacted = Compactor()
    for number, question in enumerate(questions(20)):
        reply = reply_to(question, number)
        assert compacted(question) == question
        assert compacted(reply) == reply
        assert compacted(reply).to_json() == reply.to_json()
        assert compacted(reply).key.question_sha256 is compacted(question).question_sha256
