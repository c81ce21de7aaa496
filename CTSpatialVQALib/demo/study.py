"""How does the demo study get onto disk? CTs, masks, reports, questions, recorded answers, study file."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import NamedTuple

import numpy as np
import SimpleITK as sitk
from numpy.typing import NDArray

from CTSpatialVQALib.demo import flawed_model as flawed
from CTSpatialVQALib.demo.patients import PATIENTS
from CTSpatialVQALib.demo.phantom import Phantom, PhantomSize, make_patient
from CTSpatialVQALib.demo.questions import Asked, asked_of
from CTSpatialVQALib.demo.reporttext import report_of
from CTSpatialVQALib.errors import WorkFailed
from CTSpatialVQALib.files import write_text, written_whole
from CTSpatialVQALib.records.base import canonical_json
from CTSpatialVQALib.records.grid import Grid

QUESTIONS_FILE = "questions.jsonl"
ANSWERS_FILE = f"{flawed.NAME}.jsonl"
_WORKERS = 2  # the CTs are compressed outside Python's lock; two patients at once stay far below 1 GB
_NIFTI_HEADER_BYTES = 352  # of NIfTI-1 in one file: header and empty extension
_GZIP_LENGTH_BYTES = 4  # RFC 1952: the length of the content, modulo 2**32, ends the file
_GZIP_LEVEL = 1  # noise does not get smaller at a higher level, only slower


class _Written(NamedTuple):
    case_id: str
    asked: list[Asked]


def case_id_of(index: int) -> str:
    """The case id of patient `index` (from 0) in the demo study."""
    return f"phantom-{index + 1:02d}"


def demo_study_id(size: str) -> str:
    """The study id of the demo in that size."""
    return f"phantoms-{size}"


def write_demo_study(
    folder: Path, size: PhantomSize = "demo", progress: Callable[[str], None] | None = None
) -> Path:
    """Write the whole demo study and return the path of its `study.toml`.

    The same size gives the same bytes on every run. Files that stand there already are replaced whole.

    Parameters
    ----------
    folder : made if absent
    progress : called with a line of text per patient, from the calling thread

    Raises
    ------
    WorkFailed
        If the folder cannot be written to.
    """
    items: list[Asked] = []
    with ThreadPoolExecutor(_WORKERS) as pool:
        for done in pool.map(lambda index: _write_patient(folder, index, size), range(len(PATIENTS))):
            items += done.asked
            if progress:
                progress(f"{done.case_id}: CT, mask and {len(done.asked)} questions written")
    questions = [item.question for item in items]
    write_text(folder / QUESTIONS_FILE, "".join(question.to_json() + "\n" for question in questions))
    write_text(folder / ANSWERS_FILE, _recorded(items))
    study = folder / "study.toml"
    write_text(study, _study_text(size))
    return study


def _write_patient(folder: Path, index: int, size: PhantomSize) -> _Written:
    phantom, case_id = make_patient(index, size), case_id_of(index)
    _write_volume(folder / "ct" / f"{case_id}.nii.gz", phantom.hu, phantom)
    _write_volume(folder / "masks" / f"{case_id}.nii.gz", phantom.labels, phantom)
    write_text(folder / "reports" / f"{case_id}.txt", report_of(phantom))
    return _Written(case_id, asked_of(phantom, case_id))


def _write_volume(path: Path, array: NDArray[np.int16] | NDArray[np.uint8], phantom: Phantom) -> None:
    upright = as_itk(array, phantom.grid)
    image = sitk.DICOMOrient(upright, phantom.stored_as)  # type: ignore[no-untyped-call]
    with written_whole(path) as temporary:
        try:
            sitk.WriteImage(image, str(temporary), useCompression=True, compressionLevel=_GZIP_LEVEL)
        except RuntimeError as error:  # SimpleITK's only kind of error
            raise WorkFailed(f"{path}: could not be written; is the disk full?") from error
        _require_whole(temporary, path, _NIFTI_HEADER_BYTES + array.nbytes)


def _require_whole(packed: Path, path: Path, size: int) -> None:
    """ITK does not notice a full disk: what gzip's last four bytes say of the length must be so."""
    with packed.open("rb") as stream:
        stream.seek(max(stream.seek(0, 2) - _GZIP_LENGTH_BYTES, 0))
        length = int.from_bytes(stream.read(_GZIP_LENGTH_BYTES), "little")
    if length != size % 2**32:
        raise WorkFailed(f"{path}: could not be written whole; is the disk full?")


def as_itk(array: NDArray[np.int16] | NDArray[np.uint8], grid: Grid) -> sitk.Image:
    """An (R, A, S) array as an image of SimpleITK, whose world is LPS."""
    image = sitk.GetImageFromArray(array.T)
    ras_to_lps = np.diag([-1.0, -1.0, 1.0])
    origin = [float(v) for v in ras_to_lps @ grid.affine[:3, 3]]
    direction = ras_to_lps @ grid.affine[:3, :3] / np.asarray(grid.spacing_mm)
    image.SetSpacing(grid.spacing_mm)  # type: ignore[no-untyped-call]
    image.SetOrigin(origin)  # type: ignore[no-untyped-call]
    image.SetDirection([float(v) for v in direction.reshape(-1)])  # type: ignore[no-untyped-call]
    return image


def _recorded(items: list[Asked]) -> str:
    answers = flawed.flawed_answers(items)
    rows = (
        {
            "question_id": item.question.question_id,
            "question_sha256": item.question.question_sha256,
            "prediction": answers[item.question.question_id],
        }
        for item in items
    )
    return "".join(canonical_json(row) + "\n" for row in rows)


def _study_text(size: PhantomSize) -> str:
    title = "Five phantom patients"
    parts = [f'[study]\nid = "{demo_study_id(size)}"\ntitle = "{title}"\n']
    parts += [_case_text(index) for index in range(len(PATIENTS))]
    parts.append(f'[[questions]]\npath = "{QUESTIONS_FILE}"\nformat = "own-jsonl"\n')
    parts.append('[[backends]]\nname = "anatomy"\nkind = "anatomy"\n')
    parts.append('[[backends]]\nname = "prior"\nkind = "prior"\n')
    parts.append(f'[[backends]]\nname = "{flawed.NAME}"\nkind = "recorded"\npath = "{ANSWERS_FILE}"\n')
    reading = f'backends = ["{flawed.NAME}"]\nmode = "open"\nseed = 1\nshuffle = false\nprobes = ["full"]\n'
    parts.append("[reading]\n" + reading)
    return "\n".join(parts)


def _case_text(index: int) -> str:
    case_id = case_id_of(index)
    lines = [
        "[[cases]]",
        f'id = "{case_id}"',
        f'patient = "phantom-patient-{index + 1:02d}"',
        f'ct = "ct/{case_id}.nii.gz"',
        f'mask = "masks/{case_id}.nii.gz"',
        'mask_format = "multilabel"',
        'mask_naming = "total_v2"',
        f'report = "reports/{case_id}.txt"',
    ]
    if PATIENTS[index].mirrored:
        lines.append("situs_inversus = true")
    return "\n".join(lines) + "\n"
