"""`facetake localise` with the models that ship."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
import soundfile as sf

from facetake import formats, rig
from facetake.cli import main

LINE = Path(__file__).parents[3] / "examples" / "line.wav"
TEXT = "Hold the bridge until the morning bell. I {promise} you, we will be back before they find the boat."


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A take of the example, and another recording of its length."""
    place = tmp_path_factory.mktemp("lines")
    sound, rate = sf.read(LINE)
    sf.write(place / "other.wav", sound[::-1], rate)
    (place / "line.wav").write_bytes(LINE.read_bytes())
    assert main(["generate", str(place / "line.wav"), "--emotion", "sad:0.6", "-q"]) == 0
    return place


def test_a_take_is_localised(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """The take lies beside the new sound, what fitted is told, and the report is JSON."""
    words = ["--audio", str(folder / "other.wav"), "--original", str(folder / "line.wav")]

    assert main(["localise", str(folder / "line.csv"), *words, "--report", str(folder / "fit.json")]) == 0
    told = capsys.readouterr()
    assert told.out.splitlines() == [str(folder / "other.csv"), str(folder / "fit.json")]
    assert "times as long" in told.err
    facts = json.loads((folder / "fit.json").read_text(encoding="utf-8"))
    assert facts["line_s"] == pytest.approx(6.025) and facts["fits"][0]["stretch"] == pytest.approx(1.0, abs=0.2)
    assert formats.read(folder / "other.csv").n_frames == formats.read(folder / "line.csv").n_frames


def test_the_sound_beside_a_take_tells_its_phrases(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A take that notes its recording, which lies beside it, needs no --original; a changed one is left alone."""
    take = folder / "kept.json"
    assert main(["generate", str(folder / "line.wav"), "-o", str(take), "-q"]) == 0
    words = ["localise", str(take), "--audio", str(folder / "other.wav"), "-o", str(folder / "kept_other.json")]

    assert main(words) == 0
    assert f"phrases of the take are those of {folder / 'line.wav'}, its sound" in capsys.readouterr().err
    (folder / "line.wav").write_bytes(LINE.read_bytes() + b"\0\0")
    assert main(words) == 0
    assert "phrases of the take are those" not in capsys.readouterr().err
    (folder / "line.wav").write_bytes(LINE.read_bytes())


def test_the_new_lips_follow_a_text(folder: Path, capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    """Lips are those that generate makes of the text, and a word that is not said is told."""
    take, texts = tmp_path / "take.json", tmp_path / "texts"
    texts.mkdir()
    (texts / "line.txt").write_text(TEXT.replace("bridge", "castle"), encoding="utf-8")
    words = ["--audio", str(LINE), "--emotion", "sad:0.6", "--script", str(texts / "line.txt")]

    assert main(["localise", str(folder / "line.csv"), *words, "-o", str(take)]) == 0
    assert '"castle" at' in capsys.readouterr().err
    assert main(["localise", str(folder / "line.csv"), *words[:-1], str(texts), "-o", str(tmp_path / "b.json")]) == 0
    assert (tmp_path / "b.json").read_bytes() == take.read_bytes()
    assert main(["generate", *words[1:], "-o", str(tmp_path / "alone.json"), "-q"]) == 0
    lips = rig.region_mask("mouth", "jaw", "teeth", "tongue")
    made, alone = (formats.read(tmp_path / name).values[:, lips] for name in ("take.json", "alone.json"))
    assert np.array_equal(made, alone)
    said = str(formats.read(take).origin["script"])
    assert "promise" in said and "castle" not in said


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["line.csv", "--audio", "other.wav", "--text", "🎤"], "no word to speak"),
        (["line.csv", "--audio", "other.wav", "--text", "a", "--language", "german"], "write two letters"),
        (["line.csv", "--audio", "other.wav", "--script", "gone.txt"], "gone.txt"),
        (["line.csv", "--audio", "missing.wav"], "no file"),
        (["missing.csv", "--audio", "other.wav"], "missing.csv"),
        (["line.csv", "--audio", "other.wav", "--emotion", "glad"], "unknown emotion"),
        (["line.csv", "--audio", "other.wav", "-o", "line.csv"], "would be overwritten"),
        (["line.csv", "--audio", "other.wav", "--report", "fit.csv"], "end its name in .json"),
        (["line.csv", "--audio", "line.csv"], "line.csv"),
        (["line.csv", "--audio", "other.wav", "--original", "gone.wav"], "gone.wav"),
    ],
)
def test_mistakes_are_told_in_one_sentence(
    folder: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, words: list[str], said: str
) -> None:
    """What does not fit together ends with 2 and says what is wrong."""
    monkeypatch.chdir(folder)
    before = (folder / "line.csv").read_bytes()

    assert main(["localise", *words]) == 2
    assert said in capsys.readouterr().err
    assert (folder / "line.csv").read_bytes() == before
