"""The window under a real X server, driven by real mouse and keyboard events."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import soundfile

HERE = Path(__file__).parent
LINE = Path(__file__).parents[3] / "examples" / "line.wav"
MISSING = [name for name in ("Xvfb", "xdotool") if shutil.which(name) is None] + [
    name for name in ("PySide6", "numba", "av") if find_spec(name) is None
]
pytestmark = pytest.mark.skipif(bool(MISSING), reason=f"the window cannot be driven without {', '.join(MISSING)}")


@pytest.fixture(scope="module")
def display() -> Iterator[str]:
    """A screen of its own, on which nothing is drawn by OpenGL."""
    read, write = os.pipe()
    server = subprocess.Popen(
        ["Xvfb", "-displayfd", str(write), "-screen", "0", "1400x900x24", "-nolisten", "tcp", "-extension", "GLX"],
        pass_fds=[write],
        stderr=subprocess.DEVNULL,
    )
    os.close(write)
    with os.fdopen(read) as told:
        number = told.readline().strip()
    yield f":{number}"
    server.terminate()
    server.wait()


@pytest.fixture(scope="module")
def visit(display: str, tmp_path_factory: pytest.TempPathFactory) -> tuple[dict[str, Any], Path]:
    """What happened while a person worked at the window, and the folder with the pictures and exports."""
    folder = tmp_path_factory.mktemp("visit")
    other = folder / "other.wav"
    sound, rate_hz = soundfile.read(LINE)
    soundfile.write(other, sound[:rate_hz], rate_hz)
    done = subprocess.run(
        [sys.executable, str(HERE / "session.py"), str(LINE), str(other), str(folder)],
        capture_output=True,
        text=True,
        timeout=900,
        env={**os.environ, "DISPLAY": display, "QT_QPA_PLATFORM": "xcb"},
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout), folder


def test_everything_agrees_after_each_of_forty_things(visit: tuple[dict[str, Any], Path]) -> None:
    """Face, curves, label, lists, clock and export are of one take after each thing done with mouse and keys."""
    facts, _ = visit

    assert facts["disagreed"] == []
    assert len(facts["done"]) >= 40
    assert facts["frame_s"] == pytest.approx(1 / 60)


def test_a_film_that_is_cancelled_leaves_nothing(visit: tuple[dict[str, Any], Path]) -> None:
    """Escape ends it, and neither the film nor its beginning lies in the folder."""
    assert visit[0]["left_of_film"] == []


def test_a_line_dropped_from_another_program_and_emotion_drawn(visit: tuple[dict[str, Any], Path]) -> None:
    """Happy that rises and then angry, as the mouse went, became cues that the engine reads."""
    from facetake import emotion

    facts, folder = visit
    (folder / "cues.txt").write_text(facts["cues"])
    weights = emotion.parse(str(folder / "cues.txt")).sample(np.array([0.0, 1.0, 2.5, 4.8]))

    assert weights[0, 0] == 1.0
    assert 0.1 < weights[1, 1] < weights[2, 1] and weights[2, 1] > 0.8 and weights[3, 3] > 0.8


def test_play_and_restyle(visit: tuple[dict[str, Any], Path]) -> None:
    """The face moves in playback, and undo and redo reach the restyled take."""
    facts, _ = visit

    assert facts["pictures"] > 0 and facts["played_s"] > 3.0
    assert facts["restyled"] == "line, take 3: happy 0.8, restyled from 1"


def test_exports_are_the_take(visit: tuple[dict[str, Any], Path]) -> None:
    """What was typed into the dialog was written: the same take as JSON and for Maya, and a film with sound."""
    import av

    from facetake import formats

    facts, folder = visit
    exact = formats.read(folder / "take.json")
    maya = formats.read(folder / "take.anim")
    with av.open(str(folder / "take.mp4")) as film:
        streams = [len(film.streams.video), len(film.streams.audio)]

    assert float(exact.values.sum()) == pytest.approx(facts["value"], rel=1e-6)
    assert np.abs(exact.values - maya.values).max() < 1e-6
    assert streams == [1, 1]


def test_the_screen_shows_a_face_and_curves(visit: tuple[dict[str, Any], Path]) -> None:
    """The photographed window has skin in its middle and, below, the colours of both emotions."""
    from PIL import Image

    _, folder = visit
    picture = np.asarray(Image.open(folder / "playing.png").convert("RGB"), int)
    red, green, blue = (picture[..., i] for i in range(3))
    skin = (red > 150) & (red > green + 20) & (green > blue)
    happy = np.array([240, 200, 74])
    angry = np.array([226, 96, 78])

    assert skin[60:450, 420:840].mean() > 0.1 > skin[60:450, :340].mean()
    for colour in (happy, angry):
        assert (np.abs(picture[480:] - colour).max(axis=2) < 12).sum() > 100


def test_without_a_display_it_says_so() -> None:
    """A missing extra or display is a sentence and exit code 2, never a traceback."""
    code = "import sys; sys.modules['PySide6.QtWidgets'] = None; from facetake.cli import main; sys.exit(main(['app']))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)

    assert done.returncode == 2 and 'pip install "facetake[ui,preview]"' in done.stderr
    assert "Traceback" not in done.stderr


def test_recordings_named_on_the_command_line_are_opened(display: str) -> None:
    """`facetake app line.wav` shows a window with that name."""
    window = subprocess.Popen(
        [sys.executable, "-m", "facetake", "app", str(LINE)],
        env={**os.environ, "DISPLAY": display, "QT_QPA_PLATFORM": "xcb"},
        stderr=subprocess.PIPE,
        text=True,
    )
    try:
        end = time.monotonic() + 60
        found = ""
        while "Facetake" not in found and time.monotonic() < end:
            time.sleep(0.2)
            search = ["xdotool", "search", "--onlyvisible", "--name", "^Facetake$", "getwindowname"]
            found = subprocess.run(
                search, env={**os.environ, "DISPLAY": display}, capture_output=True, text=True, check=False
            ).stdout
        assert found.strip() == "Facetake" and window.poll() is None
    finally:
        window.terminate()
        window.communicate()
