"""A folder of short lines for batches."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import soundfile

LINE = Path(__file__).parents[3] / "examples" / "line.wav"


@pytest.fixture
def lines(tmp_path: Path) -> Path:
    """Eight stretches of the example line, of 0.5 to 1.2 s, in a folder."""
    samples, rate_hz = soundfile.read(LINE, dtype="float32")
    folder = tmp_path / "dialogue"
    folder.mkdir()
    for number in range(8):
        begin = int((0.4 + 0.5 * number) * rate_hz)
        soundfile.write(
            folder / f"line_{number}.wav", samples[begin : begin + int((0.5 + 0.1 * number) * rate_hz)], rate_hz
        )
    return folder


@pytest.fixture
def silence(tmp_path: Path) -> Path:
    """A recording without a voice."""
    path = tmp_path / "silence.wav"
    soundfile.write(path, np.zeros(8000, np.float32), 16000)
    return path
