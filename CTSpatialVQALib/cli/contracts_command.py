"""`ctspatialvqa contracts`: what each model is shown, with the evidence for it."""

from __future__ import annotations

import argparse
import io
import textwrap
from pathlib import Path

from pydantic import JsonValue

from CTSpatialVQALib.cli.arguments import Commands, command, json_option, user_path
from CTSpatialVQALib.cli.console import emit, emit_json
from CTSpatialVQALib.errors import BadInput
from CTSpatialVQALib.files import write_bytes
from CTSpatialVQALib.imaging.contract import Contract
from CTSpatialVQALib.imaging.contract_catalogue import PUBLISHED, contract_named, contracts
from CTSpatialVQALib.imaging.gallery import gallery
from CTSpatialVQALib.imaging.model_cards import ModelCard, model_cards
from CTSpatialVQALib.volumes.oriented_volume import OrientedVolume

_EXAMPLES = """\
  ctspatialvqa contracts
  ctspatialvqa contracts radfm
  ctspatialvqa contracts --ct chest.nii.gz --picture contracts.png"""
_WIDTH = 100


def add(commands: Commands) -> None:
    """Add the command's parser."""
    parser = command(
        commands,
        "contracts",
        run,
        summary="list what each model is shown, with the evidence for it",
        examples=_EXAMPLES,
    )
    parser.add_argument("name", nargs="?", metavar="NAME", help="one contract, with its whole card")
    parser.add_argument("--ct", type=user_path, help="CT file or DICOM folder for --picture")
    parser.add_argument(
        "--picture",
        type=user_path,
        metavar="F.png",
        help="draw what every contract shows of --ct, stored two ways",
    )
    json_option(parser)


def run(arguments: argparse.Namespace) -> int:
    """List the contracts or tell one; draw them all of one patient."""
    chosen = [contract_named(arguments.name)] if arguments.name else list(contracts().values())
    if (arguments.ct is None) != (arguments.picture is None):
        absent = "--ct" if arguments.ct is None else "--picture"
        raise BadInput(
            absent, expected="--ct and --picture together", came="one of them", remedy=f"Add {absent}"
        )
    if arguments.picture:
        _draw(arguments.ct, arguments.picture, chosen)
    if arguments.json:
        emit_json({"contracts": [_as_json(contract) for contract in chosen]})
    elif arguments.name:
        _tell_card(chosen[0])
    else:
        for contract in chosen:
            _tell_line(contract)
    return 0


def card_of(contract: Contract) -> ModelCard:
    """The card of a contract; a published variant's is that of the model's own recipe."""
    return model_cards()[contract.name.removesuffix(PUBLISHED)]


def _draw(ct: Path, target: Path, chosen: list[Contract]) -> None:
    if target.suffix.lower() != ".png":
        raise BadInput(target, expected="a file name ending in .png", came=target.suffix, remedy="Rename it")
    packed = io.BytesIO()
    models = tuple(dict.fromkeys(contract.name.removesuffix(PUBLISHED) for contract in chosen))
    gallery(OrientedVolume.from_file(ct), models, contracts()).save(packed, "PNG", optimize=True)
    write_bytes(target, packed.getvalue())


def _evidence(contract: Contract) -> str:
    if contract.name.endswith(PUBLISHED):
        return "approximate" if contract.approximate else "as documented"
    return str(card_of(contract).evidence)


def _tell_line(contract: Contract) -> None:
    emit(f"{contract.name:<20} version {contract.version}  {contract.kind:<7} {_evidence(contract)}")


def _tell_card(contract: Contract) -> None:
    card = card_of(contract)
    emit(f"{contract.name}, version {contract.version}: {card.title}")
    rows = [
        ("input", contract.differs or card.recipe),
        ("evidence", f"{_evidence(contract)}. {card.evidence_note}"),
        *(("decided here", text) for text in card.decided_here),
        ("published run", card.published_run),
        ("weights", card.weights),
        ("loads with", card.loads_with),
        ("licence", card.licence),
        *(("source", text) for text in card.sources),
        ("decoding", ", ".join(f"{key} {value}" for key, value in contract.generation.items())),
    ]
    for label, text in rows:
        if text:
            for line in _wrapped(f"  {label:<14}", text):
                emit(line)


def _wrapped(label: str, text: str) -> list[str]:
    # an address or a file name is never cut in two
    wrapper = textwrap.TextWrapper(_WIDTH, break_on_hyphens=False, break_long_words=False)
    wrapper.initial_indent, wrapper.subsequent_indent = label, " " * 16
    return wrapper.wrap(text)


def _as_json(contract: Contract) -> dict[str, JsonValue]:
    card = card_of(contract)
    return {
        "name": contract.name,
        "version": contract.version,
        "kind": contract.kind,
        "evidence": _evidence(contract),
        "differs": contract.differs,
        "approximate": contract.approximate,
        "generation": dict(contract.generation),
        "card": card.model_dump(mode="json"),
    }
