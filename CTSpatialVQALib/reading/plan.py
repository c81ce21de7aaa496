"""Plan of a reading: the items of one reader in their order, from study, replies and rules."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import NamedTuple

from CTSpatialVQALib.benchmark.study import Study
from CTSpatialVQALib.errors import BadInput, shown
from CTSpatialVQALib.reading.assignment import dealt_order, share_of
from CTSpatialVQALib.records.question import Question
from CTSpatialVQALib.records.reply import Reply
from CTSpatialVQALib.records.study import ReadingRules
from CTSpatialVQALib.records.words import Outcome, ReadingMode


class ItemKey(NamedTuple):
    """By which an item is known: its question, its reply (None: there is none), and which time it is read."""

    question_id: str
    reply_id: str | None = None
    occasion: int = 1


@dataclass(frozen=True)
class Item:
    """One thing to judge or to answer. `reply` is None where a reader answers himself or no model has yet."""

    key: ItemKey
    question: Question
    reply: Reply | None

    @property
    def case_id(self) -> str:
        """The case it is about."""
        return self.question.case_id


@dataclass(frozen=True)
class ReadingPlan:
    """Everything one reader reads, in order.

    Parameters
    ----------
    reports : case id -> text of the radiology report, where the study has it
    """

    reader: str
    study_id: str
    study_sha256: str
    rules: ReadingRules
    items: tuple[Item, ...]
    reports: Mapping[str, str]

    @cached_property
    def positions(self) -> Mapping[ItemKey, int]:
        """Item key -> place in `items`, from 0."""
        return {item.key: at for at, item in enumerate(self.items)}

    @cached_property
    def by_case(self) -> Mapping[str, tuple[ItemKey, ...]]:
        """Case id -> the keys of all its items, second readings included."""
        by_case: dict[str, list[ItemKey]] = {}
        for item in self.items:
            by_case.setdefault(item.case_id, []).append(item.key)
        return {case_id: tuple(keys) for case_id, keys in by_case.items()}

    @cached_property
    def _first_of_question(self) -> Mapping[str, ItemKey]:
        return {item.key.question_id: item.key for item in reversed(self.items)}

    def item(self, key: ItemKey) -> Item:
        """The item with that key, which must be one of the plan's."""
        return self.items[self.positions[key]]

    def resolved(self, key: ItemKey) -> ItemKey | None:
        """The key as it stands in the plan; None if there is no such item.

        A question that waited for its first reply goes over to that reply.
        """
        if key in self.positions:
            return key
        return self._first_of_question.get(key.question_id) if key.reply_id is None else None


def plan_reading(
    study: Study, replies: Iterable[Reply], reader: str, *, rules: ReadingRules | None = None
) -> ReadingPlan:
    """What `reader` reads of `study`.

    Modes `open` and `blinded` have an item per answered reply of the probes and backends that the rules
    name; failures are not read. Mode `open` also has an item for a question without a reply, so that it can
    be looked at and asked. Mode `unaided` has an item per question and shows no reply. Items to be read twice
    come a second time after all others.

    The order is that of the study's questions; `blinded`, and `shuffle` in other modes, deal cases,
    questions within a case and replies to a question by seed and reader.

    Parameters
    ----------
    rules : instead of those of the study

    Raises
    ------
    BadInput
        If the study does not know the reader, a reply speaks of a question that the study does not have or
        has with another text, or two replies with one id differ.
    """
    rules = rules or study.reading
    share = share_of(reader, rules, study.questions)
    answers = _answers(study, replies, rules)
    ordered = _ordered(study.questions, rules, reader)
    items = [
        Item(ItemKey(question.question_id, reply.reply_id if reply else None, occasion), question, reply)
        for occasion in (1, 2)
        for question in ordered
        if question.question_id in (share.questions if occasion == 1 else share.repeated)
        for reply in _read_of(question, answers, rules, reader, occasion)
    ]
    reports = {case_id: case.report_text for case_id, case in study.cases.items() if case.report_text}
    return ReadingPlan(reader, study.study_id, study.sha256, rules, tuple(items), reports)


def _read_of(
    question: Question,
    answers: Mapping[str, Sequence[Reply]],
    rules: ReadingRules,
    reader: str,
    occasion: int,
) -> Iterator[Reply | None]:
    if rules.mode is ReadingMode.UNAIDED:
        yield None
        return
    replies = {reply.reply_id: reply for reply in answers.get(question.question_id, ())}
    if not replies and rules.mode is ReadingMode.OPEN and occasion == 1:
        yield None
    if _shuffled(rules):
        yield from (replies[key] for key in dealt_order(replies, rules.seed, "reply", reader))
    else:
        yield from sorted(
            replies.values(), key=lambda reply: (reply.key.backend, reply.key.probe, reply.reply_id)
        )


def _ordered(questions: Sequence[Question], rules: ReadingRules, reader: str) -> list[Question]:
    cases: dict[str, dict[str, Question]] = {}
    for question in questions:
        cases.setdefault(question.case_id, {})[question.question_id] = question
    if not _shuffled(rules):
        return [question for case in cases.values() for question in case.values()]
    return [
        cases[case_id][question_id]
        for case_id in dealt_order(cases, rules.seed, "case", reader)
        for question_id in dealt_order(cases[case_id], rules.seed, "question", reader)
    ]


def _by_model(reply: Reply) -> tuple[str, str, str]:
    return reply.key.backend, reply.key.probe, reply.reply_id


def _shuffled(rules: ReadingRules) -> bool:
    return rules.shuffle or rules.mode is ReadingMode.BLINDED


def _answers(study: Study, replies: Iterable[Reply], rules: ReadingRules) -> dict[str, list[Reply]]:
    questions = {question.question_id: question for question in study.questions}
    kept: dict[str, Reply] = {}
    for reply in replies:
        _require_question(reply, questions)
        is_read = not rules.backends or reply.key.backend in rules.backends
        if is_read and reply.outcome is Outcome.ANSWERED and reply.key.probe in rules.probes:
            _require_same(reply, kept.setdefault(reply.reply_id, reply))
    by_question: dict[str, list[Reply]] = {}
    for reply in kept.values():
        by_question.setdefault(reply.key.question_id, []).append(reply)
    return by_question


def _require_question(reply: Reply, questions: Mapping[str, Question]) -> None:
    question = questions.get(reply.key.question_id)
    if question is None or question.question_sha256 != reply.key.question_sha256:
        came = "one the study does not have" if question is None else "one with another text"
        raise BadInput(
            f"reply {reply.reply_id[:12]} of {reply.key.backend}",
            expected="a reply to a question of the study",
            came=f"{came} ({shown(reply.key.question_id)})",
            remedy="Give the study that the run was made with, or ask again",
        )


def _require_same(reply: Reply, earlier: Reply) -> None:
    if reply.answer != earlier.answer:
        raise BadInput(
            f"reply {reply.reply_id[:12]} of {reply.key.backend}",
            expected="one answer under one reply_id",
            came="two that differ",
            remedy="Give one of the two runs",
        )
