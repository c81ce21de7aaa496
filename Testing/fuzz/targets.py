"""What is fuzzed: each reader of files from outside, with the sound files that damage starts from."""

from __future__ import annotations

import gzip
import json
import shutil
from collections.abc import Callable
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import NamedTuple

import numpy as np
import pydicom
from pydicom.uid import JPEGLSLossless, RLELossless

from CTSpatialVQALib.audit.events import consent_given
from CTSpatialVQALib.audit.log import AuditLog
from CTSpatialVQALib.audit.verify import verify
from CTSpatialVQALib.backends.run_store import RunStore
from CTSpatialVQALib.benchmark.judges import read_judge
from CTSpatialVQALib.benchmark.predictions import read_predictions
from CTSpatialVQALib.benchmark.questions import read_questions
from CTSpatialVQALib.benchmark.study import load_study
from CTSpatialVQALib.records.event import Actor
from CTSpatialVQALib.records.question import Question
from CTSpatialVQALib.report.exports import export_csv, import_jsonl
from CTSpatialVQALib.volumes.anatomy_mask import read_mask
from CTSpatialVQALib.volumes.image_file import read_ras
from Testing.volumes.dicom_folder import write_series
from Testing.volumes.enhanced_ct import frames_of, write_enhanced
from Testing.volumes.small_volumes import Stored, caret_table, nifti_bytes, oblique_affine, speckled
from Testing.volumes.test_dicom_segmentation import LIVER, described, two_organs, write_seg
from Testing.volumes.volume_writers import nifti2_bytes

READER = Actor(id="reader-1")
AFFINE = oblique_affine((1.5, 2.0, 2.5), (10, -5, 20))
QUESTION = Question(question_id="c1::0", case_id="c1", text="On which side is it?", reference="On the left.")
STUDY = b"""[study]
id = "fuzzed"
title = "T"
data_roots = ["."]

[[cases]]
id = "c1"
patient = "p1"
report = "report.txt"
mask_naming = "auto"
situs_inversus = false

[[questions]]
path = "questions.jsonl"
format = "auto"
add_cases = true

[[backends]]
name = "anatomy"
kind = "anatomy"

[reading]
mode = "open"
seed = 7
probes = ["full"]
"""


class Target(NamedTuple):
    """One reader: the file it reads, in sound states, and how it is called on the folder with that file."""

    file: str
    sound: Callable[[], tuple[bytes, ...]]
    read: Callable[[Path], object]


def _lines(*rows: object) -> bytes:
    return b"".join(json.dumps(row).encode() + b"\n" for row in rows)


def _questions() -> tuple[bytes, ...]:
    own = {"question_id": "c1::0", "case_id": "c1", "text": "Where?", "reference": "Left.", "categories": []}
    flat = {"case_id": "c1", "question": "Where?", "answer": "Left."}
    return _lines(own, own | {"question_id": "c1::1", "text": "Which?"}), _lines(flat, flat)


def _official() -> tuple[bytes, ...]:
    pair = {"question": "Where?", "answer": "Left.", "category": ["Adjacency & Containment"]}
    return (json.dumps({"c1": {"qa_pairs": [pair, pair]}}, indent=1).encode(),)


def _predictions() -> tuple[bytes, ...]:
    own = {"question_id": "c1::0", "question_sha256": QUESTION.question_sha256, "prediction": "Left."}
    published = {"case_id": "c1", "question": QUESTION.text, "answer": QUESTION.reference, "prediction": "L"}
    return _lines(own), _lines(published)


def _votes() -> tuple[dict[str, object], ...]:
    vote = {"question": "Where?", "answer": "Left.", "prediction": "Right.", "is_correct": False}
    return vote, vote | {"is_correct": None, "case_id": "c1"}


def _nifti() -> tuple[bytes, ...]:
    return nifti_bytes(speckled(), AFFINE), nifti_bytes(speckled().astype("f4"), AFFINE, order=">")


def _nifti_2() -> tuple[bytes, ...]:
    return (nifti2_bytes(speckled(), AFFINE), nifti2_bytes(speckled().astype("f8"), AFFINE, order=">"))


def _packed() -> tuple[bytes, ...]:
    return tuple(gzip.compress(one, 1) for one in _nifti())


