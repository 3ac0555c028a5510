"""Self-reenactment: the actor says again what it said, and pictures, lips and moods are compared (READ 4, Table 3).

Knows how to compare; does not know how pictures or sound are made.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

import numpy as np
import torch

from facetake.arrays import F32, I64, U8, Mask
from facetake.errors import PortraitError
from facetake.portrait.metrics import affect, lips
from facetake.portrait.metrics.affect import AffectDistance
from facetake.portrait.metrics.clip import Measure, Skipped
from facetake.portrait.metrics.similarity import psnr, ssim
from facetake.portrait.read_avatars.checkpoint import TrainedReadAvatars
from facetake.portrait.read_avatars.render import DrivenExpression, perform
from facetake.portrait.read_avatars.surface import ActorSurface


@dataclass(frozen=True)
class ReadAvatarsSimilarity:
    """Means over the frames, of pictures against the video's.

    ssim: -1..1; psnr: dB; difference: 0..255, where the face is; mouth: 0..255, inside the lips, nan where they never
    part; jitter: mean change from frame to frame where the face is, 0..255; flicker: of `lips.flicker`, there too.
    """

    ssim: float
    psnr: float
    difference: float
    mouth: float
    jitter: float
    flicker: float


@dataclass(frozen=True)
class ReadAvatarsEvaluation:
    """What an evaluation found.

    Attributes:
        n_frames: frames compared.
        ours: with predicted parameters; given: with the captured ones, so that the renderer is judged alone.
        real_jitter: the video's own change from frame to frame where the face is; real_flicker: likewise.
        affect: distance of predicted from captured moods, by `affect.of_expression`, our predictor from expression.
        aperture: how predicted lips follow the captured ones.
        measures: what networks of the user's and what stands in for them say of `ours`, by name.
        skipped: the measures that were not taken, and what they need.
    """

    n_frames: int
    ours: ReadAvatarsSimilarity
    given: ReadAvatarsSimilarity
    real_jitter: float
    real_flicker: float
    affect: AffectDistance
    aperture: lips.Aperture
    measures: dict[str, float] = field(default_factory=dict)
    skipped: tuple[Skipped, ...] = ()


def evaluate(
    surface: ActorSurface,
    trained: TrainedReadAvatars,
    line: DrivenExpression,
    frames: I64,
    progress: Callable[[float], None] | None = None,
    measures: Sequence[Measure] = (),
    skipped: Sequence[Skipped] = (),
) -> ReadAvatarsEvaluation:
    """Renders frames of the actor's own clip from its own sound and compares them with the real ones.

    Args:
        surface: the actor in the clip.
        trained: networks, best trained on other frames.
        line: what they make of the clip's own sound in its own mood, from its first frame on.
        frames: (n,) which to compare, one after another.
        progress: told the share done.
        measures: taken of the pictures with predicted parameters (`facetake.portrait.metrics.clip`).
        skipped: measures that cannot be taken, to be told with the rest.

    Raises:
        PortraitError: there are no frames to compare.
    """
    if not len(frames):
        raise PortraitError("no frame is left to evaluate on; train on fewer of them with --seconds")
    real = surface.expression[frames]
    heard = line.phonemes[np.stack([2 * frames, 2 * frames + 1], axis=1).ravel()]
    video = surface.frames(int(frames[0]), int(frames[-1]) + 1)
    face = _faces(surface, frames)
    mouths = np.stack([surface.mouth(int(t)) for t in frames])
    shown = (line.expression[frames], real)
    found = []
    for number, row in enumerate(shown):
        made = np.stack(list(perform(surface, trained, row, heard, frames)))
        found.append(_likeness(made, video, face, mouths))
        for measure in measures if number == 0 else ():
            for pictures in zip(frames, made, video, strict=True):
                measure.update(*pictures)
        if progress:
            progress((number + 1) / len(shown))
    moods = [affect.of_expression(_arkit(surface, row)) for row in (line.expression[frames], real)]
    opening = lips.follow(surface.aperture(line.expression[frames]), surface.aperture(real))
    shared: Mask = np.all(face, axis=0)
    return ReadAvatarsEvaluation(
        len(frames),
        found[0],
        found[1],
        _jitter(video, shared),
        lips.flicker(video, shared),
        affect.distance(*moods),
        opening,
        {name: score for each in measures for name, score in each.compute().items()},
        tuple(skipped),
    )


def _likeness(made: U8, video: U8, face: Mask, mouths: Mask) -> ReadAvatarsSimilarity:
    away = np.abs(made.astype(np.float32) - video).mean(axis=3)
    shared: Mask = np.all(face, axis=0)
    pairs = list(zip(made, video, strict=True))
    return ReadAvatarsSimilarity(
        float(np.mean([ssim(*pair) for pair in pairs])),
        float(np.mean([psnr(*pair) for pair in pairs])),
        float(away[face].mean()),
        float(away[mouths].mean()) if mouths.any() else float("nan"),
        _jitter(made, shared),
        lips.flicker(made, shared),
    )


def _jitter(pictures: U8, mask: Mask) -> float:
    """Mean change from frame to frame inside a mask (H, W); 0 for one frame."""
    if len(pictures) < 2 or not mask.any():
        return 0.0
    return float(np.abs(np.diff(pictures.astype(np.float32), axis=0)).mean(axis=3)[:, mask].mean())


def _faces(surface: ActorSurface, frames: I64) -> Mask:
    """Where the face is, (n, H, W)."""
    whole = surface.whole()
    return np.stack([surface.maps(surface.expression[t], int(t), whole)[1] > 0 for t in frames])


def _arkit(surface: ActorSurface, expression: F32) -> F32:
    with torch.no_grad():
        return np.asarray(surface.model.to_arkit(torch.from_numpy(expression)).numpy(), np.float32)
