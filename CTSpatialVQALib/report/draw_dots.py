"""Drawing of dot plots: one lane per value with its mark, interval and words; chance as dashed lines."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from CTSpatialVQALib.report.drawing import SMALL, TEXT, Element, Size, add, add_mark, add_text, width_of
from CTSpatialVQALib.report.plots import Axis, Band, Dot, DotPlot, Rule
from CTSpatialVQALib.statistics.intervals import Interval

_LEVEL = 16.0  # height of one line of words over the lines


class _Layout(NamedTuple):
    """Where things stand: the track of the axis from `left` to `right`, lanes below each other.

    above : the label stands over its lane, not beside it
    """

    width: int
    left: float
    right: float
    lane: float
    title: float
    above: bool

    def x(self, axis: Axis, value: float) -> float:
        share = (value - axis.low) / (axis.high - axis.low)
        return self.left + min(1.0, max(0.0, share)) * (self.right - self.left)


_WIDE = _Layout(width=960, left=230, right=770, lane=27, title=28, above=False)
_NARROW = _Layout(width=420, left=22, right=398, lane=44, title=30, above=True)


def draw_dots(root: Element, plot: DotPlot, *, narrow: bool) -> Size:
    """Draw `plot` into `root`."""
    layout = _NARROW if narrow else _wide_for(plot)
    top = _words_over(root, plot.rules, plot.axis, layout, 4.0)
    height = sum(_height(band, layout, plot.axis) for band in plot.bands)
    for at, words in plot.axis.ticks:
        x = layout.x(plot.axis, at)
        add(root, "line", x1=x, x2=x, y1=top, y2=top + height, class_="tick")
        add_text(root, x, top + height + 18, words, "small middle soft")
    for rule in plot.rules:
        _rule(root, rule, plot.axis, layout, Interval(top, top + height))
    y = top
    for band in plot.bands:
        _band(root, band, plot.axis, layout, y)
        y += _height(band, layout, plot.axis)
    if plot.axis.words:
        middle = (layout.left + layout.right) / 2
        add_text(root, middle, top + height + 36, plot.axis.words, "small middle soft")
    return Size(layout.width, round(top + height + (46 if plot.axis.words else 28)))


def _wide_for(plot: DotPlot) -> _Layout:
    """As much room for the labels as the longest needs, within bounds."""
    longest = max((width_of(dot.label, TEXT) for band in plot.bands for dot in band.dots), default=0.0)
    return _WIDE._replace(left=min(320.0, max(170.0, longest + 36)))


def _height(band: Band, layout: _Layout, axis: Axis) -> float:
    words = _LEVEL * _levels(band.rules, axis, layout)
    return (layout.title if band.title else 6.0) + words + layout.lane * len(band.dots) + 8.0


def _band(root: Element, band: Band, axis: Axis, layout: _Layout, top: float) -> None:
    group = add(root, "g", class_="band", data_band=band.title or None)
    y = top + 6.0
    if band.title:
        add_text(group, 2, top + 20, band.title, "strong", room=layout.width - 4)
        add(group, "line", x1=0, x2=layout.width, y1=top + 2, y2=top + 2, class_="between")
        y = top + layout.title
    y = _words_over(group, band.rules, axis, layout, y)
    end = y + layout.lane * len(band.dots)
    for rule in band.rules:
        _rule(group, rule, axis, layout, Interval(y, end))
    for dot in band.dots:
        _lane(group, dot, axis, layout, y, indent=10.0 if band.title else 2.0)
        y += layout.lane


def _lane(parent: Element, dot: Dot, axis: Axis, layout: _Layout, top: float, indent: float) -> None:
    group = add(
        parent,
        "g",
        class_="lane",
        data_series=dot.label,
        data_value=dot.value,
        **_ends("interval", dot.interval),
        **_ends("bounds", dot.bounds),
    )
    if layout.above:
        y = top + 30.0
        add_text(
            group,
            indent,
            top + 14,
            dot.label,
            "over",
            room=layout.width - width_of(dot.value_text, SMALL) - 20,
        )
        add_text(group, layout.width - 2, top + 14, dot.value_text, "small end figures over")
    else:
        y = top + layout.lane / 2
        add_text(group, indent, y + 5, dot.label, room=layout.left - indent - 16)
        add_text(group, layout.width - 2, y + 5, dot.value_text, "small end figures")
    _marks(group, dot, axis, layout, y)


def _marks(group: Element, dot: Dot, axis: Axis, layout: _Layout, y: float) -> None:
    series = f"s{dot.series % 8}"
    if dot.bounds is not None:
        low, high = (layout.x(axis, end) for end in dot.bounds)
        add(group, "rect", x=low, y=y - 8, width=max(1.0, high - low), height=16, rx=2, class_="bounds")
    if dot.interval is not None:
        low, high = (layout.x(axis, end) for end in dot.interval)
        add(group, "line", x1=low, x2=high, y1=y, y2=y, class_=f"interval {series}")
        for x in (low, high):
            add(group, "line", x1=x, x2=x, y1=y - 6, y2=y + 6, class_=f"interval {series}")
    if dot.value is not None:
        add_mark(group, layout.x(axis, dot.value), y, dot.series)


def _ends(name: str, interval: Interval | None) -> dict[str, float | str | None]:
    low, high = (None, None) if interval is None else interval
    return {f"data_{name}_low": low, f"data_{name}_high": high}


def _rule(parent: Element, rule: Rule, axis: Axis, layout: _Layout, span: Interval) -> None:
    x = layout.x(axis, rule.at)
    add(
        parent, "line", x1=x, x2=x, y1=span.low, y2=span.high, class_=f"rule {rule.style}", data_value=rule.at
    )


class _Placed(NamedTuple):
    """The words of a line: on which level over it (0 is the lowest), and from where to where."""

    rule: Rule
    at: float
    level: int
    low: float
    high: float

    def crosses(self, neighbour: _Placed) -> bool:
        """Whether these words meet the words of another line, or one of the two lines the other's words."""
        words_meet = self.level == neighbour.level and self.low < neighbour.high and neighbour.low < self.high
        mine_in_his = self.level > neighbour.level and neighbour.low < self.at < neighbour.high
        his_in_mine = neighbour.level >= self.level and self.low < neighbour.at < self.high
        return words_meet or mine_in_his or his_in_mine


