"""Coloured chips for the anatomy that the texts name: a click jumps there, hovering highlights."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import qt
from slicer.i18n import tr as _

from CTSpatialVQAGui import widgets
from CTSpatialVQALib.scene.shown_anatomy import Chip, Drawn, Role

GAP = 4
# how a structure is drawn on the slices, so that chip and outline are known by the same sign
SIGNS = {Role.QUESTION: "■", Role.CLAIMED: "▨", Role.REFERENCE: "□"}


class ChipButton(qt.QPushButton):
    """One structure or region."""

    def __init__(
        self, chip: Chip, on_click: Callable[[str], object], on_hover: Callable[[str | None], object]
    ) -> None:
        qt.QPushButton.__init__(self, f"{''.join(SIGNS[role] for role in chip.roles)} {chip.display}")
        self.key = chip.key
        self._on_hover = on_hover
        self.setObjectName(f"chip {chip.key}")
        self.setFocusPolicy(qt.Qt.TabFocus)
        self.show_state(chip)
        # not a method of its own: PythonQt would delete the button twice (docs/host.md, ownership)
        self.clicked.connect(lambda _checked=False, key=chip.key: on_click(key))

    def show_state(self, chip: Chip) -> None:
        """Show whether it can be shown, and how far its drawing has come."""
        self.setEnabled(chip.present)
        self.setStyleSheet(_style(chip.colour, chip.drawn))
        self.setToolTip(_tip(chip))

    def enterEvent(self, event: object) -> None:
        """The mouse came: let it stand out."""
        self._on_hover(self.key)

    def leaveEvent(self, event: object) -> None:
        """The mouse went: all alike again."""
        self._on_hover(None)


class ChipRow(qt.QWidget):
    """Chips side by side, in as many rows as the width needs."""

    def __init__(self) -> None:
        qt.QWidget.__init__(self)
        self.on_click: Callable[[str], object] = lambda key: None
        self.on_hover: Callable[[str | None], object] = lambda key: None
        self._chips: list[ChipButton] = []
        self._names: list[tuple[str, tuple[Role, ...]]] = []
        self.setObjectName("chipRow")

    @property
    def buttons(self) -> tuple[ChipButton, ...]:
        """The chips, in their order."""
        return tuple(self._chips)

    def show_chips(self, chips: Sequence[Chip]) -> None:
        """Show these and no others; a chip that only comes further in its drawing stays under the mouse."""
        names = [(chip.key, chip.roles) for chip in chips]
        if names == self._names:
            for button, chip in zip(self._chips, chips, strict=True):
                button.show_state(chip)
            return
        self._names = names
        for button in self._chips:
            widgets.discard(button)
        self._chips = [ChipButton(chip, self.on_click, self.on_hover) for chip in chips]
        for button in self._chips:
            button.setParent(self)
            button.setVisible(True)
        self.arrange()

    def resizeEvent(self, event: object) -> None:
        """The panel got wider or narrower."""
        self.arrange()

    def arrange(self) -> None:
        """Place the chips from left to right, and take the height they need."""
        across = down = row_height = 0
        width = max(int(self.width), 1)
        for chip in self._chips:
            size = chip.sizeHint
            wide = min(size.width(), width)
            if across and across + wide > width:
                across, down = 0, down + row_height + GAP
            chip.setGeometry(across, down, wide, size.height())
            across += wide + GAP
            row_height = size.height()
        self.setFixedHeight(down + row_height if self._chips else 0)


def legend(chips: Sequence[Chip]) -> str:
    """What the signs of these chips mean."""
    used = {role for chip in chips for role in chip.roles}
    words = {Role.QUESTION: _("asked about"), Role.CLAIMED: _("claimed"), Role.REFERENCE: _("reference")}
    parts = [f"{SIGNS[role]} {words[role]}" for role in Role if role in used]
    reasons = dict.fromkeys(chip.note for chip in chips if not chip.present and chip.note)
    if reasons:
        parts.append(_("dashed: {reason}").format(reason="; ".join(reasons)))
    if any(chip.present and chip.drawn is not Drawn.EVERYWHERE for chip in chips):
        parts.append(_("dotted: still being drawn"))
    return "   ".join(parts)


def _style(colour: tuple[float, float, float] | None, drawn: Drawn) -> str:
    if colour is None:
        # a disabled button's own grey is too pale to be read, and this text is to be read
        return (
            "QPushButton { border: 1px dashed palette(text); border-radius: 8px; padding: 1px 6px;"
            " background: transparent; color: palette(text); font-style: italic; }"
        )
    red, green, blue = (round(255 * part) for part in colour)
    line = f"rgb({red}, {green}, {blue})"
    pen = "solid" if drawn is Drawn.EVERYWHERE else "dotted"
    return (
        f"QPushButton {{ border: 2px {pen} {line}; border-radius: 8px; padding: 1px 6px;"
        f" background: rgba({red}, {green}, {blue}, 40); }}"
        f"QPushButton:hover, QPushButton:focus {{ background: rgba({red}, {green}, {blue}, 110); }}"
    )


def _tip(chip: Chip) -> str:
    if chip.present and chip.drawn is Drawn.NOT_YET:
        return _("Not drawn yet: being made.")
    if chip.present and chip.drawn is Drawn.ON_SLICES:
        return _("On the slices; its 3D surface is still being made. Click: go there.")
    if chip.present:
        note = f"\n{chip.note}" if chip.note else ""
        return _("Click: go there. Hover: highlight.") + note
    return _("Cannot be shown: {reason}").format(reason=chip.note)
