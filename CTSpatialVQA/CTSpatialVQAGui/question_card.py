"""What is asked? The question in large letters, its categories, and the anatomy that the texts name."""

from slicer.i18n import tr as _

from CTSpatialVQAGui import looks
from CTSpatialVQAGui.chips import ChipRow, legend

CATEGORY = (
    "QLabel { background: palette(alternate-base); border: 1px solid palette(mid); border-radius: 3px;"
    " padding: 1px 6px; }"
)


class QuestionCard:
    """The card at the top of the reading."""

    def __init__(self, on_click, on_hover):
        self.widget, column = looks.card()
        self.placeLabel = looks.text_label("placeLabel")
        self.categoriesLabel = looks.text_label("categoriesLabel", selectable=False)
        self.categoriesLabel.setStyleSheet(CATEGORY)
        self.questionLabel = looks.text_label("questionLabel")
        self.chips = ChipRow(on_click, on_hover)
        self.legendLabel = looks.text_label("legendLabel", selectable=False)
        self.noteLabel = looks.text_label("sceneNoteLabel")
        for one in (
            self.placeLabel,
            self.categoriesLabel,
            self.questionLabel,
            self.chips,
            self.legendLabel,
            self.noteLabel,
        ):
            column.addWidget(one)
        self.follow_font(self.widget.font)
        self.show_anatomy((), "")

    def follow_font(self, base):
        """Take sizes from Slicer's font."""
        looks.scale_font(self.questionLabel, base, looks.QUESTION_SCALE, True)
        for one in (self.placeLabel, self.categoriesLabel, self.legendLabel, self.noteLabel):
            looks.scale_font(one, base, looks.SMALL_SCALE)

    def show(self, visible, place):
        """Show the question; `place` says which of how many."""
        self.placeLabel.setText(place)
        self.questionLabel.setText(visible.question or _("Nothing to read here yet."))
        self.categoriesLabel.setText("  ·  ".join(str(one) for one in visible.categories))
        self.categoriesLabel.setVisible(bool(visible.categories))

    def show_anatomy(self, chips, note):
        """Show what the views show; `note` says what is missing there."""
        self.chips.show_chips(chips)
        self.chips.setVisible(bool(chips))
        self.legendLabel.setText(legend(chips))
        self.legendLabel.setVisible(bool(chips))
        self.noteLabel.setText(note)
        self.noteLabel.setVisible(bool(note))
