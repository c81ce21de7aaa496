"""A local model that is asked: its process is started when needed, and again after it was lost."""

from __future__ import annotations

import threading
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Literal, NamedTuple

import numpy as np
from pydantic import JsonValue

from CTSpatialVQALib.backends import local_files
from CTSpatialVQALib.backends.backend import Answer, declined, spoken
from CTSpatialVQALib.backends.consent import Consent, nobody_consented
from CTSpatialVQALib.backends.local_files import ModelFiles
from CTSpatialVQALib.backends.local_options import Decoding, LocalOptions
from CTSpatialVQALib.backends.local_process import LocalProcess, ProcessDied, ProcessSlow, ProcessStopped
from CTSpatialVQALib.backends.model_hub import hub_consent, hub_hosts
from CTSpatialVQALib.errors import BadInput, one_line, shown
from CTSpatialVQALib.imaging.contract import Part, Prepared
from CTSpatialVQALib.records.words import Outcome

Kind = Literal["images", "volume", "text"]
DEATHS_IN_A_ROW = 3
_ADVICE = (
    "out of memory: fewer slices, batch_size 1, dtype bfloat16, a larger device or a smaller model need less"
)


class LocalQuestion(NamedTuple):
    """One question as the model gets it; `parts` name images by their number in the prepared array."""

    system: str
    parts: tuple[Part, ...]


