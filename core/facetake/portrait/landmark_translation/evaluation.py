"""Self-reenactment: a photograph of the actor says again what the actor said, and pictures and lips are compared (4).

Knows how to compare; does not know how pictures or sound are made.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field

import numpy as np
import torch

from facetake.arrays import F32, I64, U8, Mask
from facetake.errors import PortraitError
from facetake.face.ibug import EYES, INNER_LIPS, MOUTH
from facetake.portrait.landmark_translation.image import parts
from facetake.portrait.landmark_translation.image.dataset import Filmed
from facetake.portrait.landmark_translation.image.translator import Translator
from facetake.portrait.landmark_translation.render import show
from facetake.portrait.landmark_translation.settings import PictureSettings
from facetake.portrait.landmark_translation.subject import PortraitSubject
from facetake.portrait.metrics.clip import Measure, Skipped
from facetake.portrait.metrics.lips import Aperture, flicker, follow
from facetake.portrait.metrics.similarity import absolute_difference, psnr, ssim
from facetake.portrait.video.playback import at_random


@dataclass(frozen=True)
class LandmarkTranslationSimilarity:
    """Means over the frames, of pictures against the video's.

    ssim: -1..1; psnr: dB; difference: 0..255; mouth: 0..255, around the mouth; flicker: there (`lips.flicker`).
    """

    ssim: float
    psnr: float
    difference: float
    mouth: float
    flicker: float


@dataclass(frozen=True)
class LandmarkTranslationEvaluation:
    """What an evaluation found.

    Attributes:
        n_frames: frames compared.
        ours: with the landmarks predicted from the sound, the head held as in the video.
        given: with the captured landmarks, so that the networks are judged alone.
        moved: with the captured landmarks and without networks: the photograph, moved.
        lips: how the predicted opening of the lips follows the captured one.
        lmd: mean distance of predicted from captured landmarks of the mouth, laid on its middle, in distances of the
            eyes' outer corners.
        real_flicker: of the video, as that of the others.
        measures: what networks of the user's and what stands in for them say of `ours`, by name.
        given_measures: likewise of `given`.
        skipped: the measures that were not taken, and what they need.
    """

    n_frames: int
    ours: LandmarkTranslationSimilarity
    given: LandmarkTranslationSimilarity
    moved: LandmarkTranslationSimilarity
    lips: Aperture
    lmd: float
    real_flicker: float
    measures: dict[str, float] = field(default_factory=dict)
    given_measures: dict[str, float] = field(default_factory=dict)
    skipped: tuple[Skipped, ...] = ()


Measures = Callable[[], tuple[list[Measure], list[Skipped]]]


def _none() -> tuple[list[Measure], list[Skipped]]:
    """Nothing else is measured."""
    return [], []


def evaluate(
    subject: PortraitSubject,
    translator: Translator,
    settings: PictureSettings,
    filmed: Filmed,
    predicted: F32,
    frames: I64,
    measures: Measures = _none,
    progress: Callable[[float], None] | None = None,
) -> LandmarkTranslationEvaluation:
    """Makes frames of the actor's own clip from one photograph and compares them with the real ones.

    Args:
        subject: the photograph.
        translator: networks, best trained on other frames.
        settings: theirs.
        filmed: the clip.
        predicted: (T, 68, 2) landmarks in its pixels, predicted from its sound, from its first frame on.
        frames: (n,) which of the T to compare, one after another.
        measures: new measures, called once for each row of pictures that they are taken of.
        progress: told the share done.

    Raises:
        PortraitError: there are no frames to compare.
    """
    if not len(frames):
        raise PortraitError("no frame is left to evaluate on; train on fewer of them with --seconds")
    real = filmed.points[frames]
    said = predicted[frames]
    (taken, skipped), (also, _) = measures(), measures()
    rows: list[LandmarkTranslationSimilarity] = []
    told: tuple[tuple[F32, bool, Sequence[Measure]], ...] = ((said, True, taken), (real, True, also), (real, False, ()))
    for points, neural, asked in told:
        made = show(translator, settings, subject.picture, subject.known, points, neural=neural)
        rows.append(_likeness(made, filmed, frames, asked))
        if progress:
            progress(len(rows) / len(told))
    scores = [{name: score for measure in some for name, score in measure.compute().items()} for some in (taken, also)]
    shown = _likeness((at_random(filmed.film)(int(t)) for t in frames), filmed, frames, ())
    lips = follow(opening(said), opening(real))
    away = landmark_distance(said, real)
    ours, given, moved = rows
    return LandmarkTranslationEvaluation(
        len(frames), ours, given, moved, lips, away, shown.flicker, scores[0], scores[1], tuple(skipped)
    )


def opening(points: F32) -> F32:
    """How far the inner lips of landmarks (T, 68, 2) are apart (T,), in distances of the eyes."""
    gaps = [np.linalg.norm(points[:, upper] - points[:, lower], axis=1) for upper, lower in INNER_LIPS]
    return np.asarray(np.mean(gaps, axis=0) / _eyes(points), np.float32)


def landmark_distance(first: F32, second: F32) -> float:
    """Mean distance of the mouths of landmarks (T, 68, 2), laid on each other, in the second's distance of eyes."""
    mouths = [points[:, MOUTH] - points[:, MOUTH].mean(axis=1, keepdims=True) for points in (first, second)]
    return float((np.linalg.norm(mouths[0] - mouths[1], axis=2).mean(axis=1) / _eyes(second)).mean())


def _eyes(points: F32) -> F32:
    outer = points[:, EYES.start], points[:, EYES.start + 9]
    return np.asarray(np.linalg.norm(outer[0] - outer[1], axis=1), np.float32)


def _likeness(
    made: Iterator[U8], filmed: Filmed, frames: I64, asked: Sequence[Measure]
) -> LandmarkTranslationSimilarity:
    found = []
    window = deque[U8](maxlen=3)
    picture_of = at_random(filmed.film)
    for t, picture in zip(frames, made, strict=True):
        real = picture_of(int(t))
        mouth = _mouth(filmed, int(t))
        for measure in asked:
            measure.update(int(t), picture, real)
        window.append(picture)
        found.append(
            (
                ssim(picture, real),
                min(psnr(picture, real), 99.0),
                absolute_difference(picture, real),
                absolute_difference(picture[mouth], real[mouth]),
                flicker(np.stack(window), mouth),
            )
        )
    return LandmarkTranslationSimilarity(*(float(value) for value in np.mean(found, axis=0)))


def _mouth(filmed: Filmed, frame: int) -> Mask:
    """The square around the captured mouth (H, W)."""
    span = filmed.points[frame][MOUTH]
    half = float(np.ptp(span[:, 0])) * 0.75
    size = max(2, min(filmed.size, round(2.0 * half)))
    at = parts.corners(filmed.points[frame][None], "mouth", (size, size), filmed.size)
    return parts.placed(torch.ones(1, 1, size, size), at, filmed.size)[0, 0].numpy() > 0
