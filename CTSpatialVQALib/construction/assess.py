"""Assessment of a benchmark as far as rules can tell: every check, counted, with examples."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

from pydantic import JsonValue

from CTSpatialVQALib.benchmark.notes import ReadingNote
from CTSpatialVQALib.construction.candidate_pairs import Candidate
from CTSpatialVQALib.construction.duplicates import same_report, shared_with_another_case, study_of
from CTSpatialVQALib.construction.pair_checks import Checked, check_all
from CTSpatialVQALib.construction.pair_flaws import Finding, Flaw
from CTSpatialVQALib.construction.reports import Report
from CTSpatialVQALib.files import sha256_of_file
from CTSpatialVQALib.reading.assignment import dealt_order
from CTSpatialVQALib.records.words import Category, QuestionForm
from CTSpatialVQALib.scoring.chance import form_of
from CTSpatialVQALib.statistics.intervals import wilson

EXAMPLES = 5


@dataclass(frozen=True)
class Example:
    """One question that shows a flaw."""

    pair_id: str
    question: str
    answer: str
    why: str


@dataclass(frozen=True)
class Share:
    """A count out of a number of questions, with the Wilson 95 % interval of its share."""

    count: int
    of: int
    share: float
    low: float
    high: float


@dataclass(frozen=True)
class FlawCount:
    """How often a flaw occurs, and a few questions that have it, chosen by a hash of their ids."""

    flaw: str
    meaning: str
    questions: Share
    examples: tuple[Example, ...]


@dataclass(frozen=True)
class FormLine:
    """One form of question, and what is right on it without an image."""

    form: str
    questions: int
    uniform: float
    majority: float
    majority_answer: str
    prior: float
    not_spatial: int


@dataclass(frozen=True)
class CategoryLine:
    """One of the six categories; a question counts in each of its labels."""

    category: str
    questions: int
    not_spatial: int
    prior: float | None


@dataclass(frozen=True)
class Extent:
    """What the file holds."""

    questions: int
    volumes: int
    studies: int
    patients: int
    with_categories: int
    mean_categories: float
    several_categories: int
    not_ascii: int
    shared_with_another_case: int
    without_structure: int
    same_report: int | None


@dataclass(frozen=True)
class Blind:
    """Shares of right answers without an image, over all questions; None where nothing could be asked."""

    uniform: float
    majority: float
    prior: float


@dataclass(frozen=True)
class Assessment:
    """All that was found.

    Parameters
    ----------
    spatial : questions that are about a place, by rule
    clean : questions without any flaw
    """

    source: str
    sha256: str
    notes: tuple[str, ...]
    extent: Extent
    spatial: Share
    clean: Share
    flaws: tuple[FlawCount, ...]
    forms: tuple[FormLine, ...]
    categories: tuple[CategoryLine, ...]
    blind: Blind | None
    against_reports: bool

    def as_json(self) -> dict[str, JsonValue]:
        """As plain values."""
        return asdict(self)


def assess(
    source: Path,
    candidates: Sequence[Candidate],
    *,
    reports: Mapping[str, Report] | None = None,
    notes: Sequence[ReadingNote] = (),
) -> Assessment:
    """Run every check that needs no model over the questions of `source`.

    Parameters
    ----------
    reports : by case id, where they are at hand; without them nothing is compared with a report, and
        repeated reports are not known
    """
    checked = check_all(candidates, reports)
    total = len(candidates)
    flawed = {candidate.pair_id for candidate in candidates if checked.of(candidate)}
    not_spatial = _not_spatial(candidates, checked)
    return Assessment(
        source=source.name,
        sha256=sha256_of_file(source),
        notes=tuple(str(note) for note in notes),
        extent=_extent(candidates, reports),
        spatial=share_of_all(total - len(not_spatial), total),
        clean=share_of_all(total - len(flawed), total),
        flaws=tuple(_flaws(candidates, checked)),
        forms=tuple(_forms(candidates, checked, not_spatial)),
        categories=tuple(_categories(candidates, checked, not_spatial)),
        blind=_blind(checked, total),
        against_reports=reports is not None,
    )


def share_of_all(count: int, of: int) -> Share:
    """A share with its interval; of nothing it is 0 with nothing known."""
    if of == 0:
        return Share(0, 0, 0.0, 0.0, 1.0)
    interval = wilson(count, of)
    return Share(count, of, count / of, interval.low, interval.high)


def _not_spatial(candidates: Iterable[Candidate], checked: Checked) -> frozenset[str]:
    plain = {Flaw.NORMALITY, Flaw.NOT_SPATIAL, Flaw.NO_ANSWER}
    return frozenset(
        candidate.pair_id
        for candidate in candidates
        if any(finding.flaw in plain for finding in checked.of(candidate))
    )


def _extent(candidates: Sequence[Candidate], reports: Mapping[str, Report] | None) -> Extent:
    cases = {candidate.question.case_id for candidate in candidates}
    labels = [len(candidate.question.categories) for candidate in candidates]
    report_ids = (
        {case_id: reports[case_id].report_id for case_id in cases & reports.keys()} if reports else {}
    )
    return Extent(
        questions=len(candidates),
        volumes=len(cases),
        studies=len({study_of(case_id) for case_id in cases}),
        patients=len({candidate.patient_id for candidate in candidates}),
        with_categories=sum(count > 0 for count in labels),
        mean_categories=sum(labels) / len(labels) if labels else 0.0,
        several_categories=sum(count > 1 for count in labels),
        not_ascii=sum(
            not (candidate.question.text.isascii() and candidate.question.reference.isascii())
            for candidate in candidates
        ),
        shared_with_another_case=shared_with_another_case([candidate.question for candidate in candidates]),
        without_structure=sum(not (candidate.structures or candidate.regions) for candidate in candidates),
        same_report=sum(map(len, same_report(report_ids).values())) if reports else None,
    )


def _flaws(candidates: Sequence[Candidate], checked: Checked) -> Iterable[FlawCount]:
    by_flaw: dict[Flaw, dict[str, Finding]] = defaultdict(dict)
    for candidate in candidates:
        for finding in checked.of(candidate):
            by_flaw[finding.flaw].setdefault(candidate.pair_id, finding)
    by_id = {candidate.pair_id: candidate.question for candidate in candidates}
    for flaw in Flaw:
        findings = by_flaw.get(flaw, {})
        if findings:
            shown = dealt_order(findings, "example", flaw)[:EXAMPLES]
            yield FlawCount(
                flaw=flaw,
                meaning=flaw.meaning,
                questions=share_of_all(len(findings), len(candidates)),
                examples=tuple(
                    Example(pair_id, by_id[pair_id].text, by_id[pair_id].reference, findings[pair_id].why)
                    for pair_id in shown
                ),
            )


def _forms(
    candidates: Sequence[Candidate], checked: Checked, not_spatial: frozenset[str]
) -> Iterable[FormLine]:
    by_form: dict[QuestionForm, list[Candidate]] = defaultdict(list)
    for candidate in candidates:
        by_form[form_of(candidate.question)].append(candidate)
    for form in sorted(by_form, key=lambda form: -len(by_form[form])):
        several = by_form[form]
        chance = checked.blind.chance.forms[form] if checked.blind else None
        yield FormLine(
            form=form,
            questions=len(several),
            uniform=chance.uniform if chance else 0.0,
            majority=chance.majority if chance else 0.0,
            majority_answer=chance.majority_answer if chance else "",
            prior=_prior(several, checked) or 0.0,
            not_spatial=sum(candidate.pair_id in not_spatial for candidate in several),
        )


def _categories(
    candidates: Sequence[Candidate], checked: Checked, not_spatial: frozenset[str]
) -> Iterable[CategoryLine]:
    for category in Category:
        several = [candidate for candidate in candidates if category in candidate.question.categories]
        if several:
            yield CategoryLine(
                category=category,
                questions=len(several),
                not_spatial=sum(candidate.pair_id in not_spatial for candidate in several),
                prior=_prior(several, checked),
            )


def _prior(several: Sequence[Candidate], checked: Checked) -> float | None:
    if checked.blind is None:
        return None
    return sum(candidate.pair_id in checked.blind.prior_right for candidate in several) / len(several)


def _blind(checked: Checked, total: int) -> Blind | None:
    table = checked.blind
    if table is None:
        return None
    return Blind(table.chance.uniform, table.chance.majority, len(table.prior_right) / total)
