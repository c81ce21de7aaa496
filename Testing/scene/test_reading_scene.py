"""Opening of a case, and the drawing of a question in it."""

from __future__ import annotations

import numpy as np
import pytest

from CTSpatialVQALib.errors import BadInput
from CTSpatialVQALib.reading.visible import ShownCt
from CTSpatialVQALib.records.words import Category, Side
from CTSpatialVQALib.scene import reading_scene
from CTSpatialVQALib.scene.camera import camera_of
from CTSpatialVQALib.scene.shown_anatomy import Drawn, Role, ShownAnatomy, ShownRegion
from CTSpatialVQALib.scene.structure_cache import ShapeKind
from CTSpatialVQALib.volumes.anatomy_mask import AnatomyMask
from Testing.scene.offscreen_session import Session
from Testing.scene.patients import BALLS, Patient, make_patient

pytestmark = pytest.mark.opengl
LIVER = ShownAnatomy(question=("liver",))
UPPER_ABDOMEN = ShownRegion("upper_abdomen", Role.QUESTION)


def inside(ras: tuple[float, float, float], name: str) -> bool:
    centre, half = BALLS[name]
    return bool((((np.array(ras) - centre) / half) ** 2).sum() <= 1.05)


def test_the_stages_are_told_before_their_work(empty_session: Session, patient: Patient) -> None:
    stages = empty_session.reading.show_case(*patient)
    first = next(stages)
    assert (first.step, first.steps) == (1, 3)
    assert empty_session.reading.volume_node is None
    assert [one.step for one in stages] == [2, 3]
    assert empty_session.reading.volume_node is not None


def test_a_case_that_is_cancelled_between_stages_leaves_nothing_behind(
    empty_session: Session, patient: Patient
) -> None:
    before = empty_session.node_count()
    stages = empty_session.reading.show_case(*patient)
    next(stages)
    next(stages)
    stages.close()
    assert empty_session.node_count() == before
    assert not empty_session.reading.is_open


def test_a_mask_of_another_grid_is_refused_and_the_case_shown_before_stays(
    session: Session, patient: Patient
) -> None:
    node = session.reading.volume_node
    with pytest.raises(BadInput, match="grid"):
        list(session.reading.show_case(patient.volume, make_patient((10, 10, 10)).mask))
    assert session.reading.volume_node is node


def test_only_what_the_texts_name_is_shown_each_by_its_role(session: Session) -> None:
    shown = ShownAnatomy(("liver", "spleen"), claimed=("heart",), reference=("spleen", "trachea"))
    arrival = session.reading.show_question(shown)
    assert session.segments("Question") == ("liver", "spleen")
    assert session.segments("Model's answer") == ("heart",)
    assert session.segments("Reference") == ("spleen",)
    notes = {chip.key: chip.note for chip in arrival.chips}
    assert notes["trachea"] == "not in the anatomy mask"
    assert [chip.key for chip in arrival.chips if chip.present] == ["liver", "spleen", "heart"]


def test_lobes_are_shown_as_the_lung_where_the_mask_tells_only_lungs_apart(
    empty_session: Session, patient: Patient
) -> None:
    mask = patient.mask
    names = {label: "lung_left" if name == "spleen" else name for label, name in mask.names.items()}
    list(empty_session.reading.show_case(patient.volume, AnatomyMask(mask.labels, mask.grid, names)))
    lobes = ("lung_upper_lobe_left", "lung_lower_lobe_left")
    arrival = empty_session.reading.show_question(ShownAnatomy(question=lobes, claimed=lobes[:1]))
    assert [(chip.key, chip.present) for chip in arrival.chips] == [("lung_left", True)]
    assert empty_session.segments("Model's answer") == ("lung_left",)


@pytest.mark.parametrize("name", BALLS)
def test_the_slices_meet_inside_what_the_question_asks_about(session: Session, name: str) -> None:
    arrival = session.reading.show_question(ShownAnatomy(question=(name,), claimed=("colon",)))
    assert arrival.focus is not None
    assert inside(arrival.focus.ras, name)
    meeting = session.reading.evidence_state().slice_ras
    assert meeting == pytest.approx(tuple(arrival.focus.ras), abs=1e-6)


