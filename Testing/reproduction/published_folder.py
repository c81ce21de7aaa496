"""A small folder of published files, with whatever is to be wrong with it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

CASES = 8
QUESTIONS = 3
LABELS = ("Adjacency & Containment", "Spatial Extent & Boundaries")

Rows = list[dict[str, Any]]


class PublishedFolder:
    """Question n of case c is `Is finding n of c left?`; a prediction is `yes` or `no`, a vote its truth."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.pairs = [(case, number) for case in range(CASES) for number in range(QUESTIONS)]
        self.judges: dict[str, Rows] = {judge: self.votes() for judge in ("gpt", "qwen", "gemini2.5")}
        self.predictions: Rows = [
            {"case_id": self.case(case), **self.texts(case, number)} for case, number in self.pairs
        ]

    @staticmethod
    def case(case: int) -> str:
        return f"valid_{case // 2}_{'ab'[case % 2]}_1.nii.gz"

    @staticmethod
    def right(case: int, number: int) -> bool:
        return (case + number) % 3 == 0

    def texts(self, case: int, number: int) -> dict[str, Any]:
        return {
            "question": f"Is finding {number} of {case} on the left?",
            "answer": "Yes",
            "prediction": f"{'yes' if self.right(case, number) else 'no'}, {case} {number}",
        }

    def votes(self) -> Rows:
        return [
            {**self.texts(*pair), "case_id": None, "is_correct": self.right(*pair), "reasoning": ""}
            for pair in self.pairs
        ]

    def written(self, model: str = "m") -> Path:
        """Write everything, and no published table."""
        labelled = {
            self.case(case): {
                "qa_pairs": [
                    {
                        "question": self.texts(case, number)["question"],
                        "answer": "Yes",
                        "category": list(LABELS[: 1 + number % 2]),
                    }
                    for number in range(QUESTIONS)
                ]
            }
            for case in range(CASES)
        }
        self._write("spatial_qa_filtered_full_with_categories.json", json.dumps(labelled))
        lines = "".join(json.dumps(row) + "\n" for row in self.predictions)
        self._write(f"predictions/{model}_predictions_full.jsonl", lines)
        for judge, rows in self.judges.items():
            self._write(f"judges/{model}_{judge}_eval_full.json", json.dumps(rows))
        return self.folder

    def _write(self, name: str, text: str) -> None:
        path = self.folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, "utf-8")
