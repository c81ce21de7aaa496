"""Writer of the report as one self-contained HTML file that asks nothing of the network."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from CTSpatialVQALib.escaping import visible
from CTSpatialVQALib.files import written_whole
from CTSpatialVQALib.optional_packages import require_package
from CTSpatialVQALib.records.words import Probe
from CTSpatialVQALib.report import text_format as wording
from CTSpatialVQALib.report.embedded import embedded_json
from CTSpatialVQALib.report.page_data import BackendSummary, ReportData
from CTSpatialVQALib.report.page_pictures import PagePictures
from CTSpatialVQALib.report.plots import Figure
from CTSpatialVQALib.report.svg import Shape, inline_svg
from CTSpatialVQALib.resources import resource

if TYPE_CHECKING:
    from jinja2 import Environment

MOST_CARDS = 200
_WRITE_EVERY = 64  # template pieces per write: a report with pictures never stands in memory as one text


def render_report(data: ReportData, out: Path, *, most_cards: int = MOST_CARDS) -> None:
    """Write `data` as one HTML file, whole or not at all.

    The page carries its own style, script, pictures and data, and a Content-Security-Policy that lets
    the browser load nothing else and run no other script than the one whose hash it names.

    Parameters
    ----------
    most_cards : so many items, from the first, become cards with pictures; if there are more, the page
        says so and lists all of them in a table that its script builds page by page

    Raises
    ------
    WorkFailed
        If jinja2 is not installed or the file cannot be written.
    """
    environment = _environment()
    style, script = _asset("report.css", "figure.css"), _asset("report.js")
    stream = environment.get_template("report.html.j2").stream(
        data=data,
        cards=data.items[:most_cards],
        told=_told_in_words(data),
        categories=_categories(data),
        style=style,
        script=script,
        policy=_policy(style, script),
        machine_readable=partial(_json_pieces, data),
    )
    stream.enable_buffering(_WRITE_EVERY)
    with written_whole(out) as temporary:
        stream.dump(str(temporary), encoding="utf-8")


def _told_in_words(data: ReportData) -> list[BackendSummary]:
    """What has a sentence and a panel: everything shown; probes only where there is nothing else."""
    full = [summary for summary in data.summary if summary.probe == Probe.FULL]
    return full or list(data.summary)


def _categories(data: ReportData) -> list[str]:
    """The categories that were asked about, in the order of the summaries: what the filter offers."""
    return list(dict.fromkeys(row.name for summary in data.summary for row in summary.by_category))


def _environment() -> Environment:
    require_package("jinja2", "An HTML report")
    from jinja2 import Environment, FileSystemLoader, StrictUndefined

    environment = Environment(
        loader=FileSystemLoader(resource("report")),
        autoescape=True,
        undefined=StrictUndefined,
        finalize=_finalize,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters.update(
        accuracy=wording.accuracy_text,
        anchor=question_anchor,
        placed=PagePictures().place,
        drawn=_drawn,
        sentences=wording.summary_sentences,
        spoken=wording.spoken,
        standing=wording.standing_name,
        percent=wording.percent,
    )
    return environment


def _finalize(value: object) -> object:
    """Everything that a template prints passes here, so no text from outside can be forgotten."""
    from markupsafe import Markup

    return visible(value) if isinstance(value, str) and not isinstance(value, Markup) else value


def _asset(*names: str) -> str:
    """A style or script of our own, as the browser will see it: the policy names its hash."""
    from markupsafe import Markup

    return Markup("\n".join(resource(f"report/{name}").read_text(encoding="utf-8") for name in names))


def _drawn(figure: Figure, shape: str) -> str:
    """A figure as markup; its texts were escaped when it was drawn."""
    from markupsafe import Markup

    return Markup(inline_svg(figure, Shape(shape)))


def _json_pieces(data: ReportData) -> Iterator[str]:
    from markupsafe import Markup

    return map(Markup, embedded_json(data))


def _policy(style: str, script: str) -> str:
    return "; ".join(
        (
            "default-src 'none'",
            "img-src data:",
            f"style-src '{_hash_source(style)}'",
            f"script-src '{_hash_source(script)}'",
            "base-uri 'none'",
            "form-action 'none'",
        )
    )


def _hash_source(text: str) -> str:
    return "sha256-" + base64.b64encode(hashlib.sha256(text.encode("utf-8")).digest()).decode("ascii")


def question_anchor(question_id: str) -> str:
    """The fragment under which a question's card stands: the same in every report that shows the question."""
    return "q-" + hashlib.sha256(question_id.encode("utf-8", "surrogatepass")).hexdigest()[:12]
