"""The model that is asked in words: options that `build generate` and `build validate` share."""

from __future__ import annotations

import argparse
import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Protocol, runtime_checkable

from pydantic import JsonValue

from CTSpatialVQALib.backends.text_chat import ChatModel
from CTSpatialVQALib.cli.arguments import whole_number
from CTSpatialVQALib.cli.backend_factory import chat_model_of
from CTSpatialVQALib.cli.consent_options import GivenConsent, Sender
from CTSpatialVQALib.cli.grants import grant_options, grants_of
from CTSpatialVQALib.construction.text_requests import Spent
from CTSpatialVQALib.errors import BadInput, shown
from CTSpatialVQALib.records.study import StudyBackend


@runtime_checkable
class _Closable(Protocol):
    def close(self) -> None:
        """Hang up, or end the process."""


def model_options(parser: argparse.ArgumentParser, *, what: str) -> None:
    """The options that name a model; `what` says what it does."""
    group = parser.add_argument_group("model", f"who {what}; reports leave this machine only with --consent")
    group.add_argument("--url", help="OpenAI-compatible server, e.g. http://localhost:8000/v1")
    group.add_argument(
        "--model", help="name at the server; without --url a local folder or hub id of transformers"
    )
    group.add_argument(
        "--key-variable", metavar="NAME", help="environment variable that holds the server's key"
    )
    grant_options(group, without=("key_variable",))
    group.add_argument("--workers", type=whole_number, metavar="N", help="parallel requests, for a server")
    group.add_argument(
        "--option",
        action="append",
        default=[],
        metavar="NAME=VALUE",
        help="as under [backends.options] of a study, e.g. temperature=0.2, device=cpu; repeatable",
    )
    group.add_argument(
        "--consent",
        action="append",
        default=[],
        metavar="ORIGIN",
        help="the texts may be sent there, e.g. https://host",
    )
    group.add_argument(
        "--price",
        type=float,
        nargs=2,
        metavar=("IN", "OUT"),
        help="price of a million tokens sent and received: the cost is told",
    )


def is_named(arguments: argparse.Namespace) -> bool:
    """Whether the options name a model."""
    return arguments.model is not None or arguments.url is not None


@contextmanager
def named_model(arguments: argparse.Namespace) -> Iterator[ChatModel]:
    """The model that the options name, ended with the block; consent is settled before anything is read.

    Raises
    ------
    BadInput
        If none is named, the options do not fit, or the host needs a consent that was not given.
    """
    if arguments.model is None:
        raise BadInput(
            "model",
            expected="--model, with --url for a server",
            came="none",
            remedy="Name the model, for example --url http://localhost:8000/v1 --model NAME",
        )
    options = dict(_option(text) for text in arguments.option)
    if arguments.workers is not None and arguments.url is not None:
        options["in_flight"] = arguments.workers
    declared = StudyBackend(
        name=_name_of(arguments.model),
        kind="local" if arguments.url is None else "openai",
        url=arguments.url,
        model=arguments.model,
        key_variable=arguments.key_variable,
        options=options,
    )
    declared = grants_of(arguments, key_variable=False).applied_to_own(declared)
    model = chat_model_of(declared, consent=GivenConsent(arguments.consent))
    try:
        if isinstance(model, Sender):
            model.require_consent()
        yield model
    finally:
        if isinstance(model, _Closable):
            model.close()


def _option(text: str) -> tuple[str, JsonValue]:
    """Name and value; a value that is no JSON is a text."""
    name, equals, value = text.partition("=")
    if not name or not equals:
        raise BadInput(
            "--option", expected="NAME=VALUE", came=shown(text), remedy="For example temperature=0"
        )
    try:
        parsed: JsonValue = json.loads(value)
    except ValueError:
        parsed = value
    return name, parsed


def _name_of(model: str) -> str:
    """The name that is kept with every pair: of a folder its last part, since a path is nobody's business."""
    return Path(model).resolve().name if Path(model).is_dir() else model


def cost_of(spent: Spent, arguments: argparse.Namespace) -> float | None:
    """The price of the tokens told, in the currency of --price; None without it."""
    if arguments.price is None:
        return None
    price_in, price_out = arguments.price
    return float(spent.prompt_tokens * price_in + spent.completion_tokens * price_out) / 1e6


def spent_line(spent: Spent, cost: float | None) -> str:
    """Tokens, seconds and cost as people read them."""
    text = f"{spent.prompt_tokens} tokens sent, {spent.completion_tokens} received, {spent.seconds:.1f} s"
    if not spent.priced:
        text = f"no tokens told by the server, {spent.seconds:.1f} s"
    return text if cost is None else f"{text}, cost {cost:.2f}"
