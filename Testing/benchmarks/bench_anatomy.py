"""How fast is anatomy measured? 512 x 512 x 300 voxels with 104 labels, everything as a ratio in one run.

    python -m Testing.benchmarks.bench_anatomy

The yardstick is SimpleITK's LabelShapeStatistics (no perimeter, no oriented box) over the same array. Goals:
all structures without inside points 1.3 x it, with them 3 x; a pair relation 50 ms unless both are large and
touch; `check` less than 15 % of reading the case; peak memory below 2.5 x the two arrays.
"""

from __future__ import annotations

import argparse
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import NamedTuple

import numpy as np
import SimpleITK as sitk

from CTSpatialVQALib.anatomy.measure import measure_all
from CTSpatialVQALib.anatomy.plausibility import check_case
from CTSpatialVQALib.anatomy.relations import compare, surface_distance_mm
from CTSpatialVQALib.demo.phantom import make_patient
from CTSpatialVQALib.volumes.anatomy_mask import AnatomyMask, read_mask
from CTSpatialVQALib.volumes.oriented_volume import OrientedVolume

PAIRS = (
    ("kidney_left", "spleen"),
    ("gallbladder", "liver"),
    ("kidney_left", "kidney_right"),
    ("aorta", "trachea"),
    ("liver", "stomach"),
    ("lung_upper_lobe_left", "lung_lower_lobe_left"),
)


class Spent(NamedTuple):
    """Milliseconds of several repetitions; other work on the machine cannot stretch processor time."""

    least: float
    middle: float
    processor: float

    def __str__(self) -> str:
        return f"{self.least:7.1f} ms (median {self.middle:.1f}, processor {self.processor:.1f})"


def spent_on(work: Callable[[], object], repeats: int) -> Spent:
    """Time `work`, which must do everything anew each time."""
    took, used = [], []
    for _ in range(repeats):
        begun, before = time.perf_counter(), time.process_time()
        work()
        took.append(1000 * (time.perf_counter() - begun))
        used.append(1000 * (time.process_time() - before))
    return Spent(min(took), statistics.median(took), min(used))


def fresh(mask: AnatomyMask) -> AnatomyMask:
    """The same mask, in which nothing has been measured yet."""
    bare = object.__new__(AnatomyMask)  # its constructor measures all labels, which is what is timed here
    for name in ("labels", "grid", "names", "notes"):
        object.__setattr__(bare, name, getattr(mask, name))
    return bare


def bare_statistics(mask: AnatomyMask) -> None:
    """The yardstick."""
    shape = sitk.LabelShapeStatisticsImageFilter()
    shape.ComputePerimeterOff()
    shape.ComputeFeretDiameterOff()
    shape.ComputeOrientedBoundingBoxOff()
    shape.Execute(sitk.GetImageFromArray(np.asfortranarray(mask.labels).T))


def bench_structures(mask: AnatomyMask, repeats: int) -> Iterator[str]:
    """All structures, against the yardstick."""
    bare = spent_on(lambda: bare_statistics(mask), repeats)
    quick = spent_on(lambda: measure_all(fresh(mask), inside_points=False), repeats)
    whole = spent_on(lambda: measure_all(fresh(mask)), repeats)
    yield f"LabelShapeStatistics alone     {bare}"
    for name, one, goal in (("without inside points", quick, 1.3), ("with inside points", whole, 3.0)):
        ratio, middle = one.least / bare.least, one.middle / bare.middle
        processor = one.processor / bare.processor
        yield f"all structures, {name:22} {one}"
        yield f"  {ratio:.2f} x, medians {middle:.2f} x, processor {processor:.2f} x (goal {goal} x)"


def bench_pairs(mask: AnatomyMask, repeats: int) -> Iterator[str]:
    """One pair relation on crops, when nothing of the pair has been measured before."""
    for a, b in PAIRS:

        def relate(first: str = a, second: str = b) -> None:
            one = fresh(mask)
            one.__dict__["statistics"] = mask.statistics
            compare(one, first, second)

        def distance(first: str = a, second: str = b) -> None:
            one = fresh(mask)
            one.__dict__["statistics"] = mask.statistics
            surface_distance_mm(one, first, second)

        relation, gap = spent_on(relate, repeats), spent_on(distance, repeats)
        yield f"{a + ' / ' + b:44} relation {relation}, surface distance {gap}"


