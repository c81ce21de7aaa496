"""What happens when a model is asked? Consent first, then a process; replies come in by themselves."""

import qt
import slicer
from CTSpatialVQADesk.asking import Request
from CTSpatialVQADesk.destinations import destination_of
from CTSpatialVQADesk.study_wishes import grant, missing_grants
from slicer.i18n import tr as _

from CTSpatialVQAGui import wording
from CTSpatialVQAGui.asker import Asker
from CTSpatialVQAGui.telling import telling
from CTSpatialVQAGui.work import Work
from CTSpatialVQALib.errors import BadInput
from CTSpatialVQALib.records.words import Outcome

EMBEDDED = ("anatomy", "prior")


class AskingDeeds:
    """Deeds about asking. Mixed into the conductor."""

    def _begin_asking(self):
        self._asker = Asker(self._take_replies, self._show_progress, self._asking_ended)
        self._test = Work(self._test_ended)
        self._failed_outcomes = []

    def _show_backends(self):
        declared = [one.name for one in self.desk.study.backends]
        names = list(dict.fromkeys([*declared, *EMBEDDED]))
        hint = _("Declare servers and local models under [[backends]] in the study file.")
        self.page.asking.show_backends(names, hint)
        recorded = [one.name for one in self.desk.study.backends if one.kind == "recorded"]
        missing = [name for name in recorded if name not in self.desk.shelf.backends()]
        if missing:
            self._ask(Request(tuple(missing)))

    @telling
    def ask(self, scope):
        """Ask the chosen backend 'question', 'case' or 'all'."""
        visible, probes = self.desk.reading.visible(), self.page.asking.probes
        name = self.page.asking.backend
        if scope != "all" and visible.key is None:
            raise BadInput(
                _("question"),
                expected=_("one that is shown"),
                came=_("none"),
                remedy=_("Choose one in the list of questions, or ask all"),
            )
        if not self._may_use(name):
            return
        destination = destination_of(self.desk.study, name)
        if destination is not None and not self._consent(destination):
            return
        self._ask(
            Request(
                (name,),
                probes,
                questions=(visible.key.question_id,) if scope == "question" else (),
                cases=(visible.case_id,) if scope == "case" else (),
                hosts=() if destination is None else (destination.origin,),
            )
        )

    def ask_question(self):
        """The key of the first button."""
        self.ask("question")

    def _ask(self, request):
        self._failed_outcomes = []
        given = request._replace(local_python=self.settings.local_python)
        self._asker.ask(self.desk.study.path, self.desk.places.run, given)

    def _may_use(self, name):
        """Ask for what the study wants and only the reader can give; the yes stands in the log."""
        study = self.desk.study
        wishes = missing_grants(study, name, local_python=self.settings.local_python)
        if not wishes:
            return True
        if not slicer.util.confirmYesNoDisplay(_what_is_wished(wishes), windowTitle=_("Allow?")):
            return False
        self.desk.log.append_many(grant(study, wishes))
        return True

    def _consent(self, destination):
        """Ask once per opened study and host; the answer stands in the log."""
        origin = destination.origin
        if self.desk.has_consent(origin):
            return True
        if not slicer.util.confirmYesNoDisplay(_what_leaves(destination), windowTitle=_("Send data?")):
            return False
        self.desk.give_consent(origin)
        return True

    @telling
    def _take_replies(self, replies):
        self._failed_outcomes += [one for one in replies if one.outcome is not Outcome.ANSWERED]
        before = self.desk.reading.state.current
        taken = self.desk.take(replies)
        if self.desk.reading.state.current is None and taken:
            self.desk.reading.next_unanswered()
            self.arrive()
        elif taken and before is not None and self._answers_current(replies):
            self.arrive()
        elif not self.page.verdict.choosing:
            self._refresh_beside()

    def _answers_current(self, replies):
        """Whether the question before the reader waited for one of these."""
        visible = self.desk.reading.visible()
        if visible.key is None or self.page.verdict.choosing:
            return False
        return any(one.key.question_id == visible.key.question_id for one in replies)

    def _refresh_beside(self):
        """Progress and list; the comment and the chooser are left alone."""
        reading = self.desk.reading
        current = reading.state.current
        flagged = current is not None and reading.state.of(current).flagged
        self.page.header.show(reading.progress, reading.visible(), flagged)
        self.page.list.show(reading.lines(), current)

    def _show_progress(self, asking):
        told = _("Asking {backend}… replies so far: {count}").format(
            backend=asking.request.names, count=asking.count
        )
        self.page.asking.show_asking(told, running=True)

    def _asking_ended(self, asking, problem):
        failed = len(self._failed_outcomes)
        told = _("Replies of {backend}: {count}").format(backend=asking.request.names, count=asking.count)
        if failed:
            first = self._failed_outcomes[0]
            told += _("; without an answer: {failed} ({outcome}: {detail})").format(
                failed=failed, outcome=wording.outcome(first.outcome), detail=first.detail
            )
        if asking.cancelled:
            told += _("; stopped, ask again to go on")
        self.page.asking.show_asking(told, running=False)
        if problem:
            self.messages.problem(problem)
        self.refresh_unless_busy()

    def refresh_unless_busy(self):
        """Show the state anew, unless the reader is in the middle of a choice."""
        if self.desk is not None and not self.page.verdict.choosing:
            self.page.verdict.keep_draft()
            self.refresh()

    @telling
    def test_backend(self):
        """Try whether the chosen backend can be reached; the result names the failing layer."""
        name = self.page.asking.backend
        if not self._may_use(name):
            return
        destination = destination_of(self.desk.study, name)
        if destination is not None and not self._consent(destination):
            return
        self.page.asking.show_asking(_("Testing {backend}…").format(backend=name), running=False)
        given = ["--study", str(self.desk.study.path)] + (
            ["--consent", destination.origin] if destination else []
        )
        request = Request((name,), local_python=self.settings.local_python)
        self._test.run("backends", "test", name, *given, environment=request.environment())

    def _test_ended(self, lines, problem):
        told = "\n".join(" ".join(line.split()) for line in lines)
        self.page.asking.show_asking(told or problem, running=False)

    def cancel_asking(self):
        """Stop asking; what was answered stays."""
        self._asker.cancel()

    @telling
    def add_store(self):
        """Read the replies of another run of this study."""
        path = qt.QFileDialog.getOpenFileName(
            self.page.widget, _("Replies of a run"), "", _("Run stores (run.store)")
        )
        if path:
            from pathlib import Path

            count = self.desk.add_store(Path(path))
            self.messages.note(_("{count} new replies.").format(count=count))
            self.arrive()

    def _stop_asking(self):
        self._asker.stop()
        self._test.stop()


def _what_is_wished(wishes):
    wanted = "\n".join(f"- {wish.says}" for wish in wishes)
    return _(
        "This study asks for what only you can allow:\n\n{wishes}\n\n"
        "Allow it only if you know who made the study. The answer holds until the study file changes. "
        "Do you allow it?"
    ).format(wishes=wanted)


def _what_leaves(destination):
    leaves = "\n".join(f"- {one}" for one in destination.leaves)
    return _(
        "To answer, these leave this computer for {host}:\n\n{leaves}\n\n"
        "Nothing else is sent: no case id, no file name, no report, no reference answer. Do you agree?"
    ).format(host=destination.origin, leaves=leaves)
