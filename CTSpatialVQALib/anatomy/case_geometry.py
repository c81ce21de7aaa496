"""One case as it is measured: the mask, its midline, and what reading and checking forbid."""

from __future__ import annotations

from collections.abc import Iterable
from functools import cached_property

from CTSpatialVQALib.anatomy.midline import Midline, find_midline
from CTSpatialVQALib.anatomy.plausibility import orientation_findings, pair_votes
from CTSpatialVQALib.anatomy.relations import centroid
from CTSpatialVQALib.anatomy.structure_groups import Body, body_of
from CTSpatialVQALib.language.spatial_question import Operand
from CTSpatialVQALib.records.structures import opposite, structures
from CTSpatialVQALib.volumes.anatomy_mask import AnatomyMask
from CTSpatialVQALib.volumes.check_finding import Finding

CANNOT_TELL_MM = 2.0  # centres nearer than that are as good as level: below a voxel of most scans
# What a finding makes untrustworthy. A volume turned by half about one axis shows one of the other two
# findings as well, but with few structures it may not, so an exchanged axis takes left and right with it.
_BLOCKED_AXES = {
    "mirrored_left_right": (0,),
    "situs_inversus_or_mirrored": (0,),
    "situs_not_inverted": (0,),
    "mirrored_front_back": (0, 1),
    "upside_down": (0, 2),
    **dict.fromkeys(("orientation_not_stated", "orientation_contradictory"), (0, 1, 2)),
    **dict.fromkeys(("mask_misfit", "hu_implausible"), (-1, 0, 1, 2)),
}


def blocked_axes(findings: Iterable[Finding]) -> dict[int, str]:
    """Axis (0 right, 1 anterior, 2 superior; -1 sizes and distances) -> the error that forbids it."""
    blocks: dict[int, str] = {}
    for finding in findings:
        if finding.severity == "error":
            for axis in _BLOCKED_AXES.get(finding.code, ()):
                blocks.setdefault(axis, finding.message)
    return blocks


class CaseGeometry:
    """One mask, ready to be asked.

    Parameters
    ----------
    situs_inversus : the reader declares that this patient's organs are mirrored
    findings : of reading and checking the case's files; errors among them block what they forbid
    """

    def __init__(
        self, mask: AnatomyMask, *, situs_inversus: bool = False, findings: Iterable[Finding] = ()
    ) -> None:
        self.mask = mask
        self.findings = (*findings, *mask.findings)
        self.situs_inversus = situs_inversus
        self._bodies: dict[tuple[str, ...], Body | None] = {}

    @cached_property
    def midline(self) -> Midline | None:
        """The patient's midline, or None where no structure of the mask shows it."""
        return find_midline(self.mask)

    @cached_property
    def blocks(self) -> dict[int, str]:
        """Axis (0 right, 1 anterior, 2 superior; -1 sizes and distances) -> why it cannot be trusted."""
        oriented = orientation_findings(self.mask, situs_inversus=self.situs_inversus)
        return blocked_axes((*self.findings, *oriented))

    @cached_property
    def misnamed(self) -> frozenset[str]:
        """Paired structures that lie the wrong way round while the others of the case do not."""
        against = pair_votes(self.mask).against
        return frozenset(against) | {counterpart for name in against if (counterpart := opposite(name))}

    def block(self, axis: int, *bodies: Body) -> str | None:
        """Why nothing can be said along `axis` about `bodies`, or None.

        Where left and right are not trusted, neither is which of a pair carries which name.
        """
        sided = any(structures()[name].side for body in bodies for name in body.names)
        why = self.blocks.get(axis) or (self.blocks.get(0) if sided else None)
        if why is not None:
            return f"the case is not trusted: {why}"
        wrong = sorted(self.misnamed.intersection(name for body in bodies for name in body.names))
        return f"{wrong[0]} lies on the other side than its name says" if wrong else None

    def body(self, operand: Operand) -> Body | None:
        """Where `operand` is; None if the mask has none of its structures."""
        if operand.structures not in self._bodies:
            self._bodies[operand.structures] = body_of(self.mask, operand)
        body = self._bodies[operand.structures]
        return None if body is None else body._replace(words=operand.words)

    def vertebra_s(self, name: str) -> float:
        """S coordinate of the centre of a structure that the mask has, in mm."""
        return float(centroid(self.mask, name)[2])

    def tolerance_mm(self, axis: int) -> float:
        """Differences below this tell nothing: 2 mm or a voxel, whichever is more."""
        return max(CANNOT_TELL_MM, self.mask.grid.spacing_mm[axis])
