"""Training examples from a corpus: augmented crops of sound with phones, emotion and curves.

Reads the folders that `corpus` and `import_takes` write. Lines with phones are performed afresh for every crop, with
a new emotion each time, so that the network cannot guess the emotion from the line; lines with curves of their own (a
studio's) keep them; of speakers whose lips were tracked in video, only what was seen is known. Speed is changed here,
where labels and curves follow; all other augmentation is in `augment`.
"""

from __future__ import annotations

import json
import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np
import soundfile as sf
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.utils.data import IterableDataset, get_worker_info

from facetake.audio import FRAME_RATE_HZ, SAMPLE_RATE_HZ, read
from facetake.emotion import EMOTIONS
from facetake.errors import ConfigError
from facetake.phones import INDEX, SILENCE
from facetake_training.augment import AugmentConfig, augment, coloured_noise
from facetake_training.lips import LipsConfig, TrackedLips, clips, heard_lips, sound_path, tracked
from facetake_training.performers.actors import PerformerTraits, actors
from facetake_training.performers.articulation import Phone
from facetake_training.performers.performer import perform
from facetake_training.performers.prosody import frame_loudness
from facetake_training.speed import at_speed

MARGIN_S = 1.2  # phones this far outside a crop still shape it
MOST_VOICES = 6  # that speak at once behind a line
EDGE = 64  # samples after a crop that its last ones still hear


@dataclass(frozen=True)
class SourceConfig:
    """One corpus folder and how often it is drawn from.

    Attributes:
        folder: a corpus folder (holds lines.jsonl).
        weight: its share of the crops, relative to the other sources.
        only: prefixes of speakers to use; empty for all.
    """

    folder: Path
    weight: float = 1.0
    only: tuple[str, ...] = ()


@dataclass(frozen=True)
class DataConfig:
    """What a training run reads.

    Attributes:
        sources: corpus folders.
        crop_s: length of an example.
        speed: range of playback speed; pitch and formants move with it.
        silence: share of examples that are noise alone, with the mouth at rest.
        actor: the performer whose habits the curves have; "any" draws one for every crop.
        curves: False leaves the curves at zero, for runs that train the phone head alone.
        augment: what happens to the sound.
        tracked: folders of speakers whose lips were tracked in video, or that another network heard.
        tracked_share: share of the crops drawn from them.
    """

    sources: tuple[SourceConfig, ...]
    crop_s: float = 4.0
    speed: tuple[float, float] = (0.85, 1.18)
    silence: float = 0.04
    actor: str = "house"
    curves: bool = True
    augment: AugmentConfig = field(default_factory=AugmentConfig)
    tracked: tuple[LipsConfig, ...] = ()
    tracked_share: float = 0.3


@dataclass(frozen=True)
class CorpusLine:
    """One line of a corpus, its sound not yet read.

    Attributes:
        audio: path of the sound.
        duration_s: its length.
        phones: [symbol, start_s, end_s, weight] rows, or empty for lines that come with curves.
        take: path of the line's own curves, or None.
        emotion: name of its emotion, for lines with curves.
    """

    audio: Path
    duration_s: float
    phones: tuple[tuple[str, float, float, float], ...]
    take: Path | None = None
    emotion: str = "neutral"
    speaker: str = ""


def read_lines(folder: Path, split: str, only: Sequence[str] = ()) -> list[CorpusLine]:
    """Lines of one split of a corpus folder.

    Raises:
        ConfigError: the folder has no lines.jsonl, or no line of that split.
    """
    table = folder / "lines.jsonl"
    if not table.is_file():
        raise ConfigError(
            f"no corpus in {folder}: lines.jsonl is missing; make one with 'facetake-train corpus CONFIG.toml'"
        )
    rows = [json.loads(text) for text in table.read_text(encoding="utf-8").splitlines() if text.endswith("}")]
    lines = [_line(folder, row) for row in rows if row["split"] == split]
    chosen = [line for line in lines if not only or line.speaker.startswith(tuple(only))]
    if not chosen:
        raise ConfigError(f"corpus {folder} has no lines in split '{split}'")
    return chosen


def _line(folder: Path, row: dict[str, object]) -> CorpusLine:
    phones = tuple((str(p[0]), float(p[1]), float(p[2]), float(p[3])) for p in row.get("phones", ()))  # type: ignore[attr-defined]
    take = folder / str(row["take"]) if row.get("take") and not phones else None
    duration_s = float(row["duration_s"])  # type: ignore[arg-type]
    audio = folder / str(row["audio"])
    return CorpusLine(audio, duration_s, phones, take, str(row.get("emotion", "neutral")), str(row.get("speaker", "")))


