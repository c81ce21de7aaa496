"""`ctspatialvqa contracts` tells what each model is shown, with its evidence, and draws it."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from CTSpatialVQALib.cli.main import main
from CTSpatialVQALib.imaging.contract_catalogue import contracts
from CTSpatialVQALib.imaging.gallery import CAPTION, CELL, MARGIN, NAME_WIDTH, SLICE_PIXELS
from Testing.imaging.patients import phantom
from Testing.volumes.small_volumes import write_nifti


def test_every_contract_is_listed_with_its_evidence(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["contracts"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert [line.split()[0] for line in lines] == list(contracts())
    assert next(line for line in lines if line.startswith("radfm ")).endswith("official preprocessing")
    assert next(line for line in lines if line.startswith("radfm@published")).endswith("approximate")


def test_a_card_is_told_whole(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["contracts", "vila-m3", "--json"]) == 0
    (contract,) = json.loads(capsys.readouterr().out)["contracts"]
    assert main(["contracts", "vila-m3"]) == 0
    text = " ".join(capsys.readouterr().out.split())
    assert contract["card"]["recipe"] in text
    assert all(choice in text for choice in contract["card"]["decided_here"])


def test_an_unknown_contract_is_refused_with_the_known_ones(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["contracts", "m4d"]) == 2
    assert "m3d" in capsys.readouterr().err


def test_the_picture_shows_which_loader_turns_the_patient_over(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    patient = phantom()
    ct = write_nifti(tmp_path / "ct.nii", patient.hu, patient.grid.affine)
    target = tmp_path / "contracts.png"
    assert main(["contracts", "m3d", "--ct", str(ct), "--picture", str(target)]) == 0
    capsys.readouterr()
    picture = np.asarray(Image.open(target).convert("L"))
    own_lps, own_ras, published_lps, published_ras = (
        picture[CAPTION + MARGIN :, NAME_WIDTH + column * CELL + MARGIN :][:SLICE_PIXELS, :SLICE_PIXELS]
        for column in range(4)
    )
    np.testing.assert_array_equal(own_lps, own_ras)
    assert np.abs(published_lps.astype(int) - published_ras.astype(int)).mean() > 10
    # sampled from the corner, the turned slice lies a pixel aside: likeness, not equality
    turned, as_it_is = (
        np.corrcoef(published_lps.ravel(), other.ravel())[0, 1]
        for other in (published_ras[::-1, ::-1], published_ras)
    )
    assert turned > 0.8
    assert turned > as_it_is


@pytest.mark.parametrize("options", [["--ct", "ct.nii"], ["--picture", "p.png"]])
def test_a_picture_needs_a_patient(options: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["contracts", *options]) == 2
    assert "together" in capsys.readouterr().err
