"""Drawing of histograms of words below each other over one axis, the median marked in each."""

from __future__ import annotations

from CTSpatialVQALib.report.drawing import SMALL, Element, Size, add, add_text, width_of
from CTSpatialVQALib.report.plots import Bars, Histograms

_ROW = 62.0
_BARS = 44.0


def draw_histograms(root: Element, plot: Histograms, *, narrow: bool) -> Size:
    """Draw `plot` into `root`."""
    width, left, right = (420, 10.0, 410.0) if narrow else (960, 270.0, 770.0)
    row = _ROW + (20 if narrow else 0)
    bins = max((len(bars.counts) for bars in plot.rows), default=1)
    step = (right - left) / bins
    for at, bars in enumerate(plot.rows):
        top = at * row
        group = add(root, "g", class_="histogram", data_series=bars.label, data_median=float(bars.median))
        if narrow:
            add_text(group, 2, top + 16, bars.label, room=width - width_of(bars.value_text, SMALL) - 16)
            add_text(group, width - 2, top + 16, bars.value_text, "small end figures")
        else:
            add_text(group, 2, top + _ROW - 8, bars.label, room=left - 14)
            add_text(group, width - 2, top + _ROW - 8, bars.value_text, "small end figures")
        _bars(group, bars, left, step, top + row)
    bottom = row * len(plot.rows)
    first = plot.rows[0].first if plot.rows else 1
    last = first + bins - 1
    apart = 5 if bins <= 30 else 10
    for value in (
        *(tick for tick in range(first, last) if tick % apart == 0 and (last - tick) * step > 34),
        last,
    ):
        words = f"{value}+" if value == last and any(bars.and_more for bars in plot.rows) else str(value)
        add_text(root, left + (value - first + 0.5) * step, bottom + 16, words, "small middle soft")
    add_text(root, (left + right) / 2, bottom + 34, plot.words, "small middle soft")
    return Size(width, round(bottom + 42))


def _bars(group: Element, bars: Bars, left: float, step: float, bottom: float) -> None:
    highest = max(bars.counts, default=0)
    add(group, "line", x1=left, x2=left + step * len(bars.counts), y1=bottom, y2=bottom, class_="tick")
    for at, count in enumerate(bars.counts):
        if count:
            height = max(1.0, _BARS * count / highest)
            add(
                group,
                "rect",
                x=left + at * step + step * 0.08,
                y=bottom - height,
                width=step * 0.84,
                height=height,
                class_="counted",
                data_bin=bars.first + at,
                data_count=count,
            )
    x = left + (min(bars.median, bars.first + len(bars.counts) - 1) - bars.first + 0.5) * step
    add(group, "line", x1=x, x2=x, y1=bottom - _BARS - 4, y2=bottom + 4, class_="median")
