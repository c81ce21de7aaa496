"""Clauses of a text, each with polarity, certainty, frame and the part it plays in what is said.

An own reader with tables instead of a parser: it cuts a text where statements end, where contrast,
exception and rejection begin, and where a new subject takes over; then it marks what each clause denies,
doubts, compares or only considers. Positions are those of the text.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from enum import StrEnum
from functools import lru_cache
from typing import NamedTuple

from CTSpatialVQALib.language.no_answers import abstention_in, speaks_generally
from CTSpatialVQALib.language.polarity import denies, says_normal
from CTSpatialVQALib.records.words import Certainty, Frame, NoAnswer, Polarity

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


class Clause(NamedTuple):
    """One clause of a text.

    start, end : characters of the text
    concluding : announced as what follows from the rest (`therefore`, `in summary`)
    abstains : the kind of no-answer it is, if it is one
    dependent : only explains or qualifies what stands before (`where ...`, `because ...`)
    """

    start: int
    end: int
    words: str
    polarity: Polarity
    certainty: Certainty
    frame: Frame
    part: Part
    concluding: bool = False
    abstains: NoAnswer | None = None
    dependent: bool = False

    @property
    def affirmed(self) -> bool:
        """Whether it asserts something that the patient has."""
        return self.part is Part.STATEMENT and self.polarity is Polarity.AFFIRMED

    @property
    def denied(self) -> bool:
        """Whether it denies something, or takes it back."""
        gone = self.part in (Part.REJECTED, Part.EXCEPTION, Part.PAST)
        return gone or (self.part is Part.STATEMENT and self.polarity is Polarity.NEGATED)


# the end of a sentence: not the point of a decimal, nor of `Lt.`, `e.g.`, `approx.`
_SENTENCE = re.compile(
    r"(?<!\b[LRlr]t)(?<!\be\.g)(?<!\bi\.e)(?<!\bvs)(?<!\bcf)(?<!\bca)(?<!\bDr)(?<!approx)(?<!\bincl)(?<!"
    r"\bresp)"
    r"(?<!\bTh)(?<!\bseg)(?<!\d)\.+(?=[\s)\"'”\]]|$)|(?<=\d)\.(?=\s+[A-Z(\"]|\s*$)|[!?;]+|\n+"
)
_VERB = (
    r"(?:is|are|was|were|isn['’]t|aren['’]t|was(?:n['’]t)|weren['’]t|has|have|had|shows?|showed|lies?|lay|"
    r"contains?|appears?|seems?|does|doesn['’]t|do|don['’]t"
    r"|remains?|demonstrates?|extends?|involves?|affects?|measures?|can|cannot|can['’]t|could|may|might|"
    r"would|must|will"
    r"|reach(?:es)?|runs?|pass(?:es)?|stands?|sits?|crosses|touches|abuts?|displays?|holds?|spares?|"
    r"occupies|looks?|exhibits?|ends?|stops?|projects?|surrounds?|reveals?|goes|moves|begins)"
)
_SUBJECT = (
    r"(?:there|it|they|this|these|that|those|i|we|the|a|an|no|its|his|her|both|neither|none|all|one|"
    r"another|some"
    r"|only|left|right|nothing|most)"
)
# a comma, an `and`, or a comma splice, after which a clause with a subject and a verb of its own begins
_INDEPENDENT = re.compile(
    rf"(?:(?:and|so|then|or)\s+)?(?:(?:there|it|that|this)['’]s\b"
    rf"|{_SUBJECT}\b(?:\s+[\w'’/-]+){{0,7}}?\s+{_VERB}\b)",
    _I,
)
_WITH_VERB = re.compile(
    rf"(?:and\s+)?(?!(?:which|that|who|where|with|in|on|at|of|to|for)\b)(?:[\w'’/-]+\s+){{1,5}}?{_VERB}\b", _I
)
_ANY_VERB = re.compile(rf"\b{_VERB}\b", _I)
# words at which a new clause begins; the group says how it stands to the clause before
_CONNECTOR = re.compile(
    r"(?P<contrast>,?\s+(?:but(?!\s+not\b)|however|whereas|while|whilst|although|though|yet(?=\s+(?:the|"
    r"it|there))|nevertheless|nonetheless"
    r"|in contrast,|on the other hand)\b)"
    r"|(?P<result>,?\s*(?:->|→|=>)\s*|,?\s+(?:and\s+)?(?:therefore|thus|hence|consequently|"
    r"so(?=\s+(?:the|it|i|there|this|that|that['’]s|my)\b)|which means(?: that)?|meaning(?: that)?"
    r"|in other words|that is(?=,| to say| the))\b[.,]?|,?\s*\bi\.?e\.?,?(?=\s))"
    r"|(?P<relative>,\s*(?:with\s+|of\s+|in\s+)?(?:which|who|where(?:by)?)\b)"
    r"|(?P<except>[,(]?\s*\b(?:except(?:ing)?(?: for| that)?|apart from|aside from|other than|excluding|"
    r"with the exception of|save for|all but|but not|with sparing of|sparing)\b)"
    r"|(?P<instead>,?\s*\b(?:rather than|instead of|as opposed to|and not|or not)\b)"
    r"|(?P<not>(?:,\s*|\s[-–—]\s*|\s*\(\s*)not\b(?!\s+only))"
    r"|(?P<without>,?\s+(?:without|with no|with neither)\b)"
    r"|(?P<past>,\s*(?=(?:previously|formerly|earlier|before)\b))"
    r"|(?P<paren>\s*[()\[\]]\s*)"
    r"|(?P<dash>\s+[-–—]+\s+)"
    r"|(?P<no>,\s*(?:and\s+)?(?=(?:no|none|neither|nothing|never|nor|normal|unremarkable|otherwise)\b))"
    r"|(?P<because>,?\s+(?:because|since(?=\s+(?:the|it|there|this|i|only|no))|given that|owing to|"
    r"due to)\b)"
    r"|(?P<comma>,\s*|\s+(?=and\s+|or\s+))",
    _I,
)
# at the head of a sentence these open what does not hold, up to the comma
_LEADING_EXCEPTION = re.compile(
    r"^\W*(?:except(?:ing)?(?: for)?|apart from|aside from|other than|rather than|instead of|unlike|"
    r"in contrast to|as opposed to|contrary to|excluding)\b",
    _I,
)
_LEADING_CONTRAST = re.compile(r"^\W*(?:while|whereas|although|though|whilst)\b", _I)

# `a nodule without calcification in the left upper lobe`: the place belongs to the nodule
_WITHOUT_RESUMES = re.compile(r"\s*((?:\w+\s+){0,2}?\w+)\s+(?:in|at|on|within)\s+(?:the|both|its|a)\b", _I)
_NOT_ONLY = re.compile(
    r"\bnot (?:only|just|merely|solely)\b|\bno doubt\b|\bwithout (?:any )?doubt\b|\bnot (?:un\w+|"
    r"in\w+frequent\w*)\b(?=\s+that)",
    _I,
)
# denials that deny nothing of what is asked: a certainty, an added remark
_HARMLESS = re.compile(
    r"\b(?:no (?:change|follow[- ]?up|significant change|further|contrast|additional|other|more|"
    r"exception)|no\.\s*\d+|nodes? no\b|not to be (?:confused|mistaken|missed)|not confused with"
    r"|not un\w+|this case is no exception)\b",
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
_ABSENT = re.compile(
    r"\bnothing\b|\b(?:absent|spared|uninvolved|unaffected|unchanged in size|negative|resolved|"
    r"disappeared|excluded|rejected|dismissed|discarded|ruled out|unlikely|improbable|unsupported|"
    r"refuted|incorrect|wrong|false|not the case|nil"
    r"|disease[- ]free|well[- ]aerated|normally aerated|aerated normally|dry|not involved|sharp|smooth|"
    r"thin|respected|relatively preserved|healthy|regular|homogen\w+ attenuation|expanded normally|"
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
    r"would be expected|you might (?:think|expect)"
    r"|i (?:first|initially|originally)|should not be mistaken|shouldn['’]t be mistaken|"
    r"not to be mistaken|mistaken for|mimic\w*|misread as|confused with)\b",
    _I,
)
_CORRECTION = re.compile(
    r"\b(?:wait|actually|correction|on (?:second thought|review|closer (?:look|inspection|review)|"
    r"reflection|re-?review|re-?examination)|let me (?:correct|re-?check|reconsider|re-?examine)|"
    r"scratch that|i mean[t]?|sorry|no,? wait|i was wrong|my mistake|strike that|in fact|rather,)\b",
    _I,
)
_PAST = re.compile(
    r"\b(?:previously|formerly|in the past|used to (?:be|lie|show)|no longer|had been|prior (?:to|"
    r"exam\w*|study|scan|ct)|earlier (?:exam\w*|study|scan|ct)|on the previous|in the previous|"
    r"at the previous|(?:has|have) (?:\w+ )?(?:resolved|disappeared|regressed completely|cleared)|"
    r"was (?:removed|resected)|before surgery|last year)\b",
    _I,
)
_CONCLUDING = re.compile(
    r"\b(?:therefore|thus|hence|consequently|in (?:summary|conclusion|short|sum)|to (?:conclude|"
    r"summari[sz]e|sum up)|overall|final(?:ly)?|so (?:the|it|my|i)\b|this means|which means|my answer|"
    r"the answer|(?:impression|conclusion|summary|verdict)\s*:|i(?:['’]d| would) (?:therefore |"
    r"thus )?(?:say|call|describe|conclude|go with))",
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
# whose left it is: the picture's, or the patient's
_VIEWER = re.compile(
    r"\b(?:(?:image|screen|viewer|picture|display)[ -](?:left|right)\b|(?:left|"
    r"right)(?:-hand)?(?: (?:side|half|part|edge|border|aspect))? (?:of|in|on) (?:the |this |"
    r"each )?(?:\w+ )?(?:images?|pictures?|screen|slices?|display|monitor|view|figure)\b"
    r"|(?:viewer|observer|reader|onlooker)['’]?s['’]? (?:left|right)|(?:images?|pictures?|screen|"
    r"slice)['’]?s? (?:left|right)(?:-hand)?(?: side)?\b|(?:left|right) as (?:seen|viewed)|"
    r"on the (?:images?|picture|screen),? (?:on |to |at )?(?:the |its )?(?:left|right)|"
    r"on the images? (?:left|right))",
    _I,
)
_PATIENT = re.compile(
    r"\bpatient['’]?s['’]? (?:own )?(?:left|right)|(?:left|right)(?: side)? of the patient\b|"
    r"anatomical(?:ly)? (?:left|right)",
    _I,
)
# `No, it lies on the left` answers the question, and denies nothing of what follows
_ANSWER_WORD = re.compile(
    r"^\W*(?:yes|no|nope|yep|yeah|correct|incorrect|true|false)\s*[,;:–—-]+\s*(?=\S)", _I
)


@lru_cache(maxsize=20_000)
def clauses_in(text: str) -> tuple[Clause, ...]:
    """The clauses of a text, in text order."""
    clauses: list[Clause] = []
    for start, end, mark in _sentences(text):
        if mark.startswith("?"):
            continue  # a question that the text puts to itself says nothing
        clauses += _Sentence(text, start, end).clauses()
    return tuple(_corrected(clauses))


def _sentences(text: str) -> Iterator[tuple[int, int, str]]:
    start = 0
    for stop in _SENTENCE.finditer(text):
        if stop.start() > start:
            yield start, stop.start(), stop.group()
        start = stop.end()
    if start < len(text):
        yield start, len(text), ""


class _Sentence:
    """One sentence being cut: where the clause at hand began, and what opened it."""

    def __init__(self, text: str, start: int, end: int) -> None:
        self.text, self.at, self.end, self.opener = text, start, end, ""
        self.subordinate = _LEADING_CONTRAST.match(text[start:end]) is not None
        self.nested: list[str] = []

    def clauses(self) -> Iterator[Clause]:
        """The clauses of the sentence; what opens them says what they are."""
        text = self.text
        if _LEADING_EXCEPTION.match(text[self.at : self.end]) and "," in text[self.at : self.end]:
            comma = text.index(",", self.at, self.end)
            yield from _clause(text, self.at, comma, "except")
            self.at = comma + 1
        for found in _CONNECTOR.finditer(text, self.at, self.end):
            if found.start() >= self.at:
                yield from self._at(found, str(found.lastgroup))
        yield from _clause(text, self.at, self.end, self.opener)

    def _at(self, found: re.Match[str], kind: str) -> Iterator[Clause]:
        text = self.text
        if kind == "comma" and not self._goes_over(found):
            return
        if kind == "without":
            if not text[self.at : found.start()].strip():
                return
            resumed = _WITHOUT_RESUMES.match(text, found.end(), self.end)
            if resumed:
                yield from _clause(text, found.end(), resumed.end(1), "without")
                yield from _clause(text, self.at, found.start(), self.opener)
                self.at = resumed.end(1)
                return
        yield from _clause(text, self.at, found.start(), self.opener)
        self.at = found.end()
        self.opener = self._opened_by(found, kind)

    def _goes_over(self, found: re.Match[str]) -> bool:
        """Whether a comma or an `and` begins a clause of its own."""
        following = self.text[found.end() : min(self.end, found.end() + 120)]
        excluded = self.opener in ("except", "instead", "not", "without", "no") and "," in found.group()
        if self.subordinate or _begins_clause(self.text[self.at : found.start()], following):
            self.subordinate = False
            return True
        return excluded and _resumes(following)

    def _opened_by(self, found: re.Match[str], kind: str) -> str:
        if kind == "paren":
            if found.group().strip() in (")", "]"):
                return self.nested.pop() if self.nested else ""
            self.nested.append(self.opener)
            return ""
        return "" if kind == "contrast" else kind


_DETERMINER = re.compile(r"\W*(?:the|a|an|both|all|these|some|several|multiple)\b", _I)


def _begins_clause(before: str, following: str) -> bool:
    """Whether a subject with a verb of its own follows; any noun will do where a verb stands before."""
    if _INDEPENDENT.match(following):
        # `the upper lobes, the middle lobe and the lingula are clear` is one clause with a long subject
        return not (_DETERMINER.match(before) and not _ANY_VERB.search(before) and not _ABSENT.search(before))
    return bool(_ANY_VERB.search(before) and _WITH_VERB.match(following))


def _resumes(following: str) -> bool:
    """Whether after `not on the left,` a place or a verb goes on with what is affirmed."""
    return bool(re.match(r"(?:but|the|it|on|in|at|there|is|are|was)\b", following, _I))


def _clause(text: str, start: int, end: int, opener: str) -> Iterator[Clause]:
    while start < end and not (text[start].isalnum() or text[start] in "><"):
        start += 1
    while end > start and not (text[end - 1].isalnum() or text[end - 1] in ")%'\""):
        end -= 1
    if end <= start:
        return
    words = text[start:end]
    part, abstains = _part(words, opener)
    polarity = Polarity.NEGATED if _negated(words, opener) else Polarity.AFFIRMED
    viewer = _VIEWER.search(words) is not None and _PATIENT.search(words) is None
    concluding = opener == "result" or _CONCLUDING.search(words) is not None
    frame = Frame.VIEWER if viewer else Frame.PATIENT
    dependent = opener in ("relative", "because")
    yield Clause(start, end, words, polarity, _certainty(words), frame, part, concluding, abstains, dependent)


def _part(words: str, opener: str) -> tuple[Part, NoAnswer | None]:
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


def _negated(words: str, opener: str) -> bool:
    if opener in ("without", "not", "instead"):
        return True
    if _DOUBLE.search(words):
        return False
    if _THAT_DENIED.search(words):
        return True
    plain = _HARMLESS.sub(" ", _NOT_ONLY.sub(" ", _ANSWER_WORD.sub("", words)))
    return bool(_ABSENT.search(plain)) or denies(plain) or says_normal(plain)


def _certainty(words: str) -> Certainty:
    if _UNCERTAIN.search(words):
        return Certainty.UNCERTAIN
    return Certainty.LIKELY if _LIKELY.search(words) else Certainty.STATED


def _corrected(clauses: list[Clause]) -> list[Clause]:
    """What stands before an explicit correction is taken back, if something is said after it."""
    for at in range(len(clauses) - 1, 0, -1):
        if _CORRECTION.match(clauses[at].words) and any(one.part is Part.STATEMENT for one in clauses[at:]):
            before = [
                one._replace(part=Part.REJECTED) if one.part is Part.STATEMENT else one
                for one in clauses[:at]
            ]
            return before + clauses[at:]
    return clauses
