"""What does the module remember between starts? Reader, recent studies, folder; never a key or a password."""

from pathlib import Path

import qt

PREFIX = "CTSpatialVQA/"
MOST_RECENT = 8


class Settings:
    """The module's part of Slicer's settings; written only when the reader does something."""

    @property
    def reader(self):
        """The pseudonym used last; empty at first."""
        return self._text("reader")

    @reader.setter
    def reader(self, name):
        qt.QSettings().setValue(PREFIX + "reader", name)

    @property
    def recent(self):
        """Study files opened before that are still there, the last one first."""
        told = qt.QSettings().value(PREFIX + "recentStudies")
        known = (told,) if isinstance(told, str) else tuple(told or ())
        return tuple(path for path in known if Path(path).is_file())

    def add_recent(self, path):
        """A study was opened."""
        others = [one for one in self.recent if one != str(path)]
        qt.QSettings().setValue(PREFIX + "recentStudies", [str(path), *others][:MOST_RECENT])

    @property
    def folder(self):
        """Where demo and picked studies are kept: in the user's documents unless he chose another."""
        chosen = self._text("folder")
        if chosen:
            return Path(chosen)
        documents = qt.QStandardPaths.writableLocation(qt.QStandardPaths.DocumentsLocation)
        return Path(documents) / "CTSpatialVQA"

    @folder.setter
    def folder(self, path):
        qt.QSettings().setValue(PREFIX + "folder", str(path))

    @property
    def local_python(self):
        """The interpreter that runs local models; empty where there is none, or no longer."""
        chosen = self._text("localPython")
        return chosen if chosen and Path(chosen).is_file() else ""

    @local_python.setter
    def local_python(self, path):
        qt.QSettings().setValue(PREFIX + "localPython", str(path))

    def _text(self, name):
        return str(qt.QSettings().value(PREFIX + name) or "")
