"""What happens when a case gets another mask? From a file, from a node, or computed in a process."""

from pathlib import Path

import qt
from CTSpatialVQADesk.places import mask_target
from slicer.i18n import tr as _

from CTSpatialVQAGui.node_files import file_of
from CTSpatialVQAGui.telling import telling
from CTSpatialVQAGui.work import Work
from CTSpatialVQALib.anatomy import totalsegmentator
from CTSpatialVQALib.errors import BadInput


class MaskDeeds:
    """Deeds about the anatomy mask. Mixed into the conductor."""

    def _begin_masks(self):
        self._segmenting = Work(self._mask_computed, self._mask_progress)
        self._segmented = None

    def _show_mask_state(self):
        panel, item = self.page.masks, self.desk.item
        if item is None:
            return
        case = self.desk.masks.applied(self.desk.study.cases[item.case_id])
        if case.mask is None:
            panel.show_state(_("This case has no anatomy mask: questions can be read, nothing is outlined."))
        else:
            panel.show_state(_("Mask: {name}").format(name=case.mask.name))
        found = totalsegmentator.find()
        how = "" if found.usable else found.remedy
        panel.show_installed(found.version if found.usable and case.ct is not None else None, how)
        if not self._segmenting.running:
            panel.show_progress("", running=False)

    @telling
    def mask_from_file(self):
        """Choose a mask for the case."""
        path = qt.QFileDialog.getOpenFileName(
            self.page.widget, _("Anatomy mask"), "", "(*.nii *.nii.gz *.nrrd *.mha)"
        )
        if path:
            self._use_mask(self.desk.item.case_id, Path(path))

    @telling
    def mask_from_node(self, node):
        """Take a segmentation of the scene."""
        if node is None:
            raise BadInput(
                _("segmentation"), expected=_("one of the scene"), came=_("none"), remedy=_("Choose one")
            )
        self._use_mask(self.desk.item.case_id, file_of(node, self.desk.places.log.parent / "masks"))

    def _use_mask(self, case_id, path):
        self.desk.masks.add(case_id, path)
        self.desk.forget_case()
        self.viewer.forget_case()
        self.arrive()

    @telling
    def compute_mask(self):
        """Let TotalSegmentator segment the CT."""
        case_id = self.desk.item.case_id
        case = self.desk.study.cases[case_id]
        found = totalsegmentator.find()
        target = mask_target(self.desk.places, case_id)
        target.parent.mkdir(parents=True, exist_ok=True)
        self._segmented = totalsegmentator.job(found, case.ct, target, fast=self.page.masks.fast)
        self._segmented_case = case_id
        self._segmenting.start(self._segmented.command)
        self.page.masks.show_progress(_("TotalSegmentator is starting…"), running=True)

    def _mask_progress(self, line):
        told = line or self._segmenting.said
        if told:
            self.page.masks.show_progress(told, running=True)

    @telling
    def _mask_computed(self, _lines, problem):
        self.page.masks.show_progress("", running=False)
        if problem == "cancelled":
            self.messages.note(_("Segmentation was stopped."))
        elif problem:
            self.messages.problem(_("TotalSegmentator: {problem}").format(problem=problem))
        else:
            told = totalsegmentator.read_report(self._segmented)
            self._use_mask(self._segmented_case, self._segmented.mask)
            self.messages.note(told)
        self._show_mask_state()

    def cancel_mask(self):
        """Stop TotalSegmentator and everything it started."""
        self._segmenting.cancel()

    def _stop_mask(self):
        self._segmenting.stop()
