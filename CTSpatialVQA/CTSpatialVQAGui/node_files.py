"""Files of nodes of the scene: a node's own where it is unchanged, else one that is written now."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import slicer

from CTSpatialVQALib.errors import WorkFailed

ENDINGS = {"vtkMRMLSegmentationNode": ".seg.nrrd"}


def file_of(node: Any, folder: Path) -> Path | None:
    """The file of `node`, or None without a node; one that was changed or never saved is saved in `folder`.

    Raises
    ------
    WorkFailed
        If it cannot be saved.
    """
    if node is None:
        return None
    own = _own_file(node)
    if own is not None:
        return own
    # numbered, not named after the node: node names may hold a patient's
    target = folder / f"{node.GetID()}{ENDINGS.get(node.GetClassName(), '.nrrd')}"
    target.parent.mkdir(parents=True, exist_ok=True)
    if not slicer.util.saveNode(node, str(target)):
        raise WorkFailed(f"{target}: the node could not be saved. Save it in Slicer and choose the file.")
    return target


def _own_file(node: Any) -> Path | None:
    storage = node.GetStorageNode()
    if storage is None or node.GetModifiedSinceRead():
        return None
    path = Path(storage.GetFullNameFromFileName())
    return path if path.is_file() and storage.GetNumberOfFileNames() == 0 else None
