"""The module's own file and window, unchanged, on a strict imitation of Slicer (docs/host.md)."""

from __future__ import annotations

import shutil
import sys
import tomllib
from pathlib import Path
from typing import Any

import numpy as np
import pytest

NAME = "CTSpatialVQA"


@pytest.fixture
def module(slicer_host: Any, module_file: Path) -> Any:
    return slicer_host.load(module_file)


@pytest.fixture
def widget(slicer_host: Any, module: Any) -> Any:
    return slicer_host.open(NAME)


def test_module_describes_itself_to_the_application(module: Any) -> None:
    import slicer

    described = slicer.modules.ctspatialvqa
    assert described.title == "CTSpatialVQA"
    assert described.categories == ("Informatics",)
    assert "Research use only" in described.helpText
    assert not described.icon.isNull()


def test_window_shows_the_library_and_every_package(widget: Any) -> None:
    from CTSpatialVQALib import __version__

    assert widget.ui.versionValue.text == __version__
    for name in ("numpy", "scipy", "SimpleITK", "pydantic", "orjson", "requests", "pillow", "cryptography"):
        assert name in widget.ui.packagesValue.text
    assert widget.ui.stateLabel.text == "Everything the library needs is installed."
    assert "Research use only" in widget.ui.researchUseLabel.text


def miss(monkeypatch: pytest.MonkeyPatch) -> None:
    """As in a fresh Slicer: one of the packages is not there."""
    from CTSpatialVQASession import required_packages

    missing = required_packages.RequiredPackage("ctspatialvqa_no_such_module", "no-such-package", "2.6")
    needed = (*required_packages.REQUIRED, missing)
    monkeypatch.setattr(required_packages.package_states, "__defaults__", (needed,))


