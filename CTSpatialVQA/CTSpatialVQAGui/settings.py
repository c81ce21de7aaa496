"""What the module remembers between starts: reader, recent studies, folders; never a key or a password."""

from __future__ import annotations

from pathlib import Path

import qt

PREFIX = "CTSpatialVQA/"
MOST_RECENT = 8


class Settings:
    """The module's part of Slicer's settings; written only when the reader does something."""

    @property
    def reader(self) -> str:
        """The pseudonym used last; empty at first."""
        return self._text("reader")

    @reader.setter
    def reader(self, name: str) -> None:
        qt.QSettings().setValue(PREFIX + "reader", name)

    @property
    def recent(self) -> tuple[str, ...]:
        """Study files opened before that still exist, the last one first."""
        value = qt.QSettings().value(PREFIX + "recentStudies")
        paths = (value,) if isinstance(value, str) else tuple(value or ())
        return tuple(path for path in paths if Path(path).is_file())

    def add_recent(self, path: Path) -> None:
        """A study was opened."""
        earlier = [recent for recent in self.recent if recent != str(path)]
        qt.QSettings().setValue(PREFIX + "recentStudies", [str(path), *earlier][:MOST_RECENT])

    @property
    def folder(self) -> Path:
        """Where demo and picked studies are kept: in the user's documents unless he chose another."""
        chosen = self._text("folder")
        if chosen:
            return Path(chosen)
        documents = qt.QStandardPaths.writableLocation(qt.QStandardPaths.DocumentsLocation)
        return Path(documents) / "CTSpatialVQA"

    @folder.setter
    def folder(self, path: Path) -> None:
        qt.QSettings().setValue(PREFIX + "folder", str(path))

    @property
    def local_python(self) -> str:
        """The interpreter that runs local models; empty where there is none, or no longer."""
        chosen = self._text("localPython")
        return chosen if chosen and Path(chosen).is_file() else ""

    @local_python.setter
    def local_python(self, path: Path) -> None:
        qt.QSettings().setValue(PREFIX + "localPython", str(path))

    def _text(self, name: str) -> str:
        return str(qt.QSettings().value(PREFIX + name) or "")
