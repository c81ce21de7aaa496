"""Verdicts on absence: nothing found, all normal, or only what is not so."""

from __future__ import annotations

import re

from CTSpatialVQALib.language.answer_reading import (
    AnswerReading,
    says_something,
    topic_of,
)
from CTSpatialVQALib.language.claims import lateral_set, says_normal
from CTSpatialVQALib.language.content_words import (
    content,
)
from CTSpatialVQALib.language.grounding import read_anatomy
from CTSpatialVQALib.language.place_comparison import Judgement
from CTSpatialVQALib.records.words import ErrorType, QuestionForm
from CTSpatialVQALib.scoring.form_rules import JUDGES

_I = re.IGNORECASE
# words of findings that an otherwise normal description may not affirm
_ABNORMAL = re.compile(
    r"\b(?:abnormal|decrease|reduc|enlarg|dilat|thicken|calcifi|deform|fractur|compress|irregular|ectati|"
    r"aneurysm"
    r"|stenos|sclero|lytic|mass|effusion|nodul|narrow|wedg|collapse|scolio|kypho|heterogen|increase|displac"
    r"|infiltrat|lesion)\w*",
    _I,
)

_NOT_NORMAL = re.compile(
    r"\b(?:not|no longer|n['’]t) (?:\w+ )?(?:normal|preserved|maintained)\b|\babnormal", _I
)


def judge_absence_asked(
    form: QuestionForm, question: str, reference: str, reading: AnswerReading
) -> Judgement:
    """`In which regions were no nodes detected?`: the regions that the answer denies, or just lists."""
    topic = topic_of(question)
    against = [one.words for one in reading.clauses if one.affirmed and topic & content(one.words)]
    against = [words for words in against if not says_normal(words) and not _is_list(words)]
    if against and any(one.denied for one in reading.clauses):
        return Judgement(False, ErrorType.HALLUCINATED_FINDING, "found where the reference denies")
    asked, wanted = read_anatomy(question), read_anatomy(reference)
    given = read_anatomy(". ".join([reading.denied, reading.asserted]))
    regions = frozenset(wanted.regions) - wanted.details, frozenset(given.regions) - given.details
    if regions[0] and not regions[0] <= regions[1]:
        if regions[0] & regions[1]:
            few = regions[1] <= regions[0] and not reading.denied
            return Judgement(False if few else None, ErrorType.INCOMPLETE if few else None, "not all regions")
        return Judgement(False, ErrorType.WRONG_LEVEL_OR_LOBE, "other regions")
    if not regions[0] and wanted.structures - asked.structures - given.structures:
        return JUDGES[form](question, reference, reading.text)
    extra = regions[1] - regions[0] - frozenset(asked.regions)
    return Judgement(None, None, "further regions") if extra else Judgement(True, None, "same regions")


def _is_list(words: str) -> bool:
    return not re.search(r"\b(?:is|are|was|were|has|have|shows?|seen|found|present|detected)\b", words, _I)


def judge_absence(form: QuestionForm, question: str, reference: str, reading: AnswerReading) -> Judgement:
    """The reference says that there is nothing, or that all is normal."""
    asserted, denied = reading.asserted, reading.denied
    if asserted and denied and not _ABNORMAL.search(asserted):
        return Judgement(True, None, "denied as in the reference")
    if not asserted and len(reading.clauses) > 1 and not _NOT_NORMAL.search(denied):
        return Judgement(True, None, "denied as in the reference")
    return JUDGES[form](question, reference, asserted or denied)


def judge_other_option(question: str, reference: str, reading: AnswerReading) -> Judgement | None:
    """Of two options that a question offers, the one that is left when the answer denies the other."""
    first, _, second = question.partition(" or ")
    if not second or " or " in second or "," in second.strip(" ?")[:-1].replace(", or", ""):
        return None
    one, other = content(first) - content(second), content(second) - content(first)
    denied = content(reading.denied)
    scores = len(one & denied) / max(1, len(one)), len(other & denied) / max(1, len(other))
    wanted = len(one & content(reference)), len(other & content(reference))
    if scores[0] == scores[1] or wanted[0] == wanted[1]:
        return None
    left_over = 0 if scores[1] > scores[0] else 1
    right = (wanted[0] > wanted[1]) == (left_over == 0)
    return Judgement(right, None if right else ErrorType.OTHER, "the option that is left")


def judge_denial(question: str, reference: str, reading: AnswerReading) -> Judgement:
    """An answer that only says what is not there."""
    named = content(reference) - content(question)
    if named & content(reading.denied) or not says_something(reading.denied):
        return Judgement(False, ErrorType.MISSED_FINDING, "denies what the reference affirms")
    if topic_of(question) & content(reading.denied) and not lateral_set(reading.denied):
        return Judgement(False, ErrorType.MISSED_FINDING, "denies the finding")
    return Judgement(None, None, "only says what is not so")
