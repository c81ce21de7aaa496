"""Details beside the asked value that leave a right-looking answer undecided.

Numbers, comparisons, levels, prepositions and counts that differ from the reference's, or whose subject is
not the question's. None of these doubts ever makes an answer wrong.
"""

from __future__ import annotations

import re

from CTSpatialVQALib.language.answer_reading import AnswerReading, finding_of, topic_of
from CTSpatialVQALib.language.claims import denies, depths_in, lateral_set, levels_in, numbers_in
from CTSpatialVQALib.language.comparisons import more_of_two, ways_in
from CTSpatialVQALib.language.content_words import content
from CTSpatialVQALib.language.grounding import mentions, read_anatomy
from CTSpatialVQALib.language.side_relations import asks_same_side
from CTSpatialVQALib.records.words import QuestionForm

_I = re.IGNORECASE
_HOW_MANY = re.compile(r"\bhow many\b|\bnumber of\b", _I)
_COUNT = re.compile(r"\b(?:\d+|one|two|three|four|five|six|seven|eight|nine|ten|single|both|several)\b", _I)
_COUNT_OF = {
    name: str(at) for at, name in enumerate("one two three four five six seven eight nine ten".split(), 1)
} | {"single": "1", "both": "2"}
# names that hold a number: `ribs 5 and 6`, `segment 3`
_NUMBERED = re.compile(
    r"\b(?:ribs?|segments?|levels?|stations?|vertebra\w*)\s+\d+(?:(?:,|\s+and|\s+to|-)\s*\d+)*", _I
)
_OPEN_COUNT = re.compile(r"\b(?:at least|at most|up to|more than|fewer than|less than|or|to|about)\b", _I)
# before a place: what lies there is not in it
_BESIDE = re.compile(
    r"\b(?:above|below|before|beyond|beneath|underneath|outside|under|over|short of|prior to|proximal to|"
    r"distal to|away from|lateral to|medial to|superior to|inferior to|caudal to|cranial to)\s+(?:of\s+)?"
    r"(?:the\s+|its\s+)?(?:left\s+|right\s+)?$",
    _I,
)
_AS_MUCH = re.compile(r"\bas \w+ as\b|\bequal(?:ly)?\b|\bsame (?:size|height|level)\b|\bidentical\b", _I)
_COMPARES = re.compile(r"\b\w+er than\b|\bmore\b|\bless\b|\blarger\b|\bsmaller\b|\bhigher\b|\blower\b", _I)
_ALL = re.compile(r"\b(?:all|every|each)\b[^.;,]*\b(?:lobes?|segments?|lungs?)\b", _I)
_LEFT_OR_RIGHT = re.compile(r"\b(left|right)\b", _I)
_STRESSES = re.compile(
    r"\b(?:more|most|mostly|mainly|predominant\w*|especially|particularly|larger|greater|less|slightly)\b", _I
)
_BOTH = re.compile(r"\b(?:both|bilateral\w*)\b", _I)
_NO_LONGER = re.compile(r"\bno longer\b|\bnot (?:small|only|just|merely)\b", _I)
_AWAY = re.compile(
    r"\b(?:away from|opposite|contralateral|everything but|anything but|all but|far from)\b", _I
)
_OTHER_DIAMETER = re.compile(r"\b(?:short(?:er|est)?|small(?:er|est)|minor|least)[ -](?:axis|diameter)", _I)
_NEGATED_NOUN = re.compile(r"^\W*no (?P<noun>[\w\s-]{3,40})\W*$", _I)


def doubtful_detail(form: QuestionForm, question: str, reference: str, reading: AnswerReading) -> str | None:
    """Why an answer that looks right stays undecided for a detail of it; None where nothing is in doubt."""
    for check in _CHECKS:
        doubt = check(question, reference, reading)
        if doubt is not None:
            return doubt
    if form is QuestionForm.YES_NO:
        return _yes_no_detail(question, reference, reading)
    if form is QuestionForm.LATERALITY:
        return None
    return _other_place(question, reference, reading) or _other_way(question, reference, reading)


def _count(question: str, reference: str, reading: AnswerReading) -> str | None:
    """`Three in the left lung and two in the right`, `at least three` where three are asked for."""
    if not _HOW_MANY.search(question):
        return None
    wanted, given = (_counts(text) for text in (reference, reading.asserted))
    if wanted and given and given != wanted:
        return "counts something else as well"
    bounded = _OPEN_COUNT.search(reading.asserted) and not _OPEN_COUNT.search(reference)
    return "a bound instead of the number" if bounded and wanted else None


def _counts(text: str) -> frozenset[str]:
    text = _NUMBERED.sub(" ", text)
    without = re.sub(r"\d+(?:[.,]\d+)?\s*(?:x\s*\d+(?:[.,]\d+)?\s*)?(?:mm|cm)\b", " ", text)
    return frozenset(_COUNT_OF.get(one.lower(), one.lower()) for one in _COUNT.findall(without))


