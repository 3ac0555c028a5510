"""The window without a screen: what it shows is of one take, whatever was done and whatever is wrong with files."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pytest
import soundfile

MISSING = [name for name in ("PySide6", "numba", "av") if find_spec(name) is None]
pytestmark = pytest.mark.skipif(bool(MISSING), reason=f"the window needs {', '.join(MISSING)}")
HERE = Path(__file__).parent
LINE = Path(__file__).parents[3] / "examples" / "line.wav"
ACTIONS = int(os.environ.get("FACETAKE_ACTIONS", "60"))
"""Random ones; 1000 for the whole: a quarter of an hour on a busy core."""

SCRIPT = f"""
import json, sys, time
from pathlib import Path
import numpy as np
sys.path.insert(0, {str(HERE)!r})
from PySide6.QtWidgets import QApplication, QFileDialog, QMessageBox
from agreement import Witness, spin
from facetake.ui.window import Window
application = QApplication([])
folder = Path(sys.argv[1])
window = Window()
window.show()
witness = Witness(window, folder)
a, b, bad = (folder / name for name in ("a.wav", "b.wav", "bad.wav"))
def settle():
    spin(lambda: not window.maker.is_busy and not window.editor.is_busy)
def tell(**more):
    settle()
    tracks = window.tracks
    top = window.desk.line.top if window.desk.line else None
    print(json.dumps({{
        "title": window.title.text(), "said": window.message.text(), "kind": window.message.property("kind"),
        "wave": round(tracks.duration_s, 1), "visemes": len(tracks._visemes), "curves": sorted(tracks._curves),
        "frames": top.take.n_frames if top else 0, "mood": tracks.mood.cues(), "disagreed": witness.check(),
        "states": [window.lines.item(row, 2).text() for row in range(window.lines.rowCount())], **more,
    }}), flush=True)
"""


def run(folder: Path, code: str, **environment: str) -> list[dict[str, Any]]:
    """What the window tells at each `tell()` of a script."""
    done = subprocess.run(
        [sys.executable, "-c", f"{SCRIPT}{code}\nwindow.end()", str(folder)],
        capture_output=True,
        text=True,
        check=False,
        timeout=600,
        env={**os.environ, "QT_QPA_PLATFORM": "offscreen", **environment},
    )
    assert done.returncode == 0, done.stderr
    told = [json.loads(line) for line in done.stdout.splitlines()]
    assert [one["disagreed"] for one in told] == [[]] * len(told)
    return told


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Two lines, and one that is no sound."""
    sound, rate = soundfile.read(LINE)
    soundfile.write(tmp_path / "a.wav", sound[: 2 * rate], rate)
    soundfile.write(tmp_path / "b.wav", sound[: int(3.5 * rate)], rate)
    (tmp_path / "bad.wav").write_bytes(b"no sound at all")
    return tmp_path


def test_undo_and_redo_show_the_take_that_is_on_top(folder: Path) -> None:
    """After a restyle is taken back, curves, visemes and title are the first take's again; at the end there is none."""
    first, restyled, undone, redone, none = run(
        folder,
        """
window.open([a]); settle(); window.generate(); tell()
window.settings.style_name.setCurrentText("angry"); window.restyle(); tell()
window.undo(); tell()
window.redo(); tell()
window.undo(); window.undo(); tell()
""",
    )

    assert first["visemes"] > 0 and first["frames"] == 120 and first["kind"] == "news"
    assert first["title"] == undone["title"] == "a, take 1: neutral"
    assert restyled["title"] == redone["title"] == "a, take 2: angry 0.8, restyled from 1"
    assert (none["visemes"], none["curves"], none["frames"], none["title"]) == (0, [], 0, "a: no take yet")


def test_another_line_shows_nothing_of_the_last_one(folder: Path) -> None:
    """Its own waveform and length, no curves, nothing to export; undo brings the first line back, recording and all."""
    made, opened, second, undone = run(
        folder,
        """
window.open([a]); settle(); window.generate(); tell()
window.open([b]); tell()
window.generate(); tell()
window.undo(); window.undo(); tell()
""",
    )

    assert (opened["wave"], opened["visemes"], opened["curves"], opened["frames"]) == (3.5, 0, [], 0)
    assert second["frames"] == 210 and second["wave"] == 3.5
    assert undone["title"] == made["title"] and undone["wave"] == 2.0 and undone["states"] == ["1 take"]