def _placed(rules: Sequence[Rule], axis: Axis, layout: _Layout) -> list[_Placed]:
    """The words over the lines, each beside its own line, on the lowest level where nothing crosses them.

    Where there is none they stand above all others, with the line running down behind the words below.
    """
    placed: list[_Placed] = []
    for rule in sorted((rule for rule in rules if rule.words), key=lambda rule: -rule.at):
        x = layout.x(axis, rule.at)
        width = width_of(rule.words, SMALL) + 10
        low = x if x + width <= layout.width else max(0.0, x - width)
        above = 1 + max((label.level for label in placed), default=-1)
        levels = (_Placed(rule, x, level, low, low + width) for level in range(above + 1))
        free = (label for label in levels if not any(map(label.crosses, placed)))
        placed.append(next(free, _Placed(rule, x, above, low, low + width)))
    return placed


def _levels(rules: Sequence[Rule], axis: Axis, layout: _Layout) -> int:
    return max((label.level + 1 for label in _placed(rules, axis, layout)), default=0)


def _words_over(parent: Element, rules: Sequence[Rule], axis: Axis, layout: _Layout, top: float) -> float:
    """Write the words of the lines from `top` on; where the lines themselves begin."""
    placed = _placed(rules, axis, layout)
    begin = top + _LEVEL * _levels(rules, axis, layout)
    for label in placed:
        y = begin - _LEVEL * (label.level + 1)
        add(parent, "line", x1=label.at, x2=label.at, y1=y, y2=begin, class_=f"rule {label.rule.style}")
    for label in placed:
        y = begin - _LEVEL * (label.level + 1) + 12
        add_text(parent, label.low + 5, y, label.rule.words, "small over")
    return begin
