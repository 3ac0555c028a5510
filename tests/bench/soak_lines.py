"""What a soak is made of: a few dozen short recordings, and a list that makes thousands of lines of them."""

from __future__ import annotations

import csv
import shutil
import subprocess
import tempfile
from pathlib import Path
from typing import Final

import numpy as np
import soundfile

from facetake.arrays import F64

RECORDINGS: Final = 36
SHORTEST_S: Final = 0.3
LONGEST_S: Final = 0.8
SPARSE: Final = ("--keys", "sparse")  # so that a take consists of two files
WORDS: Final = ("maybe", "peter", "never mind", "this way", "five of them", "open up", "oh", "we bought a map", "shush")
MOODS: Final = ("", "happy:0.7", "sad", "angry:0.4", "happy:0.5+surprise:0.3", "fear:0.9", "auto", "mood.txt")
STYLES: Final = ("", "", "", "", "sad:0.8", "", "", "angry:0.5")
SUFFIXES: Final = (".npz", ".csv", ".txt", ".json", ".npz", ".csv", ".txt", ".anim", ".usda")
KINDS: Final = (("wav", 22050, 1), ("flac", 48000, 1), ("wav", 16000, 2), ("ogg", 44100, 1), ("wav", 8000, 1))


def make(folder: Path, lines: int) -> Path:
    """Recordings that are not there yet, a file of cues and the list; gives the list."""
    folder.mkdir(parents=True, exist_ok=True)
    names = [_recording(folder, number) for number in range(RECORDINGS)]
    (folder / "mood.txt").write_text("0.0 neutral\n0.2 angry:0.8\n", encoding="utf-8")
    path = folder / "list.csv"
    with path.open("w", newline="", encoding="utf-8") as file:
        rows = csv.writer(file)
        rows.writerow(("id", "audio", "emotion", "style", "seed", "out"))
        for number in range(lines):
            mood = MOODS[number // 3 % len(MOODS)]
            style = STYLES[number // 7 % len(STYLES)]
            suffix = SUFFIXES[number // RECORDINGS % len(SUFFIXES)]  # each recording in every format
            out = f"part_{number % 10}/line_{number:05d}{suffix}"
            rows.writerow((f"line_{number:05d}", names[number % RECORDINGS], mood, style, number // 50, out))
    return path


def part_of(whole: Path, step: int) -> Path:
    """A list of every so-many-th line of another one, beside it."""
    head, *rows = whole.read_text(encoding="utf-8").splitlines()
    path = whole.with_name(f"every_{step}.csv")
    path.write_text("\n".join([head, *rows[::step]]) + "\n", encoding="utf-8")
    return path


def recording_of(line: str) -> int:
    """The number of the recording that a line is made of."""
    return int(line.removeprefix("line_")) % RECORDINGS


def engine() -> str:
    """What speaks here."""
    return next((name for name in ("espeak-ng", "flite") if shutil.which(name)), "numpy")


def _recording(folder: Path, number: int) -> str:
    """Speaks a few words into a short file; gives its name."""
    suffix, rate_hz, channels = KINDS[number % len(KINDS)]
    length_s = SHORTEST_S + (LONGEST_S - SHORTEST_S) * (number * 7 % RECORDINGS) / (RECORDINGS - 1)
    samples, spoken_hz = _spoken(number)
    at_s = np.arange(int(length_s * rate_hz)) / rate_hz
    cut = 0.5 * np.interp(at_s, np.arange(len(samples)) / spoken_hz, samples)
    path = folder / f"take_{number:02d}.{suffix}"
    if path.is_file():  # an Ogg made anew has other bytes: it counts its streams at random
        return path.name
    soundfile.write(path, np.repeat(cut[:, None], channels, axis=1), rate_hz)
    return path.name


def _spoken(number: int) -> tuple[F64, int]:
    """A few words, (S,) in -1..1, and their rate in Hz."""
    words = WORDS[number % len(WORDS)]
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "voice.wav"
        if engine() == "espeak-ng":
            voice = ("-v", ("en", "en+f3", "en-us+m4", "en-gb+f2")[number % 4], "-s", str(150 + 3 * number))
            subprocess.run(["espeak-ng", *voice, "-w", str(path), words], check=True)
        elif engine() == "flite":
            subprocess.run(["flite", "-voice", ("slt", "rms")[number % 2], "-t", words, "-o", str(path)], check=True)
        else:
            soundfile.write(path, _buzz(number), 16000)
        samples, rate_hz = soundfile.read(path, dtype="float64")
    loud = np.flatnonzero(np.abs(samples) > 0.02)
    return np.asarray(samples[loud[0] :] / np.abs(samples).max()), rate_hz


def _buzz(number: int) -> F64:
    """A second of a voice without words, (16000,): harmonics under two formants that move."""
    at_s = np.arange(16000) / 16000
    pitch_hz = 90 + 5 * number + 10 * np.sin(5 * at_s)
    phase = 2 * np.pi * np.cumsum(pitch_hz) / 16000
    formants = (500 + 300 * np.sin(9 * at_s + number), 1500 + 600 * np.sin(7 * at_s))
    total: F64 = np.zeros(16000)
    for harmonic in range(1, 25):
        gain = sum(np.exp(-(((harmonic * pitch_hz - one) / 200) ** 2)) for one in formants)
        total += gain * np.sin(harmonic * phase)
    return np.asarray(0.5 * total / np.abs(total).max())
