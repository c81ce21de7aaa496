from __future__ import annotations

from collections.abc import Iterator

import pytest

from CTSpatialVQALib.scene.core import HeadlessCore
from CTSpatialVQALib.scene.evidence import Renderer, open_renderer
from CTSpatialVQALib.scene.opengl import OpenGLState, opengl_available
from CTSpatialVQALib.scene.reading_scene import ReadingScene
from Testing.scene.offscreen_session import SIZE, Session
from Testing.scene.offscreen_views import OffscreenViews
from Testing.scene.patients import FLAT, MRML, Patient, make_patient


def pytest_runtest_setup(item: pytest.Item) -> None:
    if item.get_closest_marker("opengl"):
        state = opengl_available()
        if not state.available:
            pytest.skip(f"no MRML views: {state.reason}")


@pytest.fixture(scope="session")
def patient() -> Patient:
    return make_patient()


@pytest.fixture(
    scope="session",
    params=[pytest.param(MRML, marks=pytest.mark.opengl, id="mrml"), pytest.param(FLAT, id="flat")],
)
def either_state(request: pytest.FixtureRequest) -> OpenGLState:
    """With OpenGL where there is one, and without: callers must not notice."""
    state: OpenGLState = request.param
    return state


@pytest.fixture(scope="session")
def open_case(patient: Patient, either_state: OpenGLState) -> Iterator[Renderer]:
    """The patient in a renderer of either kind."""
    with open_renderer(*patient, state=either_state) as renderer:
        yield renderer


@pytest.fixture
def empty_session() -> Iterator[Session]:
    """A reading with views of its own, and no case."""
    core = HeadlessCore()
    views = OffscreenViews(core, SIZE, SIZE)
    reading = ReadingScene(core.scene, views=views)
    yield Session(core, views, reading)
    reading.close()
    views.close()
    core.close()


@pytest.fixture
def session(empty_session: Session, patient: Patient) -> Session:
    """The same with the patient open."""
    list(empty_session.reading.show_case(*patient))
    return empty_session