def test_drawn_emotion_is_undone_and_survives_another_line(folder: Path) -> None:
    """What was drawn for a line is there again when it is opened again, and each stroke goes by itself."""
    drawn, other, again, undone = run(
        folder,
        """
def stroke(emotion, weight):
    window.settings.emotion.setCurrentText(emotion)
    window.tracks.mood.paint(emotion, 0.5, weight, 1.0, weight)
    window.tracks.drawn.emit()
window.open([a]); settle(); stroke("sad", 0.8); stroke("happy", 0.5); tell()
window.open([b]); tell()
window.previous_line(); tell()
window.undo(); window.undo(); tell()
""",
    )

    assert "sad" in drawn["mood"] and "happy" in drawn["mood"] and "sad" not in other["mood"]
    assert again["mood"] == drawn["mood"]
    assert "sad" in undone["mood"] and "happy" not in undone["mood"]  # the second step taken back was the second line


def test_what_is_heard_is_drawn(folder: Path) -> None:
    """With "from the voice" the mood is heard, told, and drawn to be changed."""
    (heard,) = run(
        folder,
        """
window.open([b]); settle(); window.settings.listen.click(); window.generate(); tell(name=window.desk.line.feeling)
""",
    )
    assert "Heard" in heard["said"] and heard["name"] == "from the voice" and heard["frames"] == 210


def test_three_seeds_are_seen_side_by_side(folder: Path) -> None:
    """One press makes three takes that differ, and shows three faces."""
    (made,) = run(
        folder,
        """
window.open([a]); settle(); window.generate_three(); settle(); spin(lambda: window.viewer.shown == window.viewer.asked)
tell(faces=len(window.viewer.shown), sums=[float(take.values.sum()) for take, _ in window.viewer.shown])
""",
    )
    assert made["faces"] == 3 and len(set(made["sums"])) == 3
    assert made["title"] == "a, take 1: neutral  |  take 2: neutral, seed 1  |  take 3: neutral, seed 2"


def test_a_picture_that_was_begun_earlier_never_replaces_a_later_one(folder: Path) -> None:
    """Two threads draw: whichever is done first, the face goes forwards."""
    (seen,) = run(
        folder,
        """
window.open([a]); settle(); window.generate(); settle(); spin(lambda: window.viewer.shown == window.viewer.asked)
viewer, take = window.viewer, window.desk.line.top.take
picture = np.zeros((480, 480, 3), np.uint8)
begun = viewer._newest
shown = []
for number, frame in ((begun + 2, 7), (begun + 1, 6), (begun + 3, 8)):
    viewer.drawn.emit(picture, ((take, frame),), number)
    shown.append(viewer.shown[0][1])
viewer._begun = viewer._newest; viewer.choose()
tell(frames_shown=shown)
""",
    )
    assert seen["frames_shown"] == [7, 7, 8]


def test_a_line_that_plays_asks_for_each_frame_once(folder: Path) -> None:
    """The clock looks more often than frames pass, and tells of those alone that are new."""
    (seen,) = run(
        folder,
        """
from types import SimpleNamespace
from facetake.ui import player, transport
now_s, frames = 0.0, []
player.time = SimpleNamespace(monotonic=lambda: now_s)
window.open([a]); settle(); window.generate(); settle()
show = window.viewer.show_frames
window.viewer.show_frames = lambda takes, at_s: (frames.append(window.transport.frame), show(takes, at_s))
window.do("play_or_stop")
window.transport._clock.stop()
while window.transport.player.is_playing:
    now_s += transport.TICK_MS / 1000
    window.transport._follow()
tell(frames_asked=frames)
""",
    )
    assert sorted(set(seen["frames_asked"])) == list(range(seen["frames"] + 1))
    assert len(seen["frames_asked"]) <= seen["frames"] + 2


