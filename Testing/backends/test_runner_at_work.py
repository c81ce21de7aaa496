"""Many askings at once, each volume read once; nothing lost when stopped; what cannot be asked is said."""

from __future__ import annotations

import threading
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from CTSpatialVQALib.backends import runner
from CTSpatialVQALib.backends.backend import Answer, spoken
from CTSpatialVQALib.backends.case_data import CaseData
from CTSpatialVQALib.backends.other_case import OtherPatients
from CTSpatialVQALib.backends.prior_backend import PriorBackend
from CTSpatialVQALib.backends.run_progress import Pace, Progress
from CTSpatialVQALib.backends.run_store import RunStore
from CTSpatialVQALib.backends.runner import Watchers, run_questions
from CTSpatialVQALib.imaging.generic_slices import SliceOptions, slices_contract
from CTSpatialVQALib.records.case import Case
from CTSpatialVQALib.records.question import Question
from CTSpatialVQALib.records.reply import Presentation, Reply
from CTSpatialVQALib.records.words import Outcome, Probe
from CTSpatialVQALib.volumes.oriented_volume import OrientedVolume
from Testing.volumes.small_volumes import write_nifti

SHAPE = (24, 24, 24)


class Looking:
    """A backend that is shown two small slices and says what `say` makes of the question and the pixels."""

    description = "looks"
    version = "1"
    parameters: dict[str, object] = {}

    def __init__(self, say: Callable[[Question, np.ndarray], Answer], in_flight: int = 4) -> None:
        self.name = "looking"
        self.in_flight = in_flight
        self.contract = slices_contract(SliceOptions(count=2, size=16, windows=("lung",), side_letters=False))
        self.say = say

    def presentation(self, question: Question, case: CaseData, probe: Probe) -> Presentation:
        return case.shown(self.contract, probe, question).presentation

    def prompt(self, question: Question) -> str:
        return question.text

    def ask(self, question: Question, case: CaseData, probe: Probe) -> Answer:
        return self.say(question, case.shown(self.contract, probe, question).array)


def seen(question: Question, array: np.ndarray) -> Answer:
    return spoken(f"sum {int(array.sum())}, {question.question_id}")


@pytest.fixture
def cases(tmp_path: Path) -> dict[str, Case]:
    """Five cases of four patients (d1 and d2 are one) with different volumes; e has no CT."""
    made = {}
    for number, (name, patient) in enumerate(zip("a b c d1 d2".split(), "a b c d d".split(), strict=True)):
        hu = np.random.default_rng(number).integers(-1000, 400, SHAPE).astype(np.int16)
        path = write_nifti(tmp_path / f"{name}.nii", hu, np.diag([2.0, 2.0, 2.0, 1.0]))
        made[name] = Case(case_id=name, patient_id=patient, ct=path)
    return {**made, "e": Case(case_id="e", patient_id="e")}


def questions_about(cases: dict[str, Case], each: int = 3) -> tuple[Question, ...]:
    return tuple(
        Question(question_id=f"{case}::{n}", case_id=case, text=f"{n}?", reference="left")
        for case in cases
        for n in range(each)
    )


def replies_in(path: Path) -> list[Reply]:
    with RunStore(path) as store:
        return list(store.replies())


def test_as_many_askings_at_once_as_serve_the_backend_and_no_more(
    cases: dict[str, Case], tmp_path: Path
) -> None:
    together = threading.Barrier(4, timeout=20)
    now, most, lock = Counter[str](), [0], threading.Lock()

    def say(question: Question, array: np.ndarray) -> Answer:
        with lock:
            now["asked"] += 1
            most[0] = max(most[0], now["asked"])
        together.wait()  # would break if fewer than four were asked at once
        with lock:
            now["asked"] -= 1
        return seen(question, array)

    with RunStore(tmp_path / "run.store") as store:
        result = run_questions(questions_about({"a": cases["a"]}, 12), cases, [Looking(say)], store)
    assert result.outcomes == {Outcome.ANSWERED: 12}
    assert most == [4]


