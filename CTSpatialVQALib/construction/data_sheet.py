"""Data sheet of a benchmark: counts, origin, checks, agreement, terms."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from pydantic import JsonValue

from CTSpatialVQALib import __version__
from CTSpatialVQALib.construction.candidate_pairs import Candidate
from CTSpatialVQALib.construction.pair_flaws import Flaw
from CTSpatialVQALib.scoring.chance import form_of

_NOT_STATED = "not stated"


@dataclass(frozen=True)
class Sheet:
    """What the data sheet says beside what can be counted.

    Parameters
    ----------
    licence : of the questions; reports_from : where the reports come from, with their licence
    validation, generation, audit : the summaries that the earlier steps wrote, where there are any
    """

    name: str
    version: str
    licence: str = ""
    reports_from: str = ""
    contact: str = ""
    generation: Mapping[str, JsonValue] | None = None
    validation: Mapping[str, JsonValue] | None = None
    audit: Mapping[str, JsonValue] | None = field(default=None)


def sheet_text(sheet: Sheet, candidates: Sequence[Candidate], marked: Mapping[str, int]) -> str:
    """The data sheet as Markdown."""
    parts = [
        f"# {_plain(sheet.name)} {_plain(sheet.version)}",
        "Questions about the place of things in chest CTs, with reference answers. Research use only.",
        _terms(sheet),
        _counts(candidates),
        _origin(sheet, candidates),
        _exclusions(sheet.validation),
        _marks(marked),
        _agreement(sheet.audit),
        _files(),
        f"Written by CTSpatialVQA {__version__}.",
    ]
    return "\n\n".join(part for part in parts if part) + "\n"


def _terms(sheet: Sheet) -> str:
    return _table(
        ("", ""),
        [
            ("Licence of the questions", sheet.licence or _NOT_STATED),
            ("Reports", sheet.reports_from or _NOT_STATED),
            ("Contact", sheet.contact or _NOT_STATED),
        ],
    )


def _counts(candidates: Sequence[Candidate]) -> str:
    forms = Counter(form_of(candidate.question).spoken for candidate in candidates)
    categories = Counter(str(label) for candidate in candidates for label in candidate.question.categories)
    rows = [
        ("Pairs", len(candidates)),
        ("Cases", len({candidate.question.case_id for candidate in candidates})),
        ("Patients", len({candidate.patient_id for candidate in candidates})),
        ("Pairs that name no structure or region", sum(not (o.structures or o.regions) for o in candidates)),
        (
            "Pairs with evidence in the report",
            sum(candidate.evidence is not None for candidate in candidates),
        ),
    ]
    return "\n\n".join(
        (
            "## Counts",
            _table(("", "Number"), rows),
            _table(("Form", "Pairs"), forms.most_common()),
            _table(("Category (a pair has one or several)", "Pairs"), categories.most_common()),
        )
    )


def _origin(sheet: Sheet, candidates: Sequence[Candidate]) -> str:
    origins = Counter(
        (
            candidate.origin.model,
            candidate.origin.model_version,
            candidate.origin.prompt,
            candidate.origin.prompt_sha256,
        )
        if candidate.origin is not None
        else (_NOT_STATED,) * 4
        for candidate in candidates
    )
    rows = [(*origin, str(count)) for origin, count in origins.most_common()]
    parts = ["## Origin", _table(("Model", "Version", "Prompt", "SHA-256 of the prompt", "Pairs"), rows)]
    for title, summary in (("Generation", sheet.generation), ("Judging model", _judging(sheet.validation))):
        if summary:
            rows_of = [(key.replace("_", " "), _value(value)) for key, value in summary.items()]
            parts += [f"### {title}", _table(("", ""), rows_of)]
    return "\n\n".join(parts)


def _judging(validation: Mapping[str, JsonValue] | None) -> Mapping[str, JsonValue] | None:
    model = (validation or {}).get("judging_model")
    return model if isinstance(model, dict) else None


def _exclusions(validation: Mapping[str, JsonValue] | None) -> str:
    flow = (validation or {}).get("flow")
    if not isinstance(flow, list):
        return "## Exclusions\n\nNo validation was given."
    rows = []
    for stage in flow:
        if isinstance(stage, dict):
            excluded = stage.get("excluded")
            reasons = _value(excluded) if excluded else "none"
            rows.append((str(stage["name"]), str(stage["entered"]), reasons, str(stage["left"])))
    named = {name for stage in flow if isinstance(stage, dict) for name in _keys(stage.get("excluded"))}
    meanings = [(str(flaw), flaw.meaning) for flaw in Flaw if flaw in named]
    parts = [
        "## Exclusions",
        "A pair counts at the first stage that excludes it; the file of exclusions names all its reasons.",
        _table(("Checked", "Pairs in", "Excluded", "Pairs left"), rows),
    ]
    if meanings:
        parts.append(_table(("Reason", "Meaning"), meanings))
    return "\n\n".join(parts)


def _keys(value: JsonValue) -> frozenset[str]:
    return frozenset(value) if isinstance(value, dict) else frozenset()


def _marks(marked: Mapping[str, int]) -> str:
    if not marked:
        return ""
    rows = [(name, str(count), Flaw(name).meaning) for name, count in sorted(marked.items())]
    return "## Marked and kept\n\n" + _table(("Mark", "Pairs", "Meaning"), rows)


def _agreement(audit: Mapping[str, JsonValue] | None) -> str:
    agreement = (audit or {}).get("agreement")
    if audit is None or not isinstance(agreement, dict):
        return "## Audit by people\n\nNone was given."
    rows = []
    for aspect, coefficients in agreement.items():
        if isinstance(coefficients, dict):
            rows += [(aspect, "all annotators (Fleiss' kappa)", *_coefficient(coefficients.get("fleiss")))]
            rows += [(aspect, "two or more (alpha)", *_coefficient(coefficients.get("alpha")))]
            cohen = coefficients.get("cohen")
            if isinstance(cohen, dict):
                rows += [(aspect, f"{pair} (Cohen's kappa)", *_coefficient(c)) for pair, c in cohen.items()]
    answered = audit.get("answered")
    return "\n\n".join(
        (
            "## Audit by people",
            f"Pairs answered: {_value(answered)}; by several: {_value(audit.get('answered_by_several'))}."
            " Intervals: bootstrap over patients, 95 %.",
            _table(("Question", "Between", "Value", "Interval", "Pairs"), rows),
        )
    )


def _coefficient(coefficient: JsonValue) -> tuple[str, str, str]:
    if not isinstance(coefficient, dict):
        return "not defined", "", "0"
    value, interval = coefficient.get("value"), coefficient.get("interval")
    ends = list(interval.values()) if isinstance(interval, dict) else interval
    return (
        f"{value:.2f}" if isinstance(value, float) else "not defined",
        f"{ends[0]:.2f} to {ends[1]:.2f}" if isinstance(ends, list | tuple) else "",
        str(coefficient.get("items", 0)),
    )


def _files() -> str:
    rows = [
        ("questions_official.json", "the benchmark's own form: cases with `qa_pairs` and `category`"),
        ("questions_official.jsonl", "its flat form"),
        ("questions.jsonl", "one question per line with its id; schema in `question.schema.json`"),
        ("provenance.jsonl", "per question: where it comes from, structures, marks, split"),
        ("splits.json", "splits by patient; reconstructions and cases with one report"),
        ("SHA256SUMS", "checksums of all files"),
    ]
    return "## Files\n\n" + _table(("File", "Holds"), rows)


def _value(value: object) -> str:
    if isinstance(value, Mapping):
        return ", ".join(f"{key} {_value(entry)}" for key, entry in value.items())
    if isinstance(value, float):
        return f"{value:.2f}"
    return _NOT_STATED if value is None else str(value)


def _table(head: Sequence[str], rows: Sequence[Sequence[object]]) -> str:
    lines = [f"| {' | '.join(head)} |", f"|{'---|' * len(head)}"]
    lines += [f"| {' | '.join(_plain(str(cell)) for cell in row)} |" for row in rows]
    return "\n".join(lines)


def _plain(text: str) -> str:
    """A text that cannot break out of its cell."""
    return " ".join(text.split()).replace("|", "\\|").replace("<", "&lt;")
