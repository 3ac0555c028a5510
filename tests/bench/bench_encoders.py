"""How true the reader of sound is to what encoders of many makers were given: lengths, delays, and what is told.

    python tests/bench/bench_encoders.py [--sound LINE.wav] [--only WORD]

One recording (by default a sentence by espeak-ng, or syllables of noise without it) is encoded by every program that is
here, whole, glued to itself, and with its last 30 % cut off, and read by `facetake.audio`. Promised: with delay and
padding in the file, the length within 5 ms and the lag within 2 ms; without them the length within two of the codec's
frames for each sound, the lag within 30 ms, and a word of it; of what is cut, a word. In streams that are glued nothing
tells where the second begins: its lag is shown, and may be what the length may miss. Ends with 1 when a
promise is broken.
"""

from __future__ import annotations

import argparse
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np
import soundfile as sf
import soxr

from facetake import audio
from facetake.arrays import F32
from facetake.errors import AudioError

RATE_HZ: Final = audio.SAMPLE_RATE_HZ
SENTENCE: Final = (
    "The quick brown fox jumps over the lazy dog. She sells sea shells by the sea shore, and then, at last, she went "
    "home; papa bought more blue balloons."
)
EXACT_S = 0.005
LAG_S = 0.002
STREAM_LAG_S: Final = 0.03
FFMPEG: Final = "ffmpeg -nostdin -v error -y -i {wav}"


@dataclass(frozen=True)
class Encoder:
    """A program with its options.

    Attributes:
        command: of it, with {wav} and {out}.
        suffix: of what it makes.
        frame: samples of the codec's frames where the file does not tell its delay; 0 where it does.
        rate_hz: of what it is given.
        can_glue: whether two of its files after one another are a file.
        is_piped: it writes to standard output, and cannot go back to its header.
    """

    command: str
    suffix: str
    frame: int = 0
    rate_hz: int = 44_100
    can_glue: bool = True
    is_piped: bool = False


def _mp3(options: str, frame: int, rate_hz: int = 44_100) -> Encoder:
    return Encoder(f"{FFMPEG} {options} {{out}}", ".mp3", frame, rate_hz)


def _ffmpeg(options: str, suffix: str, frame: int = 0, rate_hz: int = 44_100, can_glue: bool = True) -> Encoder:
    return Encoder(f"{FFMPEG} {options} {{out}}", suffix, frame, rate_hz, can_glue)


