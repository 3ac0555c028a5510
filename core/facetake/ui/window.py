"""The window: the panel on the left, the face with its transport on the right, export and undo."""

from __future__ import annotations

import sys
import threading
from pathlib import Path

from PySide6.QtCore import Qt, QTimer, Signal
from PySide6.QtGui import QKeySequence, QShortcut
from PySide6.QtWidgets import (
    QFileDialog,
    QHBoxLayout,
    QLabel,
    QMainWindow,
    QPushButton,
    QSplitter,
    QVBoxLayout,
    QWidget,
)

from facetake import formats, preview, rig
from facetake.errors import FacetakeError
from facetake.take import Take
from facetake.ui.player import Player
from facetake.ui.stage import StageHost
from facetake.ui.viewer import Viewer
from facetake_host.engine import EngineClient
from facetake_host.jobs import JobResult
from facetake_host.panel import Panel

TICK_MS = 33  # 30 pictures a second, as previews have
FILM = "mp4"
WRITTEN = "Written: "
LOOK = """
QWidget { background: #24272c; color: #d6d9de; font-size: 13px; }
QPushButton { background: #3a3f47; border: 1px solid #4a505a; border-radius: 4px; padding: 5px 12px; }
QPushButton:hover { background: #464c56; }
QPushButton:disabled { color: #6d737e; background: #2b2e34; }
QPushButton#go { background: #2f6fb3; border-color: #3f83cb; color: white; font-weight: bold; }
QPushButton#go:disabled { background: #2b3d50; color: #8fa3b8; }
QComboBox, QLineEdit { background: #1d1f23; border: 1px solid #4a505a; border-radius: 4px; padding: 4px 8px; }
QProgressBar { background: #1d1f23; border: 0; border-radius: 4px; max-height: 8px; }
QProgressBar::chunk { background: #3f83cb; border-radius: 4px; }
QLabel#message[kind="problem"] { color: #f0c84a; }
"""


