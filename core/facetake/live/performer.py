"""From sound that is still being spoken to curves: the networks over the last seconds, again and again.

The ear needs to hear a little of what follows a sound, and much of what came before. So it hears the last `window`
frames each time `hop` more are there, and what is `ahead` frames from the newest sound is performed: no earlier, and
never changed afterwards. What `facetake.generate` does by looking at a whole line is done here by looking back: the
mouth rests once a pause has proved long, and blinks, gaze, brows and the head come from a layer of idle motion that no
word moves.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from facetake import audio, rig
from facetake.arrays import F32
from facetake.audio import FRAME_RATE_HZ, SAMPLE_RATE_HZ
from facetake.inference import Models
from facetake.motion import coupling, expression, eyes, head
from facetake.postprocess import heard_lips, lip_closure, masking, silence, smoothing

LEAD_FRAMES: Final = 1  # lips move before they are heard, as in `facetake.generate`
HOLD_FRAMES: Final = 18  # by choice: a shorter pause does not shut the mouth, as in running speech
RELEASE_FRAMES: Final = 18  # 0.3 s, in which it comes to rest then, as in a whole line
IDLE_S: Final = 120  # by choice: nobody notices that idle motion comes again after so long
IDLE_FADE_S: Final = 1  # by choice: its end passes into its beginning
LOUD_DB: Final = 0.0  # the level of a voice that never changes, to which idle motion moves


@dataclass(frozen=True)
class LiveOptions:
    """How a performer listens, in frames of 1/60 s. `tests/bench/bench_live.py` measured what each costs.

    Attributes:
        window: of sound that the networks hear each time.
        hop: from one time to the next.
        ahead: of sound that must follow a frame before it is performed.
        seed: of the idle motion.
        energy: how much the face acts, 0..2.
    """

    window: int = 90
    hop: int = 3
    ahead: int = 7
    seed: int = 0
    energy: float = 1.0

    @property
    def delay_frames(self) -> int:
        """How far behind its sound a frame can be at the earliest."""
        return self.ahead + self.hop


@dataclass(frozen=True)
class LiveCurves:
    """Frames that are final.

    Attributes:
        first: number of the first one, from the beginning of the sound.
        values: (T, 174) controls.
        head: (T, 3) yaw, pitch and roll in degrees.
    """

    first: int
    values: F32
    head: F32


class LivePerformer:
    """Performs a voice while it speaks; see the module.

    Attributes:
        options: how it listens.
    """

    def __init__(self, models: Models, weights: NDArray[np.floating], options: LiveOptions = LiveOptions()) -> None:
        """Prepares the idle motion.

        Args:
            models: loaded and verified networks.
            weights: (7,) of the emotion to perform.
            options: how to listen.
        """
        self._models = models
        self._emotion = np.asarray(weights, np.float32)[None]
        self.options = options
        self._sound = np.zeros(_samples(options.window), np.float32)  # silence came before
        self._heard = 0  # samples in all
        self._done = 0
        self._foreseen = np.zeros((0, rig.N_CONTROLS), np.float32)
        self._gate = _Gate(options.ahead)
        self._rest: F32 = (self._emotion @ models.rests)[0]
        self._idle, self._head = _idle(models, self._emotion, options)

    def hear(self, samples: F32) -> LiveCurves | None:
        """Takes the next samples (S,) of the sound, and gives the frames that are final by them, if any."""
        self._sound = np.concatenate([self._sound, samples])[-2 * _samples(self.options.window) :]
        self._heard += len(samples)
        newest = self._heard * FRAME_RATE_HZ // SAMPLE_RATE_HZ
        if newest - self.options.ahead - self._done < self.options.hop:
            return None
        return self._perform(newest)

    def _perform(self, newest: int) -> LiveCurves:
        """Frames up to `ahead` before the newest one; after a long stall those alone that the window reaches."""
        window = self.options.window
        end = len(self._sound) - (self._heard - _samples(newest))
        sound = self._sound[end - _samples(window) : end]
        features, likely, *lips = self._models.ear.run(sound[None])
        visemes = np.exp(likely[0])
        emotion = np.repeat(self._emotion, features.shape[1], axis=0)[None]
        curves = self._models.audio2rig.run(features, emotion)[0]
        if lips:
            heard_lips.follow(curves, lips[0][0], heard_lips.spoken(visemes))
        curves = smoothing.smooth(curves, window=smoothing.SHARP_WINDOW)
        first = max(self._done, newest - window)
        rows = slice(first - newest + window, window - self.options.ahead)
        if first > self._done:  # what was foreseen is over
            self._foreseen = self._foreseen[:0]
        self._join(curves, rows.start)
        speech = silence.speech_gate(visemes, _level_db(sound, window))
        values = self._finish(curves, visemes, speech, rows, first)
        self._done = first + len(values)
        return LiveCurves(first, values, self._head[np.arange(first, self._done) % len(self._head)])

    def _join(self, curves: F32, first: int) -> None:
        """Fades in place from what the window before foresaw for the frames from row `first` on."""
        old = self._foreseen[: len(curves) - first]
        share = np.arange(1, len(old) + 1, dtype=np.float32)[:, None] / (len(old) + 1)
        here = slice(first, first + len(old))
        curves[here] = old + share * (curves[here] - old)
        self._foreseen = curves[len(curves) - self.options.ahead :].copy()

    def _finish(self, curves: F32, visemes: F32, speech: F32, rows: slice, first: int) -> F32:
        """What the new frames of a window become: lips that lead and close, rest, idle motion, and what follows."""
        closures = tuple(lip_closure.find_closures(visemes, start_s=-LEAD_FRAMES / FRAME_RATE_HZ, values=curves))
        curves[:-LEAD_FRAMES, silence.HELD_COLUMNS] = curves[LEAD_FRAMES:, silence.HELD_COLUMNS]
        lip_closure.seal_lips(curves, closures, out=curves)
        values = curves[rows].copy()
        gate = self._gate.open(speech, rows)
        silence.rest_in_silence(values, gate, self._rest, out=values)
        values += self._idle[np.arange(first, first + len(values)) % len(self._idle)]
        masking.clamp(values, out=values)
        coupling.couple(values, gate)
        masking.clamp(values, out=values)
        return values


class _Gate:
    """Where the mouth may move, 0..1, frame by frame, from what is known so far."""

    def __init__(self, ahead: int) -> None:
        self._ahead = ahead
        self._now = 0.0
        self._quiet = HOLD_FRAMES + RELEASE_FRAMES

    def open(self, speech: F32, rows: slice) -> F32:
        """(T,) for some rows of a window, of whose rows `speech` (W,) says whether somebody speaks."""
        gate = np.empty(rows.stop - rows.start, np.float32)
        for n, row in enumerate(range(rows.start, rows.stop)):
            self._quiet = 0 if speech[row : row + self._ahead].max() >= 1.0 else self._quiet + 1
            step = 1.0 / self._ahead if not self._quiet else -1.0 / RELEASE_FRAMES
            if self._quiet == 0 or self._quiet > HOLD_FRAMES:
                self._now = min(1.0, max(0.0, self._now + step))
            gate[n] = self._now
        return gate


def _samples(frames: int) -> int:
    return round(frames * SAMPLE_RATE_HZ / FRAME_RATE_HZ)


def _level_db(sound: F32, count: int) -> F32:
    rhythm = audio.Rhythm(count)
    for _ in rhythm.listening([sound]):
        pass
    return rhythm.tracks()[0]


def _idle(models: Models, emotion: F32, options: LiveOptions) -> tuple[F32, F32]:
    """What a face does on its own: (T, 174) to add to controls that sound does not move, and (T, 3) of the head."""
    count = (IDLE_S + IDLE_FADE_S) * FRAME_RATE_HZ
    weights = np.repeat(emotion, count, axis=0)
    spoken = np.ones(count, np.float32)
    values = np.repeat(rig.NEUTRAL[None], count, axis=0).astype(np.float32)
    level = np.full(count, LOUD_DB, np.float32)
    expression.add(values, level, spoken, weights, models.rests, options.seed, options.energy, models.motion)
    turned = head.head_motion(np.zeros(count, np.float32), weights, options.seed, speech=spoken)
    eyes.blink(values, options.seed, out=values)
    eyes.gaze(values, options.seed, out=values, head_deg=turned)
    values -= rig.NEUTRAL
    values[:, silence.HELD_COLUMNS] = 0.0
    return _endless(values), _endless(np.asarray(turned, np.float32))


def _endless(rows: F32) -> F32:
    """Rows without their last ones, into which the first ones are faded, so that the end passes into the beginning."""
    fade = IDLE_FADE_S * FRAME_RATE_HZ
    share = np.linspace(0.0, 1.0, fade, dtype=np.float32)[:, None]
    looped = rows[:-fade].copy()
    looped[:fade] = rows[-fade:] + share * (rows[:fade] - rows[-fade:])
    return looped
