"""What does the reader see when he opens a case and comes to a question?"""

from __future__ import annotations

import numpy as np
import pytest

from CTSpatialVQALib.errors import BadInput
from CTSpatialVQALib.reading.visible import ShownCt
from CTSpatialVQALib.records.words import Category, Side
from CTSpatialVQALib.scene.camera import camera_of
from CTSpatialVQALib.scene.prefetch import RegionPieces, kinds_for
from CTSpatialVQALib.scene.shown_anatomy import Role, ShownAnatomy, ShownRegion
from CTSpatialVQALib.volumes.anatomy_mask import AnatomyMask
from Testing.scene.patients import BALLS, Patient, make_patient
from Testing.scene.offscreen_session import OffscreenSession

pytestmark = pytest.mark.opengl
LIVER = ShownAnatomy(question=("liver",))


def inside(ras: tuple[float, float, float], name: str) -> bool:
    centre, half = BALLS[name]
    return bool((((np.array(ras) - centre) / half) ** 2).sum() <= 1.05)


def test_the_stages_are_told_before_their_work(empty_session: OffscreenSession, patient: Patient) -> None:
    stages = empty_session.reading.show_case(*patient)
    first = next(stages)
    assert (first.step, first.steps) == (1, 3)
    assert empty_session.reading.volume_node is None
    assert [one.step for one in stages] == [2, 3]
    assert empty_session.reading.volume_node is not None


def test_a_case_that_is_cancelled_between_stages_leaves_nothing_behind(empty_session: OffscreenSession, patient: Patient) -> None:
    before = empty_session.node_count()
    stages = empty_session.reading.show_case(*patient)
    next(stages)
    next(stages)
    stages.close()
    assert empty_session.node_count() == before
    assert not empty_session.reading.is_open


def test_a_mask_of_another_grid_is_refused_and_the_case_shown_before_stays(
    session: OffscreenSession, patient: Patient
) -> None:
    node = session.reading.volume_node
    with pytest.raises(BadInput, match="grid"):
        list(session.reading.show_case(patient.volume, make_patient((10, 10, 10)).mask))
    assert session.reading.volume_node is node


def test_only_what_the_texts_name_is_shown_each_by_its_role(session: OffscreenSession) -> None:
    shown = ShownAnatomy(("liver", "spleen"), claimed=("heart",), reference=("spleen", "trachea"))
    arrival = session.reading.show_question(shown)
    assert session.segments("Question") == ("liver", "spleen")
    assert session.segments("Model's answer") == ("heart",)
    assert session.segments("Reference") == ("spleen",)
    notes = {chip.key: chip.note for chip in arrival.chips}
    assert notes["trachea"] == "not in the anatomy mask"
    assert [chip.key for chip in arrival.chips if chip.present] == ["liver", "spleen", "heart"]


def test_lobes_are_shown_as_the_lung_where_the_mask_tells_only_lungs_apart(
    empty_session: OffscreenSession, patient: Patient
) -> None:
    mask = patient.mask
    names = {label: "lung_left" if name == "spleen" else name for label, name in mask.names.items()}
    list(empty_session.reading.show_case(patient.volume, AnatomyMask(mask.labels, mask.grid, names)))
    lobes = ("lung_upper_lobe_left", "lung_lower_lobe_left")
    arrival = empty_session.reading.show_question(ShownAnatomy(question=lobes, claimed=lobes[:1]))
    assert [(chip.key, chip.present) for chip in arrival.chips] == [("lung_left", True)]
    assert empty_session.segments("Model's answer") == ("lung_left",)


@pytest.mark.parametrize("name", BALLS)
def test_the_slices_meet_inside_what_the_question_asks_about(session: OffscreenSession, name: str) -> None:
    arrival = session.reading.show_question(ShownAnatomy(question=(name,), claimed=("colon",)))
    assert arrival.focus is not None
    assert inside(arrival.focus.ras, name)
    meeting = session.reading.evidence_state().slice_ras
    assert meeting == pytest.approx(tuple(arrival.focus.ras), abs=1e-6)


def test_the_slices_still_meet_there_after_a_layout_has_been_arranged(session: OffscreenSession) -> None:
    """Slicer gives views their new size once the event loop runs: after the slices were laid."""
    arrival = session.reading.show_question(ShownAnatomy(question=("spleen",)), [Category.LATERALITY])
    assert arrival.focus is not None
    for width, height in ((400, 180), (150, 300)):
        for view in session.views.slices().values():
            view.logic.ResizeSliceNode(width, height)
        meeting = session.reading.evidence_state().slice_ras
        assert meeting == pytest.approx(tuple(arrival.focus.ras), abs=1e-6)


