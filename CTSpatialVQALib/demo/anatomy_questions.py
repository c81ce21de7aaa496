"""What is asked about the anatomy? Questions that a label volume alone can answer."""

from __future__ import annotations

from collections.abc import Mapping

from CTSpatialVQALib.demo.phantom import Phantom
from CTSpatialVQALib.demo.question_drafts import Draft, Drafter, Mistake, other_side
from CTSpatialVQALib.records.words import Category, ErrorType, QuestionForm, Side


def _heart_side(phantom: Phantom) -> Draft:
    side = phantom.facts.heart_side
    return Draft(
        "On which side of the midline does the larger part of the heart lie?",
        f"On the {side} side.",
        QuestionForm.LATERALITY,
        (Category.LATERALITY, Category.CENTRICITY),
        (Mistake(ErrorType.LATERALITY_SWAP, f"On the {other_side(side)} side."),),
    )


def _stomach_liver(phantom: Phantom) -> Draft:
    facts = phantom.facts
    texts = (
        "Do the liver and the stomach lie on the same side of the body?",
        "Is the stomach on the same side as the liver?",
    )
    return Draft(
        texts[phantom.index // 2 % 2],
        f"No, the liver lies on the {facts.liver_side} and the stomach on the {facts.stomach_side}.",
        QuestionForm.YES_NO,
        (Category.LATERALITY, Category.ADJACENCY),
        (Mistake(ErrorType.WRONG_RELATION, f"Yes, both lie on the {facts.stomach_side}."),),
    )


def _trachea_depth(phantom: Phantom) -> Draft:
    return Draft(
        "Does the trachea run in front of the esophagus or behind it?",
        "In front of it.",
        QuestionForm.CHOICE,
        (Category.DEPTH,),
        (Mistake(ErrorType.WRONG_DEPTH, "Behind it."),),
    )


def _between(phantom: Phantom) -> Draft:
    return Draft(
        "What lies directly behind the trachea, in front of the thoracic spine?",
        "The esophagus.",
        QuestionForm.FREE,
        (Category.DEPTH, Category.ADJACENCY),
        (
            Mistake(ErrorType.NON_ANSWER, "The trachea and the thoracic spine are seen in the image."),
            Mistake(ErrorType.WRONG_RELATION, "The superior vena cava."),
        ),
    )


def _lower_kidney(phantom: Phantom) -> Draft:
    places = phantom.facts.landmarks
    lower = Side.RIGHT if places["kidney_right"].s < places["kidney_left"].s else Side.LEFT
    return Draft(
        "Which kidney stands lower?",
        f"The {lower} kidney.",
        QuestionForm.LATERALITY,
        (Category.LATERALITY, Category.VERTICAL),
        (Mistake(ErrorType.LATERALITY_SWAP, f"The {other_side(lower)} kidney."),),
    )


def _poles(phantom: Phantom) -> Draft:
    places = phantom.facts.landmarks
    apart = places["kidney_right_upper_pole"].r - places["kidney_left_upper_pole"].r
    return Draft(
        "How far apart, measured from side to side, are the upper poles of the two kidneys, in millimetres?",
        f"{apart:.0f} mm.",
        QuestionForm.MEASUREMENT,
        (Category.LATERALITY, Category.EXTENT),
        (Mistake(ErrorType.OTHER, f"{apart / 2:.0f} mm."),),
    )


def _arch_level(phantom: Phantom) -> Draft:
    level = phantom.facts.arch_level
    return Draft(
        "At the level of which thoracic vertebra is the top of the aortic arch?",
        f"At the level of {level}.",
        QuestionForm.LEVEL_LOBE,
        (Category.VERTICAL,),
        (Mistake(ErrorType.WRONG_LEVEL_OR_LOBE, f"At the level of T{int(level[1:]) + 4}."),),
    )


def _arch_side(phantom: Phantom) -> Draft:
    side = phantom.facts.arch_side
    return Draft(
        "On which side of the trachea does the aortic arch pass backwards?",
        f"On the {side} side.",
        QuestionForm.LATERALITY,
        (Category.LATERALITY, Category.ADJACENCY),
        (Mistake(ErrorType.LATERALITY_SWAP, f"On the {other_side(side)} side."),),
    )


def _descending_side(phantom: Phantom) -> Draft:
    side = phantom.facts.arch_side
    return Draft(
        "On which side of the thoracic spine does the descending aorta begin its course?",
        f"On the {side} side.",
        QuestionForm.LATERALITY,
        (Category.LATERALITY, Category.ADJACENCY),
        (Mistake(ErrorType.LATERALITY_SWAP, f"On the {other_side(side)} side."),),
    )


def _liver_midline(phantom: Phantom) -> Draft:
    side = phantom.facts.liver_side
    return Draft(
        "Does the liver extend across the midline?",
        f"Yes, it extends to the {other_side(side)} of the midline.",
        QuestionForm.YES_NO,
        (Category.EXTENT, Category.CENTRICITY),
        (Mistake(ErrorType.WRONG_EXTENT, f"No, it stays on the {side} of the midline."),),
    )


def _gallbladder(phantom: Phantom) -> Draft:
    side = phantom.facts.liver_side
    return Draft(
        "Where is the gallbladder located?",
        f"In the {side} upper abdomen, below the liver.",
        QuestionForm.WHERE,
        (Category.LATERALITY, Category.ADJACENCY),
        (
            Mistake(ErrorType.LATERALITY_SWAP, f"In the {other_side(side)} upper abdomen, below the liver."),
            Mistake(ErrorType.NON_ANSWER, "The gallbladder stores bile."),
        ),
    )


def _higher_dome(phantom: Phantom) -> Draft:
    side = phantom.facts.liver_side
    return Draft(
        "Which dome of the diaphragm stands higher, the left or the right?",
        f"The {side} dome.",
        QuestionForm.LATERALITY,
        (Category.LATERALITY, Category.VERTICAL),
        (Mistake(ErrorType.LATERALITY_SWAP, f"The {other_side(side)} dome."),),
    )


DRAFTERS: Mapping[str, Drafter] = {
    "heart-side": _heart_side,
    "stomach-liver": _stomach_liver,
    "trachea-depth": _trachea_depth,
    "behind-trachea": _between,
    "lower-kidney": _lower_kidney,
    "upper-poles": _poles,
    "arch-level": _arch_level,
    "arch-side": _arch_side,
    "descending-aorta": _descending_side,
    "liver-midline": _liver_midline,
    "gallbladder": _gallbladder,
    "higher-dome": _higher_dome,
}
