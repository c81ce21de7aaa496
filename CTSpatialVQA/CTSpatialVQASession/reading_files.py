"""The files of a reading: its log, the run of the questions it asks, pictures, state of the views."""

from __future__ import annotations

import re
from pathlib import Path
from typing import NamedTuple

from CTSpatialVQALib.errors import WorkFailed

FOLDER = "readings"
RUN_STORE = "run.store"
_UNFIT = re.compile(r"[^\w.-]")  # a pseudonym may hold what a file name may not
# Windows takes these for devices, whatever ending they have
_DEVICES = re.compile(r"(con|prn|aux|nul|com\d|lpt\d)(\.|$)", re.IGNORECASE)


class ReadingFiles(NamedTuple):
    """The files of one reader's reading of one study, all in the folder `readings` beside the study file.

    Parameters
    ----------
    run : folder of the run whose replies the module asked for
    view : where slices, window and layout were, for the next start
    """

    log: Path
    run: Path
    view: Path
    pictures: Path


def reading_files_of(study: Path, reader: str) -> ReadingFiles:
    """Paths of these files; the folder is created.

    Raises
    ------
    WorkFailed
        If the study's folder cannot be written to.
    """
    folder = study.resolve().parent / FOLDER
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise WorkFailed(
            f"{folder}: could not be made ({error.strerror}). Copy the study to a folder you may write to."
        ) from error
    stem = f"{study.stem}-{_UNFIT.sub('_', reader)}"
    return ReadingFiles(
        log=folder / f"{stem}.sqlite",
        run=folder / f"{study.stem}-run",
        view=folder / f"{stem}.view.json",
        pictures=folder / f"{stem}-pictures",
    )


def run_stores(study: Path, files: ReadingFiles) -> tuple[Path, ...]:
    """The run stores that lie where a run of this study is usually kept, each once.

    Beside the study file, one folder up (where `ctspatialvqa demo` puts it), in folders beside the study
    file, and where the module asks.
    """
    folder = study.resolve().parent
    likely = [
        folder / RUN_STORE,
        folder.parent / RUN_STORE,
        *sorted(folder.glob(f"*/{RUN_STORE}")),
        files.run / RUN_STORE,
    ]
    return tuple(path for path in dict.fromkeys(likely) if path.is_file())


def mask_target(files: ReadingFiles, case_id: str) -> Path:
    """Where a mask that is computed for this case goes."""
    name = _UNFIT.sub("_", case_id)
    return files.log.parent / "masks" / f"{'_' if _DEVICES.match(name) else ''}{name}.nii.gz"
