"""The demo case among Slicer's sample data; it is made on this computer, nothing is downloaded."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import Any

CATEGORY = "CTSpatialVQA"
SAMPLE = "CTSpatialVQA phantom"


def offer(thumbnail: str) -> bool:
    """Register the sample; False in an application without the Sample Data module."""
    try:
        import SampleData
    except ImportError:
        return False
    SampleData.SampleDataLogic.registerCustomSampleDataSource(
        category=CATEGORY,
        sampleName=SAMPLE,
        uris=[],  # nothing is downloaded; None is not taken
        fileNames=[],
        thumbnailFileName=thumbnail,
        customDownloader=load_phantom,
        loadFileType="VolumeFile",
    )
    return True


def load_phantom(_source: Any = None) -> list[Any]:
    """Make the first phantom patient and put its CT and its mask into the scene; the two nodes."""
    import slicer

    from CTSpatialVQALib.demo.phantom import make_patient
    from CTSpatialVQALib.demo.study import as_itk

    phantom = make_patient(0, "demo")
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder:
        ct, mask = Path(folder) / "phantom-ct.nii.gz", Path(folder) / "phantom-mask.nii.gz"
        _write(as_itk(phantom.hu, phantom.grid), ct)
        _write(as_itk(phantom.labels, phantom.grid), mask)
        return [
            slicer.util.loadVolume(str(ct), {"name": SAMPLE}),
            slicer.util.loadVolume(str(mask), {"name": f"{SAMPLE} mask", "labelmap": True}),
        ]


def _write(image: Any, path: Path) -> None:
    import SimpleITK as sitk

    sitk.WriteImage(image, str(path))
