"""An adapter around a small network that truly looks at the volume; run in a volume server of its own.

It weighs the prepared array with fixed filters along each axis and says where the weight lies, so that an
array mirrored, or with axes exchanged, gives another answer. The prompt has a say, too.
"""

from __future__ import annotations

import hashlib
import os
import time
from pathlib import Path
from typing import Any

import numpy as np

CONTRACT = "merlin"
MODEL = "sided stand-in"
VERSION = "1"
ASKED = os.environ.get("SIDED_ADAPTER_ASKED")  # a file to which every question is written as it is asked
DELAY_S = float(os.environ.get("SIDED_ADAPTER_DELAY_S", "0"))


def answer(
    array: np.ndarray[Any, Any] | None, prompt: str, generation: dict[str, Any]
) -> str | dict[str, Any]:
    """The places of the weight's centre along each axis, in per cent of the axis."""
    if ASKED:
        with Path(ASKED).open("a", encoding="utf-8") as stream:
            stream.write(prompt.replace("\n", " ") + "\n")
    time.sleep(DELAY_S)
    if "please fail" in prompt:
        raise ValueError("the weights are gone")
    if "out of memory" in prompt:
        raise RuntimeError("CUDA out of memory. Tried to allocate 20.00 GiB")
    if "cut off" in prompt:
        return {"text": "The liver is", "finish": "length", "usage": {"tokens": 3}}
    if array is None:
        raise NotImplementedError("this model cannot be asked without a volume")
    every_fourth = array.reshape(array.shape[-3:])[::4, ::4, ::4]
    weights = np.maximum(every_fourth.astype(np.float64), 0) ** 4
    places = []
    for axis in range(3):
        others = tuple(one for one in range(3) if one != axis)
        line = weights.sum(axis=others)
        places.append(100 * float((line * np.arange(len(line))).sum() / line.sum() / len(line)))
    said = hashlib.sha256(prompt.encode()).hexdigest()[:4]
    return f"weight at {', '.join(f'{place:.2f}' for place in places)} ({said})"
