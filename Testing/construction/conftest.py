"""What the tests of the construction share: one server with scripted models, and models at it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from CTSpatialVQALib.backends.consent import nobody_consented
from CTSpatialVQALib.backends.openai_backend import OpenAIBackend
from CTSpatialVQALib.construction.chat_store import ChatStore
from Testing.construction.pair_server import Scripted, serving

Model = Callable[[str], OpenAIBackend]


@pytest.fixture(scope="session")
def pair_server() -> Iterator[str]:
    """The address of a server of scripted models."""
    with serving() as address:
        yield address


@pytest.fixture
def scripted(pair_server: str) -> Callable[[str], Scripted]:
    """A scripted model by its manner, with a book of its own."""
    return lambda manner: Scripted(pair_server, manner)


def asked_of(one: Scripted) -> OpenAIBackend:
    """A scripted model as the product asks it."""
    return OpenAIBackend(
        "model",
        url=one.url,
        model="tiny",
        contract=None,
        key=None,
        options={"in_flight": 2, "attempts": 1},
        consent=nobody_consented,
    )


@pytest.fixture
def store(tmp_path: Path) -> Iterator[ChatStore]:
    """A store of exchanges of its own."""
    with ChatStore(tmp_path / "exchanges.store") as opened:
        yield opened
