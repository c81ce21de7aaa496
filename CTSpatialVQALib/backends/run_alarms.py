"""Alarms of a run while it goes on, so that nobody pays for a night of useless replies.

Each alarm compares with what must hold for a model that looks at the volume; none of them is a score.
"""

from __future__ import annotations

import hashlib
import math
import re
from collections import Counter, deque
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Literal, NamedTuple

from CTSpatialVQALib.records.base import normalised
from CTSpatialVQALib.records.question import Question
from CTSpatialVQALib.records.reply import Reply
from CTSpatialVQALib.records.words import Outcome, Probe

Code = Literal["same_answer_whatever_the_case", "one_answer_to_everything", "one_outcome", "length_drifts"]

LEAST_PAIRS = 30  # of replies to one question about two patients whose references differ
ALIKE = 0.5  # of these pairs: as often does someone who guesses between two answers
LEAST_REPLIES = 30
MORE_COMMON = 0.3  # the most common reply may be that much more common than the most common reference
LAST_REPLIES = 40
LEAST_LAST_REPLIES = 20  # of these 40, so that a study of fewer questions is watched, too
DOMINATES = 0.5
WINDOW = 100  # replies whose mean length is compared: the first so many, and the last
TIMES_AS_LONG = 2.0
LEAST_Z = 5.0  # standard errors that the two means must lie apart as well
SEES_NO_PIXELS = frozenset({"none", "mask"})  # contracts of backends that say so themselves


class RunAlarm(NamedTuple):
    """One reason to stop and look.

    Parameters
    ----------
    code : stable name
    backend, probe : whose replies
    message : one sentence with the figures
    """

    code: Code
    backend: str
    probe: Probe
    message: str


class RunAlarms:
    """Watches the replies of a run as they come; each alarm is given once per backend and probe.

    Memory grows by a few hundred bytes per question text, not per reply.

    Parameters
    ----------
    questions : by id
    patients : case id -> patient id
    """

    def __init__(self, questions: Mapping[str, Question], patients: Mapping[str, str]) -> None:
        self._questions = questions
        self._patients = patients
        self._watched: dict[tuple[str, Probe], _Watched] = {}

    def take(self, replies: Iterable[Reply]) -> list[RunAlarm]:
        """Add replies; the alarms that were not given before."""
        fresh: list[RunAlarm] = []
        for reply in replies:
            question = self._questions.get(reply.key.question_id)
            if question is not None:
                watched = self._watched.setdefault((reply.key.backend, reply.key.probe), _Watched())
                alarms = watched.take(reply, question, self._patients.get(reply.case_id, reply.case_id))
                fresh += [
                    RunAlarm(code, reply.key.backend, reply.key.probe, answer)
                    for code, answer in alarms.items()
                ]
        return fresh


@dataclass
class _Watched:
    """The replies of one backend under one probe."""

    raised: set[Code] = field(default_factory=set)
    sameness: _Sameness = field(default_factory=lambda: _Sameness())
    common: _Common = field(default_factory=lambda: _Common())
    lengths: _Lengths = field(default_factory=lambda: _Lengths())
    last: deque[Outcome] = field(default_factory=lambda: deque(maxlen=LAST_REPLIES))

    def take(self, reply: Reply, question: Question, patient: str) -> dict[Code, str]:
        if reply.outcome is not Outcome.REFUSED or self._shows_pixels(reply):
            self.last.append(reply.outcome)
        if reply.answer is not None:
            answer, reference = _short(reply.answer), _short(question.reference)
            if self._shows_pixels(reply):
                self.sameness.take(question.text, patient, reply.answer, question.reference)
                self.common.take(patient, answer, reference)
            self.lengths.take(len(reply.answer))
        alarms: dict[Code, str | None] = {
            "same_answer_whatever_the_case": self.sameness.alarm(),
            "one_answer_to_everything": self.common.alarm(),
            "one_outcome": self._dominating(),
            "length_drifts": self.lengths.alarm(),
        }
        fresh = {code: text for code, text in alarms.items() if text is not None and code not in self.raised}
        self.raised.update(fresh)
        return fresh

    @staticmethod
    def _shows_pixels(reply: Reply) -> bool:
        """Whether equal answers, or many refusals, tell something that was not known before."""
        return reply.key.probe is not Probe.TEXT_ONLY and reply.key.contract not in SEES_NO_PIXELS

    def _dominating(self) -> str | None:
        if len(self.last) < LEAST_LAST_REPLIES:
            return None
        ((outcome, count),) = Counter(self.last).most_common(1)
        if outcome is Outcome.ANSWERED or count <= DOMINATES * len(self.last):
            return None
        return f"{count} of the last {len(self.last)} replies were no answer but '{outcome}'"


