"""Which key does what? The list that the shortcuts are made from, so that both say the same."""

import qt
from slicer.i18n import tr as _

from CTSpatialVQAGui import looks
from CTSpatialVQAGui.shortcuts import Key


def reading_keys(deeds):
    """The keys of the reading, with what they do."""
    return (
        Key("1", _("Correct: saved, and on to the next"), lambda: deeds.press("1")),
        Key("2", _("Incorrect: choose the error (A to J) and, if wanted, the severity (X Y Z)"),
            lambda: deeds.press("2")),
        Key("3", _("Unsure: saved, and on to the next"), lambda: deeds.press("3")),
        Key("4", _("Question faulty: choose one or more reasons (A to D)"), lambda: deeds.press("4")),
        Key("U", _("Undo the last verdict, to give it anew"), deeds.undo),
        Key("M", _("Mark the place where the slices meet, as evidence"), deeds.mark),
        Key("C", _("Write a comment; Esc goes back to the keys"), deeds.comment),
        Key("N", _("Next unanswered question"), deeds.next_unanswered),
        Key("PgDown", _("Next question"), deeds.next),
        Key("PgUp", _("Previous question"), deeds.previous),
        Key("F", _("Flag this question, or take the flag away"), deeds.flag),
        Key("L", _("Go to a question of the list"), deeds.go_to_list),
        Key("A", _("Ask the chosen model this question"), deeds.ask_question),
        Key("R", _("Reveal this case (blinded studies, once every reply is judged)"), deeds.reveal),
    )  # fmt: skip


class HelpBox:
    """The keys as a table."""

    def __init__(self, keys):
        self.widget = qt.QWidget()
        grid = qt.QGridLayout(self.widget)
        grid.setContentsMargins(0, 0, 0, 0)
        grid.setColumnStretch(1, 1)
        rows = [*((one.keys, one.does) for one in keys), ("Enter", _("Save what was chosen"))]
        rows.append(("Esc", _("Leave the chooser or the comment")))
        for place, (name, does) in enumerate(rows):
            keyLabel = looks.text_label(f"key {name}", selectable=False)
            keyLabel.setText(name)
            grid.addWidget(keyLabel, place, 0, qt.Qt.AlignTop)
            doesLabel = looks.text_label(f"does {name}", selectable=False)
            doesLabel.setText(does)
            grid.addWidget(doesLabel, place, 1)
        note = looks.text_label("keysNoteLabel", selectable=False)
        note.setText(_("Keys work while this module is open, and not while a text is typed."))
        grid.addWidget(note, len(rows), 0, 1, 2)
