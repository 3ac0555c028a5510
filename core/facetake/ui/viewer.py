"""The live face: pictures of a take at the instant asked for, drawn in a thread so that the window stays alive."""

from __future__ import annotations

import threading
from functools import partial

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QRectF, Qt, Signal
from PySide6.QtGui import QColor, QContextMenuEvent, QImage, QPainter, QPaintEvent
from PySide6.QtWidgets import QMenu, QSizePolicy, QWidget

from facetake.face.choices import DEFAULT, FRONT, HEADS, VIEWS
from facetake.face.head import load
from facetake.preview import still
from facetake.take import Take

SIDE = 480  # pixels of the drawn picture, scaled to the window
GROUND = QColor("#16181c")


class Viewer(QWidget):
    """Shows the face of a take.

    Signals:
        drawn: a picture is there, as an array; from the drawing thread to the window's.
    """

    drawn = Signal(object)

    def __init__(self, parent: QWidget | None = None) -> None:
        """Starts the drawing thread."""
        super().__init__(parent)
        self.setMinimumSize(320, 320)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        self.setObjectName("viewer")
        self.pictures = 0
        self._image: QImage | None = None
        self._wanted: tuple[Take, int] | None = None
        self._news = threading.Condition()
        self._over = False
        self._face = (DEFAULT, FRONT)
        self._last: tuple[Take, int] | None = None
        self.setToolTip("right-click: another head, another view")
        self.drawn.connect(self._take_picture)
        self._thread = threading.Thread(target=self._draw, name="face", daemon=True)
        self._thread.start()

    def show_frame(self, take: Take, frame: int) -> None:
        """Asks for a picture; only the last one asked for is drawn."""
        with self._news:
            self._wanted = self._last = (take, min(max(0, frame), take.n_frames - 1))
            self._news.notify()

    def choose(self, head: str | None = None, view: str | None = None) -> None:
        """Shows another head, or from another side, as `facetake.face.choices` has them."""
        with self._news:
            self._face = (head or self._face[0], view or self._face[1])
            self._wanted = self._last
            self._news.notify()

    def contextMenuEvent(self, event: QContextMenuEvent) -> None:
        """Offers heads and views."""
        menu = QMenu(self)
        for names, now, choose in (
            (HEADS, self._face[0], lambda name: self.choose(head=name)),
            (VIEWS, self._face[1], lambda name: self.choose(view=name)),
        ):
            menu.addSeparator()
            for name in names:
                action = menu.addAction(name)
                action.setCheckable(True)
                action.setChecked(name == now)
                action.triggered.connect(partial(choose, name))
        menu.exec(event.globalPos())

    def end(self) -> None:
        """Ends the thread."""
        with self._news:
            self._over = True
            self._news.notify()
        self._thread.join(10)

    def paintEvent(self, event: QPaintEvent) -> None:
        """The last picture, as large as it fits."""
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
        painter.fillRect(self.rect(), GROUND)
        if self._image is None:
            painter.setPen(QColor("#6d737e"))
            painter.drawText(self.rect(), Qt.AlignmentFlag.AlignCenter, "the face appears here")
            return
        side = min(self.width(), self.height())
        painter.drawImage(QRectF((self.width() - side) / 2, (self.height() - side) / 2, side, side), self._image)

    def _draw(self) -> None:
        from facetake.face.studio import Studio  # compiles: not in the window's thread

        shown = self._face
        studio = Studio((SIDE, SIDE), load(shown[0]), shown[1])
        while True:
            with self._news:
                self._news.wait_for(lambda: self._wanted is not None or self._over)
                if self._over:
                    return
                assert self._wanted is not None
                (take, frame), self._wanted = self._wanted, None
                face = self._face
            if face != shown:
                studio, shown = Studio((SIDE, SIDE), load(face[0]), face[1]), face
            self.drawn.emit(still(take, frame, studio))

    def _take_picture(self, picture: NDArray[np.uint8]) -> None:
        height, width, _ = picture.shape
        self._image = QImage(picture.tobytes(), width, height, 3 * width, QImage.Format.Format_RGB888).copy()
        self.pictures += 1
        self.update()
