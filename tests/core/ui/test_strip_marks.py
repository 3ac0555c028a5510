"""Marks and keys on the strip: by mouse and by keyboard alone, undone to every byte, and kept whatever is made anew."""

from __future__ import annotations

from importlib.util import find_spec
from pathlib import Path

import numpy as np
import pytest
import soundfile
from strip_told import told

from facetake import edits, formats, rig
from facetake.cli import main

MISSING = [name for name in ("PySide6", "numba", "av") if find_spec(name) is None]
pytestmark = pytest.mark.skipif(bool(MISSING), reason=f"the window needs {', '.join(MISSING)}")
HERE = Path(__file__).parent
LINE = Path(__file__).parents[3] / "examples" / "line.wav"
JAW = rig.NAMES.index("CTRL_C_jaw.translateY")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A short line, one of a tenth of a second, and one without a word."""
    sound, rate = soundfile.read(LINE)
    soundfile.write(tmp_path / "a.wav", sound[: 3 * rate], rate)
    soundfile.write(tmp_path / "brief.wav", sound[rate : rate + rate // 10], rate)
    soundfile.write(tmp_path / "quiet.wav", np.zeros(2 * rate), rate)
    return tmp_path


def test_everything_is_marked_by_the_keyboard(folder: Path) -> None:
    """An event with its amount, a cue, a look, a lock and a key: marked, moved, typed, sized, deleted; then undone."""
    (found,) = told(
        folder,
        """
begin(); first, plain = digest(), text(); steps = len(window.desk.undos)
window.transport.seek(0.2); window.do("mark_event"); write("breath in"); key("3")
key("Right", ALT); key("Right", ALT | SHIFT)
event = window.desk.line.edits.events[0]
window.transport.seek(1.0); window.do("mark_emotion"); settle(); write("angry:0.5"); key("1"); key("Right", ALT)
cue = window.desk.line.edits.emotion[0]
window.transport.seek(1.5); window.do("mark_gaze"); settle(); write("0.3,0.1,0.6"); key("Left", ALT)
look = window.desk.line.edits.gaze[0]
window.do("mark_lock"); settle(); write("brow"); lock = window.desk.line.edits.locks[0]
window.transport.seek(2.0); window.do("set_key"); settle(); write("0.6")
key("Up", ALT); key("Up", ALT | SHIFT); key("Left", ALT)
curve = window.desk.line.edits.curves[0]
lanes = []
for _ in range(6): lanes.append(strip.chosen_lane.name); key("Up")
key("Down"); key("Down"); key("Delete"); count = window.desk.line.edits.count
edited = digest()
labels = [step.label for step in window.desk.undos[steps:]]
while len(window.desk.undos) > steps: window.undo()
settle(); undone, back = digest(), text()
while window.desk.redos: window.redo()
settle()
tell(event=[event.kind, event.amount, event.from_s, event.to_s],
     cue=[cue.at_s, cue.emotion], look=[look.at_s, look.look],
     lock=lock.region, curve=[curve.times_s, curve.values], lanes=lanes, count=count, labels=labels,
     same=[first == undone, plain == back, edited == digest(), first != edited])
""",
    )
    assert found["event"] == ["breath_in", 1.0, pytest.approx(0.2167, abs=2e-3), pytest.approx(0.8167, abs=2e-3)]
    assert found["cue"] == [pytest.approx(1.0167, abs=1e-3), "angry:0.3"]
    assert found["look"] == [pytest.approx(1.4833, abs=1e-3), "0.3,0.1,0.6"]
    assert found["lock"] == "brow"
    assert found["curve"][0][1] == pytest.approx(1.9833, abs=1e-3) and found["curve"][1][1] == pytest.approx(0.66)
    assert found["lanes"] == ["keys", "emotion", "locks", "gaze", "events", "phones"]
    assert found["count"] == 4 and found["labels"][-1] == "delete look"
    assert found["same"] == [True] * 4
    assert found["labels"][:5] == ["mark event", "change event", "change event", "move event", "move event"]


def test_everything_is_marked_by_the_mouse(folder: Path) -> None:
    """Ends and whole marks are dragged, keys over time and value; double clicks add; a drag is one step."""
    (found,) = told(
        folder,
        """
