"""Two simulated readers of the demo study, so that merging and adjudication can be tried at once.

Their logs are real logs of real readings. What is simulated are the readers: they know which of the answers
of `demo-flawed` are wrong, and each of them lapses a few times, not at the same questions. Their pseudonyms
say so.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path

from CTSpatialVQALib import __version__
from CTSpatialVQALib.audit.log import AuditLog
from CTSpatialVQALib.backends.run_store import RunStore
from CTSpatialVQALib.benchmark.study import Study
from CTSpatialVQALib.demo.flawed_model import NAME, error_of
from CTSpatialVQALib.reading.keys import CORRECT, UNSURE, Judgement
from CTSpatialVQALib.reading.plan import plan_reading
from CTSpatialVQALib.reading.session import Reading
from CTSpatialVQALib.records.base import utc_now
from CTSpatialVQALib.records.event import Actor
from CTSpatialVQALib.records.words import ErrorType, Severity, VerdictValue

# Where a reader lapses: question id -> what he says instead of what is true.
LAPSES: Mapping[str, Mapping[str, Judgement]] = {
    "reader-1": {
        "phantom-01::renal-cyst": CORRECT,
        "phantom-03::nodule-pleura": UNSURE,
    },
    "reader-2": {
        "phantom-02::goitre-extent": CORRECT,
        "phantom-03::nodule-pleura": CORRECT,
        "phantom-05::arch-level": Judgement(
            value=VerdictValue.INCORRECT, error_type=ErrorType.OTHER, severity=Severity.MINOR
        ),
    },
}


def write_simulated_readings(
    study: Study, store: Path, folder: Path, say: Callable[[str], None]
) -> tuple[Path, ...]:
    """Read the answers of `demo-flawed` as each simulated reader; a log that is there already is kept.

    Parameters
    ----------
    store : the run's replies
    folder : of the logs, made if absent

    Raises
    ------
    WorkFailed
        If a log cannot be written.
    """
    folder.mkdir(parents=True, exist_ok=True)
    logs = tuple(folder / f"{reader}.sqlite" for reader in LAPSES)
    for reader, path in zip(LAPSES, logs, strict=True):
        if not path.exists():
            _read(study, store, path, reader)
    say(f"two simulated readers judged the answers of {NAME}")
    return logs


def _read(study: Study, store: Path, path: Path, reader: str) -> None:
    pseudonym = f"simulated-{reader}"
    rules = study.reading.model_copy(update={"backends": (NAME,)})
    with RunStore(store) as replies:
        plan = plan_reading(study, replies.replies(), pseudonym, rules=rules)
    software = {"simulated reader": __version__}
    with (
        AuditLog.open(path, Actor(id=pseudonym), software=software) as log,
        Reading.open(plan, log, now=utc_now) as reading,
    ):
        for item in plan.items:
            if item.reply is not None:
                reading.go_to(item.key)
                reading.judge(_judgement(reader, item.question.question_id))


def _judgement(reader: str, question_id: str) -> Judgement:
    lapse = LAPSES[reader].get(question_id)
    if lapse is not None:
        return lapse
    error = error_of(question_id)
    if error is None:
        return CORRECT
    grave = error in (ErrorType.LATERALITY_SWAP, ErrorType.MISSED_FINDING)
    severity = Severity.CRITICAL if grave else Severity.CLINICALLY_RELEVANT
    return Judgement(value=VerdictValue.INCORRECT, error_type=error, severity=severity)
