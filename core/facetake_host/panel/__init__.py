"""The panel: choose a character and a recording, draw the emotion, generate, restyle. In Maya.

It computes nothing and never waits: a timer takes one step of the running job at a time, so that the host's window
stays alive, and everything the engine says comes through `facetake_host.engine`.
"""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

from PySide6.QtCore import Qt, QTimer, Signal
from PySide6.QtGui import QDragEnterEvent, QDropEvent
from PySide6.QtWidgets import (
    QCheckBox,
    QFileDialog,
    QFormLayout,
    QHBoxLayout,
    QLabel,
    QLineEdit,
    QProgressBar,
    QPushButton,
    QVBoxLayout,
    QWidget,
)

from facetake_host import jobs
from facetake_host.curves import Delivery
from facetake_host.engine import EngineClient, Request
from facetake_host.host import Character, Host, ScenePicker
from facetake_host.jobs import JobResult, Status
from facetake_host.mood import EMOTIONS, Mood
from facetake_host.panel.strip import PhoneTracks
from facetake_host.panel.widgets import ClickBox, NumberedSlider
from facetake_host.problems import HostProblem, JobCancelled
from facetake_host.strip_talk import StripTalk

TICK_MS = 12  # by choice: a job's steps follow each other at once, and the host stays free between them
OWN = "own manner"
REGIONS = ("main", "brow", "eye", "cheek", "nose", "mouth", "jaw", "teeth", "tongue", "neck")
SCRIPT = "Transcripts (*.txt *.srt *.vtt *.TextGrid *.lab *.json);;All files (*)"
SOUND = "Sound (*.wav *.flac *.ogg *.opus *.mp3 *.aif *.aiff *.m4a);;All files (*)"


