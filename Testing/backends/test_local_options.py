"""How a local model is run and decodes: by its contract unless the options say otherwise."""

from __future__ import annotations

import pytest

from CTSpatialVQALib.backends.local_options import Decoding, decoding, local_options
from CTSpatialVQALib.errors import BadInput
from CTSpatialVQALib.imaging.contract_catalogue import contract_named


def decoded(contract: str | None, **options: object) -> Decoding:
    named = None if contract is None else contract_named(contract)
    return decoding(named, local_options("x", options))  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("contract", "most"), [("medgemma", 2000), ("lingshu", 1024), ("m3d", 256), ("slices", 512), (None, 512)]
)
def test_decoding_is_greedy_unless_a_contract_samples(contract: str | None, most: int) -> None:
    found = decoded(contract)
    assert not found.samples
    assert found.settings["do_sample"] is False
    # None takes away what the model's own configuration says
    assert [found.settings[name] for name in ("temperature", "top_p", "top_k")] == [None, None, None]
    assert found.settings["max_new_tokens"] == most


def test_a_contract_decodes_as_its_recipe_says() -> None:
    merlin = decoded("merlin").settings
    assert merlin["repetition_penalty"] == 1.2
    assert (merlin["max_new_tokens"], merlin["stop_strings"]) == (128, ["###"])
    published = decoded("m3d@published")
    assert published.samples
    assert published.settings["temperature"] == 1.0
    assert published.seed is None


def test_options_come_before_the_contract() -> None:
    assert decoded("merlin", max_new_tokens=7).settings["max_new_tokens"] == 7
    assert not decoded("m3d@published", temperature=0).samples
    sampled = decoded("medgemma", temperature=0.7, top_p=0.9, seed=3)
    assert (sampled.settings["temperature"], sampled.settings["top_p"], sampled.seed) == (0.7, 0.9, 3)
    assert sampled.samples


def test_a_seed_without_sampling_means_nothing() -> None:
    assert decoded("medgemma", seed=3).seed is None


@pytest.mark.parametrize(
    ("option", "value"),
    [
        ("device", "gpu"),
        ("dtype", "int8"),
        ("batch_size", 0),
        ("batch_size", True),
        ("timeout_s", 0),
        ("offline", "yes"),
        ("revision", "a b"),
        ("trust_remote_code", True),
        ("heat", 0),
    ],
)
def test_a_wrong_option_is_named(option: str, value: object) -> None:
    with pytest.raises(BadInput, match=f"backend x: options: {option}"):
        local_options("x", {option: value})  # type: ignore[dict-item]
