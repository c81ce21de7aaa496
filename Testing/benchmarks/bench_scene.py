"""Speed of opening a case and of the next question, as ratios to Slicer's own ways, in the same run.

Run: python Testing/benchmarks/bench_scene.py
A phantom of 512 x 512 x 300 voxels with 104 labels, in four offscreen views with software OpenGL.
- opening: reading CT and mask from disk until the first question is drawn, against Slicer's own reader for
  the CT alone (`vtkSlicerVolumesLogic.AddArchetypeVolume`);
- next question: from the call until everything is made and the views of its layout are drawn, against
  importing the whole mask as a segmentation and making all its surfaces with Slicer's own converter;
- the longest time the GUI thread is held, and memory above CT and mask after 200 questions.
"""

from __future__ import annotations

import gc
import itertools
import resource
import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import SimpleITK as sitk

from CTSpatialVQALib.demo.phantom import make_patient
from CTSpatialVQALib.demo.study import as_itk
from CTSpatialVQALib.records.words import Category
from CTSpatialVQALib.scene.core import HeadlessCore
from CTSpatialVQALib.scene.layouts import layouts
from CTSpatialVQALib.scene.reading_scene import ReadingScene
from CTSpatialVQALib.scene.shown_anatomy import ShownAnatomy
from CTSpatialVQALib.volumes.anatomy_mask import AnatomyMask, read_mask
from CTSpatialVQALib.volumes.oriented_volume import OrientedVolume
from Testing.scene.offscreen_views import OffscreenViews, Size

SLICE, THREE_D = Size(670, 340), Size(540, 730)  # as in a Slicer of 1920 x 1080
QUESTIONS = 200
ORDER = list(Category)


class Took(NamedTuple):
    """Wall and processor time in seconds."""

    wall: float
    cpu: float


def timed(work: Callable[[], object]) -> Took:
    wall, cpu = time.perf_counter(), time.process_time()
    work()
    return Took(time.perf_counter() - wall, time.process_time() - cpu)


def written(folder: Path) -> tuple[Path, Path]:
    one = make_patient(0, "bench")
    for name, array in (("ct", one.hu), ("mask", one.labels)):
        sitk.WriteImage(as_itk(array, one.grid), str(folder / f"{name}.nii.gz"), True, 1)
    return folder / "ct.nii.gz", folder / "mask.nii.gz"


def resident_mb() -> float:
    pages = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[1])
    return pages * resource.getpagesize() / 1e6


class Bench:
    """One open case in its own views."""

    def __init__(self, ct: Path, mask: Path) -> None:
        self.core = HeadlessCore()
        self.views = OffscreenViews(self.core, SLICE, THREE_D)
        self.draw()  # drivers take their time with the first picture
        self.scene = ReadingScene(self.core.scene, views=self.views)
        self.longest_stage = 0.0
        self.ct, self.mask = ct, mask

    def open(self) -> None:
        self.volume = OrientedVolume.from_file(self.ct)
        self.labels = read_mask(self.mask, grid=self.volume.grid)
        stages = self.scene.show_case(self.volume, self.labels)
        next(stages)
        more = True
        while more:
            start = time.perf_counter()
            more = next(stages, None) is not None
            self.longest_stage = max(self.longest_stage, time.perf_counter() - start)

    def ask(self, shown: ShownAnatomy, category: Category) -> None:
        arrival = self.scene.show_question(shown, [category])
        while self.scene.idle_step().more:
            pass
        self.draw(layouts()[arrival.layout].views)

    def draw(self, names: tuple[str, ...] = ("Red", "Green", "Yellow", "3D")) -> None:
        for name in names:
            self.views.pixels(name)

    def close(self) -> None:
        self.scene.close()
        self.views.close()
        self.core.close()


def slicers_reader(ct: Path) -> Took:
    import slicer

    core = HeadlessCore()
    logic = slicer.vtkSlicerVolumesLogic()
    logic.SetMRMLApplicationLogic(core.logic)
    logic.SetMRMLScene(core.scene)
    took = timed(lambda: logic.AddArchetypeVolume(str(ct), "CT", 0))
    logic.SetMRMLScene(None)
    core.close()
    return took


