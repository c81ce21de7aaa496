"""A study file written from a CT, a mask and a file of questions that were picked by hand."""

from __future__ import annotations

import json
from pathlib import Path
from typing import NamedTuple

from CTSpatialVQALib.benchmark.questions import read_questions
from CTSpatialVQALib.errors import BadInput
from CTSpatialVQALib.files import write_text

STUDY_FILE = "study.toml"


class PickedFiles(NamedTuple):
    """What the reader chose; `case_id` is the case of the questions that the CT shows."""

    questions: Path
    case_id: str
    ct: Path | None
    mask: Path | None
    situs_inversus: bool = False


def case_ids_of(questions: Path) -> tuple[str, ...]:
    """The cases that a question file speaks of, in its order.

    Raises
    ------
    BadInput
        If it is no question file.
    """
    found = read_questions(questions).questions
    return tuple(dict.fromkeys(question.case_id for question in found))


def write_picked_study(folder: Path, picked: PickedFiles) -> Path:
    """Write a study of the picked files into `folder`; the path of its study file.

    Questions about other cases stay in it, without a CT. The files stay where they are.

    Raises
    ------
    BadInput
        If a file is missing, or the questions do not speak of that case.
    WorkFailed
        If the folder cannot be written to.
    """
    for what in (picked.questions, picked.ct, picked.mask):
        if what is not None and not what.exists():
            raise BadInput(what, expected="a file or folder", came="nothing", remedy="Choose one that exists")
    known = case_ids_of(picked.questions)
    if picked.case_id not in known:
        raise BadInput(
            picked.questions,
            expected=f"questions about case '{picked.case_id}'",
            came=f"questions about {len(known)} other cases",
            remedy="Choose one of the cases of this question file",
        )
    target = folder / STUDY_FILE
    write_text(target, _text(folder, picked))
    return target


def _text(folder: Path, picked: PickedFiles) -> str:
    used = [path.resolve() for path in (picked.questions, picked.ct, picked.mask) if path is not None]
    roots = sorted({str(path.parent) for path in used})
    lines = ["[study]", f"id = {_quoted(f'picked-{folder.name}')}", f"title = {_quoted(picked.case_id)}"]
    lines += [f"data_roots = [{', '.join(_quoted(root) for root in roots)}]", "", "[[cases]]"]
    lines += [f"id = {_quoted(picked.case_id)}"]
    for key, path in (("ct", picked.ct), ("mask", picked.mask)):
        if path is not None:
            lines.append(f"{key} = {_quoted(str(path.resolve()))}")
    if picked.situs_inversus:
        lines.append("situs_inversus = true")
    lines += ["", "[[questions]]", f"path = {_quoted(str(picked.questions.resolve()))}", "add_cases = true"]
    for name in ("anatomy", "prior"):
        lines += ["", "[[backends]]", f'name = "{name}"', f'kind = "{name}"']
    return "\n".join(lines) + "\n"


def _quoted(text: str) -> str:
    return json.dumps(text, ensure_ascii=False)  # a TOML basic string has JSON's escapes
