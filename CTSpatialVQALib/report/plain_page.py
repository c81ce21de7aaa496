"""Pages without scripts: templates that escape all, and a policy that loads nothing."""

from __future__ import annotations

import base64
import hashlib
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from CTSpatialVQALib.escaping import visible
from CTSpatialVQALib.files import written_whole
from CTSpatialVQALib.optional_packages import require_package
from CTSpatialVQALib.report import text_format as wording
from CTSpatialVQALib.resources import resource

_WRITE_EVERY = 64  # template pieces per write: a long page never stands in memory as one text
_MOMENT = re.compile(r"(\d{4}-\d\d-\d\d)T(\d\d:\d\d)[\d:.]*Z")


def write_page(template: str, out: Path, values: Mapping[str, Any], *, styles: tuple[str, ...]) -> None:
    """Write the page that `template` (under Resources/report) makes of `values`, whole or not at all.

    Every text that the template prints is escaped, and what is hidden in it is shown (`escaping.visible`).
    The page runs no script and loads nothing: its pictures are in it, and its Content-Security-Policy names
    the hash of its own style.

    Raises
    ------
    WorkFailed
        If jinja2 is not installed or the file cannot be written.
    """
    require_package("jinja2", "An HTML page")
    from jinja2 import Environment, FileSystemLoader, StrictUndefined
    from markupsafe import Markup

    def finalize(value: object) -> object:
        return visible(value) if isinstance(value, str) and not isinstance(value, Markup) else value

    environment = Environment(
        loader=FileSystemLoader(resource("report")),
        autoescape=True,
        undefined=StrictUndefined,
        finalize=finalize,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters.update(counted=wording.counted, data_uri=_data_uri, moment=moment, spoken=_spoken)
    style = "\n".join(resource(f"report/{name}").read_text(encoding="utf-8") for name in styles)
    stream = environment.get_template(template).stream(**values, style=Markup(style), policy=_policy(style))
    stream.enable_buffering(_WRITE_EVERY)
    with written_whole(out) as temporary:
        stream.dump(str(temporary), encoding="utf-8")


def moment(utc: str) -> str:
    """`2026-03-01T12:00:05.123Z` as `2026-03-01 12:00 UTC`; anything else as it is."""
    match = _MOMENT.fullmatch(utc)
    return f"{match[1]} {match[2]} UTC" if match else utc


def _policy(style: str) -> str:
    digest = base64.b64encode(hashlib.sha256(style.encode("utf-8")).digest()).decode("ascii")
    return (
        f"default-src 'none'; img-src data:; style-src 'sha256-{digest}'; base-uri 'none'; form-action 'none'"
    )


def _spoken(word: str) -> str:
    return word.replace("_", " ")


def _data_uri(png: bytes) -> str:
    return "data:image/png;base64," + base64.b64encode(png).decode("ascii")
