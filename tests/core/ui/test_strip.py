"""The strip in the window: by mouse and keyboard, undone byte for byte, kept in projects and beside the sound."""

from __future__ import annotations

from hashlib import sha256
from importlib.util import find_spec
from pathlib import Path

import pytest
import soundfile
from strip_told import told

from facetake import edits, formats
from facetake.cli import main

MISSING = [name for name in ("PySide6", "numba", "av") if find_spec(name) is None]
pytestmark = pytest.mark.skipif(bool(MISSING), reason=f"the window needs {', '.join(MISSING)}")
HERE = Path(__file__).parent
LINE = Path(__file__).parents[3] / "examples" / "line.wav"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Two lines, one of them short."""
    sound, rate = soundfile.read(LINE)
    soundfile.write(tmp_path / "a.wav", sound[: 3 * rate], rate)
    soundfile.write(tmp_path / "b.wav", sound[: int(1.5 * rate)], rate)
    return tmp_path


def test_a_boundary_is_dragged_and_taken_back_to_every_byte(folder: Path) -> None:
    """The phone is longer and its neighbour shorter, the face follows; a drag is one step, whatever it passed."""
    (found,) = told(
        folder,
        """
begin(); first = digest(); place = max(range(len(phones()) - 1), key=lambda n: phones()[n].end_s - phones()[n].start_s)
end_s, steps = phones()[place].end_s, len(window.desk.undos)
drag(place, -0.06); edited = digest()
moved, neighbour = phones()[place].end_s, phones()[place + 1].start_s
done = len(window.desk.undos) - steps
window.undo(); settle(); undone = digest(); back = phones()[place].end_s
window.redo(); settle(); again = digest()
tell(moved=moved, neighbour=neighbour, was=end_s, back=back, done=done, digests=[first, edited, undone, again])
""",
    )
    first, edited, undone, again = found["digests"]
    assert found["was"] - 0.08 < found["moved"] < found["was"] - 0.04 and found["back"] == found["was"]
    assert found["done"] == 1 and first == undone != edited == again
    assert "edit" in found["title"]


def test_everything_goes_by_the_keyboard(folder: Path) -> None:
    """Chosen by arrows and Tab, moved by frames, typed, shaped, inserted, deleted; each is one step."""
    (found,) = told(
        folder,
        """
begin(); window.do("go_to_strip"); strip.choose(phone=2)
key("Right"); chosen = [strip.phone]
key("Tab"); chosen.append(strip.phone)
key("Left"); chosen.append(strip.phone)
end_s = phones()[3].end_s; key("Right", ALT); moved = phones()[3].end_s - end_s
key("Return"); field = strip._field; field.setText("uw1"); QTest.keyClick(field, Qt.Key.Key_Return); settle()
typed = phones()[3].symbol
key("Return"); field = strip._field; field.setText("b"); QTest.keyClick(field, Qt.Key.Key_Escape); settle()
left = phones()[3].symbol
key("3"); hard = phones()[3].strength
window.transport.seek(0.1); count = len(phones()); key("Insert"); inserted = phones()[strip.phone].symbol
key("Delete"); key("Escape")
tell(chosen=chosen, moved=moved, typed=typed, left=left, hard=hard, inserted=inserted, count=len(phones()) - count,
     labels=[step.label for step in window.desk.undos[-5:]], phone=strip.phone, lines=len(window.desk.lines))
""",
    )
    assert found["chosen"] == [3, 4, 3] and 0.01 < found["moved"] < 0.03
    assert (found["typed"], found["left"], found["hard"], found["inserted"]) == ("UW1", "UW1", 1.5, "AH")
    assert found["count"] == 0 and found["phone"] == -1
    assert found["lines"] == 1  # Delete was the strip's, not the list's
    assert [label.split()[0] for label in found["labels"]] == ["move", "change", "strength", "insert", "delete"]


def test_a_wrong_phone_is_told_and_changes_nothing(folder: Path) -> None:
    """What is no phone is refused in a sentence."""
    (found,) = told(
        folder,
        'begin(); strip.choose(phone=1); before = len(window.desk.undos); strip.typed.emit("QQ")\n'
        "tell(steps=len(window.desk.undos) - before)",
    )
    assert "no phone 'QQ'" in found["said"] and found["kind"] == "problem" and found["steps"] == 0


def test_what_is_said_puts_words_on_the_strip(folder: Path) -> None:
    """A word is chosen by a click and leant on; undo takes the stress, then the words."""
    with_words, undone, none = told(
        folder,
        """
begin(); bar.text.setText("Hold the bridge and tell them all I promised you"); bar.text.editingFinished.emit(); settle()
words = strip.script.alignment.words
QTest.mouseClick(strip, LEFT, NONE, at((words[2].start_s + words[2].end_s) / 2, "words")); settle()
bar.stressed.emit(1.0); settle()
tell(words=[one.text for one in words], stress=strip.script.alignment.words[2].emphasis)
window.undo(); tell(stress=strip.script.alignment.words[2].emphasis)
window.undo(); tell(words=len(strip.script.alignment.words), text=bar.text.text())
""",
    )
    assert with_words["words"][:3] == ["Hold", "the", "bridge"] and with_words["stress"] == 1.0
    assert undone["stress"] == 0.0
    assert (none["words"], none["text"]) == (0, "")


def test_edits_are_kept_in_the_project_and_beside_the_sound(folder: Path) -> None:
    """They are there when either is opened again, `generate` makes the same take of them, and undo still performs."""
    saved, opened, sound = told(
        folder,
        """
