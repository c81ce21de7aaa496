"""How fast is a volume prepared? As ratios to plain ways of doing the same, in the same run.

Run: python Testing/benchmarks/bench_prepare.py
A phantom of 512 x 512 x 300 voxels. Tensors: reading once and preparing, against one SimpleITK read and
the recipe's operations one after another. Pictures: 85 slices at 896 x 896 as PNG, against Pillow's level 6.
"""

from __future__ import annotations

import io
import statistics
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import numpy as np
import SimpleITK as sitk
from numpy.typing import NDArray
from PIL import Image

from CTSpatialVQALib.demo.phantom import make_patient
from CTSpatialVQALib.imaging.contract import Arrangement, prepare
from CTSpatialVQALib.imaging.contract_catalogue import contract_named
from CTSpatialVQALib.imaging.png import as_pngs
from CTSpatialVQALib.imaging.slice_recipes import THREE_WINDOWS, axial_stack, medgemma_positions
from CTSpatialVQALib.volumes.oriented_volume import OrientedVolume

MEDGEMMA = contract_named("medgemma")
ROUNDS = 2


class Took(NamedTuple):
    """Median wall and processor time in seconds."""

    wall: float
    cpu: float


def timed(work: Callable[[], object]) -> Took:
    walls, cpus = [], []
    for _ in range(ROUNDS):
        wall, cpu = time.perf_counter(), time.process_time()
        work()
        walls.append(time.perf_counter() - wall)
        cpus.append(time.process_time() - cpu)
    return Took(statistics.median(walls), statistics.median(cpus))


def written(folder: Path) -> Path:
    one = make_patient(0, "bench")
    image = sitk.GetImageFromArray(one.hu[::-1, ::-1].T)
    image.SetSpacing(one.grid.spacing_mm)
    sitk.WriteImage(image, str(folder / "ct.nii.gz"), useCompression=True, compressionLevel=1)
    return folder / "ct.nii.gz"


def naive_pictures(image: sitk.Image, depth: int) -> NDArray[np.float32]:
    """M3D's preparation, step by step on the whole volume."""
    hu = sitk.GetArrayFromImage(image)[::-1]
    grey = np.rint((np.clip(hu, -1000, 400).astype(np.float32) + 1000) / 1400 * 255).astype(np.uint8)
    scaled = grey.astype(np.float32) / 255
    scaled -= scaled.min()
    scaled /= scaled.max()
    shows = scaled > 0
    sides = [np.flatnonzero(shows.any(axis=axes)) for axes in ((1, 2), (0, 2), (0, 1))]
    body = tuple(slice(side[0], side[-1] + 1) for side in sides)
    cut = sitk.GetImageFromArray(scaled[body])
    step = [n / m for n, m in zip(cut.GetSize(), (256, 256, depth), strict=True)]
    sampler = sitk.ResampleImageFilter()
    sampler.SetSize((256, 256, depth))
    sampler.SetOutputSpacing(step)
    sampler.SetOutputOrigin([(one - 1) / 2 for one in step])
    sampler.SetInterpolator(sitk.sitkLinear)
    return sitk.GetArrayFromImage(sampler.Execute(cut))


