"""`SampleData`, Slicer's module of sample data: what is registered, checked as Slicer checks it.

From its documented behaviour; nothing is ever downloaded.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import slicer

registered: dict[str, list[SampleDataSource]] = {}


class SampleDataSource:
    """One sample. `uris`, `fileNames` and their companions are lists of one length.

    None for `uris` or `fileNames` is refused with a TypeError, as measured in 5.12.3.
    """

    def __init__(
        self,
        sampleName: str | None = None,
        uris: Any = None,
        fileNames: Any = None,
        nodeNames: Any = None,
        customDownloader: Callable[..., Any] | None = None,
        thumbnailFileName: str | None = None,
        loadFileType: Any = None,
        loadFiles: Any = None,
        checksums: Any = None,
        loadFileProperties: dict[str, Any] | None = None,
        sampleDescription: str | None = None,
    ) -> None:
        if isinstance(uris, str):
            uris, fileNames, nodeNames = [uris], [fileNames], [nodeNames]
        for name, value in (("uris", uris), ("fileNames", fileNames)):
            if not isinstance(value, list | tuple):
                raise TypeError(f"{name} of a sample is a list, not {type(value).__name__}")
        companions = {"nodeNames": nodeNames, "loadFiles": loadFiles, "checksums": checksums}
        for name, value in {"fileNames": fileNames, **companions}.items():
            if value is not None and len(value) != len(uris):
                raise ValueError(f"All fields of sample data source must have the same length: {name}")
        if thumbnailFileName is not None and not Path(thumbnailFileName).is_file():
            raise ValueError(f"there is no thumbnail {thumbnailFileName}")
        if not uris and customDownloader is None:
            raise ValueError("a sample without addresses needs a customDownloader")
        self.sampleName, self.sampleDescription = sampleName, sampleDescription or sampleName
        self.uris, self.fileNames, self.customDownloader = uris, fileNames, customDownloader
        self.loadFileType, self.loadFileProperties = loadFileType, dict(loadFileProperties or {})


class SampleDataLogic:
    """What modules call to register a sample, and what the window of samples does with one."""

    @staticmethod
    def registerCustomSampleDataSource(
        category: str = "Custom",
        sampleName: str | None = None,
        uris: Any = None,
        fileNames: Any = None,
        nodeNames: Any = None,
        customDownloader: Callable[..., Any] | None = None,
        thumbnailFileName: str | None = None,
        loadFileType: Any = None,
        loadFiles: Any = None,
        loadFileProperties: dict[str, Any] | None = None,
        checksums: Any = None,
    ) -> None:
        """Add a sample; the same one a second time is left out."""
        source = SampleDataSource(
            sampleName,
            uris,
            fileNames,
            nodeNames,
            customDownloader,
            thumbnailFileName,
            loadFileType,
            loadFiles,
            checksums,
            loadFileProperties,
        )
        slicer.modules.sampleDataSources = registered
        sources = registered.setdefault(category, [])
        if all(source_before.sampleName != sampleName for source_before in sources):
            sources.append(source)

    def downloadFromSource(self, source: SampleDataSource) -> list[Any]:
        """The nodes of a sample that a module makes itself."""
        if source.customDownloader is None:
            raise RuntimeError("this host downloads nothing")
        nodes = source.customDownloader(source)
        return list(nodes) if isinstance(nodes, list | tuple) else [nodes]
