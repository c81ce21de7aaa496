"""Presentations and replies: what a model was shown, and its answer or why there is none."""

from __future__ import annotations

from typing import Self

from pydantic import Field, JsonValue, model_validator

from CTSpatialVQALib.records.base import Identifier, Record, Sha256, UtcTime, sha256_of
from CTSpatialVQALib.records.words import Outcome, Probe


class SliceSelection(Record):
    """Which slices of the volume were shown, as indices from inferior to superior, and how many were not."""

    used: tuple[int, ...]
    dropped: int = Field(ge=0)


class Presentation(Record):
    """What was shown to the model.

    Parameters
    ----------
    contract, version : name and version of the input contract; `none` for backends that see no pixels
    axes : meaning of the array's axes, outermost first
    spacing_mm : distance of neighbouring samples along the spatial axes
    hu_map : how Hounsfield units became values
    content_sha256 : hash of the array itself
    """

    contract: str
    version: str
    probe: Probe = Probe.FULL
    axes: str = ""
    shape: tuple[int, ...] = ()
    dtype: str = ""
    spacing_mm: tuple[float, ...] = ()
    hu_map: str = ""
    slices: SliceSelection | None = None
    content_sha256: Sha256

    @property
    def sha256(self) -> str:
        """Hash of the whole presentation."""
        return sha256_of(self.model_dump(mode="json"))


class ReplyKey(Record):
    """Everything that makes two askings the same asking; its hash is the `reply_id`."""

    question_id: Identifier
    question_sha256: Sha256
    backend: Identifier
    backend_version: str
    contract: str
    probe: Probe = Probe.FULL
    presentation_sha256: Sha256
    prompt_sha256: Sha256
    parameters: dict[str, JsonValue] = {}

    @property
    def reply_id(self) -> str:
        """Hash of question, backend, contract, probe, presentation, prompt and parameters."""
        return sha256_of(self.model_dump(mode="json"))


class Reply(Record):
    """One reply. `answer` is there exactly when the outcome is `answered`.

    Parameters
    ----------
    raw : whatever text came, also with a refusal or a truncation
    detail : why there is no answer, in one line
    basis : on what the backend says its answer rests (a measured reason, a neighbour's id)
    reasoning : what a model thought before it answered; never part of the answer
    facts : what the server said beside the text: tokens used, served model, finish reason, attempts
    """

    reply_id: Sha256
    key: ReplyKey
    case_id: Identifier
    outcome: Outcome
    answer: str | None = None
    raw: str = ""
    detail: str = ""
    basis: str = ""
    reasoning: str = ""
    facts: dict[str, JsonValue] = {}
    started_utc: UtcTime
    duration_s: float = Field(ge=0)

    @model_validator(mode="after")
    def _holds_together(self) -> Self:
        if self.reply_id != self.key.reply_id:
            raise ValueError("a reply_id that is the hash of its key")
        if (self.outcome is Outcome.ANSWERED) != (self.answer is not None):
            raise ValueError("an answer with the outcome 'answered' and with no other")
        if self.answer is not None and not self.answer.strip():
            raise ValueError("an answer that is not blank (blank text has the outcome 'empty')")
        return self
