"""Examples for FACTS: windows of takes in known styles, with visemes, for the classifier and the restyler.

Lines with phones are performed afresh in a drawn emotion by a drawn actor; lines with curves of their own (a studio's)
keep them, their speaker being the actor. Knows nothing of networks or losses.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.utils.data import IterableDataset, get_worker_info

from facetake import audio, inference, rig
from facetake.arrays import F32
from facetake.audio import FRAME_RATE_HZ
from facetake.emotion import EMOTIONS
from facetake.errors import ConfigError
from facetake.motion import coupling, expression, eyes
from facetake.phones import INDEX, SILENCE
from facetake.postprocess import masking, silence, smoothing
from facetake.rig import arkit
from facetake_training.dataset import CorpusLine, SourceConfig, phone_track, played, read_lines, read_span
from facetake_training.emoface import PHONE_VISEMES
from facetake_training.performers.actors import actors
from facetake_training.performers.articulation import Phone
from facetake_training.performers.expression import expressions
from facetake_training.performers.performer import perform
from facetake_training.performers.prosody import frame_loudness

SPAN_FRAMES = 240  # performed at once and cut into windows
UNKNOWN = -1  # no class: losses leave it out
QUIET_DB = 40.0  # below the loudest nobody speaks


@dataclass(frozen=True)
class StyleConfig:
    """What a FACTS run reads.

    Attributes:
        sources: corpus folders.
        actors: names of the actors to know; of performed lines one is drawn, of others the speaker is.
        frames: length of a window (FACTS 4.2: 30).
        windows: windows cut from one performance.
        speed: range of time stretching (FACTS 4.2).
        noise: standard deviation of the noise added to source curves (FACTS 4.2).
        weakest: emotions are performed at this strength or more.
        captured: share of performances seen as a face tracker would see them, through ARKit's 52 shapes.
        uneven: spread of the factors by which regions of the source's curves are scaled, as in hand-made takes.
        generated: share of performances that the generator makes from the line's sound, as `house`.
        generator: folder of its model, or None for the shipped one.
        lively: performances move as generated takes do (`facetake.motion.expression`), with the shipped movement of
            real faces.
    """

    sources: tuple[SourceConfig, ...]
    actors: tuple[str, ...]
    frames: int = 30
    windows: int = 8
    speed: tuple[float, float] = (0.85, 1.18)
    noise: float = 0.005
    weakest: float = 0.7
    captured: float = 0.0
    uneven: float = 0.0
    generated: float = 0.0
    generator: Path | None = None
    lively: bool = False

    @property
    def groups(self) -> tuple[int, int]:
        """Numbers of emotions and of actors: within each exactly one is true of a take."""
        return len(EMOTIONS), len(self.actors)

    @property
    def styles(self) -> tuple[str, ...]:
        """Names of all styles in the order of the style code."""
        return (*EMOTIONS, *self.actors)


@dataclass(frozen=True)
class StyledCurves:
    """Curves of one stretch of a line in one style.

    Attributes:
        curves: (T, 174).
        emotion, actor: index of each; the actor is `UNKNOWN` if the run does not know it.
        visemes: (T,) int64, or `UNKNOWN` throughout.
    """

    curves: F32
    emotion: int
    actor: int
    visemes: NDArray[np.int64]


class Styles(IterableDataset[dict[str, Tensor]]):
    """An endless, seeded stream of windows in pairs: a source, and the same line in a target style where it can be."""

    def __init__(self, config: StyleConfig, split: str, seed: int) -> None:
        """Reads the lists of lines and the loudness of each.

        Raises:
            ConfigError: an actor that neither performs nor speaks in the sources.
        """
        self.config = config
        self.seed = seed
        self.sources = [read_lines(source.folder, split, source.only) for source in config.sources]
        weights = np.array([source.weight for source in config.sources])
        self.weights = weights / weights.sum()
        speakers = {line.speaker for lines in self.sources for line in lines}
        for name in config.actors:
            if name not in actors() and name not in speakers:
                raise ConfigError(f"no actor '{name}'; known: {', '.join([*actors(), *sorted(speakers)[:9]])}")
        self.loudness: dict[CorpusLine, NDArray[np.float64]] = {}
        self.generator = inference.load(config.generator, threads=1) if config.generated else None
        self.movement = inference.open_motion(inference.SHIPPED) if config.lively else None

    def __iter__(self) -> Iterator[dict[str, Tensor]]:
        """Yields windows (windows, frames, ...) of one line at a time, without end."""
        worker = get_worker_info()
        rng = np.random.default_rng((self.seed, 0 if worker is None else worker.id))
        while True:
            yield self.draw(rng)

    def draw(self, rng: np.random.Generator) -> dict[str, Tensor]:
        """Windows of one line.

        Returns:
            ``curves`` and ``target`` (W, T, 174); ``own`` and ``asked`` (W, K) style codes of the source and as given
            to the restyler; ``wanted`` (W, K) all styles of the target; ``paired`` (W,) whether ``target`` is known;
            ``visemes`` (W, T).
        """
        lines = self.sources[rng.choice(len(self.sources), p=self.weights)]
        line = lines[rng.integers(len(lines))]
        emotion = int(rng.integers(len(EMOTIONS)))
        actor = int(rng.integers(len(self.config.actors)))
        is_generated = line.take is None and rng.random() < self.config.generated
        if is_generated:
            actor = self.config.actors.index("house")
        seed = int(rng.integers(1 << 31))
        strength = rng.uniform(self.config.weakest, 1.0)
        start_s = rng.uniform(-0.2, max(0.0, line.duration_s - 2.0))
        speed = rng.uniform(*self.config.speed)
        if line.take is None:
            source = self.perform(line, emotion, actor, strength, start_s, speed, seed)
        else:
            source = self._own(line, start_s, speed)
        emotion = source.emotion
        actor = source.actor
        new_emotion, new_actor, keeps = self._target(emotion, actor, rng)
        is_paired = line.take is None or (new_emotion == emotion and new_actor == actor)
        target = source
        if line.take is None:
            target = self.perform(line, new_emotion, new_actor, strength, start_s, speed, seed)
        before = self._generated(line, emotion, strength, start_s, speed, seed) if is_generated else source.curves
        curves = self._varied(before, rng)
        changed = rig.clamp(curves + (target.curves - source.curves)) if is_paired else curves
        wanted = _codes(self.config, new_emotion, new_actor)
        asked = wanted * np.repeat([not keeps[0], not keeps[1]], self.config.groups)
        return self._windows(
            curves, changed, _codes(self.config, emotion, actor), asked, wanted, is_paired, source.visemes, rng
        )

    def _target(self, emotion: int, actor: int, rng: np.random.Generator) -> tuple[int, int, tuple[bool, bool]]:
        """A style to ask for: another emotion, actor or both, or its own; and whether emotion and actor are kept."""
        kind = rng.choice(4, p=(0.4, 0.2, 0.15, 0.25))  # emotion, actor, both, own
        new_emotion = int(rng.integers(len(EMOTIONS))) if kind in (0, 2) else emotion
        new_actor = int(rng.integers(len(self.config.actors))) if kind in (1, 2) else actor
        own = ((False, False), (False, True), (True, False))[rng.integers(3)]
        return new_emotion, new_actor, own if kind == 3 else (kind == 1, kind == 0)

    def perform(
        self, line: CorpusLine, emotion: int, actor: int, strength: float, start_s: float, speed: float, seed: int
    ) -> StyledCurves:
        """A stretch of a line with phones, performed, with blinks and gaze."""
        times_s = np.arange(SPAN_FRAMES) / FRAME_RATE_HZ
        rows = [r for r in line.phones if r[2] > start_s - 1.0 and r[1] < start_s + speed * times_s[-1] + 1.0]
        phones = [Phone(r[0], (r[1] - start_s) / speed, (r[2] - start_s) / speed) for r in rows]
        first, last = (phones[0].start_s, phones[-1].end_s) if phones else (0.0, 0.0)
        phones = [Phone(SILENCE, first - 10.0, first), *phones, Phone(SILENCE, last, last + 10.0)]
        weights = np.zeros((SPAN_FRAMES, len(EMOTIONS)))
        weights[:, 0] = 1.0 - strength
        weights[:, emotion] += strength
        loudness = self._loudness(line)
        at = np.clip((start_s + speed * times_s) * FRAME_RATE_HZ, 0, len(loudness) - 1)
        loud = np.interp(at, np.arange(len(loudness)), loudness)
        curves = perform(phones, times_s, loud, weights, actors()[self.config.actors[actor]], seed)
        classes, _ = phone_track([(phone, 1.0) for phone in phones], times_s)
        if self.config.lively:
            self._enliven(curves, 20.0 * np.log10(loud + 1e-6), classes != INDEX[SILENCE], weights, seed)
        eyes.blink(curves, seed, out=curves)
        eyes.gaze(curves, seed, out=curves)
        return StyledCurves(curves, emotion, actor, np.array(PHONE_VISEMES)[classes])

    def _enliven(
        self,
        curves: F32,
        level_db: NDArray[np.float64],
        speaks: NDArray[np.bool_],
        weights: NDArray[np.float64],
        seed: int,
    ) -> None:
        """Lays movement and what follows it over curves, in place, as `generate` does."""
        ease = round(silence.RELEASE_S * FRAME_RATE_HZ)
        speech = np.convolve(speaks, np.hanning(ease + 2)[1:-1], "same").clip(0.0, 1.0).astype(np.float32)
        poses = (rig.NEUTRAL + expressions().rest).astype(np.float32)
        expression.add(curves, level_db, speech, weights, poses, seed, movement=self.movement)
        coupling.couple(curves, speech)

    def _generated(
        self, line: CorpusLine, emotion: int, strength: float, start_s: float, speed: float, seed: int
    ) -> F32:
        """(T, 174) the same stretch as the generator makes it from the sound, smoothed as it does."""
        assert self.generator is not None
        span_s = SPAN_FRAMES / FRAME_RATE_HZ
        sound = played(read_span(line.audio, start_s, span_s * speed), 0.0, span_s, speed)
        weights = np.zeros((1, SPAN_FRAMES, len(EMOTIONS)), np.float32)
        weights[..., 0] = 1.0 - strength
        weights[..., emotion] += strength
        features = self.generator.ear.hear([sound], SPAN_FRAMES).features.astype(np.float32)
        curves = self.generator.audio2rig.run(features[None], weights)[0]
        curves = smoothing.smooth(curves, window=smoothing.SHARP_WINDOW)
        if self.config.lively:
            level = 20.0 * np.log10(frame_loudness(sound, SPAN_FRAMES) + 1e-6)
            self._enliven(curves, level, level > level.max() - QUIET_DB, weights[0].astype(np.float64), seed)
        return rig.clamp(curves)

    def _loudness(self, line: CorpusLine) -> NDArray[np.float64]:
        """(T,) level of a whole line at 60 fps, read once."""
        if line not in self.loudness:
            sound = audio.read(line.audio)
            self.loudness[line] = frame_loudness(sound, max(1, round(line.duration_s * FRAME_RATE_HZ)))
        return self.loudness[line]

    def _own(self, line: CorpusLine, start_s: float, speed: float) -> StyledCurves:
        """A stretch of a line that comes with curves; it is held where the line is shorter."""
        assert line.take is not None
        with np.load(line.take, allow_pickle=False) as stored:
            values = stored["values"].astype(np.float32)
            heard = stored["visemes"].argmax(axis=1) if "visemes" in stored.files else None
        frame = np.clip((start_s * FRAME_RATE_HZ + speed * np.arange(SPAN_FRAMES)), 0, len(values) - 1)
        curves = np.stack([np.interp(frame, np.arange(len(values)), column) for column in values.T], axis=1)
        names = self.config.actors
        actor = names.index(line.speaker) if line.speaker in names else UNKNOWN
        visemes = np.full(SPAN_FRAMES, UNKNOWN, np.int64)
        if heard is not None:
            visemes = heard[np.minimum(np.round(frame).astype(int), len(heard) - 1)].astype(np.int64)
        return StyledCurves(curves.astype(np.float32), EMOTIONS.index(line.emotion), actor, visemes)

    def _varied(self, curves: F32, rng: np.random.Generator) -> F32:
        """The source as other tools would give it: through ARKit, uneven, a little noisy, or smoothed."""
        config = self.config
        if rng.random() < config.captured:
            curves = arkit.from_arkit(arkit.to_arkit(curves))
        if config.uneven:
            names = ("brow", "eye", "nose", "cheek", "mouth", "jaw")
            gains = np.clip(rng.normal(1.0, config.uneven, len(names)), 0.4, 1.6)
            curves = masking.gain(curves, dict(zip(names, gains.tolist(), strict=True)))
        moved = np.abs(curves).max(axis=0) > 0  # noise on what moves; a control at rest stays at rest
        noise = rng.normal(0.0, config.noise * rng.random(), curves.shape) * moved
        return rig.clamp(curves + noise.astype(np.float32))

    def _windows(
        self,
        curves: F32,
        target: F32,
        own: F32,
        asked: F32,
        wanted: F32,
        is_paired: bool,
        visemes: NDArray[np.int64],
        rng: np.random.Generator,
    ) -> dict[str, Tensor]:
        count = self.config.windows
        frames = self.config.frames
        starts = rng.integers(0, SPAN_FRAMES - frames + 1, count)

        def cut(track: NDArray[np.generic]) -> Tensor:
            return torch.from_numpy(np.stack([track[a : a + frames] for a in starts]))

        def each(code: F32) -> Tensor:
            return torch.from_numpy(np.tile(code.astype(np.float32), (count, 1)))

        return {
            "curves": cut(curves),
            "target": cut(target),
            "visemes": cut(visemes),
            "own": each(own),
            "asked": each(asked),
            "wanted": each(wanted),
            "paired": torch.full((count,), float(is_paired)),
        }


def _codes(config: StyleConfig, emotion: int, actor: int) -> F32:
    """(K,) multi-hot code of an emotion and an actor."""
    code = np.zeros(sum(config.groups), np.float32)
    code[emotion] = 1.0
    if actor != UNKNOWN:
        code[len(EMOTIONS) + actor] = 1.0
    return code


def flat(items: list[dict[str, Tensor]]) -> dict[str, Tensor]:
    """Windows of several lines as one batch."""
    return {name: torch.cat([item[name] for item in items]) for name in items[0]}
