"""Scene of a reading: CT, what the texts of a question name, slices, 3D view, window and layout."""

from __future__ import annotations

import time
from collections.abc import Callable, Collection, Iterable, Iterator
from typing import TYPE_CHECKING

from CTSpatialVQALib.anatomy.measure import Point
from CTSpatialVQALib.reading.visible import ShownCt
from CTSpatialVQALib.records.judgement import Viewing
from CTSpatialVQALib.records.words import Category
from CTSpatialVQALib.scene.access import ViewAccess
from CTSpatialVQALib.scene.all_structures import AllStructures
from CTSpatialVQALib.scene.arrangement import arrangement_for
from CTSpatialVQALib.scene.chips import chips_for, looked_at, not_yet_drawn, outlined, waiting_chips
from CTSpatialVQALib.scene.core import MrmlObject
from CTSpatialVQALib.scene.fiducials import EvidencePoints
from CTSpatialVQALib.scene.jump import Focus, focus_on
from CTSpatialVQALib.scene.layouts import layouts
from CTSpatialVQALib.scene.open_case import CaseContent, OpenCase
from CTSpatialVQALib.scene.pictures import refuse_another_grid
from CTSpatialVQALib.scene.question_drawing import QuestionDrawing
from CTSpatialVQALib.scene.reading_picture import Before, PictureMaker
from CTSpatialVQALib.scene.shown_anatomy import (
    Arrival,
    Chip,
    Drawn,
    IdleReport,
    ShownAnatomy,
    Stage,
    region_name_of,
)
from CTSpatialVQALib.scene.slices import under_mouse
from CTSpatialVQALib.scene.view_control import ViewControl
from CTSpatialVQALib.scene.volume_rendering import VolumeRendering
from CTSpatialVQALib.scene.volumes import set_window, window_of
from CTSpatialVQALib.scene.window_presets import DEFAULT_WINDOW, Window, window_for, window_named

if TYPE_CHECKING:
    from CTSpatialVQALib.volumes.anatomy_mask import AnatomyMask
    from CTSpatialVQALib.volumes.oriented_volume import OrientedVolume

__all__ = ["IdleReport", "ReadingScene"]

# Processor time. The window is not to be held for 0.1 s: a piece may take 0.05 s beyond these, filling the
# overlay takes 0.02 s, and drawing two or three slices 0.03 to 0.07 s with software OpenGL.
_FIRST_OUTLINES_S = 0.02
_FILLED_S = 0.04
_IDLE_S = 0.03
_STAGES = ("Putting the CT into the scene", "Arranging the views", "Looking for the skin")


