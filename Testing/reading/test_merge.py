"""Several readers' logs as one: nothing lost, every chain checkable, contradictions refused by name."""

from __future__ import annotations

import csv
import itertools
import json
import sqlite3
from collections.abc import Callable, Sequence
from pathlib import Path

import pytest

from CTSpatialVQALib.audit.log import AuditLog, write_copy
from CTSpatialVQALib.audit.signing import create_key, load_private_key, load_public_key
from CTSpatialVQALib.audit.verify import verify
from CTSpatialVQALib.cli.main import main
from CTSpatialVQALib.errors import BadInput
from CTSpatialVQALib.reading.keys import CORRECT, UNSURE, Judgement, judgement_of
from CTSpatialVQALib.reading.merge import MERGED_FROM, merge_logs, sources_of
from CTSpatialVQALib.reading.plan import ReadingPlan
from CTSpatialVQALib.reading.study_log import adjudication, read_study_log
from CTSpatialVQALib.records.event import Actor, Event, EventKind, LogRecord
from CTSpatialVQALib.records.words import LogTrust, ReadingMode, Stage, VerdictValue
from Testing.reading.tables import MODELS, NOON, plan, reading

INCORRECT = judgement_of("2", "A")
PROGRAM = Actor(id="ctspatialvqa", role="program")


def of_reader(reader: str, *, seed: int = 1, mode: ReadingMode = ReadingMode.OPEN) -> ReadingPlan:
    return plan(mode, reader=reader, models=MODELS[:1], cases=5, seed=seed)


def read_by(folder: Path, reader: str, judgements: Sequence[Judgement], *, seed: int = 1) -> Path:
    """The log of a reader who gives the ten replies these verdicts, in the order of the study."""
    path = folder / f"{reader}.sqlite"
    with reading(path, of_reader(reader, seed=seed)) as here:
        for item, judgement in zip(here.plan.items, judgements, strict=False):
            here.go_to(item.key)
            here.judge(judgement)
    return path


def records(path: Path) -> list[LogRecord]:
    with AuditLog.open(path, PROGRAM) as log:
        return list(log.records())


@pytest.fixture
def three_readers(tmp_path: Path) -> list[Path]:
    """Ten replies: correct (+) or incorrect (-), the pattern that the kappas below are worked out from."""
    said = {"reader-1": "++++++----", "reader-2": "+++++-----", "reader-3": "++++--+---"}
    return [
        read_by(tmp_path, reader, [CORRECT if one == "+" else INCORRECT for one in pattern])
        for reader, pattern in said.items()
    ]


def test_a_merged_log_holds_every_record_and_verifies(three_readers: list[Path], tmp_path: Path) -> None:
    out = tmp_path / "study.sqlite"
    merged = merge_logs(three_readers, out)
    assert verify(out).holds
    assert verify(out).head == merged.head
    kept = [record.event for record in records(out)[1:]]
    assert len(kept) == sum(len(records(path)) for path in three_readers)
    given = {event.event_id for event in kept if event.kind is EventKind.VERDICT}
    assert len(given) == 30
    for source in sources_of(out):
        assert verify(three_readers[int(source.people[0][-1]) - 1]).head == source.head


def test_a_merged_log_is_the_same_in_any_order_and_however_often(
    three_readers: list[Path], tmp_path: Path
) -> None:
    heads = {
        merge_logs(order, tmp_path / f"{number}.sqlite").head
        for number, order in enumerate(itertools.permutations(three_readers))
    }
    assert len(heads) == 1
    (head,) = heads
    a, b, c = three_readers
    two = tmp_path / "two.sqlite"
    merge_logs([b, a], two)
    assert merge_logs([tmp_path / "0.sqlite"], tmp_path / "again.sqlite").head == head
    assert merge_logs([c, two], tmp_path / "steps.sqlite").head == head
    assert merge_logs([a, two, a, c], tmp_path / "twice.sqlite").head == head


def test_a_log_that_went_on_takes_the_place_of_its_earlier_copy(tmp_path: Path) -> None:
    path = read_by(tmp_path, "reader-1", [CORRECT])
    early = tmp_path / "early.sqlite"
    write_copy(records(path), early)
    with reading(path, of_reader("reader-1")) as here:
        here.next_unanswered()
        here.judge(UNSURE)
    merge_logs([early, path], tmp_path / "study.sqlite")
    assert len(read_study_log(tmp_path / "study.sqlite").verdicts) == 2


