"""From the study's [[backends]] to backends that can be asked."""

from __future__ import annotations

from collections.abc import Sequence

from CTSpatialVQALib.backends.anatomy_backend import AnatomyBackend
from CTSpatialVQALib.backends.base import Backend
from CTSpatialVQALib.backends.prior_backend import PriorBackend
from CTSpatialVQALib.backends.recorded import RecordedBackend
from CTSpatialVQALib.benchmark.predictions import read_predictions
from CTSpatialVQALib.benchmark.study import Study
from CTSpatialVQALib.cli.console import say
from CTSpatialVQALib.errors import BadInput
from CTSpatialVQALib.records.study import StudyBackend

EMBEDDED = {"anatomy": AnatomyBackend.description, "prior": PriorBackend.description}


def backends_of(study: Study, names: Sequence[str] = ()) -> tuple[Backend, ...]:
    """The backends called `names`, or all that the study declares; without any, the embedded ones.

    Raises
    ------
    BadInput
        If a name is neither declared by the study nor embedded.
    """
    declared = {backend.name: backend for backend in study.backends}
    chosen = names or tuple(declared) or tuple(EMBEDDED)
    return tuple(_backend(study, declared, name) for name in dict.fromkeys(chosen))


def _backend(study: Study, declared: dict[str, StudyBackend], name: str) -> Backend:
    kind = declared[name].kind if name in declared else name
    if kind == "anatomy":
        return AnatomyBackend(name)
    if kind == "prior":
        return PriorBackend(study.questions, study.patients, name)
    if kind == "recorded" and name in study.backend_files:
        return _recorded(study, name)
    raise BadInput(
        f"{study.path}: backend {name}",
        expected=f"one of {', '.join(sorted({*declared, *EMBEDDED}))}",
        came=name,
        remedy="Declare it under [[backends]] in the study file",
    )


def _recorded(study: Study, name: str) -> RecordedBackend:
    path = study.backend_files[name]
    found = read_predictions(path, study.questions)
    for note in found.notes:
        say(f"note: {note}")
    return RecordedBackend(name, found.predictions, path)
