"""What do the texts name? Coloured chips that wrap like words: a click jumps there, hovering highlights."""

import qt
from slicer.i18n import tr as _

from CTSpatialVQAGui import looks
from CTSpatialVQALib.scene.shown_anatomy import Drawn, Role

GAP = 5
# how a structure is drawn on the slices, so that chip and outline are known by the same sign
SIGNS = {Role.QUESTION: "■", Role.CLAIMED: "▨", Role.REFERENCE: "□"}


class ChipButton(qt.QPushButton):
    """One structure or region."""

    def __init__(self, chip, on_click, on_hover):
        qt.QPushButton.__init__(self, f"{''.join(SIGNS[role] for role in chip.roles)} {chip.display}")
        self.key = chip.key
        self._on_hover = on_hover
        self.setObjectName(f"chip {chip.key}")
        self.setFocusPolicy(qt.Qt.TabFocus)
        self.show_state(chip)
        # not a method of its own: PythonQt would delete the button twice (docs/host.md, ownership)
        self.clicked.connect(lambda _checked=False, key=chip.key: on_click(key))

    def show_state(self, chip):
        """Show whether it can be shown, and how far its drawing has come."""
        self.setEnabled(chip.present)
        self.setStyleSheet(_style(chip.colour, chip.drawn))
        self.setToolTip(_tip(chip))

    def enterEvent(self, event):
        """The mouse came: let it stand out."""
        self._on_hover(self.key)

    def leaveEvent(self, event):
        """The mouse went: all alike again."""
        self._on_hover(None)


class ChipRow(qt.QWidget):
    """Chips side by side, in as many rows as the width needs."""

    def __init__(self, on_click, on_hover):
        qt.QWidget.__init__(self)
        self._on_click, self._on_hover = on_click, on_hover
        self._chips, self._names = [], []
        self.setObjectName("chipRow")

    @property
    def buttons(self):
        """The chips, in their order."""
        return tuple(self._chips)

    def show_chips(self, chips):
        """Show these and no others; a chip that only comes further in its drawing stays under the mouse."""
        names = [(chip.key, chip.roles) for chip in chips]
        if names == self._names:
            for button, chip in zip(self._chips, chips, strict=True):
                button.show_state(chip)
            return
        self._names = names
        for button in self._chips:
            looks.discard(button)
        self._chips = [ChipButton(chip, self._on_click, self._on_hover) for chip in chips]
        for one in self._chips:
            one.setParent(self)
            one.setVisible(True)
        self.arrange()

    def resizeEvent(self, event):
        """The panel got wider or narrower."""
        self.arrange()

    def arrange(self):
        """Place the chips from left to right, and take the height they need."""
        across = down = row_height = 0
        width = max(self.width, 1)
        for one in self._chips:
            size = one.sizeHint
            wide = min(size.width(), width)
            if across and across + wide > width:
                across, down = 0, down + row_height + GAP
            one.setGeometry(across, down, wide, size.height())
            across += wide + GAP
            row_height = size.height()
        self.setFixedHeight(down + row_height if self._chips else 0)


def legend(chips):
    """What the signs of these chips mean."""
    used = {role for chip in chips for role in chip.roles}
    words = {Role.QUESTION: _("asked about"), Role.CLAIMED: _("claimed"), Role.REFERENCE: _("reference")}
    told = [f"{SIGNS[role]} {words[role]}" for role in Role if role in used]
    reasons = dict.fromkeys(chip.note for chip in chips if not chip.present and chip.note)
    if reasons:
        told.append(_("dashed: {reason}").format(reason="; ".join(reasons)))
    if any(chip.present and chip.drawn is not Drawn.EVERYWHERE for chip in chips):
        told.append(_("dotted: still being drawn"))
    return "   ".join(told)


def _style(colour, drawn):
    if colour is None:
        # a disabled button's own grey is too pale to be read, and this one is to be read
        return (
            "QPushButton { border: 1px dashed palette(text); border-radius: 9px; padding: 2px 8px;"
            " background: transparent; color: palette(text); font-style: italic; }"
        )
    red, green, blue = (round(255 * part) for part in colour)
    line = f"rgb({red}, {green}, {blue})"
    pen = "solid" if drawn is Drawn.EVERYWHERE else "dotted"
    return (
        f"QPushButton {{ border: 2px {pen} {line}; border-radius: 9px; padding: 2px 8px;"
        f" background: rgba({red}, {green}, {blue}, 40); }}"
        f"QPushButton:hover, QPushButton:focus {{ background: rgba({red}, {green}, {blue}, 110); }}"
    )


def _tip(chip):
    if chip.present and chip.drawn is Drawn.NOT_YET:
        return _("Not drawn yet: being made.")
    if chip.present and chip.drawn is Drawn.ON_SLICES:
        return _("On the slices; its 3D surface is still being made. Click: go there.")
    if chip.present:
        note = f"\n{chip.note}" if chip.note else ""
        return _("Click: go there. Hover: highlight.") + note
    return _("Cannot be shown: {reason}").format(reason=chip.note)
