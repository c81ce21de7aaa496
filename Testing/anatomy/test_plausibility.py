"""A turned, mirrored or rescaled case is called by its name; a sound one is left in peace."""

from __future__ import annotations

from functools import cache
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from CTSpatialVQALib.anatomy.plausibility import check_case, cut_off, organ_votes, pair_votes
from CTSpatialVQALib.demo.phantom import make_patient
from CTSpatialVQALib.records.grid import Grid
from CTSpatialVQALib.records.structures import opposite
from CTSpatialVQALib.volumes.anatomy_mask import AnatomyMask, read_mask
from CTSpatialVQALib.volumes.hounsfield_check import tissue_shares
from CTSpatialVQALib.volumes.image_file import read_ras
from Testing.volumes.small_volumes import Body, block_mask, oblique_affine
from Testing.volumes.small_volumes import body as make_body


@cache
def body() -> Body:
    return make_body()


def flipped(axis: int) -> AnatomyMask:
    """The mask as it is when its file is turned and its header is not."""
    patient = body()
    return AnatomyMask(np.asfortranarray(np.flip(patient.labels, axis)), patient.grid, patient.names)


def renamed_pairs(mask: AnatomyMask) -> AnatomyMask:
    """Left and right exchanged in the names only."""
    names = {label: opposite(name) or name for label, name in mask.names.items()}
    return AnatomyMask(mask.labels, mask.grid, names)


def codes(mask: AnatomyMask | None, hu: NDArray[np.generic] | None = None, **more: bool) -> dict[str, str]:
    grid = mask.grid if mask is not None else body().grid
    return {finding.code: finding.severity for finding in check_case(hu, grid, mask, **more)}


def test_a_sound_case_has_no_findings() -> None:
    assert codes(body().mask, body().hu) == {}
    assert codes(None, body().hu) == {}


def test_a_mask_turned_with_its_file_is_mirrored() -> None:
    (finding,) = check_case(None, body().grid, flipped(0))
    assert (finding.code, finding.severity) == ("mirrored_left_right", "error")
    assert "mirrored" in finding.message
    assert "the file itself is turned" in finding.message


def test_swapped_names_alone_are_told_from_a_turned_file() -> None:
    (finding,) = check_case(None, body().grid, renamed_pairs(body().mask))
    assert finding.code == "mirrored_left_right"
    assert "only the names of the sides are swapped" in finding.message


def test_a_mirrored_patient_with_consistent_names_may_be_situs_inversus() -> None:
    mirrored = renamed_pairs(flipped(0))
    (finding,) = check_case(None, body().grid, mirrored)
    assert (finding.code, finding.severity) == ("situs_inversus_or_mirrored", "error")
    assert "cannot tell which" in finding.message


def test_declared_situs_inversus_is_expected_and_its_absence_is_an_error() -> None:
    inverted = renamed_pairs(flipped(0))
    assert codes(inverted, situs_inversus=True) == {"situs_inversus_as_declared": "info"}
    assert codes(body().mask, situs_inversus=True) == {"situs_not_inverted": "error"}


def test_a_turned_file_of_a_patient_with_situs_inversus_is_still_mirrored() -> None:
    turned_back = renamed_pairs(body().mask)  # organs on the usual sides, pairs swapped
    (finding,) = check_case(None, body().grid, turned_back, situs_inversus=True)
    assert finding.code == "mirrored_left_right"
    assert "the file itself is turned" in finding.message


def test_one_pair_on_the_wrong_sides_is_a_warning_that_names_it() -> None:
    patient = body()
    swap = {"kidney_left": "kidney_right", "kidney_right": "kidney_left"}
    mask = AnatomyMask(
        patient.labels, patient.grid, {label: swap.get(name, name) for label, name in patient.names.items()}
    )
    (finding,) = check_case(None, patient.grid, mask)
    assert (finding.code, finding.severity) == ("wrong_side", "warning")
    assert "kidney_right" in finding.message


