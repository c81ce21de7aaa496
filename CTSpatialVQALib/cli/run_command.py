"""`ctspatialvqa run`: ask a study's questions."""

from __future__ import annotations

import argparse
from collections.abc import Sequence

from CTSpatialVQALib.backends.runner import NotAsked, RunResult
from CTSpatialVQALib.benchmark.study import Study, load_study
from CTSpatialVQALib.cli.arguments import Commands, command, json_option, user_path, whole_number
from CTSpatialVQALib.cli.backend_factory import backends_of, chosen
from CTSpatialVQALib.cli.consent_options import GivenConsent, require_consents
from CTSpatialVQALib.cli.console import emit, emit_json, say
from CTSpatialVQALib.cli.demo_job import AskOptions, QuestionSelection, RunFolder, ask_study
from CTSpatialVQALib.cli.grants import grant_options, grants_of, settled
from CTSpatialVQALib.cli.run_folders import GatheredRuns, gather
from CTSpatialVQALib.cli.run_messages import alarm_text, not_asked_text
from CTSpatialVQALib.cli.sample_for_readers import SampleFiles, write_sample_for_readers
from CTSpatialVQALib.cli.silent_backends import attempts_of_run, require_answers
from CTSpatialVQALib.cli.summary_text import summary_json, summary_lines
from CTSpatialVQALib.records.reply import Reply
from CTSpatialVQALib.records.words import Probe

_EXAMPLES = """\
  ctspatialvqa run study.toml --out run1
  ctspatialvqa run study.toml --out run1 --backend anatomy --backend prior
  ctspatialvqa run study.toml --out run1 --backend medgemma --probe full --probe mirrored
  ctspatialvqa run study.toml --out run1 --backend medgemma --workers 16 --consent https://models.example.org
  ctspatialvqa run study.toml --out run1 --sample-for-readers 100
  ctspatialvqa report run1            (then the report)"""
_MOST_LINES = 5
_DONE, _FAILED, _BAD_INPUT = 0, 1, 2


def add(commands: Commands) -> None:
    """Add the command's parser."""
    parser = command(
        commands,
        "run",
        run,
        summary="ask a study's questions; run again to resume",
        examples=_EXAMPLES,
        resumes=True,
    )
    parser.add_argument("study", type=user_path, metavar="STUDY", help="study file (TOML)")
    parser.add_argument("--out", type=user_path, required=True, metavar="RUN", help="folder of the run")
    probes = ", ".join(Probe)
    for option, metavar, explanation in (
        ("--backend", "B", "default: all that the study declares"),
        ("--probe", "P", f"instead of the study's: {probes}"),
        ("--case", "ID", "ask about this case only"),
        ("--question", "ID", "ask this question only"),
        ("--consent", "ORIGIN", "agree that pixels and questions are sent there, e.g. https://host:8000"),
    ):
        choices = list(map(str, Probe)) if option == "--probe" else None
        parser.add_argument(
            option,
            action="append",
            default=[],
            metavar=metavar,
            choices=choices,
            help=f"{explanation}; repeatable",
        )
    grant_options(parser.add_argument_group("what a study wishes and only you can give"))
    parser.add_argument(
        "--workers",
        type=whole_number,
        metavar="N",
        help="parallel requests, for servers that take several",
    )
    parser.add_argument(
        "--sample-for-readers",
        type=whole_number,
        metavar="N",
        help="draw N of the questions at random (by the study's seed, forms in proportion) for readers:"
        " their verdicts then tell the accuracy whatever the scorer's bias",
    )
    json_option(parser)


