"""What a host gives to the window, as the window reads it, and what it says where there is none."""

from __future__ import annotations

import sys
import time
from pathlib import Path

import pytest
from canned import LINE

from facetake import edits, formats
from facetake.generate import GenerateOptions, generate
from facetake.inference import load
from facetake.ui import project
from facetake_host import line_window
from facetake_host.line_window import LineWindow, WindowLine
from facetake_host.problems import HostProblem

EDITS = 'version = 1\nsound = "line.wav"\ntext = "Hold"\n\n[[locks]]\nregion = "brow"\nfrom_s = 0.0\nto_s = 1.0\n'


@pytest.fixture(scope="module")
def take(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A take of the example."""
    path = tmp_path_factory.mktemp("take") / "take.npz"
    formats.write(generate(LINE, GenerateOptions("happy:0.7"), load(None, 1)).take, path)
    return path


@pytest.fixture
def line(tmp_path: Path) -> Path:
    """The example in a folder of its own."""
    path = tmp_path / "line ä.wav"
    path.write_bytes(LINE.read_bytes())
    return path


def opened(folder: Path, line: WindowLine, code: str) -> LineWindow:
    """Opens what stands for the window, and waits until it has ended."""
    (folder / "window").mkdir()
    window = LineWindow([sys.executable, "-c", code], folder / "window", line)
    end = time.monotonic() + 30
    while window.is_open and time.monotonic() < end:
        time.sleep(0.01)
    return window


def test_the_window_reads_the_line(line: Path, take: Path, tmp_path: Path) -> None:
    """A project with the line, its mood, settings, edits and words, and the take that is shown, made by the same."""
    edits.path_beside(line).write_text(EDITS, encoding="utf-8")
    options = {"emotion": "happy:0.7", "blink": False, "seed": 3, "gains": {"brow": 1.5}, "rate": "24"}
    window = opened(tmp_path, WindowLine(line, 6.025, take, options, 'I {never} said "that"\nß \\ \x7f'), "")
    found = project.load(tmp_path / "window" / "line ä.facetake")
    (shown,) = found.lines

    assert found.told == () and (shown.name, shown.sound) == ("line ä", line)
    assert shown.edits.text == 'I {never} said "that"\nß \\ \x7f' and shown.edits.locks[0].region == "brow"
    assert (shown.settings.blink, shown.settings.seed, shown.settings.gains) == (False, 3, {"brow": 1.5})
    assert shown.feeling == "happy 0.7" and shown.top is not None and shown.top.recipe is not None
    assert shown.top.recipe.settings == shown.settings and shown.top.recipe.cues.split() == ["0", "happy:0.7"]
    assert shown.top.take.n_frames == formats.read(take).n_frames and shown.top.edits == shown.edits
    assert window.problem() == ""
    window.forget()
    assert not (tmp_path / "window").exists()


@pytest.mark.parametrize(
    ("before", "text", "after"),
    [
        ("", "", ""),
        ("", "a", 'version = 1\ntext = "a"\n'),
        ("version = 1\n", "a", 'version = 1\ntext = "a"\n'),
        (EDITS, "", EDITS),
        (EDITS, "Hold", EDITS),
        (EDITS, "Stop", EDITS.replace("Hold", "Stop")),
        ('version = 1\n[[gaze]]\nat_s = 0.0\nlook = "away"\n', "a", None),
    ],
)
def test_words_go_into_edits(before: str, text: str, after: str | None) -> None:
    """What is said stands in the edits once, whatever else is there."""
    found = line_window._with_text(text, before)
    assert after in (None, found)
    if found:
        known = edits.parse(found, "here")
        assert known.text == (text or "Hold") and bool(known.locks or known.gaze) == ("[[" in before)


def test_moods_that_the_window_can_draw(tmp_path: Path) -> None:
    """A weight, a blend, a file of cues and a voice; of what is none the take is shown as it is."""
    cues = tmp_path / "mood.txt"
    cues.write_text("# calm first\n0.0 neutral\n\n1.2 angry:0.8\n", encoding="utf-8")
    assert line_window._cues("happy:0.5+sad:0.2") == ["0 happy:0.5+sad:0.2"]
    assert line_window._cues(str(cues)) == ["0.0 neutral", "1.2 angry:0.8"]
    assert line_window._cues("neutral") == line_window._cues("auto") == []
    cues.write_text("so it goes\n", encoding="utf-8")
    assert line_window._cues(str(cues)) is None


NO_QT = 'the window cannot open (No module named PySide6); pip install "facetake[ui]"'
OLD = "argument COMMAND: invalid choice: 'app'"


@pytest.mark.parametrize(
    ("said", "code", "says"),
    [
        (NO_QT, 2, NO_QT),
        (OLD, 2, f"the engine is too old to open a window ({OLD}); install plugin and engine of the same release"),
        ("", 3, "the window ended (exit code 3: it said nothing); open it again"),
    ],
)
def test_why_there_is_no_window(line: Path, take: Path, tmp_path: Path, said: str, code: int, says: str) -> None:
    """What is missing, or too old, is one sentence."""
    told = f"facetake: error: {said}" if said else ""
    window = opened(tmp_path, WindowLine(line, 6.0, take, {}), f"import sys; print({told!r}); sys.exit({code})")
    assert window.problem() == says


def test_a_program_that_is_not_there(line: Path, take: Path, tmp_path: Path) -> None:
    """An engine that cannot be started at all is told as well."""
    with pytest.raises(HostProblem, match=r"the window does not open \(gone/python: No such file"):
        LineWindow(["gone/python"], tmp_path, WindowLine(line, 6.0, take, {}))


def test_only_another_file_is_something_saved(line: Path, take: Path, tmp_path: Path) -> None:
    """The file that was there, or one written with the same bytes, is nothing new; another, or none, is."""
    path = edits.path_beside(line)
    path.write_text(EDITS, encoding="utf-8")
    window = opened(tmp_path, WindowLine(line, 6.0, take, {}), "")
    found = [window.has_saved()]
    for text in (EDITS, EDITS + "# more\n"):
        path.write_text(text, encoding="utf-8")
        found += [window.has_saved(), window.has_saved()]
    path.unlink()
    found += [window.has_saved(), window.has_saved()]
    assert found == [False, False, False, True, False, True, False]
