"""Options of a local model: the table `options` of a backend of kind `local`, each checked by name."""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping
from typing import NamedTuple

from pydantic import BaseModel, ConfigDict, Field, JsonValue, ValidationError, field_validator

from CTSpatialVQALib.imaging.contract import Contract
from CTSpatialVQALib.records.base import bad_input_from

DEFAULT_NEW_TOKENS = 512
PYTHON_VARIABLE = "CTSPATIALVQA_LOCAL_PYTHON"


def default_python() -> str:
    """The interpreter of local models whose options name none: that of the variable, or the present one."""
    return os.environ.get(PYTHON_VARIABLE) or sys.executable


class LocalOptions(BaseModel):
    """The table `options` of a backend of kind `local`.

    Parameters
    ----------
    python : interpreter with torch and transformers; default: see `default_python`
    device : `auto` takes CUDA, then Apple's MPS, then the CPU
    dtype : `auto` takes bfloat16 on a CUDA device that has it, else float32; never float16
    batch_size : questions about one volume that are asked together; more need more memory, and the
        rounding of a batch may differ in the last digit from that of a single question
    max_new_tokens : default: the contract's, else 512
    temperature, top_p, seed : sampling instead of the contract's decoding; 0 is greedy
    offline : only files that are on this machine
    revision : commit of a hub repository; default: the one that is on this machine, or its newest
    trust_remote_code : `REPOSITORY@REVISION`: yes to running exactly that code
    timeout_s : for one batch; the model's process is ended then
    load_timeout_s : for loading, a download included
    """

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)

    python: str = Field(default_factory=default_python, min_length=1)
    device: str = Field(default="auto", pattern=r"^(auto|cpu|mps|cuda(:\d+)?)$")
    dtype: str = Field(default="auto", pattern=r"^(auto|float32|bfloat16|float16)$")
    batch_size: int = Field(default=1, ge=1, le=256)
    max_new_tokens: int | None = Field(default=None, ge=1, le=65536)
    temperature: float | None = Field(default=None, ge=0, le=10)
    top_p: float | None = Field(default=None, gt=0, le=1)
    seed: int | None = Field(default=None, ge=0)
    offline: bool = True
    revision: str | None = Field(default=None, pattern=r"^[0-9a-zA-Z._/-]{1,200}$")
    trust_remote_code: str | None = Field(default=None, max_length=4096)
    timeout_s: float = Field(default=600, gt=0)
    load_timeout_s: float = Field(default=1800, gt=0)

    @field_validator("timeout_s", "load_timeout_s", "temperature", "top_p", mode="before")
    @classmethod
    def _whole_numbers_too(cls, value: object) -> object:
        return float(value) if isinstance(value, int) and not isinstance(value, bool) else value


class Decoding(NamedTuple):
    """How replies are generated.

    Parameters
    ----------
    settings : keyword arguments of transformers' `generate`
    seed : of the random numbers before each question, None if none are drawn or they are not fixed
    """

    settings: Mapping[str, JsonValue]
    seed: int | None

    @property
    def samples(self) -> bool:
        """Whether the reply is drawn by chance."""
        return self.settings["do_sample"] is True


def local_options(name: str, options: Mapping[str, JsonValue]) -> LocalOptions:
    """The options of the backend `name`.

    Raises
    ------
    BadInput
        For an unknown option or a value that it cannot have.
    """
    try:
        return LocalOptions.model_validate(dict(options))
    except ValidationError as error:
        raise bad_input_from(error, f"backend {name}: options", "option") from error


def decoding(contract: Contract | None, options: LocalOptions) -> Decoding:
    """The contract's decoding where the options do not say otherwise; greedy where neither says anything.

    A temperature of 0 means greedy, whatever a model's own configuration says of sampling.
    """
    recipe = dict(contract.generation) if contract is not None else {}
    for name in ("max_new_tokens", "temperature", "top_p", "seed"):
        if getattr(options, name) is not None:
            recipe[name] = getattr(options, name)
    samples = recipe.get("do_sample") is True or options.temperature is not None
    samples = samples and recipe.get("temperature") != 0
    settings: dict[str, JsonValue] = {
        "max_new_tokens": recipe.get("max_new_tokens", DEFAULT_NEW_TOKENS),
        "do_sample": samples,
        "num_beams": 1,
    }
    # None takes away what the model's own configuration may say
    settings |= {name: recipe.get(name) if samples else None for name in ("temperature", "top_p", "top_k")}
    settings |= {name: recipe[name] for name in ("repetition_penalty", "min_new_tokens") if name in recipe}
    if recipe.get("stop"):
        settings["stop_strings"] = recipe["stop"]
    seed = recipe.get("seed")
    return Decoding(settings, seed if samples and isinstance(seed, int) else None)
