"""From sound to landmarks and on to moods: what is learnt, that training goes on, and what measures it."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction
from functools import _lru_cache_wrapper
from pathlib import Path

import numpy as np
import pytest
import torch

from facetake import rig
from facetake.arrays import F32
from facetake.errors import ConfigError, PortraitError
from facetake.face import anny
from facetake.face.marks import Marks
from facetake.portrait.landmark_translation import render
from facetake.portrait.landmark_translation.checkpoint import (
    LandmarkTranslationMetadata,
    begin,
    read_about,
    read_motion,
)
from facetake.portrait.landmark_translation.motion import edge_solver, neutral
from facetake.portrait.landmark_translation.motion.dataset import LandmarkMotionExample, pieces  # noqa: E402
from facetake.portrait.landmark_translation.motion.edges import in_units
from facetake.portrait.landmark_translation.motion.emotion_probe import Teller, told
from facetake.portrait.landmark_translation.motion.emotions import EmotionEdgeModel, MoodTrainer, others_of, put_in
from facetake.portrait.landmark_translation.motion.neutral import NeutralTrainer, speak
from facetake.portrait.landmark_translation.motion.training import learn_motion
from facetake.portrait.landmark_translation.person import Person
from facetake.portrait.landmark_translation.settings import Lessons, MoodSize, MoodTraining, read_settings
from facetake.take import Take

SIGNS = {
    1: "mouthSmileLeft mouthSmileRight cheekSquintLeft",
    3: "browDownLeft browDownRight",
    4: "browInnerUp eyeWideLeft",
}
"""What these moods do to a made-up face; the others do nothing."""


def _expression(jaw: F32, mood: int) -> torch.Tensor:
    rows = torch.zeros(len(jaw), 52)
    names = anny.load().expression_names
    rows[:, names.index("jawOpen")] = torch.from_numpy(jaw)
    for name in SIGNS.get(mood, "").split():
        rows[:, names.index(name)] = 0.7
    return rows


def _lesson(seed: int, frames: int = 24) -> LandmarkMotionExample:
    """A made-up line: the jaw opens as the first feature says, in every mood that has a sign."""
    dice = np.random.default_rng(seed)
    jaw = (0.25 - 0.25 * np.cos(np.arange(frames) * dice.uniform(0.4, 0.8))).astype(np.float32)
    who = 0.5 * torch.randn(80, generator=torch.Generator().manual_seed(seed))
    marks = Marks(anny.load())
    still = marks.of(who, torch.zeros(1, 52))[0].numpy()
    moods = (0, *SIGNS)
    points = marks.of(who, torch.cat([_expression(jaw, 0), *(_expression(jaw[::4], mood) for mood in moods)])).numpy()
    seen, rest = in_units(points, still)
    features = np.stack([jaw, dice.normal(size=frames)], axis=1).astype(np.float32)
    labels = np.repeat(np.eye(7, dtype=np.float32)[list(moods)], len(jaw[::4]), axis=0)
    return LandmarkMotionExample(features, rest, seen[:frames], seen[frames:], labels)


@pytest.fixture(scope="module")
def made_up() -> list[LandmarkMotionExample]:
    """Four lines of four people."""
    return [_lesson(seed) for seed in range(4)]


def test_points_are_counted_in_distances_of_the_eyes(made_up: list[LandmarkMotionExample]) -> None:
    """A person's eyes at rest are 1 apart, and points keep their place about the middle of the face at rest."""
    lesson = made_up[0]
    assert np.linalg.norm(lesson.still[36] - lesson.still[45]) == pytest.approx(1.0, abs=1e-5)
    np.testing.assert_allclose(lesson.still.mean(axis=0), 0.0, atol=1e-6)
    np.testing.assert_allclose(lesson.spoken[0], lesson.still, atol=1e-5)


def test_a_mouth_learns_to_follow_its_sound(made_up: list[LandmarkMotionExample]) -> None:
    """After some passes somebody who was not learnt from moves about as the sound says, which at first nobody does."""
    how = replace(read_settings("tiny").motion.neutral, rate=2e-2, window=12, stride=4)
    trainer = NeutralTrainer(made_up[:3], how, 0)
    other = made_up[3]
    still = np.abs(other.spoken - other.still).mean()
    for epoch in range(25):
        trainer.epoch(epoch)
    away = np.abs(speak(trainer.speaker, other.features, other.still) - other.spoken).mean()
    assert away < 0.5 * still


