"""Write docs/api.md from the docstrings of the public face."""

from __future__ import annotations

import inspect
import re
from pathlib import Path

import CTSpatialVQALib
from CTSpatialVQALib.files import write_text

API = Path(__file__).resolve().parent.parent / "docs" / "api.md"

_BEGINNING = """\
# The library

```python
import CTSpatialVQALib as ctv
```

What a script or a notebook needs is here; everything else may change. Importing takes no time: what is
behind a name is imported when the name is used first. [A notebook](notebooks/your_model.ipynb) goes from your
own model's answers to the report. The examples run, in this order, as tests; paths are those of the demo
study that the first of them writes.

<!-- made by scripts/write_api.py from the docstrings; do not edit -->
"""

# in the order of the work, and of the examples
ORDER = (
    *("write_demo_study", "open_study", "read_ct", "read_mask", "ground", "claims", "score_answer"),
    *("check_answer", "prepare", "run", "open_run", "Run", "write_report", "AuditLog", "Reading", "verify"),
    *("merge", "statistics", "BadInput", "WorkFailed"),
)


_PARAMETER = re.compile(r"(\w[\w, ]*) : (.*)")


def api_text() -> str:
    """The whole page."""
    return "\n".join([_BEGINNING, *(_entry(name) for name in ORDER)])


def _entry(name: str) -> str:
    described = getattr(CTSpatialVQALib, name)
    text = inspect.getdoc(described) or ""
    return f"## {name}\n\n{_signature(name, described)}{_markdown(text)}\n"


def _signature(name: str, described: object) -> str:
    if not inspect.isfunction(described):
        return ""
    shown = re.sub(r"['\"]", "", str(inspect.signature(described))).replace("AnyPath", "Path | str")
    return f"```python\n{name}{shown}\n```\n\n"


def _markdown(text: str) -> str:
    """Sections of a numpy docstring as bold words, examples as code."""
    lines = text.splitlines()
    written: list[str] = []
    inside = False
    for at, line in enumerate(lines):
        if line and set(line) == {"-"}:
            continue
        heading = at + 1 < len(lines) and bool(lines[at + 1]) and set(lines[at + 1]) == {"-"}
        if inside and (heading or not line):
            written.append("```")
            inside = False
        if heading:
            written += [f"**{line}**", ""]
        elif line.startswith(">>>") and not inside:
            written += ["```python", line]
            inside = True
        elif not inside and (parameter := _PARAMETER.match(line)):
            written.append(f"- `{parameter[1]}`: {parameter[2]}")
        elif not inside and re.fullmatch(r"[A-Z]\w+", line):  # what is raised
            written.append(f"- `{line}`:")
        else:
            written.append(line)
    return "\n".join([*written, *(["```"] if inside else [])])


def main() -> None:
    write_text(API, api_text())
    print(f"{API.name} is current: {len(ORDER)} names.")


if __name__ == "__main__":
    main()
