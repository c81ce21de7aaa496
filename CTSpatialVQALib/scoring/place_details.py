"""Where do two answers that name one organ still differ? Sides left unsaid, parts of aorta and spine."""

from __future__ import annotations

import re

from CTSpatialVQALib.language.claims import depths_in, lateral_set, levels_in
from CTSpatialVQALib.language.content_words import parts_in, segments_in
from CTSpatialVQALib.language.place_comparison import RIGHT_PLACE, Judgement, Sites, levels_of, lobe_sides
from CTSpatialVQALib.records.words import ErrorType

_I = re.IGNORECASE
_PLURAL = re.compile(r"\b(?:lungs|lobes|bases|apices|apexes|zones|fields|hemithoraces)\b", _I)
_LOBES = re.compile(r"\blob(?:es?|ar)\b", _I)
_LEVEL_ONLY = re.compile(
    r"\bvertical (?:position|location|level)\b"
    r"|\b(?:upper|middle|lower)(?: lobes?)? or (?:the )?(?:middle|lower|upper)\b",
    _I,
)
_DEPTH_ONLY = re.compile(
    r"\banter(?:ior|o)[ -]?(?:to[ -])?posterior (?:relation\w*|position|location|orientation)\b", _I
)
_AORTA = re.compile(r"\baort(?:a|ic)\b", _I)
_IN_AORTA = re.compile(r"\b(?:parts?|segments?|sections?|portions?) of the aorta\b|\bwithin the aorta\b", _I)
_AORTA_PARTS = re.compile(r"\b(ascending|descending|arch|thoracic|abdominal)\b", _I)
_THORACIC = frozenset({"ascending", "descending", "arch"})
_SPINE = re.compile(r"\b(?:spin(?:e|al)|vertebra\w*|column|kypho\w*|scolio\w*|foramin\w*)\b", _I)
_SPINE_PARTS = re.compile(r"\b(cervical|thorac(?:ic|al)|dorsal|lumbar|sacral|thoraco-?lumbar)\b", _I)
_SPINE_LEVEL = re.compile(r"\b[CTDL]\d{1,2}\b")
_ASKS_PART = re.compile(
    r"\b(?:which|what) (?:\w+ ){0,2}?(?:parts?|poles?|zones?|thirds?|portions?|quadrants?)\b"
    r"|\b(?:and|including) (?:\w+ ){0,3}?(?:poles?|parts?)\b",
    _I,
)
_WITH_POLES = re.compile(r"\b(?:kidneys?|spleen|thyroid|breasts?|testis|pancreas|adrenal)\b", _I)
_LUNG = re.compile(r"\b(?:lungs?|lobes?|lobar|pulmonary|apex|apical)\b", _I)
_LINGULA = re.compile(r"\blingul", _I)
_HALVES = re.compile(r"\b(superior|inferior)(?:ly)?\b", _I)
_WHOLE = 3  # lobes of the right lung; the left one has two


def depth_only(question: str, reference: str, answer: str) -> Judgement | None:
    """A question for the anterior-posterior position alone; None where one of the texts says no depth."""
    wanted, given = depths_in(reference), depths_in(answer)
    if not (_DEPTH_ONLY.search(question) and wanted and given):
        return None
    if wanted == given:
        return Judgement(True, None, "same depth")
    return Judgement(False, ErrorType.WRONG_DEPTH, "another depth")


def unsaid_side(question: str, reference: str, answer: str, wanted: Sites, given: Sites) -> Judgement | None:
    """`Lower lobe` is on no side where the answer has to say it; `lower lobes` are on both."""
    open_ = lateral_set(reference) and not lateral_set(question) and not lateral_set(answer)
    if not open_ or len(lobe_sides(given.lobes)) != 2 or _PLURAL.search(answer):
        return None
    if _LEVEL_ONLY.search(question):
        return RIGHT_PLACE if levels_of(wanted.lobes) == levels_of(given.lobes) else None
    return Judgement(False, ErrorType.INCOMPLETE, "no side named")


