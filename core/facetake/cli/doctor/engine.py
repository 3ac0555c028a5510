"""Whether the engine works: the shipped models are whole, and a made sound becomes a take and comes back from disk."""

from __future__ import annotations

import tempfile
import time
from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import NDArray

from facetake import files, formats, inference
from facetake.audio import SAMPLE_RATE_HZ
from facetake.cli.doctor.finding import Diagnosis
from facetake.errors import FacetakeError, ModelError, sentence

AGAIN: Final = "install Facetake again"
LENGTH_S: Final = 3.0  # by choice: long enough for syllables and a take, made in a moment
PITCH_HZ: Final = 120.0  # a man's voice
SYLLABLES_HZ: Final = 4.0  # as many as in speech
FORMANTS_HZ: Final = ((730.0, 1090.0), (270.0, 2290.0), (300.0, 870.0))
"""Of three vowels, as in father, see and boot (Peterson and Barney 1952)."""


def models() -> list[Diagnosis]:
    """Each shipped model, compared with the hash in models.toml."""
    findings = []
    for name, declared in inference.declarations(inference.SHIPPED).items():
        path = inference.SHIPPED / declared.file
        found = files.hash_of(path, ModelError) if path.is_file() else ""
        told = declared.sha256[:12] if found == declared.sha256 else "altered" if found else "missing"
        facts = {"sha256": found, "declared_sha256": declared.sha256}
        findings.append(Diagnosis(f"model {name}", told, "" if found == declared.sha256 else AGAIN, facts))
    return findings


def line() -> list[Diagnosis]:
    """A made sound through everything that `facetake generate` does, with the time that took."""
    import soundfile

    from facetake.generate import GenerateOptions, generate

    begun_s = time.perf_counter()
    try:
        with tempfile.TemporaryDirectory() as folder:
            sound = Path(folder) / "made.wav"
            path = Path(folder) / "made.npz"
            soundfile.write(sound, voice(), SAMPLE_RATE_HZ)
            take = generate(sound, GenerateOptions(), inference.load()).take
            formats.write(take, path)
            back = formats.read(path)
    except (FacetakeError, OSError) as error:
        return [Diagnosis("a line", sentence(error), AGAIN)]
    spent_s = time.perf_counter() - begun_s
    if not np.array_equal(back.values, take.values):
        return [Diagnosis("a line", "what was written is not what was read", "report it, with --report-bug")]
    told = f"{LENGTH_S:g} s of made sound became {take.n_frames} frames in {spent_s:.1f} s"
    return [Diagnosis("a line", told, facts={"frames": take.n_frames, "spent_s": round(spent_s, 3)})]


def voice() -> NDArray[np.float32]:
    """(S,) something like speech: pulses of a voice, shaped into vowels that follow each other in syllables."""
    times_s = np.arange(round(LENGTH_S * SAMPLE_RATE_HZ)) / SAMPLE_RATE_HZ
    sound = np.zeros(len(times_s))
    which = (times_s * SYLLABLES_HZ).astype(int) % len(FORMANTS_HZ)
    for number in range(1, int(4000.0 / PITCH_HZ)):
        pitch = number * PITCH_HZ
        loud = np.array([sum(1.0 / (1.0 + ((pitch - peak) / 100.0) ** 2) for peak in vowel) for vowel in FORMANTS_HZ])
        sound += loud[which] / number**0.5 * np.sin(2.0 * np.pi * pitch * times_s)
    syllables = np.sin(np.pi * SYLLABLES_HZ * times_s) ** 2
    return np.asarray(0.3 * sound / np.abs(sound).max() * syllables, np.float32)
