"""A line's edits on the command line: named, found beside the sound, left out, and in a batch."""

from __future__ import annotations

import shutil
from pathlib import Path

import numpy as np
import pytest

from facetake import edits, formats, inference, rig
from facetake.cli import main
from facetake.edits import EditedScript, LineEdits, changes
from facetake.generate import GenerateOptions, edited_script, listen
from facetake.take import Take

LINE = Path(__file__).parents[3] / "examples" / "line.wav"


def _a_vowel(script: EditedScript) -> int:
    """The place of the longest open vowel."""
    phones = script.alignment.phones
    return max(
        (n for n, one in enumerate(phones) if one.symbol[0] == "A"), key=lambda n: phones[n].end_s - phones[n].start_s
    )


@pytest.fixture(scope="module")
def known() -> LineEdits:
    """One phone of the example line as an m."""
    models = inference.load(None, 1)
    script = edited_script(listen(LINE, models, with_phones=True), GenerateOptions())
    return changes.change(script, _a_vowel(script), "M")


@pytest.fixture
def sound(tmp_path: Path) -> Path:
    """The example line, alone in a folder."""
    return Path(shutil.copy(LINE, tmp_path / "line.wav"))


def made(sound: Path, *options: object) -> Take:
    """The take of a sound."""
    out = sound.with_name("made.json")
    assert main(["generate", str(sound), "-o", str(out), "--force", *map(str, options)]) == 0
    return formats.read(out)


def test_edits_beside_the_sound_are_found(sound: Path, known: LineEdits, capsys: pytest.CaptureFixture[str]) -> None:
    """They are told, noted in the take, and left out where that is asked; a file that is named is the same."""
    plain = made(sound)
    edits.write(known, edits.path_beside(sound))
    capsys.readouterr()
    with_edits = made(sound)
    assert "with the edits of" in capsys.readouterr().err
    assert "edits_sha256" in with_edits.origin and "edits_sha256" not in plain.origin
    assert np.abs(with_edits.values - plain.values).max() > 0.1
    assert np.abs(with_edits.values - plain.values)[:, rig.region_mask("brow")].max() == 0.0
    assert made(sound, "--no-edits").values.tobytes() == plain.values.tobytes()
    other = sound.with_name("other.toml")
    shutil.move(edits.path_beside(sound), other)
    assert made(sound, "--edits", other).values.tobytes() == with_edits.values.tobytes()


def test_one_file_of_edits_is_of_one_line(sound: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """For two lines, or together with --no-edits, it is refused; so is a file that is none."""
    shutil.copy(sound, sound.with_name("b.wav"))
    for more in ([str(sound.with_name("b.wav"))], ["--no-edits"]):
        assert main(["generate", str(sound), *more, "--edits", "a.toml"]) == 2
        assert "--edits is of one line" in capsys.readouterr().err
    (sound.with_name("a.toml")).write_text("version = 99\n")
    assert main(["generate", str(sound), "--edits", str(sound.with_name("a.toml"))]) == 2
    assert "newer Facetake" in capsys.readouterr().err


def test_a_batch_finds_edits_and_makes_again_what_they_change(sound: Path, known: LineEdits) -> None:
    """A line whose edits changed since is made again by the next run; one whose edits stay is not."""
    folder = sound.parent
    (folder / "lines.csv").write_text("id,audio\nline,line.wav\n", encoding="utf-8")
    takes = []
    for state in (None, known, known):
        if state is not None:
            edits.write(state, edits.path_beside(sound))
        assert main(["batch", str(folder / "lines.csv"), "--out", str(folder / "takes"), "--jobs", "1"]) == 0
        path = folder / "takes" / "line.csv"
        takes.append((path.read_bytes(), path.stat().st_mtime_ns))
    assert takes[0][0] != takes[1][0] and takes[1] == takes[2]
