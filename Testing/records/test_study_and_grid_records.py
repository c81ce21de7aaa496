"""The study file names each thing once, and a grid maps between indices and the patient both ways."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray
from pydantic import ValidationError

from CTSpatialVQALib.records.grid import Grid
from CTSpatialVQALib.records.study import StudyFile


def study(**changes: Any) -> StudyFile:
    plain = {"study": {"id": "pilot"}, "questions": [{"path": "questions.jsonl"}]}
    return StudyFile.model_validate(plain | changes)


def test_smallest_study_reads_openly_and_unprobed() -> None:
    smallest = study()

    assert smallest.reading.mode == "open"
    assert [probe.value for probe in smallest.reading.probes] == ["full"]
    assert smallest.questions[0].format == "auto"


@pytest.mark.parametrize(
    ("changes", "expectation"),
    [
        ({"cases": [{"id": "c1"}, {"id": "c2"}, {"id": "c1"}]}, r"each case id once \(c1 is repeated\)"),
        (
            {"backends": [{"name": "a", "kind": "anatomy"}, {"name": "a", "kind": "prior"}]},
            r"each backend name once \(a is repeated\)",
        ),
        ({"questions": []}, "at least 1 item"),
        ({"questions": [{"path": ""}]}, "at least 1 character"),
        ({"backends": [{"name": "a", "kind": "recorded"}]}, "path for kind 'recorded'"),
        (
            {"backends": [{"name": "a", "kind": "prior", "path": "x.json"}]},
            "neither path nor url for kind 'prior'",
        ),
        (
            {"backends": [{"name": "a", "kind": "openai", "url": "http://x"}]},
            "model and url for kind 'openai'",
        ),
        ({"backends": [{"name": "a", "kind": "oracle"}]}, "recorded"),
        ({"reading": {"seed": -1}}, "greater than or equal to 0"),
        ({"reading": {"mode": "sleepy"}}, "blinded"),
        ({"reading": {"order": "random"}}, "order"),
        ({"cases": [{"id": "c\n1"}]}, "printable"),
    ],
)
def test_study_refuses(changes: dict[str, Any], expectation: str) -> None:
    with pytest.raises(ValidationError, match=expectation):
        study(**changes)


def affine_of(
    spacing: tuple[float, float, float], degrees: float, origin: tuple[float, ...]
) -> NDArray[np.float64]:
    angle = np.deg2rad(degrees)
    turned = np.array([[np.cos(angle), -np.sin(angle), 0], [np.sin(angle), np.cos(angle), 0], [0, 0, 1]])
    affine = np.eye(4)
    affine[:3, :3] = turned @ np.diag(spacing)
    affine[:3, 3] = origin
    return affine


spacings = st.floats(0.2, 8) | st.floats(-8, -0.2)
coordinates = st.floats(-600, 600)


@given(
    spacing=st.tuples(spacings, spacings, spacings),
    degrees=st.floats(-180, 180),
    origin=st.tuples(coordinates, coordinates, coordinates),
    point=st.tuples(coordinates, coordinates, coordinates),
)
def test_index_of_a_point_leads_back_to_the_point(
    spacing: tuple[float, float, float],
    degrees: float,
    origin: tuple[float, float, float],
    point: tuple[float, float, float],
) -> None:
    grid = Grid.of((9, 9, 9), affine_of(spacing, degrees, origin))

    np.testing.assert_allclose(grid.to_ras(grid.to_index(point)), point, atol=1e-6)
    np.testing.assert_allclose(grid.to_index(grid.to_ras(point)), point, atol=1e-6)


def test_index_becomes_millimetres_by_the_affine() -> None:
    grid = Grid.of((10, 10, 10), affine_of((-2.0, 1.0, 5.0), 0, (100, -50, 7)))

    np.testing.assert_allclose(grid.to_ras((3, 4, 2)), (94, -46, 17))
    np.testing.assert_allclose(grid.to_ras(np.array([[0, 0, 0], [1, 0, 0]])), [[100, -50, 7], [98, -50, 7]])


def test_size_of_a_voxel_does_not_depend_on_turning_or_mirroring() -> None:
    grid = Grid.of((10, 10, 10), affine_of((-2.0, 1.0, 5.0), 30, (0, 0, 0)))

    np.testing.assert_allclose(grid.spacing_mm, (2, 1, 5))
    assert grid.voxel_ml == pytest.approx(0.01)


def test_grid_matches_itself_and_one_a_hair_away() -> None:
    affine = affine_of((1.0, 1.0, 1.0), 10, (5, 5, 5))
    moved = affine.copy()
    moved[:3, 3] += 0.005

    assert Grid.of((20, 20, 20), affine).matches(Grid.of((20, 20, 20), moved))


@pytest.mark.parametrize(
    ("shape", "affine"),
    [
        ((20, 20, 19), affine_of((1.0, 1.0, 1.0), 10, (5, 5, 5))),
        ((20, 20, 20), affine_of((1.0, 1.0, 1.0), 10, (5.02, 5, 5))),
        ((20, 20, 20), affine_of((1.0, 1.0, -1.0), 10, (5, 5, 24))),
        ((20, 20, 20), affine_of((1.001, 1.0, 1.0), 10, (5, 5, 5))),
        ((20, 20, 20), affine_of((1.0, 1.0, 1.0), 10.1, (5, 5, 5))),
    ],
    ids=["another shape", "moved", "mirrored onto the same box", "another spacing", "turned"],
)
def test_grid_does_not_match_another(shape: tuple[int, int, int], affine: NDArray[np.float64]) -> None:
    assert not Grid.of((20, 20, 20), affine_of((1.0, 1.0, 1.0), 10, (5, 5, 5))).matches(
        Grid.of(shape, affine)
    )


def test_crop_with_the_same_affine_does_not_match() -> None:
    affine = np.eye(4)

    assert not Grid.of((512, 512, 300), affine).matches(Grid.of((300, 300, 200), affine))


def test_grid_describes_itself_for_messages() -> None:
    grid = Grid.of((11, 21, 31), affine_of((2.0, 1.0, 0.5), 0, (0, 0, 0)))

    assert str(grid) == "11 x 21 x 31 voxels of 2 x 1 x 0.5 mm centred at R 10 A 10 S 8"


@pytest.mark.parametrize("value", [float("nan"), float("inf")])
def test_affine_that_leads_nowhere_is_refused(value: float) -> None:
    affine = np.eye(4)
    affine[0, 3] = value

    with pytest.raises(ValidationError):
        Grid.of((2, 2, 2), affine)