def _number(question: str, reference: str, reading: AnswerReading) -> str | None:
    """A length other than the reference's, where no length of the answer is the reference's."""
    wanted = {_millimetres(one.value, one.unit) for one in numbers_in(reference) if one.unit in ("mm", "cm")}
    given = {
        _millimetres(one.value, one.unit) for one in numbers_in(reading.text) if one.unit in ("mm", "cm")
    }
    if not wanted or not given or any(numbers_in(question)):
        return None
    close = any(abs(one - other) <= max(0.5, 0.05 * one) for one in wanted for other in given)
    if not close:
        return "another size than the reference's"
    wrong = _OTHER_DIAMETER.search(reading.text) and not _OTHER_DIAMETER.search(f"{question} {reference}")
    return "the size along another axis" if wrong and len(given) == 1 else None


def _millimetres(value: float, unit: str) -> float:
    return value * 10 if unit == "cm" else value


def _comparison(question: str, reference: str, reading: AnswerReading) -> str | None:
    """Another of two sides is more than in the reference, or both are alike."""
    wanted = more_of_two("", reference)
    given = {more_of_two("", one.words) for one in reading.clauses if one.affirmed} - {None}
    if wanted is not None and given and given != {wanted}:
        return "compares the other way round"
    if _COMPARES.search(question) and _AS_MUCH.search(reading.text) and not _AS_MUCH.search(reference):
        return "calls both alike"
    return None


def _both_or_one(question: str, reference: str, reading: AnswerReading) -> str | None:
    """`Both lobes of the left lung` are not both sides."""
    if len(lateral_set(reference)) < 2 or lateral_set(question) - lateral_set(reference):
        return None
    named = {side.lower() for side in _LEFT_OR_RIGHT.findall(reading.asserted)}
    if len(named) != 1 or not _BOTH.search(reading.asserted) or _STRESSES.search(reading.asserted):
        return None
    return "one side beside `both`"


def _reversed_relation(question: str, reference: str, reading: AnswerReading) -> str | None:
    """`The trachea lies behind the esophagus` to `What lies behind the trachea?`."""
    asked = [way for way, _ in ways_in(question)]
    asked = [way for way in asked if way.axis != _SIZE]
    landmark = read_anatomy(question).structures
    if (
        not _ASKS_RELATION.search(question)
        or not asked
        or not landmark
        or len({way.axis for way in asked}) != 1
        or _pair_is_read(question)
    ):
        return None
    for clause in reading.clauses:
        ways = [(way, at) for way, at in ways_in(clause.words) if way.axis == asked[0].axis]
        named = [one for one in mentions(clause.words) if one.structures and not one.implied]
        if not clause.affirmed or not ways or not named:
            continue
        at = ways[0][1]
        starts_with_landmark = named[0].span.start < at and bool(set(named[0].structures) & landmark)
        turned = starts_with_landmark and (len(named) > 1 or " or " in question)
        if len(asked) == 1 and (ways[0][0] == asked[0]) is turned:
            return "says the relation from the other thing"
        if len(asked) > 1 and turned:
            return "says the relation from the other thing"
    return None


_SIZE = 3  # the axis of larger and smaller: comparisons, which have no landmark
_ASKS_RELATION = re.compile(r"^\W*(?:what|which)\b|\bor\b", _I)


def _pair_is_read(question: str) -> bool:
    named = {one.structures for one in mentions(question) if one.structures and not one.implied}
    return len(named) == 2


def _everywhere(question: str, reference: str, reading: AnswerReading) -> str | None:
    """`In all lobes, including the left upper one`."""
    every = _ALL.search(reading.asserted) and not _ALL.search(f"{reference} {question}")
    one_place = len(lateral_set(reference)) == 1 and bool(read_anatomy(reference).structures)
    return "speaks of all lobes" if every and one_place else None


# what a question measures a side or a way from
_LANDMARK = re.compile(
    r"\b(?:side of|relative to|in relation to|compared (?:to|with)) (?:the )?(?:left |right )?(?P<noun>\w+)",
    _I,
)


def _from_landmark(question: str, reference: str, reading: AnswerReading) -> str | None:
    """`The trachea lies to the left of the arch` to `On which side of the trachea is the arch?`."""
    landmark = _LANDMARK.search(question)
    if landmark is None or landmark["noun"].lower() in ("midline", "body"):
        return None
    subject = re.compile(rf"\W*(?:the )?{re.escape(landmark['noun'])}\b", _I)
    stated = [one.words for one in reading.clauses if one.affirmed and subject.match(one.words)]
    if any(lateral_set(words) or ways_in(words) for words in stated):
        return "says the relation from the other thing"
    return None


def _other_way(question: str, reference: str, reading: AnswerReading) -> str | None:
    """`3 cm below the carina` for `3 cm above`; `lower` where the higher one is asked for."""
    wanted = {way for way, _ in ways_in(reference)} or {way for way, _ in ways_in(question)}
    given = {way for way, _ in ways_in(reading.asserted)}
    turned = {way for way in given if way.opposite in wanted and way not in wanted}
    return "another way than the reference's" if turned and not given & wanted else None


# what a place lies near, which the reference may say otherwise
_NEAR = re.compile(
    r"\b(?:close to|near(?: to)?|adjacent to|next to|abutting|beside) (?P<what>(?:[\w-]+ ?){1,4})", _I
)


