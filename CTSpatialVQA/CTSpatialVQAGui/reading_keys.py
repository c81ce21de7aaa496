"""The keys of the reading with what they do."""

from __future__ import annotations

from collections.abc import Callable

from slicer.i18n import tr as _

from CTSpatialVQAGui.asking_controller import AskingController
from CTSpatialVQAGui.reading_controller import ReadingController
from CTSpatialVQAGui.shortcuts import Key
from CTSpatialVQAGui.verdict_controller import VerdictController


def reading_keys(
    reading: ReadingController, verdicts: VerdictController, asking: AskingController
) -> tuple[Key, ...]:
    """The keys of the reading; each is also a button."""

    def press(key: str) -> Callable[[], object]:
        return lambda: verdicts.press(key)

    return (
        Key("1", _("Correct: saved, and on to the next"), press("1")),
        Key(
            "2", _("Incorrect: choose the error (A to J) and, if you like, the severity (X Y Z)"), press("2")
        ),
        Key("3", _("Unsure: saved, and on to the next"), press("3")),
        Key("4", _("Question faulty: choose one or more reasons (A to D)"), press("4")),
        Key("U", _("Undo the last verdict, to give it anew"), verdicts.undo),
        Key("M", _("Mark the place where the slices meet, as evidence"), verdicts.mark),
        Key("C", _("Write a comment; Esc goes back to the keys"), verdicts.comment),
        Key("N", _("Next question without a verdict"), reading.next_unanswered),
        Key("PgDown", _("Next question"), reading.next),
        Key("PgUp", _("Previous question"), reading.previous),
        Key("F", _("Flag this question, or take the flag away"), reading.flag),
        Key("L", _("Go to a question of the list"), reading.go_to_list),
        Key("A", _("Ask the chosen model this question"), asking.ask_question),
        Key("R", _("Reveal this case (blinded studies, once every reply is judged)"), reading.reveal),
    )
