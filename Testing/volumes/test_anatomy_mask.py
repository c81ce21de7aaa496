"""A mask gives each structure its voxels by name, or is refused; nothing is guessed silently."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from CTSpatialVQALib.errors import BadInput
from CTSpatialVQALib.records.grid import Grid
from CTSpatialVQALib.volumes.anatomy_mask import AnatomyMask, read_mask, resample
from CTSpatialVQALib.volumes.image_file import read_ras
from Testing.volumes.small_volumes import (
    block_mask,
    body,
    caret_table,
    oblique_affine,
    stored_as,
    write_nifti,
)

AFFINE = oblique_affine((0.75, 1.25, 2.5), (0, 0, 0))


def labels(*values: int, kind: str = "u1") -> NDArray[np.generic]:
    """8 x 6 x 4 background with one voxel of each value."""
    array = np.zeros((8, 6, 4), dtype=kind)
    for at, value in enumerate(values):
        array[at, at % 6, at % 4] = value
    return array


def one(at: int, count: int = 1) -> NDArray[np.uint8]:
    array = np.zeros((8, 6, 4), dtype=np.uint8)
    array[at : at + count] = 1
    return array


def folder_of(folder: Path, **files: NDArray[np.generic]) -> Path:
    folder.mkdir(exist_ok=True)
    for name, array in files.items():
        write_nifti(folder / f"{name}.nii.gz", array, AFFINE)
    return folder


class TestMultilabel:
    def test_names_come_from_the_header(self, tmp_path: Path) -> None:
        table = caret_table({7: "liver", 9: "heart"})
        mask = read_mask(write_nifti(tmp_path / "m.nii.gz", labels(7, 9), AFFINE, extension=table))
        assert mask.structures == ("liver", "heart")
        assert mask.voxels_of("liver")[0, 0, 0]
        assert "from the file's header" in mask.notes[0]

    def test_a_padded_table_after_another_extension_is_found(self, tmp_path: Path) -> None:
        table = caret_table({7: "liver"}) + b"\0" * 20
        mask = read_mask(write_nifti(tmp_path / "m.nii", labels(7), AFFINE, extension=table, order=">"))
        assert mask.structures == ("liver",)

    def test_without_names_version_2_is_assumed_and_said(self, tmp_path: Path) -> None:
        mask = read_mask(write_nifti(tmp_path / "m.nii.gz", labels(5, 51), AFFINE))
        assert mask.structures == ("liver", "heart")
        assert "total_v2 is assumed" in mask.notes[0]

    def test_version_1_when_told(self, tmp_path: Path) -> None:
        path = write_nifti(tmp_path / "m.nii.gz", labels(7, 50), AFFINE)
        assert read_mask(path, mask_naming="total_v1").structures == ("aorta", "brain")

    def test_naming_that_is_told_is_stronger_than_the_header(self, tmp_path: Path) -> None:
        path = write_nifti(tmp_path / "m.nii.gz", labels(7), AFFINE, extension=caret_table({7: "liver"}))
        assert read_mask(path, mask_naming="total_v1").structures == ("aorta",)

    def test_given_names_are_stronger_than_everything(self, tmp_path: Path) -> None:
        path = write_nifti(tmp_path / "m.nii.gz", labels(9, 12), AFFINE, extension=caret_table({9: "liver"}))
        mask = read_mask(path, names={9: "lung_left", 12: "lung_right"})
        assert mask.structures == ("lung_left", "lung_right")

    def test_one_given_name_for_two_labels_is_refused(self, tmp_path: Path) -> None:
        path = write_nifti(tmp_path / "m.nii.gz", labels(9, 12), AFFINE)
        with pytest.raises(BadInput, match="labels 9 and 12 for lung_left"):
            read_mask(path, names={9: "lung_left", 12: "lung_left"})

    def test_named_but_unknown_structures_are_left_out_and_noted(self, tmp_path: Path) -> None:
        table = caret_table({7: "liver", 8: "left_antenna"})
        mask = read_mask(write_nifti(tmp_path / "m.nii.gz", labels(7, 8), AFFINE, extension=table))
        assert mask.structures == ("liver",)
        assert int(np.count_nonzero(mask.labels)) == 1
        assert any("'left_antenna'" in note for note in mask.notes)

    @pytest.mark.parametrize("kind", ["i2", "u2", "i4", "f4", "f8", "i8"])
    def test_whole_numbers_of_any_type_are_labels(self, kind: str, tmp_path: Path) -> None:
        mask = read_mask(write_nifti(tmp_path / "m.nii.gz", labels(5, 51, kind=kind), AFFINE))
        assert mask.structures == ("liver", "heart")
        assert mask.labels.dtype == np.uint8

    def test_labels_beyond_255_are_kept(self, tmp_path: Path) -> None:
        path = write_nifti(tmp_path / "m.nii.gz", labels(300, kind="u2"), AFFINE)
        assert read_mask(path, names={300: "liver"}).statistics[300].voxels == 1

    @pytest.mark.parametrize("code", ["LPS", "RAS", "ASL", "PIR"])
    def test_the_storage_order_does_not_matter(self, code: str, tmp_path: Path) -> None:
        stored = stored_as(code, labels(5, 51, 52), AFFINE)
        mask = read_mask(write_nifti(tmp_path / "m.nii.gz", *stored))
        np.testing.assert_array_equal(mask.labels, labels(5, 51, 52))

    @pytest.mark.parametrize(
        ("array", "extension", "expected"),
        [
            (labels(), b"", "an empty mask"),
            (labels(5, 250), b"", "label 250 without one"),
            (labels(5, 250, 251, 252), b"", "label 250 and 2 more"),
            (labels(7, 8), caret_table({7: "liver"}), "label 8 without one"),
            (labels(7), caret_table({7: "antenna"}), "'antenna'"),
            (labels(-3, kind="i2"), b"", "negative values"),
            (labels(5, kind="f4") * np.float32(0.5), b"", r"fractions \(2\.5\)"),
            (labels(5, kind="f4") * np.float32(np.nan), b"", "NaN"),
            (labels(70000, kind="i4"), b"", "values up to 70000"),
            (labels(7), b"<CaretExtension><LabelTable>", "damaged XML"),
            (labels(7), b'<!DOCTYPE x [<!ENTITY a "b">]><CaretExtension/>', "document type"),
            (labels(7), b"<!DOCTYPE CaretExtension><CaretExtension/>", "document type"),
            (labels(7), b"<CaretExtension>" + b" " * (1 << 20) + b"</CaretExtension>", "1 MiB"),
            (labels(7), caret_table({7: "liver", 8: "liver"}), "'liver' twice"),
            (labels(7), b"<CaretExtension><Label Key='x'>liver</Label></CaretExtension>", "damaged XML"),
        ],
    )
    def test_a_bad_file_is_refused_in_one_line(
        self, array: NDArray[np.generic], extension: bytes, expected: str, tmp_path: Path
    ) -> None:
        path = write_nifti(tmp_path / "mask.nii.gz", array, AFFINE, extension=extension)
        with pytest.raises(BadInput, match=expected) as refusal:
            read_mask(path)
        assert str(path) in str(refusal.value)
        assert "\n" not in str(refusal.value)


class TestFolder:
    def test_each_file_is_the_structure_it_is_named_after(self, tmp_path: Path) -> None:
        mask = read_mask(folder_of(tmp_path / "m", liver=one(0), heart=one(2, 2), spleen=one(0, 0)))
        assert mask.structures == ("liver", "heart")
        assert mask.statistics[mask.label_of["heart"]].voxels == 48
        assert mask.notes == ("1 files hold no voxel and were skipped",)

    def test_unknown_names_are_noted(self, tmp_path: Path) -> None:
        mask = read_mask(folder_of(tmp_path / "m", liver=one(0), antenna=one(2)))
        assert mask.structures == ("liver",)
        assert any("'antenna'" in note for note in mask.notes)

    def test_where_structures_overlap_the_smaller_one_wins_and_the_voxels_are_counted(
        self, tmp_path: Path
    ) -> None:
        mask = read_mask(folder_of(tmp_path / "m", liver=one(0, 5), gallbladder=one(2, 1), stomach=one(4, 2)))
        assert mask.statistics[mask.label_of["gallbladder"]].voxels == 24
        assert mask.statistics[mask.label_of["stomach"]].voxels == 48
        assert mask.statistics[mask.label_of["liver"]].voxels == 24 * 3
        assert mask.notes[0].startswith("48 voxels were claimed")

    @pytest.mark.parametrize(
        ("files", "expected"),
        [
            ({}, "no mask file"),
            ({"antenna": one(0)}, "only unknown ones \\('antenna'\\)"),
            ({"liver": one(0, 0)}, "an empty mask"),
            ({"liver": labels(1, 2)}, "several values up to 2: a multilabel mask, or probabilities"),
            ({"liver": one(0).astype("f4") * np.float32(0.7)}, "fractions"),
            ({"liver": one(0), "heart": one(0)[:-1]}, "another"),
        ],
    )
    def test_a_bad_folder_is_refused(
        self, files: dict[str, NDArray[np.generic]], expected: str, tmp_path: Path
    ) -> None:
        folder = folder_of(tmp_path / "masks", **files)
        with pytest.raises(BadInput, match=expected) as refusal:
            read_mask(folder)
        assert str(folder) in str(refusal.value)

    def test_two_files_for_one_structure_are_refused(self, tmp_path: Path) -> None:
        folder = folder_of(tmp_path / "m", liver=one(0))
        write_nifti(folder / "liver.nii", one(3), AFFINE)
        with pytest.raises(BadInput, match=r"liver\.nii and liver\.nii\.gz"):
            read_mask(folder)

    def test_a_damaged_file_in_the_folder_is_named(self, tmp_path: Path) -> None:
        folder = folder_of(tmp_path / "m", liver=one(0))
        (folder / "heart.nii.gz").write_bytes(b"hello")
        with pytest.raises(BadInput, match=r"heart\.nii\.gz"):
            read_mask(folder)


class TestGrid:
    def test_another_grid_is_refused_naming_both(self, tmp_path: Path) -> None:
        path = write_nifti(tmp_path / "m.nii.gz", labels(5), AFFINE)
        other = Grid.of((8, 6, 5), AFFINE)
        with pytest.raises(BadInput, match=r"8 x 6 x 5 voxels.*8 x 6 x 4 voxels"):
            read_mask(path, grid=other)

    def test_the_same_shape_elsewhere_is_refused(self, tmp_path: Path) -> None:
        path = write_nifti(tmp_path / "m.nii.gz", labels(5), AFFINE)
        moved = AFFINE.copy()
        moved[0, 3] += 0.5
        with pytest.raises(BadInput, match="another grid"):
            read_mask(path, grid=Grid.of((8, 6, 4), moved))

    def test_resampling_keeps_places_and_says_what_it_did(self) -> None:
        fine, coarse = body(4.0), body(8.0)
        moved = resample(fine.mask, coarse.grid)
        assert moved.grid == coarse.grid
        assert "resampled by nearest neighbour" in moved.notes[-1]
        for name in ("liver", "kidney_left"):
            before = fine.grid.to_ras(fine.mask.statistics[fine.mask.label_of[name]].centroid_index)
            after = coarse.grid.to_ras(moved.statistics[moved.label_of[name]].centroid_index)
            np.testing.assert_allclose(after, before, atol=2.0)

    def test_resampling_onto_an_oblique_grid_keeps_places(self) -> None:
        fine = body(4.0)
        affine = oblique_affine((5, 5, 5), (10, 5, 25))
        affine[:3, 3] = -affine[:3, :3] @ [40, 40, 40]
        moved = resample(fine.mask, Grid.of((81, 81, 81), affine))
        before = fine.grid.to_ras(fine.mask.statistics[fine.mask.label_of["liver"]].centroid_index)
        after = moved.grid.to_ras(moved.statistics[moved.label_of["liver"]].centroid_index)
        np.testing.assert_allclose(after, before, atol=1.0)

    def test_resampling_onto_the_same_grid_changes_nothing(self) -> None:
        mask = block_mask({"liver": np.s_[0:8, 0:8, 0:8]})
        assert resample(mask, mask.grid) is mask

    def test_resampling_names_what_is_lost(self) -> None:
        mask = block_mask({"liver": np.s_[0:8, 0:8, 0:8], "heart": np.s_[20:21, 19:20, 15:16]})
        moved = resample(mask, Grid.of((12, 10, 8), np.diag([1.0, 2, 3, 1])))
        assert "1 structures (heart)" in moved.notes[-1]

    def test_resampling_onto_an_empty_place_is_refused(self) -> None:
        away = np.eye(4)
        away[:3, 3] = 5000
        with pytest.raises(BadInput, match="lies elsewhere"):
            resample(block_mask({"liver": np.s_[0:8, 0:8, 0:8]}), Grid.of((5, 5, 5), away))


class TestMask:
    LOBES = block_mask(
        {
            "lung_upper_lobe_left": np.s_[2:6, 2:6, 8:14],
            "lung_lower_lobe_left": np.s_[2:6, 2:6, 2:8],
            "liver": np.s_[12:20, 2:10, 2:8],
        }
    )

    def test_a_parent_without_a_label_is_the_union_of_its_parts(self) -> None:
        union = self.LOBES.voxels_of("lung_upper_lobe_left") | self.LOBES.voxels_of("lung_lower_lobe_left")
        np.testing.assert_array_equal(self.LOBES.voxels_of("lung_left"), union)
        np.testing.assert_array_equal(self.LOBES.voxels_of("lung"), union)
        assert self.LOBES.has("lung_left")
        assert not self.LOBES.has("lung_right")
        assert "lung_left" not in self.LOBES.structures

    def test_an_absent_structure_has_no_voxels(self) -> None:
        assert not self.LOBES.has("heart")
        assert not self.LOBES.voxels_of("heart").any()
        with pytest.raises(KeyError):
            self.LOBES.crop("heart")

    def test_a_crop_with_a_margin_ends_at_the_edge(self) -> None:
        crop = self.LOBES.crop("lung_left", margin=3)
        assert crop.box == np.s_[0:9, 0:9, 0:16]
        np.testing.assert_array_equal(crop.inside, self.LOBES.voxels_of("lung_left")[crop.box])

    @pytest.mark.parametrize(
        ("array", "names", "expected"),
        [
            (np.zeros((2, 2, 2), np.int16), {}, "unsigned"),
            (np.zeros((2, 2, 3), np.uint8), {}, "shape"),
            (np.ones((2, 2, 2), np.uint8), {}, "label 1 without one"),
            (np.ones((2, 2, 2), np.uint8), {1: "antenna"}, "'antenna'"),
            (np.ones((2, 2, 2), np.uint8), {1: "liver", 2: "liver"}, "one name"),
        ],
    )
    def test_an_invalid_mask_cannot_be_made(
        self, array: NDArray[np.uint8], names: dict[int, str], expected: str
    ) -> None:
        with pytest.raises(BadInput, match=expected):
            AnatomyMask(array, Grid.of((2, 2, 2), np.eye(4)), names)


@pytest.mark.real_data
class TestRealMasks:
    def test_the_example_has_61_named_structures(self, real_data: Path) -> None:
        ct = real_data / "ct"
        grid = read_ras(ct / "example_ct.nii.gz", what="a CT volume").grid
        mask = read_mask(ct / "example_ct_totalsegmentator.nii.gz", grid=grid)
        assert len(mask.structures) == 61
        assert mask.notes == ("label names: from the file's header",)

    def test_the_mask_of_the_cropped_example_is_refused_for_the_whole_one(self, real_data: Path) -> None:
        ct = real_data / "ct"
        grid = read_ras(ct / "example_ct.nii.gz", what="a CT volume").grid
        with pytest.raises(BadInput, match=r"122 x 101 x 112 voxels.*122 x 101 x 30 voxels"):
            read_mask(ct / "example_ct_sm_totalsegmentator.nii.gz", grid=grid)

    def test_the_folder_and_the_multilabel_file_say_the_same(self, real_data: Path) -> None:
        ct = real_data / "ct"
        one, many = (read_mask(ct / f"example_ct_sm_{name}") for name in ("totalsegmentator.nii.gz", "masks"))
        assert one.structures == many.structures
        for name in one.structures:
            np.testing.assert_array_equal(one.voxels_of(name), many.voxels_of(name), err_msg=name)

    @pytest.mark.parametrize(
        ("ct", "masks"), [("chest_crop.nii.gz", "chest_crop_masks"), ("chest_64.nrrd", "chest_64_masks")]
    )
    def test_masks_a_rounding_error_away_from_their_ct_fit(
        self, ct: str, masks: str, real_data: Path
    ) -> None:
        grid = read_ras(real_data / "ct" / ct, what="a CT volume").grid
        assert read_mask(real_data / "ct" / masks, grid=grid).structures