class Panel(QWidget):
    """What an animator sees of Facetake.

    Signals:
        made: a take is in the scene.
    """

    made = Signal(object)

    def __init__(self, host: Host, engine: EngineClient, parent: QWidget | None = None) -> None:
        """Shows the characters of the host; the engine starts when it is first needed."""
        super().__init__(parent)
        self._host = host
        self._engine = engine
        self._sounds: list[Path] = []
        self._job: Iterator[Status] | Iterator[Status | JobResult] | None = None
        self._cancel = threading.Event()
        self._look = list[Request]()
        self._characters: list[Character] = []
        self._delivery: Delivery | None = None
        self._made: JobResult | None = None
        self._is_playing = False
        self._moods = dict[Path, Mood]()
        self._mood: Mood | None = None
        self._shown: Path | None = None
        self._stepping = False
        self._script = ""
        self._generated: JobResult | None = None  # the last take of the line, which one with changes on the strip mutes
        self._is_edited = False  # on the strip, since that take
        self._windows = list[tuple[Iterator[Status] | Iterator[Status | JobResult], threading.Event]]()
        self._talk = StripTalk(engine, self.say)
        self._timer = QTimer(self)
        self._timer.setInterval(TICK_MS)
        self._timer.timeout.connect(self._tick)
        self.setAcceptDrops(True)
        self._build()
        self.refresh()

    def refresh(self) -> None:
        """Looks for characters again."""
        try:
            self._characters = self._host.characters()
        except HostProblem as problem:
            self._characters = []
            self.say(str(problem), is_problem=True)
        self.character.clear()
        self.character.addItems([one.name for one in self._characters])

    def open(self, paths: list[Path]) -> None:
        """Takes recordings; the first is shown, and nothing of another line's."""
        self._choose(paths)
        self.say("")
        self._show_sound(paths[0])

    def say(self, text: str, *, is_problem: bool = False) -> None:
        """A line for the person."""
        self.message.setText(text)
        self.message.setProperty("kind", "problem" if is_problem else "news")
        self.message.style().polish(self.message)

    def _choose(self, paths: list[Path]) -> None:
        """The recordings to work on, which share a mood; it is as it was drawn for them before."""
        if self._sounds and self._mood is not None:
            self._moods[self._sounds[0]] = self._mood
        self._mood = self._moods.get(paths[0])
        self._sounds = paths
        more = f" and {len(paths) - 1} more" if len(paths) > 1 else ""
        self.sound.setText(f"{paths[0].name}{more}")

    def _show_sound(self, path: Path) -> None:
        """Asks for a recording's waveform; until it comes, nothing of another one's is seen."""
        if self._is_playing:
            self.cancel()
        self._shown = path
        self._delivery = None
        self._made = self._generated = None
        self._is_edited = False
        self._talk.open(None, {})
        self.tracks.show_line(self._talk.line)
        self.tracks.show_sound(0.0, (), self._mood or Mood())
        try:
            self._look = [self._engine.ask("inspect", path=str(path))]
        except HostProblem as problem:
            self.say(str(problem), is_problem=True)
        self._timer.start()

    @property
    def is_busy(self) -> bool:
        """Whether a job runs."""
        return self._job is not None

    def generate(self) -> None:
        """Starts to generate what is chosen."""
        if not self._sounds:
            self.say("Choose a recorded line first, or drop one here.", is_problem=True)
            return
        self._start("generate")

    def edit(self) -> None:
        """Opens the window on the line; what is saved there comes into the scene, while the panel goes on."""
        character = self._character()
        if not self._sounds:
            self.say("Choose a recorded line first, or drop one here.", is_problem=True)
        elif character is not None:
            cancel = threading.Event()
            try:
                target, options = self.target.text().strip(), self._options()
            except HostProblem as problem:
                self.say(str(problem), is_problem=True)
                return
            sound, made = self._shown or self._sounds[0], self._generated
            job = jobs.edit_line(
                self._host, self._engine, character, sound, options, target=target, made=made, cancel=cancel
            )
            self._windows.append((job, cancel))
            self.stop.setEnabled(True)
            self._timer.start()

    def restyle(self) -> None:
        """Starts to restyle what is in the scene."""
        self._start("restyle")

    def play(self) -> None:
        """Starts to send the take that is shown to Unreal's Live Link, in time with its sound; Cancel stops it."""
        if self._made is None:
            self.say("Nothing is made of this line yet; generate it first.", is_problem=True)
            return
        self._is_playing = self._begin(jobs.play(self._engine, self._made, self._fresh()))

    def test(self) -> None:
        """Asks the engine whether it can be used; the answer, or what is wrong, is a sentence in the panel."""
        self._begin(jobs.connection(self._engine, self._fresh()))

    def cancel(self) -> None:
        """Asks the running job to stop; without one, nothing more comes from the windows that are open."""
        self._cancel.set()
        for _, cancel in self._windows if self._job is None else ():
            cancel.set()

    def dragEnterEvent(self, event: QDragEnterEvent) -> None:
        """Files are welcome."""
        if event.mimeData().hasUrls():
            event.acceptProposedAction()

    def dropEvent(self, event: QDropEvent) -> None:
        """Recordings dropped on the panel."""
        found = [Path(url.toLocalFile()) for url in event.mimeData().urls() if url.isLocalFile()]
        if found:
            event.acceptProposedAction()
            self.open(found)

    def browse(self) -> None:
        """Asks for recordings."""
        names, _ = QFileDialog.getOpenFileNames(self, "Recorded lines", "", SOUND)
        if names:
            self.open([Path(name) for name in names])

    def browse_script(self) -> None:
        """Asks for a file of the line's words."""
        name, _ = QFileDialog.getOpenFileName(self, "Transcript", "", SCRIPT)
        if name:
            self.transcript.clear()
            self._show_script(name)
            self._open_phones()

    def _show_script(self, path: str) -> None:
        """A file of the line's words, or none."""
        self._script = path
        self.transcript.setPlaceholderText(f"from {Path(path).name}" if path else "what is said; empty: as it is heard")

    def _words(self) -> dict[str, object]:
        """What is said, as the engine takes it; of several lines, each has a file of its name beside the one chosen."""
        script = str(Path(self._script).parent) if self._script and len(self._sounds) > 1 else self._script
        return jobs.words(self.transcript.text(), script)

    def _open_phones(self) -> None:
        """Asks for the words and phones of the line that is shown."""
        self._talk.open(self._shown if self.tracks.duration_s else None, self._words())
        self._timer.start()

    def _change_phones(self, change: dict[str, object]) -> None:
        self._talk.change(change)
        self._is_edited = True
        self._timer.start()

    def _travel(self, way: str) -> None:
        self._talk.travel(way)
        self._is_edited = True
        self._timer.start()

    def _build(self) -> None:
        self.character = ClickBox()
        self.sound = QLabel("no line yet")
        self.message = QLabel("")
        self.emotion = ClickBox()
        self.weight = NumberedSlider(70)
        self.emotion.addItems(EMOTIONS)
        self.listen = QCheckBox("from the voice")
        self.listen.setToolTip("Hear the emotion in the line; what was heard is drawn, to be changed and made again")
        self.style_name = ClickBox()
        self.strength = NumberedSlider(80)
        self.style_name.addItems(["neutral", *EMOTIONS])
        self.style_name.setCurrentText("happy")
        self.region = ClickBox()
        self.region.addItems(REGIONS)
        self.actor = ClickBox()
        self.actor.addItems([OWN])
        self.blink, self.gaze, self.head = (QCheckBox(name) for name in ("blinks", "gaze", "head"))
        for box in (self.blink, self.gaze, self.head):
            box.setChecked(True)
        self.transcript = QLineEdit()
        self.transcript.setToolTip("What is said, for lips that keep to it; a word in {braces} is one to lean on")
        self._show_script("")
        self.tracks = PhoneTracks(self)
        self.bar = QProgressBar()
        self.bar.setMaximum(100)
        self.bar.setTextVisible(False)
        self.message.setWordWrap(True)
        self.go, self.change, self.stop = (QPushButton(name) for name in ("Generate", "Restyle", "Cancel"))
        self.edit_line = QPushButton("Edit phones and words...")
        self.edit_line.setToolTip("Open the line in Facetake's window; what you save there is laid over its keys here")
        self.live, self.link = (QPushButton(name) for name in ("Play live", "Test connection"))
        self.live.setToolTip("Send this take to Unreal's Live Link on this machine, in time with its sound")
        self.link.setToolTip("Whether the engine is found, where, and of which version")
        self.stop.setEnabled(False)
        named = "character sound transcript emotion listen region tracks go change stop live link edit_line message bar"
        for name in named.split():
            getattr(self, name).setObjectName(name)
        self._lay_out()
        self.go.clicked.connect(self.generate)
        self.change.clicked.connect(self.restyle)
        self.stop.clicked.connect(self.cancel)
        self.live.clicked.connect(self.play)
        self.link.clicked.connect(self.test)
        self.emotion.currentTextChanged.connect(self._choose_brush)
        self.tracks.drawn.connect(lambda *_: self.listen.setChecked(False))
        self.tracks.changed.connect(self._change_phones)
        self.tracks.asked.connect(self._travel)
        self.edit_line.clicked.connect(self.edit)
        self.transcript.editingFinished.connect(self._open_phones)
        self.region.currentTextChanged.connect(self._show_curves)

    def _lay_out(self) -> None:
        browse, refresh, fill, clear = (QPushButton(name) for name in ("Browse...", "Refresh", "Whole line", "Clear"))
        script = QPushButton("File...")
        script.setToolTip("A text, subtitle, TextGrid or transcript; of several lines, each has its own of its name")
        script.clicked.connect(self.browse_script)
        browse.clicked.connect(self.browse)
        refresh.clicked.connect(self.refresh)
        fill.clicked.connect(lambda: self._fill(self.weight.value() / 100))
        clear.clicked.connect(lambda: self._fill(0.0))
        form = QFormLayout()
        form.setLabelAlignment(Qt.AlignmentFlag.AlignRight)
        form.addRow("Character", _row(self.character, refresh))
        form.addRow("Line", _row(self.sound, browse))
        form.addRow("Transcript", _row(self.transcript, script, self.edit_line))
        form.addRow("Emotion", _row(self.emotion, self.weight))
        form.addRow("", _row(fill, clear, self.listen))
        if hasattr(self._host, "head_joint"):  # a host whose faces do not carry their head
            self.joint = QLineEdit()
            self.joint.setPlaceholderText("joint that head motion turns; empty: leave the head alone")
            self.joint.textChanged.connect(lambda name: setattr(self._host, "head_joint", name.strip()))
            form.addRow("Head joint", self.joint)
        self._add_targets(form)
        column = QVBoxLayout(self)
        column.addLayout(form)
        column.addWidget(self.tracks)
        column.addWidget(_row(QLabel("Curves"), self.region, self.blink, self.gaze, self.head, self.go))
        column.addWidget(_row(QLabel("Style"), self.style_name, self.strength, self.actor, self.change))
        column.addWidget(_row(self.bar, self.live, self.link, self.stop))
        column.addWidget(self.message)
        column.addStretch(1)

    def _add_targets(self, form: QFormLayout) -> None:
        """What is looked at, and from where, in a host whose scene has objects to pick."""
        self.target = QLineEdit()
        self.eyes = QLineEdit()
        self.target.setPlaceholderText("empty: nothing in particular")
        self.target.setToolTip("An object of the scene that eyes and head look at over the line")
        self.eyes.setPlaceholderText("a locator between the eyes")
        self.eyes.setToolTip("Its Y up and its Z where the face looks; it goes with the neck, not with the head")
        if not isinstance(self._host, ScenePicker):
            return
        picker = self._host
        camera, look, eyes = (QPushButton(name) for name in ("Camera", "Selected", "Selected"))
        for button, line, pick in (
            (camera, self.target, picker.camera),
            (look, self.target, picker.selection),
            (eyes, self.eyes, picker.selection),
        ):
            button.clicked.connect(lambda _=False, line=line, pick=pick: self._pick(line, pick))
        self.eyes.textChanged.connect(lambda name: setattr(picker, "eyes", name.strip()))
        form.addRow("Looks at", _row(self.target, look, camera))
        form.addRow("Eyes", _row(self.eyes, eyes))

    def _pick(self, line: QLineEdit, pick: Callable[[], str]) -> None:
        """Writes the name of what the host picks into a field."""
        try:
            line.setText(pick())
        except HostProblem as problem:
            self.say(str(problem), is_problem=True)

    def _choose_brush(self, emotion: str) -> None:
        self.tracks.brush = emotion
        self.tracks.redraw()

    def _fill(self, weight: float) -> None:
        self.tracks.mood.fill(self.tracks.brush, weight)
        self.tracks.redraw()

    def _character(self) -> Character | None:
        """The one that is chosen; None, which is told, where there is none."""
        index = self.character.currentIndex()
        if index < 0:
            self.say("There is no character in the scene; open or reference one and press Refresh.", is_problem=True)
            return None
        return self._characters[index]

    def _start(self, do: str) -> None:
        character = self._character() if self._job is None else None
        if character is None:
            return
        try:
            if do == "generate":
                target = self.target.text().strip()
                old = self._generated if self._is_edited and len(self._sounds) == 1 else None
                job = jobs.generate(
                    self._host,
                    self._engine,
                    character,
                    self._sounds,
                    self._options(),
                    target=target,
                    start_frame=old.start_frame if old else None,
                    lays_sound=old is None,
                    cancel=self._fresh(),
                )
            else:
                job = jobs.restyle(self._host, self._engine, character, self._style(), cancel=self._fresh())
        except HostProblem as problem:
            self.say(str(problem), is_problem=True)
            return
        self._begin(job)

    def _fresh(self) -> threading.Event:
        """What Cancel sets for the job that is about to begin; that of one that runs stays as it is."""
        if self._job is None:
            self._cancel = threading.Event()
        return self._cancel

    def _begin(self, job: Iterator[Status] | Iterator[Status | JobResult]) -> bool:
        """Takes the steps of a job from now on, unless another one runs; whether it is this one."""
        if self._job is not None:
            return False
        self._job = job
        self._talk.pause()
        self.say("")
        self._show_busy(True)
        self._timer.start()
        return True

    def _options(self) -> dict[str, object]:
        parts = {name: getattr(self, name).isChecked() for name in ("blink", "gaze", "head")}
        return {"emotion": self._emotion(), **parts, **self._words()}

    def _style(self) -> dict[str, object]:
        actor = "" if self.actor.currentText() == OWN else self.actor.currentText()
        return {"style": f"{self.style_name.currentText()}:{self.strength.value() / 100:g}", "actor": actor}

    def _emotion(self) -> str:
        """What is drawn, as a file of cues; several lines share it, held after its end. Or "auto"."""
        if self.listen.isChecked():
            return "auto"
        if self.tracks.mood.is_neutral:
            return "neutral"
        path = self._engine.folder / "emotion.txt"
        try:
            path.write_text(self.tracks.mood.cues(), encoding="utf-8", newline="\n")
        except OSError as error:
            raise HostProblem(f"{path} cannot be written ({error.strerror or error}); free some space") from error
        return str(path)

    def _tick(self) -> None:
        """One step of whatever is under way; none while one is being taken, as a host may turn to events meanwhile."""
        if self._stepping:
            return
        self._stepping = True
        try:
            self._step()
        finally:
            self._stepping = False

    def _step(self) -> None:
        self._look_at_sound()
        if self._talk.poll():
            self.tracks.show_line(self._talk.line)
        if self._job is not None:
            self._step_of(self._job, self._end)
        elif self._windows:
            self._step_window()
        elif not self._look and not self._talk.is_waiting:
            self._timer.stop()

    def _step_window(self) -> None:
        """Looks at the window whose turn it is; each has one in turn."""
        window, before = self._windows[0], self._made
        ended = list[bool]()

        def end(message: str = "") -> None:
            ended.append(True)
            if message:
                self.say(message, is_problem=message != jobs.CANCELLED)

        self._step_of(window[0], end)
        self._windows = [*self._windows[1:], *([] if ended else [window])]
        if self._made is not before and self._made is not None:
            self._take_words(self._made.text)
        if self._job is None:
            self.stop.setEnabled(bool(self._windows))

    def _take_words(self, text: str) -> None:
        """What the window has for the line's words stands in the field, and its phones on the strip."""
        if text:
            self.transcript.setText(text)
            self.transcript.setCursorPosition(0)
            self._show_script("")
        self._open_phones()

    def _step_of(self, job: Iterator[Status] | Iterator[Status | JobResult], end: Callable[..., None]) -> None:
        """Takes a step of a job; `end` is told at its end, with what went wrong."""
        try:
            self._show(next(job))
        except StopIteration:
            end()
        except JobCancelled:
            end(jobs.CANCELLED)
        except HostProblem as problem:
            end(str(problem))
        except Exception as error:  # a panel must not break its host
            end(f"Something unforeseen went wrong ({type(error).__name__}: {error}); it has left nothing in the scene.")

    def _show(self, step: Status | JobResult) -> None:
        if isinstance(step, Status):
            self.bar.setValue(round(100 * step.share))
            if step.news:
                self.say(step.news)
            return
        self.say(jobs.summary(step))
        self._made = jobs.with_sound(self._made, step)
        if step.sound is not None:
            self._generated, self._is_edited = step, False
        self._delivery = step.delivery
        if step.delivery.cues:
            self.tracks.mood.follow(step.delivery.cues)
            self.tracks.redraw()
        self._show_curves()
        self.made.emit(step)

    def _show_curves(self) -> None:
        found = self._delivery
        if found is None:
            self.tracks.show_take((), {}, 1.0)
        else:
            self.tracks.show_take(found.visemes, found.plot.get(self.region.currentText(), {}), found.plot_fps)

    def _end(self, message: str = "") -> None:
        self._job = None
        self._is_playing = False
        self._talk.resume()
        if message:
            self.say(message, is_problem=message != jobs.CANCELLED)
        self._show_busy(False)
        self._learn_actors()

    def _show_busy(self, busy: bool) -> None:
        for button in (self.go, self.change, self.live, self.link):
            button.setEnabled(not busy)
        self.stop.setEnabled(busy or bool(self._windows))
        self.bar.setValue(0)

    def _learn_actors(self) -> None:
        """The actors that the engine knows, once it has greeted."""
        if self.actor.count() == 1 and (found := self._engine.about.get("actors")):
            self.actor.addItems(found)

    def _look_at_sound(self) -> None:
        """The waveform, when the engine has sent it."""
        for request in self._look:
            for event in request.poll():
                with contextlib.suppress(KeyError):
                    facts = event["result"]["facts"]
                    self._mood = self._mood or Mood(facts["duration_s"])
                    self.tracks.show_sound(facts["duration_s"], facts["envelope"], self._mood)
                    self._show_curves()
                    self._open_phones()
                if event["event"] == "failure":
                    self.say(event["message"], is_problem=True)
        self._look = [request for request in self._look if not request.is_over]


def _row(*widgets: QWidget) -> QWidget:
    holder = QWidget()
    row = QHBoxLayout(holder)
    row.setContentsMargins(0, 0, 0, 0)
    for widget in widgets:
        row.addWidget(
            widget, 1 if isinstance(widget, ClickBox | NumberedSlider | QProgressBar | QLabel | QLineEdit) else 0
        )
    return holder