def test_slices_and_window_stay_where_nothing_is_named(session: OffscreenSession) -> None:
    session.reading.show_question(LIVER)
    before, window = session.slice_offsets(), session.reading.evidence_state().window_level_hu
    arrival = session.reading.show_question(ShownAnatomy(), [Category.DEPTH])
    assert arrival.focus is None
    assert session.slice_offsets() == before
    assert session.reading.evidence_state().window_level_hu == window
    assert session.segments("Question") == ()


def test_window_and_layout_follow_the_question_unless_the_reader_locked_them(session: OffscreenSession) -> None:
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
    session: OffscreenSession, categories: list[Category], axis: int, sign: int
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


def test_a_chip_jumps_to_its_structure(session: OffscreenSession) -> None:
    session.reading.show_question(LIVER)
    place = session.reading.jump_to("spleen")
    assert place is not None
    assert inside(place, "spleen")
    assert session.reading.evidence_state().slice_ras == pytest.approx(tuple(place), abs=1e-6)
    assert session.reading.jump_to("trachea") is None


def test_a_point_out_of_sight_is_brought_to_the_middle_at_the_readers_zoom(session: OffscreenSession) -> None:
    node = session.views.slices()["Red"].logic.GetSliceNode()
    node.SetFieldOfView(60, 60, 1)
    session.reading.jump_to("spleen")
    assert node.GetFieldOfView()[0] == 60
    corner = node.GetXYToRAS().MultiplyPoint((120, 120, 0, 1))
    assert np.linalg.norm(np.array(corner[:2]) - BALLS["spleen"].centre[:2]) < 25


def test_all_structures_come_and_go_without_those_of_the_question(session: OffscreenSession, patient: Patient) -> None:
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


def test_what_is_made_ahead_is_there_when_the_question_comes(session: OffscreenSession) -> None:
    session.reading.show_question(LIVER)
    shown = ShownAnatomy(question=("spleen",), claimed=("heart",))
    session.reading.prepare_next(shown)
    steps = 1
    while session.reading.idle_step().more:
        steps += 1
    assert steps > 4
    session.reading.prepare_next(shown)
    assert not session.reading.idle_step().more


def test_a_region_is_shown_once_it_is_derived(session: OffscreenSession) -> None:
    region = ShownRegion("upper_abdomen", Role.QUESTION)
    arrival = session.reading.show_question(ShownAnatomy(regions=(region,)))
    assert arrival.chips[0].roles == (Role.QUESTION,)
    late = None
    for _ in range(2000):
        report = session.reading.idle_step()
        late = late or report.arrival
        if not report.more:
            break
    assert arrival.chips[0].present or (late is not None and late.chips[0].present)
    assert session.segments("Question") == (region.key,)


def test_shapes_of_a_region_are_made_one_at_a_time_before_it_is_shown(session: OffscreenSession) -> None:
    region = ShownRegion("upper_abdomen", Role.QUESTION)
    shown = ShownAnatomy(regions=(region,))
    case = session.reading._case
    assert case is not None
    case.regions.wait(region)
    pieces = RegionPieces(case, shown)
    made = []
    while (piece := pieces.next()) is not None:
        piece()
        made.append(case.shapes.kept_bytes)
    assert len(made) >= 2
    assert made == sorted(set(made)), "each piece makes one shape"
    assert not list(case.shapes.missing(region.key, kinds_for((Role.QUESTION,))))


def test_a_region_that_cannot_be_derived_says_why(session: OffscreenSession) -> None:
    region = ShownRegion("carina", Role.QUESTION, Side.LEFT)
    session.reading.show_question(ShownAnatomy(regions=(region,)))
    while session.reading.idle_step().more:
        pass
    (chip,) = session.reading.show_question(ShownAnatomy(regions=(region,))).chips
    assert not chip.present
    assert "trachea" in chip.note


def test_one_slice_is_all_that_a_limited_reader_gets(session: OffscreenSession, patient: Patient) -> None:
    session.reading.limit_ct(ShownCt.ONE_SLICE)
    node = session.views.slices()["Red"].logic.GetSliceNode()
    held = node.GetSliceOffset()
    node.SetSliceOffset(held + 40)
    assert node.GetSliceOffset() == held
    index = patient.volume.grid.to_index((0.0, 0.0, held))[2]
    assert round(float(index)) == patient.volume.hu.shape[2] // 2
    assert session.views.layout_name() == "one-slice"
    backgrounds = [
        view.logic.GetSliceCompositeNode().GetBackgroundVolumeID()
        for view in session.views.slices().values()
    ]
    assert [one is not None for one in backgrounds] == [True, False, False]
    session.reading.limit_ct(ShownCt.NONE)
    assert not session.views.pixels("Red")[40:200, 40:200].any()
