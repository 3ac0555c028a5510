"""Is the mouth still in silence and room noise, while blinks and gaze go on?"""

from __future__ import annotations

import tempfile
from pathlib import Path

import numpy as np
import soundfile as sf
from numpy.typing import NDArray

from facetake import rig
from facetake.audio import SAMPLE_RATE_HZ
from facetake.emotion import EMOTIONS
from facetake.generate import GenerateOptions, generate
from facetake.inference import Models
from facetake.postprocess import silence
from facetake_training.measure.report import MeasurementReport

SECONDS = 10  # of each noise: long enough for a blink and a look
MOST = 0.01  # of a control's range, which nobody sees


def noises() -> dict[str, NDArray[np.float32]]:
    """Ten seconds each of digital silence, faint and loud hiss, mains hum and room tone."""
    rng = np.random.default_rng(0)
    count = SECONDS * SAMPLE_RATE_HZ
    hiss = rng.standard_normal(count)
    room = np.convolve(rng.standard_normal(count), np.exp(-np.arange(400) / 80.0), "same")
    hum = np.sin(2 * np.pi * 50 * np.arange(count) / SAMPLE_RATE_HZ)
    sounds = {
        "silence": 0 * hiss,
        "faint hiss": 0.001 * hiss,
        "loud hiss": 0.1 * hiss,
        "hum": 0.05 * hum,
        "room": 0.002 * room,
    }
    return {name: sound.astype(np.float32) for name, sound in sounds.items()}


def measure(models: Models) -> MeasurementReport:
    """Measures every noise in every emotion."""
    report = MeasurementReport()
    held = silence.HELD_COLUMNS
    eyes = rig.columns("C_eye.X", "C_eye.Y")
    with tempfile.TemporaryDirectory() as folder:
        for name, sound in noises().items():
            path = Path(folder) / "noise.wav"
            sf.write(path, sound, SAMPLE_RATE_HZ, subtype="FLOAT")
            takes = [generate(path, GenerateOptions(emotion), models).take.values for emotion in EMOTIONS]
            report.bar(
                f"{name}: largest move of the mouth",
                max(float(np.ptp(v[:, held], axis=0).max()) for v in takes),
                most=MOST,
            )
            report.bar(f"{name}: least blink", min(float(v[:, rig.both("eye_blink")].max()) for v in takes), least=0.95)
            report.bar(f"{name}: least gaze", min(float(np.ptp(v[:, eyes], axis=0).max()) for v in takes), least=0.05)
    return report
