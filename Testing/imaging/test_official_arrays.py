"""Each contract makes the array that the model's own preprocessing code made of the same CT."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from CTSpatialVQALib.imaging.contract import prepare
from CTSpatialVQALib.imaging.contract_catalogue import contract_named
from CTSpatialVQALib.imaging.model_cards import model_cards
from CTSpatialVQALib.records.words import AdapterEvidence
from CTSpatialVQALib.volumes.oriented_volume import OrientedVolume

# Largest difference of a value. M3D's resize is torch's; ours multiplies in another order.
TOLERANCE = {"m3d": 2.4e-7, "med3dvlm": 2.4e-7}
MODELS = ("m3d", "med3dvlm", "merlin", "ct-chat", "radfm", "vila-m3", "medgemma")
CASES = ("example_ct_sm", "chest_crop")
SAMPLED = 20_000

pytestmark = pytest.mark.real_data


def as_fed(name: str, array: NDArray[Any]) -> NDArray[Any]:
    """Our array in the form in which the official code keeps it: VILA-M3's one picture as three channels."""
    return np.repeat(array[0][..., None], 3, axis=-1) if name == "vila-m3" else array


@pytest.mark.parametrize("case", CASES)
@pytest.mark.parametrize("name", MODELS)
def test_the_array_is_that_of_the_models_own_code(name: str, case: str, real_data: Path) -> None:
    folder = real_data / "official"
    facts = json.loads((folder / "official.json").read_text("utf-8"))[f"{name}__{case}"]
    volume = OrientedVolume.from_file(real_data / "ct" / f"{case}.nii.gz")
    ours = as_fed(name, prepare(contract_named(name), volume).array)
    assert list(ours.shape) == facts["shape"]
    assert ours.dtype.name == facts["dtype"]
    with np.load(folder / f"{name}__{case}.npz") as official:
        index, value = official["index"], official["value"]
    assert len(index) == SAMPLED
    sampled = np.ascontiguousarray(ours).ravel()[index].astype(np.float64)
    difference = np.abs(sampled - value.astype(np.float64)).max()
    assert difference <= TOLERANCE.get(name, 0.0), f"largest difference {difference:.3g}"
    assert (float(ours.min()), float(ours.max())) == pytest.approx((facts["min"], facts["max"]), abs=2.4e-7)
    assert float(ours.mean(dtype=np.float64)) == pytest.approx(facts["mean"], abs=1e-6)


def test_the_cards_claim_what_was_compared() -> None:
    proven = {
        name
        for name, card in model_cards().items()
        if card.evidence is AdapterEvidence.OFFICIAL_PREPROCESSING
    }
    # Lingshu is shown MedGemma's pictures
    assert proven == {*MODELS, "lingshu"}