begin(); window.transport.seek(0.5); QTest.mouseClick(marks.mark, LEFT); settle()
known = lambda: window.desk.line.edits
steps = len(window.desk.undos); end_s = known().events[0].to_s
pull(at(end_s, "events"), at(end_s + 0.4, "events")); longer = known().events[0].to_s
pull(at(0.8, "events"), at(1.0, "events")); moved = [known().events[0].from_s, known().events[0].to_s]
drags = len(window.desk.undos) - steps
QTest.mouseDClick(strip, LEFT, NONE, at(2.2, "events")); settle(); added = len(known().events)
marks.sort.setCurrentIndex(1); marks.sort.activated.emit(1)
marks.said.setEditText("sad"); marks.amount.setCurrentText("0.4")
window.transport.seek(1.0); QTest.mouseClick(marks.mark, LEFT); settle(); cue = known().emotion[0].emotion
flag = QPoint(round(strip.x_at(1.0)), round(strip.by_name["emotion"].box.center().y()))
pull(flag, flag + QPoint(round(strip.x_at(0.3) - strip.x_at(0.0)), 0)); cue_s = known().emotion[0].at_s
marks.amount.setCurrentText("0.9"); marks.amount.textActivated.emit("0.9"); settle(); sized = known().emotion[0].emotion
marks.sort.setCurrentIndex(4); marks.sort.activated.emit(4)
spot = at(1.5, "keys") - QPoint(0, 5)
QTest.mouseDClick(strip, LEFT, NONE, spot); settle()
there = strip.keys.keys(strip.script); place = strip.place("keys"); was = there[place]
lane = strip.lane("keys")
pull(strip.keys.spot(was, lane).toPoint(), strip.keys.spot(was, lane).toPoint() + QPoint(20, -5))
now = strip.keys.keys(strip.script)[place]
tell(longer=longer, end=end_s, moved=moved, drags=drags, added=added, cue=cue, cue_s=cue_s, sized=sized,
     key=[was.at_s, was.value, now.at_s, now.value], chosen=[strip.chosen_lane.name, place], keys=len(there))
""",
    )
    assert found["longer"] == pytest.approx(found["end"] + 0.4, abs=0.02)
    assert found["moved"] == pytest.approx([0.7, found["longer"] + 0.2], abs=0.02)
    assert found["drags"] == 2 and found["added"] == 2
    assert (found["cue"], found["sized"]) == ("sad:0.4", "sad:0.9") and found["cue_s"] == pytest.approx(1.3, abs=0.02)
    assert found["keys"] == 3 and found["chosen"] == ["keys", 1]
    at_s, value, later_s, higher = found["key"]
    assert at_s == pytest.approx(1.5, abs=0.02) and later_s > at_s + 0.02 and higher > value


def test_keys_are_there_whatever_is_made_anew(folder: Path) -> None:
    """Another mood, another seed, another phone: each take has their rows to every byte, and that of `generate`."""
    first, mood, phone, saved = told(
        folder,
        """
begin(); window.transport.seek(1.5); window.do("set_key"); settle(); write("0.9")
def rows():
    top = window.desk.line.top.take
    return hashlib.sha256(top.values[78:103, JAW].tobytes()).hexdigest()
JAW = strip.keys and __import__("facetake").rig.NAMES.index("CTRL_C_jaw.translateY")
import hashlib
tell(rows=rows()); window.settings.seed.setValue(5); window.fill(); window.generate(); tell(rows=rows())
strip.choose(phone=14); strip.typed.emit("M"); settle(); tell(rows=rows())
window.filing.save_to(folder / "show.facetake"); tell(rows=rows())
""",
    )
    known = edits.read(folder / "a.edits.toml")
    inside = slice(int(np.ceil(60 * known.curves[0].times_s[0])), int(60 * known.curves[0].times_s[-1]) + 1)
    assert inside == slice(78, 103)
    assert first["rows"] == mood["rows"] == phone["rows"] == saved["rows"]
    assert main(["generate", str(folder / "a.wav"), "-o", str(folder / "a.npz"), "--emotion", "sad"]) == 0
    from hashlib import sha256

    assert sha256(formats.read(folder / "a.npz").values[inside, JAW].tobytes()).hexdigest() == first["rows"]


def test_what_is_drawn_becomes_cues_and_cues_are_drawn_on(folder: Path) -> None:
    """The first cue keeps the mood that was drawn, a stroke then changes cues; the engine's take is the strip's."""
    (found,) = told(
        folder,
        """
