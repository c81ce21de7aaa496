"""Contents of evidence pictures: what they say, and what they must not."""

from __future__ import annotations

import struct
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from CTSpatialVQALib.errors import BadInput
from CTSpatialVQALib.scene.evidence import EvidenceRequest, Renderer, open_renderer, render_evidence
from CTSpatialVQALib.scene.opengl import FORCED_OFF, OpenGLState
from CTSpatialVQALib.scene.pictures import MOST_STRUCTURES, content_of
from Testing.scene.patients import BALLS, Patient, make_patient, spot_of, tiles_of

PAIR = ("liver", "spleen")
AXIAL, THREE_D = 0, 3


def test_the_picture_says_which_kind_it_is_and_how_large(open_case: Renderer, tmp_path: Path) -> None:
    picture = open_case.render(PAIR, tmp_path / "pair.png")
    assert picture.kind == open_case.kind
    with Image.open(picture.path) as image:
        assert image.size == (picture.width, picture.height)


def test_the_png_holds_pixels_and_nothing_else(open_case: Renderer, tmp_path: Path) -> None:
    data = open_case.render(PAIR, tmp_path / "Doe^Jane.png").path.read_bytes()
    chunks, at = set(), 8
    while at < len(data):
        (length,) = struct.unpack(">I", data[at : at + 4])
        chunks.add(data[at + 4 : at + 8])
        at += 12 + length
    assert chunks == {b"IHDR", b"IDAT", b"IEND"}


def test_the_same_question_gives_the_same_bytes(open_case: Renderer, tmp_path: Path) -> None:
    first = open_case.render(PAIR, tmp_path / "1.png").path.read_bytes()
    open_case.render(("heart", "colon"), tmp_path / "between.png")
    assert open_case.render(PAIR, tmp_path / "Doe^Jane.png").path.read_bytes() == first


def test_the_window_can_be_chosen(open_case: Renderer, tmp_path: Path) -> None:
    narrow, wide = (
        tiles_of(open_case.render(PAIR, tmp_path / f"{name}.png", window=name).path)[AXIAL][300, 210]
        for name in ("abdomen", "bone")
    )
    assert narrow.mean() > wide.mean() + 20, "20 HU is mid-grey for the abdomen and dark for bone"


def test_the_ct_is_seen_through_the_fill(open_case: Renderer, tmp_path: Path) -> None:
    seen = []
    for name in ("abdomen", "bone"):
        tile = tiles_of(open_case.render(("liver",), tmp_path / "x.png", window=name).path)[AXIAL]
        middle = spot_of(tile, "liver", ("liver",))
        seen.append(tile[round(middle.row), round(middle.column)].astype(int))
    assert np.ptp(seen[0]) > 20, "the fill is coloured"
    assert (seen[0] > seen[1] + 20).all(), "110 HU is bright for the abdomen and dark for bone"


def test_an_unknown_window_is_refused_by_name(open_case: Renderer, tmp_path: Path) -> None:
    with pytest.raises(BadInput, match=r"'heat'.*Choose a preset"):
        open_case.render(PAIR, tmp_path / "x.png", window="heat")


def test_a_mask_of_another_grid_is_refused(patient: Patient, either_state: OpenGLState) -> None:
    with pytest.raises(BadInput, match="volume's grid"):
        open_renderer(patient.volume, make_patient((6, 5, 5)).mask, state=either_state)


def test_without_a_mask_the_slices_go_through_the_middle(
    patient: Patient, either_state: OpenGLState, tmp_path: Path
) -> None:
    with open_renderer(patient.volume, None, state=either_state) as renderer:
        picture = renderer.render(PAIR, tmp_path / "x.png")
    assert "no anatomy mask: slices through the centre" in picture.note


def test_with_nothing_found_in_the_mask_the_picture_says_so(open_case: Renderer, tmp_path: Path) -> None:
    assert "none of the structures" in open_case.render(("trachea",), tmp_path / "x.png").note


def test_a_structure_that_is_not_in_the_mask_stays_in_the_legend(patient: Patient) -> None:
    content = content_of(patient.mask, ("liver", "trachea"), None)
    assert [entry.text for entry in content.legend] == ["liver", "trachea (not in mask)"]
    assert [entry.name for entry in content.drawn] == ["liver"]


def test_more_structures_than_can_be_told_apart_are_counted(patient: Patient) -> None:
    many = (*BALLS, "colon", "trachea", "aorta", "stomach", "duodenum")
    content = content_of(patient.mask, many, None)
    assert len(content.legend) == MOST_STRUCTURES
    assert content.notes == ("2 more structures are not drawn",)


def test_one_call_makes_one_picture(
    patient: Patient, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv(FORCED_OFF, "1")
    picture = render_evidence(EvidenceRequest(*patient, PAIR), tmp_path / "deep" / "one.png")
    assert picture.kind == "flat"
    assert FORCED_OFF in picture.note
    assert picture.path.is_file()


def test_the_flat_picture_says_in_place_of_the_3d_view_why(patient: Patient, tmp_path: Path) -> None:
    seen = []
    for reason in ("one reason", "another"):
        with open_renderer(*patient, state=OpenGLState(False, reason)) as renderer:
            picture = renderer.render(PAIR, tmp_path / "x.png")
        assert picture.note == f"no 3D view: {reason}"
        seen.append(tiles_of(picture.path)[THREE_D])
    assert np.any(seen[0] != seen[1])
