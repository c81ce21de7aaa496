"""How fast are the models' tensors made? Against one SimpleITK read and the official operations, in torch.

Run: python Testing/benchmarks/bench_contracts.py
A phantom of 512 x 512 x 300 voxels in a .nii.gz. The peers do what the models' own scripts do with MONAI,
told in torch: M3D and Med3DVLM min-max, crop of the foreground and trilinear `interpolate`; Merlin resampling
by `grid_sample`, scaling, padding and cropping. Each peer reads the file by itself, as the scripts do.
"""

from __future__ import annotations

import tempfile
from collections.abc import Callable
from pathlib import Path

import numpy as np
import SimpleITK as sitk
import torch
from bench_prepare import Took, row, timed, written
from numpy.typing import NDArray

from CTSpatialVQALib.imaging.contract import Arrangement
from CTSpatialVQALib.imaging.contract_catalogue import contract_named
from CTSpatialVQALib.volumes.oriented_volume import OrientedVolume


def official_pictures(path: Path, depth: int) -> NDArray[np.float32]:
    """M3D's preparation: 8-bit pictures / 255, minimum to 0 and maximum to 1, CropForeground, Resize."""
    hu = sitk.GetArrayFromImage(sitk.ReadImage(str(path)))[::-1]
    grey = np.rint((np.clip(hu, -1000, 400).astype(np.float32) + 1000) / 1400 * 255).astype(np.uint8)
    scaled = grey.astype(np.float32) / 255
    scaled -= scaled.min()
    scaled /= scaled.max()
    shows = scaled > 0
    sides = [np.flatnonzero(shows.any(axis=axes)) for axes in ((1, 2), (0, 2), (0, 1))]
    cut = scaled[tuple(slice(side[0], side[-1] + 1) for side in sides)]
    volume = torch.from_numpy(np.ascontiguousarray(cut))[None, None]
    wanted = (depth, 256, 256)
    return torch.nn.functional.interpolate(volume, wanted, mode="trilinear", align_corners=False).numpy()


def official_merlin(path: Path) -> NDArray[np.float32]:
    """Merlin's transforms: Orientation, Spacing, ScaleIntensityRange, SpatialPad, CenterSpatialCrop."""
    image = sitk.ReadImage(str(path))
    hu = torch.from_numpy(sitk.GetArrayFromImage(image).T[::-1, ::-1].astype(np.float32))  # LPS to RAS
    places = []
    for n, mm, wanted in zip(image.GetSize(), image.GetSpacing(), (1.5, 1.5, 3.0), strict=True):
        at = torch.arange(round((n - 1) * mm / wanted + 1)) * (wanted / mm)
        places.append(at / (n - 1) * 2 - 1)
    grid = torch.stack(torch.meshgrid(*places, indexing="ij")[::-1], dim=-1)[None].float()
    made = torch.nn.functional.grid_sample(hu[None, None], grid, padding_mode="border", align_corners=True)
    unit = ((made[0, 0].numpy() + 1000) / 2000).clip(0, 1)
    target = (224, 224, 160)
    pads = [
        ((m - n) // 2, m - n - (m - n) // 2) if n < m else (0, 0)
        for n, m in zip(unit.shape, target, strict=True)
    ]
    unit = np.pad(unit, pads)
    start = [n // 2 - m // 2 for n, m in zip(unit.shape, target, strict=True)]
    return unit[tuple(slice(one, one + m) for one, m in zip(start, target, strict=True))][None, None]


PEERS: dict[str, Callable[[Path], NDArray[np.float32]]] = {
    "m3d": lambda path: official_pictures(path, 32),
    "med3dvlm": lambda path: official_pictures(path, 128),
    "merlin": official_merlin,
}


def main() -> None:
    with tempfile.TemporaryDirectory() as folder:
        path = written(Path(folder))
        reading = timed(lambda: OrientedVolume.from_file(path))
        volume = OrientedVolume.from_file(path)
        own, plain = [reading], []
        for name, peer in PEERS.items():
            show = contract_named(name).show
            making = timed(lambda show=show: show(volume, Arrangement()))
            official = timed(lambda peer=peer: peer(path))
            apart = np.abs(show(volume, Arrangement()).array - peer(path)).max()
            alone = Took(reading.wall + making.wall, reading.cpu + making.cpu)
            row(f"{name} read and made (off by {apart:.0e})", alone, official)
            own.append(making)
            plain.append(official)
        row("all three, our one read for all", _sum(own), _sum(plain))


def _sum(parts: list[Took]) -> Took:
    return Took(sum(one.wall for one in parts), sum(one.cpu for one in parts))


if __name__ == "__main__":
    main()
