"""`ctspatialvqa prepare` writes the array, its picture and the whole presentation."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from CTSpatialVQALib.cli.main import main
from CTSpatialVQALib.imaging.contract import content_sha256
from Testing.imaging.patients import phantom
from Testing.volumes.small_volumes import caret_table, write_nifti


@pytest.fixture
def case(tmp_path: Path) -> Path:
    one = phantom()
    write_nifti(tmp_path / "mask.nii", one.labels, one.grid.affine, extension=caret_table(one.names))
    return write_nifti(tmp_path / "ct.nii", one.hu, one.grid.affine)


def test_array_picture_and_presentation(case: Path, capsys: pytest.CaptureFixture[str]) -> None:
    out, picture = case.parent / "a.npy", case.parent / "a.png"
    wanted = ["--contract", "m3d", "--out", str(out), "--preview", str(picture), "--json"]
    assert main(["prepare", str(case), *wanted]) == 0
    told = json.loads(capsys.readouterr().out)
    array = np.load(out)
    assert tuple(told["shape"]) == array.shape == (1, 1, 32, 256, 256)
    assert told["content_sha256"] == content_sha256(array)
    for key in (
        "contract",
        "version",
        "dtype",
        "axes",
        "spacing_mm",
        "slices",
        "hu_map",
        "presentation_sha256",
    ):
        assert told[key]
    with Image.open(picture) as image:
        assert image.info == {}
        assert min(image.size) > 300


def test_probes_take_mask_and_structures(case: Path, capsys: pytest.CaptureFixture[str]) -> None:
    hashes = set()
    for probe in ("full", "erased", "marked"):
        wanted = ["--contract", "lingshu", "--out", str(case.parent / "b.npy"), "--probe", probe, "--json"]
        mask = ["--mask", str(case.parent / "mask.nii"), "--structures", "liver,spleen"]
        assert main(["prepare", str(case), *wanted, *mask]) == 0
        hashes.add(json.loads(capsys.readouterr().out)["content_sha256"])
    assert len(hashes) == 3


def test_options_of_the_slices_contract(case: Path, capsys: pytest.CaptureFixture[str]) -> None:
    settings = ["--set", "count=2", "--set", "size=32", "--set", "planes=coronal", "--set", "side_letters=no"]
    out = ["--contract", "slices", "--out", str(case.parent / "c.npy"), "--json"]
    assert main(["prepare", str(case), *out, *settings]) == 0
    assert json.loads(capsys.readouterr().out)["shape"] == [4, 32, 32]


@pytest.mark.parametrize(
    ("more", "said"),
    [
        (["--contract", "gpt"], "one of m3d, med3dvlm"),
        (["--contract", "m3d", "--set", "count=2"], "the contract slices"),
        (["--contract", "slices", "--set", "colour=red"], "count, size"),
        (["--contract", "slices", "--set", "count=many"], "a whole number"),
        (["--contract", "slices", "--set", "windows=brain"], "lung"),
        (["--contract", "m3d", "--probe", "erased"], "an anatomy mask"),
        (["--contract", "m3d", "--out", "x.bin"], "ending in .npy"),
    ],
)
def test_wrong_use_is_told_in_one_line_and_writes_nothing(
    case: Path, more: list[str], said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    before = sorted(case.parent.iterdir())
    assert main(["prepare", str(case), "--out", str(case.parent / "d.npy"), *more]) == 2
    told = capsys.readouterr().err
    assert said in told
    assert len(told.splitlines()) == 1
    assert sorted(case.parent.iterdir()) == before


def test_a_preset_chooses_size_and_number_and_what_stands_beside_it_goes_before(
    case: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    def shape(*settings: str) -> list[int]:
        options = [word for setting in settings for word in ("--set", setting)]
        assert (
            main(
                [
                    "prepare",
                    str(case),
                    "--contract",
                    "slices",
                    "--out",
                    str(case.with_suffix(".npy")),
                    "--json",
                    *options,
                ]
            )
            == 0
        )
        result: list[int] = json.loads(capsys.readouterr().out)["shape"]
        return result

    assert shape("preset=gemini")[1:] == [724, 768]
    assert shape("preset=claude", "count=3", "size=100") == [6, 100, 144]


def test_a_preset_refuses_more_pictures_than_a_request_bears(
    case: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    options = ["--set", "preset=claude", "--set", "count=51", "--set", "size=16"]
    assert (
        main(["prepare", str(case), "--contract", "slices", "--out", str(case.with_suffix(".npy")), *options])
        == 2
    )
    assert "at most 100 pictures" in capsys.readouterr().err
