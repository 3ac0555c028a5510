"""Data sets of acted speech in the layouts they are distributed in."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import soundfile as sf

from facetake.errors import ConfigError
from facetake_training.emotion_datasets import ActedSource, Layout, Split, read, split_of

SPLITS: tuple[Split, ...] = ("train", "valid", "test")


def write(folder: Path, *names: str) -> Path:
    """Tiny sound files of these names."""
    for name in names:
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        sf.write(folder / name, np.zeros(160), 16_000)
    return folder


def test_ravdess(tmp_path: Path) -> None:
    """Speech of every actor, calm as neutral, songs and silent video left aside, the paper's four subjects apart."""
    folder = write(
        tmp_path,
        "Actor_01/03-01-05-02-01-01-01.wav",
        "Actor_01/03-01-02-01-01-01-01.wav",
        "Actor_04/03-01-08-01-02-02-04.wav",
        "Actor_24/03-01-07-01-01-01-24.wav",
        "Actor_01/03-02-05-01-01-01-01.wav",
        "Actor_01/02-01-05-01-01-01-01.wav",
    )
    source = ActedSource(folder, "ravdess", valid=("24",))
    lines = read(source).lines

    assert [(line.speaker, line.emotion, line.intensity) for line in lines] == [
        ("01", "neutral", 0.7),
        ("01", "angry", 1.0),
        ("04", "surprise", 0.7),
        ("24", "disgusted", 0.7),
    ]
    speakers = {split: {line.speaker for line in split_of(source, lines, split)} for split in SPLITS}
    assert speakers == {"train": {"01"}, "valid": {"24"}, "test": {"04"}}


def test_crema_d(tmp_path: Path) -> None:
    """AudioWAV is read and the other formats beside it are not; levels become intensities; nine subjects are apart."""
    folder = write(
        tmp_path,
        "AudioWAV/1001_DFA_ANG_XX.wav",
        "AudioWAV/1001_IEO_DIS_LO.wav",
        "AudioWAV/1015_IEO_HAP_HI.wav",
        "AudioWAV/1089_ITS_FEA_MD.wav",
        "AudioMP3/1001_DFA_ANG_XX.wav",
    )
    source = ActedSource(folder, "crema-d")
    lines = read(source).lines

    assert [(line.emotion, line.intensity) for line in lines] == [
        ("angry", 1.0),
        ("disgusted", 0.4),
        ("happy", 1.0),
        ("fear", 0.7),
    ]
    assert [line.speaker for line in split_of(source, lines, "test")] == ["1015", "1089"]
    assert len(read(ActedSource(folder / "AudioWAV", "crema-d")).lines) == 4


def test_emo_db_leaves_boredom_out(tmp_path: Path) -> None:
    """Six of EmoDB's emotions are read; boredom, which Facetake does not have, is counted."""
    found = read(ActedSource(write(tmp_path, "wav/03a01Fa.wav", "wav/03a02Nc.wav", "wav/16b10Lb.wav"), "emo-db"))

    assert [(line.speaker, line.emotion) for line in found.lines] == [("03", "happy"), ("03", "neutral")]
    assert found.left_out == {"boredom": 1}


def test_named_and_neutral(tmp_path: Path) -> None:
    """Names that say speaker and emotion are read, others are left out; a folder of speech is neutral."""
    folder = write(tmp_path, "MK_fear_1234.wav", "mark_joy.wav", "mark_contempt.wav", "noise.wav")
    named = read(ActedSource(folder, "named"))
    neutral = ActedSource(folder, "neutral", every=4)

    assert [(line.speaker, line.emotion) for line in named.lines] == [("MK", "fear"), ("mark", "happy")]
    assert named.left_out == {"contempt": 1}
    lines = read(neutral).lines
    assert {line.emotion for line in lines} == {"neutral"}
    assert [len(split_of(neutral, lines, split)) for split in SPLITS] == [2, 1, 1]


def test_a_studios_csv(tmp_path: Path) -> None:
    """Paths count from the file; intensity and speaker may be left out."""
    write(tmp_path / "takes", "a.wav", "b.wav")
    table = tmp_path / "lines.csv"
    table.write_text("audio,emotion,intensity,speaker\ntakes/a.wav,anger,0.5,ann\ntakes/b.wav,calm,,\n")

    assert [(line.emotion, line.intensity, line.speaker) for line in read(ActedSource(table, "csv")).lines] == [
        ("angry", 0.5, "ann"),
        ("neutral", 1.0, ""),
    ]


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("sound,mood\n", "audio and emotion are needed|no such file"),
        ("sound,mood\na.wav,happy\n", "audio and emotion are needed"),
        ("audio,emotion\na.wav,bored\n", "line 2: there is no emotion 'bored'"),
        ("audio,emotion\ngone.wav,happy\n", "line 2: there is no file"),
        ("audio,emotion,intensity\na.wav,happy,2\n", "line 2: the intensity '2'"),
    ],
)
def test_mistakes_in_a_csv(tmp_path: Path, text: str, says: str) -> None:
    """Each mistake is one sentence with its line."""
    write(tmp_path, "a.wav")
    (tmp_path / "lines.csv").write_text(text)

    with pytest.raises(ConfigError, match=says):
        read(ActedSource(tmp_path / "lines.csv", "csv"))


@pytest.mark.parametrize("layout", ["ravdess", "crema-d", "emo-db", "named"])
def test_another_layout_is_told(tmp_path: Path, layout: Layout) -> None:
    """A folder of other files, and one that is not there, are named with what was expected."""
    write(tmp_path, "take1.wav")

    with pytest.raises(ConfigError, match="check path and layout"):
        read(ActedSource(tmp_path, layout))
    with pytest.raises(ConfigError, match="there is no folder"):
        read(ActedSource(tmp_path / "gone", layout))


def test_sound_that_was_not_fetched(tmp_path: Path) -> None:
    """CREMA-D cloned without Git LFS holds notes instead of sound."""
    (tmp_path / "1001_DFA_ANG_XX.wav").write_text("version https://git-lfs.github.com/spec/v1\noid sha256:0\n")

    with pytest.raises(ConfigError, match="git lfs pull"):
        read(ActedSource(tmp_path, "crema-d"))


def test_a_speaker_who_is_not_there(tmp_path: Path) -> None:
    """A speaker to keep aside that nobody is gets a sentence with those who are there."""
    source = ActedSource(write(tmp_path, "ann_sad.wav"), "named", valid=("bob",))

    with pytest.raises(ConfigError, match="no speaker 'bob'; it has ann"):
        split_of(source, read(source).lines, "train")