def test_window_names_what_is_missing_and_offers_no_reading(
    slicer_host: Any, module: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    miss(monkeypatch)
    widget = slicer_host.open(NAME)

    assert "no-such-package is missing" in widget.ui.packagesValue.text
    assert widget.ui.stateLabel.text == "Missing Python packages: no-such-package."
    assert widget.ui.installButton.visible
    assert widget.window is None
    assert widget.ui.installationButton.y < 60, "what is missing stands at the top"


def test_missing_package_is_installed_through_slicer_with_what_is_bundled_pinned(
    slicer_host: Any, module: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    miss(monkeypatch)
    widget = slicer_host.open(NAME)
    slicer_host.click(widget.ui.installButton)

    (request,) = slicer_host.installations
    assert request.requirements == ("no-such-package>=2.6",)
    assert request.requester == "CTSpatialVQA"
    assert f"numpy=={np.__version__}" in Path(request.constraints).read_text(encoding="utf-8")


def test_declined_installation_is_told(
    slicer_host: Any, module: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    miss(monkeypatch)
    widget = slicer_host.open(NAME)
    slicer_host.without_testing_flag(accept=False)
    slicer_host.click(widget.ui.installButton)

    assert "Nothing was installed" in widget.ui.stateLabel.text


def test_packages_come_from_a_folder_of_wheels_where_there_is_no_network(
    slicer_host: Any, module: Any, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    miss(monkeypatch)
    widget = slicer_host.open(NAME)
    wheel = tmp_path / "no_such_package-1.0-py3-none-any.whl"
    wheel.touch()
    slicer_host.answer(str(tmp_path))
    slicer_host.click(widget.ui.offlineButton)

    assert slicer_host.installations[0].requirements == (f"no-such-package @ {wheel.as_uri()}",)


def test_needed_packages_are_those_of_the_library(root: Path) -> None:
    from CTSpatialVQASession.required_packages import REQUIRED

    project = tomllib.loads((root / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    of_terminals = ("shtab", "tqdm")
    needed = [text for text in project["dependencies"] if not text.startswith(of_terminals)]
    assert sorted(package.requirement for package in REQUIRED) == sorted(needed)


def test_package_that_is_too_old_is_missing() -> None:
    from CTSpatialVQASession.required_packages import PackageState, RequiredPackage, package_states

    orjson = RequiredPackage("orjson", "orjson", "3.10")
    assert [PackageState(orjson, version).usable for version in ("3.9.15", "3.10.0", "3.11rc1", None)] == [
        False, True, True, False,
    ]  # fmt: skip
    assert not package_states([RequiredPackage("orjson", "orjson", "999")])[0].usable


def test_wheels_of_other_systems_in_the_folder_are_left_alone(
    slicer_host: Any, module: Any, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    miss(monkeypatch)
    widget = slicer_host.open(NAME)
    this_python = f"cp{sys.version_info.major}{sys.version_info.minor}"
    for name in (
        f"no_such_package-3.0-{this_python}-abi3-no_such_system.whl",
        "no_such_package-3.0-cp26-none-any.whl",
    ):
        (tmp_path / name).touch()
    slicer_host.answer(str(tmp_path))
    slicer_host.click(widget.ui.offlineButton)
    assert not slicer_host.installations
    assert "holds no wheels for this Python" in widget.ui.stateLabel.text

    (tmp_path / "no_such_package-3.0-py3-none-any.whl").touch()
    slicer_host.answer(str(tmp_path))
    slicer_host.click(widget.ui.offlineButton)
    (request,) = slicer_host.installations
    assert [requirement.split(" @ ")[0] for requirement in request.requirements] == ["no-such-package"]


def test_self_test_skips_where_a_package_is_missing(
    slicer_host: Any, module: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    miss(monkeypatch)
    monkeypatch.setattr(module.CTSpatialVQALogic, "openStudy", None)  # never reached
    shown: list[str] = []
    monkeypatch.setattr(
        module.CTSpatialVQATest, "delayDisplay", lambda _self, text, *_more: shown.append(text)
    )
    module.CTSpatialVQATest().runTest()
    assert shown == ["skipped, not installed: no-such-package"]


def test_reading_appears_once_everything_is_there(
    slicer_host: Any, module: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as patched:
        miss(patched)
        widget = slicer_host.open(NAME)
    slicer_host.click(widget.ui.checkButton)

    assert widget.window.open.demoButton.visible
    assert widget.ui.installationButton.collapsed


def test_check_button_works_by_mouse_and_by_key(slicer_host: Any, widget: Any) -> None:
    widget.ui.installationButton.collapsed = False
    widget.ui.versionValue.text = "stale"
    slicer_host.click(widget.ui.checkButton)
    assert widget.ui.versionValue.text != "stale"

    widget.ui.versionValue.text = "stale"
    slicer_host.press(widget.ui.checkButton, "Space")
    assert widget.ui.versionValue.text != "stale"


def test_reload_makes_the_window_anew(slicer_host: Any, widget: Any) -> None:
    import slicer

    widget.onReload()
    slicer_host.settle()
    anew = slicer.modules.CTSpatialVQAWidget

    assert anew is not widget
    assert type(anew) is not type(widget)
    assert type(anew.window) is not type(widget.window)
    assert anew.window.open.demoButton.visible
    assert slicer_host.window(NAME).layout().count() == 1


def test_keys_work_after_a_reload_without_leaving_the_module(
    slicer_host: Any, widget: Any, study: Path
) -> None:
    """Slicer does not call `enter` then: the module is shown already."""
    import slicer

    widget.onReload()
    slicer_host.settle()
    window = slicer.modules.CTSpatialVQAWidget.window
    window.open_study(study, "reader-1")
    slicer_host.settle(50)
    assert window.study.keys.installed
    slicer_host.press(window.study.page.widget, "1")
    assert window.session.reading.progress.done == 1

    slicer.util.reloadScriptedModule(NAME)  # from the Python console
    slicer_host.settle()
    assert slicer.modules.CTSpatialVQAWidget.entered


def test_module_that_was_not_shown_yet_has_no_keys(slicer_host: Any, module: Any) -> None:
    import slicer

    slicer.modules.ctspatialvqa.widgetRepresentation()
    assert not slicer.modules.CTSpatialVQAWidget.entered


def test_closing_the_scene_leaves_the_window_working(slicer_host: Any, widget: Any) -> None:
    import slicer

    slicer.util.addVolumeFromArray(np.zeros((4, 4, 4), np.int16))
    slicer_host.close_scene()

    assert widget.window.open.demoButton.visible


def test_module_can_be_left_entered_again_and_unloaded(slicer_host: Any, widget: Any) -> None:
    import slicer

    slicer_host.leave(NAME)
    assert slicer_host.open(NAME) is widget
    slicer_host.unload(NAME)
    assert not hasattr(slicer.modules, "CTSpatialVQAWidget")


def test_self_test_of_the_module_passes(module: Any) -> None:
    import slicer

    slicer.selfTests[NAME](msec=0)


def test_self_test_fails_where_the_library_is_missing(module: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    import slicer

    monkeypatch.setattr(module.CTSpatialVQALogic, "libraryVersion", lambda self: None)
    with pytest.raises(AssertionError):
        slicer.selfTests[NAME](msec=0)


def test_loading_and_opening_writes_no_settings_and_installs_nothing(slicer_host: Any, widget: Any) -> None:
    import qt

    assert qt.QSettings().allKeys() == ()
    assert slicer_host.installations == ()
    assert "torch" not in sys.modules


def test_only_attributes_of_the_real_classes_are_used(widget: Any) -> None:
    from slicerhost import attribute_uses
    from slicerhost.attribute_lists import is_listed

    used = attribute_uses.noted()

    assert attribute_uses.Access("QLabel", "setText") in used
    assert [use for use in used if not is_listed(use.class_name, use.attribute)] == []


def test_misspelt_attribute_in_the_module_would_be_caught(
    slicer_host: Any, module_file: Path, tmp_path: Path
) -> None:
    folder = tmp_path / NAME
    shutil.copytree(module_file.parent, folder)
    text = module_file.read_text(encoding="utf-8")
    (folder / module_file.name).write_text(text.replace(".stateLabel.setText", ".stateLabel.setTxt"))
    slicer_host.load(folder / module_file.name)

    with pytest.raises(AttributeError, match="setTxt"):
        slicer_host.open(NAME)


@pytest.mark.opengl
def test_window_stands_beside_the_views_in_the_main_window(
    slicer_host: Any, slicer_views: Any, module: Any, tmp_path: Path
) -> None:
    import slicer

    widget = slicer_host.open_beside_views(NAME)

    assert slicer.util.mainWindow() is slicer_host.main_window
    assert widget.window.open.demoButton.visible
    assert slicer_views.width > 700
    slicer_host.picture(slicer_host.main_window, tmp_path / "main.png")


def test_window_is_drawn_with_its_texts_in_place(slicer_host: Any, widget: Any, tmp_path: Path) -> None:
    from PIL import Image

    widget.ui.installationButton.collapsed = False
    path = slicer_host.picture(slicer_host.window(NAME), tmp_path / "window.png")
    pixels = np.asarray(Image.open(path).convert("L")).astype(int)

    assert pixels.shape == (640, 420)
    panel = slicer_host.window(NAME)
    for label in (
        widget.ui.researchUseLabel,
        widget.ui.versionValue,
        widget.ui.packagesValue,
        widget.ui.stateLabel,
        widget.window.open.demoButton,
    ):
        corner = label.mapTo(panel, label.rect.topLeft())
        box = np.s_[corner.y() : corner.y() + label.height, corner.x() : corner.x() + label.width]
        assert pixels[box].max() - pixels[box].min() > 100, f"{label.name} shows no text"
        assert label.sizeHint.width() <= label.width or label.wordWrap, f"{label.name} is cut off"
