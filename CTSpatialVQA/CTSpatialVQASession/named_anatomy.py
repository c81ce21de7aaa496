"""The anatomy that the texts before the reader name, from texts that he may see only."""

from __future__ import annotations

from CTSpatialVQALib.language.answer_context import in_context
from CTSpatialVQALib.language.terms import Reading, in_table_order, read_anatomy
from CTSpatialVQALib.reading.visible import Visible
from CTSpatialVQALib.records.words import Side
from CTSpatialVQALib.scene.shown_anatomy import Role, ShownAnatomy, ShownRegion

NO_ANATOMY = ShownAnatomy()


def anatomy_of_visible(visible: Visible) -> ShownAnatomy:
    """What the texts before the reader name; nothing where the overlay is hidden."""
    if not visible.sight.overlay or not visible.question:
        return NO_ANATOMY
    return anatomy_of_texts(visible.question, visible.reply, visible.reference)


def anatomy_of_texts(question: str, reply: str | None, reference: str | None) -> ShownAnatomy:
    """What the question asks about, the reply claims and the reference says; None for a text that is hidden.

    What an answer leaves open is taken from the question: `anterior segment` of the lobe asked about.
    """
    of_question = read_anatomy(question)
    of_reply = None if reply is None else read_anatomy(reply)
    of_reference = None if reference is None else read_anatomy(reference)
    regions = _regions(of_question, Role.QUESTION)
    regions += () if of_reply is None else _regions(of_reply, Role.CLAIMED)
    regions += () if of_reference is None else _regions(of_reference, Role.REFERENCE)
    return ShownAnatomy(
        question=in_table_order(of_question.structures | of_question.implied),
        claimed=() if of_reply is None else in_table_order(in_context(of_question, of_reply)),
        reference=() if of_reference is None else in_table_order(in_context(of_question, of_reference)),
        regions=regions,
    )


def _regions(text: Reading, role: Role) -> tuple[ShownRegion, ...]:
    """The places without a class; with their side where the words themselves say it (`left hilum`)."""
    side = Side(next(iter(text.sides))) if len(text.sides) == 1 else None
    sided = ((term.region, side if term.sided else None) for term in text.found if term.region is not None)
    return tuple(ShownRegion(name, role, its) for name, its in dict.fromkeys(sided) if name in text.regions)
