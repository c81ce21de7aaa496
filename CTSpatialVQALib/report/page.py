"""How does a person read it? One self-contained HTML file that asks nothing of the network."""

from __future__ import annotations

import base64
import hashlib
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Literal, NamedTuple

from CTSpatialVQALib.errors import WorkFailed
from CTSpatialVQALib.files import written_whole
from CTSpatialVQALib.report import wording
from CTSpatialVQALib.report.embedded import embedded_json
from CTSpatialVQALib.report.page_data import ReportData, Tally
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
    style, script = (_asset(name) for name in ("report.css", "report.js"))
    stream = environment.get_template("report.html.j2").stream(
        data=data,
        cards=data.items[:most_cards],
        categories=_groups(data, "by_category"),
        forms=_groups(data, "by_form"),
        style=style,
        script=script,
        policy=_policy(style, script),
        machine_readable=partial(_json_block, data),
    )
    stream.enable_buffering(_WRITE_EVERY)
    with written_whole(out) as temporary:
        stream.dump(str(temporary), encoding="utf-8")


class _Named(NamedTuple):
    """The tally of one backend, under its name."""

    backend: str
    tally: Tally


class _Group(NamedTuple):
    """One category or form, with a row for each backend that was asked about it."""

    name: str
    rows: list[_Named]


def _groups(data: ReportData, kind: Literal["by_category", "by_form"]) -> list[_Group]:
    """Turn rows per backend into backends per row, so that like stands beside like."""
    groups: dict[str, _Group] = {}
    for summary in data.summary:
        for row in summary.by_category if kind == "by_category" else summary.by_form:
            groups.setdefault(row.name, _Group(row.name, [])).rows.append(_Named(summary.name, row.tally))
    return list(groups.values())


def _environment() -> Environment:
    try:
        from jinja2 import Environment, FileSystemLoader, StrictUndefined
    except ImportError as error:
        raise WorkFailed(
            "The HTML report needs jinja2: install CTSpatialVQA with its extra 'report'"
        ) from error
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
        data_uri=_data_uri,
        form_name=wording.form_name,
        percent=wording.percent,
        percent_range=wording.percent_range,
        sentences=wording.summary_sentences,
        spoken=wording.spoken,
        standing=wording.standing_name,
    )
    return environment


def _finalize(value: object) -> object:
    """Everything that a template prints passes here, so no text from outside can be forgotten."""
    from markupsafe import Markup

    return wording.visible(value) if isinstance(value, str) and not isinstance(value, Markup) else value


def _asset(name: str) -> str:
    """A style or script of our own, as the browser will see it: the policy names its hash."""
    from markupsafe import Markup

    return Markup(resource(f"report/{name}").read_text(encoding="utf-8"))


def _json_block(data: ReportData) -> str:
    from markupsafe import Markup

    return Markup(embedded_json(data))


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


def _data_uri(png: bytes) -> str:
    return "data:image/png;base64," + base64.b64encode(png).decode("ascii")
