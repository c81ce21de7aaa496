"""The host to which a backend of the study would send data, known before its first use."""

from __future__ import annotations

from contextlib import suppress

from CTSpatialVQALib.backends.consent import Destination
from CTSpatialVQALib.benchmark.study import Study
from CTSpatialVQALib.cli.backend_factory import backends_of
from CTSpatialVQALib.cli.consent_options import Sender
from CTSpatialVQALib.errors import BadInput
from CTSpatialVQASession.study_grants import granted


def destination_of(study: Study, name: str) -> Destination | None:
    """Host, and what would leave for it, in the backend's own words; None where nothing leaves.

    Raises
    ------
    BadInput
        If the declaration of the backend cannot be used.
    """
    declared = next((backend for backend in study.backends if backend.name == name), None)
    if declared is None or (declared.url is None and declared.options.get("offline") is not False):
        return None
    requested: list[Destination] = []

    def refuse(destination: Destination) -> bool:
        requested.append(destination)
        return False

    (backend,) = backends_of(study, (name,), consent=refuse, grants=granted(study))
    if isinstance(backend, Sender):
        with suppress(BadInput):  # it says that consent is missing; which is known
            backend.require_consent()
    return requested[0] if requested else None
