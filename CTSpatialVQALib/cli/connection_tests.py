"""Connection tests of backends: for each kind its own, which names the failing layer; no patient is shown."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np

from CTSpatialVQALib.backends.consent import Consent
from CTSpatialVQALib.backends.text_chat import ChatModel, ChatRequest
from CTSpatialVQALib.benchmark.study import Study
from CTSpatialVQALib.cli.backend_factory import backends_of, chat_model_of, contract_of, model_backend
from CTSpatialVQALib.errors import BadInput, WorkFailed, one_line
from CTSpatialVQALib.records.study import StudyBackend
from CTSpatialVQALib.records.words import Outcome

_WORDS = ChatRequest("", "Reply with the one word: ready", max_tokens=16)
_HEARD = frozenset({Outcome.ANSWERED, Outcome.TRUNCATED, Outcome.REFUSED})


class Layer(NamedTuple):
    """One layer: whether it holds, and what was seen."""

    name: str
    ok: bool
    says: str


class Tested(NamedTuple):
    """The layers up to the first that fails, or all."""

    layers: tuple[Layer, ...]

    @property
    def ok(self) -> bool:
        """Whether the backend can be asked."""
        return all(layer.ok for layer in self.layers)


def tested(study: Study, declared: StudyBackend, consent: Consent) -> Tested:
    """Test one declared backend.

    Raises
    ------
    BadInput
        Without consent to send to its host, or if the declaration cannot be used.
    """
    if declared.kind == "openai":
        return _openai(declared, consent)
    if declared.kind == "volume-server":
        return Tested(tuple(_volume_server(declared, consent)))
    if declared.kind == "local":
        return Tested(tuple(_local(declared, consent)))
    (backend,) = backends_of(study, [declared.name])
    return Tested((Layer("built in", True, backend.description),))


def _openai(declared: StudyBackend, consent: Consent) -> Tested:
    from CTSpatialVQALib.backends.openai_backend import OpenAIBackend
    from CTSpatialVQALib.backends.wire.connection_test import run_connection_test

    backend = model_backend(declared, consent=consent)
    if not isinstance(backend, OpenAIBackend):  # for the type checker: the kind says it
        raise WorkFailed(f"backend {declared.name} is not behind an OpenAI-compatible server")
    try:
        return Tested(tuple(Layer(*layer) for layer in run_connection_test(backend).layers))
    finally:
        backend.close()


def _volume_server(declared: StudyBackend, consent: Consent) -> Iterator[Layer]:
    from CTSpatialVQALib.backends.volume_backend import VolumeServerBackend
    from CTSpatialVQALib.backends.wire.failures import Failure
    from CTSpatialVQALib.imaging.contract import Prepared, content_sha256
    from CTSpatialVQALib.records.reply import Presentation

    backend = model_backend(declared, consent=consent)
    if not isinstance(backend, VolumeServerBackend):  # for the type checker: the kind says it
        raise WorkFailed(f"backend {declared.name} is not a volume server")
    backend.require_consent()
    health = backend.client.health(once=True)
    if isinstance(health, Failure):
        yield Layer(str(health.layer), False, health.says)
        return
    yield Layer("server", True, f"a volume server of protocol {health.protocol}")
    yield Layer("model", True, f"{health.model} {health.version}".strip())
    try:
        backend.require_contract(health)
    except BadInput as error:
        yield Layer("contract", False, str(error))
        return
    made_for = "any" if health.contract is None else health.contract
    yield Layer("contract", True, f"its model is made for {made_for}, it is shown {backend.contract.name}")
    array = np.zeros((4, 4, 4), dtype=np.float32)
    shown = Presentation(contract="test", version="1", content_sha256=content_sha256(array))
    uploaded = backend.client.upload(Prepared(array, shown, backend.contract))
    if isinstance(uploaded, Failure):
        yield Layer("upload", False, uploaded.says)
        return
    yield Layer("upload", True, "it takes arrays; the model itself was not asked")
    backend.close()


def _local_model(declared: StudyBackend, consent: Consent) -> ChatModel:
    """The model as it will be run; one without a contract is asked in words alone, as a judge is."""
    from CTSpatialVQALib.backends.local_backend import LocalBackend

    try:
        contract_of(declared)
    except BadInput:
        return chat_model_of(declared, consent=consent)
    backend = model_backend(declared, consent=consent)
    if not isinstance(backend, LocalBackend):  # for the type checker: the kind says it
        raise WorkFailed(f"backend {declared.name} is not run on this machine")
    return backend


def _local(declared: StudyBackend, consent: Consent) -> Iterator[Layer]:
    from CTSpatialVQALib.backends.backend_lifecycle import Closable

    try:
        model = _local_model(declared, consent)
        yield Layer("files", True, f"found, version {model.version}")
    except BadInput as error:
        yield Layer("files", False, str(error))
        return
    try:
        answer = model.chat(_WORDS)
    except BadInput as error:
        yield Layer("loading", False, str(error))
        return
    finally:
        if isinstance(model, Closable):
            model.close()
    heard = answer.outcome in _HEARD
    says = answer.text or answer.detail if heard else f"{answer.outcome}: {answer.detail}"
    yield Layer("reply", heard, one_line(f"it replied: {says}" if heard else says, 160))