def test_a_log_continued_in_two_places_is_refused(tmp_path: Path) -> None:
    path = read_by(tmp_path, "reader-1", [CORRECT])
    copy = tmp_path / "copy.sqlite"
    write_copy(records(path), copy)
    for one in (path, copy):
        with reading(one, of_reader("reader-1")) as here:
            here.next()
    with pytest.raises(BadInput, match=r"reader-1\.sqlite.*copied and continued in two places"):
        merge_logs([path, copy], tmp_path / "study.sqlite")
    assert not (tmp_path / "study.sqlite").exists()


def test_different_verdicts_of_one_reader_in_two_logs_are_refused_by_name(tmp_path: Path) -> None:
    (tmp_path / "home").mkdir()
    paths = [read_by(tmp_path, "reader-1", [CORRECT]), read_by(tmp_path / "home", "reader-1", [UNSURE])]
    with pytest.raises(
        BadInput, match=r"home/reader-1\.sqlite.*the final verdict of reader 'reader-1' on reply"
    ):
        merge_logs(paths, tmp_path / "study.sqlite")


def test_two_logs_of_one_reader_that_agree_are_merged(tmp_path: Path) -> None:
    (tmp_path / "home").mkdir()
    paths = [
        read_by(tmp_path, "reader-1", [CORRECT]),
        read_by(tmp_path / "home", "reader-1", [CORRECT, UNSURE]),
    ]
    merge_logs(paths, tmp_path / "study.sqlite")
    assert len(read_study_log(tmp_path / "study.sqlite").verdicts) == 2


def test_logs_of_two_studies_are_refused_by_name(tmp_path: Path) -> None:
    first = read_by(tmp_path, "reader-1", [CORRECT])
    second = tmp_path / "other.sqlite"
    with AuditLog.open(second, Actor(id="reader-2")) as log:
        log.append(EventKind.SESSION_OPENED, {"study_id": "pilot", "study_sha256": "1" * 64, "mode": "open"})
    with pytest.raises(BadInput, match=r"other\.sqlite: expected the study as in .*reader-1\.sqlite"):
        merge_logs([first, second], tmp_path / "study.sqlite")


def rewritten(path: Path, out: Path, change: Callable[[dict[str, object]], dict[str, object] | None]) -> Path:
    """A log whose own chain holds, made from that of `path` with its payloads changed, as a forger would."""
    made: list[LogRecord] = []
    for record in records(path):
        payload = change(json.loads(json.dumps(record.event.payload)))
        if payload is not None:
            prev = made[-1].sha256 if made else "0" * 64
            event = record.event.model_copy(update={"payload": payload})
            made.append(LogRecord.following(len(made) + 1, prev, event))
    write_copy(made, out)
    return out


def favourable(payload: dict[str, object]) -> dict[str, object]:
    verdict = payload.get("verdict")
    if isinstance(verdict, dict) and verdict["value"] == "incorrect":
        verdict |= {"value": "correct", "error_type": None}
    return payload


def without_a_verdict(payload: dict[str, object]) -> dict[str, object] | None:
    verdict = payload.get("verdict")
    gone = isinstance(verdict, dict) and verdict["reader"] == "reader-2" and verdict["value"] == "incorrect"
    return None if gone else payload


def without_an_end(payload: dict[str, object]) -> dict[str, object] | None:
    return None if MERGED_FROM in payload and payload.keys() == {"study_id", MERGED_FROM} else payload


@pytest.mark.parametrize(
    ("change", "problem"),
    [
        (favourable, "the chain of the log it was merged from does not hold here"),
        (without_a_verdict, "the chain of the log it was merged from does not hold here"),
        (without_an_end, "are not those it was merged from"),
    ],
)
def test_a_merged_log_rebuilt_with_changed_records_is_found_by_the_readers_chains(
    three_readers: list[Path],
    tmp_path: Path,
    change: Callable[[dict[str, object]], dict[str, object] | None],
    problem: str,
) -> None:
    out = tmp_path / "study.sqlite"
    merge_logs(three_readers, out)
    forged = rewritten(out, tmp_path / "forged.sqlite", change)
    assert verify(forged).holds  # its own chain was computed anew
    with pytest.raises(BadInput, match=problem):
        sources_of(forged)
    assert main(["merge", str(forged), "--check"]) == 2
    assert main(["merge", str(out), "--check"]) == 0


