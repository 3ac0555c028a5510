"""Renders a line: what the face does, from sound in a mood or from a take, and the actor's video doing it (READ 3.3).

Knows networks, maps and the order of the target's frames; does not know video files or how anything is learnt.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from fractions import Fraction
from functools import lru_cache
from itertools import islice
from pathlib import Path

import numpy as np
import torch

from facetake.arrays import F16, F32, I64, U8
from facetake.emotion import EmotionTrack
from facetake.face.drive import from_take
from facetake.face.model import FaceModel
from facetake.inference import VisemeClassifier
from facetake.portrait.read_avatars import audio_features
from facetake.portrait.read_avatars.audio_features import PhonemeExtractor
from facetake.portrait.read_avatars.audio_to_parameters import over_time, predict
from facetake.portrait.read_avatars.checkpoint import TrainedReadAvatars
from facetake.portrait.read_avatars.renderer import RendererInput, grown
from facetake.portrait.read_avatars.surface import ActorSurface
from facetake.portrait.sharpening import sharpened
from facetake.portrait.training.devices import as_pictures, as_tensor, home
from facetake.portrait.video.compositing import Region, blended, softened
from facetake.portrait.video.playback import BLOCK, at_random
from facetake.rig import ARKIT_NAMES
from facetake.take import Take

EYES = [place for place, name in enumerate(ARKIT_NAMES) if name.startswith(("eyeBlink", "eyeLook"))]
"""Lids and gaze of ARKit's shapes; wide and narrow eyes are the mood's."""


@dataclass(frozen=True)
class DrivenExpression:
    """One line: expression (T, E) and phonemes (2 T, K)."""

    expression: F32
    phonemes: F32


def from_sound(
    path: Path, rate: Fraction, features: F32, emotion: EmotionTrack, trained: TrainedReadAvatars, ear: PhonemeExtractor
) -> DrivenExpression:
    """The line in a sound file, of which features (T, F) are known, in a mood. AudioError when it cannot be read."""
    label = over_time(emotion, np.arange(len(features)) / float(rate))
    return _with_phonemes(predict(trained.predictor, features, label), path, rate, ear)


@torch.no_grad()
def with_own_eyes(surface: ActorSurface, expression: F32, frames: I64) -> F32:
    """An expression (T, E) that was told from sound, with lids and gaze of the video's frames (T,).

    Sound tells of neither, and a face that is regressed on it never blinks.
    """
    own, told = (surface.model.to_arkit(torch.from_numpy(rows)) for rows in (surface.expression[frames], expression))
    change = torch.zeros_like(told)
    change[:, EYES] = (own - told)[:, EYES]
    return expression + np.asarray(surface.model.from_arkit(change).numpy(), np.float32)


def with_sound(take: Take, path: Path, rate: Fraction, model: FaceModel, ear: PhonemeExtractor) -> DrivenExpression:
    """The line of a take that was made for a sound file."""
    return _with_phonemes(from_take(take, rate, model), path, rate, ear)


def _with_phonemes(expression: F32, path: Path, rate: Fraction, ear: PhonemeExtractor) -> DrivenExpression:
    """Expression (T, E) with what its texture hears; where the sound is shorter, its last phoneme is held."""
    heard = ear.hear(path, rate)
    places = np.arange(2 * len(expression)).clip(0, len(heard) - 1)
    return DrivenExpression(expression, heard[places])


def without_sound(take: Take, rate: Fraction, model: FaceModel, classifier: VisemeClassifier) -> DrivenExpression:
    """The line of a take alone: visemes are read from its lips; phonemes of a user's network cannot be."""
    return DrivenExpression(from_take(take, rate, model), audio_features.seen_phonemes(take, rate, classifier))


@dataclass(frozen=True)
class _Drawn:
    """One frame to come: maps of the new face and its lips, and the hole (H, W) for it and the video's own."""

    uv: F16
    alpha: U8
    lips: U8
    hole: U8


