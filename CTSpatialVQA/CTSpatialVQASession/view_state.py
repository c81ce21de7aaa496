"""Slices, window and layout as the reader left them, kept beside the log for the next start."""

from __future__ import annotations

import json
from pathlib import Path
from typing import NamedTuple

from CTSpatialVQALib.errors import BadInput, WorkFailed
from CTSpatialVQALib.files import write_text
from CTSpatialVQALib.reading.plan import ItemKey
from CTSpatialVQALib.records.judgement import Viewing


class ViewState(NamedTuple):
    """What was before the reader, and how he looked at it."""

    key: ItemKey
    viewing: Viewing


class KeptView:
    """The file that holds it; written only where something changed."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._last: ViewState | None = None

    def keep(self, state: ViewState) -> None:
        """Write it down; a disk that is full does not stop the reading."""
        if state == self._last:
            return
        self._last = state
        document = {"key": list(state.key), "viewing": state.viewing.model_dump(mode="json")}
        try:
            write_text(self._path, json.dumps(document) + "\n", private=True)
        except WorkFailed:
            self._last = None

    def last(self) -> ViewState | None:
        """What was kept, or None where there is nothing or it cannot be read."""
        try:
            document = json.loads(self._path.read_text(encoding="utf-8"))
            question_id, reply_id, occasion = document["key"]
            viewing = Viewing.from_json(json.dumps(document["viewing"]), where=str(self._path))
        except (OSError, ValueError, KeyError, TypeError, BadInput):
            return None  # only a convenience: the question itself stands in the log
        return ViewState(ItemKey(question_id, reply_id, occasion), viewing)