def test_a_broken_log_is_refused_by_name(three_readers: list[Path], tmp_path: Path) -> None:
    with sqlite3.connect(three_readers[1]) as connection:
        connection.execute("DROP TRIGGER record_never_changes")
        connection.execute("UPDATE record SET event = replace(event, 'incorrect', 'correct') WHERE seq = 31")
    connection.close()
    with pytest.raises(BadInput, match=r"reader-2\.sqlite: record 31: expected a log whose chain holds"):
        merge_logs(three_readers, tmp_path / "study.sqlite")
    assert not (tmp_path / "study.sqlite").exists()


def test_verdicts_added_to_the_merged_log_itself_are_refused(
    three_readers: list[Path], tmp_path: Path
) -> None:
    out = tmp_path / "study.sqlite"
    merge_logs(three_readers, out)
    with AuditLog.open(out, PROGRAM) as log:
        log.append(EventKind.EXPORT_MADE, {"format": "csv", "sha256": "0" * 64, "count": 1})
    head = merge_logs([out], tmp_path / "again.sqlite").head
    assert head == merge_logs(three_readers, tmp_path / "same.sqlite").head
    with AuditLog.open(out, PROGRAM) as log:
        log.append(EventKind.VERDICT, records(three_readers[0])[-2].event.payload)
    with pytest.raises(BadInput, match="added to the merged log itself"):
        merge_logs([out], tmp_path / "third.sqlite")


