"""The panel without a screen: what it says, and that it never waits."""

from __future__ import annotations

import os
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

import numpy as np
import pytest

pytestmark = pytest.mark.skipif(find_spec("PySide6") is None, reason="the panel needs the ui extra")
LINE = Path(__file__).parents[3] / "examples" / "line.wav"
CORE = Path(__file__).parents[3] / "core"

SCRIPT = """
import sys, time
from pathlib import Path
from PySide6.QtWidgets import QApplication
from facetake_host.engine import EngineClient
from facetake_host.host import Character
from facetake_host.panel import Panel
from facetake_host.recording import RecordingHost
application = QApplication([])
worker = f"import sys; sys.path.insert(0, {sys.argv[2]!r}); from facetake.cli import main; sys.exit(main(['worker']))"
host, engine = RecordingHost(), EngineClient([sys.executable, "-c", worker])
def spin(panel, until):
    end = time.monotonic() + 60
    while not until() and time.monotonic() < end:
        application.processEvents()
        time.sleep(0.002)
    assert until()
"""


def run(code: str, folder: Path | None = None) -> str:
    """What a script with a panel prints; it may have a folder of its own."""
    done = subprocess.run(
        [sys.executable, "-c", SCRIPT + code, str(LINE), str(CORE), str(folder or "")],
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
        env={**os.environ, "QT_QPA_PLATFORM": "offscreen"},
    )
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


def test_sliders_can_be_gripped_in_a_narrow_dock() -> None:
    """At 520 pixels the slider of an emotion's weight has more than a hundred of them."""
    width, slider = run("""
panel = Panel(host, engine)
panel.resize(520, 600); panel.show(); application.processEvents()
print(panel.width(), panel.weight.slider.width())
engine.close()
""").split()
    assert int(width) == 520 and int(slider) > 100


def test_what_is_missing_is_said() -> None:
    """No line, no character, a line that is not there: each is a sentence in the panel."""
    said = run("""
panel = Panel(host, engine)
panel.generate(); print(panel.message.text())
panel.open([Path(sys.argv[1])]); panel.generate(); print(panel.message.text())
host.faces.append(Character("ann", "mh4")); panel.refresh()
panel.open([Path("gone.wav")]); spin(panel, lambda: "gone" in panel.message.text()); print(panel.message.text())
panel.generate(); spin(panel, lambda: not panel.is_busy); print(panel.message.text())
panel.restyle(); spin(panel, lambda: not panel.is_busy); print(panel.message.text())
engine.close()
""").splitlines()

    assert said == [
        "Choose a recorded line first, or drop one here.",
        "There is no character in the scene; open or reference one and press Refresh.",
        "no file gone.wav; check the path",
        "there is no sound file gone.wav; was it moved? choose it again",
        "ann has no keys to restyle; generate or key a take first",
    ]


def test_cancel_and_an_engine_that_dies() -> None:
    """Cancel ends the job; an engine that dies is told and the next line starts another; Generate works again."""
    said = run("""
host.faces.append(Character("ann", "mh4"))
panel = Panel(host, engine)
panel.open([Path(sys.argv[1])])
panel.generate(); panel.cancel(); spin(panel, lambda: not panel.is_busy); print(panel.message.text())
import tempfile, wave
long = Path(tempfile.mkdtemp()) / "long.wav"
with wave.open(str(long), "wb") as sound:
    sound.setnchannels(1); sound.setsampwidth(2); sound.setframerate(16000); sound.writeframes(bytes(2 * 16000 * 600))
panel.open([long])
panel.generate(); spin(panel, lambda: panel.bar.value() > 0); engine.kill()
spin(panel, lambda: not panel.is_busy); print(panel.message.text()); print(panel.go.isEnabled(), len(host.scene.layers))
panel.open([Path(sys.argv[1])])
panel.generate(); spin(panel, lambda: not panel.is_busy); print(panel.message.text(), panel.actor.count())
engine.close()
""").splitlines()

    assert said[0] == "Cancelled; what was not finished has left nothing in the scene."
    assert said[1].startswith("the engine stopped (exit code -9") and said[2] == "True 0"
    assert said[3].startswith("facetake_line: ") and said[3].endswith(" 6")


def test_a_joint_for_the_head_where_the_host_has_one() -> None:
    """A host that can turn a joint gets a field for its name; others do not."""
    said = run("""
print(hasattr(Panel(host, engine), "joint"))
host.head_joint = ""
panel = Panel(host, engine)
panel.joint.setText(" ann:head ")
print(host.head_joint)
""").splitlines()

    assert said == ["False", "ann:head"]


