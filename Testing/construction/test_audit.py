"""People audit pairs: as a study like any other, one key per question, and their agreement can be told."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from CTSpatialVQALib.backends.recorded import RecordedBackend
from CTSpatialVQALib.backends.run_store import RunStore
from CTSpatialVQALib.backends.runner import run_questions
from CTSpatialVQALib.benchmark.predictions import read_predictions
from CTSpatialVQALib.benchmark.study import Study, load_study
from CTSpatialVQALib.cli.build_audit_terminal import read_audit
from CTSpatialVQALib.construction.audit_agreement import AuditResult, audit_result
from CTSpatialVQALib.construction.audit_answers import (
    Aspect,
    AuditAnswers,
    answers_of_verdict,
    judgement_of_answers,
)
from CTSpatialVQALib.construction.audit_study import (
    ANSWERS_FILE,
    BACKEND,
    AuditRules,
    proposed_replies,
    write_audit_study,
)
from CTSpatialVQALib.errors import BadInput
from CTSpatialVQALib.reading.assignment import share_of
from CTSpatialVQALib.reading.study_log import read_study_log
from CTSpatialVQALib.records.judgement import Verdict
from CTSpatialVQALib.records.words import Category, ErrorType, QuestionFault, Stage, VerdictValue
from Testing.construction.samples import candidate, report
from Testing.reading.tables import NOON

CASES = [f"case-{number}" for number in range(10)]
PAIRS = [
    candidate(
        "On which side is the spiculated nodule?",
        answer,
        case_id=case_id,
        number=number,
        categories=(Category.LATERALITY,),
    )
    for case_id in CASES
    for number, answer in enumerate(["Right.", "On the right."])
]
REPORTS = {case_id: report(case_id, "A nodule lies in the right lung.") for case_id in CASES[:9]}
TWO = AuditRules(("ann", "ben"), overlap=0.3)


@pytest.fixture
def study_path(tmp_path: Path) -> Path:
    return write_audit_study(tmp_path / "audit", PAIRS, REPORTS, TWO)


def keys(pressed: str) -> Iterator[str]:
    yield from pressed
    while True:
        yield ""


def audited(study: Path, reader: str, pressed: str) -> bool:
    source = keys(pressed)
    return read_audit(study, reader, study.parent / f"{reader}.sqlite", lambda: next(source))


def result(study: Path, *readers: str) -> AuditResult:
    loaded: Study = load_study(study)
    logs = [read_study_log(study.parent / f"{reader}.sqlite") for reader in readers]
    return audit_result(logs, loaded.questions, loaded.patients)


def test_the_cases_that_everyone_audits_are_as_many_as_wished_for(study_path: Path) -> None:
    study = load_study(study_path)
    ann, ben = (share_of(one, study.reading, study.questions).questions for one in TWO.readers)
    assert len(ann & ben) == 2 * 3
    assert len(ann | ben) == len(PAIRS)


def test_the_same_pairs_readers_and_seed_give_the_same_study(study_path: Path, tmp_path: Path) -> None:
    again = write_audit_study(tmp_path / "again", PAIRS, REPORTS, TWO)
    assert load_study(again).sha256 == load_study(study_path).sha256


def test_a_case_has_its_report_and_no_case_id_is_a_path(tmp_path: Path) -> None:
    sly = candidate("Which side?", "Left.", case_id="../../sly")
    path = write_audit_study(
        tmp_path / "a", [sly], {"../../sly": report("../../sly", "Left.")}, AuditRules(("ann",))
    )
    assert load_study(path).cases["../../sly"].report_text.startswith("FINDINGS:\nLeft.")
    assert {one.name for one in tmp_path.iterdir()} == {"a"}


def test_terminal_and_run_judge_the_very_same_replies(study_path: Path, tmp_path: Path) -> None:
    study = load_study(study_path)
    source = study_path.parent / ANSWERS_FILE
    backend = RecordedBackend(BACKEND, read_predictions(source, study.questions).predictions, source)
    with RunStore(tmp_path / "run.store") as store:
        run_questions(study.questions, study.cases, [backend], store)
        asked = {reply.reply_id: reply.answer for reply in store.replies()}
    assert {reply.reply_id: reply.answer for reply in proposed_replies(study)} == asked


@pytest.mark.parametrize(
    ("rules", "why"),
    [
        (AuditRules(("ann", "ben"), overlap=0.0), "overlap"),
        (AuditRules(tuple(f"reader-{n}" for n in range(11))), "a case per reader"),
    ],
)
def test_an_audit_that_cannot_tell_agreement_is_refused(rules: AuditRules, why: str, tmp_path: Path) -> None:
    with pytest.raises(BadInput, match=why):
        write_audit_study(tmp_path, PAIRS, REPORTS, rules)


def test_three_keys_are_one_verdict_and_the_rest_waits(study_path: Path) -> None:
    assert not audited(study_path, "ann", "yyy" + "nyn" + "u" + "yy")
    (log,) = [read_study_log(study_path.parent / "ann.sqlite")]
    given = [one.verdict for one in log.of_stage(Stage.FINAL)]
    assert [one.value for one in given] == [
        VerdictValue.CORRECT,
        VerdictValue.QUESTION_FAULTY,
        VerdictValue.UNSURE,
    ]
    assert given[1].faults == (QuestionFault.NOT_SPATIAL, QuestionFault.AMBIGUOUS)


def test_the_audit_goes_on_where_it_stopped_until_all_is_judged(study_path: Path) -> None:
    study = load_study(study_path)
    mine = len(share_of("ann", study.reading, study.questions).questions)
    audited(study_path, "ann", "yyy" * 4 + "q")
    assert audited(study_path, "ann", "?x" + "yyy" * (mine - 4))
    assert result(study_path, "ann").answered == {"ann": mine}


def test_back_reopens_the_last_verdict_and_the_correction_counts(study_path: Path) -> None:
    audited(study_path, "ann", "yyy" + "yb" + "nnn" + "q")
    found = result(study_path, "ann")
    assert list(found.answers.values()) == [{"ann": AuditAnswers(False, False, False)}]


def test_back_with_nothing_before_it_goes_on(study_path: Path) -> None:
    audited(study_path, "ann", "b" + "yyy" + "q")
    assert result(study_path, "ann").answered == {"ann": 1}


def test_a_stranger_is_refused(study_path: Path) -> None:
    with pytest.raises(BadInput, match="carl"):
        audited(study_path, "carl", "yyy")


def test_agreement_is_told_for_the_common_pairs_and_differences_are_listed(study_path: Path) -> None:
    study = load_study(study_path)
    mine = {one: len(share_of(one, study.reading, study.questions).questions) for one in TWO.readers}
    audited(study_path, "ann", "yyy" * mine["ann"])
    audited(study_path, "ben", "yyn" + "yyy" * (mine["ben"] - 1))
    found = result(study_path, "ann", "ben")
    assert found.several == 6
    clear = found.agreement[Aspect.CLEAR]
    assert clear.fleiss.items == clear.cohen["ann / ben"].items == 6
    assert found.agreement[Aspect.SPATIAL].fleiss.value is None  # all yes: nothing to agree on beyond chance
    assert clear.categories[Category.LATERALITY].items == 6
    # ben's first pair may be one of the common ones or his own
    common = share_of("ann", study.reading, study.questions).questions
    first = next(iter(read_study_log(study_path.parent / "ben.sqlite").of_stage(Stage.FINAL))).verdict
    differ = [one.pair_id for one in found.differences]
    assert differ == ([first.question_id] if first.question_id in common else [])


def of(*given: tuple[bool, bool, bool]) -> AuditResult:
    answers = {f"r{at}": AuditAnswers(*one) for at, one in enumerate(given)}
    return AuditResult({}, 0, 0, {"p": answers}, {}, {}, ())


def test_the_majority_decides_and_an_equal_split_is_a_no() -> None:
    good, bad = (True, True, True), (True, False, True)
    assert of(good, good, bad).verdict_on("p") == AuditAnswers(True, True, True)
    assert of(good, bad).verdict_on("p") == AuditAnswers(True, False, True)
    assert of(good).verdict_on("other") is None


def test_an_adjudication_outweighs_the_majority() -> None:
    bad = AuditAnswers(True, False, True)
    good = AuditAnswers(True, True, True)
    assert AuditResult({}, 0, 0, {"p": {"a": bad, "b": bad}}, {"p": good}, {}, ()).verdict_on("p") == good


@pytest.mark.parametrize("said", [AuditAnswers(a, b, c) for a in (0, 1) for b in (0, 1) for c in (0, 1)])
def test_answers_survive_as_a_verdict(said: AuditAnswers) -> None:
    assert answers_of_verdict(verdict(**judgement_of_answers(said).model_dump())) == said


def verdict(**judgement: object) -> Verdict:
    values = {"reader": "r", "reply_id": "0" * 64, "question_id": "q", "question_sha256": "0" * 64}
    return Verdict(**values, stage=Stage.FINAL, aided=True, given_utc=NOON, **judgement)  # type: ignore[arg-type]


def test_verdicts_of_the_window_mean_the_same() -> None:
    wrong = verdict(value=VerdictValue.INCORRECT, error_type=ErrorType.LATERALITY_SWAP)
    assert answers_of_verdict(wrong) == AuditAnswers(True, False, True)
    open_ = verdict(value=VerdictValue.QUESTION_FAULTY, faults=(QuestionFault.NOT_DETERMINABLE,))
    assert answers_of_verdict(open_) == AuditAnswers(True, True, False)
    assert answers_of_verdict(verdict(value=VerdictValue.UNSURE)) is None