def test_kappas_of_a_merged_study_are_those_worked_out_by_hand(
    three_readers: list[Path], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "study.sqlite"
    assert main(["merge", *map(str, three_readers), "--out", str(out), "--json"]) == 0
    told = json.loads(capsys.readouterr().out)
    found = told["agreement"]["final"]
    # ++++++---- against +++++-----: 9 of 10 alike; pe = .6 * .5 + .4 * .5 = .5; kappa = .4 / .5
    # ++++++---- against ++++--+---: 7 of 10; pe = .6 * .5 + .4 * .5 = .5; kappa = .2 / .5
    # +++++----- against ++++--+---: 8 of 10; pe = .5 * .5 + .5 * .5 = .5; kappa = .3 / .5
    pairs = {name: one["value"] for name, one in found["pairs"].items()}
    assert pairs == pytest.approx(
        {"reader-1 / reader-2": 0.8, "reader-1 / reader-3": 0.4, "reader-2 / reader-3": 0.6}
    )
    # all three alike on seven, two of three on the others: P = (7 + 3 / 3) / 10 = .8
    # + 16 of 30: Pe = (16/30)^2 + (14/30)^2 = 452/900; kappa = (.8 - 452/900) / (448/900) = 268/448
    assert found["overall"]["fleiss_kappa"]["value"] == pytest.approx(268 / 448)
    # Do = 1 - .8 = .2; De = 2 * 16 * 14 / (30 * 29); alpha = 1 - .2 * 870 / 448
    assert found["overall"]["krippendorff_alpha"]["value"] == pytest.approx(1 - 0.2 * 870 / 448)
    assert found["overall"]["fleiss_kappa"]["patients"] == 5
    assert len(told["differences"]) == 3


def test_an_adjudicated_verdict_is_a_further_record(three_readers: list[Path], tmp_path: Path) -> None:
    study = tmp_path / "study.sqlite"
    merge_logs(three_readers, study)
    difference = read_study_log(study).differences()[0]
    assert {given.verdict.value for given in difference.given} == {
        VerdictValue.CORRECT,
        VerdictValue.INCORRECT,
    }
    assert difference.settled is None
    own = tmp_path / "adjudicator.sqlite"
    with AuditLog.open(own, Actor(id="adjudicator", role="adjudicator")) as log:
        log.append(*adjudication(difference, CORRECT, adjudicator="adjudicator", given_utc=NOON))
    merge_logs([study, own], tmp_path / "settled.sqlite")
    log_now = read_study_log(tmp_path / "settled.sqlite")
    again = next(one for one in log_now.differences() if one.reply_id == difference.reply_id)
    assert again.settled is not None
    assert (again.settled.value, again.settled.reader) == (VerdictValue.CORRECT, "adjudicator")
    assert again.given == difference.given
    assert len(log_now.verdicts) == 30


def test_a_correction_stands_for_what_it_corrects(tmp_path: Path) -> None:
    path = read_by(tmp_path, "reader-1", [CORRECT])
    with reading(path, of_reader("reader-1")) as here:
        here.undo()
        here.judge(UNSURE)
    merge_logs([path], tmp_path / "study.sqlite")
    (given,) = read_study_log(tmp_path / "study.sqlite").of_stage(Stage.FINAL)
    assert given.verdict.value is VerdictValue.UNSURE


def test_a_reader_who_answers_himself_is_scored_beside_the_models(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    made = plan(ReadingMode.UNAIDED, cases=2, questions=1, material="text_only")
    questions = [item.question for item in made.items]
    path = tmp_path / "reader-1.sqlite"
    with reading(path, made) as here:
        for answer in (questions[0].reference, "Nowhere near it, in the right foot."):
            here.next_unanswered()
            here.answer(answer)
    assert main(["merge", str(path), "--out", str(tmp_path / "study.sqlite"), "--json"]) == 0
    (own,) = json.loads(capsys.readouterr().out)["own_answers"]
    assert own["reader"] == "reader-1"
    assert own["saw"] == "text_only"
    assert own["answered"] == 2
    assert own["right"] == 1


def test_agreement_of_a_reader_with_himself_is_told(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "reader-1.sqlite"
    with reading(path, plan(ReadingMode.OPEN, models=MODELS[:1], cases=4, questions=1, repeats=1.0)) as here:
        for item, key in zip(here.plan.items, "11331133", strict=True):
            here.go_to(item.key)
            here.judge(judgement_of(key))
    assert main(["merge", str(path), "--out", str(tmp_path / "study.sqlite"), "--json"]) == 0
    found = json.loads(capsys.readouterr().out)["agreement"]["final"]["with_himself"]["reader-1"]
    assert (found["value"], found["items"]) == (1.0, 4)


def test_merge_is_told_in_lines(
    three_readers: list[Path], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "study.sqlite"
    assert main(["merge", *map(str, three_readers), "--out", str(out)]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert f"anchor {verify(out).head.anchor}" in lines[0]
    assert "  reader-1: 32 records of log" in lines[1]
    assert any(line.startswith("  fleiss kappa 0.60 [") for line in lines)
    assert lines[-1] == "readers differ on 3 replies, 3 of them not adjudicated"


@pytest.mark.parametrize("arguments", [[], ["--check", "--out", "x.sqlite"]])
def test_merge_needs_either_out_or_check(arguments: list[str], tmp_path: Path) -> None:
    assert main(["merge", str(tmp_path / "none.sqlite"), *arguments]) == 2


def test_a_signature_stays_checkable_in_its_own_chain_and_says_nothing_of_the_merged_log(
    three_readers: list[Path], tmp_path: Path
) -> None:
    keys = create_key(tmp_path / "reader-1.key")
    with AuditLog.open(three_readers[0], Actor(id="reader-1")) as log:
        log.sign(load_private_key(keys.private))
    out = tmp_path / "study.sqlite"
    merge_logs(three_readers, out)
    assert verify(out).holds
    assert not verify(out, key=load_public_key(keys.public)).holds
    (first, *_) = sources_of(out)
    copy = tmp_path / "taken-out.sqlite"
    made = [
        LogRecord(
            seq=one.seq, prev_sha256=one.prev_sha256, sha256=one.sha256, event=Event.from_json(one.text)
        )
        for one in first.records
    ]
    write_copy(made, copy)
    assert verify(copy, key=load_public_key(keys.public)).trust is LogTrust.SIGNED


def test_a_merged_log_is_exported_like_any_other(three_readers: list[Path], tmp_path: Path) -> None:
    out = tmp_path / "study.sqlite"
    merge_logs(three_readers, out)
    assert main(["export", str(out), "--format", "csv", "--out", str(tmp_path / "v.csv")]) == 0
    with (tmp_path / "v.csv").open(encoding="utf-8-sig", newline="") as stream:
        rows = list(csv.DictReader(stream))
    assert len(rows) == 30
    assert {row["answer"] for row in rows} == {reply.answer for reply in read_study_log(out).replies.values()}


def test_a_second_answer_of_a_reader_is_kept_and_not_counted_twice(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "reader-1.sqlite"
    with reading(path, plan(ReadingMode.UNAIDED, cases=2, questions=1, repeats=1.0)) as here:
        for item in here.plan.items:
            here.go_to(item.key)
            here.answer("On the left.")
    assert len(read_study_log(path).own_answers) == 4
    assert main(["merge", str(path), "--out", str(tmp_path / "study.sqlite"), "--json"]) == 0
    (own,) = json.loads(capsys.readouterr().out)["own_answers"]
    assert own["answered"] == 2
