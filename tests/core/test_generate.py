"""The story of generation, with a network whose answer is known."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import soundfile as sf

from facetake import inference, mouth, rig
from facetake.generate import LEAD_FRAMES, GenerateOptions, draft, generate, listen, needs_voice, perform
from facetake.inference import AudioToRig, Ear, Models
from facetake.visemes import VISEMES

LINE = Path(__file__).parents[2] / "examples" / "line.wav"


def test_the_mouth_moves_ahead_of_the_sound(tmp_path: Path) -> None:
    """What the network says of jaw and brow alike reaches the jaw a frame before the brow."""

    def hear(audio: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        count = round(audio.shape[1] * 60 / 16_000)
        visemes = np.full((1, count, 16), np.log(1e-4), np.float32)
        visemes[..., VISEMES.index("a")] = 0.0
        return np.zeros((1, count, 4), np.float32), visemes

    def perform(features: np.ndarray, emotion: np.ndarray) -> np.ndarray:
        count = emotion.shape[1]
        bump = np.exp(-np.square((np.arange(count) - 60) / 8)).astype(np.float32)
        curves = np.tile(rig.NEUTRAL, (1, count, 1))
        curves[0][:, rig.columns("C_jaw", "L_brow_raiseIn")] = 0.5 * bump[:, None]
        return curves

    sf.write(tmp_path / "a.wav", np.random.default_rng(0).normal(0, 0.1, 32_000), 16_000)
    options = GenerateOptions(energy=0.0, blink=False, gaze=False, head=False)
    models = Models(Ear(hear, 4, "none"), AudioToRig(perform, "none"))
    made = generate(tmp_path / "a.wav", options, models).take.values

    jaw, brow = (int(made[:, rig.columns(name)[0]].argmax()) for name in ("C_jaw", "L_brow_raiseIn"))
    assert brow - jaw == LEAD_FRAMES == 1


@pytest.fixture(scope="module")
def recordings(tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    """Two recordings that differ by one sample."""
    sound, rate = sf.read(LINE)
    other = sound.copy()
    other[1000] += 0.001
    folder = tmp_path_factory.mktemp("recordings")
    paths = [folder / "one.wav", folder / "two.wav"]
    for path, samples in zip(paths, (sound, other), strict=True):
        sf.write(path, samples, rate)
    return paths


def test_no_two_lines_blink_look_or_nod_alike(recordings: list[Path]) -> None:
    """Another recording is another performance; the same one is the same, byte for byte; so is another seed another."""
    models = inference.load(None, 1)
    one, other = (generate(path, GenerateOptions("angry"), models).take for path in recordings)
    again = generate(recordings[0], GenerateOptions("angry"), models).take
    seeded = generate(recordings[0], GenerateOptions("angry", seed=1), models).take
    assert again.values.tobytes() == one.values.tobytes()
    for take in (other, seeded):
        for column in (rig.columns("C_eye.X")[0], rig.columns("L_eye_blink")[0]):
            assert abs(np.corrcoef(one.values[:, column], take.values[:, column])[0, 1]) < 0.9
        assert one.head is not None and take.head is not None
        assert abs(np.corrcoef(one.head[:, 0], take.head[:, 0])[0, 1]) < 0.9


def test_movement_leaves_the_lips(recordings: list[Path]) -> None:
    """How far lips open and where they close is the same with the face's movement as without."""
    models = inference.load(None, 1)
    lively, still = (generate(recordings[0], GenerateOptions("angry", energy=energy), models) for energy in (1.0, 0.0))
    assert lively.closures == still.closures
    opening = [mouth.aperture(made.take.values) for made in (lively, still)]
    assert np.abs(opening[0] - opening[1]).max() < 0.02


def test_models_without_movement_say_so(recordings: list[Path]) -> None:
    """Without motion.npz the poses breathe by rules, and the take tells why no more moves."""
    models = inference.load(None, 1)
    models.__dict__["motion"] = None
    made = generate(recordings[0], GenerateOptions("angry"), models)
    assert any("motion.npz" in sentence for sentence in made.told)
    brow = made.take.values[:, rig.both("brow_down")[0]]
    assert brow.std() > 0.03


def test_a_look_leaves_mouth_and_mood(recordings: list[Path]) -> None:
    """Eyes that look at something change eyes and upper lids; brows and mouth act as they would, to the bit."""
    models = inference.load(None, 1)
    plain, looking = (
        generate(recordings[0], GenerateOptions("angry", look=look), models).take for look in (None, "camera")
    )
    moved = np.flatnonzero((plain.values != looking.values).any(axis=0))
    allowed = [*rig.columns("C_eye.X", "C_eye.Y", "L_eye.X", "L_eye.Y", "R_eye.X", "R_eye.Y"), *rig.both("eye_eyelidU")]

    assert set(moved) == set(allowed)
    assert plain.head is not None and looking.head is not None
    assert np.abs(plain.head - looking.head).max() < 0.5  # the camera is a little below the eyes
    assert "look" not in plain.origin


@pytest.mark.parametrize("options", [GenerateOptions("happy:0.7"), GenerateOptions("auto", head_style="onsets")])
def test_a_line_is_heard_once_and_performed_many_times(recordings: list[Path], options: GenerateOptions) -> None:
    """What was heard and drafted gives the take that `generate` gives, each time, byte for byte."""
    models = inference.load(None, 1)
    whole = generate(recordings[0], options, models).take
    line = listen(recordings[0], models, with_voice=needs_voice(options, models))
    drafted = draft(line, options, models)
    for _ in range(2):
        again = perform(line, drafted, options, models).take
        assert again.values.tobytes() == whole.values.tobytes()
        assert again.origin == whole.origin
