"""One study opened by one reader: the reading, its replies, its cases and its files."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from pathlib import Path

from pydantic import ValidationError

from CTSpatialVQALib.audit.events import consent_given, consent_withdrawn
from CTSpatialVQALib.audit.log import AuditLog
from CTSpatialVQALib.backends.case_data import CaseData
from CTSpatialVQALib.benchmark.study import Study, load_study
from CTSpatialVQALib.errors import BadInput, shown
from CTSpatialVQALib.reading.plan import Item, ReadingPlan, plan_reading
from CTSpatialVQALib.reading.session import Reading
from CTSpatialVQALib.reading.study_log import read_study_log
from CTSpatialVQALib.records.base import utc_now
from CTSpatialVQALib.records.event import Actor
from CTSpatialVQALib.records.reply import Reply
from CTSpatialVQALib.records.words import ReadingMode
from CTSpatialVQASession.added_masks import AddedMasks
from CTSpatialVQASession.reading_files import ReadingFiles, reading_files_of, run_stores
from CTSpatialVQASession.reply_library import ReplyLibrary


class ReaderSession:
    """A study, opened to be read; `close` it. Use `ReaderSession.for_reader`.

    Parameters
    ----------
    notes : what was unusual about study and run stores, a sentence each
    """

    def __init__(
        self,
        study: Study,
        files: ReadingFiles,
        log: AuditLog,
        replies: ReplyLibrary,
        reading: Reading,
        notes: list[str],
        *,
        shown_backends: frozenset[str] = frozenset(),
    ) -> None:
        self.study, self.files, self.log = study, files, log
        self.replies, self.reading, self.notes = replies, reading, notes
        self.masks = AddedMasks(files.log.parent)
        self._case: CaseData | None = None
        self._consented: dict[str, None] = {}
        self._shown_backends = shown_backends

    @classmethod
    def for_reader(
        cls,
        path: Path,
        reader: str,
        *,
        software: Mapping[str, str] | None = None,
        now: Callable[[], datetime] = utc_now,
    ) -> ReaderSession:
        """Open the study file at `path` for `reader`, with every reply that lies beside it.

        Raises
        ------
        BadInput
            If the reader's name, the study or one of its files is not what it must be.
        WorkFailed
            If the log cannot be written, or another program reads with it.
        """
        actor = _actor(reader)
        study = load_study(path)
        files = reading_files_of(path, reader)
        notes = [str(note) for note in study.notes]
        replies = ReplyLibrary(study)
        log = AuditLog.open(files.log, actor, software=software, now=now)
        try:
            # what was read before stands in the log, even where its run store is gone
            earlier = tuple(read_study_log(files.log).replies.values())
            replies.add(earlier)
            _add_stores(replies, path, files, notes)
            shown = frozenset(reply.key.backend for reply in earlier)
            reading = Reading.open(_planned(study, replies, reader, shown), log, now=now)
        except BaseException:
            log.close()
            raise
        return cls(study, files, log, replies, reading, notes, shown_backends=shown)

    @property
    def reader(self) -> str:
        """The reader's pseudonym."""
        return self.reading.plan.reader

    @property
    def item(self) -> Item | None:
        """What is before the reader; the window shows `reading.visible()` of it."""
        return self.reading.current

    @property
    def reply(self) -> Reply | None:
        """The reply before the reader, where the rules let him see it."""
        item = self.item
        return None if item is None or not self.reading.visible().sight.reply else item.reply

    def case(self) -> CaseData | None:
        """Volume and mask of the current case, kept until another case is needed."""
        item = self.item
        if item is None:
            return None
        if self._case is None or self._case.case.case_id != item.case_id:
            self._case = CaseData(self.masks.applied(self.study.cases[item.case_id]))
        return self._case

    def forget_case(self) -> None:
        """Read the case again when it is needed next, e.g. because it has got a mask."""
        self._case = None

    def add_replies(self, replies: tuple[Reply, ...]) -> int:
        """Go on with new replies; how many of them can be read.

        Raises
        ------
        BadInput
            If they do not fit the reading; then it goes on without them.
        """
        added = self.replies.add(replies)
        # whom the reader asked himself is shown to him, whomever else the study has readers judge
        self._shown_backends |= {reply.key.backend for reply in replies}
        if added.new:
            self.reading.extend(self._plan())
        return added.new

    def add_store(self, path: Path) -> int:
        """Go on with the replies of another run; how many are new.

        Raises
        ------
        BadInput
            If it is no run store, or holds nothing about this study's questions.
        """
        added = self.replies.add_store(path)
        if not added.new and added.foreign:
            raise BadInput(
                path,
                expected="replies to the questions of this study",
                came=f"{added.foreign} to other questions",
                remedy="Choose the run store of a run of this study",
            )
        self.reading.extend(self._plan())
        return added.new

    def has_consent(self, host: str) -> bool:
        """Whether the reader agreed that data go to this host, until the study is closed."""
        return host in self._consented

    def give_consent(self, host: str) -> None:
        """Record that the reader agrees; on disk before anything is sent."""
        self.log.append(*consent_given(host))
        self._consented[host] = None

    def close(self) -> None:
        """End the session, and with it every consent; everything is on disk already."""
        try:
            self.log.append_many([consent_withdrawn(host) for host in self._consented])
            self.reading.close()
        finally:
            self.log.close()

    def _plan(self) -> ReadingPlan:
        return _planned(self.study, self.replies, self.reader, self._shown_backends)


def _planned(study: Study, replies: ReplyLibrary, reader: str, shown: frozenset[str]) -> ReadingPlan:
    """The plan of the study's rules; in an open reading with the backends that the reader asked himself."""
    rules = study.reading
    if rules.backends and rules.mode is ReadingMode.OPEN:
        backends = tuple(dict.fromkeys((*rules.backends, *sorted(shown))))
        rules = rules.model_copy(update={"backends": backends})
    return plan_reading(study, replies.all, reader, rules=rules)


def _actor(reader: str) -> Actor:
    try:
        return Actor(id=reader)
    except ValidationError as error:
        raise BadInput(
            "reader",
            expected="a pseudonym of 1 to 200 printable characters",
            came=shown(reader) if reader else "nothing",
            remedy="Type your pseudonym, for example reader-1",
        ) from error


def _add_stores(replies: ReplyLibrary, study: Path, files: ReadingFiles, notes: list[str]) -> None:
    for path in run_stores(study, files):
        try:
            added = replies.add_store(path)
        except BadInput as error:
            notes.append(str(error))
            continue
        if added.foreign:
            notes.append(f"{path}: {added.foreign} replies to other questions were left out.")
