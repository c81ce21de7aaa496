"""What a test does with the host: open a module, press and click, look, close the scene."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

from PySide6 import QtCore, QtTest, QtWidgets

import slicerhost.skin as skin
from slicerhost import (
    attribute_uses,
    eventloop,
    ownership,
    packaging_record,
    sampledata,
    slot_errors,
    startup,
)
from slicerhost.dialog_answers import CONVERSATION, Message
from slicerhost.surroundings import Surroundings


class SlicerHost:
    """One running imitation of Slicer; there is one per process."""

    def __init__(self) -> None:
        parts = startup.start()
        self._managers, self._application = parts.managers, parts.application
        self._raw_modules: dict[str, Any] = {}
        self._main = Surroundings()

    def load(self, path: Path) -> Any:
        """Load a module's file and complete the start, as Slicer does; the file's Python module."""
        import slicer

        from slicerhost import modules

        file = modules.load(path)
        raw = modules.qSlicerScriptedLoadableModule(path)
        setattr(slicer.modules, path.stem.lower(), skin.shown(raw))
        self._raw_modules[path.stem] = raw
        getattr(file, path.stem)(skin.shown(raw))
        self._managers.modules.loaded[path.stem] = raw
        self._application.startupCompleted.emit()
        return file

    def open(self, name: str, width: int = 420, height: int = 640) -> Any:
        """Choose a loaded module: its window is made, shown and entered; its Python widget."""
        import slicer

        window = self._raw_modules[name].widgetRepresentation()
        window.resize(width, height)
        window.show()
        window.enter()
        self.settle()
        return getattr(slicer.modules, f"{name}Widget")

    def open_beside_views(self, name: str, width: int = 1280, height: int = 800) -> Any:
        """The same in the main window, the views to its right; NoOpenGL where they cannot be drawn."""
        return self._open_in_main_window(name, skin.raw_of(self.views()), width, height)

    def open_beside_blank(self, name: str, width: int = 1280, height: int = 800) -> Any:
        """The same with nothing drawn in the views' place: for looking at the panel without OpenGL."""
        self.without_views()
        blank = QtWidgets.QFrame()
        blank.setMinimumWidth(200)
        self._blank = blank
        return self._open_in_main_window(name, blank, width, height)

    def _open_in_main_window(self, name: str, views: QtWidgets.QWidget, width: int, height: int) -> Any:
        import slicer

        before, self._main = self._main, Surroundings()  # anew: its fonts are those of now
        before.setObjectName("")  # slicer.util.mainWindow looks for the name
        module = self._raw_modules[name].widgetRepresentation()
        self._main.panel.put(module)
        module.setVisible(True)
        self._main.show_views(views, width, height)  # takes the views over
        before.deleteLater()
        module.enter()
        self.settle()
        return getattr(slicer.modules, f"{name}Widget")

    @property
    def panel(self) -> Any:
        """The panel beside the views, in which the module is shown."""
        return skin.shown(self._main.panel)

    @property
    def panel_area(self) -> Any:
        """The area of the panel that holds the module, and would scroll it."""
        return skin.shown(self._main.panel.area)

    @property
    def main_window(self) -> Any:
        """The main window; hidden unless a module was opened beside the views."""
        return skin.shown(self._main)

    def leave(self, name: str) -> None:
        """Choose another module."""
        window = self._raw_modules[name].widgetRepresentation()
        window.exit()
        window.hide()
        self.settle()

    def unload(self, name: str) -> None:
        """Leave the application: the module cleans up and its window goes."""
        raw = self._raw_modules.pop(name, None)
        if raw is None:
            return
        self._managers.modules.moduleAboutToBeUnloaded.emit(name)
        raw.close_widget()
        del self._managers.modules.loaded[name]
        self.settle()

    def window(self, name: str) -> Any:
        """The window around the module's own widgets (Slicer's `self.parent`)."""
        return skin.shown(self._raw_modules[name].widgetRepresentation())

    def close_scene(self) -> None:
        """What File > Close Scene does."""
        import slicer

        slicer.mrmlScene.Clear(0)
        self.settle()

    def answer(self, *values: Any) -> None:
        """What the next dialogs return, in order."""
        CONVERSATION.to_give.extend(values)

    @property
    def messages(self) -> tuple[Message, ...]:
        """Every message displayed through slicer.util."""
        return tuple(CONVERSATION.messages)

    @property
    def installations(self) -> tuple[packaging_record.Request, ...]:
        """Everything that slicer.packaging was asked to install."""
        return tuple(packaging_record.requests)

    def without_testing_flag(self, *, accept: bool) -> None:
        """As when a person sits there: an installation is asked for, and accepted or declined."""
        self._application.set_testing(False)
        packaging_record.accepting = accept

    def click(self, widget: Any) -> None:
        """A left click in the middle of a visible, enabled widget."""
        raw = skin.raw_of(widget)
        if not raw.isVisible() or not raw.isEnabled():
            raise AssertionError(f"{raw.objectName()} cannot be clicked: hidden or disabled")
        middle = raw.rect().center()
        if isinstance(raw, QtWidgets.QCheckBox | QtWidgets.QRadioButton):
            middle = QtCore.QPoint(8, raw.height() // 2)  # only the mark and the text react
        QtTest.QTest.mouseClick(raw, QtCore.Qt.MouseButton.LeftButton, pos=middle)
        self.settle()

    def press(self, widget: Any, keys: str) -> None:
        """Press keys as a shortcut writes them ('Return', 'Ctrl+Z') in a widget, its window being active."""
        from PySide6 import QtGui

        raw = skin.raw_of(widget)
        raw.window().activateWindow()
        raw.setFocus()
        self.settle()
        QtTest.QTest.keySequence(raw, QtGui.QKeySequence(keys))
        self.settle()

    def type(self, widget: Any, text: str) -> None:
        """Type a text into a widget."""
        raw = skin.raw_of(widget)
        raw.window().activateWindow()
        raw.setFocus()
        QtTest.QTest.keyClicks(raw, text)
        self.settle()

    def settle(self, milliseconds: int = 0) -> None:
        """Let Qt work off what waits; with a time, also what its timers bring until then."""
        if milliseconds:
            eventloop.wait(milliseconds)
        for _ in range(3):
            QtWidgets.QApplication.sendPostedEvents(None, QtCore.QEvent.Type.DeferredDelete)
            eventloop.process_events()

    def views(self) -> Any:
        """The widget in which the views are arranged; NoOpenGL where they cannot be drawn."""
        self._application.required_layouts()
        return skin.shown(self._managers.layouts.viewport)

    def without_views(self) -> None:
        """As in an application without views: slicer.app.layoutManager() is None until the test ends."""
        self._application.show_views(False)

    def picture(self, widget: Any, path: Path) -> Path:
        """Write what a widget looks like now."""
        self.settle()
        path.parent.mkdir(parents=True, exist_ok=True)
        if not skin.raw_of(widget).grab().save(str(path)):
            raise OSError(f"could not write {path}")
        return path

    def reset(self) -> tuple[BaseException, ...]:
        """Forget a test: its modules, scene, answers and settings; what went wrong in slots is returned."""
        import slicer

        self._main.panel.take()
        for name in list(self._raw_modules):
            self.unload(name)
        self._managers.layouts.viewport.setParent(None)
        self._main.hide()
        slicer.mrmlScene.Clear(0)
        self._application.set_testing(True)
        self._application.show_views(True)
        packaging_record.accepting = False
        packaging_record.requests.clear()
        CONVERSATION.forget()
        sampledata.registered.clear()
        QtCore.QSettings().clear()
        self.settle()
        ownership.check_left_over()
        attribute_uses.forget()
        return slot_errors.taken()

    def stop(self) -> None:
        """Before the process ends: views first, then the scene, or VTK ends it with a crash."""
        import slicer

        self.reset()
        self._managers.layouts.close_views()
        slicer.mrmlScene.Clear(1)
        shutil.rmtree(startup._temporary_folder(), ignore_errors=True)
