"""The study of a run folder: named in its store without any folder, found again beside the run."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import islice
from pathlib import Path, PurePosixPath, PureWindowsPath

from CTSpatialVQALib.benchmark.study import Study, load_study
from CTSpatialVQALib.cli.console import say
from CTSpatialVQALib.errors import BadInput
from CTSpatialVQALib.files import kind_of_file, sha256_of_file

_MOST_FOLDERS = 200  # that are searched beside a run
_NOT_AT_HAND = "The study file of this run is not at hand, so there are no pictures."


def study_of_run(
    folder: Path, about: Mapping[str, str], notes: list[str], studies: Sequence[Path] = ()
) -> Study | None:
    """The study that the run in `folder` asked, or None; why not is added to `notes`.

    A run may be passed on, so its store holds the study file's name and hash, but no folder. The file is
    looked for among `studies`, in the run's folder and those in it, in the folder around it and those in
    that, one further up, and in the current folder.

    Parameters
    ----------
    about : what `RunStore.description` says of the run
    studies : study files that the user named
    """
    path = _study_file(folder, about, studies)
    if path is None:
        say("note: no pictures, because the run's study is not beside it; --study names it")
        notes.append(_NOT_AT_HAND)
        return None
    try:
        study = load_study(path)
    except BadInput as error:
        say(f"note: no pictures, because the run's study cannot be read: {error}")
        notes.append(_NOT_AT_HAND)
        return None
    if study.sha256 != about.get("study_sha256"):
        notes.append("The study file was changed after the run.")
    return study


def _study_file(folder: Path, about: Mapping[str, str], studies: Sequence[Path]) -> Path | None:
    """The file with the run's hash; else one of the run's file name and study, which was changed since."""
    name = _file_name(about.get("study_file", "study.toml"))
    candidates = [*studies, *(place / name for place in islice(_places(folder.absolute()), _MOST_FOLDERS))]
    files = [path for path in candidates if kind_of_file(path) == "a file"]
    for path in files:
        if sha256_of_file(path) == about.get("study_sha256"):
            return path
    return next((path for path in files if _is_of_study(path, about.get("study_id"))), None)


def _is_of_study(path: Path, study_id: str | None) -> bool:
    try:
        return load_study(path).study_id == study_id
    except BadInput:
        return False


def _file_name(text: str) -> str:
    """The last part; runs of earlier versions hold a path."""
    return PureWindowsPath(PurePosixPath(text).name).name or "study.toml"


def _places(folder: Path) -> Iterator[Path]:
    yield folder
    yield from _folders_in(folder)
    yield folder.parent
    yield from _folders_in(folder.parent)
    yield folder.parent.parent
    yield Path.cwd()


def _folders_in(folder: Path) -> Iterable[Path]:
    try:
        return sorted(path for path in islice(folder.iterdir(), 10 * _MOST_FOLDERS) if path.is_dir())
    except OSError:  # a folder that may be entered but not listed
        return ()
