"""`check` and `measure` refuse a mask that cannot be used, and say what is odd about one that can."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pytest
from numpy.typing import NDArray

from CTSpatialVQALib.anatomy.case_geometry import CaseGeometry
from CTSpatialVQALib.anatomy.geometry_check import check_in_case
from CTSpatialVQALib.cli.main import main
from CTSpatialVQALib.volumes.anatomy_mask import AnatomyMask
from Testing.volumes.small_volumes import box_labels, box_mask, caret_table, write_nifti

AFFINE = np.diag([4.0, 4.0, 4.0, 1.0])
ALL = {1: "spleen", 2: "kidney_right", 3: "kidney_left", 5: "liver", 51: "heart", 26: "vertebrae_S1"}
ALL |= {29: "vertebrae_L3", 32: "vertebrae_T12"}


class Ran(NamedTuple):
    """An ended command."""

    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        return json.loads(self.out)


class Shell:
    """Runs commands over files of one folder."""

    def __init__(self, folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
        self.folder, self.capsys = folder, capsys
        hu = np.where(box_labels() > 0, 60, -100).astype(np.int16)
        self.ct = write_nifti(folder / "ct.nii.gz", hu, AFFINE)

    def run(self, command: str, mask: Path, *more: str) -> Ran:
        try:
            code = main([command, str(self.ct), "--mask", str(mask), *more])
        except SystemExit as ended:
            code = int(ended.code or 0)
        told = self.capsys.readouterr()
        return Ran(code, told.out, told.err)

    def multilabel(self, labels: NDArray[Any], names: Mapping[int, str] | None = None) -> Path:
        table = caret_table(names) if names else b""
        return write_nifti(self.folder / "mask.nii.gz", labels, AFFINE, extension=table)

    def masks(self, **files: NDArray[Any]) -> Path:
        folder = self.folder / "masks"
        folder.mkdir()
        for name, inside in files.items():
            write_nifti(folder / f"{name}.nii.gz", inside.astype(np.uint8), AFFINE)
        return folder


@pytest.fixture
def shell(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Shell:
    return Shell(tmp_path, capsys)


def refused(ran: Ran, *words: str) -> None:
    assert ran.code == 2, ran
    assert ran.out == ""
    (line,) = ran.err.strip().splitlines()[-1:]
    for word in words:
        assert word in line, line


@pytest.mark.parametrize("command", ["check", "measure"])
def test_a_label_without_a_name_is_refused(shell: Shell, command: str) -> None:
    labels = box_labels()
    labels[0, 0, 0] = 7
    names = {label: name for label, name in ALL.items()}
    refused(shell.run(command, shell.multilabel(labels, names)), "mask.nii.gz", "label 7")


def test_labels_beyond_the_known_table_are_refused(shell: Shell) -> None:
    labels = box_labels()
    labels[0, 0, 0] = 250
    refused(shell.run("measure", shell.multilabel(labels)), "label 250")


def test_names_that_are_no_structures_are_left_out_and_told(shell: Shell) -> None:
    path = shell.multilabel(box_labels(), {**ALL, 1: "my_spleen"})
    ran = shell.run("measure", path, "--json")
    assert ran.code == 0
    assert "spleen" not in ran.json["structures"]
    assert any("my_spleen" in note for note in ran.json["notes"])
    assert "my_spleen" in shell.run("check", path).out


def test_an_empty_mask_is_refused_and_an_empty_structure_skipped(shell: Shell) -> None:
    refused(shell.run("measure", shell.multilabel(np.zeros_like(box_labels()))), "an empty mask")
    labels = box_labels()
    ran = shell.run("measure", shell.masks(liver=labels == 5, pancreas=labels == 99), "--json")
    assert list(ran.json["structures"]) == ["liver"]
    assert any("no voxel" in note for note in ran.json["notes"])


def test_a_pair_with_an_absent_structure_is_refused(shell: Shell) -> None:
    ran = shell.run("measure", shell.multilabel(box_labels(), ALL), "--pair", "liver", "pancreas")
    refused(ran, "pancreas")


def test_two_files_for_one_structure_are_refused(shell: Shell) -> None:
    folder = shell.masks(liver=box_labels() == 5)
    write_nifti(folder / "liver.nii", (box_labels() == 5).astype(np.uint8), AFFINE)
    refused(shell.run("check", folder), "liver.nii and liver.nii.gz")


def test_overlapping_files_are_counted_and_the_smaller_structure_wins(shell: Shell) -> None:
    liver, gallbladder = box_labels() == 5, np.zeros(box_labels().shape, bool)
    gallbladder[36:38, 16:18, 22:24] = True
    ran = shell.run("measure", shell.masks(liver=liver, gallbladder=gallbladder), "--json")
    found = ran.json["structures"]
    assert (found["gallbladder"]["voxels"], found["liver"]["voxels"]) == (8, int(liver.sum()) - 8)
    assert any(note.startswith("8 voxels were claimed by more than one") for note in ran.json["notes"])


@pytest.mark.parametrize("command", ["check", "measure"])
def test_another_grid_is_refused_naming_both(shell: Shell, command: str) -> None:
    labels = box_labels()[::2, ::2, ::2]
    path = write_nifti(shell.folder / "coarse.nii.gz", labels, np.diag([8.0, 8.0, 8.0, 1.0]))
    refused(
        shell.run(command, path), "60 x 40 x 60 voxels of 4 x 4 x 4 mm", "30 x 20 x 30 voxels of 8 x 8 x 8"
    )


def test_resampling_on_request_says_what_it_did(shell: Shell) -> None:
    labels = box_labels()[::2, ::2, ::2]
    path = write_nifti(shell.folder / "coarse.nii.gz", labels, np.diag([8.0, 8.0, 8.0, 1.0]))
    ran = shell.run("measure", path, "--resample", "--json")
    assert ran.code == 0
    (note,) = [one for one in ran.json["notes"] if "resampled" in one]
    assert "30 x 20 x 30 voxels of 8 x 8 x 8 mm" in note
    assert "to 60 x 40 x 60 voxels of 4 x 4 x 4 mm" in note
    assert "resampled" in ran.err
    assert ran.json["structures"]["liver"]["centroid_ras"] == pytest.approx([168, 88, 104], abs=4)


def test_a_left_kidney_on_the_right_is_named_and_not_used_for_sides(shell: Shell) -> None:
    """The only pair that lies the wrong way round, among pairs that lie well."""
    labels = box_labels()
    labels[40:44, 30:34, 40:44], labels[12:16, 30:34, 40:44] = 92, 93  # ribs, on their sides
    labels[40:44, 30:34, 46:50], labels[12:16, 30:34, 46:50] = 94, 95
    names = {**ALL, 2: "kidney_left", 3: "kidney_right"}
    names |= {92: "rib_right_4", 93: "rib_left_4", 94: "rib_right_3", 95: "rib_left_3"}
    ran = shell.run("check", shell.multilabel(labels, names), "--json")
    (wrong,) = [one for one in ran.json["findings"] if one["code"] == "wrong_side"]
    assert (wrong["severity"], "kidney_right" in wrong["message"]) == ("warning", True)
    case = CaseGeometry(AnatomyMask(labels, box_mask().grid, names))
    found = check_in_case("Which kidney lies lower?", "The right kidney.", case)
    assert found.standing == "undecidable"
    assert "the other side than its name says" in found.reason
    spleen = check_in_case("On which side is the spleen?", "On the left.", case)
    assert spleen.standing == "supported"


def test_a_mask_of_the_kidneys_alone_with_swapped_names_is_mirrored(shell: Shell) -> None:
    labels = box_labels()
    folder = shell.masks(kidney_left=labels == 2, kidney_right=labels == 3)
    ran = shell.run("check", folder, "--json")
    assert (ran.code, ran.json["ok"]) == (1, False)
    assert "mirrored_left_right" in {one["code"] for one in ran.json["findings"]}


def test_pairs_are_told_with_their_surface_distance(shell: Shell) -> None:
    ran = shell.run(
        "measure",
        shell.multilabel(box_labels(), ALL),
        "--json",
        "--pair",
        "spleen",
        "liver",
        "--pair",
        "heart",
        "liver",
    )
    spleen, heart = ran.json["pairs"]
    # last and first index along R, 18 and 34, of 4 mm; the boxes overlap along A and S
    assert spleen["surface_distance_mm"] == 64.0
    assert spleen["right_of_mm"] == (14 - 42) * 4
    assert (heart["touching"], heart["surface_distance_mm"]) == (True, 0.0)


def test_check_tells_the_share_of_each_tissue(shell: Shell) -> None:
    ran = shell.run("check", shell.multilabel(box_labels(), ALL), "--json")
    assert ran.json["tissue_shares"]["fat"] > 0.5
    assert "fat" in shell.run("check", shell.folder / "mask.nii.gz").out