def test_the_connection_is_tested() -> None:
    """A button says where the engine is, of which version and with which models; or what is wrong, in one sentence."""
    said = run("""
panel = Panel(host, engine)
panel.link.click(); spin(panel, lambda: not panel.is_busy); print(panel.message.text())
engine.close()
for command in ([sys.executable, "-m", "nothing"], ["gone/python"]):
    panel = Panel(host, EngineClient(command))
    panel.link.click(); spin(panel, lambda: not panel.is_busy); print(panel.message.text())
old = "import json; asked = json.loads(input()); result = {'protocol': 1, 'version': '0.1.0'}; "
old += "print(json.dumps({'id': asked['id'], 'event': 'done', 'result': result}), flush=True); input()"
panel = Panel(host, EngineClient([sys.executable, "-c", old]))
panel.link.click(); spin(panel, lambda: not panel.is_busy); print(panel.message.text())
""").splitlines()

    assert said[0].startswith(f"The engine answers: version 0.2.0 of {sys.executable}, with 7 models (audio2rig, ")
    assert said[1].startswith(f"the Python at {sys.executable} has no Facetake in it") and "install the" in said[1]
    assert said[2] == "the engine does not start (gone/python: No such file or directory)"
    assert said[3] == "the engine is of version 0.1.0 and the plugin of 0.2.0; install both from the same release"


def test_a_take_is_played_live_and_stopped() -> None:
    """The take that is shown goes out until Cancel; before there is one, and when it has gone, that is told."""
    said = run("""
import socket
host.faces.append(Character("ann", "mh4"))
panel = Panel(host, engine)
panel.live.click(); print(panel.message.text())
panel.open([Path(sys.argv[1])])
panel.generate(); spin(panel, lambda: not panel.is_busy)
listener = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
listener.bind(("127.0.0.1", 0)); listener.settimeout(20)
from facetake_host import jobs
elsewhere = {"port": listener.getsockname()[1]}
answer = jobs.answer
def ask(engine, do, fields, *rest): return answer(engine, do, {**fields, **(elsewhere if do == "live" else {})}, *rest)
jobs.answer = ask
panel.live.click(); print(panel.live.isEnabled(), panel.stop.isEnabled())
spin(panel, lambda: panel.bar.value() > 5)
print(b"Facetake" in listener.recv(2000))
panel.stop.click(); spin(panel, lambda: not panel.is_busy); print(panel.live.isEnabled())
panel.live.click(); spin(panel, lambda: panel.bar.value() > 0)
panel.open([Path(sys.argv[1])]); spin(panel, lambda: not panel.is_busy and panel.tracks.mood is not None)
panel.generate(); spin(panel, lambda: not panel.is_busy); engine.close()
panel.live.click(); spin(panel, lambda: not panel.is_busy); print(panel.message.text())
engine.close()
""").splitlines()

    assert said == [
        "Nothing is made of this line yet; generate it first.",
        "False True",
        "True",
        "True",
        "this take went with the engine that made it; generate it once more to play it",
    ]


def test_objects_of_a_scene_are_picked() -> None:
    """A host whose scene has objects gets fields and buttons for what is looked at and from where; others do not."""
    said = run("""
from PySide6.QtWidgets import QPushButton
def buttons(panel): return [one for one in panel.findChildren(QPushButton) if one.text() in ("Selected", "Camera")]
print(len(buttons(Panel(host, engine))))
class Picking(RecordingHost):
    eyes = ""
    def selection(self): return "apple"
    def camera(self): raise HostProblem("the shot has no camera")
from facetake_host.problems import HostProblem
host = Picking(faces=[Character("ann", "mh4")], places={"apple": lambda frame: (0.1, 0.2, 1.0 + frame)})
panel = Panel(host, engine)
for one in buttons(panel): one.click()
print(len(buttons(panel)), panel.target.text(), host.eyes, panel.message.text())
panel.open([Path(sys.argv[1])]); panel.generate(); spin(panel, lambda: not panel.is_busy); print(panel.message.text())
panel.target.setText("pear"); panel.generate(); spin(panel, lambda: not panel.is_busy); print(panel.message.text())
engine.close()
""").splitlines()

    assert said[:2] == ["0", "3 apple apple the shot has no camera"] and said[2].startswith("facetake_line: ")
    assert said[3] == "there is no object pear in the scene; choose another one to look at"


