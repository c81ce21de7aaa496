"""Recorded answers from a predictions file, so that a model is audited without running it."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from pydantic import JsonValue

from CTSpatialVQALib.backends.backend import NOTHING_SHA256, Answer, spoken
from CTSpatialVQALib.backends.case_data import CaseData
from CTSpatialVQALib.files import sha256_of_file
from CTSpatialVQALib.records.question import Question
from CTSpatialVQALib.records.reply import Presentation
from CTSpatialVQALib.records.words import Outcome, Probe


class RecordedBackend:
    """Answers with what a file says.

    What the model was shown is not known from such a file, so the presentation says `unknown`.

    Parameters
    ----------
    predictions : question id -> text, as `benchmark.predictions.read_predictions` joins it by key
    source : the file, for its hash
    """

    in_flight = 1

    def __init__(self, name: str, predictions: Mapping[str, str], source: Path) -> None:
        self.name = name
        self.version = sha256_of_file(source)[:16]
        self.description = f"Recorded answers from the file {source.name}; nothing is run."
        self.parameters: Mapping[str, JsonValue] = {}
        self._predictions = predictions

    def presentation(self, question: Question, case: CaseData, probe: Probe) -> Presentation:
        """Unknown: the file does not say what the model was shown."""
        return Presentation(contract="unknown", version="1", probe=probe, content_sha256=NOTHING_SHA256)

    def prompt(self, question: Question) -> str:
        """The question; the prompt that was really used is not in the file."""
        return question.text

    def ask(self, question: Question, case: CaseData, probe: Probe) -> Answer:
        """The recorded text; a question that is not in the file has no answer rather than a wrong one."""
        text = self._predictions.get(question.question_id)
        if text is None:
            return Answer(Outcome.CANCELLED, detail="the file has no prediction for this question")
        return spoken(text)
