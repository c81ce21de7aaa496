"""Each probe changes one thing of what a model is shown, and nothing else."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import ndimage

from CTSpatialVQALib.errors import BadInput
from CTSpatialVQALib.imaging.contract import prepare
from CTSpatialVQALib.imaging.contract_catalogue import contract_named
from CTSpatialVQALib.imaging.preview import preview, stack_of
from CTSpatialVQALib.imaging.probes import ProbeInputs, probed
from CTSpatialVQALib.imaging.voxel_edits import erased, marked, mirrored
from CTSpatialVQALib.records.words import Probe
from CTSpatialVQALib.volumes.anatomy_mask import AnatomyMask
from Testing.imaging.patients import phantom, phantom_volume, ramp, volume_of

LIGHT = ["m3d", "medgemma", "lingshu", "slices"]


def phantom_mask(index: int = 0) -> AnatomyMask:
    one = phantom(index)
    return AnatomyMask(one.labels, one.grid, one.names)


def inputs(*structures: str) -> ProbeInputs:
    return ProbeInputs(other=phantom_volume(1), mask=phantom_mask(), structures=structures or ("liver",))


@pytest.mark.parametrize("name", LIGHT)
def test_every_probe_shows_something_else_and_says_so(name: str) -> None:
    shown = {
        probe: probed(contract_named(name), phantom_volume(), probe, inputs()).presentation for probe in Probe
    }
    assert [one.probe for one in shown.values()] == list(Probe)
    assert len({one.content_sha256 for one in shown.values()}) == len(Probe)


@pytest.mark.parametrize("name", LIGHT)
def test_full_is_the_contract_itself(name: str) -> None:
    full = probed(contract_named(name), phantom_volume(), Probe.FULL)
    assert full.presentation == prepare(contract_named(name), phantom_volume()).presentation


@pytest.mark.parametrize("name", ["m3d", "merlin", "radfm", "ct-chat", "vila-m3", "medgemma", "slices"])
def test_text_only_has_no_pixel_and_no_image_token(name: str) -> None:
    prepared = probed(contract_named(name), phantom_volume(), Probe.TEXT_ONLY)
    assert prepared.array.size == 0
    (part,) = prepared.parts("Where is it?")
    assert part.image is None
    assert "Where is it?" in part.text
    assert "im" not in part.text.replace("Where is it?", "")


def test_a_single_slice_is_the_middle_one_of_those_shown() -> None:
    full, single = (
        probed(contract_named("medgemma"), phantom_volume(), probe)
        for probe in (Probe.FULL, Probe.SINGLE_SLICE)
    )
    np.testing.assert_array_equal(single.array, full.array[32:33])
    assert single.presentation.slices is not None
    assert (len(single.presentation.slices.used), single.presentation.slices.dropped) == (1, 63)


@pytest.mark.parametrize("name", ["m3d", "merlin", "radfm"])
def test_a_volume_is_filled_with_its_single_slice(name: str) -> None:
    prepared = probed(contract_named(name), phantom_volume(), Probe.SINGLE_SLICE)
    stack = stack_of(prepared)
    shown = [one for one in stack if one.any()]
    assert len(shown) > 20
    assert all((one == shown[0]).all() for one in shown)
    assert prepared.presentation.slices is not None
    assert len(prepared.presentation.slices.used) == 1


@pytest.mark.parametrize("name", ["m3d", "merlin", "radfm", "medgemma", "lingshu"])
def test_shuffled_shows_the_same_slices_in_another_order(name: str) -> None:
    contract = contract_named(name)
    full = stack_of(probed(contract, phantom_volume(), Probe.FULL))
    shuffled = stack_of(probed(contract, phantom_volume(), Probe.SHUFFLED, ProbeInputs(seed=4)))
    again = stack_of(probed(contract, phantom_volume(), Probe.SHUFFLED, ProbeInputs(seed=4)))
    other = stack_of(probed(contract, phantom_volume(), Probe.SHUFFLED, ProbeInputs(seed=5)))
    assert sorted(one.tobytes() for one in shuffled) == sorted(one.tobytes() for one in full)
    assert (shuffled != full).any()
    assert (shuffled != other).any()
    np.testing.assert_array_equal(shuffled, again)


def test_mirrored_twice_is_the_patient_again() -> None:
    volume = phantom_volume()
    np.testing.assert_array_equal(mirrored(mirrored(volume)).hu, volume.hu)
    np.testing.assert_array_equal(mirrored(volume).hu, volume.hu[::-1])
    assert mirrored(volume).grid == volume.grid


def test_other_case_is_another_patient() -> None:
    with pytest.raises(BadInput, match="the same voxels"):
        probed(
            contract_named("lingshu"), phantom_volume(), Probe.OTHER_CASE, ProbeInputs(other=phantom_volume())
        )
    with pytest.raises(BadInput, match="another patient's volume"):
        probed(contract_named("lingshu"), phantom_volume(), Probe.OTHER_CASE)


@pytest.mark.parametrize("name", ["liver", "heart", "kidney_left"])
def test_erasing_leaves_everything_else_as_it_was(name: str) -> None:
    volume, mask = phantom_volume(), phantom_mask()
    changed = erased(volume, mask, [name])
    near = ndimage.binary_dilation(mask.voxels_of(name))
    np.testing.assert_array_equal(changed.hu[~near], volume.hu[~near])
    assert (changed.hu[near] != volume.hu[near]).mean() > 0.9
    np.testing.assert_array_equal(changed.hu, erased(volume, mask, [name]).hu)


def test_what_is_erased_looks_like_its_surroundings() -> None:
    hu = np.full((30, 30, 30), -700, np.int16)
    hu[12:18, 12:18, 12:18] = 60
    hu[0, 0, 0] = -1000
    volume = volume_of(hu)
    labels = np.zeros(hu.shape, np.uint8, order="F")
    labels[12:18, 12:18, 12:18] = 1
    mask = AnatomyMask(labels, volume.grid, {1: "heart"})
    assert set(np.unique(erased(volume, mask, ["heart"]).hu)) == {-1000, -700}


def test_marking_draws_a_closed_line_outside_and_changes_nothing_else() -> None:
    volume, mask = phantom_volume(), phantom_mask()
    changed = marked(volume, mask, ["liver"])
    liver = mask.voxels_of("liver")
    np.testing.assert_array_equal(changed.hu[liver], volume.hu[liver])
    cross = ndimage.generate_binary_structure(2, 1)[:, :, None]
    line = ndimage.binary_dilation(liver, cross, iterations=2) & ~liver
    assert (changed.hu[line] == min(1500, int(volume.hu.max()))).all()
    np.testing.assert_array_equal(changed.hu[~line], volume.hu[~line])
    assert changed.hu.max() == volume.hu.max()


@pytest.mark.parametrize("probe", [Probe.ERASED, Probe.MARKED])
def test_erasing_and_marking_need_a_mask_that_fits_and_has_the_structure(probe: Probe) -> None:
    contract, volume = contract_named("lingshu"), phantom_volume()
    with pytest.raises(BadInput, match="an anatomy mask"):
        probed(contract, volume, probe)
    with pytest.raises(BadInput, match="a structure that the mask has, but found prostate"):
        probed(contract, volume, probe, inputs("prostate"))
    with pytest.raises(BadInput, match="on the volume's grid"):
        probed(contract, ramp(0), probe, inputs())


def test_a_preview_shows_the_values_and_where_rows_and_columns_run() -> None:
    prepared = prepare(contract_named("lingshu"), phantom_volume())
    picture = np.asarray(preview(prepared))
    tile = picture[44 + 24 : 44 + 24 + 216, 24 : 24 + 288]
    # the middle of each pixel
    rows, columns = (((np.arange(n) + 0.5) * 4.5).astype(int) for n in (48, 64))
    np.testing.assert_array_equal(tile[rows][:, columns], prepared.array[0])
    assert picture[44 + 24 : 44 + 24 + 216, :24].max() > 200
    with pytest.raises(BadInput, match="without any"):
        preview(probed(contract_named("lingshu"), phantom_volume(), Probe.TEXT_ONLY))
