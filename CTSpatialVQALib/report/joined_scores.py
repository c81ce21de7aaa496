"""Questions, answers and scores joined by ids; what does not fit is refused."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Mapping
from typing import NamedTuple, NoReturn

from CTSpatialVQALib.errors import BadInput, shown
from CTSpatialVQALib.records.judgement import Score
from CTSpatialVQALib.records.question import Question
from CTSpatialVQALib.records.reply import Reply
from CTSpatialVQALib.records.words import Outcome, Probe
from CTSpatialVQALib.report.page_data import Standing


class Asked(NamedTuple):
    """One asking: the question, what came back and, where there is one, its score."""

    question: Question
    reply: Reply
    score: Score | None

    @property
    def silent(self) -> bool:
        """Whether the reply's text is no answer: a refusal, an abstention, an echo ..."""
        return self.score is not None and self.score.no_answer is not None

    @property
    def failure(self) -> str:
        """Why there is no answer, by name: the outcome, or the kind of no-answer."""
        if self.score is not None and self.score.no_answer is not None:
            return str(self.score.no_answer)
        return str(self.reply.outcome)

    @property
    def standing(self) -> Standing:
        """Right, wrong, undecided or failed; without a score it is undecided."""
        if self.reply.outcome is not Outcome.ANSWERED or self.silent:
            return Standing.FAILED
        if self.score is None or self.score.correct is None:
            return Standing.UNDECIDED
        return Standing.RIGHT if self.score.correct else Standing.WRONG


class Joined(NamedTuple):
    """All questions by id, and per shown backend name its askings by question id."""

    questions: Mapping[str, Question]
    asked: Mapping[str, Mapping[str, Asked]]


class _Settings(NamedTuple):
    """What can differ between two runs of a backend under one name."""

    version: str
    contract: str
    parameters: str

    @classmethod
    def of(cls, reply: Reply) -> _Settings:
        key = reply.key
        return cls(
            key.backend_version,
            key.contract,
            json.dumps(key.parameters, sort_keys=True) if key.parameters else "",
        )


def shown_names(replies: Iterable[Reply]) -> dict[str, str]:
    """Reply id -> the name under which it is counted: the backend, with its probe where that is not `full`.

    Where one backend answered under the same probe with several settings, the name says which: by contract
    or version where these differ, else by a number.
    """
    replies = tuple(replies)
    settings: dict[str, dict[Probe, set[_Settings]]] = {}
    for reply in replies:
        own = settings.setdefault(reply.key.backend, {})
        own.setdefault(reply.key.probe, set()).add(_Settings.of(reply))
    names = {backend: _setting_names(backend, by_probe) for backend, by_probe in settings.items()}
    return {reply.reply_id: _shown_name(reply, names[reply.key.backend]) for reply in replies}


def _setting_names(backend: str, by_probe: Mapping[Probe, set[_Settings]]) -> dict[_Settings, str]:
    every = sorted(set().union(*by_probe.values()))
    if max(map(len, by_probe.values())) == 1:
        return dict.fromkeys(every, backend)
    for difference in (lambda setting: setting.contract, lambda setting: f"version {setting.version}"):
        if len({difference(setting) for setting in every}) == len(every):
            return {setting: f"{backend} ({difference(setting)})" for setting in every}
    return {setting: f"{backend} (settings {at})" for at, setting in enumerate(every, 1)}


def _shown_name(reply: Reply, names: Mapping[_Settings, str]) -> str:
    name = names[_Settings.of(reply)]
    return name if reply.key.probe is Probe.FULL else f"{name} · {reply.key.probe}"


def join(questions: Iterable[Question], replies: Iterable[Reply], scores: Iterable[Score]) -> Joined:
    """Join by question_id, question_sha256 and reply_id; never by place in a list.

    Raises
    ------
    BadInput
        If an id stands twice where it may stand once, if a reply or a score speaks of something unknown or of
        a question with another text, or if a failure was scored as right or wrong.
    """
    asked_about = _by_id(questions)
    score_of = _by_reply(scores)
    groups: dict[str, dict[str, Asked]] = {}
    reply_ids: set[str] = set()
    replies = tuple(replies)
    names = shown_names(replies)
    for reply in replies:
        question = _question_of(reply, asked_about)
        name = names[reply.reply_id]
        group = groups.setdefault(name, {})
        if question.question_id in group:
            _refuse(
                f"replies of {name}",
                "one reply per question",
                f"two replies to {shown(question.question_id)}",
                "Report runs with different prompts or inputs one by one, or name the backends differently",
            )
        group[question.question_id] = Asked(question, reply, _score_for(reply, score_of))
        reply_ids.add(reply.reply_id)
    _refuse_strays(score_of, reply_ids)
    return Joined(asked_about, _probes_after_their_model(groups))


