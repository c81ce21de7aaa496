"""The published JSON Schemas are those of the code, and what the code writes is valid by them."""

from __future__ import annotations

import importlib
import json
import pkgutil
from datetime import UTC, datetime
from pathlib import Path

import jsonschema
import pytest

import CTSpatialVQALib.records as records_package
from CTSpatialVQALib.records.base import Record, sha256_of
from CTSpatialVQALib.records.case import Case
from CTSpatialVQALib.records.event import GENESIS, Actor, Event, EventKind, LogRecord
from CTSpatialVQALib.records.grid import Grid
from CTSpatialVQALib.records.judgement import Score, Verdict
from CTSpatialVQALib.records.question import Question
from CTSpatialVQALib.records.reply import Presentation, Reply, ReplyKey, SliceSelection
from CTSpatialVQALib.records.schemas import PUBLISHED, schema_text
from CTSpatialVQALib.records.study import (
    ReadingRules,
    StudyBackend,
    StudyCase,
    StudyFile,
    StudyHead,
    StudyQuestions,
)
from CTSpatialVQALib.records.text import Claim, Landmark, Mention, Number, Proposition, Span
from CTSpatialVQALib.records.words import (
    Category,
    Depth,
    Dimension,
    ErrorType,
    Level,
    Outcome,
    Probe,
    QuestionForm,
    Severity,
    Side,
    Stage,
    VerdictValue,
)

NOON = datetime(2026, 3, 1, 12, 0, 0, 250000, tzinfo=UTC)

QUESTION = Question(
    question_id="case 1::0",
    case_id="case 1",
    text="Which lung is larger – the right one?",
    reference="Yes, the right lung.",
    categories=(Category.LATERALITY, Category.EXTENT),
    form=QuestionForm.YES_NO,
)
PRESENTATION = Presentation(
    contract="slices",
    version="1",
    probe=Probe.SINGLE_SLICE,
    axes="slice, anterior to posterior, right to left",
    shape=(1, 64, 64),
    dtype="uint8",
    spacing_mm=(5.0, 1.5, 1.5),
    hu_map="lung window",
    slices=SliceSelection(used=(12,), dropped=39),
    content_sha256=sha256_of("pixels"),
)
KEY = ReplyKey(
    question_id=QUESTION.question_id,
    question_sha256=QUESTION.question_sha256,
    backend="some model",
    backend_version="rev 7",
    contract=PRESENTATION.contract,
    probe=PRESENTATION.probe,
    presentation_sha256=PRESENTATION.sha256,
    prompt_sha256=sha256_of("prompt"),
    parameters={"temperature": 0, "stop": ["\n"], "seed": None},
)
EVENT = Event(
    event_id="3f2b",
    kind=EventKind.VERDICT,
    at_utc=NOON,
    monotonic_s=12.5,
    actor=Actor(id="reader 1"),
    software={"ctspatialvqa": "0.1.0"},
    payload={"value": "correct"},
)
SAMPLES: dict[str, Record] = {
    "study": StudyFile(
        study=StudyHead(id="pilot", title="Pilot reading", data_roots=("volumes",)),
        cases=(StudyCase(id="case 1", ct="one.nii.gz", mask="one-mask.nii.gz", report="one.txt"),),
        questions=(StudyQuestions(path="questions.jsonl", format="own-jsonl"),),
        backends=(StudyBackend(name="model", kind="recorded", path="model.jsonl"),),
        reading=ReadingRules(seed=7, shuffle=True, probes=(Probe.FULL, Probe.MIRRORED)),
    ),
    "case": Case(case_id="case 1", patient_id="patient 1", ct=Path("one.nii.gz"), report_text="Normal."),
    "question": QUESTION,
    "presentation": PRESENTATION,
    "reply_key": KEY,
    "reply": Reply(
        reply_id=KEY.reply_id,
        key=KEY,
        case_id=QUESTION.case_id,
        outcome=Outcome.ANSWERED,
        answer="The right lung.",
        raw="The right lung.\n",
        basis="volumes",
        started_utc=NOON,
        duration_s=0.25,
    ),
    "score": Score(
        question_id=QUESTION.question_id,
        correct=False,
        error_type=ErrorType.LATERALITY_SWAP,
        by="rules-1",
        reason="the sides differ",
    ),
    "verdict": Verdict(
        reader="reader 1",
        reply_id=KEY.reply_id,
        question_id=QUESTION.question_id,
        question_sha256=QUESTION.question_sha256,
        stage=Stage.BLIND,
        value=VerdictValue.INCORRECT,
        aided=False,
        error_type=ErrorType.LATERALITY_SWAP,
        severity=Severity.CRITICAL,
        shown_utc=NOON,
        given_utc=NOON,
        corrects="3f2b",
        correction_reason="a slip of the key",
    ),
    "mention": Mention(span=Span(start=6, end=10), words="lung", structures=("lung_left", "lung_right")),
    "claim": Claim(
        span=Span(start=0, end=20),
        words="both lower lobes behind",
        structures=("lung_lower_lobe_left", "lung_lower_lobe_right"),
        sides=frozenset({Side.RIGHT, Side.LEFT}),
        levels=frozenset({Level.LOWER}),
        depths=frozenset({Depth.POSTERIOR}),
        numbers=(Number(value=12.0, unit="mm"),),
    ),
    "proposition": Proposition(
        span=Span(start=0, end=24),
        structures=("trachea",),
        finding="node",
        dimension=Dimension.RELATION,
        value="behind",
        landmark=Landmark(words="behind the trachea", structures=("trachea",)),
    ),
    "event": EVENT,
    "log_record": LogRecord.following(1, GENESIS, EVENT),
    "grid": Grid(
        shape=(4, 5, 6), rows=((-1.5, 0.0, 0.0, 90.0), (0.0, -1.5, 0.0, 80.0), (0.0, 0.0, 5.0, -300.0))
    ),
}