def _labelled() -> tuple[bytes, ...]:
    labels = np.zeros((9, 7, 5), np.uint8)
    labels[2:5, 2:5, 1:4] = 5
    table = caret_table({5: "liver", 1: "spleen"})
    return (nifti_bytes(labels, AFFINE, extension=table),)


def _nrrd(more: bytes = b"", kind: bytes = b"short") -> bytes:
    size = {b"short": 2, b"unsigned char": 1}[kind]
    head = (
        b"NRRD0004\ntype: " + kind + b"\ndimension: 3\nspace: left-posterior-superior\nsizes: 9 7 5\n"
        b"space directions: (1.5,0,0) (0,2,0) (0,0,2.5)\nkinds: domain domain domain\nendian: little\n"
        b"encoding: raw\nspace origin: (0,0,0)\n"
    )
    samples = speckled().astype("<i2").tobytes() if size == 2 else (b"\0\1" * 200)[: 9 * 7 * 5]
    return head + more + b"\n" + samples


def _segmentation() -> tuple[bytes, ...]:
    more = (
        b"Segment0_ID:=liver\nSegment0_Name:=liver\nSegment0_LabelValue:=1\nSegment0_Layer:=0\n"
        b"Segment0_Extent:=0 8 0 6 0 4\nSegment0_Tags:=TerminologyEntry:x~SCT^1^y~SCT^10200004^Liver~^^~|\n"
        b"Segmentation_ContainedRepresentationNames:=Binary labelmap|\n"
        b"Segmentation_ReferenceImageExtentOffset:=0 0 0\n"
        b"Segmentation_MasterRepresentation:=Binary labelmap\n"
    )
    return (_nrrd(more, b"unsigned char"),)


def _metaimage() -> tuple[bytes, ...]:
    head = (
        b"ObjectType = Image\nNDims = 3\nBinaryData = True\nBinaryDataByteOrderMSB = False\n"
        b"CompressedData = False\nTransformMatrix = 1 0 0 0 1 0 0 0 1\nOffset = 0 0 0\n"
        b"ElementSpacing = 1.5 2 2.5\nDimSize = 9 7 5\nElementType = MET_SHORT\nElementDataFile = LOCAL\n"
    )
    return (head + speckled().astype("<i2").tobytes(),)


@cache
def _series() -> tuple[tuple[str, bytes], ...]:
    with TemporaryDirectory() as folder:
        files = write_series(Path(folder) / "s", Stored(speckled((6, 5, 4)), np.diag([1.5, 1.5, 2.5, 1.0])))
        return tuple((file.name, file.read_bytes()) for file in files)


def _read_series(folder: Path, files: Callable[[], tuple[tuple[str, bytes], ...]]) -> object:
    """The series with its first slice replaced by the damaged one."""
    series = folder / "series"
    shutil.rmtree(series, ignore_errors=True)
    series.mkdir()
    (_, *others) = files()
    for name, content in others:
        (series / name).write_bytes(content)
    shutil.copy(folder / "slice.dcm", series / "zzz")
    return read_ras(series, what="a CT volume", whole_hu=True)


@cache
def _compressed(syntax: str) -> tuple[tuple[str, bytes], ...]:
    with TemporaryDirectory() as folder:
        stored = Stored(speckled((16, 12, 3)), np.diag([1.5, 1.5, 2.5, 1.0]))
        files = write_series(Path(folder) / "s", stored)
        for file in files:
            one = pydicom.dcmread(file)
            one.compress(syntax)
            one.save_as(file)
        return tuple((file.name, file.read_bytes()) for file in files)


def _jpeg_ls() -> tuple[tuple[str, bytes], ...]:
    return _compressed(JPEGLSLossless)


def _run_lengths() -> tuple[tuple[str, bytes], ...]:
    return _compressed(RLELossless)


@cache
def _enhanced() -> tuple[bytes, ...]:
    with TemporaryDirectory() as folder:
        return (write_enhanced(Path(folder) / "e.dcm", frames_of(speckled((6, 5, 4)))).read_bytes(),)


@cache
def _dicom_segmentation() -> tuple[bytes, ...]:
    with TemporaryDirectory() as folder:
        path = write_seg(Path(folder) / "case", two_organs()[..., :1], [described(1, "Liver", LIVER)])
        return (path.read_bytes(),)


@cache
def _log() -> bytes:
    with TemporaryDirectory() as folder:
        path = Path(folder) / "audit.sqlite"
        with AuditLog.open(path, READER) as log:
            log.append_many([consent_given(f"host-{number}.example.org") for number in range(30)])
        return path.read_bytes()