def _probes_after_their_model(groups: Mapping[str, Mapping[str, Asked]]) -> dict[str, Mapping[str, Asked]]:
    """Models in the order in which they first reply, each followed by its probes."""
    probe_of = {name: next(iter(answers.values())).reply.key.probe for name, answers in groups.items()}
    model_of = {name: name.removesuffix(f" · {probe}") for name, probe in probe_of.items()}
    first = list(dict.fromkeys(model_of.values()))
    order = list(Probe)
    names = sorted(groups, key=lambda name: (first.index(model_of[name]), order.index(probe_of[name])))
    return {name: groups[name] for name in names}


def _by_id(questions: Iterable[Question]) -> dict[str, Question]:
    listed = list(questions)
    by_id = {question.question_id: question for question in listed}
    if len(by_id) < len(listed):
        ((repeated, _),) = Counter(question.question_id for question in listed).most_common(1)
        _refuse("questions", "each question_id once", f"{shown(repeated)} twice", "Remove one of the two")
    return by_id


def _by_reply(scores: Iterable[Score]) -> dict[str, Score]:
    by_reply: dict[str, Score] = {}
    for score in scores:
        if score.reply_id is None:
            _refuse(
                f"score of question {shown(score.question_id)}",
                "a reply_id",
                "none",
                "Score the replies of a run, so that each score names its reply",
            )
        elif score.reply_id in by_reply:
            _refuse(
                f"scores of reply {score.reply_id[:12]}",
                "one score",
                f"one by {shown(by_reply[score.reply_id].by)} and one by {shown(score.by)}",
                "Report one scorer at a time",
            )
        else:
            by_reply[score.reply_id] = score
    return by_reply


def _question_of(reply: Reply, questions: Mapping[str, Question]) -> Question:
    question_id = reply.key.question_id
    question = questions.get(question_id)
    if question is None:
        _refuse(
            f"reply {reply.reply_id[:12]} of {reply.key.backend}",
            "an answer to a question of this study",
            f"question_id {shown(question_id)}",
            "Give the study that the run was made with",
        )
    if question.question_sha256 != reply.key.question_sha256:
        _refuse(
            f"reply {reply.reply_id[:12]} of {reply.key.backend}",
            f"question_sha256 {question.question_sha256[:12]}… for {shown(question_id)}",
            f"{reply.key.question_sha256[:12]}…",
            "The question was changed after the run; ask it again",
        )
    return question


def _score_for(reply: Reply, scores: Mapping[str, Score]) -> Score | None:
    score = scores.get(reply.reply_id)
    if score is None:
        return None
    where = f"score of reply {reply.reply_id[:12]} by {shown(score.by)}"
    if score.question_id != reply.key.question_id:
        _refuse(where, f"question {shown(reply.key.question_id)}", shown(score.question_id), "Score it again")
    if reply.outcome is not Outcome.ANSWERED and score.correct is not None:
        _refuse(
            where,
            f"no decision about a reply with the outcome '{reply.outcome}'",
            f"correct = {str(score.correct).lower()}",
            "Score answers only; failures are counted by themselves",
        )
    return score


def _refuse_strays(scores: Mapping[str, Score], reply_ids: set[str]) -> None:
    stray = next((score for reply_id, score in scores.items() if reply_id not in reply_ids), None)
    if stray is not None:
        _refuse(
            f"score of question {shown(stray.question_id)} by {shown(stray.by)}",
            "the score of a reply of this report",
            f"reply_id {str(stray.reply_id)[:12]}…",
            "Give the run that was scored",
        )


def _refuse(where: str, expected: str, came: str, remedy: str) -> NoReturn:
    raise BadInput(where, expected=expected, came=came, remedy=remedy)
