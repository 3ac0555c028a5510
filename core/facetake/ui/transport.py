"""Play, stop, step, loop: where in the line everything is. The one clock of the window."""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction
from pathlib import Path
from typing import Final

from PySide6.QtCore import Qt, QTimer, Signal
from PySide6.QtWidgets import QLabel, QPushButton, QWidget

from facetake.errors import FacetakeError, sentence
from facetake.timebase import parse_rate
from facetake.ui import look
from facetake.ui.player import Player
from facetake.ui.tasks import RATE

TICK_MS: Final = 4  # a quarter of a frame at 60 a second: with a whole one frames were looked for too late
Loop = tuple[float, float] | None


class Transport(QWidget):
    """The row below the face.

    Attributes:
        player: what plays.
        rate: frames per second, by which it steps.

    Signals:
        moved: another instant is the present one, or playing began or ended.
        asked: the name of a command.
        told: a sentence about a problem.
    """

    moved = Signal()
    asked = Signal(str)
    told = Signal(str)

    def __init__(self, loop: Callable[[], Loop]) -> None:
        """At the start of nothing. `loop` gives the stretch that plays again and again, in seconds."""
        super().__init__()
        self.player = Player()
        self.rate = parse_rate(RATE)
        self._loop = loop
        self._shown = 0
        self.play, self.exchange, self.again = (QPushButton(text) for text in ("Play", "A / B", "Loop"))
        self.time = QLabel()
        self.play.setObjectName("play")
        self.setLayout(look.row(self.play, self.exchange, self.again, self.time, stretch=3))
        for button, command in ((self.play, "play_or_stop"), (self.exchange, "exchange"), (self.again, "loop")):
            button.clicked.connect(lambda _, command=command: self.asked.emit(command))
        self._clock = QTimer(self)
        self._clock.setTimerType(Qt.TimerType.PreciseTimer)
        self._clock.setInterval(TICK_MS)
        self._clock.timeout.connect(self._follow)

    @property
    def now_s(self) -> float:
        """The present instant of the line, in seconds."""
        return self.player.time_s

    @property
    def frame(self) -> int:
        """The frame that is nearest to it."""
        return round(self.now_s * float(self.rate))

    def open(self, sound: Path | None, duration_s: float, rate: Fraction, *, keeps_time: bool) -> None:
        """Another recording, or as much silence; at its start unless it keeps the time."""
        now_s = self.now_s if keeps_time else 0.0
        self.rate = rate
        self.player.open(sound, duration_s)
        self._clock.stop()
        self.seek(now_s)

    def play_or_stop(self) -> None:
        """Plays from the present instant, or halts."""
        if self.player.is_playing:
            self.stop()
        elif self.player.duration_s:
            marked = self._loop()
            if marked and not marked[0] <= self.now_s < marked[1]:
                self.player.seek(marked[0])
            self._play()

    def stop(self) -> None:
        """Halts."""
        self.player.stop()
        self._clock.stop()
        self._show()

    def seek(self, time_s: float) -> None:
        """Goes to another instant; what plays goes on there."""
        self._guard(lambda: self.player.seek(time_s))
        self._show()

    def step_on(self) -> None:
        """One frame further."""
        self._step(1)

    def step_back(self) -> None:
        """One frame back."""
        self._step(-1)

    def go_to_start(self) -> None:
        """To the first frame."""
        self.seek(0.0)

    def go_to_end(self) -> None:
        """To the last frame."""
        self.stop()
        self._step(round(self.player.duration_s * float(self.rate)))

    def _step(self, by: int) -> None:
        self.stop()
        last = max(0, round(self.player.duration_s * float(self.rate)) - 1)
        frame = min(last, max(0, self.frame + by))
        self.seek(float(frame / self.rate))

    def _play(self) -> None:
        if self._guard(self.player.play):
            self._clock.start()
            if self.player.is_silent:
                self.told.emit("No sound device was found; playing in silence.")
        self._show()

    def _follow(self) -> None:
        """Keeps everything with the sound."""
        marked = self._loop()
        if marked and self.now_s >= min(marked[1], self.player.duration_s):
            self.player.stop()
            self.player.seek(marked[0])
            self._guard(self.player.play)
        if not self.player.is_playing:
            self.stop()
        elif self.frame != self._shown:
            self._show()

    def _guard(self, act: Callable[[], None]) -> bool:
        try:
            act()
        except (FacetakeError, OSError) as error:
            self.told.emit(sentence(error))
            return False
        return True

    def _show(self) -> None:
        self._shown = self.frame
        self.time.setText(f"{self.now_s:.2f} s, frame {self._shown}")
        self.play.setText("Stop" if self.player.is_playing else "Play")
        self.moved.emit()
