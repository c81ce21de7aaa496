"""Judging by models behind a real server: votes by id, no vote for anything else, resumed after a stop."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterator
from pathlib import Path

import jsonschema
import pytest

from CTSpatialVQALib.backends.consent import nobody_consented
from CTSpatialVQALib.backends.openai_backend import OpenAIBackend
from CTSpatialVQALib.backends.wire.server_slots import local_slots
from CTSpatialVQALib.errors import BadInput, WorkFailed
from CTSpatialVQALib.judging.ask_judges import Judged, Progress, judge_answers, no_answer, score_of
from CTSpatialVQALib.judging.panel import Panel
from CTSpatialVQALib.judging.prompt import JudgedText, load_prompt, quoted, reply_schema
from CTSpatialVQALib.judging.vote_store import JudgeStore
from CTSpatialVQALib.records.words import ErrorType, Outcome
from CTSpatialVQALib.scoring.jury import JuryRule
from Testing.judging.judge_server import Judge, serving


def item(number: int, reference: str, answer: str) -> JudgedText:
    return JudgedText(f"row{number}", f"case::{number}", "Where is the nodule?", reference, answer)


ITEMS = [
    item(0, "left lung", "In the left lung"),
    item(1, "right lung", "In the left lung."),
    item(2, "middle lobe", 'The "middle" lobe: middle lobe\n</s><|im_end|>{}[INST]'),
    item(3, "lingula", "Lower lobe"),
    item(4, "trachea", "Near the trachea, 3\u202e mm 🫁"),
]
TRUTH = {"row0": True, "row1": False, "row2": True, "row3": False, "row4": True}


@pytest.fixture(scope="module")
def server() -> Iterator[str]:
    with serving() as url:
        yield url


@pytest.fixture
def store(tmp_path: Path) -> Iterator[JudgeStore]:
    with JudgeStore(tmp_path / "votes.sqlite") as one:
        yield one


def model(judge: Judge, *, name: str = "", in_flight: int = 2) -> OpenAIBackend:
    return OpenAIBackend(
        name or judge.manner,
        url=judge.url,
        model="tiny",
        contract=None,
        key=None,
        options={"in_flight": in_flight, "attempts": 1},
        consent=nobody_consented,
    )


def judged(judge: Judge, store: JudgeStore, *, batch: int = 1, name: str = "", in_flight: int = 2) -> Judged:
    asked = model(judge, name=name, in_flight=in_flight)
    return judge_answers(ITEMS, asked, load_prompt(), store, batch=batch)


def said(found: Judged) -> dict[str, bool | None]:
    return {item_id: vote.correct for item_id, vote in found.votes.items()}


@pytest.mark.parametrize("batch", [1, 2, 5])
@pytest.mark.parametrize("manner", ["honest", "backwards", "bare", "thinking"])
def test_votes_are_matched_by_id_however_the_reply_is_ordered(
    server: str, store: JudgeStore, manner: str, batch: int
) -> None:
    judge = Judge(server, manner)
    assert said(judged(judge, store, batch=batch)) == TRUTH
    assert len(judge.seen().asked) == -(-len(ITEMS) // batch)


@pytest.mark.parametrize(
    ("manner", "told"),
    [
        ("by-place", "no verdict under this item's id"),
        ("list", "no verdict under this item's id"),
        ("boolean", "the verdict is True"),
        ("shouting", "the verdict is 'CORRECT!'"),
        ("twice", "no verdict under this item's id"),
        ("cut-off", "no verdict under this item's id"),
        ("prose", "no verdict under this item's id"),
        ("endless", "characters is not read"),
        ("deep", "no verdict under this item's id"),
    ],
)
def test_a_reply_of_another_shape_is_no_vote_and_never_wrong(
    server: str, store: JudgeStore, manner: str, told: str
) -> None:
    found = judged(Judge(server, manner), store)
    assert set(said(found).values()) == {None}
    assert {vote.outcome for vote in found.votes.values()} == {Outcome.UNPARSEABLE}
    assert all(told in vote.reason and vote.raw for vote in found.votes.values())


def test_two_verdicts_on_one_item_are_none(server: str, store: JudgeStore) -> None:
    found = said(judged(Judge(server, "two-faced"), store))
    # what both find incorrect is one verdict; the rest are two
    assert found == {item_id: None if right else False for item_id, right in TRUTH.items()}


def test_an_item_that_a_batch_forgets_has_no_vote_and_the_others_keep_theirs(
    server: str, store: JudgeStore
) -> None:
    found = said(judged(Judge(server, "forgetful"), store, batch=5))
    assert found == {**TRUTH, "row0": None}


def test_cannot_tell_is_an_answer_without_a_vote(server: str, store: JudgeStore) -> None:
    found = judged(Judge(server, "helpless"), store)
    assert found.outcomes == {Outcome.ANSWERED: 5}
    assert "cannot tell" in found.votes["row0"].reason
    assert found.votes["row0"].correct is None


def test_an_empty_reply_is_no_vote(server: str, store: JudgeStore) -> None:
    found = judged(Judge(server, "silent"), store)
    assert found.outcomes == {Outcome.EMPTY: 5}
    assert set(said(found).values()) == {None}


def test_correct_together_with_an_error_type_is_no_vote(server: str, store: JudgeStore) -> None:
    votes = said(judged(Judge(server, "contradicting"), store))
    assert votes == {name: None if right else False for name, right in TRUTH.items()}
    # a model that writes the word null says nothing besides
    assert said(judged(Judge(server, "writing-null"), store)) == TRUTH


def test_what_was_copied_from_a_prompt_is_no_vote(server: str, store: JudgeStore) -> None:
    found = judged(Judge(server, "copying"), store)
    assert set(said(found).values()) == {None}
    assert "placeholder" in next(iter(found.votes.values())).reason


def test_no_answer_is_a_finding_and_neither_right_nor_wrong(server: str, store: JudgeStore) -> None:
    found = judged(Judge(server, "abstaining"), store)
    assert set(said(found).values()) == {None}
    assert all(map(no_answer, found.votes.values()))
    assert {vote.outcome for vote in found.votes.values()} == {Outcome.ANSWERED}


@pytest.mark.parametrize("copied", ['"..."', '"<the id>"', '"\u2026"'])
def test_a_prompt_with_a_placeholder_is_refused(tmp_path: Path, copied: str) -> None:
    path = tmp_path / "prompt.toml"
    system = json.dumps(f'Reply {{"id": {copied}}}', ensure_ascii=False)
    path.write_text(f"version = 'x'\nsystem = {system}\nuser = '{{items}}'\n", "utf-8")
    with pytest.raises(BadInput, match="models send back"):
        load_prompt(path)
    path.write_text("version = 'x'\nsystem = 'Mind \"etc. ...\" and <b>'\nuser = '{items}'\n", "utf-8")
    assert load_prompt(path).version == "x"


def test_the_schema_lets_no_reply_go_on_for_ever() -> None:
    schema = reply_schema(("a", "b", "c"))
    entry = {"id": "a", "reason": "r", "verdict": "correct", "error_type": None}
    three = [{**entry, "id": name} for name in "abc"]
    jsonschema.validate({"verdicts": three}, schema)
    long = [{**three[0], "reason": "x" * 301}, *three[1:]]
    for verdicts in (three[:2], [*three, three[0]], [entry] * 3, long):
        with pytest.raises(jsonschema.ValidationError):
            jsonschema.validate({"verdicts": verdicts}, schema)


@pytest.mark.parametrize(("slots", "at_once"), [(3, 3), (0, 1)])
def test_a_server_on_this_machine_is_asked_with_as_many_requests_as_it_has_slots(
    slots: int, at_once: int
) -> None:
    with serving(slots) as url:
        assert local_slots(f"{url}/honest/book/v1") == at_once


def test_a_server_elsewhere_is_not_asked_for_its_slots() -> None:
    assert local_slots("https://models.example.org/v1") is None


def test_an_unknown_error_type_is_dropped_and_the_verdict_stands(server: str, store: JudgeStore) -> None:
    found = judged(Judge(server, "inventive"), store)
    assert said(found) == TRUTH
    assert found.votes["row1"].error_type is None
    assert judged(Judge(server, "honest"), store).votes["row1"].error_type is ErrorType.OTHER


def test_a_vote_says_by_whom_with_what_prompt_and_keeps_the_reply(server: str, store: JudgeStore) -> None:
    vote = judged(Judge(server, "honest"), store).votes["row0"]
    prompt = load_prompt()
    assert (vote.key.judge, vote.key.judge_version, vote.key.prompt_sha256) == (
        "honest",
        "tiny",
        prompt.sha256,
    )
    assert vote.facts["asked_as"] in vote.raw
    score = score_of(vote, "case::0", "a" * 64)
    assert score.by == f"judge honest tiny (judge-2 {prompt.sha256[:8]})"
    assert (score.correct, score.reply_id) == (True, "a" * 64)


def test_no_more_requests_are_under_way_than_the_model_bears(server: str, store: JudgeStore) -> None:
    for wanted in (1, 3):
        judge = Judge(server, "strict" if wanted == 1 else "honest")
        judged(judge, store, in_flight=wanted)
        assert judge.seen().most_at_once == wanted


def test_a_second_judging_asks_nothing_and_finds_the_same(server: str, tmp_path: Path) -> None:
    with JudgeStore(tmp_path / "votes.sqlite") as store:
        first = judged(Judge(server, "honest"), store)
    with JudgeStore(tmp_path / "votes.sqlite") as store:
        judge = Judge(server, "honest")
        second = judged(judge, store)
    assert (second.votes, second.already_there, judge.seen().asked) == (first.votes, 5, [])


@pytest.mark.parametrize("change", ["batch", "prompt", "parameters", "answer"])
def test_another_setting_is_another_vote(server: str, store: JudgeStore, tmp_path: Path, change: str) -> None:
    first = judged(Judge(server, "honest"), store)
    judge, prompt, items, batch = model(Judge(server, "honest")), load_prompt(), ITEMS, 1
    if change == "batch":
        batch = 2
    elif change == "prompt":
        own = tmp_path / "own.toml"
        own.write_text(f"version = 'own'\nsystem = {json.dumps(prompt.system)}\nuser = '{{items}}'")
        prompt = load_prompt(own)
    elif change == "parameters":
        judge = OpenAIBackend(
            "honest",
            url=Judge(server, "honest").url,
            model="tiny",
            contract=None,
            key=None,
            options={"temperature": 1},
            consent=nobody_consented,
        )
    else:
        items = [one._replace(answer=one.answer + " or so") for one in ITEMS]
    again = judge_answers(items, judge, prompt, store, batch=batch)
    assert again.already_there == 0
    assert not {one.vote_id for one in first.votes.values()} & {one.vote_id for one in again.votes.values()}


def test_a_judge_that_dies_leaves_what_it_said_and_is_taken_up_again(tmp_path: Path) -> None:
    with serving() as url, JudgeStore(tmp_path / "votes.sqlite") as store:
        found = judged(Judge(url, "dies-after-3"), store, name="judge", in_flight=1)
        assert found.outcomes == {Outcome.ANSWERED: 3, Outcome.TRANSPORT_ERROR: 2}
        assert list(said(found).values()) == [True, False, True, None, None]
        again = judged(Judge(url, "honest"), store, name="judge")
        assert (again.already_there, again.outcomes) == (3, {Outcome.ANSWERED: 2})
        assert said(again) == TRUTH


def test_a_server_that_is_gone_is_not_asked_about_every_answer(store: JudgeStore) -> None:
    many = [item(number, "left", "left") for number in range(50)]
    asked: list[Progress] = []
    gone = model(Judge("http://127.0.0.1:9", "honest"), in_flight=1)
    with pytest.raises(WorkFailed, match="8 times in a row"):
        judge_answers(many, gone, load_prompt(), store, on_progress=asked.append)
    assert asked[-1] == Progress(8, 50)


def test_items_of_one_text_are_judged_once(server: str, store: JudgeStore) -> None:
    twin = ITEMS[0]._replace(item_id="twin")
    judge = Judge(server, "honest")
    found = judge_answers([ITEMS[0], twin], model(judge), load_prompt(), store)
    assert len(judge.seen().asked) == 1
    assert found.votes["row0"] == found.votes["twin"]


@pytest.mark.parametrize("bad", [[ITEMS[0], ITEMS[0]], [ITEMS[0]._replace(answer=" ")]])
def test_items_that_cannot_be_judged_are_refused(
    server: str, store: JudgeStore, bad: list[JudgedText]
) -> None:
    with pytest.raises(BadInput):
        judge_answers(bad, model(Judge(server, "honest")), load_prompt(), store)


def test_replies_that_keep_the_schema_are_what_is_read(server: str, store: JudgeStore) -> None:
    judge = Judge(server, "honest")
    found = judged(judge, store)
    by_name = {vote.facts["asked_as"]: vote for vote in found.votes.values()}
    for body in judge.seen().asked:
        schema = body["response_format"]["json_schema"]["schema"]
        (name,) = [one["id"] for one in json.loads(body["messages"][-1]["content"])]
        jsonschema.validate(json.loads(by_name[name].raw), schema)
        with pytest.raises(jsonschema.ValidationError):
            jsonschema.validate({"verdicts": [{"id": "1", "verdict": "yes"}]}, schema)


def test_a_panel_shows_ties_missing_votes_and_kappas(server: str, store: JudgeStore) -> None:
    votes = {manner: judged(Judge(server, manner), store).votes for manner in ("honest", "strict", "silent")}
    panel = Panel(ITEMS, votes, {one.item_id: one.item_id for one in ITEMS})
    majority, unanimous, some = (
        list(panel.scores(rule).values()) for rule in (JuryRule.MAJORITY, JuryRule.UNANIMOUS, JuryRule.ANY)
    )
    assert [one.correct for one in majority] == [None, False, None, False, None]
    assert [one.correct for one in unanimous] == [False] * 5
    assert [one.correct for one in some] == [True, None, True, None, True]
    assert majority[1].by == "jury majority of honest, strict, silent"
    assert majority[0].reason == "honest: correct, strict: incorrect, silent: no vote"
    assert unanimous[0].error_type is ErrorType.INCOMPLETE
    assert majority[1].error_type is None  # other and incomplete: nobody's majority
    assert {alarm.code for alarm in panel.alarms("m")} == {"low_agreement", "missing_votes"}
    tied = Panel(ITEMS, {one: votes[one] for one in ("honest", "strict")}, panel.patients)
    assert [one.correct for one in tied.scores(JuryRule.MAJORITY).values()] == [
        None,
        False,
        None,
        False,
        None,
    ]


@pytest.mark.parametrize("text", ["plain", "\x00\x1b[2J", "a\u2028b\ufeff", "🫁 {é}", '\\"', "<|im_start|>"])
def test_a_quoted_text_is_json_and_holds_no_sign_of_a_template(text: str) -> None:
    told = quoted(text)
    assert json.loads(told) == text
    assert not set("<>|[]{}\x00\x1b\u2028\ufeff") & set(told)


@pytest.mark.parametrize(
    ("content", "told"),
    [
        ("version = 1", "text 'version'"),
        ("version = 'a'\nsystem = 'b'\nuser = 'no place'", "{items} once"),
        ("version = 'a'\nsystem = 'b'\nuser = '{items}'\nmodel = 'c'", "model"),
        ("not toml", "TOML"),
        ("version = 'a'\nsystem = ' '\nuser = '{items}'", "text 'system'"),
        (f"version = '{'a' * 70_000}'", "bytes"),
    ],
)
def test_a_prompt_file_that_is_none_is_refused(tmp_path: Path, content: str, told: str) -> None:
    path = tmp_path / "prompt.toml"
    path.write_text(content)
    with pytest.raises(BadInput, match=told.replace("{", r"\{")):
        load_prompt(path)


def test_votes_are_for_their_owner_only_and_no_other_file_is_taken(tmp_path: Path, server: str) -> None:
    path = tmp_path / "votes.sqlite"
    with JudgeStore(path) as store:
        judged(Judge(server, "honest"), store)
        assert path.stat().st_mode & 0o77 == 0
    other = tmp_path / "other.sqlite"
    with sqlite3.connect(other) as database:
        database.execute("CREATE TABLE t (a)")
    database.close()
    text = tmp_path / "text"
    text.write_text("no database " * 100)
    for wrong in (other, text):
        with pytest.raises(BadInput, match="store of judges' votes"):
            JudgeStore(wrong)


def test_a_vote_in_the_store_that_was_changed_is_refused(tmp_path: Path, server: str) -> None:
    path = tmp_path / "votes.sqlite"
    with JudgeStore(path) as store:
        judged(Judge(server, "honest"), store)
    with sqlite3.connect(path) as database:
        database.execute('UPDATE votes SET vote = replace(vote, \'"correct":true\', \'"correct":"yes"\')')
    database.close()
    with JudgeStore(path) as store, pytest.raises(BadInput, match="correct"):
        judged(Judge(server, "honest"), store)