def test_an_untrained_generator_changes_nothing(made_up: list[LandmarkMotionExample]) -> None:
    """Before the first step a face in any mood is the face as it was, through edges and back."""
    lesson = made_up[0]
    mood = np.eye(7, dtype=np.float32)[np.arange(24) % 7]
    moods = EmotionEdgeModel(MoodSize(8, 1, 4))
    np.testing.assert_allclose(put_in(moods, lesson.spoken, lesson.still, mood), lesson.spoken, atol=1e-5)
    assert put_in(moods, lesson.spoken[:0], lesson.still, mood[:0]).shape == (0, 68, 3)


def test_what_no_face_can_do_is_not_done(made_up: list[LandmarkMotionExample]) -> None:
    """Of a change of edges that points bring about all is kept, of one at random only a part."""
    trainer = MoodTrainer(made_up, MoodTraining(MoodSize(8, 1, 4)), 0)
    moods = trainer.moods
    possible = moods.possible
    still = torch.from_numpy(np.mean([lesson.still for lesson in made_up], axis=0))[None]
    random = torch.Generator().manual_seed(0)
    seen = moods.seen(still + 1e-4 * torch.randn(1, 68, 3, generator=random), still).flatten()
    assert (possible @ seen - seen).norm() < 0.05 * seen.norm()
    noise = torch.randn(len(possible), generator=random) * (possible.abs().sum(dim=1) > 0)
    assert (possible @ noise - noise).norm() > 0.2 * noise.norm()
    torch.testing.assert_close(possible @ possible, possible, atol=0.02, rtol=0.0)


def test_steps_teach_moods_and_are_the_same_again(made_up: list[LandmarkMotionExample]) -> None:
    """Some steps bring faces nearer to the same moments in other moods, and the same seed gives the same losses."""
    pairs = MoodTraining(MoodSize(12, 2, 4), 0, 8, 1e-2, 0.0, 0.0, 0.0, paired=1.0, critic_steps=0)
    trainer = MoodTrainer(made_up, pairs, 0)
    first = trainer.steps(0, 10)
    trainer.steps(10, 80)
    assert trainer.steps(80, 90).paired < 0.6 * first.paired
    judged = MoodTraining(MoodSize(12, 2, 4), batch=8, critic_steps=1, noise=0.3)
    assert MoodTrainer(made_up, judged, 0).steps(0, 3) == MoodTrainer(made_up, judged, 0).steps(0, 3)


