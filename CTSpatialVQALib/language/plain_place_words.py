"""Which words of a text take it out of reach of anatomy masks: disease, parts of organs, anything unknown?

Masks answer for whole structures and nothing else. A list of what they cannot show would never be complete
(stents, stones, sequelae, surgery), so a question must consist of anatomical names and plain words of place.
"""

from __future__ import annotations

import re

from CTSpatialVQALib.language.grounding import mentions
from CTSpatialVQALib.records.text import Mention

# Parts that the masks do not separate from the whole: what is true of the organ need not be true of them.
_PART = re.compile(
    r"\b(?:poles?|arch|ascending|descending|domes?|apex|apexes|apices|apical\w*|bases?|\w*basal|tips?"
    r"|hil(?:um|ar|i)|segments?|segmental|crus|wall|ventricles?|atri(?:um|a)|valves?|branch\w*|bifurcation"
    r"|carina|horns?|surfaces?|borders?(?! (?:on|the|with|to)\b)|body of|head of|tail of|top of|upper end"
    r"|lower end|bottom of|origin|fissures?|lingula\w*|joints?|junctions?|corpus|sections?|parts?"
    r"|portions?|zones?|areas?|regions?|thirds?|peripher\w+|subpleural\w*|perihilar|sinus\w*|bronch\w*)\b"
)
_MOST = re.compile(r"\b(?:the )?(?:larger|greater|bigger|main) (?:part|portion) of\b")
_LESION = re.compile(
    r"\b(?:nodul\w*|mass(?:es)?|lesions?|effusions?|opacit\w*|consolidat\w*|emphysem\w*|tumou?rs?|cysts?"
    r"|lymph\w*|calcif\w*|atelecta\w*|fractur\w*|thicken\w*|dilat\w*|enlarg\w*|abnormal\w*|findings?"
    r"|ground.glass|fibro\w*|pneumo\w*|stenos\w*|thromb\w*|hernia\w*|goit\w*|aneurysm\w*|fluid"
    r"|stents?|catheters?|stones?|calcul[iu]\w*|sequel\w*|densit\w*|metasta\w*|infiltra\w*|scar\w*|plaques?"
    r"|\w+(?:itis|osis|oma|omas|ectomy|ectasis|lithiasis|omegaly|pathy))\b"
)
# structures stand for these words; in all other words with a region the structure is only a landmark
_WHOLE_REGIONS = frozenset({"thoracic_spine"})
_PLAIN_REGIONS = frozenset({"upper_abdomen", "hemithorax"})
_PLAIN = frozenset(
    """
    a an the this that these it its they their one two both either other another each any there
    is are was were be been does do did can could would has have lie lies lay lying locate located location
    situated sit sits position positioned placed place stand stands run runs running pass passes passing
    reach reaches reaching extend extends extending cross crosses crossing touch touches touching contact
    abut abuts border borders bordering adjoin adjoins adjacent find found see seen project projects
    on in at of to from with by as for than then and or not between across along against within into
    which what where how when who how much many most mostly mainly predominantly
    side sides half halves left right midline middle median line plane body patient patients person
    above below beneath under over higher highest lower lowest high low superior inferior superiorly
    inferiorly cranial caudal upper up down front behind before anterior posterior anteriorly posteriorly
    ventral dorsal back more less further farther nearer closer nearest relation relative respect compared
    same opposite different larger largest bigger biggest greater greatest smaller smallest lesser size
    volume volumes millilitre millilitres milliliter milliliters ml cc mm cm millimetre millimetres
    millimeter millimeters centimetre centimetres centimeter centimeters tall wide long deep height width
    length depth transverse vertical vertically antero-posterior anteroposterior ap craniocaudal
    cranio-caudal diameter extent top bottom end far apart distance centre center centroid centres centers
    main part scan image images ct volume vertebral vertebra level levels thoracic lumbar spine spinal
    organ organs structure structures vessel vessels approximately about measured total whole
    """.split()
)


def lesion_word(text: str) -> str | None:
    """The first word of `text` that speaks of disease, which no anatomy mask can answer."""
    found = _LESION.search(text.lower())
    return found.group() if found else None


def part_word(text: str) -> str | None:
    """The first words of `text` that speak of a part of an organ that no mask separates."""
    found = _PART.search(_MOST.sub(" ", text.lower()))
    if found:
        return found.group()
    return next((one.words for one in mentions(text) if _is_part(one)), None)


def foreign_word(text: str) -> str | None:
    """The first word of a question that is neither anatomy nor place."""
    rest = text.lower()
    for one in mentions(text):
        if not set(one.words.lower().split()) <= _PLAIN and _is_foreign(one):
            return one.words
        rest = rest[: one.span.start] + " " * (one.span.end - one.span.start) + rest[one.span.end :]
    words = (word.removesuffix("'s") for word in re.findall(r"[^\W\d_][\w'-]*", rest.replace("’", "'")))
    return next((word for word in words if word not in _PLAIN), None)


def _is_foreign(mention: Mention) -> bool:
    return mention.implied or (not mention.structures and mention.region not in _PLAIN_REGIONS)


def _is_part(mention: Mention) -> bool:
    """`left anterior descending` has the heart's class and is not the heart."""
    return bool(mention.structures) and mention.region is not None and mention.region not in _WHOLE_REGIONS
