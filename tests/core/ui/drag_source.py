"""A second program with a file to drag: `drag_source.py FILE X Y`; it prints where its window is."""

from __future__ import annotations

import sys

from PySide6.QtCore import QMimeData, Qt, QUrl
from PySide6.QtGui import QDrag, QMouseEvent
from PySide6.QtWidgets import QApplication, QLabel


class Source(QLabel):
    """Press the mouse on it and drag."""

    def mousePressEvent(self, event: QMouseEvent) -> None:  # noqa: D102
        drag = QDrag(self)
        data = QMimeData()
        data.setUrls([QUrl.fromLocalFile(sys.argv[1])])
        drag.setMimeData(data)
        drag.exec(Qt.DropAction.CopyAction)


application = QApplication([])
source = Source("drag me")
source.setGeometry(int(sys.argv[2]), int(sys.argv[3]), 100, 60)
source.show()
print("ready", flush=True)
application.exec()
