"""Messages of a run: what is printed while it goes on, and what of it is kept with the run."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Sequence

from CTSpatialVQALib.backends.run_alarms import RunAlarm
from CTSpatialVQALib.backends.run_progress import Progress as RunProgress
from CTSpatialVQALib.backends.run_store import RunStore
from CTSpatialVQALib.backends.runner import Keep, NotAsked, RunResult, Watchers
from CTSpatialVQALib.cli.console import Progress, say
from CTSpatialVQALib.records.reply import Reply
from CTSpatialVQALib.volumes.check_finding import Finding

NOTE = "note:"  # begins the facts about a run that a report repeats
_CASE_NOTE = f"{NOTE}case:"  # of these, what was found about the files of a case
EVERY_S = 60.0  # how often a run says how far it is where there is no terminal to draw a bar on
_HOUR_S, _MINUTE_S = 3600, 60

Checked = Callable[[str, Sequence[Finding]], object]


class Teller:
    """Shows progress and alarms, and keeps with the run what a reader of its report must know.

    Parameters
    ----------
    on_earlier_reply : gets the replies that were there already; None where nobody wants them
    """

    def __init__(
        self, store: RunStore, bar: Progress, on_earlier_reply: Callable[[Reply], None] | None
    ) -> None:
        self._store = store
        self._bar = bar
        self._on_earlier_reply = on_earlier_reply
        self._said = time.monotonic()

    def watchers(self, keep: Keep, checked: Checked) -> Watchers:
        """What the runner calls; `keep` and `checked` go to the log."""

        def say_and_keep(case_id: str, findings: Sequence[Finding]) -> None:
            for line in finding_lines(case_id, findings):
                say(line)
            checked(case_id, findings)

        return Watchers(
            keep,
            self._tell_known,
            self._show,
            lambda alarm: say(f"alarm: {alarm_text(alarm)}"),
            say_and_keep,
        )

    def describe(self, result: RunResult) -> None:
        """Keep alarms and what was not asked; what an earlier run said of them no longer holds."""
        notes = [f"Alarm: {alarm_text(alarm)}." for alarm in result.alarms]
        notes += [_without_reason(entry) for entry in result.not_asked]
        cases = self._case_notes(result)
        self._store.undescribe(NOTE)
        self._store.describe(cases | {f"{NOTE}{number:06}": note for number, note in enumerate(notes)})

    def _case_notes(self, result: RunResult) -> dict[str, str]:
        """What was found about the files of each case, also by earlier runs that read them."""
        kept = {key: text for key, text in self._store.description().items() if key.startswith(_CASE_NOTE)}
        for case_id, findings in result.case_findings.items():
            kept = {key: text for key, text in kept.items() if not key.startswith(f"{_CASE_NOTE}{case_id}:")}
            for number, line in enumerate(finding_lines(case_id, findings)):
                kept[f"{_CASE_NOTE}{case_id}:{number:03}"] = line
        return kept

    def _tell_known(self, reply_id: str) -> None:
        reply = None if self._on_earlier_reply is None else self._store.reply(reply_id)
        if self._on_earlier_reply is not None and reply is not None:
            self._on_earlier_reply(reply)

    def _show(self, progress: RunProgress) -> None:
        self._bar.show(progress.done, progress.total, progress_text(progress))
        if not sys.stderr.isatty() and time.monotonic() - self._said > EVERY_S:
            self._said = time.monotonic()
            say(f"asking: {progress.done} of {progress.total}, {progress_text(progress)}")


def finding_lines(case_id: str, findings: Sequence[Finding]) -> list[str]:
    """One line for each finding about the files of a case."""
    return [f"Case {case_id}: {finding.severity}: {finding.message}." for finding in findings]


def alarm_text(alarm: RunAlarm) -> str:
    """One line: whose replies, and what is wrong with them."""
    return f"{alarm.backend}, probe {alarm.probe}: {alarm.message}"


def not_asked_text(entry: NotAsked) -> str:
    """One line for the terminal, with the file where there is one."""
    probe = "" if entry.because_of_probe else f", probe {entry.probe}"  # the reason begins with it
    return f"not asked: {_count(entry)} of {entry.backend}{probe}: {entry.reason}"


def progress_text(progress: RunProgress) -> str:
    """Rate, time left and failures, e.g. `phantom-01, 12.5/s, 4 min left, 3 timeout`."""
    parts = [progress.case_id]
    if progress.per_second is not None:
        parts.append(f"{progress.per_second:.1f}/s")
    if progress.left_s is not None:
        parts.append(f"{duration_text(progress.left_s)} left")
    parts += [f"{count} {outcome}" for outcome, count in progress.failed.items()]
    return ", ".join(parts)


def duration_text(seconds: float) -> str:
    """Roughly: `40 s`, `4 min`, `2 h 10 min`."""
    if seconds < _MINUTE_S:
        return f"{seconds:.0f} s"
    if seconds < _HOUR_S:
        return f"{seconds / _MINUTE_S:.0f} min"
    return f"{int(seconds // _HOUR_S)} h {int(seconds % _HOUR_S // _MINUTE_S)} min"


def _without_reason(entry: NotAsked) -> str:
    """For the report: the reason may name a file of this computer."""
    why = "the case could not be shown"
    if entry.because_of_probe or entry.because_of_backend:
        why = "the probe does not apply to them" if entry.because_of_probe else "the backend did not answer"
    return f"{_count(entry)} were not asked of {entry.backend}, probe {entry.probe}: {why}."


def _count(entry: NotAsked) -> str:
    questions = "1 question" if entry.questions == 1 else f"{entry.questions} questions"
    return questions if entry.because_of_probe else f"{questions} about case {entry.case_id}"
