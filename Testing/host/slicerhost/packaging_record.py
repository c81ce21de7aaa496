"""`slicer.packaging`: what would be installed is recorded, and nothing is."""

from __future__ import annotations

import importlib.metadata
from collections.abc import Sequence
from typing import NamedTuple

import slicer
from packaging.requirements import Requirement


class Request(NamedTuple):
    """One call of pip_ensure that found something missing."""

    requirements: tuple[str, ...]
    requester: str | None
    constraints: str | None


requests: list[Request] = []
accepting = False


def pip_check(requirements: str | Sequence[str]) -> bool:
    """Whether everything is installed in a version that fits."""
    return not _missing(requirements)


def pip_ensure(
    requirements: str | Sequence[str], *, requester: str | None = None, constraints: object = None
) -> None:
    """Ask to install what is missing; RuntimeError when declined. Skipped under --testing.

    Only the parameters whose meaning is known for certain are taken.
    """
    missing = _missing(requirements)
    if not missing:
        return
    requests.append(Request(tuple(missing), requester, None if constraints is None else str(constraints)))
    if slicer.app.testingEnabled():
        return
    if not accepting:
        raise RuntimeError(f"Installation was declined: {', '.join(missing)}")


def _missing(requirements: str | Sequence[str]) -> list[str]:
    every = [requirements] if isinstance(requirements, str) else list(requirements)
    return [requirement for requirement in every if not _satisfied(Requirement(requirement))]


def _satisfied(requirement: Requirement) -> bool:
    if requirement.marker is not None and not requirement.marker.evaluate():
        return True
    try:
        version = importlib.metadata.version(requirement.name)
    except importlib.metadata.PackageNotFoundError:
        return False
    return requirement.specifier.contains(version, prereleases=True)
