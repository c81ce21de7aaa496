"""All faults of the fault server, by name: each a function of what is done to a request."""

from __future__ import annotations

from Testing.backends import (
    faults_of_bodies,
    faults_of_connections,
    faults_of_parsing,
    faults_of_statuses,
)
from Testing.backends.faultserver import Fault

FAULTS: dict[str, Fault] = {
    **faults_of_statuses.FAULTS,
    **faults_of_bodies.FAULTS,
    **faults_of_connections.FAULTS,
    **faults_of_parsing.FAULTS,
}
