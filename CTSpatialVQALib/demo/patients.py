"""Who are the five phantom patients? Their build, pose, contrast and findings, as written down here."""

from __future__ import annotations

from dataclasses import dataclass, field

from CTSpatialVQALib.demo.heart import NATIVE, PULMONARY, VENOUS, Contrast
from CTSpatialVQALib.demo.shapes import Point


@dataclass(frozen=True)
class Nodule:
    """A round lung nodule: centre in the body frame, diameter in the patient, both mm."""

    centre: Point
    diameter_mm: float


@dataclass(frozen=True)
class Effusion:
    """Free pleural fluid behind one lung: side in the body frame (1 right, -1 left), mm at its deepest."""

    side: int
    depth_mm: float
    top_s: float


@dataclass(frozen=True)
class Cyst:
    """A simple cyst at one pole of a kidney (1 right, -1 left in the body frame; pole 1 upper, -1 lower)."""

    side: int
    pole: int
    diameter_mm: float


@dataclass(frozen=True)
class Patient:
    """One phantom patient.

    Parameters
    ----------
    scale : size along R, A and S relative to the reference adult
    turn_degrees : rotation about the R, A and S axes
    shift : how far the patient lies from the middle of the scan, mm
    table_s : scanner coordinate S of the middle of the scan, mm
    mirrored : situs inversus: every organ is mirrored
    stored_as : axis codes in which the file is written; the header says so
    """

    sex: str
    scale: Point
    turn_degrees: Point
    shift: Point
    table_s: float
    fat_mm: float
    contrast: Contrast
    seed: int
    heart_scale: float = 1.0
    ascending_mm: float = 31.0
    mirrored: bool = False
    stored_as: str = "RAS"
    nodules: tuple[Nodule, ...] = ()
    effusion: Effusion | None = None
    cyst: Cyst | None = None
    node_mm: float | None = None
    goitre: Point = field(default=Point(1.0, 1.0, 1.0))


PATIENTS: tuple[Patient, ...] = (
    Patient(
        sex="male", scale=Point(1.0, 1.0, 1.0), turn_degrees=Point(0.0, 0.0, 0.0), shift=Point(0, 0, 0),
        table_s=-140.0, fat_mm=16, contrast=VENOUS, seed=101,
        nodules=(Nodule(Point(66, -22, 62), 12.0),),
        effusion=Effusion(-1, 48, 26), cyst=Cyst(-1, 1, 30.0), node_mm=18.0,
    ),
    Patient(
        sex="female", scale=Point(0.92, 0.93, 0.94), turn_degrees=Point(2.0, -2.5, 3.0),
        shift=Point(4, -3, 2),
        table_s=215.0, fat_mm=20, contrast=NATIVE, seed=202, heart_scale=0.92,
        nodules=(Nodule(Point(-86, -52, -48), 9.0), Nodule(Point(70, 46, -24), 14.0)),
        goitre=Point(2.0, 1.7, 2.35),
    ),
    Patient(
        sex="male", scale=Point(1.05, 1.08, 1.02), turn_degrees=Point(-2.0, 1.5, -4.0),
        shift=Point(-5, 4, -3),
        table_s=-60.0, fat_mm=23, contrast=VENOUS, seed=303, heart_scale=1.18, ascending_mm=44.0,
        nodules=(Nodule(Point(120.3, -28, -22), 20.0),),
        effusion=Effusion(1, 60, 40),
    ),
    Patient(
        sex="male", scale=Point(0.97, 0.98, 0.98), turn_degrees=Point(1.0, 2.0, 2.0), shift=Point(2, 2, 0),
        table_s=-330.0, fat_mm=12, contrast=VENOUS, seed=404, mirrored=True,
        nodules=(Nodule(Point(84, -56, -52), 10.0),), node_mm=16.0,
    ),
    Patient(
        sex="female", scale=Point(0.95, 0.92, 0.97), turn_degrees=Point(-1.0, -1.5, -2.0),
        shift=Point(-3, 0, 1),
        table_s=40.0, fat_mm=18, contrast=PULMONARY, seed=505, heart_scale=0.97, stored_as="LAS",
        nodules=(Nodule(Point(-80, 6, 62), 16.0),),
        effusion=Effusion(1, 40, 10), cyst=Cyst(1, -1, 36.0),
    ),
)  # fmt: skip
