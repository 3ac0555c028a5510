"""What 68 points are to do: from sound in a mood, or from a take (Landmark translation 3.1 to 3.3).

Knows trained networks, sound, takes and people; does not know pictures.
"""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

import numpy as np

from facetake import audio, rig
from facetake.arrays import F32
from facetake.audio import FRAME_RATE_HZ, SAMPLE_RATE_HZ
from facetake.emotion import EmotionTrack
from facetake.face.model import FaceModel
from facetake.inference import Models
from facetake.motion import eyes, head
from facetake.portrait.audio_features import hear
from facetake.portrait.landmark_translation.checkpoint import TrainedLandmarkMotion
from facetake.portrait.landmark_translation.motion.dataset import in_units
from facetake.portrait.landmark_translation.motion.emotions import put_in
from facetake.portrait.landmark_translation.motion.neutral import speak
from facetake.portrait.landmark_translation.person import Person, of_take
from facetake.portrait.resampling import at_rate
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
        path: any sound file.
        rate: frames per second of the points.
        mood: over time.
        motion: trained networks.
        person: whose points.
        model: the face model that knows how the person's lids shut.
        models: the shipped networks, which hear the sound.
        seed: of blinks and the head's directions.

    Raises:
        AudioError: the file cannot be read as sound.
    """
    features = hear(path, motion.about.rate, "speech", models)
    _, still = in_units(person.still[None], person.still)
    said = speak(motion.speaker, features, still)
    flat = at_rate(said.reshape(len(said), -1), motion.about.rate, rate, _n_frames(len(said), motion.about.rate, rate))
    weights = mood.sample(np.arange(len(flat)) / float(rate))
    points = put_in(motion.moods, flat.reshape(-1, *still.shape), still, weights)
    placed = person.still + person.unit * (points - still)
    blinks = of_take(_blinks(len(points), rate, seed), person, model, rate)[: len(points)] - person.still
    return DrivenLandmarks(np.asarray(placed + blinks, np.float32), _onset_head(path, mood, rate, len(points), seed))


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


def _onset_head(path: Path, mood: EmotionTrack, rate: Fraction, n_frames: int, seed: int) -> F32:
    """Head angles (T, 3) from the onsets of a sound."""
    sound = audio.read(path)
    rhythm = audio.Rhythm(max(1, len(sound) * FRAME_RATE_HZ // SAMPLE_RATE_HZ))
    for _ in rhythm.listening(iter([sound])):
        pass
    onsets = rhythm.tracks()[1]
    turned = head.onset_motion(onsets, mood.sample(np.arange(len(onsets)) / FRAME_RATE_HZ), seed)
    return at_rate(turned, NATIVE, rate, n_frames)