class Window(QMainWindow):
    """Everything.

    Signals:
        filmed: share of a film that is done, or what went wrong with it; from the filming thread to the window's.
    """

    filmed = Signal(object)

    def __init__(self, engine: EngineClient | None = None) -> None:
        """Starts no engine yet."""
        super().__init__()
        self.setWindowTitle("Facetake")
        self.setStyleSheet(LOOK)
        self.resize(1180, 720)
        self.engine = engine or EngineClient([sys.executable, "-m", "facetake", "worker"])
        self.host = StageHost()
        self.player = Player()
        self.take: Take | None = None
        self._made = dict[str, JobResult]()
        self._sound: Path | None = None
        self._build()
        self._clock = QTimer(self)
        self._clock.setInterval(TICK_MS)
        self._clock.timeout.connect(self._follow)
        self.filmed.connect(self._tell_film)
        self._show_frame()

    def end(self) -> None:
        """Ends the engine and the threads."""
        self.player.stop()
        self.viewer.end()
        self.engine.close()

    def play_or_stop(self) -> None:
        """Plays the line from the playhead, or halts."""
        if self.player.is_playing:
            self.player.stop()
        elif self.player.duration_s:
            self.player.play()
            self._clock.start()
            if self.player.is_silent:
                self.panel.say("No sound device was found; playing in silence.", is_problem=True)
        self._follow()

    def export(self) -> None:
        """Asks for a file and writes the take, or films it."""
        if self.take is None:
            self.panel.say("There is no take of this line to export yet; generate one first.", is_problem=True)
            return
        filters = {f"{one.title} (*{one.suffix})": one for one in formats.FORMATS.values()}
        stem = self._sound.stem if self._sound else "take"
        path, chosen = QFileDialog.getSaveFileName(
            self, "Export take", f"{stem}.csv", ";;".join([*filters, f"Film (*.{FILM})"])
        )
        if path:
            one = filters.get(chosen)  # what is typed counts where it has another suffix than what is chosen
            self._write(Path(path), one.name if one is not None and path.lower().endswith(one.suffix) else None)

    def undo(self) -> None:
        """Takes back the last take."""
        self.host.undo()
        self._changed()

    def redo(self) -> None:
        """Brings it again."""
        self.host.redo()
        self._changed()

    def _build(self) -> None:
        self.panel = Panel(self.host, self.engine)
        self.viewer = Viewer()
        self.play = QPushButton("Play")
        self.time = QLabel("0.00 s")
        buttons = {"Undo": self.undo, "Redo": self.redo, "Export...": self.export}
        row = QHBoxLayout()
        row.addWidget(self.play)
        row.addWidget(self.time, 1)
        for text, action in buttons.items():
            button = QPushButton(text)
            button.setObjectName(text.strip(".").lower())
            button.clicked.connect(action)
            row.addWidget(button)
        right = QWidget()
        column = QVBoxLayout(right)
        column.addWidget(self.viewer, 1)
        column.addLayout(row)
        halves = QSplitter(Qt.Orientation.Horizontal)
        halves.addWidget(self.panel)
        halves.addWidget(right)
        halves.setSizes([560, 620])
        self.setCentralWidget(halves)
        self.play.clicked.connect(self.play_or_stop)
        self.panel.opened.connect(self._opened)
        self.panel.made.connect(self._keep)
        self.panel.tracks.sought.connect(self._seek)
        for keys, action in (
            ("Space", self.play_or_stop),
            (QKeySequence.StandardKey.Undo, self.undo),
            (QKeySequence.StandardKey.Redo, self.redo),
            ("Ctrl+E", self.export),
        ):
            QShortcut(QKeySequence(keys), self, action)

    def _opened(self, paths: list[Path]) -> None:
        """Another recording: the face rests until there is a take of it."""
        self.take = None
        self._load(paths[0])
        self._show_frame()

    def _keep(self, made: JobResult) -> None:
        """A take was made: what belongs to it is shown whenever it is on top."""
        self._made[made.layer] = made
        self._changed()

    def _load(self, sound: Path) -> None:
        self._sound = sound
        try:
            self.player.load(sound)
        except (FacetakeError, OSError) as error:
            self.panel.say(str(error), is_problem=True)

    def _changed(self) -> None:
        """Another take, or none, is on top: face, curves, words, recording and what is exported are of that one."""
        self.take = self.host.take
        if self.host.sound is not None and self.host.sound != self._sound:
            self._load(self.host.sound)
        self.panel.show_made(self._made.get(self.host.top.name) if self.host.top else None, self.host.sound)
        self._show_frame()

    def _seek(self, time_s: float) -> None:
        self.player.seek(time_s)
        self._show_frame()

    def _follow(self) -> None:
        """Keeps face, playhead and button with the sound."""
        playing = self.player.is_playing
        self.play.setText("Stop" if playing else "Play")
        if not playing:
            self.player.stop()
            self._clock.stop()
        self.panel.tracks.put_playhead(min(self.player.time_s, self.player.duration_s))
        self._show_frame()

    def _show_frame(self) -> None:
        now_s = min(self.player.time_s, self.player.duration_s)
        self.time.setText(f"{now_s:.2f} s")
        shown = self.take or Take(rig.NEUTRAL[None], self.host.frame_rate)
        self.viewer.show_frame(shown, round((now_s - float(shown.start)) * shown.rate))

    def _write(self, path: Path, form: str | None) -> None:
        take = self.take
        assert take is not None
        if path.suffix.lower() == f".{FILM}":
            threading.Thread(target=self._film, args=(take, self._sound, path), daemon=True).start()
            return
        try:
            formats.write(take, path, form)
            self.panel.say(f"{WRITTEN}{path}")
        except FacetakeError as error:
            self.panel.say(str(error), is_problem=True)

    def _film(self, take: Take, sound: Path | None, path: Path) -> None:
        try:
            preview.render(take, sound, path, progress=lambda done, total: self.filmed.emit(done / max(1, total)))
            self.filmed.emit(f"{WRITTEN}{path}")
        except Exception as error:  # in a thread of its own, where nobody else would hear of it
            self.filmed.emit(str(error) if isinstance(error, FacetakeError) else f"{type(error).__name__}: {error}")

    def _tell_film(self, news: float | str) -> None:
        if isinstance(news, str):
            self.panel.say(news, is_problem=not news.startswith(WRITTEN))
            self.panel.bar.setValue(0)
        else:
            self.panel.bar.setValue(round(100 * news))
