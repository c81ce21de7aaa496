"""The extension says the same about itself in CMake, in the older catalogue form and in the JSON entry."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

# The fields of catalogue schema 1.0.2, which allows no others.
KNOWN_FIELDS = {
    "$schema",
    "build_dependencies",
    "build_subdirectory",
    "category",
    "dicom_support_rule",
    "enabled",
    "scm_revision",
    "scm_type",
    "scm_url",
    "tier",
}


@pytest.fixture
def cmake(root: Path) -> dict[str, str]:
    text = (root / "CMakeLists.txt").read_text(encoding="utf-8")
    return dict(re.findall(r'^set\(EXTENSION_(\w+) "(.*)"\)$', text, re.MULTILINE))


@pytest.fixture
def s4ext(root: Path) -> dict[str, str]:
    lines = (root / "CTSpatialVQA.s4ext").read_text(encoding="utf-8").splitlines()
    fields = [line.partition(" ") for line in lines if line and not line.startswith("#")]
    return {key: value for key, _, value in fields}


@pytest.fixture
def entry(root: Path) -> dict[str, object]:
    loaded: dict[str, object] = json.loads((root / "CTSpatialVQA.json").read_text(encoding="utf-8"))
    return loaded


def test_cmake_sets_every_field_before_slicer_is_looked_for(root: Path, cmake: dict[str, str]) -> None:
    text = (root / "CMakeLists.txt").read_text(encoding="utf-8")

    assert set(cmake) == {
        "HOMEPAGE", "CATEGORY", "CONTRIBUTORS", "DESCRIPTION", "ICONURL", "SCREENSHOTURLS", "DEPENDS",
    }  # fmt: skip
    assert text.index("project(CTSpatialVQA") < text.index("EXTENSION_HOMEPAGE")
    assert text.index("EXTENSION_DEPENDS") < text.index("find_package(Slicer REQUIRED)")
    assert text.index("## NEXT_MODULE") < text.index("include(${Slicer_EXTENSION_GENERATE_CONFIG})")
    assert text.rstrip().endswith("include(${Slicer_EXTENSION_CPACK})")


def test_older_form_agrees_with_cmake(cmake: dict[str, str], s4ext: dict[str, str]) -> None:
    same = ("homepage", "category", "contributors", "description", "iconurl", "screenshoturls", "depends")

    assert {key: s4ext[key] for key in same} == {key: cmake[key.upper()] for key in same}


def test_json_entry_agrees_with_both(
    cmake: dict[str, str], s4ext: dict[str, str], entry: dict[str, object]
) -> None:
    assert entry["category"] == cmake["CATEGORY"]
    assert entry["scm_url"] == s4ext["scmurl"]
    assert entry["scm_revision"] == s4ext["scmrevision"]
    assert entry["build_subdirectory"] == s4ext["build_subdirectory"]
    assert (entry["build_dependencies"] == []) == (s4ext["depends"] == "NA")


def test_json_entry_has_the_fields_of_its_schema_and_no_others(entry: dict[str, object]) -> None:
    assert str(entry["$schema"]).endswith("/slicer-extension-catalog-entry-schema-v1.0.2.json#")
    assert {"$schema", "category", "scm_url"} <= set(entry) <= KNOWN_FIELDS
    assert entry["tier"] in {1, 2, 3, 4, 5}


def test_description_says_research_use_only(cmake: dict[str, str]) -> None:
    assert cmake["DESCRIPTION"].endswith("Research use only.")
