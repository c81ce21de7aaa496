"""Columns of the table of verdicts, in their order, and what stands in each."""

from __future__ import annotations

NOTICE = "Research use only"

Row = dict[str, str]

# column -> what stands in it; the order is the order of the columns
CSV_COLUMNS: dict[str, str] = {
    "question_id": "id of the question",
    "question_sha256": "hash of question and reference answer; tells a changed question from the same one",
    "case_id": "id of the case, by the study's own naming",
    "categories": "spatial categories of the question, separated by '; '",
    "form": "how the question wants to be answered",
    "question": "text of the question; empty if the log holds the reply without it",
    "reference": "the answer taken as true",
    "reply_id": "hash of everything that makes the asking; the key that all is joined by",
    "answered_by": "model, or reader where a reader answered himself as a human control",
    "backend": "who answered: the model's name, or the reader's pseudonym",
    "backend_version": "its version",
    "contract": "input contract: how the volume was prepared for the model",
    "probe": "controlled change of what was shown; 'full' for none",
    "outcome": "what became of the asking; only 'answered' has an answer",
    "answer": "the model's answer",
    "basis": "on what the backend says its answer rests",
    "score_by": "whose judgement counts: the rules' with its version, or what `--score-by` names",
    "score_correct": "true, false, or empty where the scorer cannot decide",
    "score_error_type": "error type by the scorer",
    "score_reason": "the scorer's reason",
    "reader": "pseudonym of the reader; empty for a reply without a verdict",
    "stage": "blind (before the reveal) or final",
    "occasion": "1, or 2 where the reader read the same reply again",
    "adjudicated": "true if this verdict settled a disagreement of readers",
    "aided": "true if overlay, reference or suggestion was visible before the verdict",
    "verdict": "correct, incorrect, unsure or question_faulty",
    "error_type": "how an incorrect answer is wrong",
    "severity": "what the error would mean at the bedside",
    "faults": "what is wrong with a faulty question, separated by '; '",
    "comment": "the reader's comment",
    "shown_utc": "when the question was shown",
    "given_utc": "when the verdict was given",
    "corrected": "true if this verdict replaced an earlier one of the same reader, reply and stage",
    "correction_reason": "why",
    "seq": "place of the verdict (without one: of the reply) in the log",
    "event_id": "id of that log event",
    "notice": f"'{NOTICE}' in every row",
}
