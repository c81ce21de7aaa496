"""The interface of all backends: asked one question about one case, they say what became of it."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from types import MappingProxyType
from typing import NamedTuple, Protocol

from pydantic import JsonValue

from CTSpatialVQALib.backends.case_data import CaseData
from CTSpatialVQALib.errors import one_line
from CTSpatialVQALib.records.question import Question
from CTSpatialVQALib.records.reply import Presentation, ReplyKey
from CTSpatialVQALib.records.words import Outcome, Probe

NOTHING_SHA256 = hashlib.sha256(b"").hexdigest()


class Answer(NamedTuple):
    """What came of one asking; `text` is an answer only with the outcome `answered`.

    Parameters
    ----------
    basis : on what the backend says its answer rests
    reasoning : what a model thought before it answered, kept apart from the answer
    facts : what the server said beside the text: tokens used, served model, finish reason, attempts
    """

    outcome: Outcome
    text: str = ""
    detail: str = ""
    basis: str = ""
    reasoning: str = ""
    facts: Mapping[str, JsonValue] = MappingProxyType({})


class Backend(Protocol):
    """Who answers."""

    @property
    def name(self) -> str:
        """The name under which replies are kept and shown."""

    @property
    def version(self) -> str:
        """Version of the model or of the rules; another version is another backend."""

    @property
    def description(self) -> str:
        """One sentence for the report: what this backend is and what it is shown."""

    @property
    def parameters(self) -> Mapping[str, JsonValue]:
        """Everything else that changes its answers."""

    @property
    def in_flight(self) -> int:
        """How many requests at once serve it best, from as many threads; 1 if it computes in this process."""

    def presentation(self, question: Question, case: CaseData, probe: Probe) -> Presentation:
        """What the backend is shown of this case; probes that change what is named depend on the question."""

    def prompt(self, question: Question) -> str:
        """The text it is given."""

    def ask(self, question: Question, case: CaseData, probe: Probe) -> Answer:
        """Ask. Failures are outcomes, not exceptions."""


def spoken(text: str, *, basis: str = "") -> Answer:
    """The outcome of a reply that is meant as an answer: blank text is `empty`, never an answer."""
    if not text.strip():
        return Answer(Outcome.EMPTY, text, detail="the reply has no text")
    return Answer(Outcome.ANSWERED, text, basis=basis)


def declined(why: str) -> Answer:
    """The backend says in one line why it does not answer."""
    return Answer(Outcome.REFUSED, detail=one_line(why))


def reply_key(backend: Backend, question: Question, case: CaseData, probe: Probe) -> ReplyKey:
    """The key of asking `backend` this question under `probe`."""
    shown = backend.presentation(question, case, probe)
    return ReplyKey(
        question_id=question.question_id,
        question_sha256=question.question_sha256,
        backend=backend.name,
        backend_version=backend.version,
        contract=shown.contract,
        probe=probe,
        presentation_sha256=shown.sha256,
        prompt_sha256=hashlib.sha256(backend.prompt(question).encode()).hexdigest(),
        parameters=dict(backend.parameters),
    )
