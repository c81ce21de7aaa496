# What the module uses of Slicer's Python package; MRML classes are reached through __getattr__.
from typing import Any

import qt
from slicer import util as util

mrmlScene: Any
app: Any
modules: Any

class qMRMLNodeComboBox(qt.QWidget):
    nodeTypes: Any
    noneEnabled: bool
    noneDisplay: str
    addEnabled: bool
    removeEnabled: bool
    def setMRMLScene(self, scene: Any) -> None: ...
    def currentNode(self) -> Any: ...
    def setCurrentNode(self, node: Any) -> None: ...

def __getattr__(name: str) -> Any: ...