def bench_check(folder: Path, repeats: int) -> Iterator[str]:
    """`check`'s findings against reading CT and mask from packed files."""
    ct, file = folder / "ct.nii.gz", folder / "mask.nii.gz"

    def read() -> None:
        read_mask(file, grid=OrientedVolume.from_file(ct).grid)

    volume = OrientedVolume.from_file(ct)
    mask = read_mask(file, grid=volume.grid)
    reading = spent_on(read, repeats)
    checking = spent_on(lambda: check_case(volume.hu, volume.grid, mask), repeats)
    yield f"reading CT and mask            {reading}"
    share, processor = checking.least / reading.least, checking.processor / reading.processor
    yield f"check adds                     {checking}"
    yield f"  {share:.1%} of reading, of its processor time {processor:.1%} (goal 15 %)"


def peak_memory(folder: Path) -> str:
    """Of a process that reads, checks and measures the case, above what it had after its imports.

    From Linux's own high-water mark, because `getrusage` hands a parent's peak on to its children.
    """
    code = (
        "import sys\n"
        "from pathlib import Path\n"
        "from CTSpatialVQALib.volumes.anatomy_mask import read_mask\n"
        "from CTSpatialVQALib.anatomy.measure import measure_all\n"
        "from CTSpatialVQALib.anatomy.plausibility import check_case\n"
        "from CTSpatialVQALib.volumes.oriented_volume import OrientedVolume\n"
        "import scipy.spatial\n"
        "def peak():\n"
        "    lines = Path('/proc/self/status').read_text().splitlines()\n"
        "    return next(int(one.split()[1]) for one in lines if one.startswith('VmHWM'))\n"
        "begun = peak()\n"
        "volume = OrientedVolume.from_file(Path(sys.argv[1]) / 'ct.nii.gz')\n"
        "mask = read_mask(Path(sys.argv[1]) / 'mask.nii.gz', grid=volume.grid)\n"
        "check_case(volume.hu, volume.grid, mask)\n"
        "measure_all(mask)\n"
        "arrays = (volume.hu.nbytes + mask.labels.nbytes) / 1024\n"
        "print((peak() - begun) / arrays, arrays / 1024)\n"
    )
    ran = subprocess.run([sys.executable, "-c", code, folder], capture_output=True, text=True, check=True)
    times, megabytes = (float(one) for one in ran.stdout.split())
    return f"peak memory over the imports   {times:.2f} x the two arrays of {megabytes:.0f} MiB (goal 2.5 x)"


def write_case(folder: Path) -> AnatomyMask:
    """The benchmark phantom as packed files, and its mask."""
    phantom = make_patient(0, "bench")
    lps = np.diag([-1.0, -1.0, 1.0, 1.0]) @ phantom.grid.affine
    for name, array in (("ct", phantom.hu), ("mask", phantom.labels)):
        image = sitk.GetImageFromArray(np.ascontiguousarray(array.T))
        image.SetSpacing(phantom.grid.spacing_mm)
        image.SetOrigin(lps[:3, 3].tolist())
        image.SetDirection((lps[:3, :3] / np.array(phantom.grid.spacing_mm)).ravel().tolist())
        sitk.WriteImage(image, str(folder / f"{name}.nii.gz"), useCompression=True)
    return AnatomyMask(np.asfortranarray(phantom.labels), phantom.grid, phantom.names)


def main() -> None:
    """Run everything."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--repeats", type=int, default=5)
    repeats = parser.parse_args().repeats
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        mask = write_case(folder)
        print(f"{mask.grid}, {len(mask.structures)} labels, {repeats} repetitions")
        for lines in (
            bench_structures(mask, repeats),
            bench_pairs(mask, repeats),
            bench_check(folder, repeats),
        ):
            for line in lines:
                print(line, flush=True)
        print(peak_memory(folder))


if __name__ == "__main__":
    main()
