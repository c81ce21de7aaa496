"""What belongs to a question beside its text: the anatomy it names, reference, other replies, report."""

from __future__ import annotations

from collections.abc import Sequence

import ctk
import qt
from slicer.i18n import tr as _

from CTSpatialVQAGui import labels, widgets
from CTSpatialVQAGui.chips import ChipRow, legend
from CTSpatialVQALib.reading.visible import Visible
from CTSpatialVQALib.records.reply import Reply
from CTSpatialVQALib.scene.shown_anatomy import Chip


class QuestionDetails:
    """Chips with their legend, the reference answer, and the report folded away."""

    def __init__(self) -> None:
        self.widget = qt.QWidget()
        column = widgets.plain_column(self.widget)
        self.chips = ChipRow()
        self.legendLabel = widgets.text_label("legendLabel", selectable=False)
        self.noteLabel = widgets.text_label("sceneNoteLabel")
        self.referenceHead = widgets.text_label("referenceHeadLabel", selectable=False)
        self.referenceHead.setText(_("Reference answer"))
        self.referenceLabel = widgets.text_label("referenceLabel")
        self.referenceLabel.setStyleSheet(widgets.REFERENCE_QUOTE)
        self.basisLabel = widgets.text_label("replyBasisLabel")
        self.othersLabel = widgets.text_label("otherRepliesLabel")
        self.categoriesLabel = widgets.text_label("categoriesLabel", selectable=False)
        self.reportButton = ctk.ctkCollapsibleButton()
        self.reportButton.setObjectName("reportButton")
        self.reportButton.text = _("Radiology report")
        self.reportLabel = widgets.text_label("reportLabel")
        widgets.plain_column(self.reportButton, widgets.SPACING).addWidget(self.reportLabel)
        self.reportButton.collapsed = True
        for widget in (
            self.chips,
            self.legendLabel,
            self.noteLabel,
            self.referenceHead,
            self.referenceLabel,
            self.basisLabel,
            self.othersLabel,
            self.categoriesLabel,
            self.reportButton,
        ):
            column.addWidget(widget)
        self.follow_font(self.widget.font)
        self.show_anatomy((), "")

    def follow_font(self, base: qt.QFont) -> None:
        """Take sizes from Slicer's font."""
        widgets.scale_font(self.referenceLabel, base, widgets.REPLY_SCALE)
        for label in (
            self.legendLabel,
            self.noteLabel,
            self.referenceHead,
            self.basisLabel,
            self.othersLabel,
            self.categoriesLabel,
        ):
            widgets.scale_font(label, base, widgets.SMALL_SCALE)

    def show(self, visible: Visible, reply: Reply | None, others: Sequence[Reply]) -> None:
        """Show what may be seen.

        Parameters
        ----------
        reply : the record behind the visible text, None where there is none
        others : replies to the same question, shown where the rules allow it
        """
        for label in (self.referenceHead, self.referenceLabel):
            label.setVisible(bool(visible.reference))
        self.referenceLabel.setText(visible.reference or "")
        basis = reply.basis if reply is not None and visible.sight.model else ""
        self.basisLabel.setText(_("Basis: {basis}").format(basis=basis) if basis else "")
        self.basisLabel.setVisible(bool(basis))
        lines = [_line(other) for other in others] if visible.sight.other_replies else []
        self.othersLabel.setText("\n".join(lines))
        self.othersLabel.setVisible(bool(lines))
        self.categoriesLabel.setText("  ·  ".join(str(category) for category in visible.categories))
        self.categoriesLabel.setVisible(bool(visible.categories))
        self.reportLabel.setText(visible.report or "")
        self.reportButton.setVisible(bool(visible.report))

    def show_anatomy(self, chips: Sequence[Chip], note: str) -> None:
        """Show what the views show; `note` says what is missing in them."""
        self.chips.show_chips(chips)
        self.chips.setVisible(bool(chips))
        self.legendLabel.setText(legend(chips))
        self.legendLabel.setVisible(bool(chips))
        self.noteLabel.setText(note)
        self.noteLabel.setVisible(bool(note))


def _line(reply: Reply) -> str:
    text = reply.answer if reply.answer is not None else f"– {labels.outcome(reply.outcome)}"
    return f"{reply.key.backend} ({labels.probe(reply.key.probe)}): {text}"
