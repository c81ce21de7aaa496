"""Last checks before an answer is called right: is everything in it that touches the question understood?

A wrong side certified as right is the worst that a scorer can do, so any word whose scope the reader does
not resolve, any further value of what was asked, and any statement about another thing leaves an answer
undecided instead of right. None of these checks ever makes an answer wrong.
"""

from __future__ import annotations

import re

from CTSpatialVQALib.language.answer_reading import AnswerReading, finding_of, speaks_of, topic_of
from CTSpatialVQALib.language.claims import denies, lateral_set, numbers_in, says_normal
from CTSpatialVQALib.language.clause_marks import Part
from CTSpatialVQALib.language.clauses import Clause
from CTSpatialVQALib.language.comparisons import ways_in
from CTSpatialVQALib.language.content_words import content
from CTSpatialVQALib.language.grounding import read_anatomy
from CTSpatialVQALib.language.side_relations import Told, relation_told
from CTSpatialVQALib.records.words import Certainty, Frame, Polarity, QuestionForm
from CTSpatialVQALib.scoring.closed_rules import polarity_of_statement

_I = re.IGNORECASE
# words that turn, weaken or only seem to say what they stand beside
_TURNING = re.compile(
    r"\b(?:but (?:the |on |in |for |at )?(?:the )?(?:left|right|upper|middle|lower)(?! lobe is| lung is)|"
    r"anywhere but|everything but"
    r"|nothing but|all but|except\w*|unless|hardly|barely|scarcely|nearly|almost|short of|fail\w*|"
    r"rul\w+ (?:\w+ ){0,5}?out"
    r"|exclud\w+|den(?:y|ies|ied)|doubt\w*|wrong|false|incorrect|unlikely|guess\w*|coin|forced|would be|"
    r"supposed|allegedly"
    r"|instead|otherwise than|"
    r"contrary(?! to (?:the |what is )?(?:usual|normal|expected))|opposite|contralateral|mirror\w*|swap\w*|"
    r"revers\w+|rather|"
    r"far from|away from)\b",
    _I,
)
_ADVERBIAL_RIGHT = re.compile(
    r"\b(?:right (?:behind|in front|above|below|next|beside|at|on top|under|here|there|now|away)|"
    r"that['’]?s right|that is right"
    r"|all right|right,? (?:so|there is)|you are right)\b",
    _I,
)
_TIME = re.compile(
    r"\b(?:drained|resected|removed|excised|last (?:week|month|year|time)|today|nowadays|history of|"
    r"status post|post-?operative"
    r"|formerly|before surgery|shifted from|moved from|changed from|grown from|increased from|"
    r"decreased from|migrat\w+)\b",
    _I,
)
_NEGATOR = re.compile(
    r"\b(?:not|no|never|neither|nor|none|nothing|without|cannot|lacks?|absence|free of)\b|n['’]t\b", _I
)
_HARMLESS_NO = re.compile(
    r"\bnot only\b|\bno (?:doubt|exception)\b|\bno\.\s*\d|\bnode no\b|\bwithout (?:any )?doubt\b", _I
)
# what makes a number another one, or no measurement of what was asked
_BOUNDED = re.compile(
    r"\b(?:more|less|greater|larger|smaller|over|under|above|below|at least|at most|up to|minimum|"
    r"maximum of|between|from"
    r"|almost|nearly|or|to|radius|half|twice|double|not)\b(?= (?:than )?(?:about |approximately )?\d)|"
    r"\d\s*(?:mm|cm)? or \d|[<>≥≤]",
    _I,
)
_OTHER_AXIS = re.compile(
    r"\b(?:short|minor|minimum|smallest)[ -](?:axis|diameter|dimension)|\bradius\b|\bthick slices?\b|"
    r"\bthickness\b",
    _I,
)
_AROUND_VERTEBRA = re.compile(
    r"\b(?:below|above|beneath|under|over|between|near|next to|levels? (?:above|below)|higher than|"
    r"lower than|caudal to|cranial to)"
    r"\b[^.;,]{0,20}?\b[CTL]\d",
    _I,
)
# what may follow `not` where the finding itself is denied
_PRESENCE = re.compile(
    r"\b(?:seen|present|visible|detected|identified|observed|found|noted|evident|demonstrated|there|"
    r"appreciated|shown|described"
    r"|recogni[sz]ed|exist\w*|apparent|depicted|visuali[sz]ed|contain\w*|involved|affected|reported|"
    r"mentioned|exhibit\w*|show\w*|have|has)\b",
    _I,
)
_NEGATED_NOUN = re.compile(
    r"\b(?:no|without|absence of|absent|lacks?|free (?:of|from)|negative for|devoid of|neither|nor|none|"
    r"nothing)\b(?P<rest>[^.;:]*)",
    _I,
)
_HEAD_END = re.compile(
    r"\b(?:of|in|at|on|within|to|from|with|for|is|are|was|were|has|have|can|could|seen|detected|"
    r"observed)\b",
    _I,
)
_DEGREE = re.compile(
    r"\b(?:change|fewer|less|larger|longer|more|increase|decrease|septation|difference|progress\w*)\w*\b", _I
)
_META_YES = re.compile(
    r"^\W*yes\W+(?:that(?:['’]s| is) a |i can|i['’]?ll|i will|let me|of course|sure|happy|please|or\b|"
    r"and no|/)",
    _I,
)


