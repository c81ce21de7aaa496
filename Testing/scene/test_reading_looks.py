"""Question, claim and reference are told apart in the picture without colour."""

from __future__ import annotations

import io

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image
from scipy import ndimage

from CTSpatialVQALib.records.grid import Grid
from CTSpatialVQALib.scene.compose import TILE
from CTSpatialVQALib.scene.crops import CaseCrops, VoxelBlock
from CTSpatialVQALib.scene.hatch import banded, period_mm, striped
from CTSpatialVQALib.scene.overlay import OVERLAY_STYLES
from CTSpatialVQALib.scene.shown_anatomy import Arrival, Role, ShownAnatomy
from CTSpatialVQALib.scene.surfaces import surface_of
from Testing.scene.offscreen_session import Session, painted, tinted
from Testing.scene.patients import Patient

LIVER = ("liver",)
BY_ROLE = {
    Role.QUESTION: ShownAnatomy(question=LIVER),
    Role.CLAIMED: ShownAnatomy(claimed=LIVER),
    Role.REFERENCE: ShownAnatomy(reference=LIVER),
}


def axial(empty_session: Session, shown: ShownAnatomy) -> NDArray[np.uint8]:
    empty_session.reading.show_question(shown)
    return empty_session.views.pixels("Red")


def inner(empty_session: Session) -> NDArray[np.bool_]:
    """Well inside of the liver on the axial view."""
    liver = ndimage.binary_fill_holes(tinted(axial(empty_session, BY_ROLE[Role.REFERENCE])))
    core: NDArray[np.bool_] = ndimage.binary_erosion(liver, iterations=12)
    return core


@pytest.mark.opengl
def test_the_question_is_filled_the_reference_is_not_and_the_claim_is_striped(
    session: Session,
) -> None:
    core = inner(session)
    assert core.sum() > 500
    filled = {role: tinted(axial(session, shown))[core].mean() for role, shown in BY_ROLE.items()}
    assert filled[Role.QUESTION] == 1
    assert filled[Role.REFERENCE] == 0
    assert 0.25 < filled[Role.CLAIMED] < 0.6


@pytest.mark.opengl
def test_the_claims_stripes_are_several_and_oblique(session: Session) -> None:
    core = inner(session)
    striped_pixels = tinted(axial(session, BY_ROLE[Role.CLAIMED])) & core
    assert ndimage.label(striped_pixels, np.ones((3, 3)))[1] >= 4
    up, down = _runs(striped_pixels), _runs(striped_pixels[:, ::-1])
    assert max(up, down) > 3 * min(up, down), "one diagonal runs along the stripes, the other across"


@pytest.mark.opengl
def test_the_references_outline_is_much_thicker_than_the_questions(session: Session) -> None:
    outlines = {}
    for role in (Role.QUESTION, Role.REFERENCE):
        session.reading.show_question(BY_ROLE[role])
        colour = session.reading.show_question(BY_ROLE[role]).chips[0].colour
        assert colour is not None
        outlines[role] = painted(session.views.pixels("Red"), colour).sum()
    assert outlines[Role.REFERENCE] > 1.7 * outlines[Role.QUESTION] > 100


@pytest.mark.opengl
def test_all_three_can_be_read_on_one_structure(session: Session) -> None:
    core = inner(session)
    alone = {role: axial(session, shown).astype(int) for role, shown in BY_ROLE.items()}
    together = axial(session, ShownAnatomy(LIVER, LIVER, LIVER)).astype(int)
    stripes = tinted(alone[Role.CLAIMED].astype(np.uint8)) & core
    between = core & ~stripes
    assert (together[between] == alone[Role.QUESTION][between]).all(), "between the stripes: the light fill"
    assert (together[stripes].sum(axis=-1) > together[between].sum(axis=-1).max()).all()
    colour = _colour(session.reading.show_question(ShownAnatomy(LIVER, LIVER, LIVER)))
    thick = painted(alone[Role.REFERENCE].astype(np.uint8), colour)
    assert painted(together.astype(np.uint8), colour)[thick].mean() > 0.7, "but for the ends of stripes"


@pytest.mark.opengl
def test_hovering_dims_everything_else(session: Session) -> None:
    both = ShownAnatomy(("liver", "spleen"))
    arrival = session.reading.show_question(both)
    colours = {chip.key: chip.colour for chip in arrival.chips}

    def outlined() -> dict[str, int]:
        pixels = session.views.pixels("Red")
        return {name: int(painted(pixels, colour).sum()) for name, colour in colours.items() if colour}

    before = outlined()
    session.reading.highlight("spleen")
    lit = outlined()
    session.reading.highlight(None)
    assert before["liver"] > 50
    assert lit["liver"] < before["liver"] / 10
    assert lit["spleen"] >= before["spleen"] > 50
    assert outlined() == before


@pytest.mark.opengl
def test_right_is_written_on_the_left_of_the_picture(session: Session) -> None:
    pixels = axial(session, ShownAnatomy()).astype(int)
    middle = pixels[105:135]
    assert (middle[:, :20].min(axis=-1) > 180).any(), "R"
    assert (middle[:, -20:].min(axis=-1) > 180).any(), "L"
    session.reading.close()
    assert not (session.views.pixels("Red")[105:135, :20].min(axis=-1) > 180).any()


