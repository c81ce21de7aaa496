"""Questions and predictions from the tables that people have: Excel's encodings, separators and workbooks."""

from __future__ import annotations

import codecs
from pathlib import Path

import openpyxl
import pytest

from CTSpatialVQALib.benchmark.predictions import read_predictions
from CTSpatialVQALib.benchmark.questions import read_questions
from CTSpatialVQALib.benchmark.tables import iter_rows
from CTSpatialVQALib.errors import BadInput
from CTSpatialVQALib.records.question import Question

HEADER = ["Question ID", "Case", "Question", "Reference"]
ROWS = [
    ["a", "case-01", "Läsion links, rechts?", "Links; größer"],
    ["b", "case-01", 'Is the "tip" in the SVC?', "Yes"],
]
ENCODINGS = {
    "utf-8": (b"", "utf-8"),
    "utf-8 with mark": (codecs.BOM_UTF8, "utf-8"),
    "Excel's Western": (b"", "cp1252"),
    "Excel's Unicode text": (codecs.BOM_UTF16_LE, "utf-16-le"),
}


def quoted(cell: str) -> str:
    return '"' + cell.replace('"', '""') + '"'


def as_text(delimiter: str, end: str = "\r\n") -> str:
    return "".join(delimiter.join(map(quoted, row)) + end for row in [HEADER, *ROWS])


def written(path: Path, delimiter: str, encoding: str) -> Path:
    mark, codec = ENCODINGS[encoding]
    path.write_bytes(mark + as_text(delimiter).encode(codec))
    return path


def workbook(path: Path, rows: list[list[object]], *, empty_sheet_first: bool = False) -> Path:
    book = openpyxl.Workbook()
    sheet = book.active
    if empty_sheet_first:
        sheet = book.create_sheet("Data")
    for row in rows:
        sheet.append(row)
    book.save(path)
    return path


EXPECTED = [(row[0], row[1], row[2], row[3]) for row in ROWS]


def read(path: Path) -> list[tuple[str, str, str, str]]:
    return [(q.question_id, q.case_id, q.text, q.reference) for q in read_questions(path).questions]


@pytest.mark.parametrize("encoding", ENCODINGS)
@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
def test_questions_are_read_in_every_encoding_with_every_separator(
    tmp_path: Path, delimiter: str, encoding: str
) -> None:
    assert read(written(tmp_path / "q.csv", delimiter, encoding)) == EXPECTED


@pytest.mark.parametrize("empty_sheet_first", [False, True])
def test_questions_are_read_from_a_workbook(tmp_path: Path, empty_sheet_first: bool) -> None:
    path = workbook(tmp_path / "q.xlsx", [HEADER, *ROWS], empty_sheet_first=empty_sheet_first)
    assert read(path) == EXPECTED


def test_numbers_in_a_workbook_are_text_as_they_are_shown(tmp_path: Path) -> None:
    path = workbook(tmp_path / "q.xlsx", [HEADER, [7.0, 12, "How many?", 3]])
    assert read(path) == [("7", "12", "How many?", "3")]


def test_excels_own_line_for_the_separator_is_no_heading(tmp_path: Path) -> None:
    path = tmp_path / "q.csv"
    path.write_text("sep=;\n" + as_text(";", "\n"), "utf-8")
    assert read(path) == EXPECTED


@pytest.mark.parametrize(
    "names", ["case_id,question,reference", "case,text,answer", "CASE ID,Question,Answer"]
)
def test_old_and_new_names_of_columns_give_the_same_questions(tmp_path: Path, names: str) -> None:
    (tmp_path / "q.csv").write_text(f"{names}\nc,Which side?,Left\n", "utf-8")
    (question,) = read_questions(tmp_path / "q.csv").questions
    assert (question.case_id, question.text, question.reference) == ("c", "Which side?", "Left")


def test_a_question_without_id_keeps_its_id_when_rows_are_moved(tmp_path: Path) -> None:
    rows = ["c,Which side?,Left\n", "c,Which lobe?,Upper\n"]
    (tmp_path / "one.csv").write_text("case_id,question,reference\n" + "".join(rows), "utf-8")
    (tmp_path / "two.csv").write_text("case_id,question,reference\n" + "".join(rows[::-1]), "utf-8")
    ids = [
        {q.text: q.question_id for q in read_questions(tmp_path / name).questions}
        for name in ("one.csv", "two.csv")
    ]
    assert ids[0] == ids[1]
    assert len(set(ids[0].values())) == 2


def test_json_lines_take_the_same_names(tmp_path: Path) -> None:
    path = tmp_path / "q.jsonl"
    path.write_text('{"id": "a", "case": "c", "question": "Which side?", "answer": "Left"}\n', "utf-8")
    assert read(path) == [("a", "c", "Which side?", "Left")]


QUESTIONS = [
    Question(question_id="c::1", case_id="c", text="Which side?", reference="Left"),
    Question(question_id="c::2", case_id="c", text="Which lobe?", reference="Upper"),
]


@pytest.mark.parametrize(
    "table",
    [
        "question_id,prediction\nc::2,upper\nc::1,\n",
        "id;response\nc::2;upper\nc::1;\n",
        "case_id\tquestion\treference\tprediction\nc\tWhich lobe?\tUpper\tupper\nc\tWhich side?\tLeft\t\n",
    ],
)
def test_predictions_are_joined_by_id_or_by_text(tmp_path: Path, table: str) -> None:
    path = tmp_path / "p.csv"
    path.write_text(table, "utf-8")
    assert read_predictions(path, QUESTIONS).predictions == {"c::1": "", "c::2": "upper"}


REFUSED = {
    "no reference": ("question,case_id\nWhich side?,c\n", "'reference' (or 'answer'"),
    "no case": ("question,answer\nWhich side?,Left\n", "'case_id' (or 'case'"),
    "a name twice": ("case,Question,question\nc,a,b\n", "'question' twice"),
    "an open quote": ('case,question,answer\nc,"Which,Left\n', "closed double quotes"),
    "too many cells": ("case,question,answer\nc,Left, or right?,Left\n", "into double quotes"),
    "a heading alone": ("case,question,answer\n", "at least one question"),
    "nothing": ("", "at least one question"),
    "an unknown category": ("case,question,answer,category\nc,a,b,Nonsense\n", "one of the six categories"),
}


@pytest.mark.parametrize("name", REFUSED)
def test_a_table_that_lacks_something_is_refused_with_what_and_where(tmp_path: Path, name: str) -> None:
    content, expected = REFUSED[name]
    (tmp_path / "q.csv").write_text(content, "utf-8")
    with pytest.raises(BadInput) as refused:
        read_questions(tmp_path / "q.csv")
    assert expected in str(refused.value)


@pytest.mark.parametrize(
    "content", [b"PK\x03\x04 no zip", b"", b"a,b\n1,2\n", b"\xd0\xcf\x11\xe0" + bytes(600)]
)
def test_what_is_no_workbook_is_refused(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "q.xlsx").write_bytes(content)
    with pytest.raises(BadInput, match="an XLSX workbook"):
        list(iter_rows(tmp_path / "q.xlsx"))


@pytest.mark.parametrize(
    ("name", "content"), [("q.xls", b""), ("q.ods", b""), ("q.csv", bytes(20)), ("q.csv", b"\x81\x8d")]
)
def test_other_spreadsheets_and_binary_files_say_how_to_save_them(
    tmp_path: Path, name: str, content: bytes
) -> None:
    (tmp_path / name).write_bytes(content)
    with pytest.raises(BadInput, match="Save it as"):
        list(iter_rows(tmp_path / name))