def whole(folder: Path) -> list[CorpusLine]:
    """Every line of a corpus folder that comes with curves, whatever its split, each once."""
    lines = [line for split in ("train", "valid") for line in read_lines(folder, split)]
    return list({line.audio: line for line in lines if line.take is not None}.values())


@dataclass(frozen=True)
class Example:
    """One crop.

    Attributes:
        audio: (S,) float32.
        emotion: (T, 7) float32.
        phones: (T,) int64 class of the phone at each frame.
        trust: (T,) float32 0..1 weight of the phone label.
        curves: (T, 174) float32; zeros where only the lips are known.
        opening: (T,) float32 tracked opening between the lips, any scale.
        rounding: (T,) float32 tracked rounding, any scale.
        seen: (T,) float32, 1 where the lips were tracked in video or heard by a teacher.
        known: (T,) float32, 1 where every curve is known.
    """

    audio: NDArray[np.float32]
    emotion: NDArray[np.float32]
    phones: NDArray[np.int64]
    trust: NDArray[np.float32]
    curves: NDArray[np.float32]
    opening: NDArray[np.float32]
    rounding: NDArray[np.float32]
    seen: NDArray[np.float32]
    known: NDArray[np.float32]


def with_curves(
    audio: NDArray[np.float32],
    emotion: NDArray[np.float32],
    phones: NDArray[np.int64],
    trust: NDArray[np.float32],
    curves: NDArray[np.floating],
) -> Example:
    """An example of which every curve is known."""
    unseen = np.zeros(len(emotion), np.float32)
    return Example(audio, emotion, phones, trust, curves.astype(np.float32), unseen, unseen, unseen, unseen + 1.0)


def draw_emotion(n_frames: int, rng: np.random.Generator) -> NDArray[np.float32]:
    """(T, 7) weights: neutral, one emotion at some strength, a blend, or a change half-way."""

    def one() -> NDArray[np.float64]:
        row = np.zeros(len(EMOTIONS))
        row[rng.integers(1, len(EMOTIONS))] = 1.0 if rng.random() < 0.4 else rng.uniform(0.1, 1.0)
        if rng.random() < 0.2:
            row *= 0.5
            row[rng.integers(1, len(EMOTIONS))] += rng.uniform(0.0, 1.0 - row.sum())
        return row * (rng.random() > 0.15)

    begin = one()
    end = one() if rng.random() < 0.3 else None
    share = np.zeros(n_frames)
    if end is not None:
        at = rng.uniform(0.0, n_frames)
        width = rng.uniform(5.0, n_frames)
        share = np.clip((np.arange(n_frames) - at) / width + 0.5, 0.0, 1.0)
    track = begin + share[:, None] * ((begin if end is None else end) - begin)
    track[:, 0] = 1.0 - track[:, 1:].sum(axis=1)
    return track.astype(np.float32)


def phone_track(
    phones: Sequence[tuple[Phone, float]], times_s: NDArray[np.float64]
) -> tuple[NDArray[np.int64], NDArray[np.float32]]:
    """Class and trust of the phone at each instant; silence outside."""
    starts = np.array([phone.start_s for phone, _ in phones])
    at = np.clip(np.searchsorted(starts, times_s, side="right") - 1, 0, None)
    classes = np.array([INDEX[phone.name] for phone, _ in phones])[at]
    return classes.astype(np.int64), np.array([trust for _, trust in phones], np.float32)[at]


