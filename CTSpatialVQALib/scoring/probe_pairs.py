"""Which two askings differ in nothing but the probe? Joined by backend, question id and key."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import NamedTuple, TypeVar

from CTSpatialVQALib.errors import BadInput, shown
from CTSpatialVQALib.records.judgement import Score
from CTSpatialVQALib.records.question import Question
from CTSpatialVQALib.records.reply import Reply
from CTSpatialVQALib.records.words import Outcome, Probe, QuestionForm
from CTSpatialVQALib.scoring.chance import form_of

Value = TypeVar("Value")


class ProbePair(NamedTuple):
    """One question, answered by one backend with everything shown and under one probe.

    right_full, right_probed : as scored; None where undecided or not scored
    """

    question: Question
    patient: str
    form: QuestionForm
    full: str
    probed: str
    right_full: bool | None
    right_probed: bool | None


@dataclass(frozen=True)
class PairedUp:
    """All pairs of one backend under one probe, and what stands without a partner.

    Parameters
    ----------
    failed : questions asked both ways of which at least one reply is no answer
    unlike : questions asked both ways, but with another version, prompt, contract or other settings
    alone : questions asked under the probe only
    """

    backend: str
    probe: Probe
    pairs: tuple[ProbePair, ...]
    failed: int
    unlike: int
    alone: int


class _Key(NamedTuple):
    backend: str
    probe: Probe


Asked = Mapping[str, Reply]


@dataclass(frozen=True)
class Askings:
    """Replies by backend and probe, then by question id.

    Parameters
    ----------
    questions : by id
    patients : case id -> patient id
    right : reply id -> right, wrong, or None where undecided
    """

    questions: Mapping[str, Question]
    patients: Mapping[str, str]
    right: Mapping[str, bool | None]
    by_key: Mapping[_Key, Asked]

    @property
    def backends(self) -> tuple[str, ...]:
        """Names in the order in which they first reply."""
        return tuple(dict.fromkeys(key.backend for key in self.by_key))

    def probes(self, backend: str) -> tuple[Probe, ...]:
        """The probes a backend was asked under beside `full`, in the order of the vocabulary."""
        return tuple(
            probe for probe in Probe if probe is not Probe.FULL and _Key(backend, probe) in self.by_key
        )

    def under(self, backend: str, probe: Probe) -> Asked:
        """Question id -> reply."""
        return self.by_key.get(_Key(backend, probe), {})

    def paired(self, backend: str, probe: Probe) -> PairedUp:
        """The askings of `backend` with everything shown beside those under `probe`."""
        full, probed = self.under(backend, Probe.FULL), self.under(backend, probe)
        both = [(full[question_id], reply) for question_id, reply in probed.items() if question_id in full]
        alike = [(one, other) for one, other in both if _settings(one) == _settings(other)]
        answered = [(one, other) for one, other in alike if _answered(one) and _answered(other)]
        return PairedUp(
            backend=backend,
            probe=probe,
            pairs=tuple(self._pair(one, other) for one, other in answered),
            failed=len(alike) - len(answered),
            unlike=len(both) - len(alike),
            alone=len(probed) - len(both),
        )

    def patient_of(self, question: Question) -> str:
        """The patient that a question is about."""
        return self.patients.get(question.case_id, question.case_id)

    def _pair(self, full: Reply, probed: Reply) -> ProbePair:
        question = self.questions[full.key.question_id]
        return ProbePair(
            question,
            self.patient_of(question),
            form_of(question),
            full.answer or "",
            probed.answer or "",
            self.right.get(full.reply_id),
            self.right.get(probed.reply_id),
        )


def askings(
    replies: Iterable[Reply],
    questions: Iterable[Question],
    scores: Iterable[Score],
    patients: Mapping[str, str],
) -> Askings:
    """Join replies, questions and scores by id.

    Parameters
    ----------
    patients : case id -> patient id; a case that is missing is its own patient

    Raises
    ------
    BadInput
        If a question or a score stands twice, if a reply is about a question that is not there or has another
        text, or if one backend has two replies to a question under one probe.
    """
    known = _once("questions", ((one.question_id, one) for one in questions))
    right = _once("scores", ((one.reply_id, one.correct) for one in scores if one.reply_id is not None))
    by_key: dict[_Key, dict[str, Reply]] = defaultdict(dict)
    for reply in replies:
        group = by_key[_Key(reply.key.backend, reply.key.probe)]
        _check(reply, known, group)
        group[reply.key.question_id] = reply
    return Askings(known, patients, right, by_key)


def _once(what: str, rows: Iterable[tuple[str, Value]]) -> dict[str, Value]:
    listed = list(rows)
    found = dict(listed)
    if len(found) < len(listed):
        ((twice, _),) = Counter(key for key, _ in listed).most_common(1)
        raise BadInput(what, expected="each id once", came=f"{shown(twice)} twice", remedy="Keep one of them")
    return found


def _check(reply: Reply, questions: Mapping[str, Question], group: Mapping[str, Reply]) -> None:
    where = f"reply {reply.reply_id[:12]} of {reply.key.backend}"
    question = questions.get(reply.key.question_id)
    if question is None or question.question_sha256 != reply.key.question_sha256:
        raise BadInput(
            where,
            expected="a reply to one of these questions",
            came=f"{shown(reply.key.question_id)}, which is {'unknown' if question is None else 'changed'}",
            remedy="Give the questions that the run was made with",
        )
    if reply.key.question_id in group:
        raise BadInput(
            where,
            expected=f"one reply to {reply.key.question_id} under probe {reply.key.probe}",
            came="two",
            remedy="Analyse runs with different settings one by one",
        )


def _settings(reply: Reply) -> tuple[object, ...]:
    key = reply.key
    return key.backend_version, key.contract, key.prompt_sha256, key.parameters


def _answered(reply: Reply) -> bool:
    return reply.outcome is Outcome.ANSWERED