BARE: Final = "-write_xing 0 -id3v2_version 0"
ENCODERS: Final = (
    _mp3("-c:a libmp3lame -b:a 128k", 0),
    _mp3("-c:a libmp3lame -q:a 4", 0),
    _mp3("-c:a libmp3lame -abr 1 -b:a 96k", 0),
    _mp3("-c:a libmp3lame -b:a 64k", 0, 22_050),
    _mp3("-c:a libmp3lame -b:a 24k", 0, 16_000),
    _mp3("-c:a libmp3lame -b:a 16k", 0, 8_000),
    _mp3(f"-c:a libmp3lame -b:a 128k {BARE}", 1152),
    _mp3(f"-c:a libmp3lame -q:a 4 {BARE}", 1152),
    _mp3(f"-c:a libmp3lame -abr 1 -b:a 96k {BARE}", 1152),
    _mp3(f"-c:a libmp3lame -b:a 48k {BARE}", 1152, 48_000),
    _mp3(f"-c:a libmp3lame -b:a 64k {BARE}", 576, 22_050),
    _mp3(f"-c:a libmp3lame -b:a 16k {BARE}", 576, 8_000),
    _mp3("-c:a libshine -b:a 128k", 1152),  # its header has no delay
    _mp3(f"-c:a libshine -b:a 128k {BARE}", 1152),
    Encoder("lame --quiet -V 4 {wav} {out}", ".mp3"),
    Encoder("lame --quiet --preset 112 {wav} {out}", ".mp3"),
    Encoder("lame --quiet -b 96 --cbr {wav} {out}", ".mp3"),
    Encoder("lame --quiet -t -V 4 {wav} {out}", ".mp3", 1152),
    Encoder("lame --quiet -t -b 96 --nores {wav} {out}", ".mp3", 1152),
    Encoder("lame --quiet -b 64 {wav} -", ".mp3", 1152, is_piped=True),
    Encoder("twolame --quiet -b 128 {wav} {out}", ".mp2", 1152),
    _ffmpeg("-c:a mp2 -b:a 128k", ".mp2", 1152),
    _ffmpeg("-c:a aac -b:a 96k", ".m4a", can_glue=False),
    _ffmpeg("-c:a aac -b:a 96k -movflags +faststart", ".m4a", can_glue=False),
    _ffmpeg("-c:a aac -b:a 48k", ".m4a", 0, 16_000, can_glue=False),
    _ffmpeg("-c:a aac -b:a 96k -movflags +frag_keyframe+empty_moov", ".mp4", 1024, can_glue=False),
    _ffmpeg("-c:a aac -b:a 96k", ".mka", 1024, can_glue=False),
    _ffmpeg("-c:a aac -b:a 96k", ".aac", 1024),
    _ffmpeg("-c:a aac -q:a 1", ".aac", 1024, 48_000),
    _ffmpeg("-c:a aac -b:a 32k", ".aac", 1024, 16_000),
    _ffmpeg("-c:a libvorbis -q:a 4", ".ogg"),
    _ffmpeg("-c:a libvorbis -b:a 64k", ".ogg", 0, 16_000),
    Encoder("oggenc -Q -q 3 -o {out} {wav}", ".ogg"),
    Encoder("oggenc -Q -b 64 --managed -o {out} {wav}", ".ogg", 0, 22_050),
    _ffmpeg("-c:a libopus -b:a 32k", ".opus", 0, 48_000),
    _ffmpeg("-c:a libopus -b:a 32k -vbr off -frame_duration 60", ".ogg", 0, 48_000),
    _ffmpeg("-c:a libopus -b:a 32k", ".webm", 0, 48_000, can_glue=False),
    Encoder("opusenc --quiet --bitrate 32 {wav} {out}", ".opus", 0, 44_100),
    Encoder("opusenc --quiet --hard-cbr --bitrate 24 {wav} {out}", ".opus", 0, 16_000),
    Encoder("flac -s -f -o {out} {wav}", ".flac"),
    Encoder("flac -s -f -c {wav}", ".flac", is_piped=True),
    _ffmpeg("-c:a flac", ".flac"),
    _ffmpeg("-c:a flac -f flac -", ".flac"),
    Encoder("flac -s -f --ogg -o {out} {wav}", ".oga"),
    Encoder("speexenc --quiet {wav} {out}", ".spx", 160, 8_000),
    Encoder("speexenc --quiet {wav} {out}", ".spx", 320, 16_000),
    Encoder("speexenc --quiet --vbr {wav} {out}", ".spx", 640, 32_000),
)


@dataclass(frozen=True)
class Result:
    """A line of the table."""

    encoder: str
    form: str
    length_ms: float
    lags_ms: tuple[float, ...]
    told: str
    verdict: str


def spoken(folder: Path) -> Path:
    """The recording that is encoded where none is given."""
    path = folder / "spoken.wav"
    if shutil.which("espeak-ng"):
        subprocess.run(["espeak-ng", "-w", str(path), SENTENCE], check=True)
        return path
    time = np.arange(8 * RATE_HZ) / RATE_HZ
    hiss = np.convolve(np.random.default_rng(0).normal(0.0, 1.0, len(time)), np.hanning(12) / 6.0, "same")
    sf.write(path, 0.1 * hiss * (1.0 + np.sin(2 * np.pi * 3 * time)), RATE_HZ)
    return path


def encoded(encoder: Encoder, sound: F32, folder: Path) -> Path | None:
    """What an encoder makes of a sound of 16 kHz; None where it is not here."""
    wav = folder / "in.wav"
    out = folder / f"out{encoder.suffix}"
    sf.write(wav, soxr.resample(sound, RATE_HZ, encoder.rate_hz), encoder.rate_hz)
    words = [word.format(wav=wav, out=out) for word in encoder.command.split()]
    is_piped = encoder.is_piped or words[-2:] == ["-", str(out)]
    words = [word for word in words if word != str(out)] if is_piped else words
    try:
        done = subprocess.run(words, capture_output=True, check=True)
    except (OSError, subprocess.CalledProcessError):
        return None
    if is_piped:
        out.write_bytes(done.stdout)
    return out