begin(); drag(4, 0.04); window.filing.save_to(folder / "show.facetake"); tell(digest=digest())
window.open([folder / "show.facetake"]); settle(); known = digest()
strip.choose(phone=6); key("Delete"); window.undo(); settle(); tell(digest=known, undone=digest())
window.desk.put(()); window.open([a]); settle(); tell(edits=window.desk.line.edits.count)
window.filing._desk.kept = window.desk.lines
""",
    )
    assert saved["digest"] == opened["digest"] == opened["undone"]
    assert sound["edits"] == edits.read(folder / "a.edits.toml").count > 0
    assert main(["generate", str(folder / "a.wav"), "-o", str(folder / "a.npz")]) == 0
    assert sha256(formats.read(folder / "a.npz").values.tobytes()).hexdigest() == saved["digest"]


def test_what_lies_beside_the_sound_goes_on_with_the_project(folder: Path) -> None:
    """Edits of an opened project go over what it wrote before; words alone are kept; without edits the file goes."""
    states = told(
        folder,
        """
beside = folder / "a.edits.toml"
def save(): window.filing.save_to(folder / "show.facetake"); tell(file=beside.read_text() if beside.exists() else "")
begin(); bar.said.emit("Hold the bridge"); settle(); save()
window.desk.put(()); window.open([folder / "show.facetake"]); settle()
strip.choose(phone=6); key("Delete"); save()
window.undo(); settle(); bar.said.emit(""); settle(); save()
""",
    )
    words, deleted, nothing = (one["file"] for one in states)
    assert 'text = "Hold the bridge"' in words and "[[phones]]" not in words
    assert "[[phones]]" in deleted and 'text = "Hold the bridge"' in deleted
    assert nothing == "" and not (folder / "a.edits.toml").exists()
    assert all("written elsewhere" not in one["said"] for one in states)


def test_edits_that_somebody_else_wrote_are_left_alone(folder: Path) -> None:
    """Saving says so, writes the project, and leaves the file."""
    (found,) = told(
        folder,
        """
begin(); drag(4, 0.04); (folder / "a.edits.toml").write_text('version = 1\\ntext = "mine"\\n')
window.filing.save_to(folder / "show.facetake"); tell(is_there=(folder / "show.facetake").is_file())
""",
    )
    assert found["is_there"] and "written elsewhere" in found["said"]
    assert "mine" in (folder / "a.edits.toml").read_text()


def test_an_opened_take_says_that_edits_are_in_the_next_one(folder: Path) -> None:
    """It was made elsewhere and stays as it is; the next that is generated has them."""
    opened, made = told(
        folder,
        """
begin(); window.filing.export_to(folder / "a.csv"); settle()
window.remove_lines(); window.open([a, folder / "a.csv"]); settle(); before = digest(); drag(4, 0.04)
tell(same=digest() == before)
window.generate(); tell()
""",
    )
    assert opened["same"] and "next one that you generate" in opened["said"]
    assert "edit" in made["title"]


def test_many_drags_at_once_end_with_the_last(folder: Path) -> None:
    """However fast they follow each other, the take has the edits of the line."""
    found, undone = told(
        folder,
        """
begin(folder / "b.wav")
for n in range(12):
    strip.choose(phone=3); QTest.keyClick(strip, Qt.Key.Key_Right if n % 3 else Qt.Key.Key_Left, ALT)
settle()
tell(same=window.desk.line.top.edits == window.desk.line.edits, steps=len(window.desk.undos))
while len(window.desk.undos) > 2: window.undo()
tell(edits=window.desk.line.edits.count, same=window.desk.line.top.edits == window.desk.line.edits)
""",
    )
    assert found["same"] and undone["same"] and undone["edits"] == 0


def test_what_a_window_that_died_had_is_offered_again(folder: Path) -> None:
    """Edits, text and takes are there, byte for byte; a window that closes leaves nothing, and what is refused goes."""
    remembering = """
from facetake.ui import preferences
window.end(); application.processEvents()
window = Window(remembered=preferences.load(folder / "state" / "window.json")); window.show(); take_over(window)
strip, bar = window.tracks, window.time_view.strip_bar
left = sorted(path.name for path in (folder / "state").glob("unsaved/*.facetake"))
"""
    (died,) = told(
        folder,
        f"""{remembering}
begin(); drag(4, 0.04); strip.choose(phone=6); key("3")
spin(lambda: not window.journal.is_behind(window.desk))
tell(digest=digest(), edits=window.desk.line.edits.count); import os; os._exit(0)""",
    )
    opened, refused = told(
        folder,
        f"""{remembering}
QMessageBox.question = lambda *_: QMessageBox.StandardButton.Yes
window.offer_left(); count = window.desk.line.edits.count
tell(left=len(left), digest=digest(), edits=count, changed=window.desk.is_changed)
window.end()
{remembering}
tell(left=len(left))""",
    )
    assert (opened["left"], opened["digest"], opened["edits"]) == (1, died["digest"], died["edits"])
    assert opened["changed"] and refused["left"] == 0


def test_edits_and_texts_that_cannot_be_used_are_told(folder: Path) -> None:
    """A file of a newer version is told and stays; a text of signs alone is told, and the phones stay as heard."""
    (folder / "a.edits.toml").write_text("version = 9\n")
    newer, signs = told(
        folder,
        """
window.open([a]); settle(); tell()
window.generate(); settle(); count = len(phones()); bar.said.emit("!?"); tell(same=len(phones()) == count)
""",
    )
    assert "newer Facetake" in newer["said"] and newer["kind"] == "problem"
    assert "no word to speak" in signs["said"] and signs["same"]
    assert (folder / "a.edits.toml").read_text() == "version = 9\n"
