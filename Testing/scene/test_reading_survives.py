"""What if the reader deletes nodes, closes the scene, opens another case, or reads on for hours?"""

from __future__ import annotations

import itertools

import pytest

from CTSpatialVQALib.records.words import Category
from CTSpatialVQALib.scene.crops import CaseCrops
from CTSpatialVQALib.scene.orientation_letters import letters_of
from CTSpatialVQALib.scene.planes import EdgeLetters
from CTSpatialVQALib.scene.shown_anatomy import ShownAnatomy
from CTSpatialVQALib.scene.structure_cache import CaseShapes, ShapeKind
from CTSpatialVQALib.scene.volumes import add_volume
from Testing.scene.patients import BALLS, Patient, make_patient
from Testing.scene.reading_views import Desk, tinted

pytestmark = pytest.mark.opengl
EVERY_ROLE = ShownAnatomy(("liver", "spleen"), claimed=("spleen",), reference=("liver",))
OURS = ("CT", "Question", "Model's answer", "Reference")


def test_closing_a_case_leaves_scene_and_views_as_they_were(desk: Desk, patient: Patient) -> None:
    three_d = desk.views.three_d()
    assert three_d is not None
    before = (desk.node_count(), three_d.node.GetOrientationMarkerType(), three_d.node.GetBoxVisible())
    props = [view.renderer.GetViewProps().GetNumberOfItems() for view in desk.views.slices().values()]
    list(desk.reading.show_case(*patient))
    desk.reading.show_question(EVERY_ROLE, [Category.LATERALITY])
    desk.reading.show_all_structures(True)
    desk.reading.volume_rendering(True)
    desk.reading.add_fiducial()
    desk.reading.close()
    assert (
        desk.node_count(),
        three_d.node.GetOrientationMarkerType(),
        three_d.node.GetBoxVisible(),
    ) == before
    assert props == [view.renderer.GetViewProps().GetNumberOfItems() for view in desk.views.slices().values()]


@pytest.mark.parametrize("name", OURS)
def test_a_node_that_was_deleted_is_back_with_the_next_question(open_desk: Desk, name: str) -> None:
    open_desk.reading.show_question(EVERY_ROLE)
    scene = open_desk.core.scene
    scene.RemoveNode(scene.GetFirstNodeByName(name))
    open_desk.reading.highlight("liver")
    open_desk.reading.evidence_state()
    open_desk.reading.show_question(EVERY_ROLE)
    assert scene.GetFirstNodeByName(name) is not None
    assert open_desk.views.pixels("Red")[60:180, 60:180].any()
    assert open_desk.segments("Model's answer") == ("spleen",)


def test_a_display_node_that_was_deleted_is_back_with_the_next_question(open_desk: Desk) -> None:
    open_desk.reading.show_question(EVERY_ROLE)
    scene = open_desk.core.scene
    scene.RemoveNode(scene.GetFirstNodeByName("Question").GetDisplayNode())
    open_desk.reading.highlight("liver")
    open_desk.reading.show_question(EVERY_ROLE)
    assert tinted(open_desk.views.pixels("Red")).sum() > 100


def test_the_scene_may_be_closed_under_the_case(open_desk: Desk, patient: Patient) -> None:
    open_desk.reading.show_question(EVERY_ROLE)
    open_desk.reading.volume_rendering(True)
    open_desk.reading.add_fiducial()
    open_desk.core.scene.Clear(0)
    assert open_desk.reading.fiducials() == ()
    open_desk.reading.jump_to("liver")
    open_desk.reading.idle_step()
    open_desk.reading.close_case()
    list(open_desk.reading.show_case(*patient))
    open_desk.reading.show_question(EVERY_ROLE)
    assert open_desk.segments("Question") == ("liver", "spleen")
    assert tinted(open_desk.views.pixels("Red")).sum() > 100