STRIP = """
import shutil
from PySide6.QtCore import QPoint, Qt
from PySide6.QtTest import QTest
folder = Path(sys.argv[3]); line = folder / "line.wav"; shutil.copy(sys.argv[1], line)
beside = folder / "line.edits.toml"
host.faces.append(Character("ann", "mh4"))
panel = Panel(host, engine); panel.resize(760, 760); panel.show(); strip = panel.tracks
TEXT = "Hold the bridge until the morning bell. I promise you, we will be back before they find the boat."
def settle(): spin(panel, lambda: not panel.is_busy and not panel._look and not panel._talk.is_waiting)
def key(name, *modifiers):
    held = Qt.KeyboardModifier.NoModifier
    for one in modifiers: held |= getattr(Qt.KeyboardModifier, f"{one}Modifier")
    QTest.keyClick(strip, getattr(Qt.Key, f"Key_{name}"), held); settle()
def at(time_s, lane="phones"): return QPoint(round(strip._x(time_s)), round(strip.lane(lane).center().y()))
def drag(place, by_s):
    end_s, left, none = strip.line.phones[place].end_s, Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier
    QTest.mousePress(strip, left, none, at(end_s))
    for part in (0.3, 0.6, 1.0): QTest.mouseMove(strip, at(end_s + part * by_s))
    QTest.mouseRelease(strip, left, none, at(end_s + by_s)); settle()
def say(text):
    panel.transcript.setText(text); panel.transcript.editingFinished.emit(); settle()
panel.open([line]); settle()
"""


def test_phones_are_changed_on_the_panel_s_strip(tmp_path: Path) -> None:
    """By mouse and keys, each kept beside the sound and undone to the byte; Generate then mutes the take before."""
    said = run(
        STRIP
        + """
say(TEXT); print(" ".join(one.text for one in strip.line.words[:3]), strip.line.phones[6].symbol)
panel.generate(); settle(); print(panel.message.text().split(":")[0])
end_s = strip.line.phones[6].end_s
strip.look_at(0.3, 2.2); states = [""]
def note(): states.append(beside.read_text() if beside.exists() else "")
drag(6, 0.05); note(); print(round(strip.line.phones[6].end_s - end_s, 2), strip.line.phones[6].is_edited)
for keys in (["3"], ["Left", "Alt"], ["Left", "Alt", "Shift"], ["Right"], ["1"], ["Insert"], ["Up"], ["3"], ["Down"],
             ["Delete"]):
    key(*keys); note()
print(strip.line.words[2].emphasis, len(set(states)), all("version" in one for one in states[1:]))
strip.choose(phone=8); key("Return"); field = strip.findChild(object, "phone_field")
field.setText("f"); QTest.keyClick(field, Qt.Key.Key_Return); settle(); print(strip.line.phones[8].symbol); note()
panel.generate(); settle()
print([one.name for one in host.scene.layers if not one.is_muted], panel.message.text().split(". ")[1])
for state in list(dict.fromkeys(states))[-2::-1]:
    key("Z", "Control"); assert (beside.read_text() if beside.exists() else "") == state
key("Z", "Control"); print(panel.message.text())
for state in list(dict.fromkeys(states))[1:]:
    key("Y", "Control"); assert beside.read_text() == state
strip.choose(phone=2); beside.write_text("version = 1\\n"); key("Delete"); print(panel.message.text())
engine.close()
""",
        tmp_path,
    ).splitlines()

    assert said == [
        "Hold the bridge B",
        "facetake_line",
        "0.03 True",  # the next phone keeps 20 ms
        "1.0 9 True",
        "F",
        "['facetake_line_2'] With the edits of line.edits.toml.",
        "There is nothing to undo on the strip.",
        "the line's edits were changed elsewhere meanwhile and are shown anew; do it once more",
    ]


def test_the_strip_waits_for_jobs_and_knows_every_phone(tmp_path: Path) -> None:
    """A line that is not heard yet is heard after the job; without words there are phones; what is wrong is told."""
    from facetake import phones
    from facetake_host.phones import SYMBOLS

    said = run(
        STRIP
        + """
panel.open([line]); panel.generate(); settle(); print(len(strip.line.phones) > 20, len(strip.line.words))
strip.choose(phone=3); strip._end_typing(); strip.changed.emit({"do": "change", "place": 3, "symbol": "QQ"}); settle()
print(panel.message.text()); print(beside.exists())
panel._show_script("gone.srt"); panel._open_phones(); settle(); print(panel.message.text())
engine.close()
""",
        tmp_path,
    ).splitlines()
    assert said[0] == "True 0" and said[1].startswith("there is no phone 'QQ'; use one of AA") and said[2] == "False"
    assert said[3].startswith("cannot read gone.srt")
    assert sorted(SYMBOLS) == sorted(one for one in phones.PHONES if one != phones.SILENCE)