def run(arguments: argparse.Namespace) -> int:
    """Ask what has no settled reply yet, and say how each backend did."""
    study = load_study(arguments.study)
    for note in study.notes:
        say(f"note: {note}")
    selection = QuestionSelection(tuple(arguments.case), tuple(arguments.question))
    selection.of(study)
    consent = GivenConsent(arguments.consent)
    declared = chosen(study, arguments.backend)
    grants = settled(study, declared, grants_of(arguments), may_ask=not arguments.json)
    backends = backends_of(
        study, arguments.backend, consent=consent, grants=grants, workers=arguments.workers
    )
    require_consents(backends)
    folder = RunFolder(arguments.out)
    options = AskOptions(
        selection,
        arguments.workers,
        tuple(consent.used),
        tuple(grants.used),
        heard=_tell if arguments.json else lambda reply: None,
        on_earlier_reply=_tell if arguments.json and arguments.question else None,
    )
    probes = tuple(map(Probe, arguments.probe)) or study.reading.probes
    result = ask_study(study, backends, folder, tuple(dict.fromkeys(probes)), options)
    gathered = gather([folder], [study.path])
    drawn = _draw(arguments, study, folder, gathered)
    if arguments.json:
        emit_json({**_result_json(result), **summary_json(gathered), **_drawn_json(drawn)})
    else:
        _emit(result, gathered, folder)
        if drawn is not None:
            emit(_drawn_text(drawn))
    code = _end(result)
    if code == _DONE:
        names = {backend.name for backend in backends}
        require_answers(attempts_of_run(gathered.replies, names), study.path)
    return code


def _draw(
    arguments: argparse.Namespace, study: Study, folder: RunFolder, gathered: GatheredRuns
) -> SampleFiles | None:
    if arguments.sample_for_readers is None:
        return None
    number, seed = arguments.sample_for_readers, study.reading.seed
    return write_sample_for_readers(folder, gathered.questions, gathered.replies, number, seed)


def _drawn_json(drawn: SampleFiles | None) -> dict[str, object]:
    if drawn is None:
        return {}
    sample = {**drawn.sample._asdict(), "store": drawn.store.name, "answers": drawn.answers}
    return {"sample_for_readers": sample}


def _drawn_text(drawn: SampleFiles) -> str:
    return (
        f"for readers: {len(drawn.sample.questions)} of {drawn.sample.of} questions drawn (seed"
        f" {drawn.sample.seed}), {drawn.answers} answers in {drawn.store}; read them with the study, then:"
        " ctspatialvqa report RUN --log READER_LOG"
    )


def _tell(reply: Reply) -> None:
    emit_json({"reply": reply.model_dump(mode="json")})


def _emit(result: RunResult, gathered: GatheredRuns, folder: RunFolder) -> None:
    emit(f"{result.outcomes.total()} asked now, {result.already_there} were there already")
    for line in summary_lines(gathered):
        emit(line)
    emit(f"log: {folder.log} (anchor {gathered.anchor})")


def _result_json(result: RunResult) -> dict[str, object]:
    return {
        "new": result.outcomes.total(),
        "already_there": result.already_there,
        "stopped": result.stopped,
        "not_asked": [{**entry._asdict(), "probe": str(entry.probe)} for entry in result.not_asked],
        "case_findings": [
            {"case_id": case_id, **finding._asdict()}
            for case_id, findings in result.case_findings.items()
            for finding in findings
        ],
        "alarms": [
            {
                "code": entry.code,
                "backend": entry.backend,
                "probe": str(entry.probe),
                "message": alarm_text(entry),
            }
            for entry in result.alarms
        ],
    }


def _end(result: RunResult) -> int:
    """Say what was not asked, and how it goes on."""
    left_out = [entry for entry in result.not_asked if not entry.because_of_probe]
    _say_some(result.not_asked)
    if result.stopped:
        say("ctspatialvqa: stopped; what was answered is kept, run the same command again to go on")
        return _FAILED
    if left_out:
        count = sum(entry.questions for entry in left_out)
        say(f"ctspatialvqa: {count} questions were not asked; the first reason: {left_out[0].reason}")
        return _FAILED if all(entry.because_of_backend for entry in left_out) else _BAD_INPUT
    return _DONE


def _say_some(not_asked: Sequence[NotAsked]) -> None:
    for entry in not_asked[:_MOST_LINES]:
        say(not_asked_text(entry))
    if len(not_asked) > _MOST_LINES:
        say(f"not asked: {len(not_asked) - _MOST_LINES} more reasons, in the summary of --json")