def whole_lungs(reference: str, wanted: Sites, given: Sites) -> bool:
    """Whether the reference names whole lungs, and the answer their sides, or a lobe of the one lung.

    Of both lungs a lobe says less: the finding is in all of them, but for the middle one, which few name.
    """
    sides = lobe_sides(wanted.lobes)
    whole = len(wanted.lobes) == sum(_WHOLE if side == "right" else _WHOLE - 1 for side in sides)
    named = _LOBES.search(reference) or levels_in(reference) or segments_in(reference)
    if not wanted.lobes or not whole or wanted.regions or wanted.details or named:
        return False
    if not given.lobes:
        return {str(side) for side in given.sides} == sides and not given.regions and not given.others
    if len(sides) == 1:
        return given.lobes <= wanted.lobes
    return wanted.lobes - given.lobes == {"lung_middle_lobe_right"}


def aorta_parts(question: str, reference: str, answer: str) -> Judgement | None:
    """Arch, ascending and descending are parts of the thoracic aorta; None where one text names no part."""
    if not _AORTA.search(reference):
        return None
    wanted, given = (_found(_AORTA_PARTS, text) for text in (reference, answer))
    if not (wanted and given):
        return None
    if any(part not in wanted and not ("thoracic" in wanted and part in _THORACIC) for part in given):
        return Judgement(False, ErrorType.WRONG_LEVEL_OR_LOBE, "another part of the aorta")
    if any(part not in given and not (part == "thoracic" and given & _THORACIC) for part in wanted):
        return Judgement(False, ErrorType.INCOMPLETE, "a part of the aorta is missing")
    return Judgement(True, None, "same part of the aorta") if _IN_AORTA.search(question) else None


def spine_parts(question: str, reference: str, answer: str) -> Judgement | None:
    """`In the thoracic region` and `thoracic spine` are one place to a question about the spine."""
    if not (_SPINE.search(question) or _SPINE.search(reference)):
        return None
    if _SPINE_LEVEL.search(reference) or _SPINE_LEVEL.search(answer):
        return None
    wanted, given = (_found(_SPINE_PARTS, text) for text in (reference, answer))
    if not (wanted and given):
        return None
    if lateral_set(reference) and lateral_set(reference) != lateral_set(answer):
        side_said = bool(lateral_set(answer))
        error = ErrorType.LATERALITY_SWAP if side_said else ErrorType.INCOMPLETE
        return Judgement(False, error, "another side" if side_said else "no side named")
    if wanted == given:
        return Judgement(True, None, "same part of the spine")
    return Judgement(False, ErrorType.WRONG_LEVEL_OR_LOBE, "another part of the spine")


def opposed_segments(reference: str, answer: str) -> bool:
    """Whether one names the superior segment of a lower lobe and the other its base instead or besides."""
    wanted, given = segments_in(reference), segments_in(answer)
    if not ({"superior", "basal"} & wanted and {"superior", "basal"} & given):
        return False
    return bool({"superior", "basal"} & given - wanted)


def organ_parts(question: str, reference: str, answer: str) -> Judgement | None:
    """Pole, zone or third of an organ outside the lung; None where they agree or one text says none."""
    if not _WITH_POLES.search(f"{question} {reference}") or _LUNG.search(f"{question} {reference}"):
        return None
    known = parts_in(question)
    wanted, given = parts_in(reference) - known, parts_in(answer) - known
    if not (wanted and given):
        return None
    if not wanted & given:
        return Judgement(False, ErrorType.WRONG_LEVEL_OR_LOBE, "another part of the same place")
    sides = lateral_set(reference) - lateral_set(question)
    return Judgement(True, None, "same part") if wanted == given and sides <= lateral_set(answer) else None


def lingula_halves(question: str, reference: str, answer: str) -> Judgement | None:
    """Superior and inferior lingula, for questions that ask for the segment; None where they agree."""
    if not (_LINGULA.search(question) or _LINGULA.search(reference)):
        return None
    known = _found(_HALVES, question)
    wanted, given = _found(_HALVES, reference) - known, _found(_HALVES, answer) - known
    if not wanted or given == wanted:
        return None
    if not given:
        return Judgement(False, ErrorType.INCOMPLETE, "half of the lingula not named")
    return Judgement(False, ErrorType.WRONG_LEVEL_OR_LOBE, "another half of the lingula")


def part_left_out(question: str, reference: str, answer: str) -> bool:
    """Whether the question asks for a part of an organ, and the answer names none."""
    new = parts_in(reference) - parts_in(question)
    return bool(_ASKS_PART.search(question) and new and not parts_in(answer))


def _found(parts: re.Pattern[str], text: str) -> frozenset[str]:
    return frozenset(
        part.lower().replace("thoracal", "thoracic").replace("dorsal", "thoracic")
        for part in parts.findall(text)
    )