def test_the_slices_still_meet_there_after_a_layout_has_been_arranged(session: Session) -> None:
    """Slicer gives views their new size once the event loop runs: after the slices were laid."""
    arrival = session.reading.show_question(ShownAnatomy(question=("spleen",)), [Category.LATERALITY])
    assert arrival.focus is not None
    for width, height in ((400, 180), (150, 300)):
        for view in session.views.slices().values():
            view.logic.ResizeSliceNode(width, height)
        meeting = session.reading.evidence_state().slice_ras
        assert meeting == pytest.approx(tuple(arrival.focus.ras), abs=1e-6)


def test_slices_and_window_stay_where_nothing_is_named(session: Session) -> None:
    session.reading.show_question(LIVER)
    before, window = session.slice_offsets(), session.reading.evidence_state().window_level_hu
    arrival = session.reading.show_question(ShownAnatomy(), [Category.DEPTH])
    assert arrival.focus is None
    assert session.slice_offsets() == before
    assert session.reading.evidence_state().window_level_hu == window
    assert session.segments("Question") == ()


def test_window_and_layout_follow_the_question_unless_the_reader_locked_them(
    session: Session,
) -> None:
    reading = session.reading
    arrival = reading.show_question(LIVER, [Category.LATERALITY])
    assert (arrival.layout, arrival.window and arrival.window.name) == ("left-right", "abdomen")
    reading.set_window("bone")
    locked = reading.show_question(
        ShownAnatomy(question=("heart",)), [Category.DEPTH], keep_layout=True, keep_window=True
    )
    assert (locked.layout, locked.window) == ("left-right", None)
    assert reading.evidence_state().window_width_hu == 1800


@pytest.mark.parametrize(
    ("categories", "axis", "sign"),
    [
        ([Category.LATERALITY, Category.DEPTH], 1, 1),
        ([Category.DEPTH], 0, -1),
        ([Category.VERTICAL], 1, 1),
    ],
)
def test_the_3d_view_looks_from_where_the_category_is_seen(
    session: Session, categories: list[Category], axis: int, sign: int
) -> None:
    session.reading.show_question(LIVER, categories)
    three_d = session.views.three_d()
    assert three_d is not None
    camera = camera_of(session.core.scene, three_d.node)
    assert camera is not None
    towards = np.array(camera.GetPosition()) - camera.GetFocalPoint()
    assert int(np.abs(towards).argmax()) == axis
    assert np.sign(towards[axis]) == sign
    assert camera.GetFocalPoint() == pytest.approx(BALLS["liver"].centre, abs=4)


def test_a_chip_jumps_to_its_structure(session: Session) -> None:
    session.reading.show_question(LIVER)
    place = session.reading.jump_to("spleen")
    assert place is not None
    assert inside(place, "spleen")
    assert session.reading.evidence_state().slice_ras == pytest.approx(tuple(place), abs=1e-6)
    assert session.reading.jump_to("trachea") is None


def test_a_point_out_of_sight_is_brought_to_the_middle_at_the_readers_zoom(session: Session) -> None:
    node = session.views.slices()["Red"].logic.GetSliceNode()
    node.SetFieldOfView(60, 60, 1)
    session.reading.jump_to("spleen")
    assert node.GetFieldOfView()[0] == 60
    corner = node.GetXYToRAS().MultiplyPoint((120, 120, 0, 1))
    assert np.linalg.norm(np.array(corner[:2]) - BALLS["spleen"].centre[:2]) < 25


def test_all_structures_come_and_go_without_those_of_the_question(session: Session, patient: Patient) -> None:
    session.reading.show_question(LIVER)
    before = session.node_count()
    session.reading.show_all_structures(True)
    assert session.segments("All structures") == patient.mask.structures
    display = session.core.scene.GetFirstNodeByName("All structures").GetDisplayNode()
    assert not display.GetSegmentVisibility("liver")
    assert display.GetSegmentVisibility("spleen")
    assert set(session.reading.evidence_state().structures) == set(patient.mask.structures)
    session.reading.show_all_structures(False)
    assert session.node_count() == before


