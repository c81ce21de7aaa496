"""Exports say pseudonyms, no path and no reader's name, unless they are asked for names."""

from __future__ import annotations

import csv
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from CTSpatialVQALib.audit.log import AuditLog
from CTSpatialVQALib.audit.verify import verify
from CTSpatialVQALib.errors import BadInput
from CTSpatialVQALib.records.event import Actor, EventKind
from CTSpatialVQALib.records.reply import Reply
from CTSpatialVQALib.report.deidentified import Pseudonyms, is_pseudonym
from CTSpatialVQALib.report.dicom_sr import export_dicom_sr
from CTSpatialVQALib.report.errors_folder import export_errors
from CTSpatialVQALib.report.exports import export_csv, export_jsonl, import_jsonl
from CTSpatialVQALib.report.inspect_export import export_inspect
from CTSpatialVQALib.report.log_page import export_html
from Testing.report.reading_samples import HEART, KIDNEY, NAME, Reading, read_log

EXPORTS = [export_csv, export_html, export_inspect, export_dicom_sr, export_errors]


@pytest.fixture
def reading(tmp_path: Path) -> Reading:
    (tmp_path / "log").mkdir()
    return read_log(tmp_path / "log" / "audit.sqlite")


def files_of(out: Path) -> list[Path]:
    return [path for path in out.rglob("*") if path.is_file()] if out.is_dir() else [out]


