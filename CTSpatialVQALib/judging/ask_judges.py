"""Asking judging models: each answer compared with its reference by a model that sees no image.

Judges are asked in words alone, one answer per request unless a batch is wished for. Votes are kept with
model, version, prompt hash and raw reply; what is no vote stays none and is never taken for `wrong`.
"""

from __future__ import annotations

import hashlib
import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from itertools import islice
from typing import NamedTuple

from CTSpatialVQALib.backends.backend import Answer
from CTSpatialVQALib.backends.text_chat import ChatModel
from CTSpatialVQALib.errors import BadInput, WorkFailed, shown
from CTSpatialVQALib.judging.prompt import JudgedText, JudgePrompt, Posed
from CTSpatialVQALib.judging.vote_store import JudgedAs, JudgeStore, JudgeVote
from CTSpatialVQALib.judging.votes import NO_ANSWER, JudgeFinding, read_verdicts
from CTSpatialVQALib.records.base import utc_now
from CTSpatialVQALib.records.judgement import Score
from CTSpatialVQALib.records.question import question_sha256
from CTSpatialVQALib.records.words import Outcome

SEES_NO_IMAGE = "The judge sees question, reference and answer, never the image."

# a server that went away would otherwise be waited for once per answer
_FAILURES_IN_A_ROW = 8
FLUSH_AFTER_S = 0.5


class Progress(NamedTuple):
    """How far a judging is, in answers."""

    done: int
    total: int


class Judged(NamedTuple):
    """What a judge found.

    votes : item id -> vote
    outcomes : of what was asked now; already_there : votes that were in the store
    """

    votes: Mapping[str, JudgeVote]
    outcomes: Counter[Outcome]
    already_there: int


class _Task(NamedTuple):
    """Items of one request, with the keys of their votes."""

    items: tuple[JudgedText, ...]
    keys: tuple[JudgedAs, ...]


def judge_answers(
    items: Sequence[JudgedText],
    model: ChatModel,
    prompt: JudgePrompt,
    store: JudgeStore,
    *,
    batch: int = 1,
    on_progress: Callable[[Progress], None] | None = None,
) -> Judged:
    """Ask `model` about every item whose vote is not settled in `store`, `model.in_flight` at a time.

    Items with one question id, question, reference and answer are one judging.

    Raises
    ------
    BadInput
        If an item id stands twice or an answer is blank; or what the model raises, for example where
        nobody consented to its host.
    WorkFailed
        If the judge fails eight times in a row, or a vote cannot be kept. What came before is kept.
    """
    _check(items, batch)
    keys = {item.item_id: _key(item, model, prompt, batch) for item in items}
    kept = {vote.vote_id: vote for vote in store.votes() if not vote.outcome.asked_again}
    by_vote_id = {keys[item.item_id].vote_id: item for item in items}
    open_ = [(item, keys[item.item_id]) for vote_id, item in by_vote_id.items() if vote_id not in kept]
    fresh = _Fresh(store, len(by_vote_id), len(by_vote_id) - len(open_), on_progress)
    try:
        for votes in _votes_as_they_come(_tasks(open_, batch), model, prompt):
            fresh.take(votes)
    finally:
        fresh.flush()
    kept |= fresh.votes
    return Judged(
        {item_id: kept[key.vote_id] for item_id, key in keys.items()},
        Counter(vote.outcome for vote in fresh.votes.values()),
        len(by_vote_id) - len(open_),
    )


def score_of(vote: JudgeVote, question_id: str, reply_id: str | None = None) -> Score:
    """A vote as a score; without a vote `correct` is None, with the reason."""
    return Score(
        question_id=question_id,
        reply_id=reply_id,
        correct=vote.correct,
        error_type=vote.error_type,
        by=judge_name(vote.key),
        reason=vote.reason,
    )


def no_answer(vote: JudgeVote) -> bool:
    """Whether the judge found that the text is no answer, which is a finding and no missing vote."""
    return vote.correct is None and vote.reason.startswith(NO_ANSWER)


def judge_name(key: JudgedAs) -> str:
    """Judge, version and prompt as they stand in `Score.by`."""
    together = f", {key.batch} at once" if key.batch > 1 else ""
    return f"judge {key.judge} {key.judge_version} ({key.prompt_version} {key.prompt_sha256[:8]}{together})"


def _check(items: Sequence[JudgedText], batch: int) -> None:
    if batch < 1:
        raise BadInput("batch", expected="at least 1 item per request", came=str(batch), remedy="Correct it")
    seen: set[str] = set()
    for item in items:
        if item.item_id in seen:
            raise BadInput(item.item_id, expected="each id once", came="a second one", remedy="Keep one")
        if not item.answer.strip():
            raise BadInput(
                f"answer to {item.item_id}",
                expected="an answer",
                came=shown(item.answer),
                remedy="Record the outcome as 'empty' and leave it unjudged",
            )
        seen.add(item.item_id)


