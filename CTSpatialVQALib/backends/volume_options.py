"""Options of a volume server: the table `options` of a study's backend of kind 'volume-server'."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from pydantic import Field, JsonValue, ValidationError

from CTSpatialVQALib.backends.wire.server_options import Limits
from CTSpatialVQALib.errors import BadInput
from CTSpatialVQALib.records.base import bad_input_from


class VolumeOptions(Limits):
    """All options of a volume server.

    Parameters
    ----------
    in_flight : questions at once; with two, the next one is there when the model is done with one
    generation : decoding parameters instead of, or beside, those of the contract
    ca_file : certificates to trust beside the system's
    """

    in_flight: int = Field(default=2, ge=1, le=256)
    generation: dict[str, JsonValue] = {}
    ca_file: str | None = None


def volume_options(options: Mapping[str, JsonValue], *, where: str) -> VolumeOptions:
    """Read the options.

    Raises
    ------
    BadInput
        Naming the option: an unknown one, a value out of range, or a CA file that is not there.
    """
    try:
        parsed = VolumeOptions.model_validate(dict(options))
    except ValidationError as error:
        raise bad_input_from(error, f"{where}: options", "options") from error
    if parsed.ca_file is not None and not Path(parsed.ca_file).is_file():
        expected, remedy = "a file with certificates (PEM)", "Correct the path"
        raise BadInput(f"{where}: ca_file", expected=expected, came=parsed.ca_file, remedy=remedy)
    return parsed
