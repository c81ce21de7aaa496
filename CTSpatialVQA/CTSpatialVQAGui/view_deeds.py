"""What happens when the reader wants to look at something? Chips, windows, all structures, CT in 3D."""

from CTSpatialVQAGui.telling import telling


class ViewDeeds:
    """Deeds that change the views only. Mixed into the conductor."""

    def cancel_loading(self):
        """Do not wait for the case: it is brought in with the next question."""
        self.viewer.cancel_loading()

    @telling
    def jump(self, key):
        """Lay the slices through a structure or region."""
        self.viewer.do("jump_to", key)

    @telling
    def highlight(self, key):
        """Let one stand out; None for all alike."""
        self.viewer.do("highlight", key)

    @telling
    def window_named(self, name):
        """Take a window preset, and keep it."""
        self.viewer.do("set_window", name)
        self.page.views.keepWindowBox.setChecked(True)

    @telling
    def all_structures(self, on):
        """Show every structure of the mask, or only what is named."""
        if on and not self.desk.reading.visible().sight.overlay:
            return
        self.viewer.do("show_all_structures", on)

    @telling
    def volume_rendering(self, on):
        """Show the CT in 3D."""
        self.viewer.do("volume_rendering", on)