def test_what_is_made_ahead_is_drawn_at_once_when_the_question_comes(session: Session) -> None:
    finish(session)
    session.reading.show_question(LIVER)
    shown = ShownAnatomy(question=("spleen",), claimed=("heart",), regions=(UPPER_ABDOMEN,))
    session.reading.prepare_next(shown)
    finish(session)
    arrival = session.reading.show_question(shown)
    assert {chip.drawn for chip in arrival.chips} == {Drawn.EVERYWHERE}
    assert not session.reading.idle_step().more


def finish(session: Session) -> None:
    """Let idle moments come until everything is made."""
    for _ in range(200):
        if not session.reading.idle_step().more:
            return
    raise AssertionError("there is no end to it")


def test_outlines_come_first_and_are_drawn_before_the_question_is_back(session: Session) -> None:
    drawn_before = session.views.slices_drawn
    (chip,) = session.reading.show_question(LIVER).chips
    assert chip.drawn is Drawn.ON_SLICES
    assert session.views.slices_drawn == drawn_before + 1
    assert session.surfaces("Question") == ()
    reports = [session.reading.idle_step() for _ in range(3)]
    (chip,) = next(report.arrival for report in reports if report.arrival is not None).chips
    assert chip.drawn is Drawn.EVERYWHERE
    assert session.surfaces("Question") == ("liver",)


def test_the_next_question_waits_until_nothing_is_missing_of_the_present_one(
    session: Session,
) -> None:
    case = session.reading._case
    assert case is not None
    session.reading.show_question(LIVER)
    session.reading.prepare_next(ShownAnatomy(question=("spleen",)))
    report = session.reading.idle_step(seconds=0)
    assert (report.waiting, report.more) == (True, True)
    while not case.shapes.has("liver", ShapeKind.SURFACE):
        assert not case.crops.knows("spleen")
        session.reading.idle_step(seconds=0)
    finish(session)
    assert case.shapes.has("spleen", ShapeKind.SURFACE)


def test_a_region_is_shown_once_it_is_derived(session: Session) -> None:
    arrival = session.reading.show_question(ShownAnatomy(regions=(UPPER_ABDOMEN,)))
    assert arrival.chips[0].roles == (Role.QUESTION,)
    finish(session)
    assert session.segments("Question") == (UPPER_ABDOMEN.key,)
    assert session.surfaces("Question") == (UPPER_ABDOMEN.key,)


