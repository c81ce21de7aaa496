"""Drawing of confusion grids: one shaded grid per model, the number in every cell."""

from __future__ import annotations

from CTSpatialVQALib.report.drawing import SMALL, Element, Size, add, add_text, width_of
from CTSpatialVQALib.report.plots import Grid, Grids

_CELL_HEIGHT = 30.0
_SHADES = 8  # from none to the whole row


def draw_grids(root: Element, plot: Grids, *, narrow: bool) -> Size:
    """Draw the grids side by side as far as they fit; a cell's shade is its share of its row."""
    if not plot.grids:
        return Size(420 if narrow else 960, 10)
    first = plot.grids[0]
    total = 420 if narrow else 960
    labels = max(width_of(name, SMALL) for name in (*first.rows, "was true")) + 12
    abreast = 1 if narrow else 2
    room = (total - 24.0 * (abreast - 1)) / abreast
    slanted = 34.0  # how far a slanted name of the last column reaches beyond it
    cell = min(62.0, (room - labels - slanted) / len(first.columns))
    height = 0.0
    for at, grid in enumerate(plot.grids):
        line, place = divmod(at, abreast)
        grid_height = 62 + _head_height(first, cell) + _CELL_HEIGHT * len(first.rows)
        height = max(height, (line + 1) * grid_height)
        group = add(root, "g", class_="grid", data_series=grid.title)
        group.set("transform", f"translate({place * (room + 24):.1f} {line * grid_height:.1f})")
        _grid(group, grid, plot, labels, cell)
    return Size(total, round(height))


def _head_height(grid: Grid, cell: float) -> float:
    return 20.0 if _level(grid, cell) else 14.0 + max(width_of(name, SMALL) for name in grid.columns) * 0.72


def _level(grid: Grid, cell: float) -> bool:
    """Whether the columns' names fit over them as they are; else they are slanted."""
    return all(width_of(name, SMALL) < cell for name in grid.columns)


def _grid(group: Element, grid: Grid, plot: Grids, left: float, cell: float) -> None:
    add_text(group, 0, 18, grid.title, "strong", room=left + cell * len(grid.columns))
    add_text(group, 0, 36, plot.rows_are, "small soft", room=left)
    add_text(group, left, 36, plot.columns_are, "small soft")
    top = 40 + _head_height(grid, cell)
    for column, name in enumerate(grid.columns):
        x = left + (column + 0.5) * cell
        if _level(grid, cell):
            add_text(group, x, top - 6, name, "small middle")
        else:
            add_text(group, 0, 0, name, "small").set(
                "transform", f"translate({x:.1f} {top - 5:.1f}) rotate(-45)"
            )
    for row, name in enumerate(grid.rows):
        y = top + row * _CELL_HEIGHT
        add_text(group, left - 6, y + 20, name, "small end", room=left)
        row_total = sum(grid.counts[row])
        for column, count in enumerate(grid.counts[row]):
            shade = round(_SHADES * count / row_total) if row_total else 0
            right = (row, column) in grid.right
            x = left + column * cell
            _cell(group, x, y, cell, shade, right=right)
            counted = add_text(group, x + cell / 2, y + 20, str(count), "small middle figures")
            counted.set("data-row", name)
            counted.set("data-column", grid.columns[column])
            if right:
                counted.set("class", "small middle figures strong")


def _cell(group: Element, x: float, y: float, width: float, shade: int, *, right: bool) -> None:
    class_ = f"cell h{shade}{' right' if right else ''}"
    inset = 1.5 if right else 0.5
    add(
        group,
        "rect",
        x=x + inset,
        y=y + inset,
        width=width - 2 * inset,
        height=_CELL_HEIGHT - 2 * inset,
        class_=class_,
    )
