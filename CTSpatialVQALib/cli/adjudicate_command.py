"""`ctspatialvqa adjudicate`: what readers differ on, one by one, and the verdict that settles it."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

from CTSpatialVQALib.audit.log import AuditLog
from CTSpatialVQALib.audit.store import opened_log
from CTSpatialVQALib.cli.arguments import Commands, command, json_option, user_path
from CTSpatialVQALib.cli.console import emit, emit_json, question, say
from CTSpatialVQALib.errors import BadInput, shown
from CTSpatialVQALib.escaping import visible_line
from CTSpatialVQALib.reading.keys import FLOWS, Judgement, judgement_of
from CTSpatialVQALib.reading.refusal import NotAllowed
from CTSpatialVQALib.reading.study_log import Difference, StudyLog, adjudication, read_study_log
from CTSpatialVQALib.records.base import utc_now
from CTSpatialVQALib.records.event import Actor
from CTSpatialVQALib.records.judgement import Verdict
from CTSpatialVQALib.records.words import Stage

_EXAMPLES = """\
  ctspatialvqa adjudicate study.sqlite --list
  ctspatialvqa adjudicate study.sqlite --adjudicator reader-9        (asks one by one)
  ctspatialvqa adjudicate study.sqlite --adjudicator reader-9 --reply 3f2a91 --verdict 2AY --reason "axial 41"
"""
_KEYS = "1 correct   2 incorrect   3 unsure   4 question faulty   Enter: leave it   q: end (all is kept)"

Ask = Callable[[str], str | None]


class _Settled(NamedTuple):
    """A verdict on a difference, with its reason."""

    judgement: Judgement
    reason: str


def add(commands: Commands) -> None:
    """Add the command's parser."""
    parser = command(
        commands,
        "adjudicate",
        run,
        summary="settle what readers differ on, each verdict with a reason, as further records of the log",
        examples=_EXAMPLES,
    )
    parser.add_argument("log", type=user_path, metavar="STUDY_LOG", help="a merged log (or one reader's)")
    parser.add_argument("--adjudicator", metavar="ID", help="pseudonym of the person who decides")
    parser.add_argument("--list", action="store_true", help="only list what readers differ on")
    parser.add_argument("--reply", metavar="REPLY_ID", help="settle this one (the beginning of its id)")
    parser.add_argument(
        "--verdict",
        metavar="KEYS",
        help="with --reply: 1 correct, 2 incorrect with a letter A-J for the error type and X, Y or Z for its"
        " severity, 3 unsure, 4 question faulty with a letter A-D",
    )
    parser.add_argument("--reason", metavar="TEXT", help="with --reply: why")
    json_option(parser)


def run(arguments: argparse.Namespace) -> int:
    """List, settle one, or ask one by one."""
    log: Path = arguments.log
    held = read_study_log(log)
    differences = differences_of(held)
    if arguments.reply is not None:
        return _settle_named(arguments, differences)
    if arguments.list or arguments.json:
        _list(held, differences, as_json=arguments.json)
        return 0
    adjudicator = _adjudicator(arguments)
    unsettled = [difference for difference in differences if difference.settled is None]
    if not unsettled:
        emit("readers differ on nothing that is not settled")
        return 0
    count = _ask_all(held, unsettled, _Writer(log, adjudicator), _asked_line)
    emit(f"{count} of {len(unsettled)} settled; the readers' own verdicts stay as they are")
    return 0


def differences_of(held: StudyLog) -> tuple[Difference, ...]:
    """What readers differ on finally; blindly where nobody gave a final verdict."""
    return held.differences(Stage.FINAL if held.of_stage(Stage.FINAL) else Stage.BLIND)


class _Writer:
    """Adds verdicts to the log as they are given, so that none is lost."""

    def __init__(self, log: Path, adjudicator: str) -> None:
        self._log, self._adjudicator = log, adjudicator

    def settle(self, difference: Difference, settled: _Settled) -> None:
        entry = adjudication(
            difference,
            settled.judgement,
            adjudicator=self._adjudicator,
            given_utc=utc_now(),
            comment=settled.reason,
        )
        with opened_log(self._log):  # a log that is none is refused before it is opened for writing
            pass
        with AuditLog.open(self._log, Actor(id=self._adjudicator)) as log:
            log.append(*entry)


def _adjudicator(arguments: argparse.Namespace) -> str:
    name = (arguments.adjudicator or "").strip()
    if not name:
        raise BadInput(
            "--adjudicator",
            expected="the pseudonym of the person who decides",
            came="none",
            remedy="Add it, for example --adjudicator reader-9; or --list to look only",
        )
    return name


