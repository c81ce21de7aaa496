"""The main job on real CTs: the references hold on the masks, and the anatomy backend gives them."""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pytest
import SimpleITK as sitk
from scipy import ndimage

from CTSpatialVQALib.audit.verify import verify
from CTSpatialVQALib.backends.anatomy_backend import AnatomyBackend
from CTSpatialVQALib.backends.run_store import RunStore
from CTSpatialVQALib.benchmark.study import load_study
from CTSpatialVQALib.cli.demo_job import RunFolder, ask_study, score_replies
from CTSpatialVQALib.cli.report_from_runs import write_report
from CTSpatialVQALib.records.words import Outcome, Probe

pytestmark = pytest.mark.real_data


class Place(NamedTuple):
    """A structure measured with SimpleITK and numpy alone."""

    r: float
    a: float
    s: float
    bottom: float
    height: float
    ml: float


@cache
def place(data: Path, case: str, name: str) -> Place:
    image = sitk.ReadImage(str(_file(data, case, name)))
    voxels = sitk.GetArrayFromImage(image)
    inside = np.argwhere(voxels == _label(case, name))[:, ::-1]
    points = np.array([image.TransformIndexToPhysicalPoint(index.tolist()) for index in inside])
    left, posterior, s = points.mean(axis=0)
    low, high = points[:, 2].min(), points[:, 2].max()
    ml = len(inside) * float(np.prod(image.GetSpacing())) / 1000
    return Place(-left, -posterior, s, low, high - low, ml)


LABELS = {  # label values of TotalSegmentator's task `total` v2
    "spleen": 1,
    "kidney_right": 2,
    "kidney_left": 3,
    "gallbladder": 4,
    "liver": 5,
    "stomach": 6,
    "pancreas": 7,
    "adrenal_gland_right": 8,
    "urinary_bladder": 21,
    "sacrum": 25,
    "vertebrae_L3": 29,
    "vertebrae_L2": 30,
    "vertebrae_L1": 31,
    "aorta": 52,
    "inferior_vena_cava": 63,
    "spinal_cord": 79,
}


def _file(data: Path, case: str, name: str) -> Path:
    if case == "abdomen":
        return data / "ct/example_ct_totalsegmentator.nii.gz"
    folder = "chest_crop_masks" if case == "chest-crop" else "chest_64_masks"
    return data / "ct" / folder / f"{name}.nii.gz"


def _label(case: str, name: str) -> int:
    return LABELS[name] if case == "abdomen" else 1


def in_contact(data: Path, case: str, a: str, b: str) -> bool:
    first, second = (
        sitk.GetArrayFromImage(sitk.ReadImage(str(_file(data, case, name)))) > 0 for name in (a, b)
    )
    return bool((ndimage.binary_dilation(first) & second).any())


def test_every_reference_follows_from_the_masks(real_data: Path) -> None:
    def at(case: str, name: str) -> Place:
        return place(real_data, case, name)

    liver, spleen, right, left = (
        at("abdomen", name) for name in ("liver", "spleen", "kidney_right", "kidney_left")
    )
    cord = at("abdomen", "spinal_cord").r
    assert liver.r > cord > spleen.r
    assert right.s < left.s
    assert at("abdomen", "gallbladder").r > cord
    assert at("abdomen", "aorta").r < at("abdomen", "inferior_vena_cava").r
    assert at("abdomen", "urinary_bladder").a > at("abdomen", "sacrum").a
    assert liver.s > at("abdomen", "urinary_bladder").s
    assert at("abdomen", "pancreas").a < at("abdomen", "stomach").a
    levels = {n: abs(at("abdomen", f"vertebrae_L{n}").s - right.s) for n in (1, 2, 3)}
    assert min(levels, key=lambda n: levels[n]) == 2
    assert liver.ml > spleen.ml == pytest.approx(261, abs=0.5)
    assert at("abdomen", "adrenal_gland_right").s > right.s

    heart, aorta, trunk, carotid, subclavian = (
        at("chest-crop", name)
        for name in (
            "heart",
            "aorta",
            "brachiocephalic_trunk",
            "common_carotid_artery_left",
            "subclavian_artery_left",
        )
    )
    assert trunk.r > carotid.r > subclavian.r
    assert heart.s < aorta.s < trunk.s < carotid.s < subclavian.s
    assert aorta.a < heart.a
    assert subclavian.a < carotid.a < trunk.a
    assert trunk.r > aorta.r
    assert heart.ml > aorta.ml
    assert heart.ml == pytest.approx(669, abs=0.5)
    assert in_contact(real_data, "chest-crop", "aorta", "heart")

    right_lung, left_lung = (at("coarse-chest", f"lung_{side}") for side in ("right", "left"))
    assert right_lung.r > left_lung.r
    assert (right_lung.ml, left_lung.ml) == (pytest.approx(2419, abs=0.5), pytest.approx(2135, abs=0.5))
    assert left_lung.s > right_lung.s
    assert right_lung.bottom < left_lung.bottom
    assert right_lung.height == pytest.approx(271, abs=0.5)


def test_anatomy_backend_answers_every_question_and_the_rules_find_all_right(
    real_ct_study: Path, tmp_path: Path
) -> None:
    study = load_study(real_ct_study)
    ask_study(study, [AnatomyBackend()], RunFolder(tmp_path), [Probe.FULL])
    with RunStore(tmp_path / "run.store") as store:
        replies = list(store.replies())
    assert {reply.outcome for reply in replies} == {Outcome.ANSWERED}
    scores = {score.question_id: score for score in score_replies(study.questions, replies)}
    assert len(scores) == len(study.questions) == 38
    wrong = [
        (reply.key.question_id, reply.answer, scores[reply.key.question_id].reason)
        for reply in replies
        if scores[reply.key.question_id].correct is not True
    ]
    assert wrong == []


def test_report_over_real_cts_shows_every_question_with_its_anatomy(
    real_ct_study: Path, tmp_path: Path
) -> None:
    study = load_study(real_ct_study)
    ask_study(study, [AnatomyBackend()], RunFolder(tmp_path), [Probe.FULL])
    write_report([RunFolder(tmp_path)], tmp_path / "report.html")
    page = (tmp_path / "report.html").read_text("utf-8")
    assert page.count('class="zoom"') == 38 + 1  # the worked example shows one of them again
    assert not re.search(r"example_ct|chest_crop|\.nii\.gz|\.nrrd", page)
    assert verify(tmp_path / "audit.sqlite").holds
