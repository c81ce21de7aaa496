"""Checks of a pair by its words alone; each check is a rule with a name."""

from __future__ import annotations

import re
from collections.abc import Iterator

from CTSpatialVQALib.construction.pair_flaws import Finding, Flaw
from CTSpatialVQALib.construction.spatial_rule import asks_for_place, says_only_normal
from CTSpatialVQALib.language.claims import denies
from CTSpatialVQALib.language.content_words import content
from CTSpatialVQALib.records.question import Question
from CTSpatialVQALib.records.words import QuestionForm
from CTSpatialVQALib.scoring.chance import form_of

_I = re.IGNORECASE
_ASKS = re.compile(
    r"\?|^\W*(?:[^,]*, )?(?:where|which|what|who|whose|when|why|how|in which|at which|is|are|was|were|do|does"
    r"|did|has|have|can|describe|name|identify|state|list|give|specify|indicate)\b",
    _I,
)
_EARLIER = re.compile(
    # "a previous operation" leaves traces in this examination; "the previous examination" is another one
    r"\b(?:(?:previous(?:ly)?|prior|earlier|formerly)\b(?! (?:\w+ )?(?:surg|operat|fractur|sternotom|resect))"
    r"|compar(?:ed (?:to|with) (?:the )?(?:last|old)|ison)|interval|unchanged|newly"
    r"|new (?:lesion|nodule|finding|development|onset)s?|stable|stability|follow-?ups?|regress\w*"
    r"|progress(?:ed|ion|ive(?:ly)?)|persist\w*|no longer|control (?:ct|examination)"
    r"|last (?:ct|examination))\b",
    _I,
)
_REPORT = re.compile(
    r"\b(?:(?:in|from|by|of|per) the (?:ct |radiology |medical )?report"
    r"|report (?:mention|describe|state|specify|specifies|indicate|note|say)\w*|according to the"
    r"|(?:are|is|was|were|as) (?:mentioned|reported|stated|documented)|mentioned)\b",
    _I,
)
_SECOND_ASK = re.compile(
    r"\?\s*\S.*\?"
    r"|(?:,? and|,? or|, if so)\s+(?:if so,? )?(?:where|what|how|in which|on which|at which|which)\b"
    r"|\b(?:where|which|what|how) and (?:where|which|what|how|in which|on which)\b",
    _I,
)
# "which lung and lobe" asks for one place, more finely
_ONE_PLACE = re.compile(
    r"\b(?:lungs?|sides?|lobes?|segments?|levels?)(?:,| and| or)\s+(?:in |on |at )?(?:which|what) "
    r"(?:\w+ )?(?:lungs?|sides?|lobes?|segments?|levels?|part|region|area)\b",
    _I,
)
_OR = re.compile(r"\bor\b", _I)
_OPEN_FORMS = frozenset(
    {
        QuestionForm.WHERE,
        QuestionForm.LEVEL_LOBE,
        QuestionForm.FREE,
        QuestionForm.MEASUREMENT,
        QuestionForm.LATERALITY,
    }
)


def word_findings(question: Question) -> Iterator[Finding]:
    """The flaws of a pair that its own words show, each at most once."""
    text, answer, form = question.text, question.reference, form_of(question)
    if not _ASKS.search(text):
        yield Finding(Flaw.NOT_A_QUESTION, "no question mark and no word that asks")
    if not answer.strip():
        yield Finding(Flaw.NO_ANSWER, "blank")
        return
    if says_only_normal(text, answer):
        yield Finding(Flaw.NORMALITY, "a denial or a statement of normality")
    elif not asks_for_place(text, answer, form):
        yield Finding(Flaw.NOT_SPATIAL, f"asked as {form.spoken}, and nothing says a place")
    if leaked := leaked_words(text, answer, form):
        yield Finding(Flaw.LEAKED, "in the question: " + ", ".join(sorted(leaked)))
    for flaw, pattern in (
        (Flaw.PRIOR_EXAMINATION, _EARLIER),
        (Flaw.SPEAKS_OF_REPORT, _REPORT),
    ):
        match = pattern.search(text) or (pattern.search(answer) if flaw is Flaw.PRIOR_EXAMINATION else None)
        if match:
            yield Finding(flaw, f"says '{match.group(0).strip()}'")
    second = _SECOND_ASK.search(_ONE_PLACE.sub(" ", text))
    if second:
        yield Finding(Flaw.SEVERAL_FACTS, f"asks again: '{second.group(0).strip(' ,')}'")


def leaked_words(text: str, answer: str, form: QuestionForm) -> frozenset[str]:
    """The answer's content words if the question holds all of them; empty if it does not.

    A question that offers its answers (`left or right`) or wants yes or no does not leak them.
    """
    if form not in _OPEN_FORMS or _OR.search(text) or denies(answer):
        return frozenset()
    words = content(answer)
    return words if words and words <= content(text) else frozenset()
