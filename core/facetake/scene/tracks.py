"""Voices of a scene on one clock: every recording laid on a track as long as the scene, and what another's voice is.

A microphone hears the others, too. What is in it of another voice is found, so that no mouth moves to it; two tracks
with one voice are refused. Knows no face.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import Final

import numpy as np
import soundfile

from facetake import audio
from facetake.arrays import F32
from facetake.audio import SAMPLE_RATE_HZ
from facetake.audio.sources import open_source
from facetake.errors import AudioError
from facetake.phrases import Phrase
from facetake.postprocess import spans

BLOCK_S: Final = 2.0  # read at a time, as everywhere
SUBTYPE: Final = "PCM_24"  # finer than 16 bits by choice; a float WAV holds the time of day, so no two are the same
MOST_CHANNELS: Final = 8  # of a file with a voice a channel: more is a bus of a mixing desk
COMPARED_HZ: Final = 4000  # samples a second at which voices are compared: their pitch and first formants
COMPARED_S: Final = 600.0  # of the scene, from its beginning: ample, and half a second of work
LAG_S: Final = 0.05  # sound passes 17 m in it, more than two microphones of one scene are apart
SAME: Final = 0.8
LEAKED: Final = 0.4
"""Correlation of two tracks from which they hold one voice, and of a window of both from which one hears the other."""
WINDOW_S: Final = 0.25  # a syllable; shorter ones of two voices are alike by chance
FAINTEST: Final = 1e-6  # power, 60 dB below full scale: what is fainter is no voice that leaks
FAINTER_DB: Final = 5.0  # than in its own microphone, which is at least twice as near: 6 dB
RAMP: Final = 160  # samples, 10 ms, in which a leaked voice is faded


@dataclass(frozen=True)
class Voice:
    """Who speaks in a scene.

    Attributes:
        name: of the speaker, and of the take.
        path: the recording.
        start: when it begins, in seconds of the scene.
        emotion: as for `generate`; None is neutral.
    """

    name: str
    path: Path
    start: Fraction = Fraction(0)
    emotion: str | None = None


@dataclass(frozen=True)
class Track:
    """A voice laid on the clock of the scene: the file of it, as long as the scene, and what was odd in its source."""

    voice: Voice
    path: Path
    told: tuple[str, ...] = ()


def split(path: Path, folder: Path) -> tuple[Path, ...]:
    """A mono file in a folder for every channel of a recording, called by its number.

    Raises:
        AudioError: the file cannot be read, has a single channel or too many, or changes its rate on the way.
    """
    with audio.stream(path) as sound:
        rate_hz, channels = sound.recorded
    if not 2 <= channels <= MOST_CHANNELS:
        raise AudioError(
            f"{path} has {channels} channel{'' if channels == 1 else 's'}; --channels takes a file with 2 to "
            f"{MOST_CHANNELS}, a voice in each"
        )
    places = [folder / f"{path.stem}.{number + 1}.wav" for number in range(channels)]
    with ExitStack() as opened:
        outs = [
            opened.enter_context(soundfile.SoundFile(place, "w", rate_hz, 1, SUBTYPE, format="WAV")) for place in places
        ]
        for rate, block in open_source(path, None).blocks(BLOCK_S):
            if (rate, block.shape[1]) != (rate_hz, channels):
                raise AudioError(f"{path} changes its rate or its channels on the way; export it again")
            for out, samples in zip(outs, block.T, strict=True):
                out.write(samples)
    return tuple(places)


def lay(voices: Sequence[Voice], folder: Path) -> tuple[tuple[Track, ...], Fraction]:
    """Tracks of one length, mono at 16 kHz, in a folder, and that length in seconds.

    Raises:
        AudioError: a recording cannot be read.
    """
    lengths = []
    for voice in voices:
        with audio.stream(voice.path) as sound:
            lengths.append(voice.start + Fraction(sound.n_samples, SAMPLE_RATE_HZ))
    count = round(max(lengths) * SAMPLE_RATE_HZ)
    laid = [_lay(voice, count, folder / f"track.{number}.wav") for number, voice in enumerate(voices)]
    return tuple(laid), Fraction(count, SAMPLE_RATE_HZ)


def _lay(voice: Voice, count: int, place: Path) -> Track:
    first = round(voice.start * SAMPLE_RATE_HZ)
    with (
        audio.unchanged(voice.path),
        audio.stream(voice.path) as sound,
        soundfile.SoundFile(place, "w", SAMPLE_RATE_HZ, 1, SUBTYPE, format="WAV") as out,
    ):
        louder = np.float32(max(sound.gain, 1.0))  # undone, so that a faint voice of another stays faint
        for block in _padded(sound, first, count):
            out.write(block / louder)
        return Track(voice, place, sound.told)


def _padded(sound: audio.AudioStream, first: int, count: int) -> Iterator[F32]:
    """Silence, the sound, and silence, a block at a time; `count` samples together."""
    done = 0
    for left in (first, None, count):
        blocks = sound if left is None else _silence(left - (done if left == count else 0))
        for block in blocks:
            part = block[: count - done]
            done += len(part)
            yield part


def _silence(count: int) -> Iterator[F32]:
    step = round(BLOCK_S * SAMPLE_RATE_HZ)
    for first in range(0, count, step):
        yield np.zeros(min(step, count - first), np.float32)


def refuse_same(tracks: Sequence[Track]) -> None:
    """Makes sure that no two tracks hold the same voice; one that hears another from afar is a leak, and allowed.

    Raises:
        AudioError: one recording is there twice, or one microphone on two channels.
    """
    sounds = [compared(track) for track in tracks]
    for n, one in enumerate(sounds):
        for m in range(n):
            alike = correlation(one, sounds[m])
            if alike >= SAME and abs(_louder_db(one, sounds[m])) < FAINTER_DB:
                names = f"{tracks[m].voice.name} and {tracks[n].voice.name}"
                raise AudioError(
                    f"{names} are one voice (correlation {alike:.2f}); give each speaker's own recording, or "
                    "'facetake generate' for one speaker"
                )


def compared(track: Track) -> F32:
    """Samples of a track at a low rate, for comparisons; at most `COMPARED_S` of it."""
    found: list[F32] = []
    with audio.stream(track.path, rate_hz=COMPARED_HZ) as sound:
        for block in sound:
            found.append(block / np.float32(max(sound.gain, 1.0)))
            if sum(map(len, found)) >= COMPARED_S * COMPARED_HZ:
                break
    return np.concatenate(found)


def correlation(one: F32, other: F32) -> float:
    """How alike two sounds of one length are, 0..1: their largest correlation within `LAG_S`, whatever its sign."""
    power = float(np.sqrt(np.square(one, dtype=np.float64).sum() * np.square(other, dtype=np.float64).sum()))
    if power < 1e-9 or not len(one):
        return 0.0
    size = 1 << (2 * len(one) - 1).bit_length()
    product = np.fft.irfft(np.fft.rfft(one, size) * np.conj(np.fft.rfft(other, size)), size)
    reach = min(round(LAG_S * COMPARED_HZ), len(one) - 1)
    return float(np.abs(np.concatenate([product[: reach + 1], product[len(product) - reach :]])).max()) / power


def leaks(tracks: Sequence[Track]) -> list[list[Phrase]]:
    """Of each track the stretches in which its microphone hears, fainter, what another one hears."""
    found: list[list[bool]] = [[] for _ in tracks]
    with ExitStack() as opened:
        streams = [opened.enter_context(audio.stream(track.path, BLOCK_S, COMPARED_HZ)) for track in tracks]
        for parts in zip(*map(_windows, streams), strict=True):
            for n, marks in enumerate(found):
                marks.append(any(_is_leak(parts[n], part) for m, part in enumerate(parts) if m != n))
    return [[Phrase(a * WINDOW_S, b * WINDOW_S) for a, b in _runs(marks)] for marks in found]


def _windows(sound: audio.AudioStream) -> Iterator[F32]:
    """A stream as windows of `WINDOW_S`, as loud as they were recorded; what is left at the end is a shorter one."""
    size = round(WINDOW_S * COMPARED_HZ)
    louder = np.float32(max(sound.gain, 1.0))
    kept = np.zeros(0, np.float32)
    for block in sound:
        kept = np.concatenate([kept, block / louder])
        while len(kept) >= size:
            yield kept[:size]
            kept = kept[size:]
    if len(kept):
        yield kept


def _runs(marks: Sequence[bool]) -> list[tuple[int, int]]:
    """Stretches [first, last) of marks, those joined that a single window parts."""
    edges = np.flatnonzero(np.diff(np.array([False, *marks, False]).astype(np.int8))).reshape(-1, 2)
    return [(int(a), int(b)) for a, b in spans.joined([(int(a), int(b)) for a, b in edges], 2)]


def _is_leak(own: F32, other: F32) -> bool:
    if not len(own) or not np.square(other, dtype=np.float64).mean() > FAINTEST:
        return False
    return _louder_db(other, own) >= FAINTER_DB and correlation(own, other) >= LEAKED


def _louder_db(one: F32, other: F32) -> float:
    """How much louder one sound is than another of its length, both at least of the quantisation's level."""
    powers = [float(np.square(sound, dtype=np.float64).mean()) + 1e-12 for sound in (one, other)]
    return float(10.0 * np.log10(powers[0] / powers[1]))


def mute(track: Track, stretches: Sequence[Phrase]) -> None:
    """Silences stretches of a track, in its file."""
    with soundfile.SoundFile(track.path, "r+") as file:
        for stretch in stretches:
            first = max(0, round(stretch.start_s * SAMPLE_RATE_HZ))
            count = min(round(stretch.end_s * SAMPLE_RATE_HZ), file.frames) - first
            if count <= 0:
                continue
            file.seek(first)
            samples = file.read(count, dtype="float32")
            share = np.clip(np.minimum(np.arange(count), np.arange(count)[::-1]) / RAMP, 0.0, 1.0)
            file.seek(first)
            file.write(samples * (1.0 - share).astype(np.float32))
