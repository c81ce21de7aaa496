"""Places in evidence pictures: everything is drawn where it is in the patient."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from CTSpatialVQALib.scene.crops import CaseCrops
from CTSpatialVQALib.scene.evidence import Renderer, open_renderer
from CTSpatialVQALib.scene.jump import focus_on
from CTSpatialVQALib.scene.opengl import OpenGLState
from CTSpatialVQALib.scene.planes import PlaneKind, plane_through
from Testing.scene.patients import BALLS, FLAT, MRML, Patient, Spot, make_patient, spot_of, tiles_of

PAIR = ("liver", "spleen")
AXIAL, CORONAL, SAGITTAL, THREE_D = range(4)


def test_what_is_left_in_the_patient_is_on_the_right_of_the_picture(
    open_case: Renderer, tmp_path: Path
) -> None:
    tiles = tiles_of(open_case.render(PAIR, tmp_path / "pair.png").path)
    for tile in tiles[:SAGITTAL]:
        assert spot_of(tile, "liver", PAIR).column < 200
        assert spot_of(tile, "spleen", PAIR).column > 220


def test_structures_are_drawn_where_they_are_in_the_patient(
    open_case: Renderer, patient: Patient, tmp_path: Path
) -> None:
    tiles = tiles_of(open_case.render(("kidney_left",), tmp_path / "kidney.png").path)
    focus = focus_on(CaseCrops(patient.mask).present(("kidney_left",)), patient.volume.grid)
    for tile, kind in zip(tiles, PlaneKind, strict=False):
        plane = plane_through(kind, focus.ras, patient.volume.grid, *tile.shape[:2])
        seen = spot_of(tile, "kidney_left", ("kidney_left",))
        expected = plane.place_of(BALLS["kidney_left"].centre)
        assert abs(seen.column - expected.column) < 3
        assert abs(seen.row - expected.row) < 3


def test_superior_is_up_and_posterior_is_down_or_right(open_case: Renderer, tmp_path: Path) -> None:
    tiles = tiles_of(open_case.render(("kidney_left",), tmp_path / "kidney.png").path)
    spots = [spot_of(tile, "kidney_left", ("kidney_left",)) for tile in tiles[:THREE_D]]
    assert spots[AXIAL].row > 240
    assert spots[CORONAL].row > 240
    assert spots[SAGITTAL].row > 240
    assert spots[SAGITTAL].column > 240


def test_a_mirrored_patient_gives_a_mirrored_picture(
    either_state: OpenGLState, open_case: Renderer, tmp_path: Path
) -> None:
    with open_renderer(*make_patient(mirrored=True), state=either_state) as renderer:
        mirrored = tiles_of(renderer.render(PAIR, tmp_path / "mirrored.png").path)
    here = tiles_of(open_case.render(PAIR, tmp_path / "here.png").path)
    for tile, other in zip(here[:SAGITTAL], mirrored, strict=False):
        for name in PAIR:
            spot, image = spot_of(tile, name, PAIR), spot_of(other, name, PAIR)
            assert spot.column + image.column == pytest.approx(tile.shape[1] - 1, abs=3)
            assert spot.row == pytest.approx(image.row, abs=2)


@pytest.mark.opengl
def test_both_renderers_agree_on_where_a_structure_lies(patient: Patient, tmp_path: Path) -> None:
    def spots(state: OpenGLState) -> list[Spot]:
        with open_renderer(*patient, state=state) as renderer:
            tiles = tiles_of(renderer.render(PAIR, tmp_path / f"{renderer.kind}.png").path)
        return [spot_of(tile, "spleen", PAIR) for tile in tiles[:THREE_D]]

    assert np.array(spots(MRML)) == pytest.approx(np.array(spots(FLAT)), abs=4)


@pytest.mark.parametrize("spacing", [(2.5, 2.5, 10), (8, 4, 4)])
def test_proportions_are_true_for_anisotropic_voxels(
    either_state: OpenGLState, spacing: tuple[float, float, float], tmp_path: Path
) -> None:
    with open_renderer(*make_patient(spacing), state=either_state) as renderer:
        tiles = tiles_of(renderer.render(("kidney_left",), tmp_path / "kidney.png").path)
    spot = spot_of(tiles[SAGITTAL], "kidney_left", ("kidney_left",))
    assert spot.height / spot.width == pytest.approx(35 / 20, rel=0.2)


def test_an_oblique_volume_is_shown_upright(either_state: OpenGLState, tmp_path: Path) -> None:
    turned = make_patient(turned_deg=20)
    with open_renderer(*turned, state=either_state) as renderer:
        tile = tiles_of(renderer.render(("liver",), tmp_path / "liver.png").path)[AXIAL]
    plane = plane_through(PlaneKind.AXIAL, BALLS["liver"].centre, turned.volume.grid, *tile.shape[:2])
    seen, expected = spot_of(tile, "liver", ("liver",)), plane.place_of(BALLS["liver"].centre)
    assert abs(seen.column - expected.column) < 5
    assert abs(seen.row - expected.row) < 5


@pytest.mark.opengl
@pytest.mark.parametrize(("name", "on_the_right"), [("spleen", True), ("kidney_right", False)])
def test_the_3d_view_shows_the_patient_from_the_front(
    patient: Patient, tmp_path: Path, name: str, on_the_right: bool
) -> None:
    with open_renderer(*patient, state=MRML) as renderer:
        tile = tiles_of(renderer.render((name,), tmp_path / "front.png").path)[THREE_D]
    colourful = np.ptp(tile.astype(int), axis=-1) > 60  # all but the structure is nearly grey
    columns = np.nonzero(colourful)[1]
    assert columns.size > 100
    assert (columns.mean() > 240) if on_the_right else (columns.mean() < 180)
