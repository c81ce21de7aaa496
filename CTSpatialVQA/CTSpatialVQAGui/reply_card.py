"""What did the model say, and what is taken as true? Reply, facts, reference and report."""

import ctk
from slicer.i18n import tr as _

from CTSpatialVQAGui import looks, wording

LEAST_SECONDS = 0.05  # recorded and measured answers take no time worth telling


class ReplyCard:
    """The reply, the reference below it, and the report folded away."""

    def __init__(self):
        self.widget, column = looks.card()
        self.factsLabel = looks.text_label("replyFactsLabel")
        self.replyLabel = looks.text_label("replyLabel")
        self.basisLabel = looks.text_label("replyBasisLabel")
        self.othersLabel = looks.text_label("otherRepliesLabel")
        self.referenceHead = looks.text_label("referenceHeadLabel", selectable=False)
        self.referenceLabel = looks.text_label("referenceLabel")
        self.reportButton = ctk.ctkCollapsibleButton()
        self.reportButton.setObjectName("reportButton")
        self.reportButton.text = _("Radiology report")
        self.reportLabel = looks.text_label("reportLabel")
        looks.plain_column(self.reportButton, looks.SPACING).addWidget(self.reportLabel)
        self.reportButton.collapsed = True
        for one in (
            self.factsLabel,
            self.replyLabel,
            self.basisLabel,
            self.othersLabel,
            self.referenceHead,
            self.referenceLabel,
            self.reportButton,
        ):
            column.addWidget(one)
        self.referenceHead.setText(_("Reference answer"))
        self.replyLabel.setStyleSheet(looks.REPLY_QUOTE)
        self.referenceLabel.setStyleSheet(looks.REFERENCE_QUOTE)
        self.follow_font(self.widget.font)

    def follow_font(self, base):
        """Take sizes from Slicer's font."""
        looks.scale_font(self.replyLabel, base, looks.REPLY_SCALE)
        looks.scale_font(self.referenceLabel, base, looks.REPLY_SCALE)
        for one in (self.factsLabel, self.basisLabel, self.referenceHead, self.othersLabel):
            looks.scale_font(one, base, looks.SMALL_SCALE)

    def show(self, visible, reply, others, failures):
        """Show what may be seen.

        Parameters
        ----------
        reply : the record behind the visible text, None where there is none
        others : of the same question, shown where the rules allow it
        failures : askings of this question that brought no answer
        """
        self.widget.setVisible(not visible.answers_himself)
        self.factsLabel.setText(_facts(visible, reply, failures))
        self.replyLabel.setText(visible.reply or "")
        self.replyLabel.setVisible(visible.reply is not None)
        basis = reply.basis if reply is not None and visible.sight.model else ""
        self.basisLabel.setText(_("Basis: {basis}").format(basis=basis) if basis else "")
        self.basisLabel.setVisible(bool(basis))
        lines = [_line(one) for one in others] if visible.sight.other_replies else []
        self.othersLabel.setText("\n".join(lines))
        self.othersLabel.setVisible(bool(lines))
        for one in (self.referenceHead, self.referenceLabel):
            one.setVisible(visible.reference is not None)
        self.referenceLabel.setText(visible.reference or "")
        self.reportLabel.setText(visible.report or "")
        self.reportButton.setVisible(bool(visible.report))


def _facts(visible, reply, failures):
    if reply is None or visible.reply is None:
        told = "; ".join(
            f"{one.key.backend}: {wording.outcome(one.outcome)} ({one.detail})" for one in failures
        )
        return told if told and visible.sight.model else _("No reply yet. Ask a model below.")
    name = visible.model or _("a model (name hidden until the reveal)")
    parts = [name, wording.outcome(reply.outcome)]
    if reply.duration_s >= LEAST_SECONDS:
        parts.append(_("{seconds:.1f} s").format(seconds=reply.duration_s))
    if str(reply.key.probe) != "full":
        parts.insert(1, wording.probe(reply.key.probe))
    return _("Reply of {facts}").format(facts="  ·  ".join(parts))


def _line(reply):
    said = reply.answer if reply.answer is not None else f"– {wording.outcome(reply.outcome)}"
    return f"{reply.key.backend} ({wording.probe(reply.key.probe)}): {said}"
