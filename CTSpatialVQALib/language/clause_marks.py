"""Marks of a clause: what it denies, doubts, dates or only considers, and the part it plays in a text."""

from __future__ import annotations

import re
from enum import StrEnum

from CTSpatialVQALib.language.no_answers import abstention_in, speaks_generally
from CTSpatialVQALib.language.polarity import denies, says_normal
from CTSpatialVQALib.records.words import Certainty, NoAnswer

_I = re.IGNORECASE


class Part(StrEnum):
    """What a clause does in a text.

    statement : says something of the patient; rejected : considered and given up; exception : taken out of
    what stands before; past : no longer so; general : textbook knowledge; landmark : only tells what
    something is compared with or lies beside; abstention : says that it says nothing
    """

    STATEMENT = "statement"
    REJECTED = "rejected"
    EXCEPTION = "exception"
    PAST = "past"
    GENERAL = "general"
    ABSTENTION = "abstention"


_NOT_ONLY = re.compile(
    r"\bnot (?:only|just|merely|solely)\b|\bno doubt\b|\bwithout (?:any )?doubt\b|\bnot (?:un\w+|"
    r"in\w+frequent\w*)\b(?=\s+that)",
    _I,
)
# denials that deny nothing of what is asked: a certainty, an added remark
_HARMLESS = re.compile(
    r"\b(?:no (?:change|follow[- ]?up|significant change|further|contrast|additional|other|more|"
    r"exception)|no\.\s*\d+|nodes? no\b|not to be (?:confused|mistaken|missed)|not confused with"
    r"|not un\w+|this case is no exception"
    # what is advised, or compared with the usual, denies nothing of this patient
    r"|(?:should|must|ha(?:s|ve) to|needs? to|ought to|remains? to|to) be (?:\w+ )?(?:ruled out|excluded)"
    r"|(?:as|like) (?:it is |is )?(?:in|with|for|on) (?:a |the |most |all )?(?:normal|usual)(?: \w+)?)\b",
    _I,
)
_DOUBLE = re.compile(
    r"\b(?:cannot be said|isn['’]t|is not (?:the case|true|so)|not true|not correct|wrong(?: to say)?|"
    r"incorrect) that\b[^,;:]*\b(?:no|not|stops|without|absent|spares?|free|ends)\b"
    r"|\bnot (?:absent|excluded|ruled out|normal|free|clear|spared|unremarkable|without|empty|intact)\b|"
    r"\bno longer (?:normal|clear|free)\b|\bwould be unusual\b[^,;]*\bnot\b",
    _I,
)
_THAT_DENIED = re.compile(
    r"\b(?:it (?:is|['’]s) not (?:the case|true|so|correct)|isn['’]t (?:true|the case)|cannot be said|"
    r"it is (?:wrong|incorrect|false)) that\b|^\W*it isn['’]t that\b",
    _I,
)
# what says at its end that the thing named before is not there
ABSENT = re.compile(
    r"\bnothing\b|\b(?:absent|spared|uninvolved|unaffected|unchanged in size|negative|resolved|"
    r"disappeared|excluded|rejected|dismissed|discarded|ruled out|unlikely|improbable|unsupported|"
    r"refuted|incorrect|wrong|false|not the case|nil"
    r"|disease[- ]free|well[- ]aerated|normally aerated|aerated normally|dry|not involved|"
    r"sharp(?!ly)|smooth(?![- ]?wall)|"
    r"thin(?![- ]?(?:wall|rim|layer|band))|respected|relatively preserved|healthy|regular|"
    r"homogen\w+ attenuation|expanded normally|"
    r"of usual (?:size|shape|appearance)|fails? to (?:show|demonstrate|reveal))\b"
    r"|\b(?:is|are|was|were|remains?|being|appears?|appear|looks?|lobes?|lungs?|side|space|cavity|sides?|"
    r"fields?|angle|chest|:)\s+(?:completely |entirely |totally |otherwise |grossly |both |also |all |"
    r"equally )?(?:clear|free|empty|clean|open)\b(?! that)"
    r"|\bfree (?:of|from)\b|\bspar(?:es|ing|ed)\b|\black(?:s|ing)?\b|\babsence\b|\bfails? to\b|"
    r"\brul(?:es?|ed|ing) out\b|\bexclud(?:es?|ed|ing)\b|\bwithout\b|\bdevoid of\b|\bdryness\b|"
    r":\s*(?:none|nil|negative|absent|clear|no)\b|\bdoes(?:n['’]t| not)\b",
    _I,
)
_CONSIDERED = re.compile(
    r"\b(?:(?:was|were|had|been|i|we) (?:first |initially |at first )?(?:considered|suspected|thought|"
    r"suggested|entertained|favou?red|tempted|assumed)\b|initially (?:suspected|thought|considered|"
    r"appear\w+|looked|seemed)"
    r"|at first (?:sight|glance|look|i|it)?|first impression|(?:might|may|could) (?:seem|look|appear|"
    r"be mistaken|suggest|be thought)|as it might seem|as one might (?:think|expect)|one would expect|"
    r"(?:would be|was|were) expected|you might (?:think|expect)"
    r"|i (?:first|initially|originally)|should not be mistaken|shouldn['’]t be mistaken|"
    r"not to be mistaken|mistaken for|mimic\w*|misread as|confused with)\b",
    _I,
)
_PAST = re.compile(
    r"\b(?:previously|formerly|in the past|used to (?:be|lie|show)|no longer|had been|prior (?:to|"
    r"exam\w*|study|scan|ct)|earlier (?:exam\w*|study|scan|ct)|on the previous|in the previous|"
    r"at the previous|(?:has|have) (?:\w+ )?(?:resolved|disappeared|regressed completely|cleared)|"
    r"was (?:removed|resected)|before surgery|last year)\b",
    _I,
)
_UNCERTAIN = re.compile(
    r"\b(?:possibly|perhaps|maybe|questionabl[ey]|conceivabl[ey]|equivocal|whether|if (?!so\b|any\b)"
    r"|cannot (?:be )?(?:entirely |completely |fully |definitely )?(?:exclude\w*|rule\w*(?: out)?)|"
    r"can(?:no|['’])t (?:be )?(?:exclude\w*|rule\w*(?: out)?)|not (?:be )?(?:excluded|ruled out)|"
    r"to rule out|to exclude|rule out\b"
    r"|(?:may|might|could)\b(?! (?:clearly |also |easily )?be (?:seen|identified|traced|detected|followed|"
    r"appreciated|counted|measured|found|demonstrated))|(?:is|are|a|some) possible|possible (?=\w)|"
    r"possibility|"
    r"suspicious for|suspected)\b"
    r"|\bcan be (?:in|on|at|either|left|right|upper|lower|both|unilateral|bilateral)\b|\bcould be\b|"
    r"\b(?:not|n['’]t) (?:certain|sure)\b",
    _I,
)
_LIKELY = re.compile(
    r"\b(?:probabl[ey]|likely|presumably|suggest\w*|consistent with|in keeping with|compatible with|"
    r"appears? to|seems? to|i (?:think|believe|suspect|feel|assume)|favou?r\w*|most consistent|presumed|"
    r"apparently|would (?:say|call|describe|go)|as far as)\b",
    _I,
)
# `No, it lies on the left` answers the question, and denies nothing of what follows
_ANSWER_WORD = re.compile(
    r"^\W*(?:yes|no|nope|yep|yeah|correct|incorrect|true|false)\s*[,;:–—-]+\s*(?=\S)", _I
)