def _settle_named(arguments: argparse.Namespace, differences: Sequence[Difference]) -> int:
    chosen = [difference for difference in differences if difference.reply_id.startswith(arguments.reply)]
    if len(chosen) != 1:
        raise BadInput(
            f"--reply {shown(arguments.reply)}",
            expected="the beginning of one reply's id on which readers differ",
            came=f"{len(chosen)} of them",
            remedy="See --list",
        )
    reason = (arguments.reason or "").strip()
    if not arguments.verdict or not reason:
        raise BadInput(
            "--reply",
            expected="--verdict and --reason with it",
            came="one or none of them",
            remedy="A settled difference says why",
        )
    judgement = _judgement(arguments.verdict)
    _Writer(arguments.log, _adjudicator(arguments)).settle(chosen[0], _Settled(judgement, reason))
    if arguments.json:
        emit_json({"reply_id": chosen[0].reply_id, **judgement.model_dump(mode="json"), "reason": reason})
    else:
        emit(f"{chosen[0].question_id}: {judgement.value} ({reason})")
    return 0


def _judgement(keys: str) -> Judgement:
    """`2AY` or `2 AY`: the key of the verdict, then its letters."""
    plain = keys.replace(" ", "")
    return judgement_of(plain[:1], plain[1:])


def _list(held: StudyLog, differences: Sequence[Difference], *, as_json: bool) -> None:
    if as_json:
        emit_json({"differences": [_plain(held, difference) for difference in differences]})
        return
    for number, difference in enumerate(differences, start=1):
        for line in _lines(held, difference, f"{number} of {len(differences)}"):
            emit(line)
    unsettled = sum(difference.settled is None for difference in differences)
    emit(f"readers differ on {len(differences)} answers, {unsettled} of them not settled")


def _plain(held: StudyLog, difference: Difference) -> dict[str, object]:
    question, reply = held.questions.get(difference.question_id), held.replies.get(difference.reply_id)
    return {
        "reply_id": difference.reply_id,
        "question_id": difference.question_id,
        "question": question and question.text,
        "reference": question and question.reference,
        "backend": reply and reply.key.backend,
        "answer": reply and reply.answer,
        "verdicts": [entry.verdict.model_dump(mode="json") for entry in difference.given],
        "settled": difference.settled and difference.settled.model_dump(mode="json"),
    }


def _lines(held: StudyLog, difference: Difference, place: str) -> Iterator[str]:
    """The question, the answer, and what each reader said with his comment."""
    question, reply = held.questions.get(difference.question_id), held.replies.get(difference.reply_id)
    yield ""
    yield f"{place}  {visible_line(difference.question_id)}  reply {difference.reply_id[:12]}"
    if question is not None:
        yield f"  question:  {visible_line(question.text)}"
        yield f"  reference: {visible_line(question.reference)}"
    if reply is not None:
        yield f"  {visible_line(reply.key.backend)}: {visible_line(reply.answer or '')}"
    for entry in difference.given:
        yield f"    {_words(entry.verdict)}"
    if difference.settled is not None:
        yield f"    settled by {_words(difference.settled)}"


def _words(verdict: Verdict) -> str:
    details = [str(detail) for detail in (verdict.error_type, verdict.severity, *verdict.faults) if detail]
    suffix = f" ({', '.join(details).replace('_', ' ')})" if details else ""
    comment = f': "{visible_line(verdict.comment)}"' if verdict.comment else ""
    return f"{visible_line(verdict.reader)}: {str(verdict.value).replace('_', ' ')}{suffix}{comment}"


def _ask_all(held: StudyLog, unsettled: Sequence[Difference], writer: _Writer, ask: Ask) -> int:
    emit(_KEYS)
    count = 0
    for number, difference in enumerate(unsettled, start=1):
        for line in _lines(held, difference, f"{number} of {len(unsettled)}"):
            emit(line)
        key = ask("verdict")
        if key is None or key == "q":
            break
        settled = _ask_one(key, ask) if key else None
        if settled is not None:
            writer.settle(difference, settled)
            count += 1
    return count


def _ask_one(key: str, ask: Ask) -> _Settled | None:
    """The rest of a verdict after its key; None where the person leaves it."""
    flow = FLOWS.get(key[:1])
    letters = key[1:]
    if flow is not None and not flow.saves_at_once and not letters:
        choices = {**flow.error_types, **flow.severities, **flow.faults}
        letters = ask("  ".join(f"{letter} {word}" for letter, word in choices.items())) or ""
    try:
        judgement = _judgement(key[:1] + letters)
    except NotAllowed as error:
        say(f"left as it is: {error}")
        return None
    reason = (ask("reason") or "").strip()
    if not reason:
        say("left as it is: a settled difference says why")
        return None
    return _Settled(judgement, reason)


def _asked_line(what: str) -> str | None:
    """A line from the terminal or a file; None at its end."""
    question(f"{what} > ")
    line = sys.stdin.readline()
    return line.strip() if line else None
