"""Asking a model: consent first, then a process; replies come in by themselves."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import qt
import slicer
from CTSpatialVQASession.destinations import destination_of
from CTSpatialVQASession.model_run import ModelRun, RunRequest
from CTSpatialVQASession.study_grants import grant, missing_grants
from slicer.i18n import tr as _

from CTSpatialVQAGui import labels
from CTSpatialVQAGui.background_command import BackgroundCommand
from CTSpatialVQAGui.message_area import MessageArea
from CTSpatialVQAGui.open_study import OpenStudy
from CTSpatialVQAGui.question_presenter import QuestionPresenter
from CTSpatialVQAGui.reading_page import ReadingPage
from CTSpatialVQAGui.run_monitor import RunMonitor
from CTSpatialVQAGui.settings import Settings
from CTSpatialVQAGui.shown_errors import shows_errors
from CTSpatialVQALib.backends.consent import Destination
from CTSpatialVQALib.cli.grants import Wish
from CTSpatialVQALib.errors import BadInput
from CTSpatialVQALib.records.reply import Reply
from CTSpatialVQALib.records.words import Outcome

EMBEDDED = ("anatomy", "prior")


class AskingController:
    """What the section 'Ask a model' does."""

    def __init__(
        self,
        study: OpenStudy,
        page: ReadingPage,
        presenter: QuestionPresenter,
        settings: Settings,
        messages: MessageArea,
    ) -> None:
        self._study, self._page, self._presenter = study, page, presenter
        self._panel, self._settings, self.messages = page.asking, settings, messages
        self._monitor = RunMonitor(self._take_replies, self._show_progress, self._run_ended)
        self._test = BackgroundCommand(self._test_ended)
        self._failures: list[Reply] = []
        panel = page.asking
        panel.questionButton.clicked.connect(lambda _checked=False: self.ask("question"))
        panel.caseButton.clicked.connect(lambda _checked=False: self.ask("case"))
        panel.allButton.clicked.connect(lambda _checked=False: self.ask("all"))
        panel.cancelButton.clicked.connect(lambda _checked=False: self.cancel())
        panel.testButton.clicked.connect(lambda _checked=False: self.test_backend())
        panel.addButton.clicked.connect(lambda _checked=False: self.add_store())

    @property
    def running(self) -> bool:
        """Whether a model is being asked."""
        return self._monitor.running

    @property
    def testing(self) -> bool:
        """Whether a connection is being tested."""
        return self._test.running

    def open(self) -> None:
        """A study was opened: offer its backends, and read recorded answers that were not read before."""
        session = self._study.required
        names = dict.fromkeys([*(backend.name for backend in session.study.backends), *EMBEDDED])
        hint = _("Declare servers and local models under [[backends]] in the study file.")
        self._panel.show_backends(names, hint)
        recorded = [backend.name for backend in session.study.backends if backend.kind == "recorded"]
        missing = [name for name in recorded if name not in session.replies.backends()]
        if missing:
            self._start(RunRequest(tuple(missing)))

    def close(self) -> None:
        """The study is closed."""
        self._monitor.stop()
        self._test.stop()

    @shows_errors
    def ask(self, scope: str) -> None:
        """Ask the chosen backend 'question', 'case' or 'all'."""
        session = self._study.required
        visible, name = session.reading.visible(), self._panel.backend
        if scope != "all" and visible.key is None:
            raise BadInput(
                _("question"),
                expected=_("one that is shown"),
                came=_("none"),
                remedy=_("Choose one in the list of questions, or ask all"),
            )
        if not self._may_use(name):
            return
        destination = destination_of(session.study, name)
        if destination is not None and not self._consent(destination):
            return
        one_question = scope == "question" and visible.key is not None
        self._start(
            RunRequest(
                (name,),
                self._panel.probes,
                questions=(visible.key.question_id,) if one_question and visible.key is not None else (),
                cases=(visible.case_id,) if scope == "case" and visible.case_id is not None else (),
                hosts=() if destination is None else (destination.origin,),
            )
        )

    def ask_question(self) -> None:
        """The key of the first button."""
        self.ask("question")

    def _start(self, request: RunRequest) -> None:
        session = self._study.required
        self._failures = []
        request = request._replace(local_python=self._settings.local_python)
        self._monitor.start(session.study.path, session.files.run, request)

    def _may_use(self, backend: str) -> bool:
        """Ask for what the study wants and only the reader can give; a yes stands in the log."""
        session = self._study.required
        wishes = missing_grants(session.study, backend, local_python=self._settings.local_python)
        if not wishes:
            return True
        if not slicer.util.confirmYesNoDisplay(_grants_question(wishes), windowTitle=_("Allow?")):
            return False
        session.log.append_many(grant(session.study, wishes))
        return True

    def _consent(self, destination: Destination) -> bool:
        """Ask once per opened study and host; the answer stands in the log."""
        session = self._study.required
        if session.has_consent(destination.origin):
            return True
        if not slicer.util.confirmYesNoDisplay(_what_leaves(destination), windowTitle=_("Send data?")):
            return False
        session.give_consent(destination.origin)
        return True

    @shows_errors
    def _take_replies(self, replies: tuple[Reply, ...]) -> None:
        session = self._study.required
        self._failures += [reply for reply in replies if reply.outcome is not Outcome.ANSWERED]
        before = session.reading.state.current
        added = session.add_replies(replies)
        if session.reading.state.current is None and added:
            session.reading.next_unanswered()
            self._presenter.arrive()
        elif added and before is not None and self._answers_current(replies):
            self._presenter.arrive()
        elif not self._page.verdict.choosing:
            self._presenter.refresh_progress()

    def _answers_current(self, replies: tuple[Reply, ...]) -> bool:
        """Whether the question before the reader waited for one of these."""
        key = self._study.required.reading.visible().key
        if key is None or self._page.verdict.choosing:
            return False
        return any(reply.key.question_id == key.question_id for reply in replies)

    def _show_progress(self, run: ModelRun) -> None:
        text = _("Asking {backend}… replies so far: {count}").format(
            backend=run.request.names, count=run.count
        )
        self._panel.show_asking(text, running=True)

    def _run_ended(self, run: ModelRun, problem: str) -> None:
        text = _("Replies of {backend}: {count}").format(backend=run.request.names, count=run.count)
        if self._failures:
            first = self._failures[0]
            text += _("; without an answer: {failed} ({outcome}: {detail})").format(
                failed=len(self._failures), outcome=labels.outcome(first.outcome), detail=first.detail
            )
        if run.cancelled:
            text += _("; stopped, ask again to go on")
        self._panel.show_asking(text, running=False)
        if problem:
            self.messages.problem(problem)
        self._presenter.refresh_unless_choosing()

    @shows_errors
    def test_backend(self) -> None:
        """Try whether the chosen backend can be reached; the result names the failing layer."""
        session, name = self._study.required, self._panel.backend
        if not self._may_use(name):
            return
        destination = destination_of(session.study, name)
        if destination is not None and not self._consent(destination):
            return
        self._panel.show_asking(_("Testing {backend}…").format(backend=name), running=False)
        options = ["--study", str(session.study.path)]
        options += ["--consent", destination.origin] if destination else []
        request = RunRequest((name,), local_python=self._settings.local_python)
        self._test.run("backends", "test", name, *options, environment=request.environment())

    def _test_ended(self, lines: tuple[str, ...], problem: str) -> None:
        text = "\n".join(" ".join(line.split()) for line in lines)
        self._panel.show_asking(text or problem, running=False)

    def cancel(self) -> None:
        """Stop asking; what was answered stays."""
        self._monitor.cancel()

    @shows_errors
    def add_store(self) -> None:
        """Read the replies of another run of this study."""
        path = qt.QFileDialog.getOpenFileName(
            self._page.widget, _("Replies of a run"), "", _("Run stores (run.store)")
        )
        if path:
            count = self._study.required.add_store(Path(path))
            self.messages.note(_("{count} new replies.").format(count=count))
            self._presenter.arrive()


def _grants_question(wishes: Sequence[Wish]) -> str:
    listed = "\n".join(f"- {wish.says}" for wish in wishes)
    return _(
        "This study asks for what only you can allow:\n\n{wishes}\n\n"
        "Allow it only if you know who made the study. The answer holds until the study file changes. "
        "Do you allow it?"
    ).format(wishes=listed)


def _what_leaves(destination: Destination) -> str:
    leaves = "\n".join(f"- {part}" for part in destination.leaves)
    return _(
        "To answer, these leave this computer for {host}:\n\n{leaves}\n\n"
        "Nothing else is sent: no case id, no file name, no report, no reference answer. Do you agree?"
    ).format(host=destination.origin, leaves=leaves)
