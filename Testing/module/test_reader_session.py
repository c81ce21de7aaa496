"""What stands behind the window, without any window: names, places, replies, picked files."""

from __future__ import annotations

from pathlib import Path

import pytest

from CTSpatialVQALib.errors import BadInput
from CTSpatialVQALib.reading.plan import ItemKey
from CTSpatialVQALib.reading.visible import Sight, Visible
from CTSpatialVQALib.records.judgement import Viewing
from CTSpatialVQALib.records.words import Side
from CTSpatialVQALib.scene.shown_anatomy import Role


def test_claim_is_completed_from_the_question_and_reference_kept_apart() -> None:
    from CTSpatialVQASession.named_anatomy import anatomy_of_texts

    named = anatomy_of_texts("In which lung is the nodule?", "In the right lung.", "In the left lung.")

    assert "lung_upper_lobe_left" in named.question
    assert all(name.endswith("_right") for name in named.claimed)
    assert named.claimed
    assert all(name.endswith("_left") for name in named.reference)


def test_region_has_a_side_only_where_its_words_say_it() -> None:
    from CTSpatialVQASession.named_anatomy import anatomy_of_texts

    named = anatomy_of_texts(
        "Does the liver extend across the midline?", "Yes, to the left of the midline.", None
    )
    assert {region.key for region in named.regions} == {"region:midline"}

    hilum = anatomy_of_texts("Is the left hilum enlarged?", None, None).regions[0]
    assert (hilum.side, hilum.role) == (Side.LEFT, Role.QUESTION)


def test_nothing_is_named_while_the_overlay_is_hidden() -> None:
    from CTSpatialVQASession.named_anatomy import NO_ANATOMY, anatomy_of_visible

    hidden = Visible(Sight(reply=True), ItemKey("q"), "c", question="Where is the liver?", reply="Right.")

    assert anatomy_of_visible(hidden) is NO_ANATOMY


def test_reader_cannot_lead_the_log_out_of_its_folder(tmp_path: Path) -> None:
    from CTSpatialVQASession.reading_files import reading_files_of

    places = reading_files_of(tmp_path / "study.toml", "../../etc/reader")

    assert places.log.parent == tmp_path / "readings"


@pytest.mark.parametrize("case_id", ["CON", "nul", "com1", "aux.2", "LPT9"])
def test_case_named_like_a_device_of_windows_gets_a_file_of_another_name(
    tmp_path: Path, case_id: str
) -> None:
    from CTSpatialVQASession.reading_files import mask_target, reading_files_of

    files = reading_files_of(tmp_path / "study.toml", "reader-1")
    assert mask_target(files, case_id).name == f"_{case_id}.nii.gz"
    assert mask_target(files, "console").name == "console.nii.gz"


def test_view_state_that_cannot_be_read_is_forgotten(tmp_path: Path) -> None:
    from CTSpatialVQASession.view_state import KeptView, ViewState

    kept = KeptView(tmp_path / "view.json")
    assert kept.last() is None
    state = ViewState(ItemKey("q", None, 1), Viewing(slice_ras=(1.0, 2.0, 3.0), layout="front-back"))
    kept.keep(state)
    assert KeptView(tmp_path / "view.json").last() == state

    (tmp_path / "view.json").write_text('{"key": ["q"]}')
    assert kept.last() is None


def test_picked_study_names_files_with_any_characters(study: Path, tmp_path: Path) -> None:
    from CTSpatialVQASession.picked_study import PickedFiles, write_picked_study

    from CTSpatialVQALib.benchmark.study import load_study

    odd = tmp_path / 'a "quoted" Örtchen'
    odd.mkdir()
    ct = odd / "ct.nii.gz"
    ct.write_bytes((study.parent / "ct" / "phantom-01.nii.gz").read_bytes())
    picked = PickedFiles(study.parent / "questions.jsonl", "phantom-01", ct, None, situs_inversus=True)
    loaded = load_study(write_picked_study(tmp_path / "picked", picked))

    assert loaded.cases["phantom-01"].ct == ct.resolve()
    assert loaded.cases["phantom-01"].situs_inversus
    with pytest.raises(BadInput, match="Choose one of the cases"):
        write_picked_study(tmp_path / "picked", picked._replace(case_id="nobody"))


def test_replies_to_other_questions_are_left_out_and_counted(study: Path, tmp_path: Path) -> None:
    from CTSpatialVQASession.reply_library import ReplyLibrary

    from CTSpatialVQALib.backends.run_store import RunStore
    from CTSpatialVQALib.benchmark.study import load_study

    library, absent = ReplyLibrary(load_study(study)), tmp_path / "other"
    with RunStore(study.parent / "run" / "run.store") as store:
        replies = list(store.replies())
    foreign = replies[0].key.model_copy(update={"question_id": "elsewhere"})
    strange = replies[0].model_copy(update={"key": foreign, "reply_id": foreign.reply_id})
    added = library.add([*replies, strange])

    assert (added.new, added.foreign) == (38, 1)
    assert library.add(replies).new == 0
    with pytest.raises(BadInput, match=r"a file run\.store"):
        library.add_store(absent)
