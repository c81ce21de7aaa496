"""The public benchmark, its reports and its human audit under our checks, against what is known of them."""

from __future__ import annotations

from pathlib import Path

import pytest

from CTSpatialVQALib.benchmark.questions import read_questions
from CTSpatialVQALib.construction.assess import Assessment, assess
from CTSpatialVQALib.construction.candidate_pairs import candidate_of, read_candidates
from CTSpatialVQALib.construction.pair_checks import check_all, with_reports
from CTSpatialVQALib.construction.pair_flaws import Flaw
from CTSpatialVQALib.construction.published_audit import read_published_audit
from CTSpatialVQALib.construction.reports import read_reports
from CTSpatialVQALib.construction.validate import Policy, validated

pytestmark = pytest.mark.real_data


@pytest.fixture(scope="module")
def found(real_data: Path) -> Assessment:
    source = real_data / "benchmark" / "spatial_qa_filtered_full_with_categories.json"
    reports = read_reports(real_data / "benchmark" / "construction" / "validation_reports_output.json")
    questions = read_questions(source)
    candidates = with_reports([candidate_of(one) for one in questions.questions], reports)
    return assess(source, candidates, reports=reports, notes=questions.notes)


def share(found: Assessment, flaw: Flaw) -> float:
    return next((one.questions.share for one in found.flaws if one.flaw == flaw), 0.0)


def test_the_file_holds_what_is_known_of_it(found: Assessment) -> None:
    extent = found.extent
    assert (extent.questions, extent.volumes, extent.studies, extent.patients) == (9077, 1601, 1559, 1300)
    assert extent.with_categories == 9077 - 9
    assert extent.mean_categories == pytest.approx(2.26, abs=0.005)
    assert extent.several_categories / extent.questions == pytest.approx(0.71, abs=0.005)
    assert (extent.not_ascii, extent.shared_with_another_case) == (47, 1282)


def test_normality_and_place_are_counted_as_careful_readers_do(found: Assessment) -> None:
    # 13.9 % are normality or absence alone; 26.7 % (95 % interval 20 to 34) are not spatial to a careful
    # reader, of which rules see the part that words give away.
    assert share(found, Flaw.NORMALITY) == pytest.approx(0.139, abs=0.005)
    assert 0.15 < 1 - found.spatial.share < 0.267


def test_forms_are_as_frequent_as_known(found: Assessment) -> None:
    known = {
        "where": 3858, "laterality": 1570, "yes_no": 1353, "level_lobe": 1314,
        "free": 559, "choice": 272, "measurement": 151,
    }  # fmt: skip
    counted = {one.form: one.questions for one in found.forms}
    assert sum(abs(counted[form] - count) for form, count in known.items()) / 2 < 0.05 * 9077


def test_the_blind_prior_is_far_above_chance(found: Assessment) -> None:
    assert found.blind is not None
    assert found.blind.uniform == pytest.approx(0.176, abs=0.03)
    assert found.blind.majority == pytest.approx(0.245, abs=0.03)
    assert found.blind.prior > 0.4255


def test_repeated_reports_and_reconstructions_are_found(found: Assessment) -> None:
    assert found.extent.same_report is not None
    assert found.extent.same_report > 1601 - 1514
    assert 0 < share(found, Flaw.OTHER_RECONSTRUCTION) < 0.03
    assert share(found, Flaw.DUPLICATE_IN_CASE) == 0
    assert not any(one.flaw == Flaw.NO_REPORT for one in found.flaws)


def test_the_generated_pairs_flow_through_the_rules(real_data: Path) -> None:
    folder = real_data / "benchmark" / "construction"
    reports = read_reports(folder / "validation_reports_output.json")
    everything = read_candidates(folder / "spatial_qa_output_full.json")
    assert len(everything) == 14744
    candidates = with_reports(everything[::4], reports)
    result = validated(candidates, check_all(candidates, reports, blind=False).findings, Policy())
    words = result.flow[0].excluded
    assert words["normality"] / len(candidates) == pytest.approx(0.40, abs=0.02)
    assert len(result.kept) + len(result.excluded) == len(candidates)
    # rules and reports agree on nearly every pair that is about a place
    against = [one for one in result.excluded if "report" in one.reason]
    assert len(against) / len(result.kept) < 0.02


def test_the_published_audit_allows_no_kappa_between_its_annotators(real_data: Path) -> None:
    audit = read_published_audit(real_data / "benchmark" / "construction")
    assert (audit.answered, audit.dealt, len(audit.annotators), audit.by_several) == (303, 967, 9, 0)
    assert all(one.value is None and one.items == 0 for one in audit.between_annotators.values())
    spatial = audit.with_model["spatial"]
    assert spatial.items == 303
    # by hand: they differ on 86 of 303; yes to 235 (annotators) and 209 (model)
    assert spatial.value == pytest.approx(0.2822, abs=1e-4)
    assert (audit.entries, audit.repeated_entries, audit.other_lengths) == (87, 17, 15)
