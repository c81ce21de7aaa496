"""`ctspatialvqa claims`: what does a text say about space?"""

from __future__ import annotations

import argparse

from CTSpatialVQALib.cli.arguments import Commands, command, json_option
from CTSpatialVQALib.cli.console import emit, emit_json
from CTSpatialVQALib.language.propositions import parse_claims
from CTSpatialVQALib.records.text import Proposition
from CTSpatialVQALib.records.words import Certainty, Frame, Polarity

_EXAMPLES = """\
  ctspatialvqa claims "No effusion on the left; a 6 mm nodule in the right upper lobe." """


def add(commands: Commands) -> None:
    """Add the command's parser."""
    parser = command(
        commands, "claims", run, summary="parse the spatial claims of a text", examples=_EXAMPLES
    )
    parser.add_argument("text", metavar="TEXT")
    json_option(parser)


def run(arguments: argparse.Namespace) -> int:
    """Print one claim per line, or all as JSON."""
    claims = parse_claims(arguments.text)
    if arguments.json:
        emit_json([claim.model_dump(mode="json") for claim in claims])
        return 0
    for claim in claims:
        fields = claim.model_dump(
            mode="json", exclude_defaults=True, exclude={"span", "words", "propositions"}
        )
        emit(f"{claim.words!r}: " + "; ".join(f"{key}: {_plain(value)}" for key, value in fields.items()))
        for proposition in claim.propositions:
            emit(f"  {_proposition(proposition)}")
    if not claims:
        emit("no spatial claim")
    return 0


def _proposition(proposition: Proposition) -> str:
    """One proposition in a line: subject, dimension, value and landmark, and what qualifies it."""
    subject = proposition.finding or ", ".join((*proposition.structures, *proposition.regions)) or "it"
    landmark = f" ({proposition.landmark.words})" if proposition.landmark is not None else ""
    qualified = [
        str(value)
        for value, usual in (
            (proposition.polarity, Polarity.AFFIRMED),
            (proposition.certainty, Certainty.STATED),
            (proposition.frame, Frame.PATIENT),
        )
        if value is not usual
    ]
    statement = f"{proposition.dimension} {proposition.value}".strip() + landmark
    return f"{subject}: {statement}" + (f" [{', '.join(qualified)}]" if qualified else "")


def _plain(value: object) -> str:
    if isinstance(value, list):
        return ", ".join(_plain(part) for part in value)
    if isinstance(value, dict):
        return " ".join(str(part) for part in value.values() if part != "")
    return str(value)
