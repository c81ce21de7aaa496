"""Contents of run folders together: questions, replies and scores of several runs, joined by id."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path

from CTSpatialVQALib.audit.log import read_head
from CTSpatialVQALib.backends.run_store import RunStore
from CTSpatialVQALib.cli.demo_job import RunFolder, iter_scores, score_replies
from CTSpatialVQALib.cli.one_writer import require_one_writer
from CTSpatialVQALib.cli.run_messages import NOTE
from CTSpatialVQALib.cli.run_study import study_of_run
from CTSpatialVQALib.errors import BadInput
from CTSpatialVQALib.records.base import Compactor
from CTSpatialVQALib.records.case import Case, official_patient_id
from CTSpatialVQALib.records.judgement import Score
from CTSpatialVQALib.records.question import Question
from CTSpatialVQALib.records.reply import Reply
from CTSpatialVQALib.report.page_data import BackendSummary
from CTSpatialVQALib.report.summary import summarise
from CTSpatialVQALib.report.text_format import counted

_TOLD_FACTS = frozenset({"model"})  # of those that a server states beside its reply


@dataclass(frozen=True)
class GatheredRuns:
    """What is known of one or several runs of a study.

    Parameters
    ----------
    cases : by id, of the studies that are still at hand
    patients : case id -> patient id, of every case that was asked about
    """

    title: str
    study_id: str
    questions: tuple[Question, ...]
    replies: tuple[Reply, ...]
    scores: tuple[Score, ...]
    descriptions: Mapping[str, str]
    cases: Mapping[str, Case]
    patients: Mapping[str, str]
    notes: tuple[str, ...]
    anchor: str

    @cached_property
    def summary(self) -> tuple[BackendSummary, ...]:
        """One summary per backend and probe."""
        return summarise(
            self.questions,
            self.replies,
            self.scores,
            descriptions=self.descriptions,
            patients=self.patients,
        )


def gather(folders: Sequence[RunFolder], studies: Sequence[Path] = ()) -> GatheredRuns:
    """Read runs and join them by id.

    The same asking in two runs counts once: an answer stands before a failure that would be asked again,
    otherwise the earlier named run. What two runs answer differently is counted in a note.

    Parameters
    ----------
    studies : study files of these runs, where they do not lie beside them

    Raises
    ------
    BadInput
        If a folder holds no run, or two runs ask different texts under the same question id.
    """
    gathered = _Gathered(studies)
    for folder in folders:
        gathered.take(folder)
    about = gathered.about
    return GatheredRuns(
        title=about.get("study_title", "CTSpatialVQA"),
        study_id=about.get("study_id", ""),
        questions=tuple(gathered.questions.values()),
        replies=tuple(gathered.replies.values()),
        scores=tuple(map(gathered.compacted, gathered.scores())),
        descriptions={
            key.removeprefix("backend:"): text for key, text in about.items() if key.startswith("backend:")
        },
        cases=gathered.cases,
        patients=gathered.patients(),
        notes=tuple(dict.fromkeys([*gathered.notes, *gathered.merging_notes()])),
        anchor=", ".join(gathered.anchors),
    )


def with_own_answers(gathered: GatheredRuns, answers: Iterable[Reply]) -> GatheredRuns:
    """What is told, and beside the models the readers who answered these questions themselves."""
    texts = {question.question_id: question.question_sha256 for question in gathered.questions}
    of_these_questions = [
        reply for reply in answers if texts.get(reply.key.question_id) == reply.key.question_sha256
    ]
    return replace(
        gathered,
        replies=gathered.replies + tuple(of_these_questions),
        scores=gathered.scores + score_replies(gathered.questions, of_these_questions),
        descriptions={
            **gathered.descriptions,
            **{
                reply.key.backend: "a reader who answered himself (human control)"
                for reply in of_these_questions
            },
        },
    )


def _for_report(reply: Reply) -> Reply:
    """The reply without what no report tells: what came beside an answer, and a model's long thoughts."""
    raw = reply.raw if reply.answer is None else ""
    facts = {name: value for name, value in reply.facts.items() if name in _TOLD_FACTS}
    return reply.model_copy(update={"raw": raw, "reasoning": "", "facts": facts})


class _Gathered:
    """Collects runs, by id; what the first run says of the study stands."""

    def __init__(self, studies: Sequence[Path]) -> None:
        self.studies = studies
        self.compacted = Compactor()
        self.questions: dict[str, Question] = {}
        self.replies: dict[str, Reply] = {}
        self.about: dict[str, str] = {}
        self.cases: dict[str, Case] = {}
        self.notes: list[str] = []
        self.anchors: list[str] = []
        self.study_ids: list[str] = []
        self.again: Counter[str] = Counter()
        self.otherwise: Counter[str] = Counter()

    def take(self, folder: RunFolder) -> None:
        if not folder.store.is_file():
            raise BadInput(
                folder.path,
                expected="the folder of a run, with run.store in it",
                came="none",
                remedy="Give the folder that `run --out` or `demo --out` wrote",
            )
        with RunStore(folder.store, read_only=True) as store:
            self._add_questions(list(map(self.compacted, store.questions())), folder)
            for reply in store.replies():
                self._add_reply(self.compacted(_for_report(reply)))
            own = store.description()
        self.study_ids.append(own.get("study_id", ""))
        self.about = {**own, **self.about}
        self.notes += [text for key, text in own.items() if key.startswith(NOTE)]
        study = study_of_run(folder.path, own, self.notes, self.studies)
        if study is not None:
            self.cases |= study.cases
            self.notes += [str(note) for note in study.notes]
        if folder.log.is_file():
            require_one_writer(folder.log)
        self.anchors.append(read_head(folder.log).anchor)

    def scores(self) -> Iterator[Score]:
        """The rule scores of all answers, one after the other."""
        return iter_scores(self.questions.values(), self.replies.values())

    def patients(self) -> dict[str, str]:
        """Case id -> patient id; without its study a case of the benchmark still names its patient."""
        every = {question.case_id for question in self.questions.values()}
        return {
            case_id: self.cases[case_id].patient_id if case_id in self.cases else official_patient_id(case_id)
            for case_id in every
        }

    def merging_notes(self) -> list[str]:
        """What a reader must know of how the runs were put together."""
        notes = []
        if len(set(self.study_ids)) > 1:
            notes.append(f"The runs are of different studies: {', '.join(dict.fromkeys(self.study_ids))}.")
        for backend, count in self.again.items():
            notes.append(f"{counted(count, 'asking')} of {backend} stood in two runs and counted once.")
        for backend, count in self.otherwise.items():
            notes.append(
                f"{counted(count, 'asking')} of {backend} came out differently in a later named run;"
                " the earlier named run stands."
            )
        return notes

    def _add_reply(self, reply: Reply) -> None:
        earlier = self.replies.setdefault(reply.reply_id, reply)
        if earlier is reply:
            return
        if earlier.outcome.asked_again and not reply.outcome.asked_again:
            self.replies[reply.reply_id] = reply
        elif reply.outcome.asked_again or (earlier.outcome, earlier.answer) == (reply.outcome, reply.answer):
            self.again[reply.key.backend] += 1
        else:
            self.otherwise[reply.key.backend] += 1

    def _add_questions(self, more: Iterable[Question], folder: RunFolder) -> None:
        for question in more:
            earlier = self.questions.setdefault(question.question_id, question)
            if earlier.question_sha256 != question.question_sha256:
                raise BadInput(
                    f"{folder.path}: {question.question_id}",
                    expected="the same text as in the other runs",
                    came="another text or reference answer",
                    remedy="Report runs of different versions of a study separately",
                )
