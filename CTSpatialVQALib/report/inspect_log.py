"""Logs that `inspect view` opens: one `.eval` file per model, written by inspect_ai where it is installed."""

from __future__ import annotations

import base64
import importlib.util
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import ModuleType
from typing import NamedTuple

from CTSpatialVQALib import __version__
from CTSpatialVQALib.errors import WorkFailed
from CTSpatialVQALib.optional_packages import require_package
from CTSpatialVQALib.records.base import utc_now

RESEARCH_NOTE = "Research use only. Not for diagnosis."
# the anatomy drawn in it often is the answer
_NOT_SHOWN = "[Evidence picture for the person who reads this, made afterwards: the model was not shown it.]"


class Opinion(NamedTuple):
    """What one scorer or reader found; `value` is C (right), I (wrong) or N (no finding)."""

    by: str
    value: str
    explanation: str


class Sample(NamedTuple):
    """One asking of one model.

    png : an evidence picture, where a study was given
    """

    question_id: str
    question: str
    reference: str
    answer: str
    outcome: str
    opinions: tuple[Opinion, ...]
    metadata: Mapping[str, str]
    png: bytes | None = None


def available() -> bool:
    """Whether inspect_ai can be imported."""
    return importlib.util.find_spec("inspect_ai") is not None


def write_log(path: Path, model: str, samples: Sequence[Sample], study: str) -> None:
    """Write the answers of one model as an Inspect log.

    Raises
    ------
    WorkFailed
        If inspect_ai does not take it; its version may be another one than this was written for.
    """
    inspect_log = _inspect("log")
    now = f"{utc_now():%Y-%m-%dT%H:%M:%S+00:00}"
    try:
        spec = inspect_log.EvalSpec(
            created=now,
            task=study or "ctspatialvqa",
            dataset=inspect_log.EvalDataset(
                name=study or "ctspatialvqa",
                samples=len(samples),
                sample_ids=[sample.question_id for sample in samples],
            ),
            model=_model_name(model),
            config=inspect_log.EvalConfig(),
            metadata={"notice": RESEARCH_NOTE, "written_by": f"CTSpatialVQA {__version__}", "model": model},
        )
        log = inspect_log.EvalLog(
            version=2,
            status="success",
            eval=spec,
            results=_results(samples),
            stats=inspect_log.EvalStats(started_at=now, completed_at=now),
            samples=[_sample(sample, model) for sample in samples],
        )
        inspect_log.write_eval_log(log, str(path), format="eval")
    except (ValueError, TypeError, AttributeError) as error:
        raise WorkFailed(
            f"inspect_ai did not take the log of {model} ({error}); the scores files beside it are complete."
            " It was written for inspect_ai 0.3.100 and later"
        ) from error


def _model_name(model: str) -> str:
    """Inspect shows `provider/model`."""
    return f"ctspatialvqa/{model.replace('/', ' ')}"


def _inspect(part: str) -> ModuleType:
    return require_package(f"inspect_ai.{part}", "A log for `inspect view`", "inspect_ai")


def _sample(sample: Sample, model: str) -> object:
    models, scorers = _inspect("model"), _inspect("scorer")
    question = models.ChatMessageUser(content=_content(sample, models))
    answer = sample.answer or f"[no answer: {sample.outcome}]"
    return _inspect("log").EvalSample(
        id=sample.question_id,
        epoch=1,
        input=[question],
        target=sample.reference,
        messages=[question, models.ChatMessageAssistant(content=answer, model=_model_name(model))],
        output=models.ModelOutput.from_content(_model_name(model), answer),
        scores={
            opinion.by: scorers.Score(
                value=opinion.value, answer=sample.answer or None, explanation=opinion.explanation or None
            )
            for opinion in sample.opinions
        },
        metadata=dict(sample.metadata),
    )


def _content(sample: Sample, models: ModuleType) -> list[object]:
    text = models.ContentText(text=sample.question)
    if sample.png is None:
        return [text]
    data = base64.b64encode(sample.png).decode("ascii")
    picture = models.ContentImage(image=f"data:image/png;base64,{data}")
    return [text, models.ContentText(text=_NOT_SHOWN), picture]


def _results(samples: Sequence[Sample]) -> object:
    inspect_log = _inspect("log")
    scorers = list(dict.fromkeys(opinion.by for sample in samples for opinion in sample.opinions))
    scores = []
    for by in scorers:
        values = [opinion.value for sample in samples for opinion in sample.opinions if opinion.by == by]
        decided = [value for value in values if value in ("C", "I")]
        share = decided.count("C") / len(decided) if decided else 0.0
        scores.append(
            inspect_log.EvalScore(
                name=by,
                scorer=by,
                metrics={
                    "share_right": inspect_log.EvalMetric(name="share_right", value=share),
                    "decided": inspect_log.EvalMetric(name="decided", value=len(decided)),
                },
            )
        )
    return inspect_log.EvalResults(total_samples=len(samples), completed_samples=len(samples), scores=scores)