def part_of(words: str, opener: str) -> tuple[Part, NoAnswer | None]:
    """The part that a clause plays, from its words and from what opened it."""
    if opener == "except":
        return Part.EXCEPTION, None
    if opener in ("instead", "not"):
        return Part.REJECTED, None
    abstains = abstention_in(words)
    if abstains is not None:
        return Part.ABSTENTION, abstains
    if speaks_generally(words):
        return Part.GENERAL, None
    if _CONSIDERED.search(words):
        return Part.REJECTED, None
    if _PAST.search(words):
        return Part.PAST, None
    return Part.STATEMENT, None


def is_negated(words: str, opener: str) -> bool:
    """Whether a clause denies; two denials that cancel each other do not."""
    if opener in ("without", "not", "instead"):
        return True
    if _DOUBLE.search(words):
        return False
    if _THAT_DENIED.search(words):
        return True
    plain = _HARMLESS.sub(" ", _NOT_ONLY.sub(" ", _ANSWER_WORD.sub("", words)))
    return bool(ABSENT.search(plain)) or denies(plain) or says_normal(plain)


def certainty_of(words: str) -> Certainty:
    """How surely a clause says what it says."""
    if _UNCERTAIN.search(words):
        return Certainty.UNCERTAIN
    return Certainty.LIKELY if _LIKELY.search(words) else Certainty.STATED
