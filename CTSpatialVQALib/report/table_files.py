"""Tables of a report as CSV and LaTeX, and all shares with n, interval and method as one CSV of numbers."""

from __future__ import annotations

import csv
import io
import json
import re
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

from CTSpatialVQALib.escaping import visible
from CTSpatialVQALib.files import write_text
from CTSpatialVQALib.report.analysis import Analysis, ModelNumbers
from CTSpatialVQALib.report.page_data import ReportData
from CTSpatialVQALib.report.plots import Figure, Table
from CTSpatialVQALib.report.spreadsheet import safe_cell
from CTSpatialVQALib.statistics.clusters import INTERVAL_METHOD, Accuracy
from CTSpatialVQALib.statistics.groups import GroupShare

FORMAT = "ctspatialvqa-tables/1"
SHARES_FILE = "shares.csv"
SHARE_COLUMNS = (
    "model",
    "probe",
    "kind",
    "group",
    "right",
    "n",
    "patients",
    "share",
    "ci_low",
    "ci_high",
    "ci_level",
    "ci_method",
    "design_effect",
    "p_versus_rest",
    "p_holm",
)
_METHOD = f"{INTERVAL_METHOD}, over patients"
_LATEX = {
    "\\": r"\textbackslash{}",
    "&": r"\&",
    "%": r"\%",
    "$": r"\$",
    "#": r"\#",
    "_": r"\_",
    "{": r"\{",
    "}": r"\}",
    "~": r"\textasciitilde{}",
    "^": r"\textasciicircum{}",
    "<": r"\textless{}",
    ">": r"\textgreater{}",
    "\u00a0": "~",
    "\u202f": r"\,",
    "\u2212": "$-$",
    "\u00b1": r"$\pm$",
    "\u25b2": r"$\blacktriangle$",
    "\u25bc": r"$\blacktriangledown$",
    "\u2026": r"\ldots{}",
    "\u201c": "``",
    "\u201d": "''",
    "\n": " ",
}


class _Placed(NamedTuple):
    """A table, the section it stands in, and how to read its figure."""

    section: str
    table: Table
    how_to_read: str


def write_tables(data: ReportData, analysis: Analysis, folder: Path) -> tuple[Path, ...]:
    """Write every table of `data` as `NN-caption.csv` and `.tex`, `shares.csv`, and `index.json`.

    Raises
    ------
    WorkFailed
        If the folder cannot be written to.
    """
    paths = []
    index = []
    for number, placed in enumerate(_tables(data), start=1):
        name = f"{number:02d}-{_slug(placed.table.caption)}"
        write_text(folder / f"{name}.csv", csv_text(placed.table))
        write_text(folder / f"{name}.tex", latex_text(placed.table, label=name))
        paths += [folder / f"{name}.csv", folder / f"{name}.tex"]
        index.append(
            {
                "files": [f"{name}.csv", f"{name}.tex"],
                "section": placed.section,
                "caption": placed.table.caption,
                "columns": [column.name for column in placed.table.columns],
                "how_to_read": placed.how_to_read,
            }
        )
    write_text(folder / SHARES_FILE, shares_text(analysis))
    document = {
        "format": FORMAT,
        "study": data.study_id,
        "made": data.generated_utc,
        "software": data.software_version,
        "intervals": f"95 %, {_METHOD}",
        "methods": list(data.methods),
        "tables": index,
    }
    write_text(folder / "index.json", json.dumps(document, ensure_ascii=False, indent=1) + "\n")
    return (*paths, folder / SHARES_FILE, folder / "index.json")


def csv_text(table: Table) -> str:
    """The table as CSV (RFC 4180); what a spreadsheet would compute gets an apostrophe in front."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\r\n")
    writer.writerow([column.name for column in table.columns])
    writer.writerows([safe_cell(_plain(cell)) for cell in row] for row in table.rows)
    return out.getvalue()


def latex_text(table: Table, *, label: str) -> str:
    """The table as LaTeX, for the packages booktabs and amssymb."""
    shape = "".join("r" if column.numeric else "l" for column in table.columns)
    lines = [
        r"\begin{table}",
        rf"\caption{{{escaped(table.caption)}}}",
        rf"\label{{tab:{label}}}",
        rf"\begin{{tabular}}{{{shape}}}",
        r"\toprule",
        _latex_row([column.name for column in table.columns]),
        r"\midrule",
        *map(_latex_row, table.rows),
        r"\bottomrule",
        r"\end{tabular}",
        r"\end{table}",
    ]
    return "\n".join(lines) + "\n"


def escaped(text: str) -> str:
    """`text` as LaTeX sets it: nothing in it is a command."""
    return "".join(_LATEX.get(sign, sign) for sign in visible(text))


def shares_text(analysis: Analysis) -> str:
    """Every share as numbers: over all, by category and by question form, for every model and probe."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\r\n")
    writer.writerow(SHARE_COLUMNS)
    for model in analysis.models:
        writer.writerows([safe_cell(cell) for cell in row] for row in _share_rows(model))
    return out.getvalue()


def _share_rows(model: ModelNumbers) -> Iterator[list[str]]:
    if model.accuracy is not None:
        yield _share_row(model, "all", "", model.accuracy, "", "")
    for kind, shares in (("category", model.categories), ("form", [form.share for form in model.forms])):
        for share in shares:
            yield _share_row(model, kind, share.group, share, _number(share.p), _number(share.p_holm))


def _share_row(
    model: ModelNumbers, kind: str, group: str, share: Accuracy | GroupShare, p: str, p_holm: str
) -> list[str]:
    low, high = share.interval or (None, None)
    return [
        model.name,
        str(model.probe),
        kind,
        group,
        str(share.right),
        str(share.questions),
        str(share.patients),
        _number(share.share),
        _number(low),
        _number(high),
        "0.95",
        _METHOD,
        _number(share.design_effect),
        p,
        p_holm,
    ]


def _tables(data: ReportData) -> Iterator[_Placed]:
    if data.accuracy is not None:
        yield _Placed("summary", data.accuracy.table, data.accuracy.how_to_read)
    for section in data.sections:
        for piece in section.pieces:
            if isinstance(piece, Figure):
                yield _Placed(section.name, piece.table, piece.how_to_read)
            elif isinstance(piece, Table):
                yield _Placed(section.name, piece, "")
    if data.settings is not None:
        yield _Placed("methods", data.settings, "")


def _latex_row(cells: Sequence[str]) -> str:
    return " & ".join(map(escaped, cells)) + r" \\"


def _plain(cell: str) -> str:
    return visible(cell).replace("\u00a0", " ").replace("\u202f", "").replace("\u2212", "-")


def _slug(caption: str) -> str:
    words = re.sub(r"[^a-z0-9]+", "-", caption.lower()).strip("-")
    return words[:60].rstrip("-") or "table"


def _number(value: float | None) -> str:
    return "" if value is None or value != value else f"{value:.6g}"