def open_question(form: QuestionForm, question: str, reference: str, reading: AnswerReading) -> str | None:
    """Why an answer that looks right must stay undecided; None where all of it is understood."""
    if form is QuestionForm.YES_NO:
        return _unclear_yes_no(question, reference, reading)
    text = reading.asserted or reading.denied
    asked = "compar" in question.lower() or _COMPARES.search(f"{reference} {question} than")
    if _COMPARES.search(text) and not asked:
        return "compares where nothing is compared"
    checks = (
        _turned(text, reading, reference),
        _another_time(question, reading),
        _other_side(question, reference, reading),
        _foreign(question, reference, reading),
        _loose_negation(question, reference, reading),
    )
    found = next((reason for reason in checks if reason), None)
    if found is None and form is QuestionForm.MEASUREMENT:
        return _loose_number(reference, reading)
    if found is None and _AROUND_VERTEBRA.search(text) and not _AROUND_VERTEBRA.search(reference):
        return "a vertebra above or below is meant"
    return found


def turned_words(question: str, reference: str, reading: AnswerReading) -> str | None:
    """Words that turn what a stated relation or comparison says, or speak of another time."""
    if OPPOSITE_OF.search(reading.text):
        return None  # the relation itself, which was read as such
    return _turned(reading.asserted, reading, reference) or _another_time(question, reading)


# the landmark of a side: `contralateral to the nodule in the left lung`
OPPOSITE_OF = re.compile(
    r"\b(?:opposite|contralateral(?:ly)?|other side|ipsilateral(?:ly)?)\b(?: (?:side|one))?(?: (?:to|of|"
    r"from|as))?[^,.;]*",
    _I,
)
_COMPARES = re.compile(
    r"\b(?:smaller|larger|bigger|higher|lower|less|more|thicker|thinner)\b[^.;,]*\bthan\b", _I
)


def _turned(text: str, reading: AnswerReading, reference: str) -> str | None:
    without = OPPOSITE_OF.sub(" ", text)
    turning = _TURNING.search(without if lateral_set(without) else text)
    if turning and not _TURNING.search(reference) and turning.group().lower() not in reading.denied.lower():
        return f"'{turning.group()}' may turn what it says"
    return "a word that only sounds like a side" if _ADVERBIAL_RIGHT.search(text) else None


def _another_time(question: str, reading: AnswerReading) -> str | None:
    if _TIME.search(reading.text) and not _TIME.search(question):
        return "speaks of another time as well"
    return None


def _other_side(question: str, reference: str, reading: AnswerReading) -> str | None:
    """A side beside the reference's that no clause takes back."""
    wanted = lateral_set(reference)
    if len(wanted) != 1 or lateral_set(question):
        return None
    for clause in reading.clauses:
        if clause.denied or clause.frame is Frame.VIEWER or clause.part in (Part.GENERAL, Part.ABSTENTION):
            continue
        if lateral_set(clause.words) - wanted and clause.words not in reading.asserted:
            return "names another side in a statement beside its answer"
    return None


