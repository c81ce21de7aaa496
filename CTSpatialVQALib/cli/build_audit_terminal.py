"""Audit of pairs in a terminal: one key per question, each verdict kept at once."""

from __future__ import annotations

import os
import textwrap
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TextIO

from CTSpatialVQALib.audit.log import AuditLog
from CTSpatialVQALib.benchmark.study import load_study
from CTSpatialVQALib.cli.console import emit, prompt
from CTSpatialVQALib.construction.audit_answers import Aspect, AuditAnswers, judgement_of_answers
from CTSpatialVQALib.construction.audit_study import proposed_replies
from CTSpatialVQALib.escaping import visible_line
from CTSpatialVQALib.reading.keys import UNSURE
from CTSpatialVQALib.reading.plan import plan_reading
from CTSpatialVQALib.reading.refusal import NotAllowed
from CTSpatialVQALib.reading.session import Reading
from CTSpatialVQALib.reading.visible import Visible
from CTSpatialVQALib.records.base import utc_now
from CTSpatialVQALib.records.event import Actor

_WIDTH = 100
_KEYS = "y yes   n no   u unsure about this pair   b back to the last verdict   q quit (all is kept)"
_END = {"", "q", "\x03", "\x04"}

KeySource = Callable[[], str]


class _Back(Exception):
    """The key `b`: the annotator wishes to go back."""


class _Quit(Exception):
    """The key `q`, or the end of the input."""


def read_audit(study_path: Path, reader: str, log_path: Path, keys: KeySource) -> bool:
    """Show every pair that `reader` has not judged and take the three answers; whether all are done.

    Parameters
    ----------
    keys : gives one key at a time, an empty text at the end of the input

    Raises
    ------
    BadInput
        If the study is no audit, or does not know the reader.
    WorkFailed
        If the log cannot be written to.
    """
    study = load_study(study_path)
    plan = plan_reading(study, proposed_replies(study), reader)
    with (
        AuditLog.open(log_path, Actor(id=reader)) as log,
        Reading.open(plan, log, now=utc_now) as reading,
    ):
        emit(_KEYS)
        shown_report = ""
        try:
            seen = reading.next_unanswered()
            while reading.progress.done < reading.progress.total:
                shown_report = _show(seen, f"{reading.progress}", shown_report)
                seen = _answer(reading, keys)
        except _Quit:
            emit("")
        done = reading.progress.done == reading.progress.total
        emit(f"{reading.progress} judged" + ("" if done else "; run the same command again to go on"))
    return done


def _answer(reading: Reading, keys: KeySource) -> Visible:
    """Take one verdict; what is shown next is returned."""
    try:
        answers = _three_answers(keys)
    except _Back:
        try:
            return reading.undo()
        except NotAllowed as refused:
            emit(f"  {refused}")
            return reading.visible()
    reading.judge(UNSURE if answers is None else judgement_of_answers(answers))
    return reading.next_unanswered()


def _three_answers(keys: KeySource) -> AuditAnswers | None:
    """The three answers, or None for unsure."""
    answers: list[bool] = []
    while len(answers) < len(Aspect):
        aspect = list(Aspect)[len(answers)]
        prompt(f"  {aspect.question} ")
        key = _known_key(keys)
        emit({"y": "yes", "n": "no", "u": "unsure", "b": "back"}[key])
        if key == "b":
            raise _Back
        if key == "u":
            return None
        answers.append(key == "y")
    return AuditAnswers(*answers)


def _known_key(keys: KeySource) -> str:
    while True:
        key = keys().lower()
        if key in _END:
            raise _Quit
        if key in ("y", "n", "u", "b"):
            return key


def _show(seen: Visible, progress: str, shown_report: str) -> str:
    """Print the pair, its case's report before it where that was not the last one shown."""
    report = seen.report or ""
    emit("")
    if report and report != shown_report:
        emit(f"--- report of {seen.case_id}")
        for line in report.splitlines():
            for part in textwrap.wrap(visible_line(line), _WIDTH - 2) or [""]:
                emit(f"  {part}")
        emit("---")
    emit(f"[{progress}]  Q: {seen.question}")
    emit(f"{' ' * (len(progress) + 2)}  A: {seen.reply or ''}")
    return report


@contextmanager
def one_key_at_a_time(stream: TextIO) -> Iterator[KeySource]:
    """Keys of a terminal as they are pressed; of anything else its characters, line ends left out."""
    if not stream.isatty():
        yield lambda: _next_character(stream)
    elif os.name == "nt":
        import msvcrt

        yield lambda: str(msvcrt.getwch())  # type: ignore[attr-defined]
    else:
        import termios
        import tty

        descriptor = stream.fileno()
        before = termios.tcgetattr(descriptor)
        try:
            tty.setcbreak(descriptor)
            yield lambda: os.read(descriptor, 1).decode("utf-8", "replace")
        finally:
            termios.tcsetattr(descriptor, termios.TCSADRAIN, before)


def _next_character(stream: TextIO) -> str:
    while (character := stream.read(1)) in ("\n", "\r", " "):
        pass
    return character
