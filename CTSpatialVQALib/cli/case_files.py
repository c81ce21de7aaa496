"""The CT and the mask that a command names."""

from __future__ import annotations

import argparse
from pathlib import Path

from CTSpatialVQALib.cli.arguments import user_path
from CTSpatialVQALib.cli.console import stage
from CTSpatialVQALib.errors import BadInput
from CTSpatialVQALib.records.grid import Grid
from CTSpatialVQALib.volumes.anatomy_mask import AnatomyMask, AnotherGrid, read_mask, resample
from CTSpatialVQALib.volumes.oriented_volume import OrientedVolume


def ct_argument(parser: argparse.ArgumentParser) -> None:
    """The argument CT, and --series for a folder of several."""
    parser.add_argument(
        "ct", type=user_path, metavar="CT", help="NIfTI, NRRD, MetaImage or DICOM file, or DICOM folder"
    )
    parser.add_argument(
        "--series",
        metavar="UID|N",
        help="of a DICOM folder with several series: the SeriesInstanceUID or series number to read",
    )


def mask_options(parser: argparse.ArgumentParser, *, required: bool = False, purpose: str = "") -> None:
    """The options --mask and --resample."""
    parser.add_argument(
        "--mask",
        type=user_path,
        required=required,
        help=f"multilabel file, folder of masks, .seg.nrrd or DICOM SEG{purpose}",
    )
    parser.add_argument(
        "--resample", action="store_true", help="bring a mask on another grid to the CT's (nearest neighbour)"
    )


def read_ct(path: Path, series: str | None = None) -> OrientedVolume:
    """The CT, with a word when it takes long."""
    with stage(f"reading {path.name}"):
        return OrientedVolume.from_file(path, series=series)


def read_mask_on(grid: Grid, arguments: argparse.Namespace) -> AnatomyMask:
    """The mask that --mask names, on the CT's grid.

    Raises
    ------
    BadInput
        As `read_mask`; for another grid without --resample it names that option.
    """
    path: Path = arguments.mask
    with stage(f"reading {path.name}"):
        if arguments.resample:
            return resample(read_mask(path), grid)
        try:
            return read_mask(path, grid=grid)
        except AnotherGrid as error:
            raise BadInput(
                error.where,
                expected=error.expected,
                came=error.came,
                remedy="Choose the mask that was made from this CT, or add --resample",
            ) from error
