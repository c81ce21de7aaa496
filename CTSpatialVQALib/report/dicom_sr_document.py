"""Content of a DICOM SR: the verdicts of one reader on one case, after template TID 1500 of PS3.16."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

import highdicom.sr as sr
from highdicom import UID
from highdicom.coding_schemes import CodingSchemeIdentificationItem
from pydicom.dataset import Dataset
from pydicom.sr.codedict import codes as standard

from CTSpatialVQALib import __version__
from CTSpatialVQALib.language.grounding import ground
from CTSpatialVQALib.records.structures import Code, Structure, structures
from CTSpatialVQALib.report.dicom_sr_codes import (
    NO,
    SCHEME,
    SCHEME_NAME,
    YES,
    WordList,
    code,
    derived_uid,
    long_text,
    person_name,
    short_text,
)
from CTSpatialVQALib.report.dicom_sr_evidence import patient_only
from CTSpatialVQALib.report.page_data import RESEARCH_NOTE
from CTSpatialVQALib.report.verdict_columns import Row

_PROGRAM = "CTSpatialVQA"
_TEXTS = (
    "case_id",
    "question_id",
    "question",
    "reference",
    "answer",
    "backend",
    "backend_version",
    "contract",
    "occasion",
    "correction_reason",
    "notice",
)
_CODED: tuple[WordList, ...] = ("outcome", "probe", "stage", "verdict", "error_type", "severity")
_FLAGS = ("aided", "adjudicated")
# what highdicom names the images of a library by
_SOURCE = sr.CodedConcept("260753009", "SCT", "Source")
_SIDES = frozenset({"24028007", "7771000"})  # SNOMED CT: Right, Left


@dataclass(frozen=True)
class CaseReading:
    """What one reader said of one case.

    Parameters
    ----------
    rows : his verdicts, rows of `verdict_table.VerdictTable`
    study_ids : of the studies in the log
    """

    reader: str
    case_id: str
    rows: tuple[Row, ...]
    study_ids: tuple[str, ...]

    @property
    def last_given(self) -> datetime:
        """When the last of the verdicts was given."""
        return max(_moment(row["given_utc"]) for row in self.rows)


def report_of(reading: CaseReading, evidence: Sequence[Dataset], *, identified: bool) -> sr.EnhancedSR:
    """The report as a DICOM object; the same verdicts give the same bytes.

    Parameters
    ----------
    evidence : instances that the case was read from, or none. The images are listed in the image library, so
        that they count as the source of every group; without images there is neither library nor evidence,
        which PS3.3 (C.17.2) and TID 1500 allow.
    """
    patient = list(evidence) or [patient_only(reading.case_id, reading.study_ids)]
    series = derived_uid(_PROGRAM, patient[0].StudyInstanceUID, reading.reader, *reading.study_ids)
    when = reading.last_given
    document = sr.EnhancedSR(
        evidence=patient,
        content=_content(reading, evidence),
        series_instance_uid=series,
        series_number=1,
        series_description=f"{_PROGRAM} verdicts, research use only",
        sop_instance_uid=derived_uid(
            series, *(f"{name}={row[name]}" for row in reading.rows for name in row)
        ),
        instance_number=1,
        manufacturer=_PROGRAM,
        manufacturer_model_name=_PROGRAM,
        software_versions=__version__,
        device_serial_number=__version__,
        is_complete=True,
        content_qualification="RESEARCH",
        content_date=when.date(),
        content_time=when.time(),
        coding_schemes=[
            CodingSchemeIdentificationItem(SCHEME, SCHEME_NAME, responsible_organization=_PROGRAM)
        ],
        specific_character_set="ISO_IR 192",
    )
    _finish(document, has_images=bool(evidence), identified=identified)
    return document


def _content(reading: CaseReading, evidence: Sequence[Dataset]) -> sr.MeasurementReport:
    """The tree of TID 1500: observers, procedure, images, then one group per verdict."""
    content = sr.MeasurementReport(
        observation_context=_observers(reading),
        procedure_reported=standard.cid100.CTUnspecifiedBodyRegion,
        imaging_measurements=[_group(row) for row in reading.rows],
    )
    if evidence:
        content[0].ContentSequence.insert(-1, _library(evidence))
    return content


def _finish(document: sr.EnhancedSR, *, has_images: bool, identified: bool) -> None:
    document.TimezoneOffsetFromUTC = "+0000"
    if not has_images:
        # highdicom takes the patient from the evidence and so wants some; the one it was given is no instance
        del document.CurrentRequestedProcedureEvidenceSequence
    if not identified:
        document.PatientIdentityRemoved = "YES"
        document.DeidentificationMethod = "Case id of the study for the patient; UIDs of images kept"
    # the moment of writing would make another object of the same verdicts
    for name in ("InstanceCreationDate", "InstanceCreationTime"):
        if name in document:
            delattr(document, name)
    for item in document.get("ContributingEquipmentSequence", ()):
        if "ContributionDateTime" in item:
            del item.ContributionDateTime


def _observers(reading: CaseReading) -> sr.ObservationContext:
    """The reader, and this program with its version."""
    context = sr.ObservationContext(
        observer_person_context=sr.ObserverContext(
            standard.DCM.Person,
            sr.PersonObserverIdentifyingAttributes(name=person_name(reading.reader)),
        ),
        observer_device_context=_device(_PROGRAM, __version__),
    )
    answered = {(row["backend"], row["backend_version"]) for row in reading.rows if row["backend"]}
    for backend, version in sorted(answered):
        context.extend(_device(backend, version))
    return context


def _device(name: str, version: str) -> sr.ObserverContext:
    return sr.ObserverContext(
        standard.DCM.Device,
        sr.DeviceObserverIdentifyingAttributes(
            uid=UID(derived_uid("device", name, version)),
            name=long_text(name),
            manufacturer_name=_PROGRAM if name == _PROGRAM else None,
            model_name=long_text(f"{name} {version}"),
        ),
    )


def _group(row: Row) -> sr.MeasurementsAndQualitativeEvaluations:
    """One verdict: what was asked and answered as text, what was decided as codes, where as finding sites."""
    group = sr.MeasurementsAndQualitativeEvaluations(
        tracking_identifier=sr.TrackingIdentifier(
            uid=UID(derived_uid("verdict", row["event_id"])),
            identifier=long_text(f"{row['question_id']}, {row['backend']}, {row['stage']}"),
        ),
        finding_sites=[_site(structure) for structure in _structures_of(row)],
        qualitative_evaluations=[
            sr.QualitativeEvaluation(_concept(name), _coded(value)) for name, value in _decisions(row)
        ],
    )
    group[0].ObservationDateTime = f"{_moment(row['given_utc']):%Y%m%d%H%M%S.%f}+0000"
    for name in _TEXTS:
        if text := long_text(RESEARCH_NOTE if name == "notice" else row[name]):
            group[0].ContentSequence.append(_text_item(_concept(name), text))
    if comment := long_text(row["comment"]):
        group[0].ContentSequence.append(_text_item(_coded(Code("DCM", "121106", "Comment")), comment))
    return group


def _library(evidence: Sequence[Dataset]) -> sr.ContainerContentItem:
    """TID 1600: the images, without highdicom's description of each, which takes 4 kB and 0.1 s per slice."""
    library, group = (
        sr.ContainerContentItem(name=name, relationship_type=sr.RelationshipTypeValues.CONTAINS)
        for name in (standard.DCM.ImageLibrary, standard.DCM.ImageLibraryGroup)
    )
    group.ContentSequence = sr.ContentSequence(
        [
            sr.ImageContentItem(
                name=_SOURCE,
                referenced_sop_class_uid=instance.SOPClassUID,
                referenced_sop_instance_uid=instance.SOPInstanceUID,
                relationship_type=sr.RelationshipTypeValues.CONTAINS,
            )
            for instance in evidence
        ]
    )
    library.ContentSequence = sr.ContentSequence([group])
    return library


