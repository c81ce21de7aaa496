"""Grants that a study asks for a backend and only its reader can give."""

from __future__ import annotations

from collections.abc import Sequence

from CTSpatialVQALib.audit.events import Entry
from CTSpatialVQALib.benchmark.study import Study
from CTSpatialVQALib.cli import remembered_grants
from CTSpatialVQALib.cli.backend_factory import chosen
from CTSpatialVQALib.cli.grants import Grants, Wish


def granted(study: Study) -> Grants:
    """What the user's own file allows to this study.

    Raises
    ------
    BadInput
        If that file cannot be read.
    """
    return Grants(remembered_grants.of_study(study.sha256))


def missing_grants(study: Study, backend: str, *, local_python: str = "") -> tuple[Wish, ...]:
    """What the study wants for the backend and its reader was not asked about yet.

    Parameters
    ----------
    local_python : the interpreter that the reader chose for local models; with one, the study's is not needed

    Raises
    ------
    BadInput
        If the study has no such backend, or one of its addresses is none.
    """
    wishes = granted(study).missing(study, chosen(study, [backend]))
    return tuple(wish for wish in wishes if not (wish.grant_of == "python" and local_python))


def grant(study: Study, wishes: Sequence[Wish]) -> tuple[Entry, ...]:
    """Keep the reader's yes to these wishes, for this version of the study; the entries for his log.

    Raises
    ------
    WorkFailed
        If it cannot be written.
    """
    remembered_grants.remember(
        study.sha256, remembered_grants.grouped((wish.grant_of, wish.value) for wish in wishes)
    )
    return tuple(wish.entry for wish in wishes)