begin(); window.settings.emotion.setCurrentText("sad"); window.fill(); settle()
window.transport.seek(1.5); window.do("mark_emotion"); settle()
cues = [[one.at_s, one.emotion] for one in window.desk.line.edits.emotion]; shown = digest()
window.generate(); settle(); engine = digest()
window.clear(); settle(); gone = len(window.desk.line.edits.emotion); window.undo(); settle()
tell(cues=cues, same=shown == engine, gone=gone, back=len(window.desk.line.edits.emotion))
""",
    )
    assert found["cues"][0] == [0.0, "sad:0.7"] and [1.5, "happy:0.7"] in found["cues"] and len(found["cues"]) == 3
    assert found["same"] and found["gone"] == 0 and found["back"] == 3


def test_random_edits_of_every_kind_are_taken_back_to_every_byte(folder: Path) -> None:
    """On the strip, by what its lanes do: the take and the file of each state are there again on the way back."""
    (found,) = told(
        folder,
        """
import random
chance = random.Random(7); begin()
bar.text.setText("Hold the bridge until the morning bell"); bar.text.editingFinished.emit(); settle()
states = [(digest(), text())]; steps = len(window.desk.undos); done = {}
while len(window.desk.undos) - steps < 30:
    window.transport.seek(chance.random() * 2.8); lane = chance.choice(list(strip.by_name.values()))
    count = lane.count(strip.script); before = len(window.desk.undos)
    what = chance.choice(["add", "delete", "nudge", "size", "lift", "drag"]) if count else "add"
    what = "size" if lane.name == "words" else what
    if count: strip.choose(lane=lane.name, place=chance.randrange(count))
    strip.setFocus()
    if what == "add" and lane.name in marks.lanes: marks.ask(lane.name); settle()
    elif what == "add": key("Insert")
    elif what == "delete" and lane.name != "words": key("Delete")
    elif what == "nudge": key(chance.choice(["Left", "Right"]), chance.choice([ALT, ALT | SHIFT]))
    elif what == "lift": key("Up", ALT)
    elif what == "size": key(chance.choice("123"))
    elif what == "drag":
        start_s, end_s = lane.span(strip.script, strip.chosen_place)
        edge = at(chance.choice([start_s, end_s]), lane.name)
        if lane.name == "keys": edge = lane.spot(lane.keys(strip.script)[strip.chosen_place], lane.box).toPoint()
        pull(edge, edge + QPoint(chance.randrange(-40, 40), chance.randrange(-5, 5)))
    if len(window.desk.undos) > before:
        states.append((digest(), text())); done[lane.name] = done.get(lane.name, 0) + 1
back = []
while len(window.desk.undos) > steps: window.undo(); settle(); back.append((digest(), text()))
forth = []
while window.desk.redos: window.redo(); settle(); forth.append((digest(), text()))
tell(same=[back == states[-2::-1], forth == states[1:]], done=done, count=len(states), kinds=len(set(states)))
""",
    )
    assert found["same"] == [True, True] and found["count"] == 31
    assert set(found["done"]) == {"words", "phones", "events", "gaze", "locks", "emotion", "keys"}


def test_lines_with_hardly_anything_in_them(folder: Path) -> None:
    """A tenth of a second, and silence without a word: marks and keys work where they have room, and say where not."""
    brief, quiet, none = told(
        folder,
        """
begin(folder / "brief.wav"); window.do("mark_event"); settle(); window.do("set_key"); settle()
tell(count=[len(window.desk.line.edits.events), len(window.desk.line.edits.curves)])
begin(folder / "quiet.wav"); window.do("go_to_strip"); settle(); window.transport.seek(1.0)
key("Insert"); window.do("mark_event"); settle(); key("Up"); key("Down"); key("Tab")
tell(count=len(window.desk.line.edits.events), phones=len(phones()))
window.remove_lines(); window.remove_lines(); settle()
window.do("mark_gaze"); window.do("set_key"); window.do("go_to_strip"); tell()
""",
    )
    assert brief["count"] == [1, 1]
    assert quiet["count"] == 1 and quiet["phones"] == 0
    assert none["kind"] == "problem" and "Open a recorded line first" in none["said"]


def test_a_file_with_marks_past_the_end_is_told_and_opens(folder: Path) -> None:
    """What begins after the line has ended is left out with a sentence; the rest is there to be dragged."""
    late = edits.Event("cough", 30.0, 31.0)
    there = edits.Event("laugh", 2.5, 40.0, 0.5)
    edits.write(edits.LineEdits(events=(there, late)), folder / "a.edits.toml")
    (found,) = told(
        folder,
        """
begin(); end = strip.by_name["events"].span(strip.script, 0)
pull(at(2.7, "events"), at(2.4, "events"))
tell(end=end, events=[[one.kind, one.from_s, one.to_s] for one in window.desk.line.edits.events])
""",
    )
    assert found["end"][1] == pytest.approx(3.0, abs=0.05)
    assert found["events"][0][0] == "laugh" and len(found["events"]) == 1
