# Written by scripts/write_slicer_stubs.py: what the module uses, by the host's lists.
from typing import Any

import qt

class ctkCollapsibleButton(qt.QAbstractButton):
    def __init__(self, *arguments: Any) -> None: ...
    buttonTextAlignment: Any
    collapsed: Any
    collapsedHeight: Any
    contentsCollapsed: Any
    contentsFrameShadow: Any
    contentsFrameShape: Any
    contentsLineWidth: Any
    contentsMidLineWidth: Any
    indicatorAlignment: Any
    setButtonTextAlignment: Any
    setCollapsed: Any
    setCollapsedHeight: Any
    setContentsFrameShadow: Any
    setContentsFrameShape: Any
    setContentsLineWidth: Any
    setContentsMidLineWidth: Any
    setIndicatorAlignment: Any
