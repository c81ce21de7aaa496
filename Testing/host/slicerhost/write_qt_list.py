"""Which attributes do the real Qt 5.15 classes have? Writes listed/qt.txt from Qt itself.

Slicer 5.12 is built with Qt 5.15; the host runs on Qt 6. So that code written on the host cannot lean on
what only Qt 6 has, the names are read from Qt 5.15's own meta-objects and public classes, through PyQt5, in
an environment of its own (`pip install PyQt5`), never in the project's. Only names are kept.
"""

from __future__ import annotations

import textwrap
from pathlib import Path

from PyQt5 import QtCore, QtGui, QtWidgets  # type: ignore[import-not-found]

TARGET = Path(__file__).parent / "listed" / "qt.txt"
MODULES = (QtCore, QtGui, QtWidgets)
# What a window of a module may be made of; a class outside is refused by the host until it is added here.
CLASSES = """
Qt QObject QTimer QSettings QEvent QSize QPoint QRect QUrl QFile QDir QFileInfo QByteArray QCoreApplication
QMargins QSignalBlocker QItemSelectionModel QModelIndex QProcess QProcessEnvironment QStandardPaths QLocale
QElapsedTimer QMimeData QAbstractItemModel QEventLoop
QColor QFont QFontMetrics QIcon QPixmap QImage QPainter QPen QBrush QPalette QKeySequence QCursor QPolygon
QPainterPath QKeyEvent QMouseEvent QPaintEvent QResizeEvent QEnterEvent QWheelEvent QFocusEvent QCloseEvent
QShowEvent QHideEvent QDragEnterEvent QDropEvent QTextCursor QTextDocument QTextCharFormat QDesktopServices
QGuiApplication QClipboard QStandardItemModel QStandardItem QFontDatabase QHelpEvent QContextMenuEvent
QInputEvent QRegularExpressionValidator QIntValidator QDoubleValidator QValidator
QAction QActionGroup QShortcut QApplication QWidget QFrame QLabel QLineEdit QTextEdit QPlainTextEdit
QTextBrowser QPushButton QToolButton QRadioButton QCheckBox QAbstractButton QButtonGroup QGroupBox QComboBox
QSpinBox QDoubleSpinBox QAbstractSpinBox QSlider QAbstractSlider QScrollBar QScrollArea QProgressBar
QProgressDialog QDialog QDialogButtonBox QMessageBox QFileDialog QInputDialog QTabWidget QTabBar
QStackedWidget QStackedLayout QSplitter QMenu QToolBar QStatusBar QMainWindow QDockWidget QMenuBar QCompleter
QListWidget QListWidgetItem QListView QTableWidget QTableWidgetItem QTableView QTreeWidget QTreeWidgetItem
QTreeView QAbstractItemView QAbstractScrollArea QHeaderView QStyledItemDelegate QStyle QStyleOptionViewItem
QVBoxLayout QHBoxLayout QBoxLayout QGridLayout QFormLayout QLayout QLayoutItem QWidgetItem QSpacerItem
QSizePolicy QToolTip QWhatsThis QGraphicsOpacityEffect
""".split()


def class_named(name: str) -> type:
    for module in MODULES:
        if hasattr(module, name):
            return getattr(module, name)
    raise SystemExit(f"Qt has no class {name}")


def public_names(cls: type) -> set[str]:
    """Methods, signals and enumeration values by the class, properties by its meta-object."""
    names = {name for name in dir(cls) if not name.startswith("__") and not name.startswith("pyqt")}
    meta = getattr(cls, "staticMetaObject", None)
    if meta is not None:
        names |= {meta.property(index).name() for index in range(meta.propertyCount())}
    return names


def parents(cls: type) -> list[type]:
    return [base for base in cls.__bases__ if base.__module__.startswith("PyQt5")]


def with_parents(names: list[str]) -> list[type]:
    classes: dict[str, type] = {}
    waiting = [class_named(name) for name in names]
    while waiting:
        cls = waiting.pop()
        classes[cls.__name__] = cls
        waiting += parents(cls)
    return [classes[name] for name in sorted(classes)]


def line_of(cls: type) -> str:
    inherited = {name for parent in parents(cls) for name in public_names(parent)}
    above = " ".join(parent.__name__ for parent in parents(cls))
    return f"[{cls.__name__}: {above}]\n" + textwrap.fill(
        " ".join(sorted(public_names(cls) - inherited)), 110, break_long_words=False
    )


def main() -> None:
    head = (
        f"# Names of properties, methods, signals and enumeration values of Qt {QtCore.QT_VERSION_STR},\n"
        "# read from Qt itself through PyQt5 by write_qt_list.py. [class: its parents], then its own names.\n"
    )
    TARGET.write_text(
        head + "\n".join(line_of(cls) for cls in with_parents(CLASSES)) + "\n", encoding="utf-8", newline="\n"
    )


if __name__ == "__main__":
    main()