def rows_of(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8-sig", newline="") as stream:
        return list(csv.DictReader(stream))


@pytest.mark.parametrize("export", EXPORTS)
def test_an_export_names_no_reader_and_no_place(reading: Reading, tmp_path: Path, export: object) -> None:
    out = tmp_path / "out"
    export(reading.path, out)  # type: ignore[operator]
    for file in files_of(out):
        data = file.read_bytes()
        for secret in ("Müller", "Anna", "schmidt", str(tmp_path), "/home/", "/root/"):
            assert secret.encode() not in data, (file.name, secret)


@pytest.mark.parametrize("export", EXPORTS)
def test_names_leave_when_they_are_asked_for(reading: Reading, tmp_path: Path, export: object) -> None:
    out = tmp_path / "out"
    export(reading.path, out, identified=True)  # type: ignore[operator]
    assert any("Müller".encode() in file.read_bytes() for file in files_of(out))


@pytest.mark.parametrize("export", EXPORTS)
def test_every_export_says_research_use_only(reading: Reading, tmp_path: Path, export: object) -> None:
    out = tmp_path / "out"
    export(reading.path, out)  # type: ignore[operator]
    for file in files_of(out):
        data = file.read_bytes()
        assert b"Research use only" in data or not data, file.name


def test_pseudonyms_are_the_same_in_every_export_and_stay_when_the_log_grows(
    reading: Reading, tmp_path: Path
) -> None:
    export_csv(reading.path, tmp_path / "before.csv")
    reading.verdict("zz.late", KIDNEY, "unsure")
    reading.verdict(NAME, HEART, "unsure")
    export_csv(reading.path, tmp_path / "after.csv")
    before, after = (
        {row["event_id"]: row["reader"] for row in rows_of(tmp_path / name)}
        for name in ("before.csv", "after.csv")
    )
    names = {row["reader"] for row in rows_of(tmp_path / "after.csv")}
    mark = {name.rsplit("-", 1)[1] for name in names if name.count("-") == 2}
    assert len(mark) == 1
    (mark_,) = mark
    assert names == {"", "reader-2", "reader-9", f"reader-1-{mark_}", f"reader-3-{mark_}"}
    assert before.items() <= after.items()
    page = tmp_path / "page.html"
    export_html(reading.path, page)
    assert f"reader-1-{mark_}" in page.read_text("utf-8")


def test_a_reader_who_answered_himself_is_told_from_a_model(reading: Reading, tmp_path: Path) -> None:
    export_csv(reading.path, tmp_path / "table.csv")
    (own,) = [row for row in rows_of(tmp_path / "table.csv") if row["answered_by"] == "reader"]
    assert own["answer"] == "Left."
    assert own["backend"].startswith("reader-2-")


@pytest.mark.parametrize("identified", [False, True])
def test_the_id_of_a_readers_own_answer_is_no_hash_of_his_name(
    reading: Reading, tmp_path: Path, identified: bool
) -> None:
    export_csv(reading.path, tmp_path / "table.csv", identified=identified)
    (own,) = [row for row in rows_of(tmp_path / "table.csv") if row["answered_by"] == "reader"]
    with AuditLog.open(reading.path, Actor(id="reader-1")) as log:
        said = [one.event.payload for one in log.records() if one.event.kind is EventKind.READER_ANSWERED]
    key = Reply.model_validate(said[0]["reply"]).key
    assert (own["reply_id"] == key.reply_id) is identified
    assert own["reply_id"] == key.model_copy(update={"backend": own["backend"]}).reply_id


def test_a_corrected_and_an_adjudicated_verdict_have_rows_of_their_own(
    reading: Reading, tmp_path: Path
) -> None:
    export_csv(reading.path, tmp_path / "table.csv")
    rows = [row for row in rows_of(tmp_path / "table.csv") if row["verdict"]]
    assert len(rows) == 7
    (corrected,) = [row for row in rows if row["corrected"] == "true"]
    assert (corrected["verdict"], corrected["correction_reason"]) == ("incorrect", "Misread the marker")
    (settled,) = [row for row in rows if row["adjudicated"] == "true"]
    assert (settled["reader"], settled["verdict"]) == ("reader-9", "correct")
    assert [int(row["seq"]) for row in rows] == sorted(int(row["seq"]) for row in rows)


def test_a_correction_stands_where_it_was_made(tmp_path: Path) -> None:
    reading = Reading(tmp_path / "audit.sqlite")
    first = reading.verdict("reader-1", KIDNEY, "correct")
    reading.verdict("reader-1", HEART, "correct")
    reading.verdict("reader-1", KIDNEY, "unsure", corrects=first, correction_reason="again")
    export_csv(reading.path, tmp_path / "table.csv")
    found = [row["question_id"] for row in rows_of(tmp_path / "table.csv") if row["verdict"]]
    assert found == [HEART.question_id, KIDNEY.question_id]


def test_a_second_occasion_does_not_replace_the_first(tmp_path: Path) -> None:
    reading = Reading(tmp_path / "audit.sqlite")
    reading.verdict("reader-1", KIDNEY, "correct")
    reading.verdict("reader-1", KIDNEY, "unsure", occasion=2)
    export_csv(reading.path, tmp_path / "table.csv")
    found = [(row["occasion"], row["verdict"]) for row in rows_of(tmp_path / "table.csv") if row["verdict"]]
    assert found == [("1", "correct"), ("2", "unsure")]


def test_lossless_lines_with_a_name_must_be_asked_for(reading: Reading, tmp_path: Path) -> None:
    lines = tmp_path / "log.jsonl"
    with pytest.raises(BadInput, match=r"record 8: expected pseudonyms.*--identified"):
        export_jsonl(reading.path, lines)
    assert not lines.exists()
    export_jsonl(reading.path, lines, identified=True)
    assert import_jsonl(lines, tmp_path / "again.sqlite") == verify(reading.path).head


def test_a_reader_who_only_answered_is_a_name_too(tmp_path: Path) -> None:
    reading = Reading(tmp_path / "audit.sqlite")
    export_jsonl(reading.path, tmp_path / "log.jsonl")
    reading.answer("s.schmidt", HEART, "Left.")
    with pytest.raises(BadInput, match="record 8"):
        export_jsonl(reading.path, tmp_path / "log.jsonl")


@pytest.mark.parametrize("name", ["reader-1", "Reader 12", "reader_3", "reader7", "reader-1-3f2a"])
def test_pseudonyms_are_known(name: str) -> None:
    assert is_pseudonym(name)
    assert Pseudonyms().of(name) == name


@given(st.lists(st.text(min_size=1), unique=True))
def test_different_readers_keep_different_names(readers: list[str]) -> None:
    names = Pseudonyms()
    names.begin("abcd" * 16)
    shown = [names.of(reader) for reader in readers]
    assert len(set(shown)) == len(readers)
    assert all(is_pseudonym(name) for name in shown)
    assert [names.of(reader) for reader in readers] == shown
