"""What the landmark networks learn from: pieces of sound, each with the points of somebody who says it.

Nobody gives away landmarks of people in seven moods. What Facetake itself makes of a sound stands in for them: a take
in each mood, played on a person drawn from the face model. A piece leaves a sound and a file of points in the folder,
so that an interrupted training goes on. Knows sound, takes and faces; does not know networks.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, fields
from fractions import Fraction
from pathlib import Path

import numpy as np
import torch

from facetake import audio, emotion
from facetake.arrays import F32
from facetake.audio import SAMPLE_RATE_HZ
from facetake.emotion import EMOTIONS
from facetake.face.drive import from_take
from facetake.face.marks import Marks
from facetake.face.model import FaceModel
from facetake.generate import GenerateOptions, generate
from facetake.inference import Models
from facetake.portrait import lip_regression
from facetake.portrait.audio_features import WIDTHS, hear
from facetake.portrait.capture.actor import read_arrays, write_arrays, write_sound
from facetake.portrait.landmark_translation.motion.edges import in_units
from facetake.portrait.landmark_translation.settings import Lessons, Way
from facetake.portrait.storage import Progress

SHORTEST_S = 0.8  # below which a piece teaches nothing
QUIETEST = 0.003  # root mean square below which it teaches nothing: -50 dB of full scale
WEAKEST = 0.5  # a line in a mood is in so much of it at least


@dataclass(frozen=True)
class LandmarkMotionExample:
    """One piece of sound. Points are in distances between the eyes at rest.

    Attributes:
        features: (T, F) of the sound, as `facetake.portrait.audio_features` has them.
        still: (68, 3) the person at rest.
        spoken: (T, 68, 3) the person saying it without a mood.
        moody: (N, 68, 3) moments of the person saying it in all moods.
        moods: (N, 7) in which, as weights of `EMOTIONS`.
    """

    features: F32
    still: F32
    spoken: F32
    moody: F32
    moods: F32


def pieces(sounds: Sequence[Path], how: Lessons) -> Iterator[F32]:
    """Pieces (S,) of sounds that are neither short nor silent, `how.lines` at most. AudioError as `audio.read`."""
    given = 0
    length = round(how.seconds * SAMPLE_RATE_HZ)
    for path in sounds:
        samples = audio.read(path)
        for first in range(0, len(samples), length):
            piece = samples[first : first + length]
            if given == how.lines:
                return
            if len(piece) >= SHORTEST_S * SAMPLE_RATE_HZ and float(np.sqrt(np.square(piece).mean())) > QUIETEST:
                yield piece
                given += 1


def lessons_of(
    sounds: Sequence[Path],
    rate: Fraction,
    how: Lessons,
    way: Way,
    marks: Marks,
    models: Models,
    seed: int,
    folder: Path,
    progress: Progress,
) -> list[LandmarkMotionExample]:
    """The lessons of sounds, from the folder or made there, with what is made of them at `rate`.

    Args:
        sounds: files of speech.
        rate: frames per second.
        how: how many and how.
        way: of learning, which tells what is heard.
        marks: the face model that people are drawn from.
        models: the shipped networks.
        seed: of the people.
        folder: where lessons are kept.
        progress: told the share that is done.
    """
    folder.mkdir(parents=True, exist_ok=True)
    found = []
    cut = list(pieces(sounds, how))
    for number, piece in enumerate(cut):
        file = folder / f"{number:04d}.safetensors"
        if not file.is_file():
            sound = folder / f"{number:04d}.wav"
            write_sound(sound, piece, SAMPLE_RATE_HZ)
            lesson = lesson_of(sound, rate, how, way, marks, models, seed * 100_003 + number)
            write_arrays(file, dict(vars(lesson)))
        found.append(
            LandmarkMotionExample(**read_arrays(file, *(field.name for field in fields(LandmarkMotionExample))))
        )
        progress((number + 1) / len(cut))
    return found


def lesson_of(
    sound: Path, rate: Fraction, how: Lessons, way: Way, marks: Marks, models: Models, seed: int
) -> LandmarkMotionExample:
    """The lesson of one sound file, said by a person that the seed draws."""
    random = torch.Generator().manual_seed(seed)
    who = how.spread * torch.randn(marks.model.identity_size, generator=random)
    strengths = WEAKEST + (1.0 - WEAKEST) * torch.rand(len(EMOTIONS), generator=random)
    still = marks.of(who, marks.model.neutral_expression[None])[0].numpy()
    moods = ["neutral", *(f"{name}:{strength:.2f}" for name, strength in zip(EMOTIONS[1:], strengths, strict=False))]
    takes = [_expression(sound, mood, rate, marks, models) for mood in moods]
    spoken = marks.of(who, torch.from_numpy(takes[0])).numpy()
    moody = [marks.of(who, torch.from_numpy(take[seed % how.every :: how.every])).numpy() for take in takes]
    labels = [np.tile(emotion.weights(mood, mood), (len(rows), 1)) for mood, rows in zip(moods, moody, strict=True)]
    seen, rest = in_units(np.concatenate([spoken, *moody]), still)
    features = heard(sound, rate, way, marks.model, models)
    count = min(len(features), len(spoken))
    return LandmarkMotionExample(
        features[:count], rest, seen[:count], seen[len(spoken) :], np.concatenate(labels).astype(np.float32)
    )


def heard(sound: Path, rate: Fraction, way: Way, model: FaceModel, models: Models) -> F32:
    """Features (T, F) of a sound file at a rate. AudioError when it cannot be read."""
    if way == "ridge":
        return lip_regression.heard(sound, rate, model, models)
    return hear(audio.read(sound), rate, "speech", models)


def n_features(way: Way, model: FaceModel) -> int:
    """Numbers a row of what is `heard`."""
    return model.expression_size + lip_regression.N_LIPS if way == "ridge" else WIDTHS["speech"]


def _expression(sound: Path, mood: str, rate: Fraction, marks: Marks, models: Models) -> F32:
    """Expression (T, E) of the take of a sound; without blinks, which no sound tells of."""
    options = GenerateOptions(mood, blink=False, gaze=False, head=False)
    return from_take(generate(sound, options, models).take, rate, marks.model)