def _decisions(row: Row) -> Iterator[tuple[str, Code]]:
    for listed in _CODED:
        if row[listed]:
            yield listed, code(listed, row[listed])
    for fault in filter(None, row["faults"].split("; ")):
        yield "fault", code("fault", fault)
    for name in _FLAGS:
        yield name, YES if row[name] == "true" else NO


def _structures_of(row: Row) -> tuple[Structure, ...]:
    """Structures that question and reference answer name, implied organs included."""
    grounding = ground(row["question"], row["reference"])
    table = structures()
    return tuple(table[name] for name in grounding.answer_structures or grounding.question_structures)


def _site(structure: Structure) -> sr.FindingSite:
    modifier = None if structure.modifier is None else _coded(structure.modifier)
    sided = structure.modifier is not None and structure.modifier.value in _SIDES
    return sr.FindingSite(
        anatomic_location=_coded(structure.code),
        laterality=modifier if sided else None,
        topographical_modifier=None if sided else modifier,
    )


def _text_item(name: sr.CodedConcept, text: str) -> sr.TextContentItem:
    return sr.TextContentItem(name=name, value=text, relationship_type=sr.RelationshipTypeValues.CONTAINS)


def _concept(name: str) -> sr.CodedConcept:
    return _coded(code("concept", name))


def _coded(concept_code: Code) -> sr.CodedConcept:
    return sr.CodedConcept(
        value=concept_code.value,
        scheme_designator=concept_code.scheme,
        meaning=short_text(concept_code.meaning),
    )


def _moment(utc: str) -> datetime:
    return datetime.fromisoformat(utc).astimezone(UTC)
