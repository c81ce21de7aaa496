"""Which anatomy do the texts before the reader name? Only of texts that he may see."""

from __future__ import annotations

from CTSpatialVQALib.language.answer_context import in_context
from CTSpatialVQALib.language.terms import Reading, in_table_order, read_anatomy
from CTSpatialVQALib.reading.visible import Visible
from CTSpatialVQALib.records.words import Side
from CTSpatialVQALib.scene.shown_anatomy import Role, ShownAnatomy, ShownRegion

NOTHING_NAMED = ShownAnatomy()


def named_by_visible(visible: Visible) -> ShownAnatomy:
    """What the texts before the reader name; nothing where the overlay is hidden."""
    if not visible.sight.overlay or not visible.question:
        return NOTHING_NAMED
    return named_by(visible.question, visible.reply, visible.reference)


def named_by(question: str, reply: str | None, reference: str | None) -> ShownAnatomy:
    """What the question asks about, the reply claims and the reference says; None for a text that is hidden.

    What an answer leaves open is taken from the question: `anterior segment` of the lobe asked about.
    """
    asked = read_anatomy(question)
    claimed = None if reply is None else read_anatomy(reply)
    told = None if reference is None else read_anatomy(reference)
    regions = _regions(asked, Role.QUESTION)
    regions += () if claimed is None else _regions(claimed, Role.CLAIMED)
    regions += () if told is None else _regions(told, Role.REFERENCE)
    return ShownAnatomy(
        question=in_table_order(asked.structures | asked.implied),
        claimed=() if claimed is None else in_table_order(in_context(asked, claimed)),
        reference=() if told is None else in_table_order(in_context(asked, told)),
        regions=regions,
    )


def _regions(text: Reading, role: Role) -> tuple[ShownRegion, ...]:
    """The places without a class; with their side where the words themselves say it (`left hilum`)."""
    side = Side(next(iter(text.sides))) if len(text.sides) == 1 else None
    found = ((one.region, side if one.sided else None) for one in text.found if one.region is not None)
    return tuple(ShownRegion(name, role, its) for name, its in dict.fromkeys(found) if name in text.regions)
