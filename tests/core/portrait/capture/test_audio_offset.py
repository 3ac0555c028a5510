"""Tests of facetake.portrait.capture.audio_offset: a face whose lips are moved away from its sound."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest
import soundfile
import soxr
from made_up import Filmed, filmed

from facetake import inference
from facetake.face.drive import from_take
from facetake.generate import GenerateOptions, generate
from facetake.inference import Models
from facetake.portrait.capture.actor import ABOUT, SOUND, ActorMetadata, CapturedActor, Fit, read_actor
from facetake.portrait.capture.audio_offset import late_sound, lateness, offset
from facetake.portrait.capture.clip_capture import Order, capture
from facetake.portrait.capture.fitting import FitSettings
from facetake.portrait.capture.posed_face import OpenedFaceModel, open_face

LINE = Path(__file__).parents[4] / "examples" / "line.wav"
REAL = Path(__file__).parents[3] / "data" / "real_lips"
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


@pytest.fixture
def person(face: OpenedFaceModel, speaker: CapturedActor) -> CapturedActor:
    """A real speaker of a film whose sound is a tenth of a second late: its lips as a tracker saw them."""
    tracked = np.load(REAL / "lips.npz")
    names = tracked["names"].tolist()
    scores = tracked["speech_a.arkit"]
    columns = [scores[:, names.index(name)] for name in face.model.expression_names if name in names]
    expression = np.zeros((len(scores), face.model.expression_size), np.float32)
    expression[:, [i for i, name in enumerate(face.model.expression_names) if name in names]] = np.stack(columns, 1)
    soundfile.write(speaker.folder / SOUND, *soundfile.read(REAL / "audio" / "speech_a.flac"))
    still = np.zeros((len(scores), 3), np.float32)
    fit = replace(speaker.fit, expression=expression, rotation=still, translation=still)
    return CapturedActor(speaker.folder, replace(speaker.about, n_frames=len(scores)), fit)


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
    told = replace(moved(speaker, frames), about=replace(speaker.about, sound_late_s=0.5))
    (again,) = late_sound(told, face.model, models)
    assert f"--sound-late {0.5 + frames / 25:.2f}" in again


def test_a_sound_that_fits_is_not(speaker: CapturedActor, face: OpenedFaceModel, models: Models) -> None:
    """Nothing is told of lips in step, of a hair's breadth, of a mouth that is still, or of a short clip."""
    still = replace(speaker.fit, expression=np.zeros_like(speaker.fit.expression))
    short = replace(speaker, about=replace(speaker.about, n_frames=50))
    for actor in (speaker, moved(speaker, 1), replace(speaker, fit=still), short):
        assert late_sound(actor, face.model, models) == []
    assert lateness(short, face.model, models) is None


@pytest.mark.parametrize("frames", [0, 3])
def test_a_real_speaker_s_sound_is_found_within_a_frame(
    frames: int, person: CapturedActor, face: OpenedFaceModel, models: Models
) -> None:
    """Three frames by which the lips are moved are three frames more than the tenth of a second of the film."""
    found = offset(moved(person, frames), face.model, models)
    assert found is not None
    assert abs(found.late_s - (0.1 + frames / 25)) <= 1.5 / 25


@pytest.fixture(scope="module")
def late_film(face: OpenedFaceModel, models: Models, tmp_path_factory: pytest.TempPathFactory) -> Filmed:
    """A film of somebody who says the example line, its sound 0.16 s late and beginning after the pictures do."""
    folder = tmp_path_factory.mktemp("late")
    expression = from_take(generate(LINE, GenerateOptions("angry", seed=4), models).take, RATE, face.model)
    sound, rate_hz = soundfile.read(LINE, dtype="float32")
    late = soxr.resample(sound, rate_hz, 48_000)
    return filmed(folder, face.model, len(expression), size=96, says=expression, sound=late, sound_s=0.16)


def spoken(actor: CapturedActor) -> tuple[np.ndarray, np.ndarray]:
    """The sound of an actor and the line that was said, as loud as they are ten times a second."""
    assert actor.sound is not None
    rows = []
    for path in (actor.sound, LINE):
        sound, rate_hz = soundfile.read(path)
        whole = len(sound) // (rate_hz // 100) * (rate_hz // 100)
        rows.append(np.abs(sound[:whole]).reshape(-1, rate_hz // 100).mean(axis=1))
    count = min(map(len, rows))
    return rows[0][:count], rows[1][:count]


def lag(actor: CapturedActor) -> int:
    """By how many hundredths of a second an actor's sound is behind the line that was said."""
    heard, said = spoken(actor)
    return int(np.correlate(heard - heard.mean(), said - said.mean(), "full").argmax()) - (len(said) - 1)


def test_capture_puts_a_late_sound_in_step(face: OpenedFaceModel, late_film: Filmed, tmp_path: Path) -> None:
    """By default the sound is moved to the lips, which is told in a line and kept; a second start changes nothing."""
    settings = FitSettings(colour=0.0, n_shared=8)
    order = Order(late_film.video, tmp_path / "actor", late_film.tracks, size=96, settings=settings)
    actor, told = capture(order, face, lambda share, what: None)
    (line,) = [line for line in told if "against the lips" in line]
    assert "0.16 s late" in line and "--sound-late 0 leaves it" in line
    assert read_actor(tmp_path / "actor").about.sound_late_s == pytest.approx(0.16)
    assert abs(lag(actor)) <= 1
    before = (tmp_path / "actor" / SOUND).read_bytes()
    (tmp_path / "actor" / ABOUT).unlink()  # as if it had been stopped after it moved the sound
    again, _ = capture(order, face, lambda share, what: None)
    assert again.about.sound_late_s == pytest.approx(0.16)
    assert (tmp_path / "actor" / SOUND).read_bytes() == before


def test_capture_keeps_the_times_that_are_asked_for(face: OpenedFaceModel, late_film: Filmed, tmp_path: Path) -> None:
    """With 0 the sound is where the file has it, though it is told to be late."""
    settings = FitSettings(colour=0.0, n_shared=8)
    where = (late_film.video, tmp_path / "actor", late_film.tracks)
    order = Order(*where, size=96, settings=settings, sound_late_s=0.0)
    actor, told = capture(order, face, lambda share, what: None)
    assert actor.about.sound_late_s == 0.0
    assert abs(lag(actor) - 16) <= 1
    assert any("--sound-late 0.16" in line for line in told)


def test_without_sound_nothing_is_said(speaker: CapturedActor, face: OpenedFaceModel, models: Models) -> None:
    """A silent capture has no lateness."""
    assert speaker.sound is not None
    speaker.sound.unlink()
    assert lateness(speaker, face.model, models) is None
