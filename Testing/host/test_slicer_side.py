"""The host's `slicer`: real MRML, with stand-ins for the application that are strict where Slicer is."""

from __future__ import annotations

import enum
from pathlib import Path
from typing import Annotated, Any

import numpy as np
import pytest


def a_volume(name: str = "CT") -> Any:
    import slicer

    return slicer.util.addVolumeFromArray(np.arange(8**3, dtype=np.int16).reshape(8, 8, 8), name=name)


def write_ui(folder: Path, widgets: str, connections: str = "") -> str:
    path = folder / "window.ui"
    path.write_text(
        '<ui version="4.0"><widget class="qMRMLWidget" name="panel">'
        '<layout class="QVBoxLayout" name="column">'
        + "".join(f"<item>{widget}</item>" for widget in widgets.split("\n"))
        + f"</layout></widget><connections>{connections}</connections></ui>",
        encoding="utf-8",
    )
    return str(path)


CONNECTED = (
    "<connection><sender>panel</sender><signal>mrmlSceneChanged(vtkMRMLScene*)</signal>"
    "<receiver>ct</receiver><slot>setMRMLScene(vtkMRMLScene*)</slot></connection>"
)
NODE_BOX = (
    '<widget class="qMRMLNodeComboBox" name="ct"><property name="nodeTypes"><stringlist>'
    "<string>vtkMRMLScalarVolumeNode</string></stringlist></property>{more}</widget>"
)


def parameter_name(name: str) -> str:
    return f'<property name="SlicerParameterName" stdset="0"><string>{name}</string></property>'


def test_scene_is_given_on_through_the_window_file(slicer_host: Any, tmp_path: Path) -> None:
    import slicer

    panel = slicer.util.loadUI(write_ui(tmp_path, NODE_BOX.format(more=""), CONNECTED))
    volume = a_volume()
    panel.setMRMLScene(slicer.mrmlScene)

    assert panel.ct.nodeCount() == 1
    assert panel.ct.currentNode() is volume
    with pytest.raises(ValueError, match="misspelt"):
        slicer.util.loadUI(
            write_ui(tmp_path, NODE_BOX.format(more=""), CONNECTED.replace(">ct<", ">misspelt<"))
        )


def test_window_file_may_only_use_what_the_real_classes_have(slicer_host: Any, tmp_path: Path) -> None:
    import slicer

    wrong = NODE_BOX.format(more='<property name="noneEnable"><bool>true</bool></property>')
    with pytest.raises(ValueError, match="no property 'noneEnable'"):
        slicer.util.loadUI(write_ui(tmp_path, wrong))
    with pytest.raises(RuntimeError, match="ctkUnheardOf"):
        slicer.util.loadUI(write_ui(tmp_path, '<widget class="ctkUnheardOf" name="x"/>'))


def test_node_selector_follows_the_scene_and_tells_more_than_once(slicer_host: Any) -> None:
    import slicer

    box, heard = slicer.qMRMLNodeComboBox(), []
    box.currentNodeChanged.connect(heard.append)
    box.nodeTypes = ["vtkMRMLScalarVolumeNode"]
    box.setMRMLScene(slicer.mrmlScene)
    box.connect("currentNodeChanged(vtkMRMLNode*)", heard.append)
    first, second = a_volume("first"), a_volume("second")

    assert box.currentNode() is first
    assert len(heard) > 1
    box.setCurrentNode(second)
    slicer.mrmlScene.RemoveNode(second)
    assert box.currentNode() is first
    slicer_host.close_scene()
    assert box.currentNode() is None


def test_node_selector_leaves_nothing_chosen_where_none_is_allowed(slicer_host: Any) -> None:
    import slicer

    box = slicer.qMRMLNodeComboBox()
    box.nodeTypes = ["vtkMRMLScalarVolumeNode"]
    box.noneEnabled = True
    box.setMRMLScene(slicer.mrmlScene)
    a_volume()

    assert box.currentNode() is None
    assert box.nodeCount() == 1


class Stage(enum.Enum):
    BLIND = "blind"
    FINAL = "final"


def a_parameter_node(**extra: Any) -> Any:
    import slicer
    from slicer.parameterNodeWrapper import WithinRange, parameterNodeWrapper

    fields: dict[str, Any] = {
        "ct": slicer.vtkMRMLScalarVolumeNode,
        "opacity": Annotated[float, WithinRange(0, 1)],
        "locked": bool,
        "stage": Stage,
        **extra,
    }
    wrapper = parameterNodeWrapper(type("Choices", (), {"__annotations__": fields, "opacity": 0.5}))
    return wrapper(slicer.mrmlScene.AddNewNodeByClass("vtkMRMLScriptedModuleNode"))


