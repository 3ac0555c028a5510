"""The live face: pictures of takes at the instant asked for, drawn in threads so that the window stays alive."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from functools import partial

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QPointF, QRectF, Qt, Signal
from PySide6.QtGui import QColor, QContextMenuEvent, QImage, QPainter, QPaintEvent
from PySide6.QtWidgets import QMenu, QSizePolicy, QWidget

from facetake.face.choices import DEFAULT, FRONT, HEADS, VIEWS
from facetake.face.head import load
from facetake.preview import still
from facetake.take import Take

SIDE = 480  # pixels of a drawn face, scaled to the window
BESIDE = slice(60, SIDE - 60)  # columns of a face that has others beside it, by eye: shoulders are left out
GROUND = QColor("#16181c")
LETTER = QColor("#ffd65c")
DRAWERS = 2  # one poses the next picture, which needs one core, while another's is shaded by all; a third gains nothing
Shown = tuple[tuple[Take, int], ...]


class Viewer(QWidget):
    """Shows the faces of takes beside each other.

    Attributes:
        pictures: how many were drawn.
        shown: takes and frames of the last one.

    Signals:
        drawn: a picture is there, with what it shows and its number, or why there is none; from a drawing thread to
            the window's.
    """

    drawn = Signal(object, object, int)

    def __init__(self, parent: QWidget | None = None) -> None:
        """Starts the drawing threads."""
        super().__init__(parent)
        self.setMinimumSize(160, 120)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        self.setObjectName("viewer")
        self.pictures = 0
        self.shown: Shown = ()
        self._image: QImage | None = None
        self._hint = "the face appears here"
        self._asked: Shown = ()
        self._wanted: Shown | None = None
        self._news = threading.Condition()
        self._over = False
        self._face = (DEFAULT, FRONT)
        self._begun = 0
        self._newest = 0
        self.setToolTip("right-click: another head, another view")
        self.drawn.connect(self._take_picture)
        self._threads = [threading.Thread(target=self._draw, name="face", daemon=True) for _ in range(DRAWERS)]
        for thread in self._threads:
            thread.start()

    @property
    def asked(self) -> Shown:
        """What was asked for last."""
        return self._asked

    def show_frames(self, takes: Sequence[Take], now_s: float) -> None:
        """Asks for a picture of takes at an instant; only the last one asked for is drawn."""
        wanted = tuple((take, frame_at(take, now_s)) for take in takes)
        if wanted == self._asked:
            return
        with self._news:
            self._asked = self._wanted = wanted
            self._news.notify()

    def choose(self, head: str | None = None, view: str | None = None) -> None:
        """Shows another head, or from another side, as `facetake.face.choices` has them."""
        with self._news:
            self._face = (head or self._face[0], view or self._face[1])
            self._wanted = self._asked
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
        """Ends the threads."""
        with self._news:
            self._over = True
            self._news.notify_all()
        for thread in self._threads:
            thread.join(10)

    def paintEvent(self, event: QPaintEvent) -> None:
        """The last picture, as large as it fits, and a letter over each face where there are several."""
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
        painter.fillRect(self.rect(), GROUND)
        if self._image is None:
            painter.setPen(QColor("#6d737e"))
            painter.drawText(self.rect(), Qt.AlignmentFlag.AlignCenter | Qt.TextFlag.TextWordWrap, self._hint)
            return
        scale = min(self.width() / self._image.width(), self.height() / self._image.height())
        width, height = scale * self._image.width(), scale * self._image.height()
        place = QRectF((self.width() - width) / 2, (self.height() - height) / 2, width, height)
        painter.drawImage(place, self._image)
        if len(self.shown) > 1:
            painter.setPen(LETTER)
            for index in range(len(self.shown)):
                left = place.left() + index * place.width() / len(self.shown)
                painter.drawText(QPointF(left + 8, place.top() + 18), chr(ord("A") + index))

    def _draw(self) -> None:
        try:
            from facetake.face.studio import Studio  # compiles: not in the window's thread

            shown = self._face
            studio = Studio((SIDE, SIDE), load(shown[0]), shown[1])
        except Exception as error:  # told where the face would be; the rest of the window works
            why = f"no face can be drawn ({type(error).__name__}: {error}); facetake doctor says more"
            self.drawn.emit(None, why, 0)
            return
        while True:
            with self._news:
                self._news.wait_for(lambda: self._wanted is not None or self._over)
                if self._over:
                    return
                assert self._wanted is not None
                wanted, self._wanted = self._wanted, None
                face = self._face
                self._begun += 1
                number = self._begun
            if face != shown:
                studio, shown = Studio((SIDE, SIDE), load(face[0]), face[1]), face
            sides = slice(None) if len(wanted) == 1 else BESIDE
            faces = [still(take, frame, studio)[:, sides] for take, frame in wanted]
            if faces:
                self.drawn.emit(np.concatenate(faces, axis=1), wanted, number)

    def _take_picture(self, picture: NDArray[np.uint8] | None, shown: Shown | str, number: int) -> None:
        if picture is None or isinstance(shown, str):
            self._hint = str(shown)
        elif number > self._newest:  # one that was begun later may be there first
            self._newest = number
            height, width, _ = picture.shape
            self._image = QImage(picture.tobytes(), width, height, 3 * width, QImage.Format.Format_RGB888).copy()
            self.shown = shown
            self.pictures += 1
        self.update()


def frame_at(take: Take, now_s: float) -> int:
    """The frame of a take that is nearest to an instant."""
    return min(max(0, round((now_s - float(take.start)) * float(take.rate))), take.n_frames - 1)
