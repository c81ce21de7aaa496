"""The study file: cases, questions, the backends whose answers are read, and the reading rules.

These are the tables of the TOML file as written; `benchmark.study` resolves paths and reads questions.
"""

from __future__ import annotations

from typing import Literal, Self

from pydantic import Field, JsonValue, model_validator

from CTSpatialVQALib.records.base import Identifier, Record
from CTSpatialVQALib.records.case import MaskFormat, MaskNaming
from CTSpatialVQALib.records.words import Probe, ReadingMode

RelativeOrRooted = Field(
    min_length=1,
    max_length=4096,
    description="path relative to the study file's folder, or inside one of data_roots",
)


class StudyHead(Record):
    """The table [study]."""

    id: Identifier
    title: str = ""
    data_roots: tuple[str, ...] = Field(
        default=(), description="folders outside the study's own from which files may be read"
    )


class StudyCase(Record):
    """One entry of [[cases]]."""

    id: Identifier
    patient: Identifier | None = Field(default=None, description="default: the case's own id")
    ct: str | None = Field(default=None, description="CT file or DICOM series folder; may be absent")
    series: str | None = Field(
        default=None,
        max_length=64,
        description="of a DICOM folder with several series: SeriesInstanceUID or series number",
    )
    mask: str | None = None
    mask_format: MaskFormat = "auto"
    mask_naming: MaskNaming = "auto"
    report: str | None = Field(default=None, description="text file with the radiology report")
    situs_inversus: bool = False


class StudyQuestions(Record):
    """One entry of [[questions]]: a file of questions and how to read it."""

    path: str = RelativeOrRooted
    format: Literal["auto", "own-jsonl", "table", "official-json", "official-jsonl"] = "auto"
    add_cases: bool = Field(
        default=False, description="cases named in the file and not in [[cases]] are added without a CT"
    )


BackendKind = Literal["anatomy", "prior", "recorded", "openai", "local", "volume-server"]
_NEEDS: dict[BackendKind, set[str]] = {
    "anatomy": set(),
    "prior": set(),
    "recorded": {"path"},
    "openai": {"url", "model"},
    "local": {"model"},
    "volume-server": {"url"},
}


class StudyBackend(Record):
    """One entry of [[backends]]: whose answers are read."""

    name: Identifier
    kind: BackendKind
    path: str | None = Field(default=None, description="predictions file, for kind 'recorded'")
    url: str | None = Field(default=None, description="server, for kinds 'openai' and 'volume-server'")
    model: str | None = Field(
        default=None, description="model name at the server; for kind 'local' a folder or a hub id"
    )
    contract: str | None = Field(default=None, description="input contract; default: the model's own card")
    key_variable: str | None = Field(
        default=None, description="environment variable that holds the key; never the key itself"
    )
    options: dict[str, JsonValue] = Field(default={}, description="settings of this kind of backend")

    @model_validator(mode="after")
    def _has_what_its_kind_needs(self) -> Self:
        sources = {name for name in ("path", "url", "model") if getattr(self, name) is not None}
        lacking = _NEEDS[self.kind] - sources
        surplus = sources - _NEEDS[self.kind] - {"model"}
        if lacking or surplus:
            needs = " and ".join(sorted(_NEEDS[self.kind])) or "neither path nor url"
            raise ValueError(f"{needs} for kind '{self.kind}'")
        return self


class AssignmentRules(Record):
    """The table [reading.assignment]: who reads what; the dice are those of [reading] seed."""

    readers: tuple[Identifier, ...] = Field(min_length=1, description="the readers' pseudonyms")
    scheme: Literal["all", "split"] = Field(
        default="all", description="all: everyone reads everything; split: each unit goes to one reader"
    )
    unit: Literal["question", "case"] = Field(default="case", description="what a split deals out")
    overlap: float = Field(
        default=0.0, ge=0, le=1, description="split: share of the units that everyone reads"
    )
    repeats: float = Field(
        default=0.0, ge=0, le=1, description="share of a reader's questions that he reads a second time"
    )

    @model_validator(mode="after")
    def _holds_together(self) -> Self:
        if len(set(self.readers)) < len(self.readers):
            raise ValueError("each reader once")
        if self.overlap and self.scheme == "all":
            raise ValueError("an overlap with scheme 'split' only; with 'all' everyone reads everything")
        return self


class ReadingRules(Record):
    """The table [reading].

    Parameters
    ----------
    mode : what a reader may see while judging
    seed : of the order and of the assignment
    shuffle : shuffle an open or unaided reading too; a blinded one always is
    backends : whose answers readers judge; empty: everyone's
    material : what a reader who answers himself is shown of the CT
    """

    mode: ReadingMode = ReadingMode.OPEN
    seed: int = Field(default=0, ge=0)
    shuffle: bool = False
    probes: tuple[Probe, ...] = (Probe.FULL,)
    backends: tuple[Identifier, ...] = Field(
        default=(), description="whose answers readers judge; empty: everyone's"
    )
    material: Literal["volume", "one_slice", "text_only"] = Field(
        default="volume", description="what mode 'unaided' shows of the CT"
    )
    assignment: AssignmentRules | None = Field(default=None, description="absent: one reader reads all")

    @model_validator(mode="after")
    def _material_with_unaided(self) -> Self:
        if self.material != "volume" and self.mode is not ReadingMode.UNAIDED:
            raise ValueError("a material other than 'volume' with mode 'unaided' only")
        return self


class StudyFile(Record):
    """A whole study file."""

    study: StudyHead
    cases: tuple[StudyCase, ...] = ()
    questions: tuple[StudyQuestions, ...] = Field(min_length=1)
    backends: tuple[StudyBackend, ...] = ()
    reading: ReadingRules = ReadingRules()

    @model_validator(mode="after")
    def _ids_are_unique(self) -> Self:
        for what, ids in (
            ("case id", [case.id for case in self.cases]),
            ("backend name", [backend.name for backend in self.backends]),
        ):
            repeated = sorted({item_id for item_id in ids if ids.count(item_id) > 1})
            if repeated:
                raise ValueError(f"each {what} once ({', '.join(repeated)} is repeated)")
        return self

    @model_validator(mode="after")
    def _readers_judge_declared_backends(self) -> Self:
        declared = {backend.name for backend in self.backends} or {"anatomy", "prior"}
        unknown = [name for name in self.reading.backends if name not in declared]
        if unknown:
            raise ValueError(f"in reading.backends names under [[backends]], not {unknown[0]!r}")
        return self