class Crops(IterableDataset[dict[str, Tensor]]):
    """An endless, seeded stream of examples; each worker draws its own."""

    def __init__(self, config: DataConfig, split: str, seed: int) -> None:
        """Reads the lists of lines; sound is read when drawn."""
        self.config = config
        self.seed = seed
        self.sources = [read_lines(source.folder, split, source.only) for source in config.sources]
        weights = np.array([source.weight for source in config.sources])
        self.weights = weights / weights.sum()
        self.faces = [_faces(folder) for folder in config.tracked] if split == "train" else []
        self.heard = {sound: lips for source in config.sources for sound, lips in heard_lips(source.folder).items()}
        self.face_weights = np.array([folder.weight for folder in config.tracked])

    def __iter__(self) -> Iterator[dict[str, Tensor]]:
        """Yields examples as tensors, without end."""
        worker = get_worker_info()
        rng = np.random.default_rng((self.seed, 0 if worker is None else worker.id))
        while True:
            yield to_tensors(self.draw(rng))

    def draw(self, rng: np.random.Generator) -> Example:
        """One example."""
        if rng.random() < self.config.silence:
            return self._silence(rng)
        if self.faces and rng.random() < self.config.tracked_share:
            return self._tracked(rng)
        lines = self.sources[rng.choice(len(self.sources), p=self.weights)]
        line = lines[rng.integers(len(lines))]
        example = self.crop(line, rng.uniform(*self.config.speed), rng)
        return replace(example, audio=self._augmented(example.audio, rng))

    def _augmented(self, audio: NDArray[np.float32], rng: np.random.Generator) -> NDArray[np.float32]:
        babble = self._babble(len(audio), rng) if rng.random() < self.config.augment.babble else None
        return augment(audio, self.config.augment, rng, babble)

    def _babble(self, n_samples: int, rng: np.random.Generator) -> NDArray[np.float32]:
        """Other voices at once: as often one as several."""
        total = np.zeros(n_samples, np.float32)
        for _ in range(1 if rng.random() < 0.5 else rng.integers(2, MOST_VOICES + 1)):
            lines = self.sources[rng.choice(len(self.sources), p=self.weights)]
            total += np.resize(read_span(lines[rng.integers(len(lines))].audio, 0.0, 4.0), n_samples)
        return total

    def crop(self, line: CorpusLine, speed: float, rng: np.random.Generator) -> Example:
        """A crop of a line played at `speed`, before other augmentation."""
        config = self.config
        n_frames = round(config.crop_s * FRAME_RATE_HZ)
        span_s = config.crop_s * speed
        start_s = rng.uniform(min(-0.3, line.duration_s - span_s), max(0.0, line.duration_s - span_s) + 0.1)
        source = read_span(line.audio, start_s, span_s)
        audio = played(source, 0.0, config.crop_s, speed)
        times_s = np.arange(n_frames) / FRAME_RATE_HZ
        if line.take is not None:
            return own_curves(line, audio, start_s + times_s * speed)
        return self._performed(line, audio, times_s, start_s, speed, rng)

    def _performed(
        self,
        line: CorpusLine,
        audio: NDArray[np.float32],
        times_s: NDArray[np.float64],
        start_s: float,
        speed: float,
        rng: np.random.Generator,
    ) -> Example:
        rows = line.phones
        near = [r for r in rows if r[2] > start_s - MARGIN_S and r[1] < start_s + speed * times_s[-1] + MARGIN_S]
        phones = [(Phone(r[0], (r[1] - start_s) / speed, (r[2] - start_s) / speed), r[3]) for r in near]
        phones = _silence_around(phones, times_s[-1] + 1.0)
        classes, trust = phone_track(phones, times_s)
        emotion = draw_emotion(len(times_s), rng)
        curves = np.zeros((len(times_s), 174), np.float32)
        if self.config.curves:
            loudness = frame_loudness(audio, len(times_s))
            curves = perform(
                [p for p, _ in phones], times_s, loudness, emotion, self._actor(rng), int(rng.integers(1 << 31))
            )
        example = with_curves(audio, emotion, classes, trust, curves)
        lips = self.heard.get(line.audio)
        return example if lips is None else _taught(example, lips, start_s + times_s * speed)

    def _tracked(self, rng: np.random.Generator) -> Example:
        """A crop of a speaker whose lips were tracked: the lips alone are known. Long clips are drawn more often."""
        faces = self.faces[rng.choice(len(self.faces), p=self.face_weights / self.face_weights.sum())]
        sizes = np.sqrt([len(lips.times_s) for _, lips in faces])
        sound, lips = faces[rng.choice(len(faces), p=sizes / sizes.sum())]
        crop_s = self.config.crop_s
        speed = rng.uniform(*self.config.speed)
        first = lips.times_s[0]
        last = lips.times_s[-1]
        start_s = rng.uniform(first, max(first, last - crop_s * speed))
        audio = self._augmented(played(sound, start_s, crop_s, speed), rng)
        times_s = start_s + np.arange(round(crop_s * FRAME_RATE_HZ)) / FRAME_RATE_HZ * speed
        opening, rounding = (np.interp(times_s, lips.times_s, track) for track in (lips.opening, lips.rounding))
        n_frames = len(times_s)
        emotion = draw_emotion(n_frames, rng)
        if rng.random() < 0.5:
            emotion[:] = np.eye(len(EMOTIONS), dtype=np.float32)[0]
        nothing = np.zeros(n_frames, np.float32)
        return Example(
            audio,
            emotion,
            np.zeros(n_frames, np.int64),
            nothing,
            np.zeros((n_frames, 174), np.float32),
            opening.astype(np.float32),
            rounding.astype(np.float32),
            (times_s <= last).astype(np.float32),
            nothing,
        )

    def _silence(self, rng: np.random.Generator) -> Example:
        n_frames = round(self.config.crop_s * FRAME_RATE_HZ)
        noise = coloured_noise(round(self.config.crop_s * SAMPLE_RATE_HZ), rng) * np.float32(
            10.0 ** rng.uniform(-5.0, -1.2)
        )
        emotion = draw_emotion(n_frames, rng)
        times_s = np.arange(n_frames) / FRAME_RATE_HZ
        quiet = [Phone(SILENCE, -10.0, 100.0)]
        curves = (
            perform(quiet, times_s, np.ones(n_frames), emotion, self._actor(rng), 0)
            if self.config.curves
            else np.zeros((n_frames, 174))
        )
        silence = np.full(n_frames, INDEX[SILENCE], np.int64)
        return with_curves(noise, emotion, silence, np.ones(n_frames, np.float32), curves)

    def _actor(self, rng: np.random.Generator) -> PerformerTraits:
        cast = actors()
        name = self.config.actor if self.config.actor != "any" else str(rng.choice(list(cast)))
        if name not in cast:
            raise ConfigError(f"no actor '{name}' in actors.toml; known: {', '.join(cast)}, any")
        return cast[name]


