"""What does a phantom patient look like? A CT, its anatomy labels and the truth about both.

Everything is analytic and deterministic: the same index and size give the same arrays. The truth (findings,
landmarks) is computed from the shapes, never from the label volume.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cache
from types import MappingProxyType
from typing import Literal, NamedTuple

import numpy as np
from numpy.typing import NDArray

from CTSpatialVQALib.demo import abdomen, heart, lungs, ribs, spine
from CTSpatialVQALib.demo import phantom_findings as findings
from CTSpatialVQALib.demo import torso as body
from CTSpatialVQALib.demo.canvas import Canvas
from CTSpatialVQALib.demo.patients import PATIENTS, Patient
from CTSpatialVQALib.demo.shapes import Point, Shape
from CTSpatialVQALib.errors import BadInput
from CTSpatialVQALib.records.grid import Grid
from CTSpatialVQALib.records.structures import label_names, opposite
from CTSpatialVQALib.records.words import Side

PhantomSize = Literal["tiny", "demo", "bench"]


class _Scan(NamedTuple):
    """How a size samples the body.

    Parameters
    ----------
    squeeze_s : the bench size holds neck to pelvis, squeezed: a workload with 104 classes, not a likeness
    middle_s : body coordinate S in the middle of the scan, mm
    blur : weight of each neighbour in the point spread along R and A
    finest_mm : lung vessels thinner than this are not drawn
    """

    shape: tuple[int, int, int]
    spacing: Point
    squeeze_s: float
    middle_s: float
    blur: float
    finest_mm: float


_SCANS: Mapping[PhantomSize, _Scan] = {
    "tiny": _Scan((64, 48, 64), Point(6.0, 6.0, 6.0), 1.0, -16.0, 0.08, 3.0),
    "demo": _Scan((192, 160, 192), Point(2.0, 2.0, 2.0), 1.0, -16.0, 0.18, 0.0),
    "bench": _Scan((512, 512, 300), Point(0.75, 0.75, 1.0), 0.45, -102.0, 0.25, 0.0),
}
_THORAX = ("C6", "C7", *(f"T{n}" for n in range(1, 13)), "L1", "L2")
_TORSO = ("C3", "C4", "C5", *_THORAX, "L3", "L4", "L5", "S1")
_NOISE_HU = 14.0


@dataclass(frozen=True)
class Finding:
    """Something abnormal, known exactly.

    Parameters
    ----------
    kind : `nodule`, `effusion`, `cyst`, `lymph_node` or `goitre`
    structure : TotalSegmentator class in which it lies or which it is; None where there is no such class
    centre_ras, diameter_mm : world RAS mm; of an effusion a point in it and its greatest depth
    pleura_mm : for nodules: distance of the centre from the surface of the lung
    pole : for cysts: `upper` or `lower`
    level : vertebral level (`T4`): of a lymph node its centre, of a goitre its lower end
    """

    kind: str
    structure: str | None
    side: Side
    centre_ras: Point
    diameter_mm: float
    pleura_mm: float | None = None
    pole: str | None = None
    level: str | None = None


@dataclass(frozen=True)
class Facts:
    """What is true of the patient's anatomy, from the shapes.

    Parameters
    ----------
    heart_side, arch_side, liver_side, stomach_side : the patient's side on which (most of) it lies
    arch_level : vertebra (`T4`) at whose height the aortic arch reaches its top
    landmarks : places in world RAS mm: centres by class name, and `<kidney class>_upper_pole`
    """

    situs_inversus: bool
    sex: str
    contrast: str
    heart_side: Side
    arch_side: Side
    liver_side: Side
    stomach_side: Side
    arch_level: str
    ascending_aorta_mm: float
    landmarks: Mapping[str, Point]


@dataclass(frozen=True)
class Phantom:
    """One phantom patient.

    Parameters
    ----------
    hu : (R, A, S) int16, Hounsfield units
    labels : (R, A, S) uint8, label values of TotalSegmentator's task `total` in version 2
    names : label value -> class name, of the labels that occur
    stored_as : axis codes in which its file is to be written
    """

    index: int
    size: PhantomSize
    hu: NDArray[np.int16]
    labels: NDArray[np.uint8]
    names: Mapping[int, str]
    grid: Grid
    findings: tuple[Finding, ...]
    facts: Facts
    stored_as: str


def make_patient(index: int, size: PhantomSize = "demo") -> Phantom:
    """Make patient `index` (0 to 4) in the given size; the same call gives the same arrays.

    Raises
    ------
    BadInput
        If there is no such patient or size.
    """
    _refuse_unknown(index, size)
    patient, scan = PATIENTS[index], _SCANS[size]
    grid, to_world = _grid(patient, scan), _body_to_world(patient, scan)
    canvas = Canvas(scan.shape, _labels_of(patient.mirrored))
    upright = _body_to_world(replace(patient, turn_degrees=Point(0, 0, 0)), scan)
    rng = np.random.Generator(np.random.PCG64(patient.seed))
    canvas.draw([body.table_shape()], np.linalg.inv(upright) @ grid.affine)
    shapes = _shapes(patient, scan, rng, whole_torso=size == "bench")
    canvas.draw(shapes, np.linalg.inv(to_world) @ grid.affine)
    _finish(canvas.hu, rng, scan.blur)
    values = np.flatnonzero(np.bincount(canvas.labels.reshape(-1), minlength=256))
    names = {int(v): label_names("total_v2")[int(v)] for v in values if v}
    for array in (canvas.hu, canvas.labels):
        array.flags.writeable = False
    return Phantom(
        index=index,
        size=size,
        hu=canvas.hu,
        labels=canvas.labels,
        names=MappingProxyType(names),
        grid=grid,
        findings=_findings(patient, to_world),
        facts=_facts(patient, to_world),
        stored_as=patient.stored_as,
    )


def _refuse_unknown(index: int, size: str) -> None:
    if not 0 <= index < len(PATIENTS):
        raise BadInput(
            "phantom patient", expected="an index from 0 to 4", came=str(index), remedy="Choose one"
        )
    if size not in _SCANS:
        raise BadInput("phantom size", expected="tiny, demo or bench", came=str(size), remedy="Choose one")


def _shapes(patient: Patient, scan: _Scan, rng: np.random.Generator, *, whole_torso: bool) -> list[Shape]:
    """All shapes in drawing order: what comes later covers what came before."""
    blood = patient.contrast
    below = [*abdomen.pelvic_organs(blood), *spine.pelvis(), *heart.atrial_appendage(blood)]
    return [
        *body.trunk(patient.fat_mm, patient.sex == "female"),
        *spine.back_muscles(),
        *(spine.loin_muscles() if whole_torso else []),
        *lungs.lungs(patient.heart_scale),
        *lungs.fissure_lines(),
        *lungs.vessel_trees(rng, scan.finest_mm),
        *abdomen.bowel(deep=whole_torso),
        *abdomen.liver(blood),
        *abdomen.spleen(blood),
        *abdomen.kidneys(blood),
        *abdomen.small_organs(blood),
        *abdomen.stomach(),
        *heart.heart(patient.heart_scale, blood),
        *heart.great_vessels(blood),
        *(below if whole_torso else []),
        *heart.aorta(blood, patient.ascending_mm),
        *heart.esophagus(),
        *heart.thyroid(patient.goitre, 105 + blood.parenchyma),
        *lungs.airways(),
        *_skeleton(whole_torso),
        *findings.finding_shapes(patient),
    ]


@cache
def _skeleton(whole_torso: bool) -> tuple[Shape, ...]:
    """Bones and cartilages: in the body frame the same in every patient, so made once."""
    return (
        *spine.spine(_TORSO if whole_torso else _THORAX),
        *ribs.ribs(),
        *ribs.cartilages(labelled=whole_torso),
        *ribs.sternum(),
        *ribs.shoulder(humeri=True),
    )


def _grid(patient: Patient, scan: _Scan) -> Grid:
    """The scan's box: centred on the scanner axis, at the patient's table position."""
    middle = np.array([0.0, -6.0, patient.table_s])
    affine = np.diag([*scan.spacing, 1.0])
    affine[:3, 3] = middle - (np.array(scan.shape) - 1) / 2 * np.asarray(scan.spacing)
    return Grid.of(scan.shape, affine)


def _body_to_world(patient: Patient, scan: _Scan) -> NDArray[np.float64]:
    """(4, 4) affine, body mm -> world RAS mm; its determinant is negative in situs inversus."""
    x, y, z = np.radians(patient.turn_degrees)
    about_r = np.array([[1, 0, 0], [0, np.cos(x), -np.sin(x)], [0, np.sin(x), np.cos(x)]])
    about_a = np.array([[np.cos(y), 0, np.sin(y)], [0, 1, 0], [-np.sin(y), 0, np.cos(y)]])
    about_s = np.array([[np.cos(z), -np.sin(z), 0], [np.sin(z), np.cos(z), 0], [0, 0, 1]])
    scale = np.asarray(patient.scale) * [-1 if patient.mirrored else 1, 1, scan.squeeze_s]
    affine = np.eye(4)
    affine[:3, :3] = about_s @ about_a @ about_r @ np.diag(scale)
    middle = np.array([0.0, 0.0, scan.middle_s])
    affine[:3, 3] = np.array([0, 0, patient.table_s]) + np.asarray(patient.shift) - affine[:3, :3] @ middle
    return affine


def named(name: str, mirrored: bool) -> str:
    """The class of a shape in this patient.

    In situs inversus the lung with three lobes is the left one. There is no class for a left middle
    lobe, so it counts as left upper lobe; the right lung then has an upper and a lower lobe only.
    """
    if not mirrored:
        return name
    if name == lungs.MIDDLE_RIGHT:
        return lungs.UPPER_LEFT
    return opposite(name) or name


def _labels_of(mirrored: bool) -> Mapping[str, int]:
    values = {name: value for value, name in label_names("total_v2").items()}
    return {name: values[named(name, mirrored)] for name in values}


def _finish(hu: NDArray[np.int16], rng: np.random.Generator, blur: float) -> None:
    """Noise and point spread, in place: one blur for both gives the noise the grain of a CT."""
    centre = 1 - 2 * blur
    sigma = _NOISE_HU / (centre**2 + 2 * blur**2)
    before = hu[:1].astype(np.float32)
    for start in range(0, len(hu), 64):
        stop = min(start + 64, len(hu))
        after = hu[stop : stop + 1] if stop < len(hu) else hu[stop - 1 : stop]
        slab = np.concatenate([before, hu[start:stop].astype(np.float32), after.astype(np.float32)])
        before = slab[-2:-1].copy()
        slab += rng.standard_normal(slab.shape, dtype=np.float32) * np.float32(sigma)
        spread = centre * slab[1:-1] + blur * (slab[:-2] + slab[2:])
        out = centre * spread
        out[:, 1:-1] += blur * (spread[:, :-2] + spread[:, 2:])
        out[:, 0] += 2 * blur * spread[:, 0]
        out[:, -1] += 2 * blur * spread[:, -1]
        hu[start:stop] = np.clip(np.rint(out), -1024, 3071).astype(np.int16)


def _place(to_world: NDArray[np.float64], place: Point) -> Point:
    return Point(*(float(v) for v in to_world[:3, :3] @ np.asarray(place) + to_world[:3, 3]))


def _side(r: float, mirrored: bool) -> Side:
    return Side.RIGHT if (r > 0) != mirrored else Side.LEFT


def _findings(patient: Patient, to_world: NDArray[np.float64]) -> tuple[Finding, ...]:
    return tuple(
        Finding(
            kind=finding.kind,
            structure=named(finding.structure, patient.mirrored) if finding.structure else None,
            side=_side(finding.centre.r, patient.mirrored),
            centre_ras=_place(to_world, finding.centre),
            diameter_mm=finding.diameter_mm,
            pleura_mm=finding.pleura_mm,
            pole=finding.pole,
            level=finding.level,
        )
        for finding in findings.findings_of(patient)
    )


def _facts(patient: Patient, to_world: NDArray[np.float64]) -> Facts:
    flip = patient.mirrored
    centres = {
        "heart": heart.HEART_CENTRE,
        "kidney_right": abdomen.KIDNEY_RIGHT,
        "kidney_left": abdomen.KIDNEY_LEFT,
        "gallbladder": abdomen.GALLBLADDER,
    }
    landmarks = {named(name, flip): _place(to_world, centre) for name, centre in centres.items()}
    for name in ("kidney_right", "kidney_left"):
        landmarks[f"{named(name, flip)}_upper_pole"] = _upper_pole(to_world, centres[name])
    return Facts(
        situs_inversus=flip,
        sex=patient.sex,
        contrast=patient.contrast.name,
        heart_side=_side(heart.HEART_CENTRE.r, flip),
        arch_side=_side(heart.ARCH_TOP.r - 1, flip),
        liver_side=_side(abdomen.GALLBLADDER.r, flip),
        stomach_side=_side(-1, flip),
        arch_level=spine.level_at(heart.ARCH_TOP.s),
        ascending_aorta_mm=patient.ascending_mm * (patient.scale.r * patient.scale.a) ** 0.5,
        landmarks=MappingProxyType(landmarks),
    )


def _upper_pole(to_world: NDArray[np.float64], centre: Point) -> Point:
    """The highest point of a kidney in the world: where a turned ellipsoid has its tangent plane."""
    half_axes = to_world[:3, :3] @ np.diag(abdomen.KIDNEY_RADII)
    reach = half_axes[2] / np.linalg.norm(half_axes[2])
    return Point(*(float(v) for v in np.asarray(_place(to_world, centre)) + half_axes @ reach))
