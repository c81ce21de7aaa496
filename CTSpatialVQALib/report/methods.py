"""Methods of a report: paragraphs for a paper, and a table of every setting and version."""

from __future__ import annotations

import json
import platform
from collections.abc import Iterable, Mapping
from datetime import datetime
from importlib.metadata import PackageNotFoundError, version

from pydantic import JsonValue

from CTSpatialVQALib import __version__
from CTSpatialVQALib.errors import BadInput
from CTSpatialVQALib.imaging.contract_catalogue import contract_named
from CTSpatialVQALib.records.base import sha256_of
from CTSpatialVQALib.records.judgement import Score
from CTSpatialVQALib.records.reply import Reply, ReplyKey
from CTSpatialVQALib.report.analysis import Analysis, ModelNumbers
from CTSpatialVQALib.report.plots import Column, Table
from CTSpatialVQALib.report.readings import Readings
from CTSpatialVQALib.report.text_format import counted, grouped, spoken
from CTSpatialVQALib.statistics.agreement import RESAMPLES

_LIBRARIES = ("numpy", "scipy", "SimpleITK", "pydantic")
_UNSTATED = "not stated"


def methods_paragraphs(
    analysis: Analysis, scores: Iterable[Score], readings: Readings, runs: int
) -> tuple[str, ...]:
    """How the numbers came about, ready to be quoted."""
    question_ids = {key for model in analysis.models for key in model.asked}
    cases = {analysis.questions[key].case_id for key in question_ids}
    patients = {analysis.patients[case] for case in cases}
    return (
        f"{counted(len(question_ids), 'question')} about {counted(len(cases), 'CT volume')} of"
        f" {counted(len(patients), 'patient')} were asked in {counted(runs, 'run')}. Questions, replies and"
        " scores are joined by question id and by the hash of question and reference answer, never by their"
        " place in a list. A reply without an answer (refused, empty, cut off, failed) is counted separately,"
        " never as wrong.",
        _scoring(scores, readings),
        "Intervals of shares are Korn and Graubard's: Clopper-Pearson's on the effective number of questions,"
        " which the design effect of asking several questions per patient gives. Models are compared by"
        " McNemar's test over patients (all signs tried where fewer than twelve patients tell them apart,"
        " else with Student's t), categories with the questions outside them, the best constant answer with"
        " the model on the same questions; all are corrected by Holm's method, and intervals of differences"
        " are at the level at which that correction decides. Chance levels"
        " are scored by the same rules: fixed answers for yes/no and sides, one per option for choices, in"
        " open forms the references of other patients (seed 0); what the rules do not decide counts there as"
        f" not right. Coefficients of agreement have bootstrap intervals over patients ({RESAMPLES} draws,"
        " seed 0).",
        _software(),
    )


def _scoring(scores: Iterable[Score], readings: Readings) -> str:
    scorers = sorted({score.by for score in scores})
    if not scorers:
        sentences = "No answer was scored."
    else:
        sentences = (
            f"Answers were scored by rule ({', '.join(scorers)}): polarity, side, lobe or level, choice or"
            " number where the question asks for them, after markers, run-on dialogue and leaked prompts were"
            " cut off; what the rules cannot decide is counted as undecided."
        )
    if readings.votes:
        judges = "; ".join(sorted(readings.judges.values()))
        sentences += (
            f" Judges, who see no image: {judges}; their votes are reported separately from the rules."
        )
    if readings.verdicts:
        sentences += (
            f" {counted(len(readings.readers), 'reader')} gave verdicts; these are reported beside the scores"
            " and change none of them."
        )
    return sentences


def _software() -> str:
    libraries = ", ".join(f"{name} {_version(name)}" for name in _LIBRARIES)
    return f"CTSpatialVQA {__version__}, Python {platform.python_version()}, {libraries}."


def _version(name: str) -> str:
    try:
        return version(name)
    except PackageNotFoundError:  # Slicer bundles libraries without their metadata
        return _UNSTATED


def settings_table(analysis: Analysis) -> Table:
    """Every setting of every model and probe that the replies carry."""
    return Table(
        "Settings of the models",
        tuple(Column(name, False) for name in _COLUMNS),
        tuple(map(_row, analysis.models)),
    )


_COLUMNS = (
    "Model",
    "Version",
    "Input contract",
    "Shown",
    "Prompts",
    "Parameters",
    "Served by",
    "Asked",
    "Seconds per answer",
)


def _row(model: ModelNumbers) -> tuple[str, ...]:
    replies = [answer.reply for answer in model.asked.values()]
    keys = [reply.key for reply in replies]
    durations = sorted(reply.duration_s for reply in replies)
    return (
        model.name,
        ", ".join(sorted({key.backend_version for key in keys})),
        ", ".join(map(_contract, sorted({key.contract for key in keys}))),
        _hashed("presentation", {key.presentation_sha256 for key in keys}),
        _hashed("prompt", {key.prompt_sha256 for key in keys}),
        "; ".join(sorted(set(map(_plain, _distinct(keys))))) or "none",
        _served(replies),
        _when(reply.started_utc for reply in replies),
        f"{durations[len(durations) // 2]:.3g} (median)",
    )


def _distinct(keys: Iterable[ReplyKey]) -> list[Mapping[str, JsonValue]]:
    """The parameters, each once; nearly all replies share theirs."""
    distinct: list[Mapping[str, JsonValue]] = []
    for key in keys:
        if key.parameters not in distinct:
            distinct.append(key.parameters)
    return [parameters for parameters in distinct if parameters]


def _contract(name: str) -> str:
    """The contract with its version and decoding parameters, where it is one of ours."""
    try:
        contract = contract_named(name)
    except BadInput:  # `none`, `mask`, `unknown`: nothing that has a recipe
        return name
    return f"{name} version {contract.version}, decoding {_plain(contract.generation)}"


def _hashed(noun: str, hashes: set[str]) -> str:
    together = sha256_of(sorted(hashes))[:12]
    return f"{grouped(len(hashes))} {noun}{'' if len(hashes) == 1 else 's'}, together {together}"


def _plain(parameters: Mapping[str, object]) -> str:
    if not parameters:
        return ""
    return ", ".join(f"{spoken(key)} {_value(value)}" for key, value in sorted(parameters.items()))


def _value(value: object) -> str:
    text = value if isinstance(value, str) else json.dumps(value, sort_keys=True)
    return text if len(text) <= 40 else f"{text[:12]}\u2026"


def _served(replies: Iterable[Reply]) -> str:
    served = sorted({str(reply.facts["model"]) for reply in replies if "model" in reply.facts})
    return ", ".join(served) or _UNSTATED


def _when(moments: Iterable[datetime]) -> str:
    listed = sorted(moments)
    first, last = f"{listed[0]:%Y-%m-%d %H:%M}", f"{listed[-1]:%Y-%m-%d %H:%M}"
    return f"{first} UTC" if first == last else f"{first} to {last} UTC"