def _json_lines() -> bytes:
    with TemporaryDirectory() as folder:
        with AuditLog.open(Path(folder) / "audit.sqlite", READER) as log:
            records = log.append_many([consent_given("example.org")] * 3)
        return b"".join(record.to_json().encode() + b"\n" for record in records)


def _read_study(folder: Path) -> object:
    (folder / "questions.jsonl").write_bytes(_questions()[0])
    (folder / "report.txt").write_text("No finding.", encoding="utf-8")
    return load_study(folder / "study.toml")


def _append_to_log(folder: Path) -> None:
    with AuditLog.open(folder / "audit.sqlite", READER) as log:
        for _ in log.records():
            pass
        log.append(*consent_given("example.org"))


def _read_store(folder: Path) -> None:
    with RunStore(folder / "run.store") as store:
        list(store.replies())
        list(store.questions())
        store.description()


@cache
def _store() -> bytes:
    with TemporaryDirectory() as folder:
        path = Path(folder) / "run.store"
        with RunStore(path) as store:
            store.put_questions([QUESTION])
            store.describe({"study_id": "fuzzed"})
        return path.read_bytes()


def _import(folder: Path) -> object:
    (folder / "new.sqlite").unlink(missing_ok=True)
    return import_jsonl(folder / "log.jsonl", folder / "new.sqlite")


TARGETS: dict[str, Target] = {
    "study": Target("study.toml", lambda: (STUDY,), _read_study),
    "questions as lines": Target("q.jsonl", _questions, lambda at: read_questions(at / "q.jsonl")),
    "questions as json": Target("q.json", _official, lambda at: read_questions(at / "q.json")),
    "predictions": Target("p.jsonl", _predictions, lambda at: read_predictions(at / "p.jsonl", [QUESTION])),
    "judge": Target("j.jsonl", lambda: (_lines(*_votes()),), lambda at: read_judge(at / "j.jsonl")),
    "judge as json": Target(
        "j.json", lambda: (json.dumps(_votes()).encode(),), lambda at: read_judge(at / "j.json")
    ),
    "nifti": Target("v.nii", _nifti, lambda at: read_ras(at / "v.nii", what="a CT volume")),
    "nifti-2": Target(
        "v.nii", _nifti_2, lambda at: read_ras(at / "v.nii", what="a CT volume", whole_hu=True)
    ),
    "packed nifti": Target("v.nii.gz", _packed, lambda at: read_ras(at / "v.nii.gz", what="a CT volume")),
    "label table": Target("m.nii", _labelled, lambda at: read_mask(at / "m.nii")),
    "nrrd": Target("v.nrrd", lambda: (_nrrd(),), lambda at: read_ras(at / "v.nrrd", what="a CT volume")),
    "segmentation": Target("s.seg.nrrd", _segmentation, lambda at: read_mask(at / "s.seg.nrrd")),
    "metaimage": Target("v.mha", _metaimage, lambda at: read_ras(at / "v.mha", what="a CT volume")),
    "dicom": Target("slice.dcm", lambda: (_series()[0][1],), lambda at: _read_series(at, _series)),
    "dicom with JPEG-LS": Target(
        "slice.dcm", lambda: (_compressed(JPEGLSLossless)[0][1],), lambda at: _read_series(at, _jpeg_ls)
    ),
    "dicom with run lengths": Target(
        "slice.dcm", lambda: (_compressed(RLELossless)[0][1],), lambda at: _read_series(at, _run_lengths)
    ),
    "enhanced dicom": Target(
        "e.dcm", _enhanced, lambda at: read_ras(at / "e.dcm", what="a CT volume", whole_hu=True)
    ),
    "dicom segmentation": Target("s.dcm", _dicom_segmentation, lambda at: read_mask(at / "s.dcm")),
    "log": Target("audit.sqlite", lambda: (_log(),), lambda at: verify(at / "audit.sqlite")),
    "log for appending": Target("audit.sqlite", lambda: (_log(),), _append_to_log),
    "log for export": Target(
        "audit.sqlite", lambda: (_log(),), lambda at: export_csv(at / "audit.sqlite", at / "out.csv")
    ),
    "exported log": Target("log.jsonl", lambda: (_json_lines(),), _import),
    "run store": Target("run.store", lambda: (_store(),), _read_store),
}