def _foreign(question: str, reference: str, reading: AnswerReading) -> str | None:
    """An answer whose only statement is about something that was not asked."""
    topic = topic_of(question)
    stated = [one for one in reading.clauses if one.part is Part.STATEMENT and one.words in reading.asserted]
    if not topic or not stated or any(speaks_of(topic, one) for one in stated):
        own = finding_of(question)
        return _another_finding(own, question, reference, reading)
    return "speaks of something else"


# findings that are none of the places an answer may name
_FINDING = re.compile(
    r"\b(?:pneumonia|pneumothorax|atelecta\w+|collapse|effusion|nodule|mass|tumou?r|fracture|cyst|stone|"
    r"calculus|emphysema"
    r"|consolidation|opacit\w+|infiltrat\w*|fibrosis|bronchiectas\w+|thrombus|embolism|aneurysm|hernia|"
    r"metastas\w+|abscess"
    r"|calcificat\w+|lymph node|thickening|edema|oedema|haemorrhage|hemorrhage)s?\b",
    _I,
)


def _another_finding(
    own: frozenset[str], question: str, reference: str, reading: AnswerReading
) -> str | None:
    if not own or own & content(reading.text):
        return None
    other = _FINDING.search(reading.asserted)
    known = content(question) | content(reference)
    if other and not content(other.group()) & known:
        return f"speaks of another finding ('{other.group()}')"
    return None


def _loose_negation(question: str, reference: str, reading: AnswerReading) -> str | None:
    if denies(question) or denies(reference) or says_normal(reference):
        return None
    plain = _HARMLESS_NO.sub(" ", reading.asserted)
    if _NEGATOR.search(plain):
        return "a negation whose scope is unclear"
    return None


def _loose_number(reference: str, reading: AnswerReading) -> str | None:
    if _BOUNDED.search(reading.text) and not _BOUNDED.search(reference):
        return "a bound or a range instead of the number"
    elsewhere = _OTHER_AXIS.search(reading.text) and not _OTHER_AXIS.search(reference)
    if elsewhere and (
        len(numbers_in(reading.text)) > 1 or "radius" in reading.text or "thick slice" in reading.text
    ):
        return "a number of something else"
    units = {one.unit for one in numbers_in(reference)} - {""}
    given = {one.unit for one in numbers_in(reading.text)}
    return "a number without its unit" if units and given == {""} and len(reading.text.split()) > 1 else None


# --- yes or no


def _unclear_yes_no(question: str, reference: str, reading: AnswerReading) -> str | None:
    if _META_YES.match(reading.text):
        return "its yes does not answer the question"
    if _BOTH_WORDS.match(reading.text):
        return "says both"
    if _another_time(question, reading):
        return "speaks of another time as well"
    stated = [one for one in reading.clauses if one.part is Part.STATEMENT]
    if relation_told(question, [one.words for one in stated]) is not Told.NOTHING:
        return None  # read with the sides of the organs, and held against the reference as such
    asked = lateral_set(question)
    if len(asked) == 1:
        near = [one for one in stated if not lateral_set(one.words) or asked & lateral_set(one.words)]
        stated = near or stated
    if reading.yes is not None:
        return _yes_beside(question, stated, reading)
    if says_normal(question) or denies(question):
        return None
    finding = finding_of(question) or topic_of(question)
    near = [one for one in stated if finding & content(one.words)]
    return _unclear_statements(question, reference, reading, near) if near else _unnamed(question, reading)


def _unnamed(question: str, reading: AnswerReading) -> str | None:
    """An answer without yes or no that does not name what was asked."""
    stated = [one for one in reading.clauses if one.part is Part.STATEMENT]
    if ways_in(question):
        return None  # a relation, read as such
    if any(_calls_place_clear(question, one) for one in stated):
        return None
    if _TURNING.search(OPPOSITE_OF.sub(" ", reading.text)):
        return "affirms with reservations"
    return None if len(reading.text.split()) <= _FEW else "does not name what was asked"


