"""What is known about a model, and how far is its adapter proven? The cards in Resources/models."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from functools import cache
from types import MappingProxyType

from pydantic import ValidationError

from CTSpatialVQALib.errors import BadInput
from CTSpatialVQALib.imaging.contract_catalogue import PUBLISHED, contracts
from CTSpatialVQALib.records.base import Record, bad_input_from
from CTSpatialVQALib.records.words import AdapterEvidence
from CTSpatialVQALib.resources import resource


class ModelCard(Record):
    """One file of Resources/models.

    Parameters
    ----------
    contract, version : the input contract that the card describes
    weights : where the weights are found, empty if the card is no model's
    loads_with : how they are loaded, and in which environment
    licence : as its holders state it, or where to read it
    sources : where the recipe was taken from
    recipe : the input in words
    decided_here : what the recipe leaves open, and what was chosen
    evidence, evidence_note : how far the adapter is proven, and by what
    """

    title: str
    contract: str
    version: str
    weights: str
    loads_with: str
    licence: str
    sources: tuple[str, ...]
    recipe: str
    decided_here: tuple[str, ...] = ()
    published_run: str = ""
    evidence: AdapterEvidence
    evidence_note: str


@cache
def model_cards() -> Mapping[str, ModelCard]:
    """All cards by the name of their contract.

    Raises
    ------
    BadInput
        If a file is no card, or its contract is another version.
    """
    names = [name for name in contracts() if PUBLISHED not in name]
    return MappingProxyType({name: _read(name) for name in names})


def _read(name: str) -> ModelCard:
    path = resource(f"models/{name}.toml")
    try:
        card = ModelCard.model_validate(tomllib.loads(path.read_text(encoding="utf-8")))
    except tomllib.TOMLDecodeError as error:
        raise BadInput(path, expected="TOML", came=str(error), remedy="Correct the file") from error
    except ValidationError as error:
        raise bad_input_from(error, str(path), "card") from error
    if (card.contract, card.version) != (name, contracts()[name].version):
        came = f"{card.contract} version {card.version}"
        expected = f"{name} version {contracts()[name].version}"
        raise BadInput(path, expected=expected, came=came, remedy="Review the card for the new version")
    return card
