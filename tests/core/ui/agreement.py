"""Whether everything that a window shows is of one take: read off its widgets, and off what it exports.

Nothing here asks the desk: the file that is exported is read back, curves and picture are made anew from it, and
compared with what is seen.
"""

from __future__ import annotations

import hashlib
import re
import sys
import time
import traceback
from collections.abc import Callable
from pathlib import Path
from types import TracebackType
from typing import Any

import numpy as np
from PySide6.QtCore import Qt
from PySide6.QtGui import QImage
from PySide6.QtWidgets import QApplication

from facetake import edits, formats, preview
from facetake.face.studio import Studio
from facetake.take import Take
from facetake.ui.filing import NO_TAKE
from facetake.ui.viewer import BESIDE, SIDE, frame_at
from facetake.ui.window import EMPTY, REST, Window

PATIENCE_S = 300.0  # of a machine that does much else
PIXEL = 2  # steps of 255 by which pictures may differ


def spin(until: Callable[[], bool]) -> None:
    """Lets the window live until something is so."""
    end = time.monotonic() + PATIENCE_S
    while not until():
        QApplication.processEvents()
        time.sleep(0.001)
        assert time.monotonic() < end, "waited in vain"


def heed_exceptions() -> list[str]:
    """A list that gets what is raised where Qt calls the window, and would only be printed."""
    raised: list[str] = []

    def note(kind: type[BaseException], error: BaseException, trace: TracebackType | None) -> None:
        raised.append("".join(traceback.format_exception(kind, error, trace)))

    sys.excepthook = note
    return raised


