"""Decoding of a chat model: from a contract's generation and the options to a request's fields."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

from pydantic import JsonValue

from CTSpatialVQALib.backends.wire.server_options import ChatOptions
from CTSpatialVQALib.imaging.contract import Contract

DEFAULT_MAX_TOKENS = 512
# What the interface has a field for; "do_sample: false" is its temperature 0.
_HAS_A_FIELD = frozenset({"temperature", "max_new_tokens", "stop", "do_sample", "seed"})


class Decoding(NamedTuple):
    """What is asked for.

    Parameters
    ----------
    parameters : all of it, for the reply's key
    sent : the fields among it
    limit : tokens of a reply that the options ask for, 0 if they do not
    """

    parameters: Mapping[str, JsonValue]
    sent: Mapping[str, JsonValue]
    limit: int

    def fields(
        self, model: str, *, max_tokens: int = 0, schema: Mapping[str, JsonValue] | None = None
    ) -> dict[str, JsonValue]:
        """The fields of one request; `max_tokens` of it counts unless the options allow more."""
        fields: dict[str, JsonValue] = {"model": model, **self.sent}
        if max_tokens:
            fields["max_tokens"] = max(max_tokens, self.limit)
        if schema is not None:
            named: JsonValue = {"name": "reply", "schema": dict(schema)}
            fields["response_format"] = {"type": "json_schema", "json_schema": named}
        return fields


def decoding_of(contract: Contract | None, options: ChatOptions) -> Decoding:
    """Options first, then the contract, then greedy decoding with a seed."""
    recipe = {} if contract is None else dict(contract.generation)
    sent: dict[str, JsonValue] = {
        "temperature": recipe.get("temperature", 0) if options.temperature is None else options.temperature,
        "max_tokens": options.max_tokens or recipe.get("max_new_tokens", DEFAULT_MAX_TOKENS),
    }
    if options.seed is not None:
        sent["seed"] = options.seed
    if recipe.get("stop"):
        sent["stop"] = recipe["stop"]
    parameters: dict[str, JsonValue] = {**sent, **options.extra}
    if contract is None and not options.max_tokens:
        del parameters["max_tokens"]  # each request in words says its own
    not_sent = sorted(set(recipe) - _HAS_A_FIELD - set(options.extra))
    if not_sent:
        parameters["not_sent"] = list[JsonValue](not_sent)
    return Decoding(parameters, sent, options.max_tokens or 0)