def perform(
    surface: ActorSurface, trained: TrainedReadAvatars, expression: F32, phonemes: F32, frames: I64, first: int = 0
) -> Iterator[U8]:
    """Yields pictures (H, W, 3) of the actor with another expression, in constant memory.

    Args:
        surface: the actor in the clip that is shown.
        trained: networks, on any device.
        expression: (T, E), one row a picture.
        phonemes: (2 T, K) probabilities, two rows a picture.
        frames: (T,) the clip's frame behind each: its head pose and all around the face.
        first: the picture to begin with; those from there on are as if one had begun at 0.
    """
    if not len(expression) == len(frames) == len(phonemes) // 2:
        raise ValueError(f"{len(expression)} expressions and {len(phonemes)} rows of sound for {len(frames)} frames")
    surface = surface.without(trained.left_out)
    region = trained.about.region
    settings = trained.about.settings
    picture_of = at_random(surface)
    heard = audio_features.windows(phonemes, settings.half_window)
    lead = max(0, first - settings.radius)  # whose neighbours before them are not seen, but those of `first` are
    drawn = _drawn(surface, region, expression[lead:], frames[lead:])
    for t, window in islice(enumerate(_around(drawn, settings.radius), lead), first - lead, None):
        whole = picture_of(int(frames[t]))
        here = window[settings.radius]
        given = RendererInput(
            torch.from_numpy(np.stack([each.uv for each in window]).astype(np.float32)).permute(0, 3, 1, 2)[None],
            torch.from_numpy(here.alpha > 0)[None],
            torch.from_numpy(here.lips > 0)[None],
            torch.from_numpy(here.hole > 0)[None],
            torch.from_numpy(heard[t])[None],
            as_tensor(region.cut(whole))[None],
        )
        with torch.inference_mode():
            painted = sharpened(trained.renderer(given.to(home(trained.renderer)))[0], trained.sharpening)
        picture = region.put(as_pictures(painted[0]), surface.size)
        yield blended(whole, picture, _weight(region, here.hole, surface.size, settings.background == "video"))


def _weight(region: Region, hole: U8, size: int, is_video: bool) -> F32:
    """How much of the renderer's picture shows (size, size): around the face alone, or wherever it sees."""
    if not is_video:
        return np.asarray(region.put(np.full((*hole.shape, 3), 255, np.uint8), size)[..., 0] > 0, np.float32)
    soft = (255.0 * softened(hole > 0)).round().astype(np.uint8)
    return np.asarray(region.put(np.repeat(soft[..., None], 3, axis=2), size)[..., 0] / 255.0, np.float32)


def _drawn(surface: ActorSurface, region: Region, expression: F32, frames: I64) -> Iterator[_Drawn]:
    own = _own_alpha(surface, region)
    for row, frame in zip(expression, frames, strict=True):
        uv, alpha, lips = surface.maps(row, int(frame), region)
        both = torch.from_numpy((alpha | own(int(frame))) > 0)
        yield _Drawn(uv, alpha, lips, grown(both[None])[0].byte().numpy())


def _own_alpha(surface: ActorSurface, region: Region) -> Callable[[int], U8]:
    """Where the video's own face is in a frame, which must not show beside the new one."""

    @lru_cache(maxsize=2 * BLOCK)
    def alpha(frame: int) -> U8:
        return surface.maps(surface.expression[frame], frame, region)[1]

    return alpha


def _around(drawn: Iterator[_Drawn], radius: int) -> Iterator[list[_Drawn]]:
    """Each frame with `radius` neighbours to either side; past the ends the first and last are held."""
    held: deque[_Drawn] = deque(maxlen=2 * radius + 1)
    last: _Drawn | None = None
    for each in drawn:
        held.extend([each] * (radius + 1 if last is None else 1))
        last = each
        if len(held) == held.maxlen:
            yield list(held)
    for _ in range(radius if last else 0):
        held.append(last)  # type: ignore[arg-type]
        if len(held) == held.maxlen:
            yield list(held)
