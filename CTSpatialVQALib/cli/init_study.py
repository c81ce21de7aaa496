"""A study of one's own as files: the commented study.toml, and questions in our form."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

from CTSpatialVQALib.benchmark.columns import with_our_names
from CTSpatialVQALib.benchmark.questions import read_questions
from CTSpatialVQALib.benchmark.tables import is_table, iter_rows, named_column
from CTSpatialVQALib.cli.local_servers import LocalServer
from CTSpatialVQALib.errors import BadInput
from CTSpatialVQALib.files import write_text
from CTSpatialVQALib.imaging.contract_catalogue import PUBLISHED, contracts
from CTSpatialVQALib.imaging.model_cards import model_cards
from CTSpatialVQALib.records.question import question_sha256
from CTSpatialVQALib.records.words import Category

QUESTIONS_FILE = "questions.jsonl"
TEMPLATE_FILE = "questions.csv"
_TEMPLATE = (
    "question_id,case_id,question,reference\n1,{case},On which side is the heart's apex?,On the left side.\n"
)


class StudyMaterial(NamedTuple):
    """What a new study is made of.

    Parameters
    ----------
    questions : a question file; None for a template with one example
    predictions : a file of recorded answers, and the model's name
    servers : that answer on this computer
    """

    case_id: str
    ct: Path
    mask: Path | None
    questions: Path | None
    predictions: Path | None
    servers: tuple[LocalServer, ...]


def write_study(folder: Path, study_id: str, material: StudyMaterial) -> Path:
    """Write questions and study.toml into `folder`; the path of the study file.

    Raises
    ------
    BadInput
        If the question file is none.
    WorkFailed
        If the folder cannot be written to.
    """
    questions = _questions_file(folder, material)
    outside = [path for path in (material.ct, material.mask, material.predictions) if path is not None]
    text = "\n".join(
        (
            _head(folder, study_id, outside),
            _case(folder, material),
            _questions(questions),
            _backends(folder, material),
            _reading(material),
        )
    )
    path = folder / "study.toml"
    write_text(path, text, private=True)
    return path


def _questions_file(folder: Path, material: StudyMaterial) -> str:
    if material.questions is None:
        write_text(folder / TEMPLATE_FILE, _TEMPLATE.format(case=material.case_id), private=True)
        return TEMPLATE_FILE
    rows = _rows_of_case(material.questions, material.case_id)
    write_text(folder / QUESTIONS_FILE, "".join(row + "\n" for row in rows), private=True)
    return QUESTIONS_FILE


def _rows_of_case(path: Path, case_id: str) -> list[str]:
    """The questions about this case in our form; a file that names no case is about this one."""
    if (is_table(path) or path.suffix == ".jsonl") and not _names_cases(path):
        return [json.dumps(row, ensure_ascii=False) for row in _without_case(path, case_id)]
    questions = read_questions(path).questions
    own = [question for question in questions if question.case_id == case_id]
    if not own:
        named = sorted({question.case_id for question in questions})
        raise BadInput(
            path,
            expected=f"questions about the case {case_id}",
            came=f"questions about {', '.join(named[:3])}{' and others' if len(named) > 3 else ''}",
            remedy="Name the case as the questions do, with --case",
        )
    return [question.to_json() for question in own]


def _names_cases(path: Path) -> bool:
    first = next(iter_rows(path), None)
    return first is not None and bool(with_our_names(first.value).get("case_id"))


def _without_case(path: Path, case_id: str) -> list[dict[str, object]]:
    rows: dict[str, dict[str, object]] = {}
    for number, row in iter_rows(path):
        where = f"{path}: line {number}"
        cells = with_our_names(row)
        text, reference = (named_column(cells, name, where) for name in ("question", "reference"))
        own_id = cells.get("question_id") or f"{case_id}::{question_sha256(text, reference)[:12]}"
        if own_id in rows:
            raise BadInput(where, expected="each question once", came=f"{own_id} again", remedy="Remove one")
        labels = [label.strip() for label in str(cells.get("category", "")).split(";") if label.strip()]
        ids = {"question_id": own_id, "case_id": case_id}
        rows[own_id] = {**ids, "text": text, "reference": reference, "categories": labels}
    if not rows:
        raise BadInput(path, expected="at least one question", came="none", remedy="Check the file")
    return list(rows.values())


def _head(folder: Path, study_id: str, files: Sequence[Path]) -> str:
    home = folder.resolve()
    outside = sorted(
        {str(path.resolve().parent) for path in files if not path.resolve().is_relative_to(home)}
    )
    return "\n".join(
        (
            "# A study: which cases, which questions, whose answers, and how they are read.",
            "# Every key is described in docs/study-file.md.",
            "[study]",
            f"id = {_quoted(study_id)}",
            "# folders outside this one from which files may be read",
            f"data_roots = [{', '.join(map(_quoted, outside))}]",
            "",
        )
    )


def _case(folder: Path, material: StudyMaterial) -> str:
    lines = [
        "# One [[cases]] for each CT. Left and right are the patient's.",
        "[[cases]]",
        f"id = {_quoted(material.case_id)}",
        f"ct = {_quoted(_path(folder, material.ct))}",
    ]
    if material.mask is None:
        lines.append('# mask = "segmentations.nii.gz"  # TotalSegmentator, .seg.nrrd or DICOM SEG')
    else:
        lines.append(f"mask = {_quoted(_path(folder, material.mask))}")
    lines += [
        '# report = "report.txt"',
        "# situs_inversus = true  # where the organs are known to be mirrored",
        "",
    ]
    return "\n".join(lines)


def _questions(name: str) -> str:
    categories = "\n".join(f"#   {category}" for category in Category)
    return (
        "# Columns: question_id, case_id, question, reference, and if you like category, separated by ;, of\n"
        f"{categories}\n"
        f"[[questions]]\npath = {_quoted(name)}\n"
    )


def _backends(folder: Path, material: StudyMaterial) -> str:
    parts = [
        "# Two baselines: `anatomy` answers from the mask, `prior` sees no image.",
        '[[backends]]\nname = "anatomy"\nkind = "anatomy"\n',
        '[[backends]]\nname = "prior"\nkind = "prior"\n',
    ]
    if material.predictions is not None:
        path = _quoted(_path(folder, material.predictions))
        name = _quoted(model_name(material.predictions))
        parts.append(f'[[backends]]\nname = {name}\nkind = "recorded"\npath = {path}\n')
    names = ", ".join(name for name in contracts() if not name.endswith(PUBLISHED))
    parts.append(
        f"# What a model is shown is its contract: {names}.\n# `ctspatialvqa contracts` describes them."
    )
    chosen = [(server, model) for server in material.servers for model in server.models]
    parts += [_server(server, model, on=at == 0) for at, (server, model) in enumerate(chosen)]
    if not chosen:
        parts.append(_commented(_server_text("my-model", "http://127.0.0.1:11434/v1", "medgemma", "slices")))
    return "\n".join(parts)


def _server(server: LocalServer, model: str, *, on: bool) -> str:
    text = _server_text(model, server.url, model, _contract(model))
    return f"# found on this computer: {server.program}\n" + (text if on else _commented(text))


def _server_text(name: str, url: str, model: str, contract: str) -> str:
    return (
        f'[[backends]]\nname = {_quoted(name)}\nkind = "openai"\nurl = {_quoted(url)}\n'
        f"model = {_quoted(model)}\ncontract = {_quoted(contract)}\n"
    )


def _contract(model: str) -> str:
    """The contract whose card names this model, else the one that suits any model that takes pictures."""
    plain = model.lower()
    suitable = (name for name, card in model_cards().items() if card.weights and name in plain)
    return next(suitable, "slices")


def _reading(material: StudyMaterial) -> str:
    judged = [model_name(material.predictions)] if material.predictions else []
    judged += [server.models[0] for server in material.servers[:1] if server.models]
    names = ", ".join(map(_quoted, judged))
    return "\n".join(
        (
            "[reading]",
            'mode = "open"  # or "blinded", "unaided": docs/reading.md',
            f"backends = [{names}]  # whose answers readers judge; empty: everyone's, the baselines' too",
            "",
        )
    )


def model_name(predictions: Path) -> str:
    """The name under which recorded answers stand: that of their file."""
    return predictions.name.partition(".")[0] or "model"


def _path(folder: Path, path: Path) -> str:
    """Inside the study's folder as seen from it, else in full: a name alone could mean two files."""
    resolved, home = path.resolve(), folder.resolve()
    return resolved.relative_to(home).as_posix() if resolved.is_relative_to(home) else str(resolved)


def _commented(text: str) -> str:
    return "".join(f"# {line}\n" for line in text.splitlines())


def _quoted(text: str) -> str:
    """As a TOML string: JSON's escapes are among TOML's."""
    return json.dumps(text, ensure_ascii=False).replace("\x7f", "\\u007f")
