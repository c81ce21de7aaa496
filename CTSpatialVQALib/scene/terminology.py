"""Slicer's terminology tag of a segment, from the table's SNOMED CT codes."""

from __future__ import annotations

from CTSpatialVQALib.records.structures import Code, Structure

_CONTEXT = "Segmentation category and type - DICOM master list"
_REGION_CONTEXT = "Anatomic codes - DICOM master list"
_ANATOMICAL = Code("SCT", "123037004", "Anatomical Structure")
_ALTERED = Code("SCT", "49755003", "Morphologically Altered Structure")
_CYST = "367643001"
_NOTHING = Code("", "", "")


def terminology_entry(structure: Structure) -> str:
    """The value of `vtkSegment.GetTerminologyEntryTagName()` for `structure`.

    Seven fields joined by `~` in the order that `vtkSlicerTerminologiesModuleLogic.SerializeTerminologyEntry`
    documents: context, category, type, type modifier, region context, region, region modifier. The side
    is the type modifier (SCT 7771000 left, 24028007 right).
    """
    category = _ALTERED if structure.code.value == _CYST else _ANATOMICAL
    return "~".join(
        (
            _CONTEXT,
            _triple(category),
            _triple(structure.code),
            _triple(structure.modifier or _NOTHING),
            _REGION_CONTEXT,
            _triple(_NOTHING),
            _triple(_NOTHING),
        )
    )


def _triple(code: Code) -> str:
    return "^".join(code)