def test_upside_down_and_front_to_back_are_named() -> None:
    assert codes(flipped(2)) == {"upside_down": "error"}
    assert codes(flipped(1)) == {"mirrored_front_back": "error"}


def test_two_vertebrae_in_the_wrong_order_are_a_warning() -> None:
    patient = body()
    swap = {"vertebrae_T5": "vertebrae_T6", "vertebrae_T6": "vertebrae_T5"}
    mask = AnatomyMask(
        patient.labels, patient.grid, {label: swap.get(name, name) for label, name in patient.names.items()}
    )
    assert codes(mask) == {"out_of_order": "warning"}


@pytest.mark.parametrize(
    ("shift", "cause"),
    [(1024, "not applied"), (1000, "not applied"), (-1024, "applied twice"), (-1000, "applied twice")],
)
@pytest.mark.parametrize("with_mask", [True, False])
def test_a_missing_or_double_rescale_is_named(shift: int, cause: str, with_mask: bool) -> None:
    patient = body()
    findings = check_case(patient.hu + shift, patient.grid, patient.mask if with_mask else None)
    assert [(each.code, each.severity) for each in findings] == [("hu_shifted", "error")]
    assert cause in findings[0].message


def test_an_8_bit_picture_is_no_ct() -> None:
    patient = body()
    windowed = np.clip((patient.hu + 160) / 400 * 255, 0, 255)
    assert codes(None, windowed) == {"hu_scaled": "error"}


def test_padding_outside_the_field_of_view_is_no_shift() -> None:
    patient = body()
    padded = patient.hu.copy()
    padded[:12], padded[-12:] = -3024, -3024
    assert codes(patient.mask, padded) == {}
    assert codes(None, padded) == {}


def test_a_volume_without_soft_tissue_is_odd() -> None:
    dice = np.random.default_rng(0)
    assert codes(None, dice.normal(-900, 120, body().hu.shape)) == {"hu_implausible": "warning"}


def test_an_organ_with_the_values_of_another_is_named() -> None:
    patient = body()
    hu = patient.hu.copy()
    hu[patient.mask.voxels_of("spleen")] = -700
    (finding,) = check_case(hu, patient.grid, patient.mask)
    assert finding.code == "hu_of_organ"
    assert "spleen" in finding.message


def test_cut_off_structures_are_listed() -> None:
    mask = block_mask(
        {"liver": np.s_[0:4, 2:6, 2:6], "spleen": np.s_[5:9, 2:6, 12:16], "heart": np.s_[12:14, 8:12, 8:12]}
    )
    assert cut_off(mask) == ("spleen", "liver")
    assert codes(mask)["cut_off"] == "info"


def test_a_structure_of_impossible_size_is_named_unless_it_is_cut_off() -> None:
    grid = Grid.of((24, 20, 16), np.diag([5.0, 5, 5, 1]))
    labels = np.zeros((24, 20, 16), np.uint8)
    labels[2:22, 2:18, 2:14], labels[23, 19, 15], labels[0, 0, 0], labels[1:3, 1, 1] = 1, 2, 0, 3
    names = {1: "adrenal_gland_left", 2: "liver", 3: "kidney_left"}
    findings = [
        finding
        for finding in check_case(None, grid, AnatomyMask(labels, grid, names))
        if finding.code == "implausible_size"
    ]
    assert [finding.message.split()[0] for finding in findings] == ["adrenal_gland_left", "kidney_left"]
    assert [finding.severity for finding in findings] == ["error", "warning"]


def test_coarse_and_oblique_grids_are_told() -> None:
    grid = Grid.of((9, 9, 9), oblique_affine((1, 1, 7.5), (10, 0, 0)))
    assert {finding.code: finding.severity for finding in check_case(None, grid, None)} == {
        "coarse_spacing": "warning",
        "oblique": "info",
    }


