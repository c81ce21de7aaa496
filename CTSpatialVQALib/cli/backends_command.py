"""`ctspatialvqa backends`: who can be asked, and does it answer?"""

from __future__ import annotations

import argparse
from typing import Any

from CTSpatialVQALib.benchmark.study import Study, load_study
from CTSpatialVQALib.cli.arguments import Commands, command, json_option, user_path
from CTSpatialVQALib.cli.backend_factory import EMBEDDED, chosen
from CTSpatialVQALib.cli.connection_tests import Tested, tested
from CTSpatialVQALib.cli.consent_options import GivenConsent
from CTSpatialVQALib.cli.console import emit, emit_json
from CTSpatialVQALib.cli.grants import Wish, grant_options, grants_of, grants_of_user, settled
from CTSpatialVQALib.errors import BadInput
from CTSpatialVQALib.imaging.model_cards import model_cards
from CTSpatialVQALib.records.study import StudyBackend

RECORDED = "Recorded answers from a predictions file that the study names; nothing is run."
_EXAMPLES = """\
  ctspatialvqa backends
  ctspatialvqa backends --study study.toml
  ctspatialvqa backends test medgemma --study study.toml
  ctspatialvqa backends serve my_adapter:answer --contract merlin --port 8100"""
_HOLDS, _FAILS = 0, 1


def add(commands: Commands) -> None:
    """Add the command's parser."""
    parser = command(
        commands, "backends", run, summary="list who can be asked; test or serve one", examples=_EXAMPLES
    )
    parser.add_argument("--study", type=user_path, metavar="STUDY", help="list what it declares, too")
    json_option(parser)
    actions = parser.add_subparsers(title="actions", metavar="ACTION")
    _add_test(actions)
    serve = actions.add_parser(
        "serve", help="serve an adapter for a model that takes volumes", add_help=False
    )
    # --help is handed on: the server, a file that also stands alone, parses its own options
    serve.add_argument("-h", "--help", action="store_true", dest="wants_help")
    serve.add_argument("arguments", nargs=argparse.REMAINDER, metavar="MODULE:FUNCTION [OPTION ...]")
    serve.set_defaults(run=_serve)


def _add_test(actions: Commands) -> None:
    test = actions.add_parser("test", help="ask a backend one thing; say which layer fails")
    test.add_argument("name", metavar="NAME", help="as the study declares it")
    test.add_argument("--study", type=user_path, required=True, metavar="STUDY")
    test.add_argument(
        "--consent",
        action="append",
        default=[],
        metavar="ORIGIN",
        help="agree that test requests go there, e.g. https://host",
    )
    grant_options(test)
    json_option(test)
    test.set_defaults(run=_test, parser=test)


def run(arguments: argparse.Namespace) -> int:
    """What is embedded, what a study declares, and the models whose input is known."""
    study = load_study(arguments.study) if arguments.study else None
    if arguments.json:
        emit_json(_listed(study))
        return 0
    emit("built in:")
    for name, description in (EMBEDDED | {"recorded": RECORDED}).items():
        emit(f"  {name:10} {description}")
    if study is not None:
        emit(f"declared by {study.path}:")
        for declared in study.backends:
            emit(f"  {declared.name:10} {_declaration_text(declared)}")
            for wish in _wishes(study, declared):
                emit(f"  {'':10} wants your yes to {wish.says}: {wish.option}")
    emit("models whose input contract is known (docs/asking.md says how to declare one):")
    for name, card in model_cards().items():
        emit(f"  {name:10} {card.title}: {card.loads_with}. Evidence: {card.evidence}.")
    return 0


def _test(arguments: argparse.Namespace) -> int:
    """One line per layer; 1 if one of them fails."""
    study = load_study(arguments.study)
    (declared,) = chosen(study, [arguments.name])
    grants = settled(study, [declared], grants_of(arguments), may_ask=not arguments.json)
    result = tested(study, grants.applied(study, declared), GivenConsent(arguments.consent))
    if arguments.json:
        emit_json(
            {
                "backend": arguments.name,
                "ok": result.ok,
                "layers": [layer._asdict() for layer in result.layers],
            }
        )
    else:
        _emit_layers(result)
    return _HOLDS if result.ok else _FAILS


def _serve(arguments: argparse.Namespace) -> int:
    from CTSpatialVQALib.backends import volume_server

    return volume_server.main(["--help"] if arguments.wants_help else arguments.arguments)


def _emit_layers(result: Tested) -> None:
    width = max(len(layer.name) for layer in result.layers)
    for layer in result.layers:
        emit(f"{'holds' if layer.ok else 'FAILS'}  {layer.name:{width}}  {layer.says}")


def _wishes(study: Study, declared: StudyBackend) -> list[Wish]:
    """What the study wants for it and nobody granted; nothing where its address is none."""
    try:
        return list(grants_of_user(study).missing(study, [declared]))
    except BadInput:  # said when it is used
        return []


def _listed(study: Study | None) -> dict[str, Any]:
    listed: dict[str, Any] = {"embedded": EMBEDDED, "recorded": RECORDED}
    if study is not None:
        listed["declared"] = {
            backend.name: backend.model_dump(mode="json", exclude={"name"}, exclude_defaults=True)
            for backend in study.backends
        }
        listed["wishes"] = {
            backend.name: [wish.option for wish in _wishes(study, backend)] for backend in study.backends
        }
    listed["models"] = {name: card.model_dump(mode="json") for name, card in model_cards().items()}
    return listed


def _declaration_text(declared: StudyBackend) -> str:
    what = declared.model or declared.path or ""
    where = f" at {declared.url}" if declared.url else ""
    shown = f", contract {declared.contract}" if declared.contract else ""
    of_what = f": {what}" if what else ""
    return f"{declared.kind}{of_what}{where}{shown}"