def _key(item: JudgedText, model: ChatModel, prompt: JudgePrompt, batch: int) -> JudgedAs:
    return JudgedAs(
        question_id=item.question_id,
        question_sha256=question_sha256(item.question, item.reference),
        answer_sha256=hashlib.sha256(item.answer.encode("utf-8", "surrogatepass")).hexdigest(),
        judge=model.name,
        judge_version=model.version,
        parameters=dict(model.parameters),
        prompt_version=prompt.version,
        prompt_sha256=prompt.sha256,
        batch=batch,
    )


def _tasks(rows: Iterable[tuple[JudgedText, JudgedAs]], batch: int) -> Iterator[_Task]:
    left = iter(rows)
    while some := tuple(islice(left, batch)):
        yield _Task(*zip(*some, strict=True))


class _Fresh:
    """Votes on their way to disk, at the latest half a second after they came."""

    def __init__(
        self, store: JudgeStore, total: int, done: int, on_progress: Callable[[Progress], None] | None
    ) -> None:
        self.votes: dict[str, JudgeVote] = {}
        self._store, self._total, self._done, self._on_progress = store, total, done, on_progress
        self._pending: list[JudgeVote] = []
        self._since = time.monotonic()
        self._failures = 0

    def take(self, votes: Sequence[JudgeVote]) -> None:
        """Keep the votes of one request; give up where request after request fails."""
        self._pending += votes
        self.votes |= {vote.vote_id: vote for vote in votes}
        if time.monotonic() - self._since > FLUSH_AFTER_S:
            self.flush()
        if self._on_progress is not None:
            self._on_progress(Progress(self._done + len(self.votes), self._total))
        self._failures = self._failures + 1 if votes[0].outcome.asked_again else 0
        if self._failures >= _FAILURES_IN_A_ROW:
            raise WorkFailed(
                f"judge {votes[0].key.judge} failed {self._failures} times in a row"
                f" ({votes[0].outcome}: {votes[0].reason}); run again to go on"
            )

    def flush(self) -> None:
        """Write what is pending."""
        pending, self._pending = self._pending, []
        self._since = time.monotonic()
        if pending:
            self._store.put(pending)


def _votes_as_they_come(
    tasks: Iterator[_Task], model: ChatModel, prompt: JudgePrompt
) -> Iterator[list[JudgeVote]]:
    """The votes of each request as it comes back; never more requests under way than the model bears."""
    pool = ThreadPoolExecutor(max_workers=max(1, model.in_flight))
    under_way: set[Future[list[JudgeVote]]] = set()
    try:
        while True:
            room = max(1, model.in_flight) - len(under_way)
            under_way |= {pool.submit(_ask, task, model, prompt) for task in islice(tasks, room)}
            if not under_way:
                return
            done, under_way = wait(under_way, return_when=FIRST_COMPLETED)
            for future in done:
                yield future.result()
    finally:  # not waiting: whoever interrupts cancels the model, which ends what is under way
        pool.shutdown(wait=False, cancel_futures=True)


def _ask(task: _Task, model: ChatModel, prompt: JudgePrompt) -> list[JudgeVote]:
    posed = prompt.posed(task.items)
    started, clock = utc_now(), time.monotonic()
    answer = _answer(model, posed)
    duration = time.monotonic() - clock
    findings = _findings(answer, posed)
    return [
        JudgeVote(
            vote_id=key.vote_id,
            key=key,
            outcome=_outcome(answer, findings[item.item_id]),
            correct=findings[item.item_id].correct,
            error_type=findings[item.item_id].error_type,
            reason=findings[item.item_id].reason,
            raw=answer.text,
            facts={**answer.facts, "asked_as": _asked_as(posed, item)},
            started_utc=started,
            duration_s=duration,
        )
        for item, key in zip(task.items, task.keys, strict=True)
    ]


def _asked_as(posed: Posed, item: JudgedText) -> str:
    """The id an item had in its request, so that the raw reply can be read again."""
    return next(name for name, posed_item in posed.ids.items() if posed_item is item)


def _answer(model: ChatModel, posed: Posed) -> Answer:
    try:
        return model.chat(posed.request)
    except MemoryError:
        return Answer(Outcome.OUT_OF_MEMORY, detail="the machine ran out of memory")
    except WorkFailed as error:
        return Answer(Outcome.TRANSPORT_ERROR, detail=str(error))


def _findings(answer: Answer, posed: Posed) -> dict[str, JudgeFinding]:
    """What was said of each item id; a reply that is no answer holds no vote, whatever its text."""
    if answer.outcome is not Outcome.ANSWERED:
        reason = f"no vote: {answer.outcome}" + (f": {answer.detail}" if answer.detail else "")
        return {item.item_id: JudgeFinding(None, None, reason) for item in posed.ids.values()}
    verdicts = read_verdicts(answer.text, posed.ids)
    return {item.item_id: verdicts[name] for name, item in posed.ids.items()}


def _outcome(answer: Answer, finding: JudgeFinding) -> Outcome:
    """`Cannot tell` is an answer without a vote; a reply without a verdict is not one."""
    if answer.outcome is Outcome.ANSWERED and finding.correct is None and not finding.answered:
        return Outcome.UNPARSEABLE
    return answer.outcome
