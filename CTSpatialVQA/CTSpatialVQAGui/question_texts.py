"""Question and reply, which always stay in sight; what is long scrolls inside."""

from __future__ import annotations

from collections.abc import Sequence

import qt
from slicer.i18n import tr as _

from CTSpatialVQAGui import labels, widgets
from CTSpatialVQALib.reading.visible import Visible
from CTSpatialVQALib.records.reply import Reply

LEAST_SECONDS = 0.05  # recorded and measured answers take no time worth telling
FRAME = 2  # pixels that the area takes beside its content


class QuestionTexts:
    """The question in large letters, the reply below it, and the suggestion while an error type is chosen."""

    def __init__(self) -> None:
        self._content, column = widgets.card()
        self.placeLabel = widgets.text_label("placeLabel")
        self.questionLabel = widgets.text_label("questionLabel")
        self.factsLabel = widgets.text_label("replyFactsLabel")
        self.replyLabel = widgets.text_label("replyLabel")
        self.suggestionLabel = widgets.text_label("suggestionLabel")
        self.replyLabel.setStyleSheet(widgets.REPLY_QUOTE)
        for label in (
            self.placeLabel,
            self.questionLabel,
            self.factsLabel,
            self.replyLabel,
            self.suggestionLabel,
        ):
            column.addWidget(label)
        column.addStretch(1)
        self.widget = widgets.scroll_area("questionArea", self._content)
        self._base = qt.QFont(self.widget.font)
        self._has_facts = False
        self.suggest("")
        self.set_compact(False)

    def follow_font(self, base: qt.QFont) -> None:
        """Take sizes from Slicer's font."""
        self._base = qt.QFont(base)
        self.set_compact(False)

    def set_compact(self, compact: bool) -> None:
        """Leave out what is not read while a choice is made, where there is little room."""
        scale = widgets.COMPACT_QUESTION_SCALE if compact else widgets.QUESTION_SCALE
        widgets.scale_font(self.questionLabel, self._base, scale, True)
        widgets.scale_font(self.replyLabel, self._base, 1.0 if compact else widgets.REPLY_SCALE)
        for label in (self.placeLabel, self.factsLabel, self.suggestionLabel):
            widgets.scale_font(label, self._base, widgets.SMALL_SCALE)
        self.placeLabel.setVisible(not compact)
        self.factsLabel.setVisible(self._has_facts and not compact)

    def height_needed(self, width: int) -> int:
        """Pixels that the texts need at this width, to be read without scrolling."""
        return int(self._content.heightForWidth(width - FRAME)) + FRAME

    def least_height(self) -> int:
        """Pixels for two lines of a question and one of a reply."""
        question = qt.QFontMetrics(self.questionLabel.font).lineSpacing()
        reply = qt.QFontMetrics(self.replyLabel.font).lineSpacing()
        return int(2 * question + reply + widgets.SPACING + 2 * widgets.MARGIN + FRAME)

    def show(self, visible: Visible, place: str, reply: Reply | None, failures: Sequence[Reply]) -> None:
        """Show what may be seen.

        Parameters
        ----------
        place : which question of how many, of which case
        reply : the record behind the visible text, None where there is none
        failures : requests for this question that brought no answer
        """
        self.placeLabel.setText(place)
        self.questionLabel.setText(visible.question or _("Nothing to read here yet."))
        self._has_facts = not visible.answers_himself
        self.factsLabel.setText(_facts(visible, reply, failures))
        self.factsLabel.setVisible(self._has_facts)
        self.replyLabel.setText(visible.reply or "")
        self.replyLabel.setVisible(visible.reply is not None)
        self.suggest("")
        self.widget.verticalScrollBar().setValue(0)

    def suggest(self, sentence: str) -> None:
        """Show what the measured anatomy suggests; empty for nothing."""
        self.suggestionLabel.setText(sentence)
        self.suggestionLabel.setVisible(bool(sentence))


def _facts(visible: Visible, reply: Reply | None, failures: Sequence[Reply]) -> str:
    if reply is None or visible.reply is None:
        problems = "; ".join(
            f"{failed.key.backend}: {labels.outcome(failed.outcome)} ({failed.detail})" for failed in failures
        )
        return problems if problems and visible.sight.model else _("No reply yet. Ask a model below.")
    parts = [visible.model or _("a model (name hidden until the reveal)"), labels.outcome(reply.outcome)]
    if reply.duration_s >= LEAST_SECONDS:
        parts.append(_("{seconds:.1f} s").format(seconds=reply.duration_s))
    if str(reply.key.probe) != "full":
        parts.insert(1, labels.probe(reply.key.probe))
    return _("Reply of {facts}").format(facts="  ·  ".join(parts))
