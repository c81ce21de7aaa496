"""The figures' style without variables: plain colours, which librsvg, Inkscape and LaTeX understand."""

from __future__ import annotations

import re
from functools import cache

from CTSpatialVQALib.resources import resource

_MEDIA = re.compile(r"@media[^{]*\{(?:[^{}]*\{[^{}]*\})*[^{}]*\}")
_ROOT = re.compile(r":root\s*\{([^{}]*)\}")
_VALUE = re.compile(r"(--[\w-]+)\s*:\s*([^;]+);")
_RULE = re.compile(r"([^{}]+)\{([^{}]*)\}")
_USE = re.compile(r"var\((--[\w-]+)\)")
# `svg.figure .s3 { --s: var(--s3); }`: what an element of that class draws with
_OWN = re.compile(r"svg\.figure \.([sh])(\d)")
# `rgb(0 114 178 / .22)`, which is younger than some programs
_RGB_WITH_ALPHA = re.compile(r"(fill|stroke):\s*rgb\((\d+) (\d+) (\d+) / ([\d.]+)\)")
_TABULAR = re.compile(r"[^{}]*\{\s*font-variant-numeric[^{}]*\}")


@cache
def plain_style() -> str:
    """`figure.css` for light paper, every variable replaced by its value."""
    css = resource("report/figure.css").read_text(encoding="utf-8")
    css = _MEDIA.sub("", css)
    values = {name: value.strip() for block in _ROOT.findall(css) for name, value in _VALUE.findall(block)}
    rules = _RULE.findall(_TABULAR.sub("", _ROOT.sub("", css)))
    own: dict[str, dict[str, str]] = {"s": {}, "h": {}}
    for selector, body in rules:
        for kind, number in _OWN.findall(selector):
            own[kind][number] = _resolved(dict(_VALUE.findall(body))[f"--{kind}"], values)
    lines = [
        line
        for selector, body in rules
        if not _OWN.search(selector)
        for line in _lines(selector.strip(), body.strip(), values, own)
    ]
    paper = values["--f-paper"]
    halo = f"fill: {paper}; stroke: {paper}; stroke-width: 4px; stroke-linejoin: round;"
    lines.append(f"svg.figure text.halo {{ {halo} }}")
    return "\n".join(lines) + "\n"


def _lines(selector: str, body: str, values: dict[str, str], own: dict[str, dict[str, str]]) -> list[str]:
    """The rule; where it draws with what its class says, once per class."""
    used = {name.removeprefix("--") for name in _USE.findall(body)} & set(own)
    if not used:
        return [f"{selector} {{ {_plain(body, values)} }}"]
    (kind,) = used
    return [
        f"{', '.join(f'{part.strip()}.{kind}{number}' for part in selector.split(','))}"
        f" {{ {_plain(body, values | {f'--{kind}': value})} }}"
        for number, value in own[kind].items()
    ]


def _plain(body: str, values: dict[str, str]) -> str:
    return _RGB_WITH_ALPHA.sub(r"\1: rgb(\2, \3, \4); \1-opacity: \5", _resolved(body, values))


def _resolved(text: str, values: dict[str, str]) -> str:
    return _USE.sub(lambda use: _resolved(values[use.group(1)], values), text)
