"""What is asked about a finding? Nodules, pleural fluid, cyst, lymph node and goitre."""

from __future__ import annotations

from collections.abc import Mapping

from CTSpatialVQALib.demo.phantom import Phantom
from CTSpatialVQALib.demo.question_drafts import Draft, Drafter, Mistake, lobe_words, other_side, the_finding
from CTSpatialVQALib.records.words import Category, ErrorType, QuestionForm


def _nodule_lobe(phantom: Phantom) -> Draft:
    nodule = the_finding(phantom, "nodule")
    right = lobe_words(nodule.structure)
    side = nodule.side
    level = "lower" if "upper" in right else "upper"
    texts = ("In which lobe is the pulmonary nodule located?", "Which lobe contains the lung nodule?")
    return Draft(
        texts[phantom.index % 2],
        f"In the {right}.",
        QuestionForm.LEVEL_LOBE,
        (Category.LATERALITY, Category.VERTICAL),
        (
            Mistake(ErrorType.WRONG_LEVEL_OR_LOBE, f"In the {side} {level} lobe."),
            Mistake(ErrorType.LATERALITY_SWAP, f"In the {lobe_words(nodule.structure, swap=True)}."),
            Mistake(ErrorType.INCOMPLETE, f"In the {side} lung."),
            Mistake(ErrorType.MISSED_FINDING, "There is no pulmonary nodule."),
        ),
    )


def _nodule_lobes(phantom: Phantom) -> Draft:
    first, second = (
        lobe_words(finding.structure) for finding in phantom.findings if finding.kind == "nodule"
    )
    return Draft(
        "Which lobes contain the two pulmonary nodules?",
        f"The {first} and the {second}.",
        QuestionForm.LEVEL_LOBE,
        (Category.LATERALITY, Category.VERTICAL),
        (
            Mistake(ErrorType.INCOMPLETE, f"The {first}."),
            Mistake(ErrorType.WRONG_LEVEL_OR_LOBE, "Both upper lobes."),
        ),
    )


def _nodule_size(phantom: Phantom) -> Draft:
    size = the_finding(phantom, "nodule").diameter_mm
    return Draft(
        "What is the largest diameter of the lung nodule, in millimetres?",
        f"{size:.0f} mm.",
        QuestionForm.MEASUREMENT,
        (Category.EXTENT,),
        (Mistake(ErrorType.OTHER, f"{size * 2.5:.0f} mm."),),
    )


def _nodule_pleura(phantom: Phantom) -> Draft:
    nodule = the_finding(phantom, "nodule")
    touches = (nodule.pleura_mm or 0.0) <= nodule.diameter_mm / 2
    answers = ("It is surrounded by lung on all sides.", "It abuts the pleura.")
    return Draft(
        "Does the lung nodule abut the pleura, or is it surrounded by lung on all sides?",
        answers[touches],
        QuestionForm.CHOICE,
        (Category.CENTRICITY, Category.ADJACENCY),
        (Mistake(ErrorType.WRONG_RELATION, answers[not touches]),),
    )


def _effusion_side(phantom: Phantom) -> Draft:
    side = the_finding(phantom, "effusion").side
    texts = ("On which side is the pleural effusion?", "Which side shows pleural effusion?")
    return Draft(
        texts[phantom.index // 2 % 2],
        f"On the {side} side.",
        QuestionForm.LATERALITY,
        (Category.LATERALITY,),
        (
            Mistake(ErrorType.LATERALITY_SWAP, f"On the {other_side(side)} side."),
            Mistake(ErrorType.MISSED_FINDING, "There is no pleural effusion."),
        ),
    )


def _effusion_present(phantom: Phantom) -> Draft:
    side = phantom.facts.heart_side
    return Draft(
        "Is there fluid in the pleural space?",
        "No.",
        QuestionForm.YES_NO,
        (Category.ADJACENCY, Category.EXTENT),
        (Mistake(ErrorType.HALLUCINATED_FINDING, f"Yes, there is a small effusion on the {side} side."),),
    )


def _effusion_extent(phantom: Phantom) -> Draft:
    return Draft(
        "Does the pleural fluid stay behind the lung, or does it reach around it to the anterior chest wall?",
        "It stays posterior, behind the lung.",
        QuestionForm.CHOICE,
        (Category.EXTENT, Category.DEPTH),
        (Mistake(ErrorType.WRONG_EXTENT, "It reaches around the lung to the anterior chest wall."),),
    )


def _cyst(phantom: Phantom) -> Draft:
    cyst = the_finding(phantom, "cyst")
    other_pole = "lower" if cyst.pole == "upper" else "upper"
    return Draft(
        "Where is the renal cyst? Name the kidney and the pole.",
        f"At the {cyst.pole} pole of the {cyst.side} kidney.",
        QuestionForm.WHERE,
        (Category.LATERALITY, Category.VERTICAL, Category.ADJACENCY),
        (
            Mistake(ErrorType.INCOMPLETE, f"In the {cyst.side} kidney."),
            Mistake(
                ErrorType.LATERALITY_SWAP, f"At the {cyst.pole} pole of the {other_side(cyst.side)} kidney."
            ),
            Mistake(ErrorType.WRONG_LEVEL_OR_LOBE, f"At the {other_pole} pole of the {cyst.side} kidney."),
        ),
    )


def _node(phantom: Phantom) -> Draft:
    side = the_finding(phantom, "lymph_node").side
    return Draft(
        "Where is the enlarged mediastinal lymph node located?",
        f"In the {side} paratracheal region.",
        QuestionForm.WHERE,
        (Category.LATERALITY, Category.ADJACENCY),
        (
            Mistake(ErrorType.WRONG_RELATION, "Behind the esophagus, in front of the spine."),
            Mistake(ErrorType.LATERALITY_SWAP, f"In the {other_side(side)} paratracheal region."),
        ),
    )


def _goitre_extent(phantom: Phantom) -> Draft:
    level = the_finding(phantom, "goitre").level
    return Draft(
        "Describe the lower extent of the enlarged thyroid gland.",
        f"It extends behind the sternum to the level of {level}.",
        QuestionForm.FREE,
        (Category.EXTENT, Category.VERTICAL),
        (
            Mistake(ErrorType.WRONG_EXTENT, "It ends in the neck, well above the sternum."),
            Mistake(ErrorType.WRONG_LEVEL_OR_LOBE, "It extends behind the sternum to the level of T7."),
        ),
    )


def _goitre_side(phantom: Phantom) -> Draft:
    side = the_finding(phantom, "goitre").side
    return Draft(
        "Which side of the thyroid gland is enlarged?",
        f"The {side} side.",
        QuestionForm.LATERALITY,
        (Category.LATERALITY,),
        (Mistake(ErrorType.LATERALITY_SWAP, f"The {other_side(side)} side."),),
    )


DRAFTERS: Mapping[str, Drafter] = {
    "nodule-lobe": _nodule_lobe,
    "nodule-lobes": _nodule_lobes,
    "nodule-size": _nodule_size,
    "nodule-pleura": _nodule_pleura,
    "effusion-side": _effusion_side,
    "effusion-present": _effusion_present,
    "effusion-extent": _effusion_extent,
    "renal-cyst": _cyst,
    "lymph-node": _node,
    "goitre-extent": _goitre_extent,
    "goitre-side": _goitre_side,
}