def _calls_place_clear(question: str, clause: Clause) -> bool:
    """`The pleural spaces are dry`: the place that was asked about, named and called clear."""
    asked, named = read_anatomy(question), read_anatomy(clause.words)
    places = [frozenset(one.regions) | one.structures for one in (asked, named)]
    return clause.denied and bool(places[0] & places[1]) and bool(_ABSENT_PLACE.search(clause.words))


def _unclear_statements(
    question: str, reference: str, reading: AnswerReading, near: list[Clause]
) -> str | None:
    finding = finding_of(question) or topic_of(question)
    if all(one.affirmed for one in near) and polarity_of_statement(question, reference) is False:
        return "affirms it"
    if any(one.affirmed for one in near):
        return _unclear_yes(question, near)
    if not any(_denies_presence(one.words, finding) for one in near):
        return "denies something else of it"
    turning = _TURNING.search(" ".join(one.words for one in near))
    return f"'{turning.group()}' may turn what it says" if turning else None


_BOTH_WORDS = re.compile(r"^\W*(?:yes or no|yes/no|no or yes)\b", _I)
_FEW = 4  # words: `None.`, `Not at all`, `Both sides`


def _yes_beside(question: str, stated: list[Clause], reading: AnswerReading) -> str | None:
    """A yes beside the statement that the place is normal, a no beside one that affirms the finding."""
    if says_normal(question) or denies(question):
        return None
    about = [one for one in stated if len(one.words.split()) > 1]
    if reading.yes and about and all(one.polarity is Polarity.NEGATED for one in about):
        return "its yes and its statement differ"
    if reading.yes is False and _ASKS_PRESENCE.search(question) and _found_after_all(question, about):
        return "its no and its statement differ"
    return None


_ASKS_PRESENCE = re.compile(
    r"^\W*(?:is|are|was|were) there\b|\bany\b|\b(?:seen|visible|present|detected)\W*$", _I
)
_FOUND = re.compile(
    r"\b(?:there (?:is|are)|is|are|was|were|shows?|has|have|reveals?|demonstrates?|measur\w+|present|seen)\b",
    _I,
)


def _found_after_all(question: str, stated: list[Clause]) -> bool:
    """`No. There is a small effusion`: a statement that finds what the no denies."""
    finding = finding_of(question)
    affirmed = [one for one in stated if one.affirmed and one.certainty is not Certainty.UNCERTAIN]
    return any(finding & content(one.words) and _FOUND.search(one.words) for one in affirmed)


def _unclear_yes(question: str, near: list[Clause]) -> str | None:
    affirmed = [one for one in near if one.affirmed]
    text = ". ".join(one.words for one in affirmed)
    if any(one.certainty is Certainty.UNCERTAIN for one in affirmed) or _TURNING.search(text):
        return "affirms with reservations"
    asked, named = read_anatomy(question), read_anatomy(text)
    places = [frozenset(one.regions) | one.structures for one in (asked, named)]
    if places[0] and places[1] and not places[0] & places[1]:
        return "affirms it of another place"
    return None


def _denies_presence(words: str, finding: frozenset[str]) -> bool:
    """`No effusion`, `an effusion is not seen`; but not `no change of it` nor `the effusion is not large`."""
    for found in _NEGATED_NOUN.finditer(words):
        rest = found["rest"]
        head = _HEAD_END.split(
            re.sub(r"^\s*(?:evidence|sign|signs|suggestion|trace|indication) (?:of|for)", "", rest),
            maxsplit=1,
        )[0]
        if _DEGREE.search(head):
            return False
        if finding & content(head) or not content(head):
            return True
    verbal = re.search(r"(?:\bnot\b|n['’]t\b)(?P<rest>[^.;:,]*)", words, _I)
    if verbal:
        return bool(_PRESENCE.search(verbal["rest"]) or finding & content(verbal["rest"]))
    return _ABSENT_PLACE.search(words) is not None


_ABSENT_PLACE = re.compile(
    r":\s*(?:none|no|absent|negative|nil)\b|\babsent\b|\b(?:clear|dry|free|normal|unremarkable)\b", _I
)