def own_curves(line: CorpusLine, audio: NDArray[np.float32], times_s: NDArray[np.float64]) -> Example:
    """An example with the line's own curves, at instants (T,) in seconds of the line."""
    assert line.take is not None
    with np.load(line.take, allow_pickle=False) as stored:
        values = stored["values"].astype(np.float32)  # (T', 174) at 60 fps
    frame = np.clip(times_s * FRAME_RATE_HZ, 0, len(values) - 1)
    low = np.minimum(frame.astype(int), max(len(values) - 2, 0))
    share = (frame - low)[:, None].astype(np.float32)
    curves = values[low] * (1 - share) + values[np.minimum(low + 1, len(values) - 1)] * share
    emotion = np.zeros((len(times_s), len(EMOTIONS)), np.float32)
    emotion[:, EMOTIONS.index(line.emotion)] = 1.0
    return with_curves(audio, emotion, np.zeros(len(times_s), np.int64), np.zeros(len(times_s), np.float32), curves)


def _faces(config: LipsConfig) -> list[tuple[NDArray[np.float32], TrackedLips]]:
    """The sound and the lips of every tracked clip."""
    return [(read(sound_path(config, clip)), tracked(config, clip)) for clip in clips(config)]


def _taught(example: Example, lips: TrackedLips, times_s: NDArray[np.float64]) -> Example:
    """An example with the lips that a teacher heard, at instants (T,) of the line."""
    opening, rounding = (np.interp(times_s, lips.times_s, track) for track in (lips.opening, lips.rounding))
    seen = (times_s >= lips.times_s[0]) & (times_s <= lips.times_s[-1])
    return replace(
        example,
        opening=opening.astype(np.float32),
        rounding=rounding.astype(np.float32),
        seen=seen.astype(np.float32),
    )


def played(sound: NDArray[np.float32], start_s: float, span_s: float, speed: float) -> NDArray[np.float32]:
    """`span_s` of 16 kHz sound from `start_s`, played at `speed`, zeros after its end."""
    first = round(start_s * SAMPLE_RATE_HZ)
    count = round(span_s * SAMPLE_RATE_HZ)
    last = first + math.ceil(count * speed) + EDGE
    made = at_speed(sound[first:last], speed)[:count]
    return np.pad(made, (0, count - len(made)))


def _silence_around(phones: list[tuple[Phone, float]], end_s: float) -> list[tuple[Phone, float]]:
    """Fills the time before the first and after the last phone."""
    first = phones[0][0].start_s if phones else end_s
    last = phones[-1][0].end_s if phones else end_s
    before = [(Phone(SILENCE, first - 10.0, first), 1.0)] if not phones or phones[0][0].name != SILENCE else []
    after = [(Phone(SILENCE, last, max(last, end_s) + 10.0), 1.0)]
    return [*before, *phones, *after]


def read_span(path: Path, start_s: float, span_s: float) -> NDArray[np.float32]:
    """Samples of a 16 kHz mono file from `start_s` for `span_s`, zeros outside the file."""
    begin = round(start_s * SAMPLE_RATE_HZ)
    count = round(span_s * SAMPLE_RATE_HZ) + 2
    with sf.SoundFile(path) as file:
        skip = min(max(begin, 0), file.frames)
        file.seek(skip)
        sound = file.read(max(0, min(begin + count, file.frames) - skip), dtype="float32")
    out = np.zeros(count, np.float32)
    at = skip - begin
    out[at : at + len(sound)] = sound[: max(0, count - at)]
    return out


def to_tensors(example: Example) -> dict[str, Tensor]:
    """The example's arrays as tensors by name."""
    return {
        name: torch.from_numpy(np.ascontiguousarray(getattr(example, name))) for name in Example.__dataclass_fields__
    }
