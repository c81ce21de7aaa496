"""Studies over real data: three real CTs with questions of our own, and the public benchmark."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

HERE = Path(__file__).resolve().parent

REAL_CT = """
[study]
id = "real-ct"
title = "Three real CTs"
data_roots = ['{data}']
[[cases]]
id = "abdomen"
ct = "example_ct.nii.gz"
mask = "example_ct_totalsegmentator.nii.gz"
[[cases]]
id = "chest-crop"
ct = "chest_crop.nii.gz"
mask = "chest_crop_masks"
[[cases]]
id = "coarse-chest"
ct = "chest_64.nrrd"
mask = "chest_64_masks"
[[questions]]
path = "questions.jsonl"
[[backends]]
name = "anatomy"
kind = "anatomy"
[[backends]]
name = "prior"
kind = "prior"
"""

PUBLIC = """
[study]
id = "ct-spatialvqa"
title = "The public benchmark"
data_roots = ['{data}']
[[questions]]
path = "spatial_qa_filtered_full_with_categories.json"
add_cases = true
[[backends]]
name = "prior"
kind = "prior"
[[backends]]
name = "m3d"
kind = "recorded"
path = "predictions/m3d_predictions_full.jsonl"
"""


@pytest.fixture(scope="session")
def real_ct_study(tmp_path_factory: pytest.TempPathFactory, real_data: Path) -> Path:
    """The study file over the three real CTs."""
    folder = tmp_path_factory.mktemp("real-ct")
    shutil.copy(HERE / "real_ct_questions.jsonl", folder / "questions.jsonl")
    (folder / "study.toml").write_text(REAL_CT.format(data=real_data / "ct"), "utf-8")
    return folder / "study.toml"


@pytest.fixture(scope="session")
def public_study(tmp_path_factory: pytest.TempPathFactory, real_data: Path) -> Path:
    """The study file over the whole public benchmark."""
    folder = tmp_path_factory.mktemp("public")
    (folder / "study.toml").write_text(PUBLIC.format(data=real_data / "benchmark"), "utf-8")
    return folder / "study.toml"
