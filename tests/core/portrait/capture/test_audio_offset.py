"""Tests of facetake.portrait.capture.audio_offset: a face whose lips are moved away from its sound."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest
import soundfile

from facetake import inference
from facetake.face.drive import from_take
from facetake.generate import GenerateOptions, generate
from facetake.inference import Models
from facetake.portrait.capture.actor import SOUND, ActorMetadata, CapturedActor, Fit
from facetake.portrait.capture.audio_offset import late_sound, lateness
from facetake.portrait.capture.posed_face import OpenedFaceModel, open_face

LINE = Path(__file__).parents[4] / "examples" / "line.wav"
RATE = Fraction(25)


@pytest.fixture(scope="module")
def models() -> Models:
    """The shipped networks."""
    return inference.load()


@pytest.fixture(scope="module")
def face() -> OpenedFaceModel:
    """The shipped face."""
    return open_face()


@pytest.fixture
def speaker(face: OpenedFaceModel, models: Models, tmp_path: Path) -> CapturedActor:
    """Somebody who says the example line twice, angrily, as Facetake would say it."""
    sound, rate_hz = soundfile.read(LINE)
    soundfile.write(tmp_path / SOUND, np.tile(sound, 2), rate_hz)
    expression = from_take(generate(tmp_path / SOUND, GenerateOptions("angry", seed=4), models).take, RATE, face.model)
    count = len(expression)
    model = face.model
    still = np.zeros((count, 3), np.float32)
    fit = Fit(
        np.zeros((count, 1, 2), np.float32),
        np.zeros(model.identity_size, np.float32),
        np.zeros(1, np.float32),
        np.zeros((len(model.topology.parts["skin"]), 3), np.float32),
        np.zeros((1, 9, 3), np.float32),
        expression,
        still,
        still,
    )
    return CapturedActor(
        tmp_path, ActorMetadata("anny", "", "line.mp4", "", (0.0, 0.0, 64.0), 64, RATE, count, 100.0), fit
    )


def moved(actor: CapturedActor, frames: int) -> CapturedActor:
    """The same with lips so many frames earlier, below 0 later."""
    return replace(actor, fit=replace(actor.fit, expression=np.roll(actor.fit.expression, -frames, axis=0)))


@pytest.mark.parametrize("frames", [3, -4])
def test_a_sound_that_is_off_is_told(
    frames: int, speaker: CapturedActor, face: OpenedFaceModel, models: Models
) -> None:
    """Lips three frames ahead of the sound make it late, lips behind it early, and the remedy is named."""
    found = lateness(moved(speaker, frames), face.model, models)
    assert found is not None and found.lag_frames == frames and found.best > 0.9
    (line,) = late_sound(moved(speaker, frames), face.model, models)
    assert ("late" if frames > 0 else "early") in line and f"--sound-late {frames / 25:.2f}" in line
    (again,) = late_sound(moved(speaker, frames), face.model, models, 0.5)
    assert f"--sound-late {0.5 + frames / 25:.2f}" in again


def test_a_sound_that_fits_is_not(speaker: CapturedActor, face: OpenedFaceModel, models: Models) -> None:
    """Nothing is told of lips in step, of a hair's breadth, of a mouth that is still, or of a short clip."""
    still = replace(speaker.fit, expression=np.zeros_like(speaker.fit.expression))
    short = replace(speaker, about=replace(speaker.about, n_frames=50))
    for actor in (speaker, moved(speaker, 1), replace(speaker, fit=still), short):
        assert late_sound(actor, face.model, models) == []
    assert lateness(short, face.model, models) is None


def test_without_sound_nothing_is_said(speaker: CapturedActor, face: OpenedFaceModel, models: Models) -> None:
    """A silent capture has no lateness."""
    assert speaker.sound is not None
    speaker.sound.unlink()
    assert lateness(speaker, face.model, models) is None
