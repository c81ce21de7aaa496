"""DICOM reports of a reading: read back by highdicom and pydicom, checked by dciodvfy where there is one."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
import warnings
from collections.abc import Mapping
from pathlib import Path
from typing import NamedTuple

import highdicom.sr as sr
import pydicom
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydicom.sr.codedict import codes as standard

from CTSpatialVQALib.demo.phantom import make_patient
from CTSpatialVQALib.errors import BadInput, WorkFailed
from CTSpatialVQALib.records import words
from CTSpatialVQALib.records.case import Case
from CTSpatialVQALib.report.dicom_sr import export_dicom_sr
from CTSpatialVQALib.report.dicom_sr_codes import (
    SCHEME,
    codes,
    derived_uid,
    long_text,
    person_name,
    short_text,
)
from Testing.report.export_samples import log_of
from Testing.report.reading_samples import HOSTILE, NAME, read_log
from Testing.volumes.dicom_folder import Scanner, write_series
from Testing.volumes.small_volumes import Stored

PATIENT = "SECRET^NAME"
STUDY_TAGS = ("PatientBirthDate", "PatientSex", "AccessionNumber", "StudyID", "StudyDate", "StudyTime")


class Exported(NamedTuple):
    """A folder of reports, and the CT series that one of the cases was read from."""

    folder: Path
    series: Path

    def report(self, reader: str, case_id: str) -> sr.EnhancedSR:
        index = json.loads((self.folder / "index.json").read_text("utf-8"))["reports"]
        (entry,) = [one for one in index if one["reader"].startswith(reader) and one["case_id"] == case_id]
        return sr.srread(self.folder / entry["file"])


@pytest.fixture(scope="module")
def ct_series(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A tiny phantom as a scanner would have stored it, with a patient's name and birth date."""
    folder = tmp_path_factory.mktemp("ct") / "series"
    phantom = make_patient(0, "tiny")
    volume = Stored(phantom.hu[:, :, :6], phantom.grid.affine)
    for path in write_series(folder, volume, scanner=Scanner(patient=PATIENT)):
        one = pydicom.dcmread(path)
        one.PatientBirthDate, one.PatientSex, one.StudyDate, one.StudyTime = "19500101", "F", "20200202", ""
        one.AccessionNumber, one.StudyID, one.ReferringPhysicianName = "ACC77", "S1", "REFER^RING"
        one.InstitutionName, one.FrameOfReferenceUID = "Secret hospital", "1.2.3.4"
        one.save_as(path)
    (folder / "readme.txt").write_text("not DICOM", "utf-8")
    return folder


def cases(series: Path) -> Mapping[str, Case]:
    return {"case-1": Case(case_id="case-1", patient_id="p", ct=series)}


@pytest.fixture(scope="module")
def exported(tmp_path_factory: pytest.TempPathFactory, ct_series: Path) -> Exported:
    folder = tmp_path_factory.mktemp("sr")
    log = read_log(folder / "audit.sqlite").path
    assert export_dicom_sr(log, folder / "out", cases=cases(ct_series)) == 7
    return Exported(folder / "out", ct_series)


def values_in(group: pydicom.Dataset) -> dict[str, str]:
    """Meaning of the concept -> value, of the text and coded items of one measurement group."""
    found = {}
    for item in group.ContentSequence:
        name = item.ConceptNameCodeSequence[0].CodeMeaning
        if item.ValueType == "TEXT":
            found[name] = item.TextValue
        elif item.ValueType == "CODE":
            found[name] = item.ConceptCodeSequence[0].CodeMeaning
    return found


def groups_of(report: sr.EnhancedSR) -> list[pydicom.Dataset]:
    return list(report.content.get_image_measurement_groups())


