"""Readings survive deleted nodes, a closed scene, another case and hundreds of questions."""

from __future__ import annotations

import itertools

import pytest

from CTSpatialVQALib.records.words import Category
from CTSpatialVQALib.scene.crops import CaseCrops
from CTSpatialVQALib.scene.orientation_letters import letters_of
from CTSpatialVQALib.scene.planes import EdgeLetters
from CTSpatialVQALib.scene.shown_anatomy import ShownAnatomy
from CTSpatialVQALib.scene.structure_cache import CaseShapes, ShapeKind
from Testing.scene.offscreen_session import Session, tinted
from Testing.scene.patients import BALLS, Patient, make_patient

pytestmark = pytest.mark.opengl
EVERY_ROLE = ShownAnatomy(("liver", "spleen"), claimed=("spleen",), reference=("liver",))
OURS = ("CT", "Question", "Model's answer", "Reference")


def test_closing_a_case_leaves_scene_and_views_as_they_were(empty_session: Session, patient: Patient) -> None:
    three_d = empty_session.views.three_d()
    assert three_d is not None
    before = (
        empty_session.node_count(),
        three_d.node.GetOrientationMarkerType(),
        three_d.node.GetBoxVisible(),
    )
    props = [
        view.renderer.GetViewProps().GetNumberOfItems() for view in empty_session.views.slices().values()
    ]
    list(empty_session.reading.show_case(*patient))
    empty_session.reading.show_question(EVERY_ROLE, [Category.LATERALITY])
    empty_session.reading.show_all_structures(True)
    empty_session.reading.volume_rendering(True)
    empty_session.reading.add_fiducial()
    empty_session.reading.close()
    assert (
        empty_session.node_count(),
        three_d.node.GetOrientationMarkerType(),
        three_d.node.GetBoxVisible(),
    ) == before
    assert props == [
        view.renderer.GetViewProps().GetNumberOfItems() for view in empty_session.views.slices().values()
    ]


@pytest.mark.parametrize("name", OURS)
def test_a_node_that_was_deleted_is_back_with_the_next_question(session: Session, name: str) -> None:
    session.reading.show_question(EVERY_ROLE)
    scene = session.core.scene
    scene.RemoveNode(scene.GetFirstNodeByName(name))
    session.reading.highlight("liver")
    session.reading.evidence_state()
    session.reading.show_question(EVERY_ROLE)
    assert scene.GetFirstNodeByName(name) is not None
    assert session.views.pixels("Red")[60:180, 60:180].any()
    assert session.segments("Model's answer") == ("spleen",)


def test_a_display_node_that_was_deleted_is_back_with_the_next_question(session: Session) -> None:
    session.reading.show_question(EVERY_ROLE)
    scene = session.core.scene
    scene.RemoveNode(scene.GetFirstNodeByName("Question").GetDisplayNode())
    session.reading.highlight("liver")
    session.reading.show_question(EVERY_ROLE)
    assert tinted(session.views.pixels("Red")).sum() > 100


def test_the_scene_may_be_closed_under_the_case(session: Session, patient: Patient) -> None:
    session.reading.show_question(EVERY_ROLE)
    session.reading.volume_rendering(True)
    session.reading.add_fiducial()
    session.core.scene.Clear(0)
    assert session.reading.fiducials() == ()
    session.reading.jump_to("liver")
    session.reading.idle_step()
    session.reading.close_case()
    list(session.reading.show_case(*patient))
    session.reading.show_question(EVERY_ROLE)
    assert session.segments("Question") == ("liver", "spleen")
    assert tinted(session.views.pixels("Red")).sum() > 100


def test_a_second_case_replaces_the_first(session: Session) -> None:
    session.reading.show_question(EVERY_ROLE)
    nodes = session.node_count()
    list(session.reading.show_case(*make_patient((8, 8, 8))))
    session.reading.show_question(EVERY_ROLE)
    assert session.node_count() == nodes
    assert session.reading.volume_node.GetImageData().GetDimensions()[0] == 40


def test_nothing_can_be_asked_of_a_reading_without_a_case(empty_session: Session) -> None:
    arrival = empty_session.reading.show_question(EVERY_ROLE, [Category.DEPTH])
    assert [chip.note for chip in arrival.chips] == ["no case is open"] * 2
    empty_session.reading.highlight("liver")
    empty_session.reading.prepare_next(EVERY_ROLE)
    empty_session.reading.show_all_structures(True)
    empty_session.reading.volume_rendering(True)
    assert empty_session.reading.idle_step() == (False, None, False)
    assert empty_session.reading.jump_to("liver") is None
    assert empty_session.reading.add_fiducial() is None
    assert empty_session.reading.picture() is None
    assert empty_session.reading.evidence_state().structures == ()


def test_two_hundred_questions_forward_and_back_leave_the_scene_as_large_as_one(
    empty_session: Session,
) -> None:
    list(empty_session.reading.show_case(*make_patient((10, 10, 10))))
    names = list(BALLS)
    pairs = list(itertools.permutations(names, 2))
    questions = [ShownAnatomy((first,), claimed=(second,), reference=(first,)) for first, second in pairs]
    empty_session.reading.show_question(questions[0])
    before = empty_session.node_count()
    for n in [*range(100), *range(99, -1, -1)]:
        empty_session.reading.show_question(questions[n % len(questions)], [list(Category)[n % 6]])
    assert empty_session.node_count() == before
    assert empty_session.segments("Question") == questions[0].question


def test_shapes_are_forgotten_when_they_take_too_much_memory(patient: Patient) -> None:
    crops = CaseCrops(patient.mask)
    unlimited = CaseShapes(crops)
    unlimited.of("liver", ShapeKind.SURFACE)
    limited = CaseShapes(CaseCrops(patient.mask), most_bytes=int(1.5 * unlimited.kept_bytes))
    for name in (*BALLS, *BALLS):
        limited.of(name, ShapeKind.SURFACE)
        assert limited.kept_bytes <= 1.5 * unlimited.kept_bytes
    assert limited.of("liver", ShapeKind.LABELMAP) is not None


def test_no_node_carries_a_name_from_outside(session: Session) -> None:
    scene = session.core.scene
    node_ids = {scene.GetNthNode(n).GetID() for n in range(scene.GetNumberOfNodes())}
    session.reading.show_question(EVERY_ROLE)
    session.reading.add_fiducial()
    names = {scene.GetNthNode(n).GetName() for n in range(scene.GetNumberOfNodes())}
    assert names >= {"CT", "Question", "Model's answer", "Reference", "Evidence"}
    assert not [name for name in names if "patient" in name.lower() or ".nii" in name], node_ids


def test_letters_follow_a_slice_that_is_turned(session: Session) -> None:
    node = session.views.slices()["Red"].logic.GetSliceNode()
    assert letters_of(node) == EdgeLetters("R", "L", "A", "P")
    node.SetOrientation("Sagittal")
    assert letters_of(node) == EdgeLetters("A", "P", "S", "I")
