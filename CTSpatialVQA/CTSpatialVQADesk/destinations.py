"""Where would a backend of the study send something, and what? Asked before its first use."""

from __future__ import annotations

from contextlib import suppress

from CTSpatialVQADesk.study_wishes import granted
from CTSpatialVQALib.backends.consent import Destination
from CTSpatialVQALib.benchmark.study import Study
from CTSpatialVQALib.cli.backend_factory import backends_of
from CTSpatialVQALib.cli.consent_options import Sender
from CTSpatialVQALib.errors import BadInput


def destination_of(study: Study, name: str) -> Destination | None:
    """Host, and what would leave for it, in the backend's own words; None where nothing leaves.

    Raises
    ------
    BadInput
        If the declaration of the backend cannot be used.
    """
    declared = next((one for one in study.backends if one.name == name), None)
    if declared is None or (declared.url is None and declared.options.get("offline") is not False):
        return None
    asked: list[Destination] = []

    def not_yet(destination: Destination) -> bool:
        asked.append(destination)
        return False

    (backend,) = backends_of(study, (name,), consent=not_yet, grants=granted(study))
    if isinstance(backend, Sender):
        with suppress(BadInput):  # it says that consent is missing; that is what is asked here
            backend.require_consent()
    return asked[0] if asked else None