def test_parameters_are_typed_and_live_in_the_scene(slicer_host: Any) -> None:
    choices, volume = a_parameter_node(), a_volume()
    assert (choices.opacity, choices.locked, choices.stage, choices.ct) == (0.5, False, Stage.BLIND, None)
    choices.ct, choices.locked, choices.stage = volume, True, Stage.FINAL

    again = type(choices)(choices.parameterNode)
    assert (again.ct, again.locked, again.stage) == (volume, True, Stage.FINAL)
    with pytest.raises(ValueError, match="within"):
        choices.opacity = 2.0
    with pytest.raises(TypeError, match="not str"):
        choices.locked = "yes"
    with pytest.raises(AttributeError, match="declares no"):
        choices.opacty = 0.1
    with pytest.raises(TypeError, match="does not store"):
        a_parameter_node(table=dict[str, int])


def test_parameters_and_widgets_follow_each_other(slicer_host: Any, tmp_path: Path) -> None:
    import slicer

    widgets = (
        f'<widget class="ctkSliderWidget" name="slider">{parameter_name("opacity")}</widget>\n'
        f'<widget class="QCheckBox" name="lock">{parameter_name("locked")}</widget>'
    )
    panel = slicer.util.loadUI(write_ui(tmp_path, widgets))
    choices = a_parameter_node()
    tag = choices.connectGui(panel)

    assert (panel.slider.value, panel.slider.maximum) == (0.5, 1.0)
    panel.lock.checked = True
    assert choices.locked
    choices.opacity = 0.25
    assert panel.slider.value == 0.25
    choices.disconnectGui(tag)
    panel.lock.checked = False
    assert choices.locked


def test_slider_needs_a_range_and_names_must_be_declared(slicer_host: Any, tmp_path: Path) -> None:
    import slicer

    slider = '<widget class="ctkSliderWidget" name="slider">{}</widget>'
    panel = slicer.util.loadUI(write_ui(tmp_path, slider.format(parameter_name("free"))))
    with pytest.raises(ValueError, match="WithinRange"):
        a_parameter_node(free=float).connectGui(panel)
    with pytest.raises(ValueError, match="not declared"):
        a_parameter_node().connectGui(panel)


def test_installation_is_recorded_skipped_in_tests_and_can_be_declined(slicer_host: Any) -> None:
    import slicer.packaging

    slicer.packaging.pip_ensure(["numpy"], requester="CTSpatialVQA")
    assert slicer_host.installations == ()
    slicer.packaging.pip_ensure(["no-such-package>=2"], requester="CTSpatialVQA", constraints="c.txt")
    assert slicer_host.installations[0].requirements == ("no-such-package>=2",)

    slicer_host.without_testing_flag(accept=False)
    with pytest.raises(RuntimeError, match="declined"):
        slicer.packaging.pip_ensure(["no-such-package>=2"], requester="CTSpatialVQA")


def test_messages_are_recorded_and_questions_answered(slicer_host: Any) -> None:
    import slicer

    slicer.util.errorDisplay("The study file has no cases.")
    slicer_host.answer(False)

    assert slicer.util.confirmOkCancelDisplay("Send pixels?") is False
    assert [message.level for message in slicer_host.messages] == ["error", "info"]


@pytest.mark.opengl
def test_views_show_the_volume(slicer_host: Any, slicer_views: Any, tmp_path: Path) -> None:
    import slicer
    from PIL import Image

    manager = slicer.app.layoutManager()
    assert manager.sliceViewNames() == ("Red", "Green", "Yellow")
    assert manager.threeDViewCount == 1
    slicer_views.resize(400, 400)
    slicer_views.show()
    before = np.asarray(Image.open(slicer_host.picture(slicer_views, tmp_path / "before.png")).convert("L"))
    slicer.util.setSliceViewerLayers(background=a_volume(), fit=True)
    after = np.asarray(Image.open(slicer_host.picture(slicer_views, tmp_path / "after.png")).convert("L"))

    upper_left, upper_right = np.s_[20:180, 20:180], np.s_[20:180, 220:380]
    assert after[upper_left].std() > before[upper_left].std() + 5
    assert abs(after[upper_right].mean() - before[upper_right].mean()) < 5


@pytest.mark.opengl
def test_layouts_arrange_the_views_and_unknown_ones_are_refused(slicer_host: Any, slicer_views: Any) -> None:
    import slicer

    manager = slicer.app.layoutManager()
    slicer_views.show()
    manager.setLayout(slicer.vtkMRMLLayoutNode.SlicerLayoutOneUpGreenSliceView)
    assert manager.layout == slicer.vtkMRMLLayoutNode.SlicerLayoutOneUpGreenSliceView
    assert manager.sliceWidget("Green").visible
    assert not manager.sliceWidget("Red").visible
    with pytest.raises(ValueError, match="no layout 4711"):
        manager.setLayout(4711)
    manager.setLayout(slicer.vtkMRMLLayoutNode.SlicerLayoutFourUpView)
