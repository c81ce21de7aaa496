"""How does a question want to be answered: by a side, a lobe, yes or no, a choice, a number, a place?"""

from __future__ import annotations

import re

from CTSpatialVQALib.records.words import QuestionForm

_I = re.IGNORECASE
_AUXILIARY = re.compile(
    # "On the left side, is there ..." begins with its place
    r"^\W*(?:(?:in|on|within|at|for|according|relative)\b[^,?]*, )?"
    r"(?:are|is|was|were|do|does|did|has|have|had|can|could|will|would|should|any)\b",
    _I,
)
_SIDES = re.compile(
    r"\b(?:which|what) (?:sides?|lungs?|kidney|adrenal|hemithora\w+|hemidiaphragm|breast|axilla|hilum"
    r"|hilar region|lateral\w*)\b"
    r"|\bunilateral(?:ly)?\b|\b(?:one|single) (?:side|lung|or both)|\blaterality\b"
    r"|\bboth (?:sides|lungs) or\b|\bbilateral(?:ly)? or\b|\bor (?:are they |is it )?bilateral"
    r"|\b(?:left|right)\b(?: \w+){0,2}? or (?:on |in )?(?:the )?(?:left|right|both|bilateral)\b",
    _I,
)
_LEVEL = re.compile(
    r"\b(?:which|what) (?:\w+ ){0,3}?"
    r"(?:lobes?|segments?|subsegments?|vertebra\w*|levels?|zones?|ribs?|bronchus)\b"
    r"|\bvertical (?:position|location|level)\b"
    r"|\b(?:upper|middle|lower)(?:,| \w+)? or (?:the )?(?:upper|middle|lower)\b",
    _I,
)
_QUANTITY = (
    r"(?:diameters?|sizes?|measurements?|thickness|width|length|depth|height|dimensions?|volume|distance"
    r"|number|axis|density in hu)"
)
_NUMBER = re.compile(
    r"\bhow (?:many|much|large|big|thick|wide|long|deep|far|tall)\b|\bapproximate (?:size|diameter)"
    r"|\bwhat (?:is|was|are|were) (?:the )?"
    r"(?!(?:\w+ ){0,2}(?:position|location|laterality|orientation|relation\w*|side|extent)\b)"
    rf"(?:[\w'’-]+ ){{0,5}}?{_QUANTITY}\b",
    _I,
)
_OR = re.compile(r"\bor\b", _I)
_ANY = re.compile(r"\bany\b", _I)
_WHERE = re.compile(
    r"\bwhere\b|\blocat(?:ion|ed)\b|\blocalization\b|\bposition(?:ed)?\b|\brelation\w*\b|\brelative\b"
    r"|\b(?:in|on|at|to|within|around|from|near) (?:which|what)\b"
    r"|\bwhich (?:\w+ ){0,3}?(?:parts?|regions?|areas?|organs?|structures?|compartments?|portions?|sites?"
    r"|walls?|arter\w+|vessels?|bones?|stations?|aspects?)\b",
    _I,
)


def question_form(question: str, reference: str = "") -> QuestionForm:
    """The form of a question.

    Parameters
    ----------
    reference : the answer taken as true; where given, it settles whether a question that offers `or`
        is answered by yes or no (`Is there effusion or thickening?`), and whether `size` asks for a number
    """
    measured = not reference or re.search(r"\d", reference)
    if measured and _NUMBER.search(question) and not question.lower().startswith("where"):
        return QuestionForm.MEASUREMENT
    if _AUXILIARY.match(question):
        return _closed(question, reference)
    if re.match(r"^\W*where\b", question, _I):
        return QuestionForm.WHERE
    level, side = _LEVEL.search(question), _SIDES.search(question)
    if level:
        return QuestionForm.LEVEL_LOBE
    if side:
        return QuestionForm.LATERALITY
    return QuestionForm.WHERE if _WHERE.search(question) else QuestionForm.FREE


def _closed(question: str, reference: str) -> QuestionForm:
    """A question that begins with a verb: yes or no, unless it offers sides, levels or another choice."""
    if re.match(r"^\W*(?:yes|no)\b", reference, _I) or _ANY.search(question):
        return QuestionForm.YES_NO
    if _SIDES.search(question):
        return QuestionForm.LATERALITY
    if not _OR.search(question):
        return QuestionForm.YES_NO
    if _LEVEL.search(question):
        return QuestionForm.LEVEL_LOBE
    return QuestionForm.YES_NO if re.search(r"\b(?:no|not|none)\b", reference, _I) else QuestionForm.CHOICE