def lag_s(heard: F32, sound: F32) -> float:
    """How late a sound is heard."""
    count = max(len(heard), len(sound))
    spectrum = np.fft.rfft(heard, 2 * count) * np.conj(np.fft.rfft(sound, 2 * count))
    best = int(np.fft.irfft(spectrum).argmax())
    return (best if best < count else best - 2 * count) / RATE_HZ


def measured(path: Path, sound: F32, copies: int) -> tuple[float, tuple[float, ...], str]:
    """Length error and lags in ms, and what is told."""
    with audio.stream(path) as stream:
        heard = np.concatenate(list(stream))
    told = "; ".join(one.removeprefix(f"{path.name} ") for one in stream.told)
    lags = [1000 * lag_s(heard[n * len(sound) : (n + 1) * len(sound)], sound) for n in range(copies)]
    return 1000 * (len(heard) / len(sound) - copies) * len(sound) / RATE_HZ, tuple(lags), told


def judged(encoder: Encoder, length_ms: float, lags_ms: tuple[float, ...], told: str) -> str:
    """Which promise is broken; "kept" for none."""
    frame_ms = 1000 * encoder.frame / encoder.rate_hz
    most_ms = 2 * frame_ms if frame_ms else 1000 * EXACT_S
    lag_ms = 1000 * (STREAM_LAG_S if frame_ms else LAG_S)
    later_ms = lag_ms + (most_ms * len(lags_ms) if frame_ms else 0.0)
    if frame_ms and not told:
        return "BROKEN: not told"
    if abs(length_ms) > most_ms * len(lags_ms):
        return "BROKEN: length"
    is_late = abs(lags_ms[0]) > lag_ms or any(abs(lag) > later_ms for lag in lags_ms[1:])
    return "BROKEN: lag" if is_late else "kept"


def results(encoder: Encoder, sound: F32, folder: Path) -> Iterator[Result]:
    """Whole, glued and cut."""
    name = encoder.command.replace(FFMPEG, "ffmpeg").replace(" {wav}", "").replace(" {out}", "")
    name = f"{name} {encoder.suffix} {encoder.rate_hz / 1000:g}k"
    path = encoded(encoder, sound, folder)
    if path is None:
        yield Result(name, "", 0.0, (), "", "not here")
        return
    whole = path.read_bytes()
    for form, data, copies in (("whole", whole, 1), ("glued", 2 * whole, 2), ("cut", whole[: len(whole) * 7 // 10], 0)):
        path.write_bytes(data)
        try:
            length_ms, lags_ms, told = measured(path, sound, copies)
            verdict = judged(encoder, length_ms, lags_ms, told) if copies else ("kept" if told else "BROKEN: not told")
            if copies == 2 and not encoder.can_glue:  # no program plays the second
                verdict = "kept" if "glued" in told or max(map(abs, lags_ms)) <= 1000 * STREAM_LAG_S else verdict
        except AudioError as error:
            length_ms = 0.0
            lags_ms = ()
            told = f"refused: {str(error).removeprefix(f'{path} ')}"
            verdict = "kept" if form == "cut" or not (copies == 1 or encoder.can_glue) else "BROKEN: refused"
        yield Result(name, form, length_ms if copies else 0.0, lags_ms, told, verdict)


def main() -> int:
    """Measures and prints."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--sound", type=Path, help="a recording")
    parser.add_argument("--only", default="", metavar="WORD", help="encoders whose command has this in it")
    arguments = parser.parse_args()
    found = list[Result]()
    with tempfile.TemporaryDirectory() as name:
        sound = audio.read(arguments.sound or spoken(Path(name)))
        for encoder in ENCODERS:
            if arguments.only in encoder.command + encoder.suffix:
                for one in results(encoder, sound, Path(name)):
                    found.append(one)
                    lags = " ".join(f"{lag:6.1f}" for lag in one.lags_ms)
                    print(
                        f"{one.encoder:60s} {one.form:6s} {one.length_ms:8.1f} {lags:14s} {one.verdict:16s} {one.told}"
                    )
    broken = sum(one.verdict.startswith("BROKEN") for one in found)
    print(
        f"{sum(one.verdict == 'kept' for one in found)} kept, {broken} broken, "
        f"{sum(one.verdict == 'not here' for one in found)} encoders not here"
    )
    return int(broken > 0)


if __name__ == "__main__":
    sys.exit(main())
