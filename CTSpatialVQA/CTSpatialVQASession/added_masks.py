"""Anatomy masks that were chosen or computed while reading, beside those of the study."""

from __future__ import annotations

import json
from pathlib import Path

from CTSpatialVQALib.errors import BadInput
from CTSpatialVQALib.files import write_text
from CTSpatialVQALib.records.case import Case

FILE = "masks.json"


class AddedMasks:
    """Case id -> mask file, kept in a file of the readings folder.

    The study file stays as it is: a changed one would be another study, with another log.
    """

    def __init__(self, folder: Path) -> None:
        self._file = folder / FILE
        self._paths = self._read()

    def applied(self, case: Case) -> Case:
        """The case with its added mask, if it has one that is still there."""
        path = self._paths.get(case.case_id)
        if path is None or not path.exists():
            return case
        return case.model_copy(update={"mask": path, "mask_format": "auto", "mask_naming": "auto"})

    def add(self, case_id: str, mask: Path) -> None:
        """Use `mask` for this case from now on.

        Raises
        ------
        BadInput
            If there is nothing at that path.
        """
        if not mask.exists():
            raise BadInput(mask, expected="a mask", came="nothing", remedy="Choose a file that exists")
        self._paths[case_id] = mask
        self._write()

    def remove(self, case_id: str) -> None:
        """Go back to the study's own mask."""
        if self._paths.pop(case_id, None) is not None:
            self._write()

    def _write(self) -> None:
        paths = {case_id: str(path) for case_id, path in self._paths.items()}
        write_text(self._file, json.dumps(paths, ensure_ascii=False, indent=1, sort_keys=True) + "\n")

    def _read(self) -> dict[str, Path]:
        if not self._file.is_file():
            return {}
        try:
            document = json.loads(self._file.read_text(encoding="utf-8"))
        except (OSError, ValueError):
            return {}  # only a convenience: the masks can be chosen again
        if not isinstance(document, dict):
            return {}
        return {str(case_id): Path(path) for case_id, path in document.items() if isinstance(path, str)}
