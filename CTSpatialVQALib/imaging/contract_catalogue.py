"""The catalogue of input contracts: every model's recipe, and what the published run sent instead."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from functools import cache, partial
from types import MappingProxyType

from pydantic import JsonValue

from CTSpatialVQALib.errors import BadInput, did_you_mean, shown
from CTSpatialVQALib.imaging import published_variants as published
from CTSpatialVQALib.imaging import slice_recipes, volume_recipes
from CTSpatialVQALib.imaging.contract import Contract, Prompt, Show
from CTSpatialVQALib.imaging.generic_slices import SliceOptions, slices_contract

PUBLISHED = "@published"

_PATCHES = "<im_patch>" * 256
_RADFM_IMAGE = "<image>" + "".join(f"<image{number}>" for number in range(32)) + "</image>"
_GREEDY: dict[str, JsonValue] = {"do_sample": False}
_GREEDY_256: dict[str, JsonValue] = {**_GREEDY, "max_new_tokens": 256}
_SAMPLED: dict[str, JsonValue] = {"do_sample": True, "temperature": 1.0, "top_p": 0.9, "seed": None}
# The prompt of the published run, which asked Merlin's report model.
_MERLIN_PUBLISHED = (
    "Answer the question concisely using this CT. Output only the answer (no preamble). "
    "Question: {question}\nAnswer:"
)


@cache
def contracts() -> Mapping[str, Contract]:
    """All contracts by name, official ones first."""
    official = (*_volume_models(), *_picture_models(), slices_contract(SliceOptions()))
    every = (*official, *_published({contract.name: contract for contract in official}))
    return MappingProxyType({contract.name: contract for contract in every})


def contract_named(name: str) -> Contract:
    """The contract `name`, e.g. `merlin` or `merlin@published`.

    Raises
    ------
    BadInput
        If there is none.
    """
    if name not in contracts():
        names = ", ".join(contracts())
        raise BadInput(
            "contract",
            expected=f"one of {names}",
            came=shown(name),
            remedy=did_you_mean(name, contracts()) or "Choose one",
        )
    return contracts()[name]


def _volume_models() -> tuple[Contract, ...]:
    pictures = partial(
        Contract,
        version="2",
        kind="volume",
        prompt=Prompt(_PATCHES + " {question}"),
        generation=_GREEDY_256,
        slices=-3,
        rows=-2,
        columns=-1,
    )
    return (
        pictures("m3d", show=partial(volume_recipes.picture_pixels, depth=32)),
        pictures("med3dvlm", show=partial(volume_recipes.picture_pixels, depth=128)),
        Contract(
            name="merlin",
            version="2",
            kind="volume",
            show=volume_recipes.merlin_pixels,
            prompt=Prompt("Generate a radiology report for {question}###\n", bare="{question}###\n"),
            generation={**_GREEDY, "repetition_penalty": 1.2, "max_new_tokens": 128, "stop": ["###"]},
            slices=-1,
            rows=-2,
            columns=-3,
        ),
        Contract(
            name="radfm",
            version="2",
            kind="volume",
            show=volume_recipes.radfm_pixels,
            prompt=Prompt(_RADFM_IMAGE + "{question}"),
            generation={"max_new_tokens": 200, "top_k": 50},
            slices=-1,
            rows=-3,
            columns=-2,
        ),
        Contract(
            name="ct-chat",
            version="2",
            kind="volume",
            show=volume_recipes.ct_chat_pixels,
            prompt=Prompt("<image>\n <provided>{question} <short_answer>", bare="{question} <short_answer>"),
            generation={"temperature": 0, "max_new_tokens": 512},
            slices=-3,
            rows=-1,
            columns=-2,
        ),
    )


def _picture_models() -> tuple[Contract, ...]:
    stack = partial(Contract, version="1", kind="images", rows=-3, columns=-2)
    return (
        Contract(
            name="vila-m3",
            version="2",
            kind="images",
            show=slice_recipes.vila_pixels,
            prompt=Prompt("This is a CT image.\n{question}"),
            generation={"temperature": 0, "max_new_tokens": 1024},
            slices=-3,
            rows=-2,
            columns=-1,
        ),
        stack(
            "medgemma",
            show=slice_recipes.medgemma_pixels,
            prompt=Prompt(
                "{question}",
                opening="The following are axial slices of one CT volume, from superior to inferior.\n",
                after_image="SLICE {number}",
            ),
            generation={**_GREEDY, "max_new_tokens": 2000},
            slices=-4,
        ),
        stack(
            "lingshu",
            show=slice_recipes.lingshu_pixels,
            prompt=Prompt("{question}", before_image="<image_{number}>: "),
            generation={"temperature": 0, "max_new_tokens": 1024},
            slices=-4,
        ),
        Contract(
            name="hulu-med",
            version="1",
            kind="images",
            show=slice_recipes.hulu_pixels,
            prompt=Prompt("{question}"),
            generation={**_GREEDY, "max_new_tokens": 1024},
            slices=-3,
            rows=-2,
            columns=-1,
        ),
    )


def _published(official: Mapping[str, Contract]) -> tuple[Contract, ...]:
    def variant(name: str, differs: str, show: Show, **changes: object) -> Contract:
        fields = {"name": name + PUBLISHED, "show": show, "differs": differs, "approximate": True, **changes}
        return replace(official[name], **fields)  # type: ignore[arg-type]

    corner = published.picture_pixels
    raw = (
        "minimum and maximum of the raw HU after resampling from the corner voxel, 2 HU beyond the last one, "
        "storage order, temperature 1, top_p 0.9"
    )
    return (
        variant("m3d", raw, partial(corner, depth=32), generation=_SAMPLED),
        variant("med3dvlm", raw, partial(corner, depth=128), generation=_SAMPLED),
        variant(
            "merlin",
            "axes [1, 1, S, A, R] instead of [1, 1, R, A, S], a question put to the report model, 64 tokens, "
            "no penalty, no ### as the end",
            published.merlin_permuted,
            prompt=Prompt(_MERLIN_PUBLISHED),
            generation={**_GREEDY, "max_new_tokens": 64},
            slices=-3,
            columns=-1,
        ),
        variant(
            "radfm", "clipped to [-1024, 1024] HU, linear, 128 slices, storage order", published.radfm_pixels
        ),
        variant(
            "vila-m3",
            "shown with a coloured overlay and the text of VISTA3D, which are not reproduced; "
            "temperature 0.2, top_p 0.9, 256 tokens",
            slice_recipes.vila_pixels,
            generation={"temperature": 0.2, "top_p": 0.9, "max_new_tokens": 256},
        ),
        variant(
            "ct-chat",
            "no <image> and no <provided>, so that the volume never reaches the model; "
            "spacing taken as 1 mm, storage order",
            published.ct_chat_pixels,
            prompt=Prompt("{question}"),
        ),
        variant(
            "medgemma",
            "first window [-1225, 1025] HU, uniform slices in storage order, 896 x 896 bilinear, then JPEG",
            published.medgemma_pixels,
            generation={**_GREEDY, "min_new_tokens": 4},
        ),
        variant(
            "lingshu",
            "storage order, SLICE i after each picture",
            published.lingshu_pixels,
            prompt=Prompt("{question}", after_image="SLICE {number}"),
        ),
        variant(
            "hulu-med",
            "the array as stored: rows along its first axis and columns along its second, wherever these run",
            published.hulu_pixels,
            approximate=False,
        ),
    )