def test_forty_files_at_once_half_of_them_broken(folder: Path) -> None:
    """Each line says how it stands; those that can be made are made, and the window lives on."""
    sound, rate = soundfile.read(LINE)
    many = folder / "many"
    many.mkdir()
    for number in range(20):
        soundfile.write(many / f"good_{number:02d}.wav", sound[: rate // 2], rate)
        broken = [b"", b"RIFF", b"\0" * 4096, (many / f"good_{number:02d}.wav").read_bytes()[:30]][number % 4]
        (many / f"rotten_{number:02d}.wav").write_bytes(broken)
    opened, made = run(
        folder,
        """
window.open(sorted((folder / "many").glob("*.wav"))); tell(rows=window.lines.rowCount())
window.desk.choose([one.number for one in window.desk.lines if "good" in one.name][:2] + [window.desk.lines[-1].number])
window.generate(); tell(problems=len(window.desk.problems))
""",
    )

    assert opened["rows"] == 40
    assert opened["states"][:20] == ["no take"] * 20
    assert all("rotten" in state or "cannot" in state or "no sound" in state for state in opened["states"][20:])
    assert made["states"].count("1 take") == 2 and made["problems"] == 20


def test_a_folder_whose_first_file_is_broken_opens_one_that_is_not(folder: Path) -> None:
    """What was opened is seen though what comes first cannot be read; no edits are told of a line that has none."""
    (folder / "a.wav").write_bytes(b"")
    opened, made = run(folder, "window.open([a, bad, b]); tell(); window.generate(); tell()")

    assert opened["title"].startswith("b") and opened["wave"] == 3.5 and opened["states"][2] == "no take"
    assert made["frames"] == 210 and made["states"][2] == "1 take"
    assert "edits" not in made["said"]


def test_an_export_tells_what_its_file_cannot_hold(folder: Path) -> None:
    """What a format leaves out of a take is said where it is exported, alone or with others, and once."""
    one, all_, whole = run(
        folder,
        """
window.open([a, b]); settle(); window.generate(); settle()
window.filing.export_to(folder / "one.json", "a2f-json"); tell()
targets = {line.number: folder / f"{line.name}.x.json" for line in window.desk.lines}
window.filing.export_takes(targets, "a2f-json"); tell()
window.filing.export_to(folder / "one.npz", "npz"); tell()
""",
    )

    assert one["said"].endswith("Audio2Face JSON has no place for the head's turn; it is left out")
    assert all_["said"].count("no place for the head's turn") == 1 and "2 takes" in all_["said"]
    assert "head" not in whole["said"]


def test_a_system_that_refuses_is_told_with_what_to_do(folder: Path) -> None:
    """What the system says of saving or exporting is one sentence with the file and a remedy, and not its number."""
    (told,) = run(
        folder,
        """
from facetake.ui import filing
def full(*_): raise OSError(28, "No space left on device", "there")
window.open([a]); settle(); window.generate(); settle()
save, write = window.filing.file.save, filing.formats.write
window.filing.file.save = filing.formats.write = full
window.filing.save_to(folder / "show.facetake"); said = [window.message.text()]
window.filing.export_to(folder / "one.npz", "npz"); said.append(window.message.text())
window.filing.file.save, filing.formats.write = save, write
tell(refusals=said)
""",
    )

    for said in told["refusals"]:
        assert said.startswith("there cannot be used (No space left on device); check") and "Errno" not in said


def test_takes_are_opened_like_sounds(folder: Path) -> None:
    """One beside its recording is a take of that line; one of another rig says what is wrong in its line."""
    told = run(
        folder,
        """
window.open([a]); settle(); window.generate(); settle(); window.filing.export_to(folder / "a.json")
window.remove_lines(); window.open([folder / "a.json"]); tell()
window.filing.export_to(folder / "alone.csv"); window.open([folder / "alone.csv"]); tell()
window.generate(); tell()
(folder / "rig.csv").write_text("frame,Jaw_Drop,Brow_Lift\\n0,0.5,0.25\\n1,0.5,0.5\\n")
window.open([folder / "rig.csv"]); tell()
""",
    )

    beside, alone, refused, other = told
    assert (beside["title"], beside["frames"], beside["wave"]) == ("a, take 1: a.json", 120, 2.0)
    assert alone["title"] == "alone, take 1: alone.csv" and alone["visemes"] > 0 and alone["wave"] == 2.0
    assert refused["states"][1] == "it has no recording to generate from"
    assert "rig.csv" in other["said"] and other["kind"] == "problem" and other["frames"] == 0
    assert "rig.csv" in other["states"][2]


def test_a_project_is_kept_and_a_second_window_is_told(folder: Path) -> None:
    """The second window on a project says so and writes nothing over it; after the first has gone it may."""
    first, second, refused, freed = run(
        folder,
        """
show = folder / "show.facetake"
window.open([a, b]); settle(); window.generate(); settle(); window.note.setPlainText("x" * 10_000); window.do("clear")
window.filing.save_to(show); tell(name=window.windowTitle())
one, window = window, Window(); window.show(); witness = Witness(window, folder)
window.open([show]); tell(note=len(window.note.toPlainText()))
before = show.read_bytes(); window.fill()
tell(kept=not window.filing.save() and show.read_bytes() == before)
one.end(); tell(freed=window.filing.save())
""",
    )

    assert first["name"] == "show.facetake - Facetake" and first["said"].startswith("Written: ")
    assert "is open in another window (process" in second["said"] and second["kind"] == "problem"
    assert second["title"] == first["title"] and second["note"] == 10_000
    assert refused["kept"] and "open in another window" in refused["said"]
    assert freed["freed"]


def test_a_project_of_a_window_that_died_can_be_written(folder: Path) -> None:
    """Its hold on the file is taken over."""
    run(
        folder,
        'window.open([a]); settle(); window.filing.save_to(folder / "show.facetake")\nimport os; tell(); os._exit(0)',
    )
    assert (folder / ".show.facetake.lock").is_file()
    (told,) = run(folder, 'window.open([folder / "show.facetake"]); window.fill(); tell(saved=window.filing.save())')
    assert told["saved"]


def test_a_project_whose_sounds_moved(folder: Path) -> None:
    """What lies elsewhere below is found; what is gone is told in its line, keeps its take, and a folder finds it."""
    told = run(
        folder,
        """
import shutil
show = folder / "show.facetake"
window.open([a, b]); settle(); window.generate(); settle(); window.filing.save_to(show)
(folder / "below").mkdir(); shutil.move(a, folder / "below" / "a.wav")
away = folder.with_name(folder.name + "_away"); away.mkdir(); shutil.move(b, away / "b.wav")
window.open([show]); tell()
window.next_line(); window.generate(); tell()
window.filing.find_in(away); tell()
window.generate(); tell()
""",
    )

    opened, refused, found, made = told
    assert "a.wav moved, and was found at" in opened["said"] or "no sound file" in opened["said"]
    assert opened["states"][0] == "1 take" and "b.wav" in opened["states"][1]
    assert refused["frames"] == 210 and "use Find recordings" in refused["said"]
    assert found["said"] == "1 recordings were found; 0 are still gone." and found["states"] == ["1 take", "1 take"]
    assert made["states"] == ["1 take", "2 takes"]


def test_closing_in_the_middle_of_a_film(folder: Path) -> None:
    """The window closes at once, and neither the film nor its beginning is left."""
    run(
        folder,
        """
window.open([b]); settle(); window.generate(); settle()
window.filing.export_to(folder / "film.mp4"); spin(lambda: window.maker.films.status.share > 0.01)
QMessageBox.question = lambda *_: QMessageBox.StandardButton.Discard
assert window.close() and not window.isVisible()
""",
    )
    assert sorted(path.name for path in folder.iterdir()) == ["a.wav", "b.wav", "bad.wav"]


def test_a_project_that_is_there_is_asked_about(folder: Path) -> None:
    """A name typed without its suffix, of which the dialog of files knows nothing, replaces no project unasked."""
    (told,) = run(
        folder,
        """
show = folder / "show.facetake"; show.write_text("mine")
QFileDialog.getSaveFileName = lambda *_: (str(folder / "show"), "")
QMessageBox.question = lambda *_: QMessageBox.StandardButton.No
window.open([a]); settle(); refused = window.filing.save_as(), show.read_text()
QMessageBox.question = lambda *_: QMessageBox.StandardButton.Yes
tell(refused=refused, saved=window.filing.save_as() and show.read_text() != "mine")
""",
    )
    assert told["refused"] == [False, "mine"] and told["saved"]


def test_closing_asks_about_what_is_not_kept(folder: Path) -> None:
    """Cancel leaves the window open; without anything made it closes unasked."""
    (told,) = run(
        folder,
        """
window.open([a]); settle(); window.fill()
QMessageBox.question = lambda *_: QMessageBox.StandardButton.Cancel
tell(closed=window.close(), seen=window.isVisible())
window.undo(); assert window.close()
""",
    )
    assert not told["closed"] and told["seen"]


@pytest.mark.parametrize("scale", ["1", "2"])
def test_a_small_screen(folder: Path, scale: str) -> None:
    """On 800 by 600 points, whole or of a screen at 200 %, every part is seen and every button can be reached."""
    (told,) = run(
        folder,
        """
window.open([a]); settle(); window.resize(800, 600); application.processEvents()
names = "lines takes note viewer tracks message".split()
go = window.findChild(type(window.stop), "generate")
right = go.parentWidget().parentWidget().parentWidget()
right.ensureWidgetVisible(go); application.processEvents()
unseen = [one for one in names if getattr(window, one).visibleRegion().isEmpty()]
tell(size=[window.width(), window.height()], unseen=unseen,
     go=go.visibleRegion().boundingRect().size() == go.size(), wide=window.settings.width() <= right.viewport().width(),
     scale=window.devicePixelRatioF(), lane=window.tracks.mood_lane().height())
""",
        QT_SCALE_FACTOR=scale,
    )
    assert told["size"] == [800, 600] and told["unseen"] == [] and told["go"] and told["wide"]
    assert told["scale"] == float(scale) and told["lane"] > 30


def test_the_witness_sees_each_fault(folder: Path) -> None:
    """Where one part shows another take, or the last one, it is found: each fault planted by itself."""
    done = subprocess.run(
        [
            sys.executable,
            "-c",
            SCRIPT
            + """
window.open([a]); settle(); window.generate(); settle()
window.settings.style_name.setCurrentText("angry")
faults = {
    "curves": (window.time_view, "_show_curves", lambda line: None),
    "face": (window.viewer, "show_frames", lambda takes, now_s: None),
    "title": (window.title, "setText", lambda text: None),
    "list": (window.lines, "show_rows", lambda *rest: None),
    "takes": (window.takes, "show_takes", lambda *rest: None),
    "export": (window.filing, "export_to", lambda path, form=None: formats.write(first, path)),
}
from facetake import formats
first = window.desk.line.top.take
for name, (part, method, broken) in faults.items():
    assert witness.check() == []
    setattr(part, method, broken)
    window.restyle(); settle()
    print(json.dumps({name: witness.check()}), flush=True)
    delattr(part, method)
    window.show_all(); window.undo()
""",
            str(folder),
        ],
        capture_output=True,
        text=True,
        check=False,
        timeout=600,
        env={**os.environ, "QT_QPA_PLATFORM": "offscreen"},
    )
    assert done.returncode == 0, done.stderr
    found = {name: told for line in done.stdout.splitlines() for name, told in json.loads(line).items()}
    assert len(found) == 6 and all(found.values()), found


@pytest.mark.slow
def test_a_restless_person_finds_no_disagreement(folder: Path) -> None:
    """Random things by mouse and keys, and after each, face, curves, label, lists and export agree."""
    (folder / "b.wav").unlink()
    done = subprocess.run(
        [sys.executable, str(HERE / "random_actions.py"), str(folder), str(ACTIONS), "5"],
        capture_output=True,
        text=True,
        check=False,
        timeout=60 + 10 * ACTIONS,
        env={**os.environ, "QT_QPA_PLATFORM": "offscreen"},
    )
    told = json.loads(done.stdout)
    assert told["told"] == [] and done.returncode == 0, done.stderr
    assert sum(told["done"].values()) == ACTIONS and told["takes"] > 0
