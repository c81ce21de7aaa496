"""Loading a study: the TOML file with its paths resolved and allowed, and its questions read."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path, PureWindowsPath
from types import MappingProxyType
from typing import NamedTuple

from CTSpatialVQALib.benchmark.notes import ReadingNote
from CTSpatialVQALib.benchmark.questions import read_questions
from CTSpatialVQALib.benchmark.study_toml import read_study_toml
from CTSpatialVQALib.errors import BadInput, shown
from CTSpatialVQALib.files import sha256_of_file
from CTSpatialVQALib.records.case import Case, official_patient_id
from CTSpatialVQALib.records.question import Question
from CTSpatialVQALib.records.study import ReadingRules, StudyBackend, StudyCase

_SERVER = ("ca_file",)
# of [backends.options], by kind of backend: what a study may wish and its user must grant, see `Wishes`
_GRANTED_OPTIONS = {"local": ("python", "trust_remote_code"), "openai": _SERVER, "volume-server": _SERVER}
MAX_REPORT_BYTES = 1024**2


class Wishes(NamedTuple):
    """What a study asks for a backend and only its user can give; no part of the declaration itself.

    Parameters
    ----------
    python : interpreter that a local model is to run in
    trust_remote_code : `MODEL@REVISION`, code that is to be run
    key_variable : environment variable that holds the server's key
    ca_file : certificates that are to be trusted
    """

    python: str | None = None
    trust_remote_code: str | None = None
    key_variable: str | None = None
    ca_file: str | None = None


@dataclass(frozen=True)
class Study:
    """A study ready for work.

    Parameters
    ----------
    sha256 : hash of the study file's bytes
    backends : as declared, without what stands in `wishes`
    wishes : by name of backend; `cli.grants` asks the user for them
    backend_files : backend name -> resolved predictions file, for recorded backends
    """

    path: Path
    study_id: str
    title: str
    sha256: str
    cases: Mapping[str, Case]
    questions: tuple[Question, ...]
    backends: tuple[StudyBackend, ...]
    backend_files: Mapping[str, Path]
    reading: ReadingRules
    notes: tuple[ReadingNote, ...]
    wishes: Mapping[str, Wishes] = field(default_factory=dict)

    @property
    def patients(self) -> dict[str, str]:
        """Case id -> patient id."""
        return {case_id: case.patient_id for case_id, case in self.cases.items()}

    def __repr__(self) -> str:
        names = ", ".join(backend.name for backend in self.backends) or "none"
        counts = f"{len(self.cases)} cases, {len(self.questions)} questions"
        return f"Study {self.study_id!r}: {counts}, backends {names}"


def load_study(path: Path) -> Study:
    """Read a study file and everything it names except pixels.

    Raises
    ------
    BadInput
        Naming file, key and remedy, if the file is not a valid study, a path is missing or lies neither
        in the study's folder nor in one of its `data_roots`, or a question names an unknown case.
    """
    content = read_study_toml(path)
    allowed = _Allowed(path, content.study.data_roots)
    cases = {case.id: _case(case, allowed, f"cases[{at}]") for at, case in enumerate(content.cases)}
    questions: dict[str, Question] = {}
    notes: list[ReadingNote] = []
    for at, source in enumerate(content.questions):
        source_path = allowed.file(source.path, f"questions[{at}].path")
        question_file = read_questions(source_path, source.format)
        notes += question_file.notes
        for question in question_file.questions:
            _add_question(questions, question, source_path)
            if source.add_cases and question.case_id not in cases:
                cases[question.case_id] = Case(
                    case_id=question.case_id, patient_id=official_patient_id(question.case_id)
                )
            _require_case(cases, question, source_path)
    placed = [_placed(backend, path.parent.resolve()) for backend in content.backends]
    return Study(
        path=path,
        study_id=content.study.id,
        title=content.study.title or content.study.id,
        sha256=sha256_of_file(path),
        cases=MappingProxyType(cases),
        questions=tuple(questions.values()),
        backends=tuple(_without_wishes(backend) for backend in placed),
        wishes=MappingProxyType({backend.name: _wishes(backend) for backend in placed}),
        backend_files=MappingProxyType(_backend_files(content.backends, allowed)),
        reading=content.reading,
        notes=tuple(notes),
    )


def _placed(backend: StudyBackend, folder: Path) -> StudyBackend:
    """The backend, with a local model and its interpreter named in full where they lie beside the study.

    So they do not depend on the folder in which the command is started. Anything else stays as it is.
    """
    if backend.kind != "local" or backend.model is None:
        return backend
    options, model = dict(backend.options), backend.model
    if (folder / model / "config.json").is_file():
        model = str(folder / model)
        yes = options.get("trust_remote_code")
        if isinstance(yes, str) and yes.startswith(f"{backend.model}@"):  # it names the same folder
            options["trust_remote_code"] = model + yes.removeprefix(backend.model)
    python = options.get("python")
    if isinstance(python, str) and (folder / python).is_file():
        options["python"] = str(folder / python)  # not resolved: an environment's python is a link
    return backend.model_copy(update={"model": model, "options": options})


def _wishes(backend: StudyBackend) -> Wishes:
    options = {name: backend.options.get(name) for name in _GRANTED_OPTIONS.get(backend.kind, ())}
    return Wishes(
        key_variable=backend.key_variable if backend.url is not None else None,
        **{name: value for name, value in options.items() if isinstance(value, str)},
    )


def _without_wishes(backend: StudyBackend) -> StudyBackend:
    """The declaration that is safe to use as it is; an option that is no text stays, and is refused later."""
    wishes = _wishes(backend)
    options = {name: value for name, value in backend.options.items() if getattr(wishes, name, None) is None}
    return backend.model_copy(update={"options": options, "key_variable": None})


class _Allowed:
    """Resolves the paths of a study and refuses those that lead out of the folders it declares."""

    def __init__(self, study: Path, data_roots: tuple[str, ...]) -> None:
        self.study = study
        folder = study.parent.resolve()
        self.roots = [folder]
        for at, root in enumerate(data_roots):
            self._refuse_foreign(root, f"study.data_roots[{at}]")
            resolved = self._placed(folder, root, f"study.data_roots[{at}]")
            if not resolved.is_dir():
                raise self._refusal(f"study.data_roots[{at}]", "a folder that exists", root)
            self.roots.append(resolved)

    def file(self, text: str, key: str) -> Path:
        path = self.existing(text, key)
        if not path.is_file():
            raise self._refusal(key, "a file", text)
        return path

    def existing(self, text: str, key: str) -> Path:
        self._refuse_foreign(text, key)
        for root in self.roots:
            candidate = self._below(root, text, key)
            if candidate is not None and candidate.exists():
                return candidate
        inside = any(self._below(root, text, key) for root in self.roots)
        expected = (
            "a path that exists" if inside else "a path in the study's folder or in one of its data_roots"
        )
        raise self._refusal(key, expected, text)

    def _refuse_foreign(self, text: str, key: str) -> None:
        """Refuse, before anything is opened, what leads to another machine, or is no path on this one."""
        windows = PureWindowsPath(text)
        if windows.drive.startswith("\\\\") and (os.name == "nt" or text.startswith("\\")):
            # looking for \\server\share contacts that server and offers it the user's password hash
            if self.study.resolve().drive.casefold() != windows.drive.casefold():
                raise BadInput(
                    f"{self.study}: {key}",
                    expected="a path on this computer",
                    came=f"one on another machine, {shown(text)}",
                    remedy="Give the share a drive letter or mount it, and name that",
                )
        elif windows.drive and os.name != "nt":
            raise BadInput(
                f"{self.study}: {key}",
                expected="a path on this computer",
                came=f"one with a Windows drive, {shown(text)}",
                remedy="Write where the file lies on this computer",
            )

    def _below(self, root: Path, text: str, key: str) -> Path | None:
        candidate = self._placed(root, text, key)
        # symbolic links are followed first, so that a link cannot lead out unseen
        return candidate if candidate.is_relative_to(root) else None

    def _placed(self, root: Path, text: str, key: str) -> Path:
        try:
            return (root / Path(text).expanduser()).resolve()
        except (OSError, ValueError, RuntimeError) as error:  # a NUL, a ring of links, ~ of nobody
            raise self._refusal(key, "a path", text) from error

    def _refusal(self, key: str, expected: str, came: str) -> BadInput:
        return BadInput(
            f"{self.study}: {key}",
            expected=expected,
            came=shown(came),
            remedy=f"Correct '{key.rsplit('.', 1)[-1]}' or declare its folder in study.data_roots",
        )


def _case(case: StudyCase, allowed: _Allowed, key: str) -> Case:
    return Case(
        case_id=case.id,
        patient_id=case.patient or official_patient_id(case.id),
        ct=allowed.existing(case.ct, f"{key}.ct") if case.ct else None,
        series=case.series,
        mask=allowed.existing(case.mask, f"{key}.mask") if case.mask else None,
        mask_format=case.mask_format,
        mask_naming=case.mask_naming,
        report_text=_report(allowed.file(case.report, f"{key}.report")) if case.report else "",
        situs_inversus=case.situs_inversus,
    )


def _report(path: Path) -> str:
    if path.stat().st_size > MAX_REPORT_BYTES:
        raise BadInput(path, expected="a report under 1 MiB", came="more", remedy="Check the path")
    try:
        return path.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError as error:
        raise BadInput(
            path, expected="UTF-8 text", came=f"byte {error.start}", remedy="Save it as UTF-8"
        ) from error


def _add_question(questions: dict[str, Question], question: Question, source: Path) -> None:
    earlier = questions.get(question.question_id)
    if earlier is not None:
        same = earlier.question_sha256 == question.question_sha256
        raise BadInput(
            source,
            expected="question ids that no other file of the study has",
            came=f"{question.question_id} again" + ("" if same else " with another text"),
            remedy="Name each question in one file only",
        )
    questions[question.question_id] = question


def _require_case(cases: Mapping[str, Case], question: Question, source: Path) -> None:
    if question.case_id not in cases:
        raise BadInput(
            f"{source}: {question.question_id}",
            expected="a case of the study",
            came=shown(question.case_id),
            remedy="Add the case to [[cases]], or set add_cases = true for cases without a CT",
        )


def _backend_files(backends: tuple[StudyBackend, ...], allowed: _Allowed) -> dict[str, Path]:
    return {
        backend.name: allowed.file(backend.path, f"backends[{at}].path")
        for at, backend in enumerate(backends)
        if backend.path is not None
    }
