"""Of every contract and every probe: what may change of the model's input, and how much of it."""

from __future__ import annotations

from functools import cache
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy import ndimage

from CTSpatialVQALib.imaging.contract import Arrangement, prepare
from CTSpatialVQALib.imaging.contract_catalogue import contract_named, contracts
from CTSpatialVQALib.imaging.probes import ProbeInputs, probed
from CTSpatialVQALib.imaging.voxel_edits import EDGE_VOXELS, MARK_VOXELS, erased, marked, mirrored
from CTSpatialVQALib.records.words import Probe
from CTSpatialVQALib.volumes.anatomy_mask import AnatomyMask
from CTSpatialVQALib.volumes.oriented_volume import OrientedVolume
from Testing.imaging.patients import phantom, ramp

EVERY = sorted(contracts())
SMALL = "kidney_left"
# a changed voxel reaches into the neighbours that a resampling blends, and with JPEG into its 16 x 16 block
SPREAD = {"medgemma@published": 12.0}


@cache
def patient() -> tuple[OrientedVolume, AnatomyMask]:
    """A phantom whose brightest and darkest voxels lie in a kidney: a scale taken anew changes everything."""
    one = phantom(0)
    mask = AnatomyMask(one.labels, one.grid, one.names)
    hu = np.clip(one.hu, -1000, 1200).astype(np.int16, order="F")
    kidney = np.argwhere(mask.voxels_of(SMALL))
    hu[tuple(kidney[0])], hu[tuple(kidney[-1])] = 3000, -1024
    return OrientedVolume(hu, one.grid), mask


def shown(name: str, probe: Probe) -> NDArray[Any]:
    volume, mask = patient()
    other = ramp(0)
    array = probed(
        contract_named(name), volume, probe, ProbeInputs(seed=3, other=other, mask=mask, structures=(SMALL,))
    ).array
    return array[:, :, :1] if "radfm" in name and array.size else array  # its three channels are one


@cache
def full(name: str) -> NDArray[Any]:
    return shown(name, Probe.FULL)


def changed_share(name: str, probe: Probe) -> float:
    array = shown(name, probe)
    assert array.shape == full(name).shape
    return float((array != full(name)).mean())


@cache
def share_of_box(margin: int) -> float:
    """Share of the volume that the box of the structure takes, with a margin for blending."""
    _, mask = patient()
    (box,) = ndimage.find_objects(mask.voxels_of(SMALL).astype(np.uint8))
    pairs = zip(box, mask.labels.shape, strict=True)
    sides = [min(n, part.stop + margin) - max(0, part.start - margin) for part, n in pairs]
    return float(np.prod(sides)) / mask.labels.size


@pytest.mark.parametrize("probe", [Probe.ERASED, Probe.MARKED])
@pytest.mark.parametrize("name", [name for name in EVERY if not name.startswith("vila")])
def test_erasing_and_marking_change_the_structure_and_nothing_else(name: str, probe: Probe) -> None:
    reach = (EDGE_VOXELS if probe is Probe.ERASED else MARK_VOXELS) + 2
    bound = share_of_box(reach) * SPREAD.get(name, 2.0)
    assert 0 < changed_share(name, probe) < bound < 0.5


@pytest.mark.parametrize("probe", [Probe.ERASED, Probe.MARKED])
def test_one_slice_without_the_structure_stays_as_it_is(probe: Probe) -> None:
    # VILA-M3 sees a slice above the kidneys
    assert changed_share("vila-m3", probe) == 0


@pytest.mark.parametrize("name", ["m3d", "radfm", "hulu-med", "slices"])
def test_each_of_the_two_does_what_its_name_says(name: str) -> None:
    volume, mask = patient()
    for probe, edit in ((Probe.ERASED, erased), (Probe.MARKED, marked)):
        expected = prepare(
            contract_named(name), edit(volume, mask, [SMALL]), arrangement=Arrangement(full=volume)
        )
        actual = probed(contract_named(name), volume, probe, ProbeInputs(mask=mask, structures=(SMALL,)))
        assert actual.presentation.content_sha256 == expected.presentation.content_sha256
        assert actual.presentation.probe is probe
    inside = mask.voxels_of(SMALL)
    # what is erased is gone, what is marked is untouched inside
    assert (erased(volume, mask, [SMALL]).hu[inside] != volume.hu[inside]).mean() > 0.9
    np.testing.assert_array_equal(marked(volume, mask, [SMALL]).hu[inside], volume.hu[inside])


@pytest.mark.parametrize("name", EVERY)
def test_a_mirrored_volume_keeps_every_grey_value_and_its_scale(name: str) -> None:
    first, second = full(name), shown(name, Probe.MIRRORED)
    assert first.shape == second.shape
    assert (first != second).any()
    assert second.min() == pytest.approx(first.min(), abs=1e-5)
    assert second.max() == pytest.approx(first.max(), abs=1e-5)
    assert float(second.mean()) == pytest.approx(float(first.mean()), rel=0.02, abs=0.01)


@pytest.mark.parametrize("name", [name for name in EVERY if not name.startswith("vila")])
def test_shuffling_and_one_slice_invent_no_value(name: str) -> None:
    first = full(name)
    for probe in (Probe.SHUFFLED, Probe.SINGLE_SLICE):
        array = shown(name, probe)
        assert (array.shape != first.shape) or (array != first).any()
        assert first.min() <= array.min() <= array.max() <= first.max()
    shuffled = shown(name, Probe.SHUFFLED)
    assert float(shuffled.mean()) == pytest.approx(float(first.mean()), rel=0.02, abs=0.01)


@pytest.mark.parametrize("name", EVERY)
def test_another_patient_is_shown_as_he_would_be_shown_himself(name: str) -> None:
    other = ramp(0)
    own = prepare(contract_named(name), other).presentation.content_sha256
    presentation = probed(contract_named(name), patient()[0], Probe.OTHER_CASE, ProbeInputs(other=other))
    assert presentation.presentation.content_sha256 == own


@pytest.mark.parametrize("name", EVERY)
def test_text_only_shows_nothing(name: str) -> None:
    assert shown(name, Probe.TEXT_ONLY).size == 0


def test_the_mirror_turns_the_columns_of_a_picture() -> None:
    volume, _ = patient()
    np.testing.assert_array_equal(
        shown("medgemma", Probe.MIRRORED), prepare(contract_named("medgemma"), mirrored(volume)).array
    )
    np.testing.assert_array_equal(shown("medgemma", Probe.MIRRORED), full("medgemma")[:, :, ::-1])