@pytest.mark.real_data
class TestRealCases:
    CASES = (
        ("example_ct.nii.gz", "example_ct_totalsegmentator.nii.gz"),
        ("example_ct_sm.nii.gz", "example_ct_sm_masks"),
        ("chest_crop.nii.gz", "chest_crop_masks"),
        ("chest_64.nrrd", "chest_64_masks"),
    )

    @pytest.mark.parametrize(("ct", "mask"), CASES)
    def test_sound_cases_have_no_errors_or_warnings(self, ct: str, mask: str, real_data: Path) -> None:
        image = read_ras(real_data / "ct" / ct, what="a CT volume")
        findings = check_case(image.array, image.grid, read_mask(real_data / "ct" / mask, grid=image.grid))
        assert {finding.code for finding in findings} <= {"cut_off"}
        assert check_case(image.array, image.grid, None) == ()

    @pytest.mark.parametrize(("ct", "mask"), CASES)
    @pytest.mark.parametrize("shift", [1024, -1024])
    def test_a_shift_of_real_values_is_seen(self, ct: str, mask: str, shift: int, real_data: Path) -> None:
        image = read_ras(real_data / "ct" / ct, what="a CT volume")
        labels = read_mask(real_data / "ct" / mask)
        for hint in (labels, None):
            findings = check_case(image.array.astype(np.int32) + shift, image.grid, hint)
            assert any(finding.code == "hu_shifted" for finding in findings), hint

    @pytest.mark.parametrize("axis", [0, 1, 2])
    def test_a_turned_real_mask_is_seen(self, axis: int, real_data: Path) -> None:
        mask = read_mask(real_data / "ct" / "example_ct_totalsegmentator.nii.gz")
        turned = AnatomyMask(np.asfortranarray(np.flip(mask.labels, axis)), mask.grid, mask.names)
        errors = [
            finding.code for finding in check_case(None, mask.grid, turned) if finding.severity == "error"
        ]
        assert errors == [("mirrored_left_right", "mirrored_front_back", "upside_down")[axis]]

    def test_lung_thirds_taken_for_version_2_labels_are_implausible(self, real_data: Path) -> None:
        image = read_ras(real_data / "ct" / "chest_64.nrrd", what="a CT volume")
        mask = read_mask(real_data / "ct" / "chest_64_lung_thirds.nii.gz", grid=image.grid)
        (misfit,) = (
            finding for finding in check_case(image.array, image.grid, mask) if finding.severity == "error"
        )
        assert misfit.code == "mask_misfit"
        assert "adrenal_gland_left 100%" in misfit.message
        assert "TotalSegmentator total was only assumed" in misfit.message


def test_errors_come_first() -> None:
    mask = block_mask({"kidney_left": np.s_[12:23, 2:6, 2:6], "kidney_right": np.s_[0:4, 2:6, 2:6]})
    severities = [finding.severity for finding in check_case(None, mask.grid, mask)]
    assert severities == sorted(severities, key=["error", "warning", "info"].index)
    assert len(set(severities)) > 1


def arch_case(*, right: bool = False, mirrored: bool = False) -> AnatomyMask:
    """The body with a trachea, an aorta whose arch lies beside it, and a middle lobe."""
    patient = body()
    labels = patient.labels.copy()
    grid = patient.grid
    r, a, s = np.moveaxis(grid.to_ras(np.moveaxis(np.indices(labels.shape), 0, -1).astype(float)), -1, 0)
    side = 1 if right else -1
    labels[(abs(r) < 7) & (abs(a + 5) < 9) & (s > 40) & (s < 120)] = 201
    labels[(abs(r - side * 22) < 9) & (abs(a + 5) < 25) & (s > 60) & (s < 90)] = 202
    labels[(abs(r - 50) < 15) & (abs(a - 45) < 15) & (abs(s - 20) < 15)] = 203
    if mirrored:
        labels = np.flip(labels, 0)
    names = {**patient.names, 201: "trachea", 202: "aorta", 203: "lung_middle_lobe_right"}
    return AnatomyMask(np.asfortranarray(labels), grid, names)


