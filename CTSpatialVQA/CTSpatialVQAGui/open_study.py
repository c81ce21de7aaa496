"""The session that is open in the window, shared by the controllers."""

from __future__ import annotations

from CTSpatialVQASession.reader_session import ReaderSession


class OpenStudy:
    """Holds the session of the open study; None between studies."""

    def __init__(self) -> None:
        self.session: ReaderSession | None = None

    @property
    def is_open(self) -> bool:
        """Whether a study is open."""
        return self.session is not None

    @property
    def required(self) -> ReaderSession:
        """The session, for what can be pressed while a study is open only."""
        if self.session is None:
            raise RuntimeError("no study is open")
        return self.session
