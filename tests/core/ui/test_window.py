"""The window without a screen: face, curves, words, recording and export are of one take, whatever was done."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import soundfile

MISSING = [name for name in ("PySide6", "numba", "av") if find_spec(name) is None]
pytestmark = pytest.mark.skipif(bool(MISSING), reason=f"the window needs {', '.join(MISSING)}")
LINE = Path(__file__).parents[3] / "examples" / "line.wav"

SCRIPT = """
import json, sys, time
from pathlib import Path
from PySide6.QtWidgets import QApplication
from facetake.ui.window import Window
application = QApplication([])
window = Window()
panel = window.panel
a, b, bad = (Path(sys.argv[1]) / name for name in ("a.wav", "b.wav", "bad.wav"))
def spin(until):
    end = time.monotonic() + 90
    while not until() and time.monotonic() < end:
        application.processEvents()
        time.sleep(0.002)
    assert until(), panel.message.text()
def settle():
    spin(lambda: not panel.is_busy and not panel._look)
def tell():
    settle()
    tracks = panel.tracks
    print(json.dumps({
        "line": panel.sound.text(), "said": panel.message.text(), "kind": panel.message.property("kind"),
        "wave": round(tracks.duration_s, 1), "visemes": len(tracks._visemes), "curves": sorted(tracks._curves),
        "aperture": [round(x, 4) for x in list(tracks._curves.get("aperture", []))[:400]],
        "frames": window.take.n_frames if window.take else 0, "sound": round(window.player.duration_s, 1),
        "mood": tracks.mood.cues(),
    }), flush=True)
"""


@pytest.fixture
def told(tmp_path: Path) -> Any:
    """Runs what a person does, and gives what the window shows at each `tell()`."""
    sound, rate = soundfile.read(LINE)
    soundfile.write(tmp_path / "a.wav", sound[: 2 * rate], rate)
    soundfile.write(tmp_path / "b.wav", sound[: int(3.5 * rate)], rate)
    (tmp_path / "bad.wav").write_bytes(b"no sound at all")

    def run(code: str) -> list[dict[str, Any]]:
        done = subprocess.run(
            [sys.executable, "-c", f"{SCRIPT}{code}\nwindow.end()", str(tmp_path)],
            capture_output=True,
            text=True,
            check=False,
            timeout=200,
            env={**os.environ, "QT_QPA_PLATFORM": "offscreen"},
        )
        assert done.returncode == 0, done.stderr
        return [json.loads(line) for line in done.stdout.splitlines()]

    return run


def test_undo_and_redo_show_the_take_that_is_on_top(told: Any) -> None:
    """After a restyle is taken back, curves, visemes and words are the first take's again; at the end there is none."""
    first, restyled, undone, redone, none = told("""
panel.open([a]); settle(); panel.generate(); tell()
panel.style_name.setCurrentText("angry"); panel.restyle(); tell()
window.undo(); tell()
window.redo(); tell()
window.undo(); window.undo(); tell()
""")

    assert first["visemes"] > 0 and first["frames"] == 120 and first["kind"] == "news"
    assert restyled["said"] != first["said"] and restyled["aperture"] != []
    assert undone == first and redone == restyled
    assert (none["visemes"], none["curves"], none["frames"]) == (0, [], 0)
    assert none["said"] == "Nothing is made of this line yet."


def test_another_line_shows_nothing_of_the_last_one(told: Any) -> None:
    """Its own waveform and length, no curves, nothing to export; undo brings the first line back, recording and all."""
    made, opened, exported, second, undone = told("""
panel.open([a]); settle(); panel.generate(); tell()
panel.open([b]); tell()
window.export(); tell()
panel.generate(); tell()
window.undo(); tell()
""")

    assert (opened["wave"], opened["sound"], opened["visemes"], opened["curves"], opened["frames"]) == (
        3.5,
        3.5,
        0,
        [],
        0,
    )
    assert exported["said"].startswith("There is no take of this line") and exported["kind"] == "problem"
    assert second["frames"] == 210 and second["wave"] == 3.5
    assert undone == made


def test_a_file_that_is_no_sound_leaves_nothing_of_the_last_one(told: Any) -> None:
    """No waveform, no curves, nothing to play and a sentence in the colour of problems; a good line works again."""
    bad, good = told("""
panel.open([a]); settle(); panel.generate(); settle()
panel.open([bad]); tell()
panel.open([b]); settle(); panel.generate(); tell()
""")

    assert "bad.wav" in bad["said"] and bad["kind"] == "problem"
    assert (bad["wave"], bad["sound"], bad["visemes"], bad["frames"]) == (0.0, 0.0, 0, 0)
    assert good["frames"] == 210 and good["kind"] == "news"


def test_several_lines_end_with_the_last_one_and_stay_chosen(told: Any) -> None:
    """Face, curves and waveform are the last line's; both are made again, with the mood that was drawn for them."""
    first, again = told("""
panel.open([a, b]); settle(); panel.tracks.mood.fill("happy", 0.5); panel.generate(); tell()
panel.generate(); tell()
""")

    assert first["line"] == again["line"] == "a.wav and 1 more"
    assert (first["wave"], first["sound"], first["frames"]) == (3.5, 3.5, 210)
    assert "happy" in first["mood"] and again["mood"] == first["mood"]
    np.testing.assert_allclose(again["aperture"], first["aperture"], atol=1e-3)


def test_drawn_emotion_survives_another_line(told: Any) -> None:
    """What was drawn for a line is there again when it is opened again."""
    drawn, other, again = told("""
panel.open([a]); settle(); panel.tracks.mood.fill("sad", 0.8); tell()
panel.open([b]); tell()
panel.open([a]); tell()
""")

    assert "sad" in drawn["mood"] and "sad" not in other["mood"]
    assert again["mood"] == drawn["mood"]