def test_a_second_case_replaces_the_first(open_desk: Desk) -> None:
    open_desk.reading.show_question(EVERY_ROLE)
    nodes = open_desk.node_count()
    list(open_desk.reading.show_case(*make_patient((8, 8, 8))))
    open_desk.reading.show_question(EVERY_ROLE)
    assert open_desk.node_count() == nodes
    assert open_desk.reading.volume_node.GetImageData().GetDimensions()[0] == 40


def test_nothing_can_be_asked_of_a_reading_without_a_case(desk: Desk) -> None:
    arrival = desk.reading.show_question(EVERY_ROLE, [Category.DEPTH])
    assert [chip.note for chip in arrival.chips] == ["no case is open"] * 2
    desk.reading.highlight("liver")
    desk.reading.prepare_next(EVERY_ROLE)
    desk.reading.show_all_structures(True)
    desk.reading.volume_rendering(True)
    assert desk.reading.idle_step() == (False, None)
    assert desk.reading.jump_to("liver") is None
    assert desk.reading.add_fiducial() is None
    assert desk.reading.picture() is None
    assert desk.reading.evidence_state().structures == ()


def test_two_hundred_questions_forward_and_back_leave_the_scene_as_large_as_one(desk: Desk) -> None:
    list(desk.reading.show_case(*make_patient((10, 10, 10))))
    names = list(BALLS)
    pairs = list(itertools.permutations(names, 2))
    asked = [ShownAnatomy((one,), claimed=(two,), reference=(one,)) for one, two in pairs]
    desk.reading.show_question(asked[0])
    before = desk.node_count()
    for n in [*range(100), *range(99, -1, -1)]:
        desk.reading.show_question(asked[n % len(asked)], [list(Category)[n % 6]])
    assert desk.node_count() == before
    assert desk.segments("Question") == asked[0].question


def test_shapes_are_forgotten_when_they_take_too_much_memory(patient: Patient) -> None:
    crops = CaseCrops(patient.mask)
    one = CaseShapes(crops)
    one.of("liver", ShapeKind.SURFACE)
    little = CaseShapes(CaseCrops(patient.mask), most_bytes=int(1.5 * one.kept_bytes))
    for name in (*BALLS, *BALLS):
        little.of(name, ShapeKind.SURFACE)
        assert little.kept_bytes <= 1.5 * one.kept_bytes
    assert little.of("liver", ShapeKind.LABELMAP) is not None


def test_no_node_carries_a_name_from_outside(open_desk: Desk) -> None:
    scene = open_desk.core.scene
    known = {scene.GetNthNode(n).GetID() for n in range(scene.GetNumberOfNodes())}
    open_desk.reading.show_question(EVERY_ROLE)
    open_desk.reading.add_fiducial()
    names = {scene.GetNthNode(n).GetName() for n in range(scene.GetNumberOfNodes())}
    assert names >= {"CT", "Question", "Model's answer", "Reference", "Evidence"}
    assert not [name for name in names if "patient" in name.lower() or ".nii" in name], known


def test_the_readers_own_volume_is_shown_and_never_removed(desk: Desk, patient: Patient) -> None:
    own = add_volume(desk.core.scene, patient.volume, "mine")
    list(desk.reading.show_case(*patient, volume_node=own))
    assert desk.reading.volume_node is own
    desk.reading.close()
    assert desk.core.scene.IsNodePresent(own)


def test_the_readers_own_volume_is_missed_when_he_removes_it(desk: Desk, patient: Patient) -> None:
    own = add_volume(desk.core.scene, patient.volume, "mine")
    list(desk.reading.show_case(*patient, volume_node=own))
    assert desk.reading.show_question(EVERY_ROLE).note == ""
    desk.core.scene.RemoveNode(own)
    assert "Open the case again" in desk.reading.show_question(EVERY_ROLE).note


def test_letters_follow_a_slice_that_is_turned(open_desk: Desk) -> None:
    node = open_desk.views.slices()["Red"].logic.GetSliceNode()
    assert letters_of(node) == EdgeLetters("R", "L", "A", "P")
    node.SetOrientation("Sagittal")
    assert letters_of(node) == EdgeLetters("A", "P", "S", "I")