class _Alike:
    """Counts, for one question, pairs of texts about two patients, and those of them that are equal."""

    def __init__(self) -> None:
        self._texts: Counter[bytes] = Counter()
        self._own: Counter[tuple[str, bytes]] = Counter()

    def pairs(self, patient: str, text: bytes) -> int:
        """With how many texts about other patients `text` makes a pair of equals; then it is counted."""
        elsewhere = self._texts[text] - self._own[patient, text]
        self._texts[text] += 1
        self._own[patient, text] += 1
        return elsewhere


class _Seen:
    """What was answered to one question."""

    def __init__(self) -> None:
        self.questions, self.references, self.answers = _Alike(), _Alike(), _Alike()
        self.within, self.beside = _Alike(), _Alike()


class _Sameness:
    """Pairs of replies to one question about two patients whose references differ; those that are equal.

    A terse reply that says no more than both references (`right lung` where one names the upper, the other
    the lower lobe) is no sign of not looking, and such pairs are not counted as equal.
    """

    def __init__(self) -> None:
        self._seen: dict[bytes, _Seen] = {}
        self.pairs = self.alike = 0

    def take(self, question: str, patient: str, answer: str, reference: str) -> None:
        seen = self._seen.setdefault(_short(question), _Seen())
        short_answer, true = _short(answer), _short(reference)
        self.pairs += seen.questions.pairs(patient, b"") - seen.references.pairs(patient, true)
        self.alike += seen.answers.pairs(patient, short_answer)
        if _words(answer) <= _words(reference):
            self.alike -= seen.within.pairs(patient, short_answer)
        else:
            self.alike -= seen.beside.pairs(patient, short_answer + true)

    def alarm(self) -> str | None:
        if self.pairs < LEAST_PAIRS or self.alike <= ALIKE * self.pairs:
            return None
        return (
            "asked the same about two patients whose references differ, it answered in the same words in"
            f" {self.alike / self.pairs:.0%} of {self.pairs} pairs: it may not look"
        )


class _Common:
    """How common the most common reply is over all questions, compared with the most common reference."""

    def __init__(self) -> None:
        self._answers: Counter[bytes] = Counter()
        self._references: Counter[bytes] = Counter()
        self._patients: set[str] = set()
        self._top = self._top_reference = self._total = 0

    def take(self, patient: str, answer: bytes, reference: bytes) -> None:
        self._answers[answer] += 1
        self._references[reference] += 1
        self._patients.add(patient)
        self._total += 1
        self._top = max(self._top, self._answers[answer])
        self._top_reference = max(self._top_reference, self._references[reference])

    def alarm(self) -> str | None:
        if self._total < LEAST_REPLIES or len(self._patients) < 2:
            return None
        if self._top - self._top_reference < MORE_COMMON * self._total:
            return None
        share = self._top / self._total
        return (
            f"{share:.0%} of {self._total} answers about {len(self._patients)} patients are one and the same"
            f" text (the most common reference: {self._top_reference / self._total:.0%})"
        )


class _Moments(NamedTuple):
    mean: float
    error: float

    @classmethod
    def of(cls, lengths: Iterable[int]) -> _Moments:
        values = list(lengths)
        mean = sum(values) / len(values)
        variance = sum((value - mean) ** 2 for value in values) / (len(values) - 1)
        return cls(mean, math.sqrt(variance / len(values)))


class _Lengths:
    """The mean length of the first answers, and of the last."""

    def __init__(self) -> None:
        self._first: list[int] = []
        self._last: deque[int] = deque(maxlen=WINDOW)
        self._since = 0

    def take(self, length: int) -> None:
        if len(self._first) < WINDOW:
            self._first.append(length)
            return
        self._last.append(length)
        self._since += 1

    def alarm(self) -> str | None:
        # looked at once per window: windows that overlap would be tested again and again
        if len(self._last) < WINDOW or self._since % WINDOW:
            return None
        first, last = _Moments.of(self._first), _Moments.of(self._last)
        ratio = max(last.mean / first.mean, first.mean / last.mean)
        apart = abs(last.mean - first.mean)
        if ratio < TIMES_AS_LONG or apart < LEAST_Z * math.hypot(first.error, last.error):
            return None
        means = f"{last.mean:.0f} characters on average, the first {first.mean:.0f}"
        return f"the last {WINDOW} answers have {means}"


def _words(text: str) -> frozenset[str]:
    return frozenset(re.findall(r"\w+", normalised(text)))


def _short(text: str) -> bytes:
    return hashlib.blake2b(normalised(text).encode("utf-8", "surrogatepass"), digest_size=8).digest()