def test_a_claim_does_not_draw_the_slices_away_while_the_question_is_being_derived(
    session: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(reading_scene, "_FIRST_OUTLINES_S", 0.0)
    shown = ShownAnatomy(claimed=("spleen",), regions=(UPPER_ABDOMEN,))
    before = session.slice_offsets()
    session.reading.show_question(shown)
    while session.segments("Model's answer") == ():
        session.reading.idle_step(seconds=0)
    assert session.segments("Question") == ()
    assert session.slice_offsets() == before
    finish(session)
    meeting = session.reading.evidence_state().slice_ras
    assert meeting is not None
    assert session.slice_offsets() != before
    assert not inside(meeting, "spleen")


def test_the_3d_view_takes_in_what_comes_later_unless_the_reader_has_turned_it(
    session: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(reading_scene, "_FIRST_OUTLINES_S", 0.0)
    three_d = session.views.three_d()
    assert three_d is not None
    camera = camera_of(session.core.scene, three_d.node)
    assert camera is not None
    shown = ShownAnatomy(("kidney_left",), regions=(ShownRegion("midline", Role.CLAIMED),))

    def distance() -> float:
        return float(np.linalg.norm(np.array(camera.GetPosition()) - camera.GetFocalPoint()))

    def first_outline() -> float:
        session.reading.show_question(shown)
        while session.segments("Question") == ():
            session.reading.idle_step(seconds=0)
        return distance()

    near = first_outline()
    finish(session)
    assert distance() > 1.2 * near
    case = session.reading._case
    assert case is not None
    case.regions._derived.clear()
    first_outline()
    camera.SetPosition(0, -500, 0)
    finish(session)
    assert camera.GetPosition() == (0, -500, 0)


def test_the_region_asked_for_now_goes_before_those_of_the_next_question(session: Session) -> None:
    case = session.reading._case
    assert case is not None
    session.reading.show_question(LIVER)
    session.reading.prepare_next(ShownAnatomy(regions=(ShownRegion("midline", Role.QUESTION),)))
    session.reading.show_question(ShownAnatomy(regions=(UPPER_ABDOMEN,)))
    session.reading.prepare_next(ShownAnatomy(regions=(ShownRegion("hemithorax", Role.QUESTION),)))
    while session.segments("Question") != (UPPER_ABDOMEN.key,):
        session.reading.idle_step(seconds=0)
    assert case.regions.derived(ShownRegion("hemithorax", Role.QUESTION)) is None


def test_the_log_tells_what_was_not_on_the_screen_yet(session: Session) -> None:
    """A reader may press a key at any time: what he has not seen is recorded as not seen."""
    session.reading.show_question(ShownAnatomy(question=("liver", "trachea"), regions=(UPPER_ABDOMEN,)))
    seen = session.reading.evidence_state()
    assert seen.structures == ("liver",)
    assert set(seen.surfaces_pending) | set(seen.slices_pending) == {"liver", "upper_abdomen"}
    finish(session)
    assert session.reading.evidence_state().surfaces_pending == ("liver", "upper_abdomen")
    session.views.pixels("3D")
    seen = session.reading.evidence_state()
    assert (seen.structures, seen.regions) == (("liver",), ("upper_abdomen",))
    assert (seen.slices_pending, seen.surfaces_pending) == ((), ())


def test_a_question_of_many_structures_does_not_hold_the_window(
    session: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    reading, shown = session.reading, ShownAnatomy(tuple(BALLS))
    drawn_before = session.views.slices_drawn
    monkeypatch.setattr(reading_scene, "_FIRST_OUTLINES_S", 0.0)
    arrival = reading.show_question(shown)
    assert {chip.drawn for chip in arrival.chips} == {Drawn.NOT_YET}
    assert (session.segments("Question"), session.views.slices_drawn) == ((), drawn_before)
    assert reading.evidence_state().slices_pending == tuple(BALLS)
    steps = [reading.idle_step(seconds=0) for _ in range(len(BALLS) + 2)]
    assert [step.arrival is None for step in steps] == [True] * (len(BALLS) + 1) + [False]
    assert session.segments("Question") == tuple(BALLS)
    assert session.views.slices_drawn == drawn_before + 1
    assert reading.evidence_state().slices_pending == ()


def test_a_region_that_cannot_be_derived_says_why(session: Session) -> None:
    region = ShownRegion("carina", Role.QUESTION, Side.LEFT)
    session.reading.show_question(ShownAnatomy(regions=(region,)))
    finish(session)
    (chip,) = session.reading.show_question(ShownAnatomy(regions=(region,))).chips
    assert not chip.present
    assert "trachea" in chip.note


def test_one_slice_is_all_that_a_limited_reader_gets(session: Session, patient: Patient) -> None:
    session.reading.limit_ct(ShownCt.ONE_SLICE)
    node = session.views.slices()["Red"].logic.GetSliceNode()
    held = node.GetSliceOffset()
    node.SetSliceOffset(held + 40)
    assert node.GetSliceOffset() == held
    index = patient.volume.grid.to_index((0.0, 0.0, held))[2]
    assert round(float(index)) == patient.volume.hu.shape[2] // 2
    assert session.views.layout_name() == "one-slice"
    backgrounds = [
        view.logic.GetSliceCompositeNode().GetBackgroundVolumeID() for view in session.views.slices().values()
    ]
    assert [one is not None for one in backgrounds] == [True, False, False]
    session.reading.limit_ct(ShownCt.NONE)
    assert not session.views.pixels("Red")[40:200, 40:200].any()