def test_there_is_one_report_per_reader_and_case(exported: Exported) -> None:
    index = json.loads((exported.folder / "index.json").read_text("utf-8"))
    found = sorted((one["case_id"], one["verdicts"], one["images"]) for one in index["reports"])
    assert found == [
        ("case-1", 1, 6),
        ("case-1", 2, 6),
        ("case-1", 2, 6),
        ("case-2", 1, 0),
        ("case-2", 1, 0),
    ]
    assert len({(one["reader"], one["case_id"]) for one in index["reports"]}) == 5


def test_a_verdict_is_text_and_codes(exported: Exported) -> None:
    report = exported.report("reader-1-", "case-1")
    (group,) = [one for one in groups_of(report) if "kidney" in values_in(one[0])["Question"]]
    values = values_in(group[0])
    assert values["Question"] == "On which side is the kidney with the cyst?"
    assert values["Answer taken as true"] == "In the left kidney."
    assert values["Answer that was judged"] == "In the right kidney."
    assert values["Verdict of the reader"] == "Incorrect"
    assert values["Error type of the answer"] == "Laterality swap"
    assert values["Severity of the error"] == "Critical"
    assert values["Stage of the reading"] == "Final: after the reveal"
    assert values["Reason of the correction"] == "Misread the marker"
    assert values["Who answered"] == "model"
    assert values["Notice"] == "Research use only. Not for diagnosis."
    assert group[0].ObservationDateTime == "20260301120500.000000+0000"


def test_structures_are_finding_sites_with_their_side(exported: Exported) -> None:
    report = exported.report("reader-1-", "case-1")
    sites = {
        (site.value.value, site.value.scheme_designator): site.laterality
        for group in groups_of(report)
        for site in group.finding_sites
    }
    assert sites["64033007", "SCT"] == standard.SCT.Left
    assert sites["80891009", "SCT"] is None  # the heart


def test_the_reader_and_the_programs_are_the_observers(exported: Exported) -> None:
    content = exported.report("reader-2", "case-1").content
    (person,) = content.get_observer_contexts(observer_type=standard.DCM.Person)
    assert person.observer_identifying_attributes.name == "reader-2^"
    devices = [
        one.observer_identifying_attributes
        for one in content.get_observer_contexts(observer_type=standard.DCM.Device)
    ]
    assert [one.name for one in devices] == ["CTSpatialVQA", "model"]
    assert devices[1].model_name == "model 2"


def test_the_images_are_listed_where_the_source_is_dicom(exported: Exported) -> None:
    report = exported.report("reader-2", "case-1")
    instances = {pydicom.dcmread(path).SOPInstanceUID for path in exported.series.glob("*.dcm")}
    evidence = report.CurrentRequestedProcedureEvidenceSequence[0].ReferencedSeriesSequence[0]
    assert {one.ReferencedSOPInstanceUID for one in evidence.ReferencedSOPSequence} == instances
    listed = sr.utils.find_content_items(report, value_type=sr.ValueTypeValues.IMAGE, recursive=True)
    assert {one.ReferencedSOPSequence[0].ReferencedSOPInstanceUID for one in listed} == instances
    assert report.StudyInstanceUID == pydicom.dcmread(next(exported.series.glob("*.dcm"))).StudyInstanceUID


def test_without_dicom_images_the_report_refers_to_none(exported: Exported) -> None:
    report = exported.report("reader-2", "case-2")
    assert "CurrentRequestedProcedureEvidenceSequence" not in report
    assert "PertinentOtherEvidenceSequence" not in report
    assert not sr.utils.find_content_items(report, value_type=sr.ValueTypeValues.IMAGE, recursive=True)


def test_the_case_id_stands_for_the_patient(exported: Exported) -> None:
    for path in exported.folder.glob("*.dcm"):
        report = pydicom.dcmread(path)
        assert report.PatientID in ("case-1", "case-2")
        assert not report.PatientName
        assert all(not report.get(name) for name in STUDY_TAGS)
        assert report.PatientIdentityRemoved == "YES"
        assert report.ContentQualification == "RESEARCH"
        assert (report.VerificationFlag, report.PreliminaryFlag) == ("UNVERIFIED", "PRELIMINARY")
        for secret in (b"SECRET", b"ACC77", b"REFER", b"hospital", "Müller".encode()):
            assert secret not in path.read_bytes()


