"""The published JSON Schemas: one per record, kept in Resources/schemas and checked against the code."""

from __future__ import annotations

import json

from CTSpatialVQALib.records.base import Record
from CTSpatialVQALib.records.case import Case
from CTSpatialVQALib.records.event import Event, LogRecord
from CTSpatialVQALib.records.grid import Grid
from CTSpatialVQALib.records.judgement import Score, Verdict
from CTSpatialVQALib.records.question import Question
from CTSpatialVQALib.records.reply import Presentation, Reply, ReplyKey
from CTSpatialVQALib.records.study import StudyFile
from CTSpatialVQALib.records.text import Claim, Mention, Proposition

PUBLISHED: dict[str, type[Record]] = {
    "study": StudyFile,
    "case": Case,
    "question": Question,
    "presentation": Presentation,
    "reply_key": ReplyKey,
    "reply": Reply,
    "score": Score,
    "verdict": Verdict,
    "mention": Mention,
    "claim": Claim,
    "proposition": Proposition,
    "event": Event,
    "log_record": LogRecord,
    "grid": Grid,
}


def schema_text(name: str) -> str:
    """The JSON Schema (draft 2020-12) of the record published as `name`."""
    schema = {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        **PUBLISHED[name].model_json_schema(),
    }
    return json.dumps(schema, indent=1, ensure_ascii=False, sort_keys=True) + "\n"
