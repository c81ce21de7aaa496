"""From the study's [[backends]] to backends that can be asked."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence

from pydantic import JsonValue

from CTSpatialVQALib.backends.anatomy_backend import AnatomyBackend
from CTSpatialVQALib.backends.backend import Backend
from CTSpatialVQALib.backends.consent import Consent, nobody_consented
from CTSpatialVQALib.backends.prior_backend import PriorBackend
from CTSpatialVQALib.backends.recorded import RecordedBackend
from CTSpatialVQALib.backends.text_chat import ChatModel
from CTSpatialVQALib.benchmark.predictions import read_predictions
from CTSpatialVQALib.benchmark.study import Study
from CTSpatialVQALib.cli.console import say
from CTSpatialVQALib.cli.grants import Grants
from CTSpatialVQALib.errors import BadInput, did_you_mean, shown
from CTSpatialVQALib.imaging.contract import Contract
from CTSpatialVQALib.imaging.contract_catalogue import contract_named, contracts
from CTSpatialVQALib.imaging.generic_slices import parse_options, slices_contract
from CTSpatialVQALib.imaging.model_cards import model_cards
from CTSpatialVQALib.records.study import StudyBackend

EMBEDDED = {"anatomy": AnatomyBackend.description, "prior": PriorBackend.description}
_SERVERS = ("openai", "volume-server")
SLICES = "slices"  # an option of its own: how the contract `slices` cuts


def backends_of(
    study: Study,
    names: Sequence[str] = (),
    *,
    consent: Consent = nobody_consented,
    grants: Grants | None = None,
    workers: int | None = None,
) -> tuple[Backend, ...]:
    """The backends called `names`, or all that the study declares; without any, the embedded ones.

    Parameters
    ----------
    consent : asked before anything is sent to another machine
    grants : what the user gives of what the study wishes; None: nothing
    workers : requests at once, for servers; default: their own option `in_flight`

    Raises
    ------
    BadInput
        If a name is neither declared by the study nor embedded, a declaration cannot be used, or the study
        wishes what nobody granted.
    """
    granted = grants or Grants()
    declarations = [granted.applied(study, declared) for declared in chosen(study, names)]
    return tuple(_backend(study, declared, consent, workers) for declared in declarations)


def chosen(study: Study, names: Sequence[str] = ()) -> tuple[StudyBackend, ...]:
    """The declarations of the backends called `names`; see `backends_of`.

    Raises
    ------
    BadInput
        If a name is neither declared by the study nor embedded.
    """
    declared = {backend.name: backend for backend in study.backends}
    selected = names or tuple(declared) or tuple(EMBEDDED)
    return tuple(_declaration(study, declared, name) for name in dict.fromkeys(selected))


def contract_of(declared: StudyBackend) -> Contract:
    """The input contract that a declaration names, else the one whose card has its model.

    The contract `slices` is cut as the option `slices` says (count, planes, windows ...).

    Raises
    ------
    BadInput
        If there is none, or the options of `slices` are not.
    """
    name = declared.contract or _contract_by_model(declared.model)
    if name is None:
        raise BadInput(
            f"backend {declared.name}: contract",
            expected=f"one of {', '.join(contracts())}",
            came=f"none, and no card has the model {shown(declared.model)}",
            remedy="Name what the model is shown; 'slices' suits any model that takes several pictures",
        )
    settings = declared.options.get(SLICES)
    if settings is None:
        return contract_named(name)
    if name != SLICES or not isinstance(settings, dict):
        raise BadInput(
            f"backend {declared.name}: options.{SLICES}",
            expected="a table, with the contract slices",
            came=f"{shown(settings)} with the contract {name}",
            remedy="Leave it out",
        )
    return slices_contract(parse_options({key: _plain(value) for key, value in settings.items()}))


def chat_model_of(declared: StudyBackend, *, consent: Consent = nobody_consented) -> ChatModel:
    """The model that `declared` describes, to be asked in words alone.

    Raises
    ------
    BadInput
        If its kind cannot be asked so, or the declaration cannot be used.
    """
    if declared.kind == "openai":
        from CTSpatialVQALib.backends.openai_backend import OpenAIBackend

        return OpenAIBackend(
            declared.name,
            url=declared.url or "",
            model=declared.model or "",
            contract=None,
            key=key_of(declared),
            key_source=_key_source(declared),
            options=declared.options,
            consent=consent,
        )
    if declared.kind == "local":
        from CTSpatialVQALib.backends.local_backend import LocalBackend

        return LocalBackend(
            declared.name,
            model=declared.model or "",
            contract=None,
            options=declared.options,
            consent=consent,
        )
    raise BadInput(
        f"backend {declared.name}",
        expected="kind 'openai' or 'local', which can be asked in words alone",
        came=f"kind '{declared.kind}'",
        remedy="Name another backend",
    )


def key_of(declared: StudyBackend) -> str | None:
    """The key from the environment variable that `declared` names; None where it names none.

    Raises
    ------
    BadInput
        If the variable is not set or empty.
    """
    if declared.key_variable is None:
        return None
    key = os.environ.get(declared.key_variable, "").strip()
    if not key:
        raise BadInput(
            f"backend {declared.name}: key",
            expected=f"a key in the environment variable {declared.key_variable}",
            came="none",
            remedy="Set it, in this terminal only; keys are never read from a file or kept in one",
        )
    return key


def _key_source(declared: StudyBackend) -> str:
    return f"the key in the environment variable {declared.key_variable}"


def _declaration(study: Study, declared: Mapping[str, StudyBackend], name: str) -> StudyBackend:
    if name in declared:
        return declared[name]
    if name in EMBEDDED:
        return StudyBackend.model_validate({"name": name, "kind": name})
    raise BadInput(
        f"{study.path}: backend {name}",
        expected=f"one of {', '.join(sorted({*declared, *EMBEDDED}))}",
        came=name,
        remedy=did_you_mean(name, {*declared, *EMBEDDED})
        or "Declare it under [[backends]] in the study file",
    )


def _backend(study: Study, declared: StudyBackend, consent: Consent, workers: int | None) -> Backend:
    if declared.kind == "anatomy":
        return AnatomyBackend(declared.name)
    if declared.kind == "prior":
        return PriorBackend(study.questions, study.patients, declared.name)
    if declared.kind == "recorded":
        return _recorded(study, declared.name)
    return model_backend(declared, consent=consent, workers=workers)


def model_backend(
    declared: StudyBackend, *, consent: Consent = nobody_consented, workers: int | None = None
) -> Backend:
    """The backend of a declared model: a server, a local model or a volume server.

    Raises
    ------
    BadInput
        If the declaration cannot be used.
    """
    contract = contract_of(declared)
    options = {key: value for key, value in declared.options.items() if key != SLICES}
    if workers is not None and declared.kind in _SERVERS:
        options["in_flight"] = workers
    if declared.kind == "local":
        from CTSpatialVQALib.backends.local_backend import LocalBackend

        return LocalBackend(
            declared.name, model=declared.model or "", contract=contract, options=options, consent=consent
        )
    url, key = declared.url or "", key_of(declared)
    if declared.kind == "openai":
        from CTSpatialVQALib.backends.openai_backend import OpenAIBackend

        return OpenAIBackend(
            declared.name,
            url=url,
            model=declared.model or "",
            contract=contract,
            key=key,
            key_source=_key_source(declared),
            options=options,
            consent=consent,
        )
    from CTSpatialVQALib.backends.volume_backend import VolumeServerBackend

    return VolumeServerBackend(
        declared.name,
        url=url,
        contract=contract,
        key=key,
        key_source=_key_source(declared),
        options=options,
        consent=consent,
    )


def _contract_by_model(model: str | None) -> str | None:
    """The contract whose card names these weights, also as the end of a local path."""
    for name, card in model_cards().items():
        weights = card.weights.lower()
        if weights and model and weights.rpartition("/")[2] == model.lower().rstrip("/").rpartition("/")[2]:
            return name
    return None


def _plain(value: JsonValue) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    return "+".join(map(str, value)) if isinstance(value, list) else str(value)


def _recorded(study: Study, name: str) -> RecordedBackend:
    path = study.backend_files[name]
    recorded = read_predictions(path, study.questions)
    for note in recorded.notes:
        say(f"note: {note}")
    return RecordedBackend(name, recorded.predictions, path)
