"""What a model is shown under a probe: one controlled change of the full presentation, on its scale."""

from __future__ import annotations

from dataclasses import dataclass

from CTSpatialVQALib.errors import BadInput
from CTSpatialVQALib.imaging.contract import Arrangement, Contract, Prepared, prepare, without_pixels
from CTSpatialVQALib.imaging.voxel_edits import erased, marked, mirrored
from CTSpatialVQALib.records.words import Probe
from CTSpatialVQALib.volumes.anatomy_mask import AnatomyMask
from CTSpatialVQALib.volumes.oriented_volume import OrientedVolume


@dataclass(frozen=True, eq=False)
class ProbeInputs:
    """What probes need beside the volume.

    Parameters
    ----------
    seed : for `shuffled`
    other : another patient's volume, for `other_case`
    mask, structures : for `erased` and `marked`; class names, on the volume's grid
    """

    seed: int = 0
    other: OrientedVolume | None = None
    mask: AnatomyMask | None = None
    structures: tuple[str, ...] = ()


def probed(
    contract: Contract, volume: OrientedVolume, probe: Probe, inputs: ProbeInputs | None = None
) -> Prepared:
    """What `contract` shows of `volume` under `probe`.

    - `full`: everything as it is; `text_only`: no pixels and no image in the prompt.
    - `single_slice`: of pictures only the middle one; a volume is filled with its middle slice.
    - `shuffled`: the slices in a random order given by the seed, labelled as if they were in order.
    - `mirrored`, `erased`, `marked`: the volume changed, see `imaging.edits`; `other_case`: another volume.

    Raises
    ------
    BadInput
        If the probe needs what `inputs` does not have, or another case's voxels are this one's.
    """
    needed = inputs or ProbeInputs()
    if probe is Probe.TEXT_ONLY:
        return without_pixels(contract)
    arrangement = _arrangement(volume, probe, needed.seed)
    return prepare(contract, _shown(volume, probe, needed), probe=probe, arrangement=arrangement)


def _arrangement(volume: OrientedVolume, probe: Probe, seed: int) -> Arrangement:
    if probe is Probe.SINGLE_SLICE:
        return Arrangement("single")
    if probe is Probe.SHUFFLED:
        return Arrangement("shuffled", seed)
    # a mirrored volume has the same minimum, maximum and foreground; another patient's is a scan of its own
    return Arrangement(full=volume) if probe in (Probe.ERASED, Probe.MARKED) else Arrangement()


def _shown(volume: OrientedVolume, probe: Probe, inputs: ProbeInputs) -> OrientedVolume:
    if probe is Probe.MIRRORED:
        return mirrored(volume)
    if probe is Probe.OTHER_CASE:
        return _other(volume, inputs)
    if probe not in (Probe.ERASED, Probe.MARKED):
        return volume
    if inputs.mask is None:
        raise _lacking(probe, "an anatomy mask and structures", "no mask")
    change = erased if probe is Probe.ERASED else marked
    return change(volume, inputs.mask, inputs.structures)


def _other(volume: OrientedVolume, inputs: ProbeInputs) -> OrientedVolume:
    if inputs.other is None:
        raise _lacking(Probe.OTHER_CASE, "another patient's volume", "none")
    if inputs.other.content_sha256 == volume.content_sha256:
        raise _lacking(Probe.OTHER_CASE, "another patient's volume", "the same voxels")
    return inputs.other


def _lacking(probe: Probe, expected: str, came: str) -> BadInput:
    return BadInput(f"probe {probe}", expected=expected, came=came, remedy="Give it, or choose another probe")