def validator(name: str) -> jsonschema.Draft202012Validator:
    return jsonschema.Draft202012Validator(json.loads(schema_text(name)))


def test_every_published_record_has_a_sample() -> None:
    assert {name: type(sample) for name, sample in SAMPLES.items()} == PUBLISHED


@pytest.mark.parametrize("name", PUBLISHED)
def test_published_file_is_the_schema_of_the_code(root: Path, name: str) -> None:
    written = (root / "Resources/schemas" / f"{name}.json").read_text(encoding="utf-8")

    assert written == schema_text(name), "run: make schemas"


def test_no_other_schema_is_published(root: Path) -> None:
    assert {path.stem for path in (root / "Resources/schemas").iterdir()} == set(PUBLISHED)


@pytest.mark.parametrize("name", PUBLISHED)
def test_schema_is_valid_draft_2020_12(name: str) -> None:
    schema = json.loads(schema_text(name))

    assert schema["$schema"] == jsonschema.Draft202012Validator.META_SCHEMA["$id"]
    jsonschema.Draft202012Validator.check_schema(schema)


@pytest.mark.parametrize("name", PUBLISHED)
def test_sample_is_valid_by_its_schema(name: str) -> None:
    validator(name).validate(json.loads(SAMPLES[name].to_json()))


@pytest.mark.parametrize("name", PUBLISHED)
def test_schema_refuses_an_unknown_key_and_a_missing_one(name: str) -> None:
    plain = json.loads(SAMPLES[name].to_json())
    required = json.loads(schema_text(name))["required"][0]

    assert not validator(name).is_valid(plain | {"unheard_of": 1})
    assert not validator(name).is_valid({key: value for key, value in plain.items() if key != required})


@pytest.mark.parametrize("name", PUBLISHED)
def test_sample_survives_json(name: str) -> None:
    sample = SAMPLES[name]

    again = type(sample).from_json(sample.to_json())

    assert again == sample
    assert again.to_json() == sample.to_json()


def test_every_record_is_published_by_itself_or_inside_another() -> None:
    for module in pkgutil.iter_modules(records_package.__path__):
        importlib.import_module(f"{records_package.__name__}.{module.name}")
    inside = {name for one in PUBLISHED for name in json.loads(schema_text(one)).get("$defs", {})}
    published = {record.__name__ for record in PUBLISHED.values()}

    unpublished = {
        record.__name__
        for record in Record.__subclasses__()
        if record.__module__.startswith(f"{records_package.__name__}.")
    } - published - inside  # fmt: skip

    assert not unpublished