def _near_other(question: str, reference: str, reading: AnswerReading) -> str | None:
    """`Close to the hilum` for `close to the diaphragm`."""
    wanted, given = (
        content(" ".join(one["what"] for one in _NEAR.finditer(text)))
        for text in (reference, reading.asserted)
    )
    return "lies near something else" if wanted and given and not wanted & given else None


_CHECKS = (
    _from_landmark,
    _near_other,
    _count,
    _number,
    _comparison,
    _both_or_one,
    _reversed_relation,
    _everywhere,
)


def doubtful_relation(question: str, reference: str, reading: AnswerReading) -> str | None:
    """Why a stated direction or comparison that looks right stays undecided."""
    checks = [_number, _reversed_relation]
    if not _pair_is_read(question):  # of two structures it was read with who lies where
        checks.append(_from_landmark)
    return next((doubt for check in checks if (doubt := check(question, reference, reading))), None)


def _other_place(question: str, reference: str, reading: AnswerReading) -> str | None:
    """A preposition that puts the finding beside the place that is named first."""
    named = [one for one in mentions(reading.asserted) if one.structures or one.region]
    if not named or _BESIDE.search(reference[: _first_place(reference)]):
        return None
    before = reading.asserted[: named[0].span.start]
    beside = _BESIDE.search(before)
    if beside and not re.search(
        rf"\b{re.escape(beside.group().split()[0])}\b", f"{reference} {question}", _I
    ):
        return "lies beside the place, not in it"
    return None


def _first_place(text: str) -> int:
    return next((one.span.start for one in mentions(text) if one.structures or one.region), 0)


def _yes_no_detail(question: str, reference: str, reading: AnswerReading) -> str | None:
    """What stands beside a yes or no: levels, depths, turned sides, another thing denied."""
    for read in (levels_in, depths_in):
        wanted, given = read(reference) - read(question), read(reading.asserted) - read(question)
        if wanted and given and not wanted & given:
            return "a detail other than the reference's"
    known = f"{question} {reference}"
    plain = lateral_set(reference) and not asks_same_side(question)
    if plain and _AWAY.search(reading.text) and not _AWAY.search(known):
        return "a side that is said only in relation"
    doubt = _own_statement(question, reference, reading)
    if doubt is not None:
        return doubt
    if re.search(r"\b(?:everything|anything|all) but\b", reading.text, _I):
        return "affirms with reservations"
    if reading.yes is False and _NO_LONGER.search(reading.text):
        return "its no and its statement differ"
    noun = _NEGATED_NOUN.match(reading.text)
    if noun and content(noun["noun"]) and reading.yes is None:
        asked, named = read_anatomy(question), read_anatomy(reading.text)
        places = [frozenset(one.regions) | one.structures for one in (asked, named)]
        if places[0] and places[1] and not places[0] & places[1]:
            return "denies it of another place"
        if not content(noun["noun"]) & (topic_of(question) | content(reference)) and not places[1]:
            return "denies something else"
    return None


_ANSWER_WORD = re.compile(r"^\W*(?:yes|no)\s*[,;:.–-]\s*", _I)
_WORD_BUT = re.compile(r"^\W*(?:yes|no)\W+(?:but|though|although|except)\b", _I)


def _own_statement(question: str, reference: str, reading: AnswerReading) -> str | None:
    """What the statement behind a yes or no takes back of the word, or of the reference's statement."""
    if _WORD_BUT.match(reading.text) and not _WORD_BUT.match(reference):
        return "affirms with reservations"
    statement = _ANSWER_WORD.sub("", reference)
    new = content(statement) - content(question)
    denied = [one.words for one in reading.clauses if one.denied]
    if not denies(statement) and new & content(" ".join(denied)):
        return "denies what the reference states"
    if _measures_another(question, reference, reading):
        return "measures something else"
    return "its no and its statement differ" if _affirms_behind_no(question, reading) else None


def _measures_another(question: str, reference: str, reading: AnswerReading) -> bool:
    """`No, the liver measures 9 cm`, to a question about the spleen."""
    known = read_anatomy(question).structures | read_anatomy(reference).structures
    if not known or not any(one.unit for one in numbers_in(reference)):
        return False
    sized = [one.words for one in reading.clauses if numbers_in(one.words)]
    return any(read_anatomy(words).structures - known for words in sized)


def _affirms_behind_no(question: str, reading: AnswerReading) -> bool:
    """`No, it is shifted to the right`, to a question whether it is shifted."""
    asked = read_anatomy(question)
    single = len(asked.structures) + len(asked.regions) <= 1 and not lateral_set(question)
    if reading.yes is not False or not single or levels_in(question) or len(question.split()) > _SHORT:
        return False
    predicate = finding_of(question)
    affirmed = [_ANSWER_WORD.sub("", one.words) for one in reading.clauses if one.affirmed]
    return any(predicate & content(words) for words in affirmed)


_SHORT = 6  # words of a question that asks for nothing but one predicate: `Is the mediastinum shifted?`
