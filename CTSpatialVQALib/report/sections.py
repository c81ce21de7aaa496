"""The report's sections in their order: everything between the summary and the questions."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from CTSpatialVQALib.records.judgement import Score
from CTSpatialVQALib.records.reply import Reply
from CTSpatialVQALib.report.analysis import Analysis
from CTSpatialVQALib.report.page_data import BackendSummary
from CTSpatialVQALib.report.plots import Section
from CTSpatialVQALib.report.readings import Readings
from CTSpatialVQALib.report.section_accuracy import comparison_section
from CTSpatialVQALib.report.section_agreement import agreement_section
from CTSpatialVQALib.report.section_confusion import confusion_section
from CTSpatialVQALib.report.section_groups import categories_section, forms_section
from CTSpatialVQALib.report.section_outcomes import alarms_section, outcomes_section, words_section
from CTSpatialVQALib.report.section_probes import probes_section
from CTSpatialVQALib.scoring.score_alarms import Alarm


def all_sections(
    analysis: Analysis,
    summary: Sequence[BackendSummary],
    replies: Iterable[Reply],
    scores: Iterable[Score],
    readings: Readings,
    alarms: Sequence[Alarm],
    readers: Section | None = None,
) -> tuple[Section, ...]:
    """The sections that have something to say."""
    every = (
        readers,
        alarms_section(alarms, analysis),
        comparison_section(analysis),
        categories_section(analysis),
        forms_section(analysis),
        confusion_section(analysis),
        probes_section(analysis),
        agreement_section(analysis, replies, scores, readings),
        outcomes_section(summary),
        words_section(analysis),
    )
    return tuple(section for section in every if section is not None)
