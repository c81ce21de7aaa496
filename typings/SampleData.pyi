from collections.abc import Callable
from typing import Any

class SampleDataLogic:
    @staticmethod
    def registerCustomSampleDataSource(
        category: str = ...,
        sampleName: str | None = ...,
        uris: list[str] = ...,
        fileNames: list[str] = ...,
        customDownloader: Callable[..., Any] | None = ...,
        thumbnailFileName: str | None = ...,
        loadFileType: str | None = ...,
    ) -> None: ...