def test_an_identified_report_files_with_its_patient(tmp_path: Path, ct_series: Path) -> None:
    log = read_log(tmp_path / "audit.sqlite").path
    export_dicom_sr(log, tmp_path / "out", cases=cases(ct_series), identified=True)
    reports = [pydicom.dcmread(path) for path in (tmp_path / "out").glob("*.dcm")]
    (named,) = [one for one in reports if one.PatientID == PATIENT and b"ller" in str(one).encode("utf-8")]
    assert (str(named.PatientName), named.PatientBirthDate, named.AccessionNumber) == (
        PATIENT,
        "19500101",
        "ACC77",
    )
    assert "PatientIdentityRemoved" not in named
    assert NAME in str(named)


@pytest.mark.parametrize(
    ("keyword", "value", "written"),
    [
        ("PatientSex", "male", "M"),
        ("PatientSex", "W", "F"),
        ("PatientSex", "unknown", ""),
        ("PatientBirthDate", "01.02.1950", ""),
        ("StudyDate", "2020-02-30", ""),
        ("StudyTime", "25:61", ""),
        ("AccessionNumber", "A" * 40, "A" * 16),
        ("StudyID", "S" * 17, "S" * 16),
    ],
)
def test_fields_that_dicom_does_not_allow_are_written_as_the_nearest_that_it_does(
    keyword: str, value: str, written: str, tmp_path: Path, ct_series: Path
) -> None:
    series = tmp_path / "series"
    shutil.copytree(ct_series, series)
    for path in series.glob("*.dcm"):
        one = pydicom.dcmread(path)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            setattr(one, keyword, value)
            one.save_as(path)
    log = read_log(tmp_path / "audit.sqlite").path
    notes: list[str] = []
    export_dicom_sr(log, tmp_path / "out", cases=cases(series), identified=True, noted=notes.append)
    reports = [pydicom.dcmread(path) for path in (tmp_path / "out").glob("*.dcm")]
    named = [one for one in reports if one.PatientID == PATIENT]
    assert named
    assert {str(one.get(keyword) or "") for one in named} == {written}
    (note,) = notes
    assert note.startswith(f"case case-1: {keyword} of its DICOM files is no valid DICOM; ")


def test_hostile_text_comes_back_with_nothing_hidden(exported: Exported) -> None:
    report = exported.report("reader-2", "case-2")
    (group,) = groups_of(report)
    assert values_in(group[0])["Question"] == long_text(HOSTILE)
    assert "größer 大 \\ ^ = \U0001f9e0 [U+0007][U+202E]end" in values_in(group[0])["Question"]
    assert "<script>" in values_in(group[0])["Question"]
    assert report.SpecificCharacterSet == "ISO_IR 192"


def test_own_codes_name_their_scheme(exported: Exported) -> None:
    report = exported.report("reader-2", "case-1")
    assert SCHEME in {one.CodingSchemeDesignator for one in report.CodingSchemeIdentificationSequence}


def test_the_same_verdicts_make_the_same_bytes_and_others_another_object(
    tmp_path: Path, ct_series: Path
) -> None:
    reading = read_log(tmp_path / "audit.sqlite")
    for name in ("a", "b"):
        export_dicom_sr(reading.path, tmp_path / name, cases=cases(ct_series))
    first = {path.name: path.read_bytes() for path in (tmp_path / "a").iterdir()}
    assert first == {path.name: path.read_bytes() for path in (tmp_path / "b").iterdir()}
    reading.verdict("reader-2", next(iter(reading.replies)), "unsure")
    export_dicom_sr(reading.path, tmp_path / "c", cases=cases(ct_series))
    uids = [
        {pydicom.dcmread(path).SOPInstanceUID for path in (tmp_path / name).glob("*.dcm")} for name in "ac"
    ]
    assert len(uids[0] - uids[1]) == len(uids[1] - uids[0]) == 1