def show_all(session: Session, shown: ShownAnatomy) -> None:
    session.reading.show_question(shown)
    while session.reading.idle_step().more:
        pass


@pytest.mark.opengl
def test_the_3d_view_shows_surfaces_and_the_claim_in_rings(session: Session) -> None:
    show_all(session, BY_ROLE[Role.REFERENCE])
    surface = tinted(session.views.pixels("3D")).sum()
    show_all(session, BY_ROLE[Role.CLAIMED])
    rings = tinted(session.views.pixels("3D")).sum()
    assert surface > 1500
    assert 0.3 < rings / surface < 0.95


@pytest.mark.opengl
def test_the_evidence_picture_shows_slices_roles_and_points_and_is_the_same_twice(
    session: Session,
) -> None:
    session.reading.show_question(ShownAnatomy(LIVER, ("spleen",), LIVER))
    without = np.asarray(Image.open(io.BytesIO(session.reading.picture() or b"")).convert("RGB"))
    place = session.reading.add_fiducial()
    png = session.reading.picture()
    assert png == session.reading.picture()
    picture = np.asarray(Image.open(io.BytesIO(png or b"")).convert("RGB"))
    assert picture.shape[1] > 2 * TILE
    yellow = (np.abs(picture.astype(int) - (255, 255, 110)) < 10).all(axis=-1)
    assert [
        bool(yellow[top : top + TILE, left : left + TILE].any())
        for top, left in ((4, 4), (4, TILE + 8), (TILE + 8, 4))
    ] == [True, True, True]
    assert not (np.abs(without.astype(int) - (255, 255, 110)) < 10).all(axis=-1)[:TILE].any()
    assert session.reading.evidence_state().markers == (place,)


@pytest.mark.opengl
def test_evidence_is_told_and_restored(session: Session) -> None:
    reading = session.reading
    reading.show_question(BY_ROLE[Role.QUESTION])
    reading.set_window("bone")
    reading.add_fiducial()
    before = reading.evidence_state()
    assert before.structures == LIVER
    assert (before.window_level_hu, before.window_width_hu) == (400, 1800)
    reading.show_question(ShownAnatomy(question=("spleen",)))
    assert reading.fiducials() == ()
    reading.restore(before)
    assert (
        reading.evidence_state().model_copy(update={"structures": LIVER, "surfaces_pending": LIVER}) == before
    )


def test_the_roles_styles_differ_in_more_than_colour() -> None:
    styles = {
        (style.labelmap, style.fill > 0, style.outline > 0, style.thickness)
        for style in OVERLAY_STYLES.values()
    }
    assert len(styles) == len(Role)


def test_stripes_lie_inside_and_have_their_share(patient: Patient) -> None:
    crop = CaseCrops(patient.mask).of("liver")
    assert crop is not None
    stripes = striped(crop)
    share = stripes.count * stripes.grid.voxel_ml / (crop.count * crop.grid.voxel_ml)
    assert 0.3 < share < 0.5
    points = stripes.grid.to_ras(np.argwhere(stripes.voxels)[::50].astype(float) + stripes.offset)
    index = np.rint(crop.grid.to_index(points)).astype(int) - crop.offset
    assert crop.voxels[tuple(index.T)].all()


@pytest.mark.parametrize("spacing", [(0.7, 0.7, 1.0), (0.7, 0.7, 5.0), (3.0, 3.0, 3.0)])
def test_small_and_large_bodies_are_striped_on_any_spacing(spacing: tuple[float, float, float]) -> None:
    for across_mm in (12.0, 80.0):
        r, a, s = (int(across_mm / mm) + 2 for mm in spacing)
        grid = Grid.of((r, a, s), np.diag([*spacing, 1.0]))
        points = grid.to_ras(np.stack(np.indices(grid.shape), axis=-1).astype(float))
        centre = (np.array(grid.shape) - 1) / 2 * spacing
        ball = (np.linalg.norm(points - centre, axis=-1) < across_mm / 2).astype(np.uint8)
        stripes = striped(VoxelBlock(ball, (0, 0, 0), grid))
        assert 4 <= period_mm(VoxelBlock(ball, (0, 0, 0), grid)) <= 11
        middle = stripes.voxels[:, :, stripes.voxels.shape[2] // 2]
        assert ndimage.label(middle, np.ones((3, 3)))[1] >= 3


def test_rings_are_part_of_the_surface(patient: Patient) -> None:
    pytest.importorskip("vtk")
    crop = CaseCrops(patient.mask).of("liver")
    assert crop is not None
    surface = surface_of(crop)
    rings = banded(surface)
    assert 0.4 < rings.GetNumberOfPolys() / surface.GetNumberOfPolys() < 0.6
    assert rings.GetBounds() == pytest.approx(surface.GetBounds(), abs=1)


def _runs(inside: NDArray[np.bool_]) -> float:
    """Mean length of the runs along the falling diagonals."""
    steps = inside[1:, 1:] & ~inside[:-1, :-1]
    return float(inside.sum() / max(1, steps.sum()))


def _colour(arrival: Arrival) -> tuple[float, float, float]:
    colour = arrival.chips[0].colour
    assert colour is not None
    return colour
