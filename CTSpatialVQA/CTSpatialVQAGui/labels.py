"""The fixed words of the records as the reader sees them, in his language."""

from __future__ import annotations

from slicer.i18n import tr as _

from CTSpatialVQALib.reading.progress import Standing
from CTSpatialVQALib.records.words import (
    ErrorType,
    Outcome,
    Probe,
    QuestionFault,
    ReadingMode,
    Severity,
    VerdictValue,
)


def error_type(value: ErrorType) -> str:
    """How an answer is wrong."""
    return {
        ErrorType.LATERALITY_SWAP: _("laterality swapped"),
        ErrorType.WRONG_LEVEL_OR_LOBE: _("wrong level or lobe"),
        ErrorType.WRONG_DEPTH: _("wrong depth"),
        ErrorType.WRONG_RELATION: _("wrong relation"),
        ErrorType.WRONG_EXTENT: _("wrong extent"),
        ErrorType.INCOMPLETE: _("incomplete"),
        ErrorType.MISSED_FINDING: _("missed finding"),
        ErrorType.HALLUCINATED_FINDING: _("hallucinated finding"),
        ErrorType.NON_ANSWER: _("no answer given"),
        ErrorType.OTHER: _("other"),
    }[value]


def severity(value: Severity) -> str:
    """What the error would mean at the bedside."""
    return {
        Severity.MINOR: _("minor"),
        Severity.CLINICALLY_RELEVANT: _("clinically relevant"),
        Severity.CRITICAL: _("critical"),
    }[value]


def fault(value: QuestionFault) -> str:
    """What is wrong with a question."""
    return {
        QuestionFault.NOT_SPATIAL: _("not spatial"),
        QuestionFault.REFERENCE_WRONG: _("reference wrong"),
        QuestionFault.AMBIGUOUS: _("ambiguous"),
        QuestionFault.NOT_DETERMINABLE: _("not determinable on this CT"),
    }[value]


def verdict(value: VerdictValue) -> str:
    """A verdict's value."""
    return {
        VerdictValue.CORRECT: _("Correct"),
        VerdictValue.INCORRECT: _("Incorrect"),
        VerdictValue.UNSURE: _("Unsure"),
        VerdictValue.QUESTION_FAULTY: _("Question faulty"),
    }[value]


def verdict_key(value: VerdictValue) -> str:
    """A verdict's value on its key, where four stand in a row."""
    return _("Faulty") if value is VerdictValue.QUESTION_FAULTY else verdict(value)


def outcome(value: Outcome) -> str:
    """What became of a request."""
    return {
        Outcome.ANSWERED: _("answered"),
        Outcome.REFUSED: _("refused to answer"),
        Outcome.EMPTY: _("empty"),
        Outcome.TRUNCATED: _("cut off"),
        Outcome.UNPARSEABLE: _("not readable"),
        Outcome.TIMEOUT: _("timed out"),
        Outcome.TRANSPORT_ERROR: _("connection failed"),
        Outcome.OUT_OF_MEMORY: _("out of memory"),
        Outcome.CANCELLED: _("not asked"),
    }[value]


def probe(value: Probe) -> str:
    """The change in what the model was shown."""
    return {
        Probe.FULL: _("full"),
        Probe.TEXT_ONLY: _("text only"),
        Probe.SINGLE_SLICE: _("single slice"),
        Probe.MIRRORED: _("mirrored left-right"),
        Probe.SHUFFLED: _("slices shuffled"),
        Probe.OTHER_CASE: _("another patient's CT"),
        Probe.ERASED: _("structure erased"),
        Probe.MARKED: _("structure marked"),
    }[value]


def mode(value: ReadingMode) -> str:
    """How the study is read."""
    return {
        ReadingMode.OPEN: _("open"),
        ReadingMode.BLINDED: _("blinded"),
        ReadingMode.UNAIDED: _("unaided"),
    }[value]


def standing(value: Standing) -> str:
    """How an item stands, in the list of questions."""
    return {
        Standing.NO_REPLY: _("no reply"),
        Standing.OPEN: _("open"),
        Standing.CORRECTING: _("being corrected"),
        Standing.WAITING: _("waits for the reveal"),
        Standing.DONE: _("done"),
    }[value]


def standing_sign(value: Standing) -> str:
    """The same as a sign, where there is no room for words."""
    return {
        Standing.NO_REPLY: "–",
        Standing.OPEN: "○",
        Standing.CORRECTING: "↺",
        Standing.WAITING: "◐",
        Standing.DONE: "●",
    }[value]
