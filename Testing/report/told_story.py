"""A study large enough for statistics: 24 patients, four kinds of questions, three models, two probes."""

from __future__ import annotations

from CTSpatialVQALib.records.words import Category, Outcome, Probe, QuestionForm
from CTSpatialVQALib.report.analysis import Analysis, analyse
from CTSpatialVQALib.scoring.rules import score_answer
from Testing.report.story import Story

PATIENTS = 24
BLIND = {"contract": "none", "parameters": {"neighbours": 15, "folds": 5, "pool_sha256": "0" * 64}}
_LOBES = ("right upper", "left lower", "right middle", "left upper", "right lower")


_Asked = tuple[str, str, str, QuestionForm, tuple[Category, ...]]


def told_story() -> Story:
    """Good (`looks`), bad (`guesses`) and blind (`prior`) answers, the first two also under probes.

    `looks` fails on the first patient. All of its one-sided answers follow the mirror, those of `guesses`
    never do, and `guesses` is better at lobes than at sides.
    """
    story = Story()
    for at in range(PATIENTS):
        for question_id in _ask(story, at):
            _answer(story, question_id, at)
    return story


def analysed(story: Story) -> Analysis:
    """All numbers of a story whose cases are patients."""
    return analyse(story.questions.values(), story.replies, story.scores, {})


def _ask(story: Story, at: int) -> tuple[str, ...]:
    case = f"case-{at:02}"
    side, other = ("left", "right") if at % 2 else ("right", "left")
    texts: tuple[_Asked, ...] = (
        (
            "side",
            "On which side is the effusion?",
            side.capitalize() + ".",
            QuestionForm.LATERALITY,
            (Category.LATERALITY,),
        ),
        (
            "lobe",
            "In which lobe is the nodule?",
            f"In the {_LOBES[at % 5]} lobe.",
            QuestionForm.LEVEL_LOBE,
            (Category.VERTICAL, Category.LATERALITY),
        ),
        ("yes", f"Is the effusion on the {other}?", "No.", QuestionForm.YES_NO, ()),
    )
    for name, text, reference, form, categories in texts:
        story.question(
            f"{case}::{name}", case_id=case, text=text, reference=reference, form=form, categories=categories
        )
    return tuple(f"{case}::{name}" for name, *_ in texts)


def _answer(story: Story, question_id: str, at: int) -> None:
    reference = story.questions[question_id].reference
    wrong = _swapped(reference)
    guessed = reference if at % 4 == 0 or (question_id.endswith("lobe") and at % 3) else wrong
    if at == 0:
        story.reply(question_id, "looks", outcome=Outcome.TIMEOUT)
    else:
        _say(story, question_id, "looks", wrong if at % 4 == 3 else reference)
    _say(story, question_id, "guesses", guessed)
    _say(story, question_id, "prior", reference if at % 2 else wrong, key=BLIND)
    if at:
        mirrored = _swapped(wrong if at % 4 == 3 else reference)
        _say(story, question_id, "looks", mirrored, probe=Probe.MIRRORED)
    _say(story, question_id, "guesses", guessed, probe=Probe.MIRRORED)
    _say(story, question_id, "guesses", guessed, probe=Probe.TEXT_ONLY)


def _say(story: Story, question_id: str, backend: str, answer: str, **more: object) -> None:
    question = story.questions[question_id]
    reply = story.reply(question_id, backend, answer=answer, scored=False, **more)  # type: ignore[arg-type]
    story.scores.append(
        score_answer(
            question.text, question.reference, answer, question_id=question_id, reply_id=reply.reply_id
        )
    )


def _swapped(answer: str) -> str:
    pairs = {"Left": "Right", "Right": "Left", "left": "right", "right": "left", "No": "Yes", "Yes": "No"}
    return " ".join(
        pairs.get(word.rstrip("."), word.rstrip(".")) + "." * word.endswith(".") for word in answer.split()
    )
