"""Base of all records: frozen, strict about their fields, with one canonical text and one hash."""

from __future__ import annotations

import hashlib
import json
import re
import unicodedata
from datetime import UTC, datetime
from typing import Annotated, Any, Self, TypeVar, get_args

from pydantic import AfterValidator, AwareDatetime, BaseModel, ConfigDict, Field, ValidationError
from pydantic_core import ErrorDetails

from CTSpatialVQALib.errors import BadInput, did_you_mean, one_line, shown

_CHOICE = re.compile(r"'([^']*)'")  # pydantic lists the values of a Literal or an Enum in quotes

Sha256 = Annotated[str, Field(pattern=r"^[0-9a-f]{64}$", description="SHA-256, 64 hexadecimal digits")]


def _printable_id(value: str) -> str:
    if not value.isprintable() or value != value.strip():
        raise ValueError("an id is printable text without spaces at its ends")
    return value


Identifier = Annotated[str, Field(min_length=1, max_length=200), AfterValidator(_printable_id)]
UtcTime = Annotated[AwareDatetime, Field(description="UTC, ISO 8601")]


RecordT = TypeVar("RecordT", bound="Record")


class Record(BaseModel):
    """A frozen value that passes between rooms and round-trips through JSON."""

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)

    def to_json(self) -> str:
        """One line of canonical JSON: sorted keys, no spaces, UTF-8 as is."""
        return canonical_json(self.model_dump(mode="json"))

    @classmethod
    def from_json(cls, text: str | bytes, *, where: str = "record") -> Self:
        """Read one record.

        Raises
        ------
        BadInput
            Naming `where`, the field and what was found there.
        """
        try:
            return cls.model_validate_json(text)
        except ValidationError as error:
            raise bad_input_from(error, where, cls.__name__, cls) from error


class Compactor:
    """Makes equal records that take less memory, where tens of thousands are held at the same time.

    Texts that repeat (hashes, names, ids) are held once, and so is pydantic's list of the fields that were
    set, of which each record has one of its own otherwise. That list differs from the original's, so a
    compacted record is for reading: `model_dump(exclude_unset=True)` of it says nothing.
    """

    def __init__(self) -> None:
        self._texts: dict[str, str] = {}
        self._fields: dict[type[Record], set[str]] = {}

    def __call__(self, record: RecordT) -> RecordT:
        """`record` again, with what it shares with the records before."""
        kind = type(record)
        fields = self._fields.setdefault(kind, set(kind.model_fields))
        values = {name: self._shared(value) for name, value in record.__dict__.items()}
        return kind.model_construct(_fields_set=fields, **values)

    def _shared(self, value: Any) -> Any:
        if type(value) is str:
            return self._texts.setdefault(value, value)
        return self(value) if isinstance(value, Record) else value


def canonical_json(value: Any) -> str:
    """JSON with sorted keys and no spaces: equal values give equal text, so hashes are comparable."""
    return json.dumps(value, ensure_ascii=False, sort_keys=True, separators=(",", ":"), allow_nan=False)


def sha256_of(value: Any) -> str:
    """SHA-256 of the canonical JSON of a plain value."""
    return hashlib.sha256(canonical_json(value).encode("utf-8", "surrogatepass")).hexdigest()


def normalised(text: str) -> str:
    """Text as it is compared: Unicode NFKC, white space folded, case folded."""
    return " ".join(unicodedata.normalize("NFKC", text).split()).casefold()


def utc_now() -> datetime:
    """The present moment with its time zone, to the microsecond."""
    return datetime.now(UTC)


def bad_input_from(
    error: ValidationError, where: str, what: str, model: type[BaseModel] | None = None
) -> BadInput:
    """The first problem that pydantic found, as one line that names the place.

    Parameters
    ----------
    what : names the value where the problem is with it as a whole
    model : the class that was validated; with it an unknown key is answered with the one that was meant
    """
    problems = error.errors(include_url=False)
    first = problems[0]
    place = ".".join(str(part) for part in first["loc"]) or what
    more = f" (and {len(problems) - 1} more)" if len(problems) > 1 else ""
    came = "nothing" if first["type"] == "missing" else shown(first["input"])
    return BadInput(
        f"{where}: {place}",
        expected=one_line(_expectation(first["type"], first["msg"])) + more,
        came=came,
        remedy=_meant(model, first) or _remedy(first["type"], place),
    )


def _expectation(kind: str, message: str) -> str:
    if kind == "missing":
        return "a value"
    if kind == "extra_forbidden":
        return "only known keys"
    if kind == "string_too_short":
        return "text that is not empty"
    return message.removeprefix("Value error, ").removeprefix("Input should be ")


def _meant(model: type[BaseModel] | None, problem: ErrorDetails) -> str:
    """Which key or value was meant, where the problem is an unknown one."""
    if problem["type"] in ("literal_error", "enum") and isinstance(problem["input"], str):
        return did_you_mean(problem["input"], _CHOICE.findall(problem["ctx"]["expected"]))
    *above, key = problem["loc"] or ("",)
    if problem["type"] != "extra_forbidden" or model is None:
        return ""
    for part in above:
        if isinstance(part, str) and model is not None and part in model.model_fields:
            model = _record_in(model.model_fields[part].annotation)
    return did_you_mean(str(key), model.model_fields) if model is not None else ""


def _record_in(annotation: object) -> type[BaseModel] | None:
    """The record in an annotation such as `tuple[StudyCase, ...]` or `AssignmentRules | None`."""
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return annotation
    return next((record for part in get_args(annotation) if (record := _record_in(part))), None)


def _remedy(kind: str, place: str) -> str:
    key = place.rsplit(".", 1)[-1]
    if key.isdecimal():  # the place of an entry in a list
        return "Correct this entry"
    if kind == "missing":
        return f"Add '{key}'"
    if kind == "extra_forbidden":
        return f"Remove or correct the key '{key}'"
    return f"Correct '{key}'"
