"""Self-reenactment: the actor says again what it said, and the pictures are compared (AudioDVP 4.1 and Table 3).

Knows how to compare; does not know how pictures or sound are made.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from facetake.arrays import F32, U8
from facetake.errors import PortraitError
from facetake.portrait.audiodvp.checkpoint import TrainedAudioDvp
from facetake.portrait.audiodvp.proxy import DrawableActor
from facetake.portrait.audiodvp.render import perform
from facetake.portrait.metrics.clip import Measure, Skipped
from facetake.portrait.metrics.lips import LATE_MOST_S, Aperture, flicker, follow
from facetake.portrait.metrics.similarity import absolute_difference, psnr, ssim


@dataclass(frozen=True)
class AudioDvpSimilarity:
    """Means over the frames.

    ssim: -1..1; psnr: dB; difference: 0..255; mask_difference: 0..255, within the lower-face mask alone; flicker: of
    the pictures within the mask (`facetake.portrait.metrics.lips.flicker`).
    """

    ssim: float
    psnr: float
    difference: float
    mask_difference: float
    flicker: float


@dataclass(frozen=True)
class AudioDvpEvaluation:
    """What an evaluation found.

    Attributes:
        n_frames: frames compared.
        ours: with the neural renderer; bare: the drawing laid over the video (Table 3: "w/o neural face rendering").
        given: with the neural renderer and the captured expression in place of the predicted one: what is left when
            the sound is understood perfectly.
        lips: how the predicted opening of the lips follows the captured one.
        real_flicker: of the real pictures, to compare the others' with.
        measures: what networks of the user's and what stands in for them say of `ours`, by name.
        skipped: the measures that were not taken, and what they need.
    """

    n_frames: int
    ours: AudioDvpSimilarity
    bare: AudioDvpSimilarity
    given: AudioDvpSimilarity
    lips: Aperture
    real_flicker: float
    measures: dict[str, float] = field(default_factory=dict)
    skipped: tuple[Skipped, ...] = ()


def sound_late(subject: DrawableActor, expression: F32, openings: Callable[[F32], F32], n_frames: int) -> int:
    """By how many frames the clip's own sound comes after its lips; below 0 where it comes before them.

    Recordings are seldom in step. Measured on the first `n_frames`, those learnt from, by the opening of the lips;
    expression (T, E): predicted from the sound.
    """
    count = min(n_frames, len(expression), subject.n_frames)
    made = openings(expression[:count])
    real = openings(subject.expression[:count])
    return follow(made, real, int(LATE_MOST_S * subject.rate)).lag_frames


def evaluate(
    subject: DrawableActor,
    trained: TrainedAudioDvp,
    expression: F32,
    openings: Callable[[F32], F32],
    frames: NDArray[np.int64],
    progress: Callable[[float], None] | None = None,
    measures: Sequence[Measure] = (),
    skipped: Sequence[Skipped] = (),
) -> AudioDvpEvaluation:
    """Renders frames of the actor's own video from its own sound and compares them with the real ones.

    Args:
        subject: the actor.
        trained: networks, best trained on other frames.
        expression: (T, E) predicted from the actor's own sound, from its first frame on.
        openings: gives how far the lips are apart (n,) for expressions (n, E).
        frames: (n,) which of the T to compare.
        progress: told the share done.
        measures: taken of the pictures with the neural renderer (`facetake.portrait.metrics.clip`).
        skipped: measures that cannot be taken, to be told with the rest.

    Raises:
        PortraitError: there are no frames to compare.
    """
    if not len(frames):
        raise PortraitError("no frame is left to evaluate on; train on fewer of them with --seconds")
    real = subject.expression[frames]
    predicted = expression[frames]
    likenesses = []
    for row, neural, told in ((predicted, True, measures), (predicted, False, ()), (real, True, ())):
        likenesses.append(_likeness(subject, trained, row, frames, neural, told))
        if progress:
            progress(len(likenesses) / 3.0)
    ours, bare, given = likenesses
    lips = follow(openings(predicted), openings(real))
    taken = {name: score for measure in measures for name, score in measure.compute().items()}
    return AudioDvpEvaluation(len(frames), ours, bare, given, lips, _flicker_of(subject, frames), taken, tuple(skipped))


def _likeness(
    subject: DrawableActor,
    trained: TrainedAudioDvp,
    row: F32,
    frames: NDArray[np.int64],
    neural: bool,
    measures: Sequence[Measure],
) -> AudioDvpSimilarity:
    found = []
    window = deque[U8](maxlen=3)
    for t, made in zip(frames, perform(subject, trained, row, frames, neural=neural), strict=True):
        picture = subject.frames(int(t), int(t) + 1)[0]
        mask = subject.mask(int(t))
        inside = absolute_difference(made[mask], picture[mask]) if mask.any() else 0.0
        for measure in measures:
            measure.update(int(t), made, picture)
        window.append(made)
        restless = flicker(np.stack(window), mask) if mask.any() else 0.0
        found.append((ssim(made, picture), psnr(made, picture), absolute_difference(made, picture), inside, restless))
    return AudioDvpSimilarity(*(float(value) for value in np.mean(found, axis=0)))


def _flicker_of(subject: DrawableActor, frames: NDArray[np.int64]) -> float:
    """Flicker of the real pictures, measured as that of the made ones."""
    found = []
    window = deque[U8](maxlen=3)
    for t in frames:
        window.append(subject.frames(int(t), int(t) + 1)[0])
        mask = subject.mask(int(t))
        found.append(flicker(np.stack(window), mask) if mask.any() else 0.0)
    return float(np.mean(found))