def everything(mask: AnatomyMask) -> Took:
    """All labels imported into a segmentation and all closed surfaces made, by Slicer's own logic."""
    import slicer

    from CTSpatialVQALib.scene.volumes import image_of, matrix_of

    core = HeadlessCore()
    labelmap = core.scene.AddNewNodeByClass("vtkMRMLLabelMapVolumeNode", "labels")
    labelmap.SetIJKToRASMatrix(matrix_of(mask.grid))
    labelmap.SetAndObserveImageData(image_of(mask.labels))
    node = core.scene.AddNewNodeByClass("vtkMRMLSegmentationNode", "all")

    def work() -> None:
        slicer.vtkSlicerSegmentationsModuleLogic.ImportLabelmapToSegmentationNode(labelmap, node)
        node.CreateClosedSurfaceRepresentation()

    took = timed(work)
    core.close()
    return took


def questions(mask: AnatomyMask) -> list[ShownAnatomy]:
    """One to three structures each, every structure once; a claim and a reference in every one."""
    names = mask.structures
    sizes = itertools.cycle((1, 2, 3))
    asked, at = [], 0
    while at < len(names):
        size = next(sizes)
        group = names[at : at + size]
        asked.append(ShownAnatomy(question=group, claimed=group[:1], reference=group[-1:]))
        at += size
    return asked


def timed_questions(bench: Bench, asked: list[ShownAnatomy]) -> list[Took]:
    def one(n: int) -> Took:
        return timed(lambda: bench.ask(asked[n], ORDER[n % len(ORDER)]))

    return [one(n) for n in range(len(asked))]


def shown_alone(bench: Bench, shown: ShownAnatomy) -> Took:
    return timed(lambda: bench.scene.show_question(shown))


def told(name: str, took: list[Took]) -> Took:
    walls = sorted(one.wall * 1e3 for one in took)
    median = Took(walls[len(walls) // 2] / 1e3, statistics.median(one.cpu for one in took))
    print(
        f"{name}: median {median.wall * 1e3:.0f} ms (cpu {median.cpu * 1e3:.0f}), longest {walls[-1]:.0f} ms"
    )
    return median


def ratio(slow: Took, fast: Took) -> str:
    return f"{slow.wall / fast.wall:.2f} (cpu {slow.cpu / fast.cpu:.2f})"


def opened(bench: Bench, reader: Took) -> list[ShownAnatomy]:
    """Open the case and show the first question; all questions of the run."""
    opening = timed(bench.open)
    asked = questions(bench.labels)
    first = timed(lambda: bench.ask(asked[0], ORDER[0]))
    ready = Took(opening.wall + first.wall, opening.cpu + first.cpu)
    print(f"Slicer's reader, CT alone: {reader.wall:.2f} s (cpu {reader.cpu:.2f})")
    print(f"open until first overlay: {ready.wall:.2f} s (cpu {ready.cpu:.2f})")
    print(
        f"  ratio {ratio(ready, reader)}, goal at most 1.25; longest stage {bench.longest_stage * 1e3:.0f} ms"
    )
    return asked


def main() -> None:
    with tempfile.TemporaryDirectory() as name:
        ct, mask = written(Path(name))
        gc.collect()
        reader = min((slicers_reader(ct) for _ in range(2)), key=lambda took: took.cpu)
        bench = Bench(ct, mask)
        before = resident_mb()
        asked = opened(bench, reader)
    cold = told("next question, cold", timed_questions(bench, asked[1:]))
    warm = told("next question, warm", timed_questions(bench, asked))
    rest = [asked[(7 * n) % len(asked)] for n in range(QUESTIONS - 2 * len(asked))]
    told("GUI held by showing alone, warm", [shown_alone(bench, one) for one in rest])
    gc.collect()
    arrays = (bench.volume.hu.nbytes + bench.labels.labels.nbytes) / 1e6
    over = resident_mb() - before - arrays
    print(f"memory after {QUESTIONS} questions: {over:.0f} MB above CT and mask, goal below 700")
    labels = bench.labels
    bench.close()
    peer = everything(labels)
    print(f"import all labels and make all surfaces: {peer.wall:.1f} s (cpu {peer.cpu:.1f})")
    print(f"  times faster: cold {ratio(peer, cold)}, goal 30; warm {ratio(peer, warm)}, goal 100")


if __name__ == "__main__":
    sys.exit(main())
