"""Renders a line: what 68 points do, from sound in a mood or from a take, and a photograph that does it (3.1 to 3.4).

Knows trained networks, sound, takes, people and pictures; does not know how anything is learnt.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor

from facetake import audio, rig
from facetake.arrays import F32, U8
from facetake.audio import FRAME_RATE_HZ, SAMPLE_RATE_HZ
from facetake.emotion import EmotionTrack
from facetake.face.model import FaceModel
from facetake.inference import Models
from facetake.motion import eyes, head
from facetake.portrait.audio_features import at_rate
from facetake.portrait.landmark_translation.checkpoint import TrainedLandmarkMotion
from facetake.portrait.landmark_translation.image import parts
from facetake.portrait.landmark_translation.image.image_warp import Movable
from facetake.portrait.landmark_translation.image.sketch import draw
from facetake.portrait.landmark_translation.image.translator import Shown, Translator, region_around
from facetake.portrait.landmark_translation.motion.dataset import heard
from facetake.portrait.landmark_translation.motion.edges import in_units
from facetake.portrait.landmark_translation.motion.emotions import put_in
from facetake.portrait.landmark_translation.motion.neutral import speak
from facetake.portrait.landmark_translation.person import Person, of_take
from facetake.portrait.landmark_translation.settings import PictureSettings
from facetake.portrait.training.devices import as_pictures, as_tensor, home
from facetake.portrait.video.compositing import Region
from facetake.take import Take, resample

NATIVE = Fraction(FRAME_RATE_HZ)


@dataclass(frozen=True)
class DrivenLandmarks:
    """What a face does.

    Attributes:
        points: (T, 68, 3) of the face, in metres.
        head_deg: (T, 3) yaw, pitch and roll by which the head turns.
    """

    points: F32
    head_deg: F32


def from_sound(
    path: Path,
    rate: Fraction,
    mood: EmotionTrack,
    motion: TrainedLandmarkMotion,
    person: Person,
    model: FaceModel,
    models: Models,
    seed: int = 0,
) -> DrivenLandmarks:
    """What a person does with a sound in a mood.

    Args:
        path: the sound file.
        rate: frames per second of the points.
        mood: over time.
        motion: trained networks.
        person: whose points.
        model: the face model that knows how the person's lids shut.
        models: the shipped networks, which hear the sound.
        seed: of blinks and the head's directions.

    Raises:
        AudioError: the sound cannot be read.
    """
    features = heard(path, motion.about.rate, motion.about.settings.motion.neutral.way, model, models)
    _, still = in_units(person.still[None], person.still)
    said = speak(motion.speaker, features, still)
    flat = at_rate(said.reshape(len(said), -1), motion.about.rate, rate, _n_frames(len(said), motion.about.rate, rate))
    weights = mood.sample(np.arange(len(flat)) / float(rate))
    points = put_in(motion.moods, flat.reshape(-1, *still.shape), still, weights)
    placed = person.still + person.unit * (points - still)
    blinks = of_take(_blinks(len(points), rate, seed), person, model, rate)[: len(points)] - person.still
    return DrivenLandmarks(
        np.asarray(placed + blinks, np.float32), _onset_head(audio.read(path), mood, rate, len(points), seed)
    )


def from_take(take: Take, rate: Fraction, person: Person, model: FaceModel) -> DrivenLandmarks:
    """What a person does who plays a take, head and all."""
    points = of_take(take, person, model, rate)
    turned = resample(take, rate).head
    return DrivenLandmarks(points, np.zeros((len(points), 3), np.float32) if turned is None else turned)


def _n_frames(count: int, old: Fraction, new: Fraction) -> int:
    return max(1, int(count / old * new))


def _blinks(n_frames: int, rate: Fraction, seed: int) -> Take:
    """A take of blinks and nothing else; sound tells of none."""
    count = int(n_frames / rate * FRAME_RATE_HZ) + 2
    values = np.tile(rig.NEUTRAL, (count, 1)).astype(np.float32)
    return Take(eyes.blink(values, seed), NATIVE)


def _onset_head(sound: F32, mood: EmotionTrack, rate: Fraction, n_frames: int, seed: int) -> F32:
    """Head angles (T, 3) from the onsets of a sound."""
    rhythm = audio.Rhythm(max(1, len(sound) * FRAME_RATE_HZ // SAMPLE_RATE_HZ))
    for _ in rhythm.listening(iter([sound])):
        pass
    onsets = rhythm.tracks()[1]
    turned = head.onset_motion(onsets, mood.sample(np.arange(len(onsets)) / FRAME_RATE_HZ), seed)
    return at_rate(turned, NATIVE, rate, n_frames)


def show(
    translator: Translator, settings: PictureSettings, photograph: U8, known: F32, points: F32, *, neural: bool = True
) -> Iterator[U8]:
    """Yields a picture (H, H, 3) for each frame.

    Where the photograph is moved, what the networks change about it is laid over the moved photograph in its own
    resolution, which thus is kept wherever they change nothing.

    Args:
        translator: networks, on any device.
        settings: theirs.
        photograph: (H, H, 3), square.
        known: (68, 2) its landmarks in its pixels.
        points: (T, 68, 2) what they are to do.
        neural: through the networks; without, the photograph is only moved, to see what they add.
    """
    region = region_around(np.concatenate([points, known[None]]), len(photograph), settings)
    moves = settings.reference == "moved"
    movable = Movable(photograph, known)
    states: list[Tensor] | None = None
    for row in points:
        large = movable.moved(row) if moves or not neural else photograph
        if not neural:
            yield large
            continue
        square = region.cut(large)
        given = _shown(square, region, row, row if moves else known, home(translator))
        with torch.inference_mode():
            made, states = translator(given, states)
        made = made.cpu()
        yield _changed(large, region, square, made[0]) if moves else region.put(as_pictures(made[0]), len(photograph))


def _shown(square: U8, region: Region, row: F32, known: F32, device: torch.device) -> Shown:
    seen = region.points(row)
    there = region.points(known)
    sketch = as_tensor(draw(seen, region.pixels), device)
    return Shown(sketch[None], as_tensor(square, device)[None], seen[None], there[None])


def _changed(large: U8, region: Region, square: U8, made: Tensor) -> U8:
    """A picture (H, H, 3) with what networks changed about its region, which they saw as `square`."""
    change = (made - as_tensor(square)) * parts.softness(region.pixels, region.pixels)[0]
    grown = F.interpolate(change[None], (region.side, region.side), mode="bicubic", align_corners=False)[0]
    rows, columns = (slice(begin, begin + region.side) for begin in (region.top, region.left))
    picture = as_tensor(large)
    picture[:, rows, columns] += grown
    return as_pictures(picture)