def test_an_arch_on_the_right_is_named_and_a_usual_one_is_not() -> None:
    assert not set(codes(arch_case())) & {"unusual_side", "wrong_side"}
    (finding,) = [
        finding
        for finding in check_case(None, body().grid, arch_case(right=True))
        if finding.severity != "info"
    ]
    assert (finding.code, finding.severity) == ("unusual_side", "warning")
    assert "aortic arch" in finding.message


def test_a_mirrored_arch_and_middle_lobe_speak_for_a_mirrored_file() -> None:
    mask = arch_case(mirrored=True)
    assert "lung_middle_lobe_right" in pair_votes(mask).against
    assert "aortic arch" in organ_votes(mask).against
    assert codes(mask)["mirrored_left_right"] == "error"


def test_bone_with_the_values_of_air_is_named() -> None:
    patient = body()
    hu = patient.hu.copy()
    hu[patient.mask.voxels_of("sternum")] = -500
    (finding,) = check_case(hu, patient.grid, patient.mask)
    assert (finding.code, finding.message.split()[0]) == ("hu_of_organ", "sternum")


def test_tissue_shares_are_those_of_the_values() -> None:
    hu = np.zeros((10, 10, 10), np.int16)
    hu[:3], hu[3:5], hu[5:6] = -1000, -100, 400
    shares = tissue_shares(hu)
    assert shares == {"air": 0.3, "lung": 0.0, "fat": 0.2, "soft_tissue": 0.4, "bone": 0.1}


class TestPhantoms:
    """What the one coarse real chest cannot show: lobes, arch, finely segmented organs."""

    @staticmethod
    def of(index: int, axis: int | None = None) -> tuple[AnatomyMask, bool, NDArray[np.int16]]:
        phantom = make_patient(index, "tiny")
        labels = phantom.labels if axis is None else np.flip(phantom.labels, axis)
        mask = AnatomyMask(np.asfortranarray(labels), phantom.grid, phantom.names)
        return mask, phantom.facts.situs_inversus, phantom.hu

    @pytest.mark.parametrize("index", range(5))
    def test_a_phantom_has_no_errors(self, index: int) -> None:
        mask, situs, hu = self.of(index)
        findings = check_case(hu, mask.grid, mask, situs_inversus=situs)
        assert {finding.code for finding in findings} <= {
            "coarse_spacing",
            "cut_off",
            "situs_inversus_as_declared",
        }

    @pytest.mark.parametrize("index", range(5))
    @pytest.mark.parametrize(
        ("axis", "code"), [(0, "mirrored_left_right"), (1, "mirrored_front_back"), (2, "upside_down")]
    )
    def test_a_turned_phantom_is_named(self, index: int, axis: int, code: str) -> None:
        mask, situs, _ = self.of(index, axis)
        findings = check_case(None, mask.grid, mask, situs_inversus=situs)
        assert [finding.code for finding in findings if finding.severity == "error"] == [code]

    @pytest.mark.parametrize("index", range(5))
    def test_names_of_the_sides_swapped_on_a_sound_volume(self, index: int) -> None:
        mask, situs, _ = self.of(index)
        findings = check_case(None, mask.grid, renamed_pairs(mask), situs_inversus=situs)
        (error,) = [finding for finding in findings if finding.severity == "error"]
        assert error.code == "mirrored_left_right"
        assert "only the names of the sides are swapped" in error.message

    @pytest.mark.parametrize("index", range(5))
    def test_situs_that_is_not_as_declared_is_an_error(self, index: int) -> None:
        mask, situs, _ = self.of(index)
        findings = check_case(None, mask.grid, mask, situs_inversus=not situs)
        assert [finding.code for finding in findings if finding.severity == "error"] == [
            "situs_inversus_or_mirrored" if situs else "situs_not_inverted"
        ]
