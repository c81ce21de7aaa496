"""The library's reading scene in the host's views: layouts that a module describes itself, and an overlay."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from CTSpatialVQALib.records.words import Category
from CTSpatialVQALib.scene.access import LayoutManagerViews
from CTSpatialVQALib.scene.layouts import layouts
from CTSpatialVQALib.scene.reading_scene import ReadingScene
from CTSpatialVQALib.scene.shown_anatomy import Role, ShownAnatomy, ShownRegion
from Testing.scene.patients import make_patient


@pytest.fixture
def manager(slicer_views: Any) -> Any:
    import slicer

    slicer_views.resize(900, 600)
    slicer_views.show()
    return slicer.app.layoutManager()


@pytest.mark.parametrize("name", layouts())
def test_a_described_layout_shows_its_views_and_no_others(manager: Any, name: str) -> None:
    LayoutManagerViews(manager).set_layout(layouts()[name])

    seen = {view for view in ("Red", "Green", "Yellow") if manager.sliceWidget(view).visible}
    seen |= {"3D"} if manager.threeDWidget(0).visible else set()
    assert seen == set(layouts()[name].views)
    assert LayoutManagerViews(manager).layout_name() == name


def test_views_of_slicers_own_layouts_come_back_afterwards(manager: Any) -> None:
    import slicer

    LayoutManagerViews(manager).set_layout(layouts()["one-slice"])
    manager.setLayout(slicer.vtkMRMLLayoutNode.SlicerLayoutFourUpView)

    assert all(manager.sliceWidget(view).visible for view in ("Red", "Green", "Yellow"))


def test_an_undescribed_layout_is_refused(manager: Any) -> None:
    with pytest.raises(ValueError, match="no layout 77777"):
        manager.setLayout(77777)


def test_a_question_is_shown_in_the_views(
    manager: Any, slicer_host: Any, slicer_views: Any, tmp_path: Path
) -> None:
    import slicer

    reading = ReadingScene(slicer.mrmlScene, views=LayoutManagerViews(manager))
    list(reading.show_case(*make_patient()))
    arrival = reading.show_question(ShownAnatomy(question=("spleen",)), [Category.LATERALITY])
    red = np.asarray(Image.open(slicer_host.picture(slicer_views, tmp_path / "views.png")).convert("RGB"))

    assert arrival.layout == "left-right"
    colour = 255 * np.array(arrival.chips[0].colour)
    outline = np.argwhere((np.abs(red - colour) < 16).all(axis=-1))
    axial = outline[outline[:, 0] < red.shape[0] / 2]
    axial = axial[axial[:, 1] < 0.55 * red.shape[1]]
    assert axial[:, 1].min() > 0.28 * red.shape[1], "the spleen is in the right half of the axial view"
    reading.close()


def test_regions_come_though_threads_starve_and_the_one_asked_for_now_comes_first(
    manager: Any, slicer_host: Any, qt: Any
) -> None:
    """In Slicer a Python thread hardly advances beside the event loop: regions took it up to 20 s."""
    import slicer
    from slicerhost import eventloop

    if not eventloop.holds_the_lock():
        pytest.skip("the event loop of this machine's PySide6 lets go of the interpreter's lock")
    from Testing.anatomy.test_regions import phantom_mask

    mask = phantom_mask(0, "demo")
    reading = ReadingScene(slicer.mrmlScene, views=LayoutManagerViews(manager))
    list(reading.show_case(None, mask))
    timer = qt.QTimer()
    timer.setInterval(60)
    timer.timeout.connect(lambda: reading.idle_step())
    timer.start()
    following = tuple(ShownRegion(name, Role.QUESTION) for name in ("subpleural", "paramediastinal", "hilum"))
    reading.show_question(ShownAnatomy())
    reading.prepare_next(ShownAnatomy(regions=following))
    slicer_host.settle(70)

    now = ShownRegion("mediastinum", Role.QUESTION)
    reading.show_question(ShownAnatomy(regions=(now,)))
    reading.prepare_next(ShownAnatomy(regions=following))
    turns = 0
    while now.key not in _segments() and turns < 50:
        slicer_host.settle(60)
        turns += 1
    timer.stop()
    reading.close()
    assert turns <= 3


def _segments() -> tuple[str, ...]:
    import slicer

    segmentation = slicer.mrmlScene.GetFirstNodeByName("Question").GetSegmentation()
    return tuple(segmentation.GetNthSegmentID(n) for n in range(segmentation.GetNumberOfSegments()))
