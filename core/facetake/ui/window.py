"""The window: lines on the left, the face in the middle, settings on the right, and the open line over time below.

Thin: what is there, and what undo brings back, is in `facetake.ui.desk`; what takes a while in `facetake.ui.making`. A
command changes the desk, and everything that is seen is shown anew from it, so that no two parts can disagree.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path
from typing import Final

from PySide6.QtCore import Qt, QTimer
from PySide6.QtGui import QCloseEvent, QDragEnterEvent, QDropEvent
from PySide6.QtWidgets import QLabel, QMainWindow, QMessageBox, QProgressBar, QPushButton

from facetake import rig
from facetake.take import Take
from facetake.timebase import parse_rate
from facetake.ui import journal, look
from facetake.ui.desk import Desk
from facetake.ui.filing import Filing
from facetake.ui.lines import LineSettings, SpokenLine
from facetake.ui.lists import LineList, NoteField, TakeList
from facetake.ui.making import Maker
from facetake.ui.menus import Menus
from facetake.ui.preferences import Preferences
from facetake.ui.script_editor import ScriptEditor
from facetake.ui.settings import SettingsPanel
from facetake.ui.tasks import RATE
from facetake.ui.time_view import TimeView
from facetake.ui.transport import Transport
from facetake.ui.viewer import Viewer
from facetake_host.engine import EngineClient
from facetake_host.mood import Mood

STEP_MS = 12  # by choice: a task's steps follow each other at once, and the window stays free between them
KEEP_MS = 1500  # by choice: after the last thing that was done, for it to be kept
_YES = QMessageBox.StandardButton.Yes
LEAST_LIST_PX = 180  # by eye: names of lines can be told apart
SIZE = (1240, 800)  # by choice: fits a laptop's screen
BAR_PX = 160  # by eye
REST: Final = Take(rig.NEUTRAL[None], parse_rate(RATE))
"""The face where there is no take."""
EMPTY = "Drop recorded lines, takes, a folder or a project here"


class Window(QMainWindow):
    """Everything.

    Attributes:
        desk: what is there.
        maker: what runs.
        filing: opens, keeps and exports.
        menus: every command.
        editor: what is done on the strip.
        journal: keeps what is in no project yet.
    """

    def __init__(self, engine: EngineClient | None = None, remembered: Preferences | None = None) -> None:
        """Starts no engine yet. Without `remembered`, nothing is remembered beyond the window."""
        super().__init__()
        self.setStyleSheet(look.STYLE)
        self.resize(*SIZE)
        self.setAcceptDrops(True)
        self.engine = engine or EngineClient([sys.executable, "-m", "facetake", "worker"])
        self.desk = Desk()
        self.maker = Maker(self.engine, self.desk, self.say, self.show_all)
        self.filing = Filing(self, self.desk, self.maker, self.say, self.show_all)
        self.filing.remembered = remembered or Preferences()
        kept = self.filing.remembered.path
        self.journal = journal.Journal(kept.parent / journal.FOLDER if kept else None)
        self._is_ended = False
        self._noted = 0
        self._played: tuple[int, Path | None] = (0, None)
        self._build()
        self.editor = ScriptEditor(
            self.desk,
            self.tracks,
            self.time_view.strip_bar,
            self.time_view.mark_bar,
            self.say,
            self.show_all,
            self._show_take,
            lambda: self.transport.now_s,
        )
        self.menus = Menus(self, self.desk, self.filing)
        self._connect()
        self._stepper = QTimer(self)
        self._stepper.setInterval(STEP_MS)
        self._stepper.timeout.connect(self._step)
        self._keeper = QTimer(self)
        self._keeper.setSingleShot(True)
        self._keeper.setInterval(KEEP_MS)
        self._keeper.timeout.connect(lambda: self.journal.keep(self.desk))
        self.show_all()

    def do(self, name: str) -> None:
        """One of the commands."""
        self._keep_note()
        parts = (self, self.menus, self.filing, self.transport, self.time_view, self.editor)
        next(getattr(part, name) for part in parts if hasattr(part, name))()

    def open(self, paths: list[Path]) -> None:
        """Takes sounds, takes, folders of both, or a project."""
        self.filing.open(paths)

    def offer_left(self) -> None:
        """Offers what a window that died had on its desk; what is not wanted goes, and further ones wait."""
        for path in self.journal.left():
            question = "Facetake ended before this was saved. Open what was there?"
            if QMessageBox.question(self, "Facetake", question) == _YES:
                self.filing.open_left(path)
                self.journal.keep(self.desk)
                if self.desk.lines:
                    journal.drop(path)
                return
            journal.drop(path)

    def undo(self) -> None:
        """Takes back the last step."""
        label = self.desk.undo()
        self.say(f"{label.capitalize()}: undone." if label else "There is nothing to undo.")
        self.show_all()

    def redo(self) -> None:
        """Does it again."""
        label = self.desk.redo()
        self.say(f"{label.capitalize()}: done again." if label else "There is nothing to do again.")
        self.show_all()

    def fill(self) -> None:
        """The chosen emotion at its weight over the chosen lines."""
        emotion, weight = self.settings.emotion.currentText(), self.settings.weight.value() / 100

        def filled(line: SpokenLine) -> Mood:
            mood = self.desk.mood(line)
            mood.fill(emotion, weight)
            return mood

        self.desk.draw(self.desk.chosen, filled)
        self.show_all()

    def clear(self) -> None:
        """No mood for the chosen lines."""
        self.desk.draw(self.desk.chosen, lambda line: Mood(self.desk.duration_s(line)))
        self.show_all()

    def write_note(self) -> None:
        """Puts the cursor into the note."""
        self.note.setFocus()

    def choose_all(self) -> None:
        """Every line is chosen."""
        self.desk.choose([self.desk.open_number, *(one.number for one in self.desk.lines)])
        self.show_all()

    def remove_lines(self) -> None:
        """Takes the chosen lines away."""
        if count := len(self.desk.chosen):
            self.desk.remove(self.desk.chosen)
            self.say(f"{count} {'line' if count == 1 else 'lines'} removed; undo brings back what was there.")
            self.show_all()

    def remove_take(self) -> None:
        """Takes the shown take away."""
        self.desk.remove_take(self.desk.open_number)
        self.show_all()

    def generate(self) -> None:
        """A take of each chosen line."""
        self._with_lines(self._chosen(), self.maker.generate)

    def generate_all(self) -> None:
        """A take of every line."""
        self._with_lines(list(self.desk.lines), self.maker.generate)

    def generate_three(self) -> None:
        """Three takes of the open line that differ in their seeds, to be seen side by side."""
        self._with_lines([self.desk.line] if self.desk.line else [], lambda lines: self.maker.generate_seeds(lines[0]))

    def restyle(self) -> None:
        """The shown take of each chosen line in the chosen style."""
        found = [line for line in self._chosen() if line.top]
        if found:
            self.maker.restyle(found, *self.settings.style_request)
        else:
            self.say("There is no take to restyle yet; generate one first.", is_problem=True)

    def cancel(self) -> None:
        """Ends whatever runs, films too."""
        self.maker.cancel()

    def next_take(self) -> None:
        """Shows the next take of the line."""
        self._look(lambda number: self.desk.show_next(number, 1))

    def previous_take(self) -> None:
        """Shows the take before."""
        self._look(lambda number: self.desk.show_next(number, -1))

    def compare(self) -> None:
        """Shows the take before the shown one beside it, or the shown one alone."""
        self._look(self.desk.compare)

    def exchange(self) -> None:
        """A for B, with the playhead where it is."""
        self._look(self.desk.exchange)

    def next_line(self) -> None:
        """Opens the line below."""
        self._open_neighbour(1)

    def previous_line(self) -> None:
        """Opens the line above."""
        self._open_neighbour(-1)

    def say(self, text: str, *, is_problem: bool = False) -> None:
        """A line for the person."""
        self.message.setText(text)
        self.message.setToolTip(text)
        self.message.setProperty("kind", "problem" if is_problem else "news")
        self.message.style().polish(self.message)

    def end(self) -> None:
        """Ends films, the engine and the threads; what was begun leaves no file behind."""
        if not self._is_ended:
            self._is_ended = True
            self._stepper.stop()
            self._keeper.stop()
            self.journal.clear()
            self.transport.stop()
            self.maker.end()
            self.editor.end()
            self.time_view.end()
            self.viewer.end()
            self.engine.close()
            self.filing.file.let_go()

    def dragEnterEvent(self, event: QDragEnterEvent) -> None:
        """Files are welcome."""
        if event.mimeData().hasUrls():
            event.acceptProposedAction()

    def dropEvent(self, event: QDropEvent) -> None:
        """Files dropped anywhere on the window."""
        found = [Path(url.toLocalFile()) for url in event.mimeData().urls() if url.isLocalFile()]
        if found:
            event.acceptProposedAction()
            self.open(found)

    def closeEvent(self, event: QCloseEvent) -> None:
        """Asks about what is not kept, and ends everything."""
        self._keep_note()
        if self._is_ended or self.filing.may_leave():
            self.end()
            event.accept()
        else:
            event.ignore()

    def _build(self) -> None:
        self.lines, self.takes, self.note = LineList(), TakeList(), NoteField()
        self.viewer, self.time_view, self.settings = Viewer(), TimeView(), SettingsPanel()
        self.tracks = self.time_view.tracks
        self.transport = Transport(lambda: self.tracks.loop)
        self.title, self.message = QLabel(), QLabel()
        self.bar, self.stop = QProgressBar(), QPushButton("Cancel")
        for name in ("title", "message", "bar", "stop"):
            getattr(self, name).setObjectName(name)
        for label in (self.title, self.message):
            label.setTextFormat(Qt.TextFormat.PlainText)  # names of files are no markup
            label.setWordWrap(True)
            label.setMinimumWidth(80)
        self.bar.setTextVisible(False)
        self.bar.setFixedWidth(BAR_PX)
        self.lines.setMinimumWidth(LEAST_LIST_PX)
        right = look.Scroller(self.settings)
        across, down = Qt.Orientation.Horizontal, Qt.Orientation.Vertical
        left = look.split(down, [self.lines, self.takes, self.note], [240, 140, 90])
        head = look.row(self.title, QLabel("Curves"), self.time_view.group, stretch=0)
        middle = look.column(head, self.viewer, self.transport, stretch=1)
        above = look.split(across, [left, middle, right], [330, 570, 320])
        halves = look.split(down, [above, self.time_view], [470, 270])
        whole = look.column(halves, look.row(self.message, self.bar, self.stop, stretch=0), stretch=0)
        whole.setContentsMargins(8, 4, 8, 8)
        self.setCentralWidget(whole)

    def _connect(self) -> None:
        self.menus.asked.connect(self.do)
        self.menus.opened.connect(lambda path: self.open([path]))
        self.menus.chosen.connect(lambda kept: self._set(lambda _: kept))
        self.stop.clicked.connect(self.cancel)
        self.lines.chosen.connect(self._choose)
        self.takes.picked.connect(lambda take: self._look(lambda number: self.desk.show(number, take)))
        self.takes.ticked.connect(lambda takes: self._look(lambda number: self.desk.show_beside(number, takes)))
        self.note.written.connect(self._keep_note)
        self.settings.changed.connect(self._set)
        self.settings.asked.connect(self.do)
        self.settings.brushed.connect(self._brush)
        self.time_view.group.currentTextChanged.connect(lambda _: self.show_all())
        self.tracks.drawn.connect(self._drawn)
        self.tracks.sought.connect(self.transport.seek)
        self.tracks.looped.connect(self._tell_loop)
        self.transport.asked.connect(self.do)
        self.transport.moved.connect(self._show_frame)
        self.transport.told.connect(lambda text: self.say(text, is_problem=True))

    def show_all(self) -> None:
        """Shows everything anew from the desk."""
        line = self.desk.line
        self._show_lists()
        self._show_note(line)
        self.settings.show_settings(line.settings if line else LineSettings())
        self.settings.learn_actors(self.engine.about.get("actors", []))
        rate = line.top.take.rate if line and line.top else REST.rate
        self.transport.rate = rate
        if self.time_view.show_line(self.desk, line):
            played = (line.number, line.sound) if line else (0, None)
            duration_s = self.desk.duration_s(line) if line else 0.0
            self.transport.open(played[1], duration_s, rate, keeps_time=played == self._played)
            self._played = played
        self.editor.show()
        line = self.desk.line
        self.title.setText(line.title if line else EMPTY)
        self._show_name()
        self.stop.setEnabled(self.maker.is_busy)
        if self.maker.is_busy and not self._is_ended:
            self._stepper.start()
        self._show_progress()
        self._show_frame()
        if self.journal.is_behind(self.desk) and not self._is_ended:
            self._keeper.start()

    def _show_lists(self) -> None:
        line = self.desk.line
        states = self.maker.work.states()
        problems = self.desk.problems
        rows = [
            (one.number, one.name, one.feeling, states.get(one.number) or self.desk.state(one), one.number in problems)
            for one in self.desk.lines
        ]
        self.lines.show_rows(rows, self.desk.chosen, self.desk.open_number)
        self.takes.show_takes(line.takes if line else (), line.shown if line else 0, line.beside if line else ())

    def _show_note(self, line: SpokenLine | None) -> None:
        number = line.number if line else 0
        note = line.note if line else ""
        if self.note.toPlainText() != note and (number != self._noted or not self.note.hasFocus()):
            self.note.setPlainText(note)
        self._noted = number

    def _show_name(self) -> None:
        path = self.filing.file.path
        star = "*" if self.desk.is_changed else ""
        self.setWindowTitle(f"{path.name}{star} - Facetake" if path else "Facetake")

    def _show_progress(self) -> None:
        running = [one for one in (self.maker.work, self.maker.films) if one.is_busy]
        self.bar.setValue(round(100 * running[-1].status.share) if running else 0)
        self.bar.setToolTip("; ".join(f"{one.label} ({one.count} to do)" for one in running))

    def _show_frame(self) -> None:
        line = self.desk.line
        now_s = self.transport.now_s
        takes = [line.top, *line.others] if line and line.top else []
        self.tracks.put_playhead(now_s)
        self.viewer.show_frames([one.take for one in takes] or [REST], now_s)

    def _show_take(self) -> None:
        """The shown take has changed, as while a boundary is dragged, and nothing else."""
        self.time_view.show_take(self.desk.line)
        self._show_frame()

    def _tell_loop(self) -> None:
        marked = self.tracks.loop
        self.say(f"Loops {marked[0]:.2f} s to {marked[1]:.2f} s." if marked else "Loops nothing.")

    def _step(self) -> None:
        """A step of what runs."""
        if self.maker.step():
            self._show_progress()
            self._show_lists()
        else:
            self._stepper.stop()
            self.show_all()

    def _chosen(self) -> list[SpokenLine]:
        return [line for line in self.desk.lines if line.number in self.desk.chosen]

    def _with_lines(self, lines: list[SpokenLine], act: Callable[[list[SpokenLine]], None]) -> None:
        if lines:
            act(lines)
        else:
            self.say("Open a recorded line first, or drop one here.", is_problem=True)

    def _choose(self, numbers: list[int]) -> None:
        self._keep_note()
        self.desk.choose(numbers)
        self.show_all()

    def _open_neighbour(self, by: int) -> None:
        numbers = [one.number for one in self.desk.lines]
        if numbers:
            at = numbers.index(self.desk.open_number) if self.desk.line else 0
            self._choose([numbers[min(len(numbers) - 1, max(0, at + by))]])

    def _look(self, change: Callable[[int], None]) -> None:
        change(self.desk.open_number)
        self.show_all()

    def _keep_note(self) -> None:
        """What is written counts, whatever is done next."""
        self.desk.write_note(self._noted, self.note.toPlainText())

    def _set(self, change: Callable[[LineSettings], LineSettings]) -> None:
        self.desk.set(self.desk.chosen, change)
        self.show_all()

    def _brush(self, emotion: str) -> None:
        self.tracks.brush = emotion
        self.tracks.redraw()

    def _drawn(self) -> None:
        """A stroke is done: one step to undo."""
        drawn = self.tracks.mood.copy()
        self.desk.draw([self.desk.open_number], lambda _: drawn)
        self.show_all()