@pytest.mark.parametrize("identified", [False, True])
def test_dciodvfy_finds_no_error(tmp_path: Path, ct_series: Path, identified: bool) -> None:
    checker = shutil.which("dciodvfy")
    if checker is None:
        pytest.skip("no dciodvfy on this machine (Debian: dicom3tools)")
    log = read_log(tmp_path / "audit.sqlite").path
    export_dicom_sr(log, tmp_path / "out", cases=cases(ct_series), identified=identified)
    reports = sorted((tmp_path / "out").glob("*.dcm"))
    assert len(reports) >= 5
    for path in reports:
        ran = subprocess.run([checker, str(path)], capture_output=True, text=True, check=False)
        said = ran.stdout + ran.stderr
        assert [line for line in said.splitlines() if line.startswith("Error")] == []
        assert "EnhancedSR" in said
        assert ran.returncode == 0


def test_a_log_without_a_verdict_is_refused(tmp_path: Path) -> None:
    log = log_of(tmp_path / "audit.sqlite")
    with pytest.raises(BadInput, match="expected a verdict, but found none"):
        export_dicom_sr(log, tmp_path / "out")
    assert not (tmp_path / "out").exists()


def test_a_folder_with_two_series_is_refused(tmp_path: Path, ct_series: Path) -> None:
    both = tmp_path / "both"
    shutil.copytree(ct_series, both)
    for path in list(both.glob("*.dcm")):
        one = pydicom.dcmread(path)
        one.SeriesInstanceUID = "1.2.3.9"
        one.save_as(both / f"second-{path.name}")
    log = read_log(tmp_path / "audit.sqlite").path
    with pytest.raises(BadInput, match="expected one DICOM series, but found 2 series"):
        export_dicom_sr(log, tmp_path / "out", cases=cases(both))
    assert not (tmp_path / "out").exists()


def test_without_highdicom_the_refusal_says_how_to_install_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "highdicom.sr", None)
    with pytest.raises(WorkFailed, match="needs highdicom: pip install highdicom"):
        export_dicom_sr(tmp_path / "audit.sqlite", tmp_path / "out")


LISTS = {
    "verdict": words.VerdictValue,
    "error_type": words.ErrorType,
    "severity": words.Severity,
    "fault": words.QuestionFault,
    "stage": words.Stage,
    "probe": words.Probe,
    "outcome": words.Outcome,
}


def test_every_word_has_a_code_that_dicom_can_hold() -> None:
    found = codes()
    for listed, values in LISTS.items():
        assert {word for name, word in found if name == listed} == {str(value) for value in values}
    assert len({one.value for one in found.values()}) == len(found)
    assert all(len(one.value) <= 16 and 0 < len(one.meaning) <= 64 for one in found.values())


@given(st.text(min_size=1))
def test_text_fits_its_value_representation(text: str) -> None:
    short, name, long = short_text(text), person_name(text), long_text(text)
    assert len(short) <= 64
    assert len(name) <= 65
    assert name.count("^") == 1
    for made in (short, name):
        assert not set(made) & set("\\\n\r\t")
    assert "\n" not in long.replace("\r\n", "")
    assert "\t" not in long


@given(st.text(min_size=60, max_size=80), st.text(min_size=60, max_size=80))
def test_two_long_ids_stay_two(one: str, two: str) -> None:
    if one != two:
        assert short_text("x" * 40 + one) != short_text("x" * 40 + two)


def test_a_derived_uid_is_a_uid() -> None:
    made = derived_uid("a", "b")
    assert pydicom.uid.UID(made).is_valid
    assert made != derived_uid("ab", "")
    assert made == derived_uid("a", "b")