class LocalModel:
    """A model in a process of its own.

    Parameters
    ----------
    name : of the backend, for messages
    model : folder, or repository of the hub
    kind : what it takes beside text
    consent : asked before files of it are fetched

    Raises
    ------
    BadInput
        If `model` is neither, or trust is given to something else.
    """

    def __init__(
        self,
        name: str,
        model: str,
        kind: Kind,
        options: LocalOptions,
        consent: Consent = nobody_consented,
    ) -> None:
        self._where = f"backend {name}"
        self._kind = kind
        self._options = options
        self._name = model
        self._lock = threading.RLock()
        self._process: LocalProcess | None = None
        self._facts: dict[str, JsonValue] = {}
        self._files: ModelFiles | None = None
        self._shown = ""
        self._deaths = 0
        self._hopeless: Answer | None = None
        self._closed = False
        local_files.check_name(self._where, model)
        self._folder = local_files.is_folder(model)
        self._yes = local_files.check_yes(self._where, model, options.trust_remote_code, folder=self._folder)
        self._consent = None if self._folder or options.offline else hub_consent(model, consent)
        if self._folder:
            self.may_run_code()

    def require_consent(self) -> None:
        """Ask for consent to fetch files, where they may be fetched.

        Raises
        ------
        BadInput
            Without it, naming the hub.
        """
        if self._consent is not None:
            self._consent.require()

    @property
    def files(self) -> ModelFiles:
        """Which files it is, found once; a repository may be fetched for it where that is allowed.

        Raises
        ------
        BadInput
            If the repository is not on this machine, or its own code may not be run.
        """
        with self._lock:
            if self._files is None:
                self._files = (
                    local_files.from_folder(self._name)
                    if self._folder
                    else local_files.from_snapshot(self._name, self._snapshot())
                )
            return self._files

    @property
    def label(self) -> str:
        """The repository, or the folder's own name: where it lies is nobody else's concern."""
        return Path(self._name).resolve().name if self._folder else self._name

    def may_run_code(self) -> bool:
        """Whether the model's own code is run.

        Raises
        ------
        BadInput
            If the model needs it and there is no yes to it, or the yes is for something else.
        """
        files = self.files
        needed = self._kind == "volume"
        if needed and not local_files.brings_code(files.folder, "AutoModelForCausalLM"):
            raise BadInput(
                f"{self._where}: {self._name}",
                expected="a model whose own code takes a volume (auto_map with AutoModelForCausalLM)",
                came="a model without it",
                remedy="Choose a contract of pictures for it",
            )
        return local_files.may_run_code(self._where, files, self._yes, needed=needed)

    def answers(
        self, questions: Sequence[LocalQuestion], prepared: Prepared | None, decoding: Decoding
    ) -> list[Answer]:
        """One answer for each question, all about the same pixels; failures are outcomes.

        Raises
        ------
        BadInput
            If the model cannot be used in this environment, whatever the question.
        """
        with self._lock:
            try:
                return self._ask(questions, prepared, decoding)
            except ProcessStopped:
                failed = Answer(Outcome.CANCELLED, detail="the model's process was ended")
            except ProcessSlow as slow:
                self._lost()
                failed = Answer(Outcome.TIMEOUT, detail=str(slow))
            except ProcessDied as died:
                self._lost()
                failed = Answer(Outcome.TRANSPORT_ERROR, detail=one_line(str(died)))
            return [failed] * len(questions)

    def close(self) -> None:
        """End the process for good; what is being asked becomes `cancelled`."""
        self._closed = True
        process = self._process
        if process is not None:
            process.stop()

    def _ask(
        self, questions: Sequence[LocalQuestion], prepared: Prepared | None, decoding: Decoding
    ) -> list[Answer]:
        if self._hopeless is not None:
            return [self._hopeless] * len(questions)
        process = self._ready()
        if isinstance(process, Answer):
            return [process] * len(questions)
        if prepared is not None:
            self._show(process, prepared)
        reply = process.request(
            {
                "do": "ask",
                "asked": [_message(question) for question in questions],
                "shown": prepared is not None,
                "generation": dict(decoding.settings),
                "seed": decoding.seed,
            },
            timeout_s=self._options.timeout_s,
        )
        if not reply["ok"]:
            return [_failed(reply)] * len(questions)
        self._deaths = 0
        return [self._answer(answer) for answer in reply["answers"]]

    def _show(self, process: LocalProcess, prepared: Prepared) -> None:
        """Send the array of another volume than the last one."""
        digest = prepared.presentation.content_sha256
        if digest == self._shown:
            return
        self._shown = ""
        array = np.ascontiguousarray(prepared.array)
        array = array.astype(array.dtype.newbyteorder("<"), copy=False)
        reply = process.request(
            {"do": "show", "sha256": digest, "dtype": array.dtype.str, "shape": list(array.shape)},
            array=array,
            timeout_s=self._options.timeout_s,
        )
        if not reply["ok"]:
            raise ProcessDied(f"the pictures did not arrive: {reply['text']}")
        self._shown = digest

    def _ready(self) -> LocalProcess | Answer:
        """The process with the model loaded, or why there is none."""
        if self._process is not None and self._facts:
            return self._process
        trusted = self.may_run_code()
        process = self._started()
        reply = process.request(
            {
                "do": "load",
                "kind": self._kind,
                "folder": str(self.files.folder),
                "device": self._options.device,
                "dtype": self._options.dtype,
                "trusted": trusted,
            },
            timeout_s=self._options.load_timeout_s,
        )
        if reply["ok"]:
            self._facts = reply["facts"]
            return process
        if reply["kind"] == "memory":
            self._hopeless = _failed(reply)
            return self._hopeless
        raise BadInput(
            f"{self._where}: {self._name}",
            expected=f"a model that {self._options.python} can load",
            came=one_line(reply["text"], 400),
            remedy="Name with --python an interpreter whose environment has what the model needs",
        )

    def _started(self) -> LocalProcess:
        if self._closed:
            raise ProcessStopped("closed")
        if self._process is None:
            self._shown = ""
            self._process = self._new_process(offline=True)
        return self._process

    def _new_process(self, *, offline: bool) -> LocalProcess:
        try:
            return LocalProcess(self._options.python, offline=offline)
        except OSError as error:
            raise BadInput(
                f"{self._where}: python",
                expected="a Python interpreter",
                came=f"{shown(self._options.python)}: {error.strerror}",
                remedy="Name with --python the interpreter of an environment with torch and transformers",
            ) from error

    def _lost(self) -> None:
        """Forget the process; after some losses in a row, start no other."""
        self._process, self._facts, self._shown = None, {}, ""
        self._deaths += 1
        if self._deaths >= DEATHS_IN_A_ROW:
            detail = f"the model's process was lost {self._deaths} times in a row; it is not started again"
            self._hopeless = Answer(Outcome.TRANSPORT_ERROR, detail=detail)

    def _snapshot(self) -> Path:
        """The folder of a repository, found by the hub's own client in the model's environment."""
        reply: dict[str, Any]
        try:
            reply = self._located()
        except (ProcessDied, ProcessSlow) as error:
            self._lost()
            reply = {"ok": False, "text": str(error)}
        if reply.get("kind") == "unusable":
            raise BadInput(
                f"{self._where}: model",
                expected=f"Hugging Face's packages in {self._options.python}",
                came=one_line(reply["text"], 200),
                remedy=f"Install them: {self._options.python} -m pip install transformers torch accelerate",
            )
        if not reply["ok"]:
            raise BadInput(
                f"{self._where}: model",
                expected=f"the files of {self._name} on this machine",
                came=one_line(reply["text"], 300),
                remedy="Fetch them with 'hf download', or set offline = false and agree with --consent",
            )
        return Path(reply["folder"])

    def _located(self) -> dict[str, Any]:
        """The reply of the hub's client; a process that goes online never loads a model."""
        offline = self._consent is None
        request: dict[str, JsonValue] = {
            "do": "locate",
            "repository": self._name,
            "revision": self._yes or self._options.revision or "",
            "offline": offline,
        }
        if offline:
            return self._started().request(request, timeout_s=self._options.load_timeout_s)
        self.require_consent()
        self._process = self._new_process(offline=False)
        try:
            request["hosts"] = list(hub_hosts())
            return self._process.request(request, timeout_s=self._options.load_timeout_s)
        finally:
            self._process.stop()
            self._process = None

    def _answer(self, reply: Mapping[str, Any]) -> Answer:
        if not reply["ok"]:
            return _failed(reply)
        facts = {
            **self._facts,
            "model": self.label,
            "revision": self.files.version,
            "finish_reason": reply["finish"],
            "completion_tokens": reply["completion_tokens"],
            **reply["facts"],
        }
        if reply["finish"] == "length":
            detail = f"cut after {reply['completion_tokens']} tokens"
            return Answer(Outcome.TRUNCATED, reply["text"], detail=detail, facts=facts)
        return spoken(reply["text"])._replace(facts=facts)


def _message(questions: LocalQuestion) -> dict[str, JsonValue]:
    parts: list[JsonValue] = [
        {"text": part.text} if part.image is None else {"image": part.image} for part in questions.parts
    ]
    return {"system": questions.system, "parts": parts}


def _failed(reply: Mapping[str, Any]) -> Answer:
    if reply["kind"] == "memory":
        return Answer(Outcome.OUT_OF_MEMORY, detail=f"{_ADVICE} ({one_line(reply['text'], 200)})")
    if reply["kind"] == "refused":
        return declined(reply["text"])
    return Answer(Outcome.TRANSPORT_ERROR, detail=one_line(reply["text"], 400))
