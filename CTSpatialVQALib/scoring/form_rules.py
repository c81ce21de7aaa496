"""The judges of each form of question, and the words that several rules look for."""

from __future__ import annotations

import re
from collections.abc import Callable

from CTSpatialVQALib.language.place_comparison import Judgement
from CTSpatialVQALib.records.words import QuestionForm
from CTSpatialVQALib.scoring.closed_rules import (
    judge_choice,
    judge_laterality,
    judge_measurement,
    judge_yes_no,
)
from CTSpatialVQALib.scoring.place_rules import judge_free, judge_level_or_lobe, judge_where

_I = re.IGNORECASE
JUDGES: dict[QuestionForm, Callable[[str, str, str], Judgement]] = {
    QuestionForm.YES_NO: judge_yes_no,
    QuestionForm.LATERALITY: judge_laterality,
    QuestionForm.LEVEL_LOBE: judge_level_or_lobe,
    QuestionForm.WHERE: judge_where,
    QuestionForm.CHOICE: judge_choice,
    QuestionForm.MEASUREMENT: judge_measurement,
    QuestionForm.FREE: judge_free,
}
PLACES = (QuestionForm.WHERE, QuestionForm.LEVEL_LOBE, QuestionForm.LATERALITY, QuestionForm.FREE)
LUNG = re.compile(r"\b(?:lungs?|lobes?|pulmonary)\b", _I)
RELATIONAL = re.compile(
    r"\b(?:opposite|contralateral(?:ly)?|ipsilateral(?:ly)?|homolateral|same side|"
    r"other (?:side|kidney|lung|adrenal|breast)|liver['’]?s side)\b",
    _I,
)
ASKS_MORE = re.compile(
    r"\b(?:more|most|larger|largest|bigger|greater|higher|highest|lower(?! lobes?)|smaller|less|thicker|"
    r"wider"
    r"|predominant\w*|dominant)\b",
    _I,
)
LONG = 8  # words; in shorter answers every word counts