def naive_merlin(image: sitk.Image) -> NDArray[np.float32]:
    """Merlin's transforms, step by step."""
    image = sitk.DICOMOrient(image, "LPS")
    image = sitk.Flip(image, (True, True, False))
    size = [
        round((n - 1) * mm / wanted + 1)
        for n, mm, wanted in zip(image.GetSize(), image.GetSpacing(), (1.5, 1.5, 3.0), strict=True)
    ]
    sampler = sitk.ResampleImageFilter()
    sampler.SetSize(size)
    sampler.SetOutputSpacing((1.5, 1.5, 3.0))
    sampler.SetOutputOrigin(image.GetOrigin())
    sampler.SetOutputDirection(image.GetDirection())
    sampler.SetInterpolator(sitk.sitkLinear)
    sampler.SetOutputPixelType(sitk.sitkFloat32)
    sampler.SetUseNearestNeighborExtrapolator(True)  # or the last slice would be 0 HU, water
    hu = sitk.GetArrayFromImage(sampler.Execute(image)).T
    unit = np.clip((hu + 1000) / 2000, 0, 1)
    pads = [
        ((m - n) // 2, m - n - (m - n) // 2) if n < m else (0, 0)
        for n, m in zip(unit.shape, (224, 224, 160), strict=True)
    ]
    unit = np.pad(unit, pads)
    r, a, s = (n // 2 - m // 2 for n, m in zip(unit.shape, (224, 224, 160), strict=True))
    return np.ascontiguousarray(unit[r : r + 224, a : a + 224, s : s + 160])


def naive_pngs(volume: OrientedVolume) -> list[bytes]:
    """MedGemma's slices as Pillow saves them by itself: level 6, one after another."""
    stack = axial_stack(volume, medgemma_positions(volume.hu.shape[2]), Arrangement())
    packed = []
    for hu in stack.pictures:
        channels = []
        for low, high in THREE_WINDOWS:
            clipped = np.clip(hu, low, high).astype(np.float32)
            clipped -= low
            clipped /= high - low
            clipped *= 255.0
            channels.append(np.round(clipped).astype(np.uint8))
        image = Image.fromarray(np.stack(channels, axis=-1)).resize((896, 896), Image.Resampling.BILINEAR)
        buffer = io.BytesIO()
        image.save(buffer, "PNG")
        packed.append(buffer.getvalue())
    return packed


def pixels(packed: bytes) -> NDArray[np.uint8]:
    with Image.open(io.BytesIO(packed)) as image:
        return np.asarray(image)


def row(what: str, own: Took, plain: Took) -> None:
    print(
        f"{what:34} {own.wall:6.2f} s wall {own.cpu:6.2f} s cpu, plain {plain.wall:6.2f} / {plain.cpu:6.2f}: "
        f"{plain.wall / own.wall:4.1f} x wall, {plain.cpu / own.cpu:4.1f} x cpu"
    )


def main() -> None:
    with tempfile.TemporaryDirectory() as folder:
        path = written(Path(folder))
        read_own = timed(lambda: OrientedVolume.from_file(path))
        read_plain = timed(lambda: sitk.ReadImage(str(path)))
        row("reading", read_own, read_plain)
        volume, image = OrientedVolume.from_file(path), sitk.ReadImage(str(path))
    every = [read_own]
    plain: dict[str, Callable[[], NDArray[np.float32]]] = {
        "m3d": lambda: naive_pictures(image, 32),
        "med3dvlm": lambda: naive_pictures(image, 128),
        "merlin": lambda: naive_merlin(image),
    }
    naive = [read_plain]
    for name, work in plain.items():
        show = contract_named(name).show
        own = timed(lambda show=show: show(volume, Arrangement()))
        reference = timed(work)
        apart = np.abs(show(volume, Arrangement()).array.reshape(work().shape) - work()).max()
        row(f"{name} (differs by {apart:.1e})", own, reference)
        row(
            f"{name} with one read each",
            Took(read_own.wall + own.wall, read_own.cpu + own.cpu),
            Took(read_plain.wall + reference.wall, read_plain.cpu + reference.cpu),
        )
        every.append(own)
        naive.append(reference)
    row("one read and all three", _sum(every), _sum(naive))
    own_pngs = timed(lambda: as_pngs(prepare(MEDGEMMA, volume), side=896))
    plain_pngs = timed(lambda: naive_pngs(volume))
    same = all(
        (pixels(one) == pixels(other)).all()
        for one, other in zip(as_pngs(prepare(MEDGEMMA, volume), side=896), naive_pngs(volume), strict=True)
    )
    row(f"85 PNG of 896, pixels {'equal' if same else 'NOT EQUAL'}", own_pngs, plain_pngs)
    native = timed(lambda: as_pngs(prepare(MEDGEMMA, volume)))
    row("85 PNG as scanned (512)", native, plain_pngs)


def _sum(parts: list[Took]) -> Took:
    return Took(sum(one.wall for one in parts), sum(one.cpu for one in parts))


if __name__ == "__main__":
    main()
