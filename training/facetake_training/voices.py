"""Recordings of emotional speech to learn from and to be judged by, through any microphone.

Lines come from `acted`; neutral speech may be given an emotion by rule (`acting`). `recordings` goes through them once;
`VoiceDataset` gives the paper's network batches without end, as its own log-mel features. Knows nothing of losses.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import TypeVar

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.utils.data import IterableDataset, get_worker_info

from facetake.arrays import F16, F32
from facetake.audio import SAMPLE_RATE_HZ, read
from facetake.emotion import EMOTIONS
from facetake.errors import ConfigError
from facetake.networks.audio_emotion import HOP, EmotionMel
from facetake_training import emotion_datasets
from facetake_training.augment import AugmentConfig, augment, coloured_noise
from facetake_training.emotion_datasets import Acted, ActedSource, Split
from facetake_training.emotional_prosody import perform
from facetake_training.speed import at_speed

Kept = TypeVar("Kept", F32, F16)
FAINT = 0.02  # of a line's peak; what is fainter at its ends is silence
POOL = 100  # batches of examples that are remembered for reuse
TRIM_S = 0.1  # of it that is kept
LONGEST_S = 8.0  # of a line


@dataclass(frozen=True)
class VoiceData:
    """Voices that a run learns from.

    Attributes:
        sources: acted and neutral speech.
        crop_s: range of the length of neutral speech and of the paper network's examples.
        speed: range of playback speed, by which voices differ more; pitch and formants move with it.
        noise: share of the neutral examples that are a room's noise and no voice.
        graded: the paper network's targets follow the intensity, the rest being neutral; False is its one-hot target.
        augment: what happens to the sound.
    """

    sources: tuple[ActedSource, ...]
    crop_s: tuple[float, float] = (1.5, 4.0)
    speed: tuple[float, float] = (0.92, 1.09)
    noise: float = 0.1
    graded: bool = False
    augment: AugmentConfig = field(default_factory=AugmentConfig)


class VoiceDataset(IterableDataset[tuple[Tensor, Tensor]]):
    """An endless, seeded stream of batches: features (B, 128, F), F drawn anew for each, and targets (B, 7)."""

    def __init__(self, data: VoiceData, batch: int, seed: int, reuse: int = 1) -> None:
        """Reads the lists of lines; sound is read when it is first drawn, and kept.

        Args:
            data: the lines.
            batch: examples of each batch.
            seed: of all chance.
            reuse: how often an example is used, cropped anew, before it is forgotten; making one costs more than a
                round.

        Raises:
            ConfigError: an emotion that no source teaches, or a source that is not there.
        """
        self.data = data
        self.batch = batch
        self.seed = seed
        self.reuse = reuse
        lines = [
            emotion_datasets.split_of(source, emotion_datasets.read(source).lines, "train") for source in data.sources
        ]
        self.by_emotion = [_of_emotion(name, data.sources, lines) for name in EMOTIONS]
        for name, found in zip(EMOTIONS, self.by_emotion, strict=True):
            if not found:
                raise ConfigError(f"no source teaches {name}; add one, or neutral speech with perform = true")
        self.features = EmotionMel()
        self.sounds: dict[str, F16] = {}

    def __iter__(self) -> Iterator[tuple[Tensor, Tensor]]:
        """Batches without end."""
        worker = get_worker_info()
        rng = np.random.default_rng([self.seed, worker.id if worker else 0])
        is_reused = self.reuse > 1
        first = self.batch * (POOL // 10 if is_reused else 1)
        pool: deque[tuple[Tensor, Tensor]] = deque(maxlen=self.batch * (POOL if is_reused else 1))
        while True:
            for _ in range(max(1, self.batch // self.reuse) if pool else first):
                sound, target = self._example(rng)
                pool.append((self.features(torch.from_numpy(sound)[None])[0], torch.from_numpy(target)))
            count = int(rng.uniform(*self.data.crop_s) * SAMPLE_RATE_HZ) // HOP
            rows = [pool[i] for i in rng.choice(len(pool), self.batch, replace=False)]
            starts = [int(rng.integers(features.shape[1] - count + 1)) for features, _ in rows]
            cut = [features[:, start : start + count] for (features, _), start in zip(rows, starts, strict=True)]
            yield torch.stack(cut), torch.stack([target for _, target in rows])

    def _example(self, rng: np.random.Generator) -> tuple[F32, F32]:
        """Sound of the longest crop, and its target."""
        length = int(self.data.crop_s[1] * SAMPLE_RATE_HZ)
        label = int(rng.integers(len(EMOTIONS)))
        if not label and rng.random() < self.data.noise:
            level = np.float32(10.0 ** rng.uniform(-3.5, -1.0))
            return level * coloured_noise(length, rng), _one_hot(0, 1.0)
        places = self.by_emotion[label]
        weights = np.array([source.weight for source, _ in places])
        source, lines = places[rng.choice(len(places), p=weights / weights.sum())]
        line = lines[rng.integers(len(lines))]
        wave = _cropped(self._sound(line), int(length * 1.5), rng).astype(np.float32)
        if source.perform:
            wave = perform(wave, EMOTIONS[label], rng)
        wave = at_speed(wave, float(rng.uniform(*self.data.speed)))
        strength = line.intensity if self.data.graded and not source.perform else 1.0
        target = _one_hot(label, strength)
        return augment(_cropped(_repeated(wave, length), length, rng), self.data.augment, rng), target

    def _sound(self, line: Acted) -> F16:
        key = str(line.audio)
        if key not in self.sounds:
            self.sounds[key] = trimmed(read(line.audio)).astype(np.float16)
        return self.sounds[key]


def _one_hot(label: int, strength: float) -> F32:
    """(7,) an emotion at a strength, the rest neutral."""
    target = np.zeros(len(EMOTIONS), np.float32)
    target[label] = strength
    target[0] += 1.0 - target.sum()
    return target


def _of_emotion(
    name: str, sources: tuple[ActedSource, ...], lines: list[list[Acted]]
) -> list[tuple[ActedSource, list[Acted]]]:
    """Sources that teach an emotion, with their lines of it."""
    found = []
    for source, own in zip(sources, lines, strict=True):
        of_it = own if source.perform else [line for line in own if line.emotion == name]
        if of_it and source.weight > 0.0:
            found.append((source, of_it))
    return found


def trimmed(audio: F32) -> F32:
    """A line without the silence before and after it."""
    loud = np.flatnonzero(np.abs(audio) > FAINT * (np.abs(audio).max() + 1e-9))
    if not len(loud):
        return audio
    margin = int(TRIM_S * SAMPLE_RATE_HZ)
    return audio[max(0, loud[0] - margin) : loud[-1] + margin]


def _cropped(audio: Kept, length: int, rng: np.random.Generator) -> Kept:
    start = int(rng.integers(max(1, len(audio) - length + 1)))
    return audio[start : start + length]


def _repeated(audio: F32, length: int) -> F32:
    return np.asarray(np.tile(audio, -(-length // max(1, len(audio)))))


@dataclass(frozen=True)
class Recording:
    """One line, or a copy of it as recorded elsewhere.

    Attributes:
        sound: (S,) samples.
        label: index of its emotion.
        source: index of where it comes from.
        line: number of the line; its copies have the same.
        copy: 0 as it is, else the number of the copy.
        speaker: who says it.
    """

    sound: F32
    label: int
    source: int
    line: int
    copy: int
    speaker: str


def recordings(data: VoiceData, split: Split, seed: int) -> Iterator[Recording]:
    """Every line of a split, each followed by its copies: played faster or slower, in another room, another microphone.

    Neutral speech is cut to lengths drawn from `data.crop_s`. Lines performed by rule are only there to learn from.

    Args:
        data: of a run.
        split: "train", "valid" or "test".
        seed: of all chance.
    """
    number = 0
    for place, source in enumerate(data.sources):
        rng = np.random.default_rng([seed, place])
        if source.weight <= 0.0 or (source.perform and split != "train"):
            continue
        for line in emotion_datasets.split_of(source, emotion_datasets.read(source).lines, split):
            sound = read(line.audio)
            for emotion in EMOTIONS[1:] if source.perform else (line.emotion,):
                wave = trimmed(_cut(sound, source, data, rng))
                if source.perform:
                    wave = trimmed(perform(wave, emotion, rng))
                for copy in range(1 + source.copies):
                    heard = _elsewhere(wave, data, rng) if copy else wave
                    yield Recording(heard, EMOTIONS.index(emotion), place, number, copy, line.speaker)
                number += 1


def _cut(sound: F32, source: ActedSource, data: VoiceData, rng: np.random.Generator) -> F32:
    if source.layout == "neutral":
        return _cropped(sound, int(rng.uniform(*data.crop_s) * SAMPLE_RATE_HZ), rng)
    return sound[: int(LONGEST_S * SAMPLE_RATE_HZ)]


def _elsewhere(wave: F32, data: VoiceData, rng: np.random.Generator) -> F32:
    return augment(at_speed(wave, float(rng.uniform(*data.speed))), data.augment, rng)


@dataclass(frozen=True)
class Held:
    """Lines kept aside.

    Attributes:
        sounds: each line's samples.
        labels: (N,) index of each line's emotion.
        speakers: who says each.
    """

    sounds: tuple[F32, ...]
    labels: NDArray[np.int64]
    speakers: tuple[str, ...]


def held(data: VoiceData, split: Split, seed: int = 0) -> Held:
    """Real lines of a split: what people acted, and neutral speech, but nothing made by rule.

    Args:
        data: of a run.
        split: "valid" or "test".
        seed: of the other recordings.

    Raises:
        ConfigError: no source keeps lines aside for it.
    """
    found = list(recordings(data, split, seed))
    if not found:
        raise ConfigError(f"no source keeps speakers aside for '{split}'; name some with {split} = [...]")
    labels = np.array([one.label for one in found])
    return Held(tuple(one.sound for one in found), labels, tuple(one.speaker for one in found))