def test_moments_know_themselves_in_other_moods(made_up: list[LandmarkMotionExample]) -> None:
    """A moment's rows in other moods are of its own line, in those moods, with the jaw as far open."""
    labels = np.concatenate([lesson.moods for lesson in made_up]).argmax(axis=1)
    others = others_of(made_up)
    size = len(made_up[0].moods)
    assert (others // size == np.arange(len(labels))[:, None] // size).all()
    for mood in (0, *SIGNS):
        assert (labels[others[:, mood]] == mood).all()
        assert (others[:, mood] % size % 6 == np.arange(len(labels)) % size % 6).all()
    np.testing.assert_array_equal(others[:, 2], np.arange(len(labels)))


def test_one_who_learnt_from_others_tells_moods(made_up: list[LandmarkMotionExample]) -> None:
    """Moods that lessons show are told in a person not learnt from; a generator that does nothing scores as neutral."""
    assert (
        Teller(made_up[:3]).tell(made_up[3].moody, made_up[3].still) == made_up[3].moods.argmax(axis=1)
    ).mean() > 0.9
    found = told(EmotionEdgeModel(MoodSize(8, 1, 4)), made_up[3:], made_up[:3], every=6)
    assert found.given > 0.9
    assert found.confusion[:, 0].min() > 0.9 and found.accuracy == pytest.approx(1 / 7, abs=0.02)
    np.testing.assert_allclose(found.aperture, 1.0, atol=1e-3)


def test_training_goes_on_where_it_stopped(made_up: list[LandmarkMotionExample], tmp_path: Path) -> None:
    """A training that stops after a stage and half the next ends with the same weights as one that never stopped."""
    settings = read_settings("tiny")
    about = LandmarkTranslationMetadata(("a",), (24,), Fraction(25), 2, settings)
    whole = tmp_path / "whole"
    halved = tmp_path / "halved"
    begin(whole, about)
    learn_motion(made_up, settings.motion, 0, whole, lambda *_: None)
    begin(halved, about)

    def stop(stage: str, share: float) -> None:
        if stage == "moods":
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        learn_motion(made_up, settings.motion, 0, halved, stop)
    learn_motion(made_up, settings.motion, 0, halved, lambda *_: None)
    first = read_motion(whole)
    second = read_motion(halved)
    for network in ("speaker", "moods"):
        for name, value in getattr(first, network).state_dict().items():
            torch.testing.assert_close(getattr(second, network).state_dict()[name], value)
    with pytest.raises(PortraitError, match="other actors, other frames or other settings"):
        begin(halved, replace(about, actors=("b",)))
    assert read_about(halved) == about
    with pytest.raises(PortraitError, match="nothing|no speech to learn from"):
        learn_motion([replace(made_up[0], moody=made_up[0].moody[:0])], settings.motion, 0, whole, lambda *_: None)


def test_a_folder_that_is_no_training_is_told(tmp_path: Path) -> None:
    """No folder, a damaged file and a training that has saved nothing yet each say what to do."""
    with pytest.raises(PortraitError, match="no training of landmark"):
        read_motion(tmp_path)
    begin(tmp_path, LandmarkTranslationMetadata(("a",), (24,), Fraction(25), 2, read_settings("tiny")))
    with pytest.raises(PortraitError, match=r"no neutral.safetensors yet"):
        read_motion(tmp_path)
    (tmp_path / "landmark.json").write_text("{")
    with pytest.raises(PortraitError, match="cannot be read"):
        read_motion(tmp_path)
    with pytest.raises(ConfigError, match='no setting "slow"'):
        read_settings("slow")


def test_presets_are_what_they_say() -> None:
    """The paper's preset has the paper's rates, hidden size and weights."""
    paper = read_settings("paper").motion
    quick = read_settings("quick").motion
    assert (paper.neutral.size.hidden, paper.neutral.rate, paper.moods.rate) == (256, 1e-4, 1e-4)
    assert (paper.moods.adversarial, paper.moods.classified, paper.moods.cycle) == (1.0, 10.0, 10.0)
    assert paper.moods.noise == 0.0 and quick.moods.steps < paper.moods.steps


def test_sounds_are_cut_in_pieces(monkeypatch: pytest.MonkeyPatch) -> None:
    """Long sounds become several pieces, short and silent ones none, and there are no more than asked for."""
    loud = np.full(16_000, 0.1, np.float32)
    sounds = {"long": np.tile(loud, 5), "silent": 0.0 * loud, "short": loud[:2_000]}
    monkeypatch.setattr("facetake.audio.read", lambda path: sounds[path.name])
    how = Lessons(seconds=2.0)
    paths = [Path(name) for name in sounds]
    assert [len(piece) for piece in pieces(paths, how)] == [32_000, 32_000, 16_000]
    assert len(list(pieces(paths, replace(how, lines=2)))) == 2


def test_a_take_drives_points_and_head() -> None:
    """A take's jaw opens the lips of a person, its head turns, and it comes at the video's rate; none is straight."""
    model = anny.load()
    marks = Marks(model)
    person = Person(marks.of(torch.zeros(80), torch.zeros(1, 52))[0].numpy(), np.zeros(80, np.float32))
    arkit = _expression(np.linspace(0.0, 0.6, 13, dtype=np.float32), 0).numpy()
    head = np.tile(np.array([[5.0, 0.0, 0.0]], np.float32), (13, 1))
    line = render.from_take(Take(rig.from_arkit(arkit), Fraction(60), head=head), Fraction(30), person, model)
    assert line.points.shape == (6, 68, 3) and line.head_deg.shape == (6, 3)
    gap = line.points[:, 66, 1] - line.points[:, 62, 1]
    assert (np.diff(gap) > 0.0).all() and gap[-1] > 0.008
    np.testing.assert_allclose(line.head_deg, head[:6], atol=1e-4)
    straight = render.from_take(Take(rig.from_arkit(arkit), Fraction(60)), Fraction(30), person, model)
    assert not straight.head_deg.any()


@pytest.mark.parametrize("kept", [edge_solver._places, neutral._neighbours])
def test_tensors_kept_in_inference_can_be_learnt_through(kept: _lru_cache_wrapper[torch.Tensor]) -> None:
    """The first call may come from a render: what is kept then still lets gradients pass in a training."""
    kept.cache_clear()
    with torch.inference_mode():
        tensor = kept()

    assert not tensor.is_inference()
