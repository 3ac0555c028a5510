"""The spectrogram: what is heard is where it is seen, at every zoom, and a wrong file is a dark lane."""

from __future__ import annotations

from importlib.util import find_spec
from pathlib import Path

import numpy as np
import pytest
import soundfile

pytestmark = pytest.mark.skipif(find_spec("PySide6") is None, reason="the window needs PySide6")
if find_spec("PySide6") is not None:
    from facetake.ui import spectrogram

RATE = 16000


def tone(seconds: float, hz: float, from_s: float, to_s: float) -> np.ndarray:
    """(S,) silence with a sine in it."""
    times_s = np.arange(round(seconds * RATE)) / RATE
    inside = (times_s >= from_s) & (times_s < to_s)
    return (16000 * np.sin(2 * np.pi * hz * times_s) * inside).astype(np.int16)


@pytest.mark.parametrize("level", [spectrogram.FINEST, 8, 11, 13] if find_spec("PySide6") else [])
@pytest.mark.parametrize("hz", [300.0, 1000.0, 5000.0])
def test_a_tone_is_where_it_sounds_and_as_high_as_it_is(level: int, hz: float) -> None:
    """Whatever the zoom: in the columns of its time, in the row of its frequency, and nowhere else."""
    length_s = spectrogram.COLUMNS * 2**level / RATE
    found = spectrogram.levels(tone(length_s, hz, 0.25 * length_s, 0.75 * length_s), level, 0)
    assert found.shape == (spectrogram.ROWS, spectrogram.COLUMNS)
    loud = found[:, spectrogram.COLUMNS // 2]
    row = spectrogram.ROWS - 1 - round(hz * spectrogram.WINDOW / RATE)
    assert abs(int(loud.argmax()) - row) <= 1
    edge = 2 + round(spectrogram.WINDOW / 2**level)
    quarter = spectrogram.COLUMNS // 4
    assert found[:, : quarter - edge].max() < loud.max() - 60
    assert found[row, quarter + edge : 3 * quarter - edge].min() > loud.max() - 6


def test_beyond_the_sound_and_without_any_it_is_silent() -> None:
    """A tile past the end, one of an empty sound, and a line of a tenth of a second."""
    for samples in (tone(0.1, 500.0, 0.0, 0.1), np.zeros(0, np.int16)):
        assert spectrogram.levels(samples, 8, 3).max() < -80
    assert spectrogram.levels(tone(0.1, 500.0, 0.0, 0.1), 5, 0).max() > -20
    assert np.isfinite(spectrogram.loudest(np.zeros(0, np.int16)))


def test_a_sound_is_read_as_it_is_and_a_wrong_file_is_none(tmp_path: Path) -> None:
    """Another rate and two channels become 16 kHz; what is no sound gives nothing, and no error."""
    sound = np.sin(2 * np.pi * 440 * np.arange(44100) / 44100)
    soundfile.write(tmp_path / "a.wav", np.stack([sound, sound], axis=1) * 0.5, 44100)
    assert abs(len(spectrogram._read(tmp_path / "a.wav")) - RATE) <= 1
    (tmp_path / "b.wav").write_bytes(b"no sound")
    assert len(spectrogram._read(tmp_path / "b.wav")) == len(spectrogram._read(tmp_path / "c.wav")) == 0


def test_the_waveform_is_the_sounds_own() -> None:
    """The loudest of each part, as looking at each gives; none before the sound is read, or of too long a stretch."""
    made = spectrogram.Spectrogram()
    assert made.peaks((0.0, 1.0), 100) is None
    made._samples = tone(2.0, 440.0, 0.5, 1.5)
    found = made.peaks((0.25, 1.75), 150)
    assert found is not None and len(found) == 150
    parts = [made._samples[round((0.25 + n / 100) * RATE) :][: RATE // 100] for n in range(150)]
    assert np.allclose(found, [np.abs(one.astype(int)).max() / 32767 for one in parts], atol=0.02)
    assert made.peaks((0.0, 1000.0), 100) is None
