"""Clauses of a text, each with polarity, certainty, frame and the part it plays in what is said.

An own reader with tables instead of a parser: it cuts a text where statements end, where contrast,
exception and rejection begin, and where a new subject takes over; then it marks what each clause denies,
doubts, compares or only considers. Positions are those of the text.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import lru_cache
from typing import NamedTuple

from CTSpatialVQALib.language.clause_marks import ABSENT, Part, certainty_of, is_negated, part_of
from CTSpatialVQALib.records.words import Certainty, Frame, NoAnswer, Polarity

_I = re.IGNORECASE


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
_CORRECTION = re.compile(
    r"\b(?:wait|actually|correction|on (?:second thought|review|closer (?:look|inspection|review)|"
    r"reflection|re-?review|re-?examination)|let me (?:correct|re-?check|reconsider|re-?examine)|"
    r"scratch that|i mean[t]?|sorry|no,? wait|i was wrong|my mistake|strike that|in fact|rather,)\b",
    _I,
)
_CONCLUDING = re.compile(
    r"\b(?:therefore|thus|hence|consequently|in (?:summary|conclusion|short|sum)|to (?:conclude|"
    r"summari[sz]e|sum up)|overall|final(?:ly)?|so (?:the|it|my|i)\b|this means|which means|my answer|"
    r"the answer|(?:impression|conclusion|summary|verdict)\s*:|i(?:['’]d| would) (?:therefore |"
    r"thus )?(?:say|call|describe|conclude|go with))",
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


# sentences that define a finding, or speak of people at large: all their clauses do
_TEXTBOOK = re.compile(
    r"\W*(?:in (?:many|most|some) (?:people|persons|individuals|patients|cases)\b"
    r"|(?:an? )?[\w\s]{3,60}, (?:also |commonly )?(?:known as|called|termed|defined as)\b)",
    _I,
)


@lru_cache(maxsize=20_000)
def clauses_in(text: str) -> tuple[Clause, ...]:
    """The clauses of a text, in text order."""
    clauses: list[Clause] = []
    for start, end, mark in _sentences(text):
        if mark.startswith("?"):
            continue  # a question that the text puts to itself says nothing
        said = _Sentence(text, start, end).clauses()
        textbook = _TEXTBOOK.match(text[start:end]) is not None
        clauses += (one._replace(part=Part.GENERAL) for one in said) if textbook else said
    return tuple(_corrected(clauses))


def _sentences(text: str) -> Iterator[tuple[int, int, str]]:
    start = 0
    for stop in _SENTENCE.finditer(text):
        if stop.start() > start:
            yield start, stop.start(), stop.group()
        start = stop.end()
    if start < len(text):
        yield start, len(text), ""


_LOOK_BACK = 200  # characters before a comma that are searched for a verb; bounds the time on long texts


class _Sentence:
    """One sentence being cut: where the clause at hand began, and what opened it."""

    def __init__(self, text: str, start: int, end: int) -> None:
        self.text, self.at, self.end, self.opener = text, start, end, ""
        self.subordinate = _LEADING_CONTRAST.match(text[start:end]) is not None
        self.nested: list[str] = []

    def clauses(self) -> Iterator[Clause]:
        """The clauses of the sentence; what opens them says what they are."""
        text = self.text
        leading = _LEADING_EXCEPTION.match(text[self.at : self.end])
        if leading and "," in text[self.at : self.end]:
            comma = text.index(",", self.at, self.end)
            yield from _clause(text, self.at + leading.end(), comma, "except")
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
        before = self.text[max(self.at, found.start() - _LOOK_BACK) : found.start()]
        if self.subordinate or _begins_clause(before, following):
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
        return not (_DETERMINER.match(before) and not _ANY_VERB.search(before) and not ABSENT.search(before))
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
    part, abstains = part_of(words, opener)
    polarity = Polarity.NEGATED if is_negated(words, opener) else Polarity.AFFIRMED
    viewer = _VIEWER.search(words) is not None and _PATIENT.search(words) is None
    concluding = opener == "result" or _CONCLUDING.search(words) is not None
    frame = Frame.VIEWER if viewer else Frame.PATIENT
    dependent = opener in ("relative", "because")
    yield Clause(
        start, end, words, polarity, certainty_of(words), frame, part, concluding, abstains, dependent
    )


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