WINDOW = """
import sys, time; sys.path.insert(0, {core!r})
from pathlib import Path
from PySide6.QtWidgets import QApplication
from facetake.ui.window import Window
application = QApplication([]); window = Window(); window.show(); window.open([Path(sys.argv[1])])
def settle():
    end = time.monotonic() + 60
    while (window.maker.is_busy or window.editor.is_busy) and time.monotonic() < end: application.processEvents()
settle(); window.tracks.choose(word=2); window.tracks.asked.emit("hard"); settle(); window.do("save")
assert not window.desk.is_changed and window.close()
"""


def test_what_is_saved_in_the_real_window_comes_to_the_scene(tmp_path: Path) -> None:
    """The window opens on the line, a word is leant on there and saved: a take comes, and the strip shows it."""
    said = run(
        STRIP
        + f"""
engine._window = [sys.executable, "-c", {WINDOW.format(core=str(CORE))!r}]
say(TEXT); panel.generate(); settle(); before = host.scene
panel.edit(); spin(panel, lambda: not panel._windows); settle()
heard = [one.name for one in host.scene.layers if not one.is_muted]
print(heard, strip.line.words[2].emphasis, panel.transcript.text() == TEXT)
print(host.scene.layers[1].keys != before.layers[0].keys, panel.stop.isEnabled(), len(host.undos))
host.undo(); print(host.scene == before)
engine._window = [sys.executable, "-c", "import sys; sys.exit('facetake: error: the window cannot open (no Qt)')"]
panel.edit(); spin(panel, lambda: "cannot open" in panel.message.text()); print(panel.message.text())
engine.close()
""",
        tmp_path,
    ).splitlines()
    assert said == ["['facetake_line_2'] 1.0 True", "True False 2", "True", "the window cannot open (no Qt)"]


def test_what_is_heard_is_drawn_to_be_changed() -> None:
    """With "from the voice" the emotion is heard, told and drawn; a stroke of the person's own takes over."""
    said = run("""
host.faces.append(Character("ann", "mh4"))
panel = Panel(host, engine)
panel.open([Path(sys.argv[1])]); panel.listen.setChecked(True)
panel.generate(); spin(panel, lambda: not panel.is_busy); print(panel.message.text())
panel.tracks.mood.follow(["0.00 neutral", "1.00 happy:0.8", "2.00 happy:0.4+sad:0.2"])
print([round(panel.tracks.mood.weights["happy"][step], 2) for step in (0, 5, 10, 20, 30)])
panel.tracks.drawn.emit(); print(panel.listen.isChecked())
engine.close()
""").splitlines()

    assert " Heard " in said[0] and said[1:] == ["[0.0, 0.4, 0.8, 0.4, 0.4]", "False"]


def test_drawn_emotion_is_few_cues_that_never_exceed_one(tmp_path: Path) -> None:
    """Strokes over each other make room, straight stretches need no cue of their own."""
    from facetake import emotion
    from facetake.emotion import weights
    from facetake_host.mood import Mood

    mood = Mood(10.0)
    assert mood.is_neutral and mood.cues() == "0.0 neutral\n10.0 neutral\n"
    mood.paint("happy", 1.0, 0.9, 9.0, 0.9)
    mood.paint("sad", 6.0, 0.8, 3.0, 0.2)
    lines = mood.cues().splitlines()

    assert not mood.is_neutral and len(lines) < 25
    for line in lines:
        assert weights(line.split()[1], line).sum() == pytest.approx(1.0)
    for step in range(600):  # a hill so slow that no three neighbours bend
        mood = Mood(60.0) if step == 0 else mood
        at = step * 0.1
        mood.paint("happy", at, 1 - abs(at / 30 - 1) ** 2, at, 1 - abs(at / 30 - 1) ** 2)
    path = tmp_path / "cues.txt"
    path.write_text(mood.cues())
    heard = emotion.parse(str(path)).sample(np.arange(600) / 10)[:, 1]
    assert np.abs(heard - np.array(mood.weights["happy"][:600])).max() < 0.02
    mood = Mood(10.0)
    mood.fill("fear", 0.5)
    assert mood.cues() == "0.0 fear:0.5\n10.0 fear:0.5\n"