class ReadingScene:
    """The views of one reading: one case at a time, one question at a time.

    Every method may be called at any time, from the GUI thread: with no case open it does nothing, and what a
    reader deleted from the scene, or closed with it, is put back with the next question.

    Parameters
    ----------
    scene : vtkMRMLScene that the views show
    views : see `access`; `LayoutManagerViews(slicer.app.layoutManager())` in Slicer
    """

    def __init__(self, scene: MrmlObject, *, views: ViewAccess) -> None:
        self._scene = scene
        self._control = ViewControl(scene, views)
        self._case: OpenCase | None = None
        self._shown = ShownAnatomy()
        self._arrival = Arrival((), None, None, "")
        self._arrangement = arrangement_for(())
        self._drawing = self._drawing_next = QuestionDrawing(None, ShownAnatomy())
        self._current_chips: tuple[Chip, ...] = ()
        self._is_undrawn = False
        self._points = EvidencePoints(scene)
        self._all: AllStructures | None = None
        self._rendering: VolumeRendering | None = None
        self._pictures: PictureMaker | None = None

    # -- cases

    def show_case(self, volume: OrientedVolume | None, mask: AnatomyMask | None) -> Iterator[Stage]:
        """Show another case in stages: each is yielded before its work is done, which the next `next` does.

        ::

            for stage in reading_scene.show_case(volume, mask):
                ...  # tell the stage, let Qt draw, and `break` if the reader cancels: nothing is left behind

        Raises
        ------
        BadInput
            If the mask is not on the volume's grid; the case shown before stays.
        """
        if volume is not None:
            refuse_another_grid(volume, mask)
        content = CaseContent(volume, mask)
        work: tuple[Callable[[], None], ...] = (
            lambda: self._open(content),
            self._arrange_views,
            self._show_body,
        )
        done = False
        try:
            for step, (text, do) in enumerate(zip(_STAGES, work, strict=True), start=1):
                yield Stage(step, len(_STAGES), text)
                do()
            done = True
        finally:
            if not done:
                self.close_case()

    @property
    def is_open(self) -> bool:
        """Whether a case is open."""
        return self._case is not None

    @property
    def volume_node(self) -> MrmlObject | None:
        """The CT's node; added again if it is gone."""
        return None if self._case is None else self._case.volume_node

    def close_case(self) -> None:
        """Take everything of ours out of the scene and give the views their own look back."""
        self._drawing = self._drawing_next = QuestionDrawing(None, ShownAnatomy())
        self._is_undrawn = False
        self._shown, self._arrival = ShownAnatomy(), Arrival((), None, None, "")
        self.volume_rendering(False)
        self.show_all_structures(False)
        self._points.remove()
        self._control.release()
        for part in (self._pictures, self._case):
            if part is not None:
                part.remove()
        self._pictures = self._case = None

    def close(self) -> None:
        """End of the reading: as `close_case`."""
        self.close_case()

    # -- questions

    def show_question(
        self,
        shown: ShownAnatomy,
        categories: Collection[Category] = (),
        *,
        keep_layout: bool = False,
        keep_window: bool = False,
    ) -> Arrival:
        """Show what the texts of a question name, and nothing else; the slices jump to a point inside of it.

        Where nothing is named, or nothing of it is in the mask, slices and window stay as they are. The
        slices are drawn with the outlines before this returns, unless these take long. What takes longer
        (large structures, regions that have to be derived, surfaces) comes later, with `idle_step`; the
        chips say so.

        Parameters
        ----------
        categories : decide the layout and from where the 3D view looks, see `arrangement`
        keep_layout, keep_window : the reader locked his own
        """
        start = time.thread_time()
        if self._case is not None:
            shown = shown.in_mask(self._case.content.mask)
        self._shown, self._arrangement = shown, arrangement_for(categories)
        self._drawing = QuestionDrawing(self._case, shown)
        self._drawing_next = QuestionDrawing(None, ShownAnatomy())
        self._drawing.run_outlines(_FIRST_OUTLINES_S)
        self._points.show(())
        self._control.set_background(self.volume_node)
        if not keep_layout:
            self._control.set_layout(self._arrangement.layout)
        window = None if keep_window else self._take_window()
        self._arrival = Arrival((), None, window, self._control.layout_name)
        self._fill_overlay()
        in_time = time.thread_time() - start < _FILLED_S
        return self._draw() if self._is_undrawn and in_time else self._arrival

    def jump_to(self, key: str) -> Point | None:
        """Lay the slices through a point inside a structure or region; None if it is not in this case."""
        crop = None if self._case is None else self._case.crops.of(key)
        if crop is None or self._control.ct is not ShownCt.VOLUME:
            return None
        self._control.jump(crop.inside_ras)
        return crop.inside_ras

    def highlight(self, key: str | None) -> None:
        """Dim everything but one of the shown; None restores all."""
        if self._case is not None:
            self._case.overlay.highlight(key)

    def prepare_next(self, shown: ShownAnatomy) -> None:
        """Have another question's outlines and surfaces made when nothing is waiting, see `idle_step`."""
        if self._case is not None:
            shown = shown.in_mask(self._case.content.mask)
        self._drawing_next = QuestionDrawing(self._case, shown)

    def idle_step(self, seconds: float = _IDLE_S) -> IdleReport:
        """Work for about so long: for the present question, or when that is drawn, for the next one.

        For a timer of the window while the reader thinks.
        """
        arrival = None
        if self._is_undrawn:  # making, filling and drawing together would hold the window too long
            arrival = self._draw()
        elif self._drawing.has_news:
            self._fill_overlay()
            arrival = None if self._is_undrawn else self._arrival
        elif not self._drawing.is_complete:
            self._drawing.run(seconds, to_news=True)
        else:
            self._drawing_next.run(seconds)
        waiting = self._is_undrawn or self._drawing.has_news or not self._drawing.is_complete
        return IdleReport(waiting or not self._drawing_next.is_complete, arrival, waiting)

    # -- what the reader asks for

    def show_all_structures(self, on: bool) -> None:
        """Show every structure of the mask on the slices, or stop that."""
        if self._all is not None:
            self._all.remove()
            self._all = None
        mask = None if self._case is None else self._case.content.mask
        if on and mask is not None:
            self._all = AllStructures(self._scene, mask)
            self._all.leave_out(self._case.overlay.held if self._case is not None else ())

    def volume_rendering(self, on: bool) -> None:
        """Show the CT itself in the 3D view, or stop that."""
        if self._rendering is not None:
            self._rendering.remove()
            self._rendering = None
        if on and self.volume_node is not None and self._control.ct is ShownCt.VOLUME:
            self._rendering = VolumeRendering(self._scene, self.volume_node)

    def set_window(self, name: str) -> Window:
        """Show the CT with a preset of Resources/display.toml.

        Raises
        ------
        BadInput
            If there is no such preset.
        """
        window = window_named(name)
        if self.volume_node is not None:
            set_window(self.volume_node, window)
        return window

    def limit_ct(self, shown: ShownCt) -> None:
        """Show the whole CT, its middle axial slice only, or none of it; the whole one for a new case."""
        if self._case is None or shown is self._control.ct:
            return
        if shown is not ShownCt.VOLUME:
            self.volume_rendering(False)
        self._control.limit(shown, self._case.grid)
        self._control.set_background(self._case.volume_node)

    # -- evidence

    def add_fiducial(self, ras: Point | None = None) -> Point | None:
        """Place a point as evidence: at `ras`, or under the mouse, or else where the slices cross."""
        if self._case is None:
            return None
        place = ras or under_mouse(self._scene) or self._control.crossing
        if place is not None:
            self._points.add(place)
        return place

    def fiducials(self) -> tuple[Point, ...]:
        """The points of the present question, RAS mm; their names stay in the scene."""
        return self._points.points

    def remove_last_fiducial(self) -> None:
        """Take the last point back."""
        self._points.remove_last()

    def show_fiducials(self, points: Iterable[tuple[float, float, float]]) -> None:
        """Show exactly these points: those kept with a question that is returned to."""
        self._points.show(Point(*point) for point in points)

    def evidence_state(self) -> Viewing:
        """What the reader has before him now, and what of it is not drawn yet; empty without a case."""
        if self._case is None:
            return Viewing()
        node = self._case.volume_node if self._control.ct is not ShownCt.NONE else None
        window = None if node is None else window_of(node)
        mask = self._case.content.mask
        every = mask.structures if self._all is not None and mask is not None else ()
        held = self._case.overlay.held
        regions = {key: name for key in held if (name := region_name_of(key)) is not None}
        waiting = waiting_chips(self._arrival.chips, is_three_d_drawn=self._control.is_three_d_drawn)
        return Viewing(
            slice_ras=self._control.crossing,
            window_level_hu=None if window is None else window.level,
            window_width_hu=None if window is None else window.width,
            layout=self._control.layout_name,
            structures=tuple(dict.fromkeys((*(key for key in held if key not in regions), *every))),
            regions=tuple(regions.values()),
            slices_pending=waiting[Drawn.NOT_YET],
            surfaces_pending=waiting[Drawn.ON_SLICES],
            markers=self.fiducials(),
        )

    def restore(self, viewing: Viewing) -> None:
        """Bring slices, window, layout and points back to what `evidence_state` reported."""
        if self._case is None:
            return
        if viewing.layout in layouts():
            self._control.set_layout(layouts()[viewing.layout])
        node = self._case.volume_node
        if node is not None and viewing.window_level_hu is not None and viewing.window_width_hu is not None:
            set_window(node, Window("restored", viewing.window_level_hu, viewing.window_width_hu))
        if viewing.slice_ras is not None:
            self._control.jump(viewing.slice_ras)
        self.show_fiducials(viewing.markers)

    def picture(self) -> bytes | None:
        """What is before the reader as PNG, from views of its own; None where not the whole CT is shown."""
        case = self._case
        if case is None or case.grid is None or case.bounds is None or self._control.ct is not ShownCt.VOLUME:
            return None
        if self._pictures is None:
            self._pictures = PictureMaker(case.content, case.shapes, case.grid)
        window = None if case.volume_node is None else window_of(case.volume_node)
        return self._pictures.png(
            Before(
                self._arrival.chips,
                self._control.crossing or case.centre,
                window or window_named(DEFAULT_WINDOW),
                self.fiducials(),
                case.bounds,
                self._arrangement.direction,
            )
        )

    # -- inside

    def _open(self, content: CaseContent) -> None:
        self.close_case()
        self._case = OpenCase(self._scene, content)
        self._control.set_background(self._case.volume_node)
        if self._case.volume_node is not None:
            set_window(self._case.volume_node, window_named(DEFAULT_WINDOW))

    def _arrange_views(self) -> None:
        self._control.take()
        if self._case is not None:
            self._control.fit_three_d(self._case.bounds, self._arrangement.direction)

    def _show_body(self) -> None:
        if self._case is not None:
            self._case.show_body()

    def _take_window(self) -> Window | None:
        node = self.volume_node
        if node is None or not self._shown.structures:
            return None
        window = window_for(self._shown.structures)
        set_window(node, window)
        return window

    def _fill_overlay(self) -> None:
        """Put what has been made of the present question into the scene; outlines are seen once drawn."""
        self._drawing.take_news()
        before = outlined(self._arrival.chips)
        self._current_chips = chips_for(self._case, self._shown, self._drawing)
        focus = None
        if self._case is not None:
            self._case.overlay.show(self._current_chips)
            self._control.overlay_changed()
            if self._all is not None:
                self._all.leave_out(self._case.overlay.held)
            focus = self._jump_to_focus(self._case, self._current_chips)
        self._is_undrawn = self._drawing.has_first_outlines and outlined(self._current_chips) != before
        chips = not_yet_drawn(self._current_chips, before) if self._is_undrawn else self._current_chips
        self._arrival = self._arrival._replace(chips=chips, focus=focus)

    def _draw(self) -> Arrival:
        self._is_undrawn = False
        self._control.draw_slices()
        self._arrival = self._arrival._replace(chips=self._current_chips)
        return self._arrival

    def _jump_to_focus(self, case: OpenCase, chips: tuple[Chip, ...]) -> Focus | None:
        """Once per question: a reader who has begun to look is not moved."""
        if outlined(chips):
            is_first = not outlined(self._arrival.chips)
            self._control.fit_three_d(case.bounds, self._arrangement.direction, unless_turned=not is_first)
        crops = case.crops.present(looked_at(chips))
        if self._arrival.focus is not None or not crops:
            return self._arrival.focus
        if self._control.ct is not ShownCt.VOLUME:
            return None
        focus = focus_on(crops, crops[0].grid)
        self._control.jump(focus.ras)
        return focus