def test_workers_replace_the_backends_own_number_but_not_of_one_that_bears_only_one(
    cases: dict[str, Case], tmp_path: Path
) -> None:
    threads: set[int] = set()
    alone: set[int] = set()

    def say(question: Question, array: np.ndarray) -> Answer:
        threads.add(threading.get_ident())
        time.sleep(0.01)
        return seen(question, array)

    def say_alone(question: Question, array: np.ndarray) -> Answer:
        alone.add(threading.get_ident())
        return seen(question, array)

    single = Looking(say_alone, in_flight=1)
    single.name = "alone"
    with RunStore(tmp_path / "run.store") as store:
        run_questions(questions_about({"a": cases["a"]}, 20), cases, [Looking(say), single], store, workers=2)
    assert len(threads) == 2
    assert len(alone) == 1


def test_a_volume_is_read_once_for_all_backends_probes_and_questions(
    cases: dict[str, Case], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    read = Counter[str]()
    from_file = OrientedVolume.from_file

    def counted(path: Path, **chosen: object) -> OrientedVolume:
        read[path.stem] += 1
        return from_file(path, **chosen)

    monkeypatch.setattr(OrientedVolume, "from_file", counted)
    first, second = Looking(seen), Looking(seen)
    second.name = "second"
    probes = [Probe.FULL, Probe.MIRRORED, Probe.SHUFFLED]
    with RunStore(tmp_path / "run.store") as store:
        asked = questions_about({name: cases[name] for name in "ab"})
        result = run_questions(asked, cases, [first, second], store, probes=probes)
    assert result.outcomes.total() == 36
    assert read == {"a": 1, "b": 1}


def test_no_more_than_the_next_case_is_opened_while_askings_are_on_their_way(
    cases: dict[str, Case], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    opened: list[str] = []
    opened_when_answered: list[int] = []
    both_asked = threading.Barrier(2, timeout=20)
    from_file = OrientedVolume.from_file

    def counted(path: Path, **chosen: object) -> OrientedVolume:
        opened.append(path.stem)
        return from_file(path, **chosen)

    def say(question: Question, array: np.ndarray) -> Answer:
        if question.case_id != "c":
            both_asked.wait()
            time.sleep(0.3)  # in which the third could have been opened
            opened_when_answered.append(len(opened))
            both_asked.wait()
        return seen(question, array)

    monkeypatch.setattr(OrientedVolume, "from_file", counted)
    with RunStore(tmp_path / "run.store") as store:
        named = {name: cases[name] for name in "abc"}
        run_questions(questions_about(named, 1), cases, [Looking(say, in_flight=8)], store)
    assert opened_when_answered == [2, 2]
    assert opened == ["a", "b", "c"]


def test_a_case_that_cannot_be_shown_is_told_and_the_others_go_on(
    cases: dict[str, Case], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    cases["b"].ct.write_bytes(b"not a volume")  # type: ignore[union-attr]
    tried = Counter[str]()
    from_file = OrientedVolume.from_file

    def counted(path: Path, **chosen: object) -> OrientedVolume:
        tried[path.stem] += 1
        return from_file(path, **chosen)

    monkeypatch.setattr(OrientedVolume, "from_file", counted)
    asked = questions_about(cases)
    prior = PriorBackend(asked, {name: case.patient_id for name, case in cases.items()})
    with RunStore(tmp_path / "run.store") as store:
        result = run_questions(asked, cases, [Looking(seen), prior], store)
        assert tried == dict.fromkeys(["a", "b", "c", "d1", "d2"], 1)
        again = run_questions(asked, cases, [Looking(seen)], store)
    about = {one.case_id: one for one in result.not_asked}
    assert set(about) == {"b", "e"}
    assert str(cases["b"].ct) in about["b"].reason
    assert "a CT" in about["e"].reason
    assert [one.questions for one in result.not_asked] == [3, 3]
    assert not any(one.because_of_probe for one in result.not_asked)
    replies = replies_in(tmp_path / "run.store")
    assert {reply.case_id for reply in replies if reply.key.backend == "looking"} == {"a", "c", "d1", "d2"}
    assert len([reply for reply in replies if reply.key.backend == "prior"]) == 18
    assert again.already_there == 12
    assert sum(one.questions for one in again.not_asked) == 6


def test_a_probe_that_does_not_apply_is_no_fault_of_the_case(cases: dict[str, Case], tmp_path: Path) -> None:
    alone = {"d1": cases["d1"], "d2": cases["d2"]}
    with RunStore(tmp_path / "run.store") as store:
        probes = [Probe.OTHER_CASE, Probe.ERASED]
        result = run_questions(questions_about(alone), alone, [Looking(seen)], store, probes=probes)
    assert result.outcomes.total() == 0
    assert sum(one.questions for one in result.not_asked) == 12
    assert all(one.because_of_probe for one in result.not_asked)


def test_other_case_is_another_patients_the_same_in_every_run_and_written_down(
    cases: dict[str, Case], tmp_path: Path
) -> None:
    for name in ("one", "two"):
        with RunStore(tmp_path / name) as store:
            asked = questions_about({case: cases[case] for case in ("a", "d1", "d2")}, 1)
            run_questions(asked, cases, [Looking(seen)], store, probes=[Probe.FULL, Probe.OTHER_CASE], seed=3)
    first, second = replies_in(tmp_path / "one"), replies_in(tmp_path / "two")
    assert [reply.reply_id for reply in first] == [reply.reply_id for reply in second]
    full = {reply.case_id: reply.raw.split(",")[0] for reply in first if reply.key.probe is Probe.FULL}
    for reply in first:
        if reply.key.probe is Probe.OTHER_CASE:
            instead = str(reply.facts["shown_instead"])
            assert cases[instead].patient_id != cases[reply.case_id].patient_id
            assert instead != "e"
            if instead in full:
                assert reply.raw.startswith(full[instead])
        else:
            assert "shown_instead" not in reply.facts


def test_the_choice_of_another_patient_depends_on_the_seed_and_not_on_the_order() -> None:
    cases = {f"c{n}": Case(case_id=f"c{n}", patient_id=f"p{n}", ct=Path("x")) for n in range(30)}
    turned = dict(reversed(cases.items()))

    def choices(of: dict[str, Case], seed: int) -> dict[str, str]:
        others = OtherPatients(of, seed)
        return {case_id: other.case_id for case_id in cases if (other := others.of(case_id))}

    assert choices(cases, 1) == choices(turned, 1)
    assert choices(cases, 1) != choices(cases, 2)
    assert len(set(choices(cases, 1).values())) > 10


def test_stopped_it_keeps_what_is_answered_and_asks_the_rest_the_next_time(
    cases: dict[str, Case], tmp_path: Path
) -> None:
    stop, asked = threading.Event(), []

    def say(question: Question, array: np.ndarray) -> Answer:
        asked.append(question.question_id)
        if len(asked) == 5:
            stop.set()
        return seen(question, array)

    questions = questions_about({"a": cases["a"]}, 40)
    with RunStore(tmp_path / "run.store") as store:
        first = run_questions(questions, cases, [Looking(say, in_flight=2)], store, stop=stop)
        assert first.stopped
        assert 5 <= first.outcomes.total() == len(asked) < 40
        second = run_questions(questions, cases, [Looking(say, in_flight=2)], store)
    assert not second.stopped
    assert sorted(asked) == sorted(question.question_id for question in questions)


def test_an_answer_nobody_waits_for_any_more_is_cancelled_and_asked_again(
    cases: dict[str, Case], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(runner, "GRACE_S", 0.2)
    stop, never = threading.Event(), threading.Event()

    def hang(question: Question, array: np.ndarray) -> Answer:
        stop.set()
        never.wait(30)
        return seen(question, array)

    questions = questions_about({"a": cases["a"]}, 1)
    with RunStore(tmp_path / "run.store") as store:
        first = run_questions(questions, cases, [Looking(hang)], store, stop=stop)
        never.set()
        assert first.outcomes == {Outcome.CANCELLED: 1}
        assert next(store.replies()).answer is None
        second = run_questions(questions, cases, [Looking(seen)], store)
    assert second.outcomes == {Outcome.ANSWERED: 1}
    assert len(replies_in(tmp_path / "run.store")) == 1


def test_a_fault_of_the_program_is_not_swallowed_by_a_thread(cases: dict[str, Case], tmp_path: Path) -> None:
    def broken(question: Question, array: np.ndarray) -> Answer:
        raise KeyError("a fault")

    with RunStore(tmp_path / "run.store") as store, pytest.raises(KeyError):
        run_questions(questions_about({"a": cases["a"]}), cases, [Looking(broken)], store)


def test_erased_volumes_do_not_pile_up_however_many_askings_wait(
    body: Case, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from CTSpatialVQALib.backends import concurrency_limits as traffic

    alive, most, lock = [0], [0], threading.Lock()
    held = traffic.Traffic.enter
    one_array = 2 * 16 * 16
    monkeypatch.setattr(traffic, "MOST_ARRAY_BYTES", 3 * one_array)

    def enter(self: traffic.Traffic, task: traffic.Task) -> bool:
        entered = held(self, task)
        with lock:
            alive[0] = len({id(one) for each in self.on_way for one in each.case.held})
            most[0] = max(most[0], alive[0])
        return entered

    def slow(question: Question, array: np.ndarray) -> Answer:
        time.sleep(0.15)  # longer than preparing the next one takes
        return seen(question, array)

    monkeypatch.setattr(traffic.Traffic, "enter", enter)
    structures = ("liver", "heart", "aorta", "spleen", "stomach")
    questions = [
        Question(
            question_id=f"{n}", case_id="body", text=f"Where is the {structures[n % 5]}? {n}", reference="x"
        )
        for n in range(20)
    ]
    with RunStore(tmp_path / "run.store") as store:
        result = run_questions(
            questions, {"body": body}, [Looking(slow, in_flight=16)], store, probes=[Probe.ERASED]
        )
    assert result.outcomes.total() >= 8
    assert 1 <= most[0] <= 3


def test_progress_tells_rate_failures_and_time_left(cases: dict[str, Case], tmp_path: Path) -> None:
    told: list[Progress] = []

    def sometimes(question: Question, array: np.ndarray) -> Answer:
        return Answer(Outcome.TIMEOUT) if question.question_id.endswith("::0") else seen(question, array)

    with RunStore(tmp_path / "run.store") as store:
        run_questions(
            questions_about({"a": cases["a"], "b": cases["b"]}),
            cases,
            [Looking(sometimes)],
            store,
            watchers=Watchers(progress=told.append),
        )
    assert (told[-1].done, told[-1].total) == (6, 6)
    assert told[-1].failed == {Outcome.TIMEOUT: 2}
    assert told[0].per_second is None


def test_rate_and_time_left_are_those_of_the_last_minute() -> None:
    clock = [0.0]
    pace = Pace(1000, clock=lambda: clock[0])
    reply = Reply.model_construct(outcome=Outcome.ANSWERED)
    for _ in range(200):  # one per second for a hundred seconds, then four
        clock[0] += 1.0 if clock[0] < 100 else 0.25
        pace.replied([reply])
    for _ in range(200):
        clock[0] += 0.25
        pace.replied([reply])
    progress = pace.progress
    assert progress.done == 400
    assert progress.per_second is not None
    assert 3.3 < progress.per_second <= 4.1
    assert progress.left_s == pytest.approx(600 / progress.per_second)
