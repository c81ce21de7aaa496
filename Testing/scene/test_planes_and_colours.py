"""Letters, windows and colours: what both renderers take their word for."""

from __future__ import annotations

import itertools

import numpy as np
import pytest

from CTSpatialVQALib.errors import BadInput
from CTSpatialVQALib.records.grid import Grid
from CTSpatialVQALib.records.structures import structures
from CTSpatialVQALib.scene.colours import display_colours
from CTSpatialVQALib.scene.compose import TILE, LegendEntry, Tile, compose, note_tile
from CTSpatialVQALib.scene.planes import EdgeLetters, PlaneKind, letter_of, plane_through
from CTSpatialVQALib.scene.window_presets import window_for, window_named, windows

GRID = Grid.of((40, 30, 20), np.diag([2.0, 2.0, 5.0, 1.0]))
BLACK = np.zeros((TILE, TILE, 3), np.uint8)


@pytest.mark.parametrize(
    ("kind", "letters"),
    [
        (PlaneKind.AXIAL, EdgeLetters("R", "L", "A", "P")),
        (PlaneKind.CORONAL, EdgeLetters("R", "L", "S", "I")),
        (PlaneKind.SAGITTAL, EdgeLetters("A", "P", "S", "I")),
    ],
)
def test_letters_are_radiological_and_say_where_the_pixels_are(kind: PlaneKind, letters: EdgeLetters) -> None:
    plane = plane_through(kind, (10.0, 10.0, 10.0), GRID, 100, 80)
    points = plane.points()
    assert plane.letters == letters
    assert letter_of(points[40, -1] - points[40, 0]) == letters.right
    assert letter_of(points[0, 50] - points[-1, 50]) == letters.top


@pytest.mark.parametrize("kind", PlaneKind)
def test_the_whole_volume_fits_into_the_picture(kind: PlaneKind) -> None:
    plane = plane_through(kind, (10.0, 10.0, 10.0), GRID, 100, 80)
    for corner in itertools.product((-1.0, 79.0), (-1.0, 59.0), (-2.5, 97.5)):
        place = plane.place_of(corner)
        assert 0 <= place.column <= 100
        assert -1 <= place.row <= 80


@pytest.mark.parametrize("kind", PlaneKind)
def test_a_pixels_point_is_seen_at_that_pixel(kind: PlaneKind) -> None:
    plane = plane_through(kind, (10.0, 10.0, 10.0), GRID, 100, 80)
    assert plane.place_of(tuple(plane.points()[13, 57])) == pytest.approx((57, 13))


def test_the_letters_stand_at_their_edges() -> None:
    def left_edge(letters: EdgeLetters) -> np.ndarray:
        return np.asarray(compose([Tile(BLACK, "", letters)], [], []))[:TILE, :40]

    assert (left_edge(EdgeLetters("R", "L", "A", "P")) == left_edge(EdgeLetters("R", "", "", ""))).all()
    assert (left_edge(EdgeLetters("R", "L", "A", "P")) != left_edge(EdgeLetters("L", "R", "A", "P"))).any()


@pytest.mark.parametrize("mm_per_pixel", [0.3, 0.9, 1.1, 2.4])
def test_the_scale_bar_is_as_long_as_it_says(mm_per_pixel: float) -> None:
    lengths = {}
    for scale in (mm_per_pixel, mm_per_pixel / 2):
        picture = np.asarray(compose([Tile(BLACK, "", None, scale)], [], []))
        bar = (picture[4 + TILE - 12, 4 : 4 + TILE] > 200).all(axis=-1)
        lengths[scale] = int(bar.sum()) * scale
    for length_mm in lengths.values():
        assert min(abs(length_mm - mm) for mm in (200, 100, 50, 20, 10)) < 3 * mm_per_pixel


def test_every_asked_structure_has_its_line_in_the_legend() -> None:
    colours = display_colours(("liver", "spleen"))
    legend = [LegendEntry(name, colour) for name, colour in colours.items()]
    short, tall = (compose([], entries, []).height for entries in (legend, [*legend, *legend]))
    assert tall > short
    assert LegendEntry("kidney_left", None).text == "left kidney (not in mask)"


def test_a_note_is_written_where_a_picture_would_be() -> None:
    tile = note_tile("3D", "no 3D view: " + "a long reason " * 12)
    assert tile.pixels.shape == (TILE, TILE, 3)
    assert len(np.unique(tile.pixels)) > 10
    assert (tile.pixels[:, :10] == tile.pixels[0, 0]).all(), "the note stays inside the tile"


def test_colours_of_a_question_can_be_told_apart_and_seen() -> None:
    for names in (("kidney_left", "kidney_right"), tuple(f"vertebrae_T{n}" for n in range(1, 9))):
        colours = list(display_colours(names).values())
        assert all(max(colour) >= 0.8 for colour in colours)
        for one, other in itertools.combinations(colours, 2):
            assert np.linalg.norm(np.subtract(one, other)) > 0.3


def test_a_colour_that_stands_out_keeps_the_tables_hue() -> None:
    table = np.array(structures()["liver"].colour)
    shown = np.array(display_colours(("liver",))["liver"])
    assert shown.argmax() == table.argmax()


def test_the_window_is_the_one_most_structures_are_looked_at_with() -> None:
    assert window_for(("vertebrae_T5", "lung_upper_lobe_left", "rib_left_5")).name == "bone"
    assert window_for(("trachea", "liver")).name == "lung", "the first named wins a tie"
    assert window_for(()).name == "lung"


def test_a_window_runs_from_black_to_white_over_its_width() -> None:
    grey = window_named("mediastinum").grey(np.array([-2000.0, -160.0, 40.0, 240.0, 3000.0]))
    assert grey.tolist() == pytest.approx([0, 0, 127.5, 255, 255], abs=0.5)


def test_an_unknown_window_is_answered_with_the_known_ones() -> None:
    with pytest.raises(BadInput, match=", ".join(windows())):
        window_named("heat")
