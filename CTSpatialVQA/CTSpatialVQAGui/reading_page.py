"""How do the panels of a reading stand together? From top to bottom: where, what is asked, reply, verdict."""

import ctk
import qt
from slicer.i18n import tr as _

from CTSpatialVQAGui import looks
from CTSpatialVQAGui.asking_panel import AskingPanel
from CTSpatialVQAGui.header import Header
from CTSpatialVQAGui.help_box import HelpBox
from CTSpatialVQAGui.local_panel import LocalPanel
from CTSpatialVQAGui.log_panel import LogPanel
from CTSpatialVQAGui.mask_panel import MaskPanel
from CTSpatialVQAGui.question_card import QuestionCard
from CTSpatialVQAGui.question_list import QuestionList
from CTSpatialVQAGui.reply_card import ReplyCard
from CTSpatialVQAGui.verdict_panel import VerdictPanel
from CTSpatialVQAGui.view_panel import ViewPanel


class ReadingPage:
    """The page that is shown while a study is open.

    Parameters
    ----------
    deeds : everything that can be pressed; see the panels
    keys : for the help box
    """

    def __init__(self, deeds, keys):
        self.widget = qt.QWidget()
        self.widget.setFocusPolicy(qt.Qt.ClickFocus)  # where the keyboard is while no text is typed
        self.header = Header(deeds)
        self.question = QuestionCard(deeds.jump, deeds.highlight)
        self.reply = ReplyCard()
        self.verdict = VerdictPanel(deeds)
        self.list = QuestionList(deeds.go)
        self.views = ViewPanel(deeds)
        self.asking = AskingPanel(deeds)
        self.local = LocalPanel(deeds)
        self.masks = MaskPanel(deeds)
        self.log = LogPanel(deeds)
        self.help = HelpBox(keys)
        self.loadingLabel = looks.text_label("loadingLabel", selectable=False)
        self.loadingButton = looks.button("cancelLoadingButton", _("Cancel"))
        self.loadingButton.setToolTip(_("Read this question without pictures"))
        self.loadingButton.clicked.connect(deeds.cancel_loading)
        loading = looks.row_of(self.loadingLabel, self.loadingButton)
        loading.setStretch(0, 1)
        self.show_loading("")
        column = looks.plain_column(self.widget)
        for one in (self.header, self.question, self.reply, self.verdict):
            column.addWidget(one.widget)
            if one is self.header:
                column.addLayout(loading)
        self.sections = {}
        for name, text, panel, collapsed in (
            ("list", _("Questions"), self.list, False),
            ("views", _("Views"), self.views, True),
            ("asking", _("Ask a model"), self.asking, True),
            ("local", _("Local models"), self.local, True),
            ("masks", _("Anatomy mask"), self.masks, True),
            ("log", _("Log and export"), self.log, True),
            ("help", _("Keys"), self.help, True),
        ):
            column.addWidget(self._section(name, text, panel.widget, collapsed))

    def _section(self, name, text, inner, collapsed):
        made = ctk.ctkCollapsibleButton()
        made.setObjectName(f"{name}Section")
        made.text = text
        looks.plain_column(made, looks.SPACING).addWidget(inner)
        made.collapsed = collapsed
        self.sections[name] = made
        return made

    def follow_font(self):
        """Take sizes from Slicer's font."""
        base = self.widget.font
        for one in (self.question, self.reply, self.verdict):
            one.follow_font(base)

    def show_loading(self, text):
        """Say what is being loaded; empty for nothing."""
        self.loadingLabel.setText(text)
        for one in (self.loadingLabel, self.loadingButton):
            one.setVisible(bool(text))