class Witness:
    """Looks at a window, and remembers which take it saw under which name."""

    def __init__(self, window: Window, folder: Path) -> None:
        """In front of that window; exports go to the folder."""
        self.window = window
        self._file = folder / "witness.npz"
        self._studio = Studio((SIDE, SIDE))
        self._seen: dict[str, str] = {}
        self._raised = heed_exceptions()

    def check(self) -> list[str]:
        """What disagrees with what; empty where nothing does. Playback must be halted."""
        spin(lambda: self.window.viewer.shown == self.window.viewer.asked)
        take = self._exported()
        found = [
            *self._raised,
            *self._title(take),
            *self._curves(take),
            *self._face(take),
            *self._lists(),
            *self._time(),
            *self._form(),
        ]
        self._raised.clear()
        return found

    @property
    def n_takes(self) -> int:
        """How many takes were seen."""
        return len(self._seen)

    def _exported(self) -> Take | None:
        """What the window exports; None where it says that there is nothing."""
        window = self.window
        said, kind = window.message.text(), window.message.property("kind") == "problem"
        self._file.unlink(missing_ok=True)
        window.filing.export_to(self._file)
        told = window.message.text()
        window.say(said, is_problem=kind)
        if self._file.is_file():
            return formats.read(self._file)
        assert told == NO_TAKE, told
        return None

    def _title(self, take: Take | None) -> list[str]:
        """The title names a take where one is exported, and always the same one."""
        title = self.window.title.text()
        named = re.match(r"(.*?), take (\d+): ", title)
        if take is None:
            return [] if title == EMPTY or title.endswith(": no take yet") else [f"no take is exported under {title!r}"]
        if named is None:
            return [f"a take is exported under {title!r}"]
        row = self.window.lines.currentRow()
        number = self.window.lines.item(row, 0).data(Qt.ItemDataRole.UserRole)  # type: ignore[union-attr]
        digest = hashlib.sha256(take.values.tobytes()).hexdigest()
        line = self.window.desk.line
        edited = edits.digest(line.top.edits) if line and line.top else ""
        known = self._seen.setdefault(f"{number} {title.split('  |  ')[0]} {edited}", digest)
        return [] if known == digest else [f"{title!r} was another take before"]

    def _curves(self, take: Take | None) -> list[str]:
        """The main curves are those of the exported take; visemes are there with it and not without."""
        tracks = self.window.tracks
        found = []
        if self.window.time_view.group.currentText() == "main":
            wanted = preview.main_curves(take.values[self._frames(take)]) if take else {}
            if list(tracks._curves) != list(wanted):
                found.append(f"curves are {list(tracks._curves)}")
            elif not all(
                np.array_equal(np.asarray(tracks._curves[name], np.float32), np.asarray(row, np.float32))
                for name, row in wanted.items()
            ):
                found.append("curves are another take's")
        elif (take is None) != (not tracks._curves):
            found.append("curves without a take, or a take without curves")
        if take is None and tracks._visemes:
            found.append("visemes without a take")
        if take is not None and tracks._visemes and tracks._visemes[-1][2] > float(take.start + take.duration_s) + 0.1:
            found.append("visemes are another take's")
        return found

    def _frames(self, take: Take) -> slice:
        """The frames whose curves are drawn; all that are in view, or so many that no more would be seen."""
        tracks = self.window.tracks
        first = round((tracks._curve_start_s - float(take.start)) * float(take.rate))
        apart = round(float(take.rate) / tracks._curve_fps)
        count = max((len(row) for row in tracks._curves.values()), default=0)
        frames = range(take.n_frames)[first::apart][:count]
        (start_s, end_s), rate, start = tracks.view, float(take.rate), float(take.start)
        assert frames.start <= max(0.0, (start_s - start) * rate), "curves begin within the view"
        assert frames.stop >= min(take.n_frames, int((end_s - start) * rate)), "curves end within the view"
        assert apart == 1 or count >= tracks.width(), "curves are too coarse"
        return slice(frames.start, frames.stop, frames.step)

    def _face(self, take: Take | None) -> list[str]:
        """The first face is a picture of the exported take at the instant that is told."""
        shown = take or REST
        now_s = self.window.transport.now_s
        drawn = preview.still(shown, frame_at(shown, now_s), self._studio)
        image = self.window.viewer._image
        assert image is not None
        if len(self.window.viewer.shown) > 1:
            drawn = drawn[:, BESIDE]
        seen = pixels(image)[:, : drawn.shape[1]]
        if np.abs(seen.astype(int) - drawn.astype(int)).max() > PIXEL:
            return ["the face is another take's, or of another instant"]
        return []

    def _lists(self) -> list[str]:
        """The open line's row says its name and how many takes the list of takes has; the shown one is chosen in it."""
        window = self.window
        title = window.title.text()
        if title == EMPTY:
            return ["the lists are not empty"] if window.lines.rowCount() or window.takes.count() else []
        row = window.lines.currentRow()
        cells: list[Any] = [window.lines.item(row, column) for column in range(3)]
        name = (
            title.split(": no take yet")[0] if title.endswith(": no take yet") else re.sub(r", take \d+: .*", "", title)
        )
        found = [] if cells[0].text() == name else [f"row {row} is {cells[0].text()!r} under {title!r}"]
        count = re.match(r"(\d+) take|no take", cells[2].text())
        if count is not None and int(count[1] or 0) != window.takes.count():
            found.append(f"{cells[2].text()} in the list of lines, {window.takes.count()} in that of takes")
        item = window.takes.currentItem()
        if (", take " in title) != (item is not None and f", take {item.text()}" in title):
            found.append(f"{item.text() if item else 'nothing'!r} is chosen under {title!r}")
        return found

    def _time(self) -> list[str]:
        """Clock, playhead and recording are of the open line."""
        window = self.window
        now_s = window.transport.now_s
        found = [] if window.transport.time.text().startswith(f"{now_s:.2f} s") else ["the clock shows another time"]
        if abs(window.tracks._playhead_s - now_s) > 1e-6:
            found.append(f"the playhead is at {window.tracks._playhead_s}, the time {now_s}")
        if abs(window.tracks.duration_s - window.transport.player.duration_s) > 1e-6:
            found.append("the tracks are as long as another recording")
        start_s, end_s = window.tracks.view
        if not -1e-6 <= start_s <= end_s <= window.tracks.duration_s + 1e-6:
            found.append(f"the view is {window.tracks.view}")
        return found

    def _form(self) -> list[str]:
        """The mood in the list is what is drawn; sliders show their numbers."""
        window = self.window
        found = []
        if window.title.text() != EMPTY:
            cell = window.lines.item(window.lines.currentRow(), 1)
            assert cell is not None
            is_drawn = not window.tracks.mood.is_neutral
            if cell.text() != "from the voice" and is_drawn == (cell.text() == "neutral"):
                found.append(f"the mood is {cell.text()!r}, and drawn is {window.tracks.mood.cues()!r}")
            if window.settings.listen.isChecked() != (cell.text() == "from the voice"):
                found.append("the tick for the voice is another line's")
        for slider in (window.settings.weight, window.settings.energy, window.settings.gain, window.settings.strength):
            if slider.number.text() != f"{slider.value() / 100:.2f}":
                found.append(f"a slider at {slider.value()} shows {slider.number.text()}")
        return found


def pixels(image: QImage) -> np.ndarray[Any, Any]:
    """An image as (H, W, 3)."""
    plain = image.convertToFormat(QImage.Format.Format_RGB888)
    rows = np.frombuffer(plain.constBits(), np.uint8).reshape(plain.height(), plain.bytesPerLine())
    return rows[:, : 3 * plain.width()].reshape(plain.height(), plain.width(), 3)
