"""Time from a question's call until its outlines, and until everything, is drawn.

Run: python Testing/benchmarks/bench_drawing.py [demo|bench]
Views as large as in a Slicer of 1920 x 1080: slices of 670 x 340, 3D of 540 x 730, software OpenGL. `bench`
is a phantom of 512 x 512 x 300 voxels with 104 labels, `demo` the first case of the demo. Every question
names one to three structures, a claim and a reference, and every second one a region.
- outlines: until the slices are drawn with the outlines of all structures;
- redraw: the same slices with their outlines drawn again; outlines take at most 1.5 times that;
- bare: the same slices without any outline;
- everything: until every region and surface is made and the 3D view drawn, idle moments coming at once; goal
  250 ms at the median and 600 ms at the 95th percentile, cold;
- held: the longest call of `show_question` or `idle_step`, without the 3D view's drawing; goal below 100 ms.
Wall times depend on what else runs; processor times (in brackets) include those of the driver's threads.
"""

from __future__ import annotations

import itertools
import sys
import time
from collections.abc import Callable
from typing import NamedTuple

import numpy as np

from CTSpatialVQALib.demo.phantom import PhantomSize, make_patient
from CTSpatialVQALib.records.words import Category, Side
from CTSpatialVQALib.scene.core import HeadlessCore
from CTSpatialVQALib.scene.reading_scene import ReadingScene
from CTSpatialVQALib.scene.shown_anatomy import Role, ShownAnatomy, ShownRegion
from CTSpatialVQALib.scene.slices import jump
from CTSpatialVQALib.volumes.anatomy_mask import AnatomyMask
from CTSpatialVQALib.volumes.oriented_volume import OrientedVolume
from Testing.scene.offscreen_views import OffscreenViews, Size

SLICE, THREE_D = Size(670, 340), Size(540, 730)
REGIONS = (
    *("mediastinum", "hilum", "subcarinal", "paratracheal", "subpleural", "peripheral", "central"),
    *("lung_apex", "lung_base", "pleura", "midline", "upper_abdomen", "hemithorax", "fissure"),
)
SIDED = {"hilum", "paratracheal", "hemithorax", "subpleural"}
MOST_QUESTIONS = 40


class Took(NamedTuple):
    """Seconds of wall and of processor time."""

    wall: float
    cpu: float

    def __add__(self, other: tuple[float, ...]) -> Took:  # type: ignore[override]
        return Took(self.wall + other[0], self.cpu + other[1])


class Drawn(NamedTuple):
    """One question; see the top of the file."""

    outlines: Took
    redraw: Took
    bare: Took
    everything: Took
    held: Took


def timed(work: Callable[[], object]) -> Took:
    wall, cpu = time.perf_counter(), time.process_time()
    work()
    return Took(time.perf_counter() - wall, time.process_time() - cpu)


def questions(mask: AnatomyMask) -> list[ShownAnatomy]:
    names = list(mask.structures)
    np.random.default_rng(0).shuffle(names)
    regions, sizes = itertools.cycle(REGIONS), itertools.cycle((1, 2, 3))
    asked: list[ShownAnatomy] = []
    while names and len(asked) < MOST_QUESTIONS:
        group = tuple(names.pop() for _ in range(min(next(sizes), len(names))))
        name = next(regions) if len(asked) % 2 else None
        side = Side.LEFT if name in SIDED else None
        places = () if name is None else (ShownRegion(name, Role.QUESTION, side),)
        asked.append(ShownAnatomy(group, group[:1], group[-1:], places))
    return asked


def drawn(scene: ReadingScene, views: OffscreenViews, shown: ShownAnatomy, category: Category) -> Drawn:
    before, reports = views.slices_drawn, []
    everything = held = timed(lambda: reports.append(scene.show_question(shown, [category])))
    outlines = everything if views.slices_drawn > before else None
    more = True
    while more:
        step = timed(lambda: reports.append(scene.idle_step()))
        more = reports[-1].more
        everything, held = everything + step, max(held, step)
        if outlines is None and views.slices_drawn > before:
            outlines = everything
    everything += timed(lambda: views.pixels("3D"))
    point = scene.evidence_state().slice_ras
    assert outlines is not None
    assert point is not None
    redraw = redrawn(views, point)
    scene.show_question(ShownAnatomy(), [category])
    return Drawn(outlines, redraw, redrawn(views, point), everything, held)


def redrawn(views: OffscreenViews, point: tuple[float, float, float]) -> Took:
    """The slices laid through a point near by, and then, timed, through `point`."""
    logics = [view.logic for view in views.slices().values()]
    jump(logics, (point[0] + 3, point[1] + 3, point[2] + 3))
    views.draw_slices()
    return timed(lambda: (jump(logics, point), views.draw_slices()))


def main(size: PhantomSize) -> None:
    patient = make_patient(0, size)
    mask = AnatomyMask(np.asfortranarray(patient.labels), patient.grid, patient.names)
    core = HeadlessCore()
    views = OffscreenViews(core, SLICE, THREE_D)
    scene = ReadingScene(core.scene, views=views)
    list(scene.show_case(OrientedVolume(np.asfortranarray(patient.hu), patient.grid), mask))
    scene.show_question(ShownAnatomy((mask.structures[0],)))
    for name in views.seen:  # drivers take their time with the first picture
        views.pixels(name)
    for title in ("cold", "warm"):
        took = [
            drawn(scene, views, shown, category)
            for shown, category in zip(questions(mask), itertools.cycle(Category), strict=False)
        ]
        report(f"{size}, {title}", took)
    scene.close()
    views.close()
    core.close()


def report(title: str, took: list[Drawn]) -> None:
    print(f"{title}: {len(took)} questions")
    for name in Drawn._fields:
        walls, cpus = (
            np.array([getattr(question, name)[column] for question in took]) * 1e3 for column in (0, 1)
        )
        print(
            f"  {name:10} median {np.median(walls):5.0f} ms ({np.median(cpus):.0f}), "
            f"95 % {np.percentile(walls, 95):5.0f} ms ({np.percentile(cpus, 95):.0f}), "
            f"longest {walls.max():5.0f} ms ({cpus.max():.0f})"
        )
    for name in ("redraw", "bare"):
        ratios = [np.array(question.outlines) / np.array(getattr(question, name)) for question in took]
        wall, cpu = np.median(ratios, axis=0)
        print(f"  outlines over {name}: median {wall:.2f} (processor time {cpu:.2f})")


if __name__ == "__main__":
    sys.exit(main("demo" if sys.argv[1:] == ["demo"] else "bench"))
