"""The backend that runs a model on this machine; nothing that it is shown leaves."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cached_property

from pydantic import JsonValue

from CTSpatialVQALib.backends.backend import Answer
from CTSpatialVQALib.backends.case_data import CaseData
from CTSpatialVQALib.backends.consent import Consent, nobody_consented
from CTSpatialVQALib.backends.local_batches import Batches
from CTSpatialVQALib.backends.local_model import LocalModel, LocalQuestion
from CTSpatialVQALib.backends.local_options import Decoding, decoding, local_options
from CTSpatialVQALib.backends.text_chat import ChatRequest
from CTSpatialVQALib.errors import BadInput
from CTSpatialVQALib.imaging.contract import Contract, Part, Prepared
from CTSpatialVQALib.records.question import Question
from CTSpatialVQALib.records.reply import Presentation
from CTSpatialVQALib.records.words import Probe


class _Group:
    """What questions of one batch have in common: the pixels, by their hash, and the decoding."""

    def __init__(self, prepared: Prepared | None, decoding: Decoding) -> None:
        self.prepared = prepared
        self.decoding = decoding

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Group) and self._same == other._same

    def __hash__(self) -> int:
        return hash(repr(self._same))

    @property
    def _same(self) -> tuple[str, Decoding]:
        shown = self.prepared.presentation.content_sha256 if self.prepared is not None else ""
        return shown, self.decoding


class LocalBackend:
    """A model of transformers in a process of its own; a `Backend`, and a `ChatModel` too.

    Contracts of pictures are asked through the model's chat template (MedGemma, Lingshu, any
    AutoModelForImageTextToText), contracts of a volume through the model's own code (M3D-LaMed, Med3DVLM).

    Parameters
    ----------
    model : folder with the model's files, or a repository of the hub
    contract : what it is shown; None for a model that is only asked in words
    options : see `local_options.LocalOptions`
    consent : asked before files of the model are fetched; nothing else leaves this machine

    Attributes
    ----------
    model : the model itself, for asking otherwise than the contract says

    Raises
    ------
    BadInput
        For a wrong option or model, or code of the model's own without a yes to it.
    """

    def __init__(
        self,
        name: str,
        *,
        model: str,
        contract: Contract | None,
        options: Mapping[str, JsonValue],
        consent: Consent = nobody_consented,
    ) -> None:
        self.name = name
        self._contract = contract
        self._options = local_options(name, options)
        self._decoding = decoding(contract, self._options)
        kind = "text" if contract is None else contract.kind
        self.model = LocalModel(name, model, kind, self._options, consent)
        alone = kind == "volume" or self._decoding.samples
        self.in_flight = 1 if alone else self._options.batch_size
        self._batches: Batches[_Group, LocalQuestion, Answer] = Batches(self.in_flight, self._ask_all)
        shows = f"shown what contract {contract.name} makes" if contract is not None else "asked in words"
        self.description = f"{self.model.label} on this machine, {shows}."

    def require_consent(self) -> None:
        """Ask for consent now, if the model's files may be fetched.

        Raises
        ------
        BadInput
            Without it, naming the hub.
        """
        self.model.require_consent()

    @cached_property
    def version(self) -> str:
        """The model's commit, or the digest of its files.

        Raises
        ------
        BadInput
            If its files are not on this machine, or its own code may not be run; before anything is asked.
        """
        self.model.may_run_code()
        return self.model.files.version

    @property
    def parameters(self) -> Mapping[str, JsonValue]:
        """Decoding, and where and how exactly it is computed."""
        return {
            "generation": {
                name: value for name, value in self._decoding.settings.items() if value is not None
            },
            "seed": self._decoding.seed,
            "device": self._options.device,
            "dtype": self._options.dtype,
            "batch_size": self.in_flight,
        }

    def presentation(self, question: Question, case: CaseData, probe: Probe) -> Presentation:
        """What the contract shows of the case."""
        return case.shown(self._shows, probe, question).presentation

    def prompt(self, question: Question) -> str:
        """System text, and what stands around the pictures and the question."""
        prompt = self._shows.prompt
        labels = ("",) if self._shows.kind == "images" else None
        parts = prompt.parts(question.text, labels, pixels=True)
        return "\n".join((prompt.system, *(part.text or "[picture]" for part in parts)))

    def ask(self, question: Question, case: CaseData, probe: Probe) -> Answer:
        """Ask; with others that wait and are about the same pixels, up to `in_flight`."""
        prepared = case.shown(self._shows, probe, question)
        questions = LocalQuestion(self._shows.prompt.system, prepared.parts(question.text))
        return self._batches.ask(_Group(prepared if prepared.array.size else None, self._decoding), questions)

    def chat(self, request: ChatRequest) -> Answer:
        """Ask in words. A schema cannot be enforced here; whoever gave one checks the reply."""
        settings = {**self._decoding.settings, "max_new_tokens": request.max_tokens}
        group = _Group(None, self._decoding._replace(settings=settings))
        return self._batches.ask(group, LocalQuestion(request.system, (Part(request.user),)))

    def cancel(self) -> None:
        """End what is being asked, with the outcome `cancelled`, and ask nothing more."""
        self.model.close()

    def close(self) -> None:
        """End the model's process."""
        self.model.close()

    def _ask_all(self, group: _Group, questions: Sequence[LocalQuestion]) -> Sequence[Answer]:
        return self.model.answers(questions, group.prepared, group.decoding)

    @property
    def _shows(self) -> Contract:
        if self._contract is None:
            raise BadInput(
                f"backend {self.name}",
                expected="an input contract",
                came="none",
                remedy="Name the contract by which this model is shown a CT",
            )
        return self._contract
